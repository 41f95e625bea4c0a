//! Words from anywhere → Slack's markup, in which they can be nothing but words.

use commands::message::{Span, Text, utc};
use url::Url;

use super::NAME;
use super::limits::{self, cut};
use crate::platform::Names;
use crate::platform::direction::{straight, turns};

/// Letters in the longest piece that is never broken over two sections; escaped it takes five times that.
const PIECE: usize = 200;
/// The longest address that becomes a link.
const ADDRESS: usize = 1_000;

/// `&`, `<` and `>` as Slack wants them in text (api.slack.com "Escaping text").
pub(super) fn escape(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Words for a `plain_text` object: no markup is read there, and a mention that some client might read is broken up.
pub(super) fn plain(words: &str, limit: usize) -> String {
    let words = straight(words).replace(['\n', '\r', '\t'], " ").replace("<!", "<\u{200b}!").replace("<@", "<\u{200b}@");
    cut(words.replace("<#", "<\u{200b}#").trim(), limit)
}

/// The text as pieces of markup that may stand in different sections but must not be broken themselves.
pub(super) fn pieces(text: &Text, names: &dyn Names) -> Vec<String> {
    let marks = Marks::of(text, names);
    let mut pieces = Vec::new();
    let mut before = '\n';
    for span in &text.0 {
        match span {
            Span::Plain(words) => {
                for word in words_of(&marks.disarm(words, before)) {
                    pieces.push(escape(&word));
                }
                before = words.chars().last().unwrap_or(before);
            }
            Span::Bold(words) => {
                let words = marks.disarm(&one_line(words), '*').replace('*', "∗");
                pieces.extend(wrapped(words.trim(), '*'));
                before = '*';
            }
            Span::Code(words) => {
                pieces.extend(wrapped(&literal(words), '`'));
                before = '`';
            }
            Span::Person(person) => {
                let account = names.account(NAME, person).filter(|id| is_id(id));
                pieces.push(match account {
                    Some(id) => format!("<@{id}>"),
                    None => escape(&cut(&marks.disarm(&one_line(&names.name(person)), ' '), PIECE)),
                });
                before = 'a';
            }
            Span::Time(instant) => {
                let (unix, fallback) = (instant.as_second(), utc(*instant));
                pieces.push(format!("<!date^{unix}^{{date_short_pretty}} {{time}}|{fallback}>"));
                before = 'a';
            }
            Span::Link { url, label } => {
                pieces.push(link(url, label));
                before = 'a';
            }
        }
    }
    pieces
}

/// The same text on one line or several, no longer than `limit`, `…` at its end where it was cut.
pub(super) fn within(pieces: &[String], limit: usize) -> String {
    let whole: usize = pieces.iter().map(|piece| limits::len(piece)).sum();
    if whole <= limit {
        return pieces.concat();
    }
    let mut room = limit - 1;
    let mut kept = String::new();
    for piece in pieces {
        let Some(left) = room.checked_sub(limits::len(piece)) else { break };
        room = left;
        kept.push_str(piece);
    }
    kept.truncate(kept.trim_end().len());
    kept + "…"
}

/// Something literal on one line, unable to end the code span it stands in.
pub(super) fn literal(words: &str) -> String {
    one_line(words).replace('`', "ˋ")
}

/// Whether it can only be the id of a Slack object.
pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.chars().all(|letter| letter.is_ascii_alphanumeric())
}

