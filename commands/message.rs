//! What the bot says, in no platform's dialect.
//!
//! Text from outside (AWS names, people's words) travels in [`Span::Plain`], [`Span::Bold`] and [`Span::Code`];
//! a renderer escapes these always. A mention, a link or a time exists only where the bot built one.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::PersonId;

/// One message: blocks from top to bottom. Renderers keep it within their platform's limits, whatever its size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The blocks in reading order.
    pub blocks: Vec<Block>,
    /// Whether it is for the asker's eyes alone, whatever they asked for: `--share` does not post it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
}

/// One part of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A title in large letters, without markup.
    Header(String),
    /// A paragraph.
    Text(Text),
    /// Pairs of label and value, shown in columns where the platform has them.
    Fields(Vec<(String, Text)>),
    /// Rows under column titles.
    Table(Table),
    /// Lines of fixed-width letters, such as a picture drawn with them.
    Drawing(Vec<String>),
    /// A row of buttons.
    Buttons(Vec<Button>),
    /// Small print.
    Note(Text),
    /// A thin line.
    Divider,
    /// A file to download, such as a CSV.
    File(File),
}

/// A table of plain cells. Every row has as many cells as there are columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Column titles.
    pub columns: Vec<String>,
    /// Rows from top to bottom.
    pub rows: Vec<Vec<String>>,
}

/// A button: pressing it runs a command of this bot as the person who pressed, under the same policy and audit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What stands on it.
    pub label: String,
    /// The command line it stands for, such as `change approve CHG-1042`.
    pub run: String,
    /// How it looks.
    pub style: Style,
    /// Where the answer goes.
    pub answer: Answer,
}

/// How a button looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Neutral.
    #[default]
    Plain,
    /// The expected way on.
    Primary,
    /// Ends or removes something.
    Danger,
}

/// Where the answer to a pressed button goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Into a new message for the presser alone.
    #[default]
    New,
    /// Into the place of the message the button stands on: the next page of a list.
    InPlace,
}

/// A file to download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its name, such as `databases.csv`.
    pub name: String,
    /// Its text, UTF-8.
    pub content: String,
}

/// A run of spans. Build one with [`text!`](crate::text).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text(pub Vec<Span>);

/// A piece of text of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// Words as they are; `\n` breaks the line.
    Plain(String),
    /// Words that stand out.
    Bold(String),
    /// Something literal: a name, a version, a command.
    Code(String),
    /// A person, mentioned in the platform's way.
    Person(PersonId),
    /// An instant, shown in each reader's own time zone where the platform can, else in UTC.
    Time(Timestamp),
    /// A link the bot means.
    Link {
        /// Where it leads.
        url: String,
        /// What it is called.
        label: String,
    },
}

/// Words that stand out.
pub fn bold(words: impl Into<String>) -> Span {
    Span::Bold(words.into())
}

/// Something literal: a name, a version, a command.
pub fn code(words: impl Into<String>) -> Span {
    Span::Code(words.into())
}

/// Words in which backticks mark what is literal, as in help texts: `` see `help` `` → see, and `help` as code.
pub fn marked(words: &str) -> Text {
    let parts = words.split('`').enumerate();
    let spans = parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { part.into() });
    Text(spans.filter(|span| !matches!(span, Span::Plain(words) if words.is_empty())).collect())
}

/// Builds a [`Text`] from anything that becomes a [`Span`]: `text!["Upgrade ", bold("orders"), " at ", at]`.
#[macro_export]
macro_rules! text {
    ($($span:expr),* $(,)?) => {
        $crate::message::Text(vec![$($crate::message::Span::from($span)),*])
    };
}

impl From<&str> for Span {
    fn from(words: &str) -> Self {
        Self::Plain(words.to_owned())
    }
}

impl From<String> for Span {
    fn from(words: String) -> Self {
        Self::Plain(words)
    }
}

impl From<Timestamp> for Span {
    fn from(instant: Timestamp) -> Self {
        Self::Time(instant)
    }
}

impl From<&PersonId> for Span {
    fn from(person: &PersonId) -> Self {
        Self::Person(person.clone())
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self(vec![words.into()])
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self(vec![words.into()])
    }
}

impl Text {
    /// The same text with `other` behind it.
    #[must_use]
    pub fn then(mut self, other: impl Into<Self>) -> Self {
        self.0.extend(other.into().0);
        self
    }

    /// Whether it holds no span.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words alone, times in UTC: for logs, the audit log and notifications.
    pub fn plain(&self) -> String {
        self.0.iter().map(Span::plain).collect()
    }
}

impl Span {
    fn plain(&self) -> String {
        match self {
            Self::Plain(words) | Self::Bold(words) | Self::Code(words) => words.clone(),
            Self::Person(person) => format!("@{person}"),
            Self::Time(instant) => utc(*instant),
            Self::Link { label, .. } => label.clone(),
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(words: &[impl AsRef<str>]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// Names as code, with `last` before the last one: ` or `.
pub(crate) fn codes(names: &[String], last: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            spans.push(if at + 1 == names.len() { last.into() } else { ", ".into() });
        }
        spans.push(code(&**name));
    }
    spans
}

/// `1 user`, `3 users`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match (number, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "person") => format!("{number} people"),
        _ => format!("{number} {noun}s"),
    }
}

