//! Words from anywhere → Discord's Markdown, in which they can be nothing but words.
//!
//! What would begin a construct gets a backslash, which Discord does not show. Backticks get a look-alike, and mentions, which
//! Discord looks for before it reads Markdown, a letter without width.

use commands::message::{Span, Text};
use url::Url;

use super::NAME;
use super::limits::{self, cut};
use super::marker::is_marker;
use crate::platform::Names;
use crate::platform::direction::turns;

/// Letters in the longest piece that is never broken over two parts of a message; escaped it takes up to three times that.
const PIECE: usize = 200;
/// The longest address that becomes a link.
const ADDRESS: usize = 1_000;
/// A letter without width: it keeps apart what would be one construct.
pub(super) const APART: char = '\u{200b}';

/// The accounts that a message means to mention, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mentions(pub(super) Vec<String>);

impl Mentions {
    /// Whether this account is among them, once it was added where there is room.
    fn takes(&mut self, account: &str) -> bool {
        let known = self.0.iter().any(|known| known == account);
        if !known && self.0.len() < limits::MENTIONS {
            self.0.push(account.to_owned());
            return true;
        }
        known
    }
}

/// The text as lines of pieces of Markdown, which may stand in different parts of a message but must not be broken themselves.
pub(super) fn lines(text: &Text, names: &dyn Names, mentions: &mut Mentions) -> Vec<Vec<String>> {
    let mut lines: Vec<Vec<String>> = vec![Vec::new()];
    let mut runs = runs(text, names, mentions).into_iter().peekable();
    while let Some(run) = runs.next() {
        let goes_on = runs.peek().is_some();
        match run {
            Run::Words(words) => {
                for (at, line) in clean(&words).split('\n').enumerate() {
                    if at > 0 {
                        lines.push(Vec::new());
                    }
                    let begins = lines.last().is_none_or(|line| line.iter().all(|piece| piece.trim().is_empty()));
                    for piece in pieces(&disarm(line, Edges { begins, goes_on })) {
                        push(&mut lines, piece);
                    }
                }
            }
            Run::Bold(words) => {
                for chunk in chunks(one_line(&words).trim()).iter().filter(|chunk| !chunk.trim().is_empty()) {
                    push(&mut lines, format!("**{}**", disarm(chunk, Edges::ALONE)));
                }
            }
            Run::Code(words) => {
                for chunk in chunks(&literal(&words)).iter().filter(|chunk| !chunk.trim().is_empty()) {
                    push(&mut lines, format!("`{chunk}`"));
                }
            }
            Run::Ours(markdown) => push(&mut lines, markdown),
        }
    }
    lines
}

/// Words on one line behind a mark that begins it, such as a title's.
pub(super) fn titled(words: &str, limit: usize) -> String {
    let escaped = disarm(&cut(one_line(words).trim(), limit), Edges::ALONE);
    // Discord takes `#` from the end of a title, whether it is escaped or not.
    if escaped.ends_with('#') { format!("{escaped}{APART}") } else { escaped }
}

/// Words for a label, where no Markdown is read: on one line.
pub(super) fn plain(words: &str, limit: usize) -> String {
    cut(one_line(words).trim(), limit)
}

/// Something literal on one line, unable to end the code it stands in.
pub(super) fn literal(words: &str) -> String {
    one_line(words).replace('`', "ˋ").replace(APART, "")
}

/// Whether it can only be the id of one of Discord's objects.
pub(super) fn is_id(id: &str) -> bool {
    (1..=20).contains(&id.len()) && id.bytes().all(|digit| digit.is_ascii_digit())
}

/// Spans as Markdown knows them; words that touch are one run.
enum Run {
    Words(String),
    Bold(String),
    Code(String),
    /// Markdown of our own.
    Ours(String),
}

fn runs(text: &Text, names: &dyn Names, mentions: &mut Mentions) -> Vec<Run> {
    let mut runs = Vec::new();
    let say = |words: &str, runs: &mut Vec<Run>| match runs.last_mut() {
        Some(Run::Words(before)) => before.push_str(words),
        _ => runs.push(Run::Words(words.to_owned())),
    };
    for span in &text.0 {
        match span {
            Span::Plain(words) => say(words, &mut runs),
            Span::Bold(words) => runs.push(Run::Bold(words.clone())),
            Span::Code(words) => runs.push(Run::Code(words.clone())),
            Span::Person(person) => match names.account(NAME, person).filter(|id| is_id(id)) {
                Some(id) if mentions.takes(&id) => runs.push(Run::Ours(format!("<@{id}>"))),
                _ => say(&cut(&one_line(&names.name(person)), PIECE), &mut runs),
            },
            Span::Time(instant) => runs.push(Run::Ours(format!("<t:{}:f>", instant.as_second()))),
            Span::Link { url, label } => match link(url, label) {
                Ok(markdown) => runs.push(Run::Ours(markdown)),
                Err(label) => say(&label, &mut runs),
            },
        }
    }
    runs
}

/// Adds a piece to the last line. Code or bold words right behind others would be read as one with them.
fn push(lines: &mut [Vec<String>], piece: String) {
    let Some(line) = lines.last_mut() else { return };
    let first = piece.chars().next().filter(|first| matches!(first, '*' | '`'));
    let apart = first.is_some() && line.last().and_then(|last| last.chars().last()) == first;
    line.push(if apart { format!("{APART}{piece}") } else { piece });
}