fn one_line(words: &str) -> String {
    straight(words).chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn link(url: &str, label: &str) -> String {
    let label = one_line(if label.is_empty() { url } else { label });
    let label = escape(&cut(&label, PIECE)).replace('|', "¦");
    let target = Url::parse(url).ok().filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    match target.map(|parsed| escape(&parsed.as_str().replace('|', "%7C"))) {
        Some(target) if target.len() <= ADDRESS => format!("<{target}|{label}>"),
        _ => label,
    }
}

/// Words with the space behind them; one that is very long is broken.
fn words_of(words: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for word in words.split_inclusive(char::is_whitespace) {
        pieces.extend(chunks(word));
    }
    pieces
}

fn wrapped(words: &str, mark: char) -> Vec<String> {
    chunks(words)
        .into_iter()
        .filter(|chunk| !chunk.trim().is_empty())
        .map(|chunk| format!("{mark}{}{mark}", escape(&chunk)))
        .collect()
}

fn chunks(words: &str) -> Vec<String> {
    if words.len() <= PIECE {
        return vec![words.to_owned()];
    }
    let letters: Vec<char> = words.chars().collect();
    letters.chunks(PIECE).map(|chunk| chunk.iter().collect()).collect()
}

/// Which characters of this text could make markup of words.
struct Marks {
    armed: Vec<char>,
}

impl Marks {
    /// A mark alone makes nothing; only where there are two (the renderer's own around bold words count) it is replaced.
    fn of(text: &Text, names: &dyn Names) -> Self {
        let count = |mark: char| -> usize {
            let of_span = |span: &Span| match span {
                Span::Plain(words) => words.matches(mark).count(),
                Span::Bold(words) => words.matches(mark).count() + if mark == '*' { 2 } else { 0 },
                Span::Person(person) => names.name(person).matches(mark).count(),
                _ => 0,
            };
            text.0.iter().map(of_span).sum()
        };
        Self { armed: ['*', '_', '~'].into_iter().filter(|mark| count(*mark) > 1).collect() }
    }

    /// The words with each character that could begin markup replaced by its look-alike. `_` and `*` inside a word begin
    /// nothing and stay.
    fn disarm(&self, words: &str, before: char) -> String {
        let mut before = before;
        let mut letters = words.chars().filter(|letter| !turns(*letter)).peekable();
        let mut plain = String::with_capacity(words.len());
        while let Some(letter) = letters.next() {
            let opens = !before.is_alphanumeric() && letters.peek().is_none_or(|next| !next.is_whitespace());
            plain.push(match letter {
                '`' => 'ˋ',
                '>' if before == '\n' => '›',
                '*' if opens && self.armed.contains(&'*') => '∗',
                '_' if opens && self.armed.contains(&'_') => 'ˍ',
                '~' if opens && self.armed.contains(&'~') => '∼',
                '\r' => ' ',
                other => other,
            });
            before = letter;
        }
        plain
    }
}

#[cfg(test)]
mod tests {
    use commands::PersonId;
    use commands::message::{bold, code};
    use commands::text;

    use super::*;

    struct Nobody;

    impl Names for Nobody {
        fn account(&self, _platform: &str, person: &PersonId) -> Option<String> {
            (person.0 == "ana").then(|| "U1".to_owned())
        }

        fn name(&self, person: &PersonId) -> String {
            person.0.clone()
        }
    }

    fn markup(text: &Text) -> String {
        pieces(text, &Nobody).concat()
    }

    #[test]
    fn words_from_outside_stay_words() {
        assert_eq!(markup(&text!["<!channel> & <https://a|b>"]), "&lt;!channel&gt; &amp; &lt;https://a|b&gt;");
        assert_eq!(markup(&text!["*loud* my_db_name _x_ ~y~ `z`"]), "∗loud* my_db_name ˍx_ ∼y~ ˋzˋ");
        assert_eq!(markup(&text!["~3 min for 2 * 3 of *.example.com"]), "~3 min for 2 * 3 of ∗.example.com");
        assert_eq!(markup(&text!["> quoted"]), "› quoted".replace('>', "&gt;"));
        assert_eq!(markup(&text![bold("a*b"), " ", code("x`<y\nz")]), "*a∗b* `xˋ&lt;y z`");
    }

    #[test]
    fn what_would_turn_words_around_is_taken_out() {
        let trap = "safe\u{202e}gpj\u{2066}.exe\u{200f}\u{61c}";
        let link = Span::Link { url: "https://a.b/".into(), label: trap.into() };
        let said = markup(&text![trap, " ", bold(trap), " ", code(trap), " ", &PersonId(trap.into()), " ", link]);
        assert_eq!(said, "safegpj.exe *safegpj.exe* `safegpj.exe` safegpj.exe <https://a.b/|safegpj.exe>");
        assert_eq!(plain(trap, 50), "safegpj.exe");
    }

    #[test]
    fn what_the_bot_means_it_says() {
        let at: jiff::Timestamp = "2026-11-28T02:00:00Z".parse().unwrap();
        let said = markup(&text![&PersonId("ana".into()), " ", &PersonId("<!here>".into()), " ", at]);
        assert_eq!(said, "<@U1> &lt;!here&gt; <!date^1795831200^{date_short_pretty} {time}|Sat 28 Nov 2026 02:00 UTC>");
        let link = Span::Link { url: "https://a.b/?x=1&y=|>".into(), label: "the <page>|".into() };
        assert_eq!(markup(&text![link]), "<https://a.b/?x=1&amp;y=%7C%3E|the &lt;page&gt;¦>");
        let trap = Span::Link { url: "javascript:x".into(), label: "here".into() };
        assert_eq!(markup(&text![trap]), "here");
    }
}