/// The words with a capital at their beginning.
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A length of time in words: `24 h`, `1 h 4 min`, `1 min 40 s`, `12 s`.
pub fn lasting(length: SignedDuration) -> String {
    let (hours, minutes, seconds) = (length.as_hours(), length.as_mins() % 60, length.as_secs() % 60);
    match (hours, minutes, seconds) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// An instant in words where no reader's zone is known: `Sat 28 Nov 2026 02:00 UTC`.
pub fn utc(instant: Timestamp) -> String {
    instant.strftime("%a %-d %b %Y %H:%M UTC").to_string()
}

impl From<&str> for Message {
    fn from(words: &str) -> Self {
        Self::new().text(words)
    }
}

impl From<Text> for Message {
    fn from(text: Text) -> Self {
        Self::new().text(text)
    }
}

impl Message {
    /// An empty message to build on.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same message, which `--share` does not post.
    #[must_use]
    pub fn for_the_asker_alone(mut self) -> Self {
        self.private = true;
        self
    }

    /// Adds a title.
    #[must_use]
    pub fn header(self, words: impl Into<String>) -> Self {
        self.block(Block::Header(words.into()))
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn text(self, text: impl Into<Text>) -> Self {
        self.block(Block::Text(text.into()))
    }

    /// Adds small print.
    #[must_use]
    pub fn note(self, text: impl Into<Text>) -> Self {
        self.block(Block::Note(text.into()))
    }

    /// Adds pairs of label and value.
    #[must_use]
    pub fn fields(self, fields: Vec<(String, Text)>) -> Self {
        self.block(Block::Fields(fields))
    }

    /// Adds a table.
    #[must_use]
    pub fn table(self, table: Table) -> Self {
        self.block(Block::Table(table))
    }

    /// Adds lines of fixed-width letters; nothing for no lines.
    #[must_use]
    pub fn drawing(self, lines: Vec<String>) -> Self {
        if lines.is_empty() { self } else { self.block(Block::Drawing(lines)) }
    }

    /// Adds a row of buttons; no row for no buttons.
    #[must_use]
    pub fn buttons(self, buttons: Vec<Button>) -> Self {
        if buttons.is_empty() { self } else { self.block(Block::Buttons(buttons)) }
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, name: impl Into<String>, content: String) -> Self {
        self.block(Block::File(File { name: name.into(), content }))
    }

    /// Adds a block.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// The words alone, one line a block, times in UTC: for notifications and the audit log.
    pub fn plain(&self) -> String {
        let lines: Vec<String> = self.blocks.iter().filter_map(Block::plain).collect();
        lines.join("\n")
    }
}

impl Block {
    fn plain(&self) -> Option<String> {
        match self {
            Self::Header(words) => Some(words.clone()),
            Self::Text(text) | Self::Note(text) => Some(text.plain()),
            Self::Fields(fields) => {
                Some(fields.iter().map(|(label, value)| format!("{label}: {}", value.plain())).collect::<Vec<_>>().join("\n"))
            }
            Self::Table(table) => Some(table.lines().join("\n")),
            Self::Drawing(lines) => Some(lines.join("\n")),
            Self::File(file) => Some(format!("file {}", file.name)),
            Self::Buttons(_) | Self::Divider => None,
        }
    }
}

impl Table {
    /// A table with these column titles and no rows yet.
    pub fn new<const N: usize>(columns: [&str; N]) -> Self {
        Self { columns: columns.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Title and rows as lines with aligned columns, for a block of fixed-width letters.
    pub fn lines(&self) -> Vec<String> {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| self.all_rows().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        self.all_rows()
            .map(|row| {
                let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
                cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            })
            .collect()
    }

    /// Title and rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula is quoted with `'`.
    pub fn csv(&self) -> String {
        self.all_rows().map(|row| row.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",") + "\r\n").collect()
    }

    fn all_rows(&self) -> impl Iterator<Item = &Vec<String>> {
        std::iter::once(&self.columns).chain(&self.rows)
    }
}

fn csv_cell(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !cell.contains([',', '"', '\n', '\r']) {
        return cell.to_owned();
    }
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

impl Button {
    /// A neutral button that runs `run` and answers in a new message.
    pub fn new(label: impl Into<String>, run: impl Into<String>) -> Self {
        Self { label: label.into(), run: run.into(), style: Style::Plain, answer: Answer::New }
    }

    /// The same button in another look.
    #[must_use]
    pub fn style(mut self, style: Style) -> Self {
        self.style = style;
        self
    }

    /// The same button, its answer taking the place of the message it stands on.
    #[must_use]
    pub fn in_place(mut self) -> Self {
        self.answer = Answer::InPlace;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_of_time_is_told_in_two_units_at_most() {
        let told = [100, 180, 3_845, 86_400, 12].map(|seconds| lasting(SignedDuration::from_secs(seconds)));
        assert_eq!(told, ["1 min 40 s", "3 min", "1 h 4 min", "24 h", "12 s"]);
    }

    #[test]
    fn backticks_mark_what_is_literal() {
        assert_eq!(marked("try `sat 02:00`, or ask"), crate::text!["try ", code("sat 02:00"), ", or ask"]);
        assert_eq!(marked("nothing"), Text::from("nothing"));
    }

    #[test]
    fn a_table_lines_up_and_guards_its_csv() {
        let mut table = Table::new(["name", "n"]);
        table.row(["orders".to_owned(), "=1+1".to_owned()]);
        table.row(["a,\"b\"".to_owned(), "2".to_owned()]);
        assert_eq!(table.lines(), ["name    n", "orders  =1+1", "a,\"b\"   2"]);
        assert_eq!(table.csv(), "name,n\r\norders,\"'=1+1\"\r\n\"a,\"\"b\"\"\",2\r\n");
    }
}