/// Without what nobody sees and what nobody can tell from a space; line ends stay.
fn clean(words: &str) -> String {
    let shown = words.chars().filter(|letter| !is_marker(*letter) && !turns(*letter) && *letter != '\r');
    shown
        .map(|letter| match letter {
            '\n' => '\n',
            '\u{2028}' | '\u{2029}' | '\u{feff}' => ' ',
            other if other.is_control() => ' ',
            other => other,
        })
        .collect()
}

fn one_line(words: &str) -> String {
    clean(words).replace('\n', " ")
}

/// A link with its label and without a preview, or its label where there can be no link.
fn link(url: &str, label: &str) -> Result<String, String> {
    let shown = cut(&one_line(if label.is_empty() { url } else { label }), PIECE);
    let parsed = Url::parse(url).ok().filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    let address = parsed.map(|parsed| {
        let escapes = [('(', "%28"), (')', "%29"), ('<', "%3C"), ('>', "%3E"), ('\\', "%5C"), ('"', "%22"), ('\'', "%27")];
        escapes.iter().fold(parsed.to_string(), |address, (letter, code)| address.replace(*letter, code))
    });
    match address.filter(|address| address.len() <= ADDRESS) {
        Some(address) if label.trim().is_empty() => Ok(format!("<{address}>")),
        // Brackets end a label whether they are escaped or not.
        Some(address) => Ok(format!("[{}](<{address}>)", disarm(&shown.replace('[', "(").replace(']', ")"), Edges::ALONE))),
        None => Err(shown),
    }
}

/// What is beside a run of words in its line.
#[derive(Clone, Copy)]
struct Edges {
    /// Whether nothing stands before it.
    begins: bool,
    /// Whether a construct of ours is right behind it.
    goes_on: bool,
}

impl Edges {
    /// Words within marks of ours.
    const ALONE: Self = Self { begins: true, goes_on: false };
}

/// A line's words with each letter that could begin something kept from it. What stands beside them is a construct of ours.
fn disarm(line: &str, edges: Edges) -> String {
    let letters: Vec<char> = line.chars().collect();
    let mut plain = String::with_capacity(line.len() + 8);
    let mut only_space = edges.begins;
    for (at, &letter) in letters.iter().enumerate() {
        let (before, behind) = letters.split_at(at);
        let behind = behind.get(1..).unwrap_or_default();
        let (last, next) = (before.last().copied(), behind.first().copied());
        let in_word = |neighbour: Option<char>| neighbour.is_some_and(|letter| letter.is_ascii_alphanumeric());
        let armed = match letter {
            // `_` within a word too: it could end within code of ours.
            '\\' | '*' | '_' | '[' | '<' => true,
            '~' | '|' => last == Some(letter) || next == Some(letter),
            ':' => names_something(behind, edges.goes_on),
            '#' | '>' => only_space,
            '-' => only_space && !in_word(next),
            '.' => (edges.begins && is_number(before)) || invites(before),
            _ => false,
        };
        if armed {
            plain.push('\\');
        }
        plain.push(if letter == '`' { 'ˋ' } else { letter });
        let mentions = match letter {
            '@' => is_next(behind, "everyone") || is_next(behind, "here"),
            '<' => matches!(next, Some('@' | '#')),
            _ => false,
        };
        if mentions {
            plain.push(APART);
        }
        only_space = only_space && letter.is_whitespace();
    }
    plain
}

/// Whether a colon begins the name of an emoji, as in `:key:`, or stands in an address that would become a link.
fn names_something(behind: &[char], goes_on: bool) -> bool {
    let end = behind.iter().position(|letter| letter.is_whitespace() || *letter == ':');
    is_next(behind, "//") || end.map_or(goes_on, |end| end > 0 && behind.get(end) == Some(&':'))
}

/// Whether only a number stands in the line so far: with a dot it would begin a list.
fn is_number(before: &[char]) -> bool {
    let number: String = before.iter().collect();
    let number = number.trim_start();
    !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
}

/// Whether a dot would make an invitation, which Discord shows without a scheme: `discord.gg/x`.
fn invites(before: &[char]) -> bool {
    let tail: String = before.iter().skip(before.len().saturating_sub("discordapp".len())).collect::<String>().to_lowercase();
    tail.ends_with("discord") || tail == "discordapp"
}

fn is_next(letters: &[char], word: &str) -> bool {
    letters.iter().take(word.len()).copied().eq(word.chars())
}

/// Escaped words with the space behind them; one that is very long is broken, though never behind its backslash.
fn pieces(escaped: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for word in escaped.split_inclusive(char::is_whitespace) {
        let (mut piece, mut size, mut open) = (String::new(), 0, false);
        for letter in word.chars() {
            if size >= PIECE && !open {
                pieces.push(std::mem::take(&mut piece));
                size = 0;
            }
            open = letter == '\\' && !open;
            piece.push(letter);
            size += 1;
        }
        pieces.push(piece);
    }
    pieces
}

fn chunks(words: &str) -> Vec<String> {
    let letters: Vec<char> = words.chars().collect();
    letters.chunks(PIECE).map(|chunk| chunk.iter().collect()).collect()
}

#[cfg(test)]
pub(super) mod tests;
