use commands::PersonId;
use commands::message::{bold, code};
use commands::text;
use proptest::prelude::*;

use super::*;

/// Ana has an account; others have none.
pub(in super::super) struct Ana;

impl Names for Ana {
    fn account(&self, _platform: &str, person: &PersonId) -> Option<String> {
        (person.0 == "ana").then(|| "175928847299117063".to_owned())
    }

    fn name(&self, person: &PersonId) -> String {
        person.0.clone()
    }
}

fn markdown(text: &Text) -> String {
    let lines = lines(text, &Ana, &mut Mentions::default());
    lines.iter().map(|line| line.concat()).collect::<Vec<_>>().join("\n")
}

/// What Discord's clients would make of Markdown: the words as they are read, and the constructs found, by name.
pub(in super::super) fn read(markdown: &str) -> (String, Vec<String>) {
    let (mut shown, mut found) = (String::new(), Vec::new());
    let mut rest = markdown;
    while let Some(letter) = rest.chars().next() {
        let begins = shown.rsplit('\n').next().is_none_or(|line| line.trim().is_empty());
        if let Some((construct, words, behind)) = construct(rest, begins) {
            found.push(construct.to_owned());
            if construct == "code" || construct == "fence" {
                shown.push_str(words);
            } else {
                let (words, inside) = read(words);
                // A mention or a time shows something, so a line that begins with one has begun.
                shown.push_str(if words.is_empty() && !begins_lines(construct) { "…" } else { &words });
                found.extend(inside);
            }
            rest = behind;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        match (letter, rest.chars().next()) {
            ('\\', Some(escaped)) if !escaped.is_alphanumeric() && !escaped.is_whitespace() => {
                shown.push(escaped);
                rest = &rest[escaped.len_utf8()..];
            }
            _ => shown.push(letter),
        }
    }
    (shown, found)
}

/// Whether more of the line's beginning may follow what begins it.
fn begins_lines(construct: &str) -> bool {
    ["header", "note", "quote", "list"].contains(&construct)
}

/// The construct that `rest` begins with, the words in it and what is behind.
fn construct(rest: &str, begins: bool) -> Option<(&'static str, &str, &str)> {
    let between = |open: &str, close: &str| {
        let inside = rest.strip_prefix(open)?;
        let end = unescaped(inside, close).filter(|end| *end > 0)?;
        Some((&inside[..end], &inside[end + close.len()..]))
    };
    if let Some(inside) = rest.strip_prefix("```") {
        let (words, behind) = inside.split_once("```")?;
        return Some(("fence", words, behind));
    }
    if let Some(inside) = rest.strip_prefix('`') {
        let (words, behind) = inside.split_once('`').filter(|(words, _)| !words.is_empty())?;
        return Some(("code", words, behind));
    }
    if begins {
        let line = rest.trim_start_matches(' ');
        let digits = line.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let marks =
            [("### ", "header"), ("## ", "header"), ("# ", "header"), ("-# ", "note"), ("> ", "quote"), (">>> ", "quote")];
        let lists = [("- ", "list"), ("* ", "list")];
        for (mark, name) in marks.into_iter().chain(lists) {
            if let Some(behind) = line.strip_prefix(mark) {
                return Some((name, "", behind));
            }
        }
        if let Some(behind) = digits.strip_prefix(". ").filter(|_| digits.len() < line.len()) {
            return Some(("list", "", behind));
        }
    }
    for (mark, name) in [("**", "bold"), ("__", "underline"), ("~~", "strike"), ("||", "spoiler"), ("*", "italics")] {
        if let Some((words, behind)) = between(mark, mark) {
            return Some((name, words, behind));
        }
    }
    if let Some((words, behind)) = between("_", "_")
        && !behind.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
    {
        return Some(("italics", words, behind));
    }
    if let Some((label, behind)) = rest.strip_prefix('[').and_then(|inside| inside.split_once("]("))
        && !label.contains(['[', ']'])
        && let Some((_, behind)) = behind.split_once(')')
    {
        return Some(("link", label, behind));
    }
    if let Some((inside, behind)) = rest.strip_prefix('<').and_then(|inside| inside.split_once('>')) {
        let name = ["@", "#", "t:", ":", "a:", "/", "id:", "http", "+"].into_iter().find(|mark| inside.starts_with(mark));
        if let Some(mark) = name.filter(|_| !inside.contains([' ', '\n', '<'])) {
            let name = match mark {
                "t:" => "time",
                "@" => "mention",
                "http" => "address",
                _ => "other",
            };
            return Some((name, "", behind));
        }
    }
    for (words, name) in [("@everyone", "mention"), ("@here", "mention"), ("http://", "address"), ("https://", "address")] {
        if let Some(behind) = rest.strip_prefix(words) {
            return Some((name, "", behind));
        }
    }
    let emoji = rest.strip_prefix(':').and_then(|inside| inside.split_once(':'));
    let emoji = emoji.filter(|(name, _)| !name.is_empty() && !name.contains(char::is_whitespace) && !name.contains('\\'));
    emoji.map(|(_, behind)| ("emoji", "", behind))
}

/// Where `close` stands that is not escaped.
fn unescaped(words: &str, close: &str) -> Option<usize> {
    let mut letters = words.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if words[at..].starts_with(close) {
            return Some(at);
        }
    }
    None
}

/// Words as people may read them in place of what was said.
fn as_read(words: &str) -> String {
    words.replace('`', "ˋ")
}

fn shown(words: &str) -> String {
    words.replace(APART, "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_words_stay_words(words in proptest::collection::vec(prop_oneof![
        3 => "[ -~]{0,12}",
        1 => "[*_~|`<>#:@\\[\\]()\\\\ \n.0-9-]{0,12}",
        1 => "\\PC{0,8}",
        2 => proptest::sample::select(vec!["**", "_a_", "<@1>", "@everyone", "@here", ":key:", "https://a.b/c", "[a](https://b)",
            "# ", "-# ", "> ", "- ", "1. ", "```", "\n", "||", "~~", "\\", "<t:1:R>", "<:a:1>"]).prop_map(str::to_owned),
    ], 0..8)) {
        let words = words.concat();
        let said = markdown(&Text(vec![Span::Plain(words.clone())]));
        let (read, found) = read(&said);
        prop_assert!(found.is_empty(), "{found:?} in {said:?}");
        prop_assert_eq!(shown(&read), shown(&as_read(&clean(&words))));
        let (_, found) = super::tests::read(&markdown(&Text(vec![Span::Bold(words.clone()), Span::Plain(words.clone()), Span::Code(words)])));
        prop_assert!(found.iter().all(|construct| construct == "bold" || construct == "code"), "{:?}", found);
    }
}

#[test]
fn words_from_outside_stay_words() {
    for (words, said) in [
        ("my_db_name, _x_ and __y__", r"my\_db\_name, \_x\_ and \_\_y\_\_"),
        ("~3 min for 2 * 3 of *.example.com", r"~3 min for 2 \* 3 of \*.example.com"),
        ("<@1> <#2> @everyone", "\\<\u{200b}@1> \\<\u{200b}#2> @\u{200b}everyone"),
        ("see https://a.b/c or discord.gg/x", r"see https\://a.b/c or discord\.gg/x"),
        ("at 10:30, :key: or arn:aws:rds", r"at 10:30, \:key: or arn\:aws:rds"),
        ("[a](https://b) [pending]", r"\[a](https\://b) \[pending]"),
        ("# a\n> b\n- c\n1. d\n-5 %\n -# e", "\\# a\n\\> b\n\\- c\n1\\. d\n-5 %\n \\-# e"),
        (r"C:\temp ||x|| a|b", r"C:\\temp \|\|x\|\| a|b"),
        ("`x`", "ˋxˋ"),
    ] {
        assert_eq!(markdown(&words.into()), said);
    }
    assert_eq!(markdown(&text!["a:", "b:c"]), r"a\:b:c");
    assert_eq!(titled("C#", 100), "C#\u{200b}");
}

#[test]
fn what_the_bot_means_it_says() {
    let at: jiff::Timestamp = "2026-11-28T02:00:00Z".parse().unwrap();
    let said = markdown(&text![&PersonId("ana".into()), " ", &PersonId("<@1>".into()), " ", at]);
    assert_eq!(said, "<@175928847299117063> \\<\u{200b}@1> <t:1795831200:f>");
    let said = markdown(&text![bold("a*b"), bold(" "), bold("c"), " ", code("x`<y\nz"), code("w")]);
    assert_eq!(said, "**a\\*b**\u{200b}**c** `xˋ<y z`\u{200b}`w`");
    for (url, label, said) in [
        ("https://a.b/?x=(1)>", "the [page](x)", "[the (page)(x)](<https://a.b/?x=%281%29%3E>)"),
        ("https://a.b/c", "", "<https://a.b/c>"),
        ("javascript:x", "here", "here"),
    ] {
        assert_eq!(markdown(&text![Span::Link { url: url.into(), label: label.into() }]), said);
    }
}

#[test]
fn what_would_turn_words_around_is_taken_out() {
    let trap = "safe\u{202e}gpj\u{2066}.exe\u{200f}\u{61c}";
    assert_eq!(markdown(&text![trap, " ", bold(trap), " ", code(trap)]), "safegpj.exe **safegpj.exe** `safegpj.exe`");
    assert_eq!((titled(trap, 50), plain(trap, 50)), ("safegpj.exe".to_owned(), "safegpj.exe".to_owned()));
}
