//! A message → Discord's Markdown, within Discord's limits whatever the data.
//!
//! Words go into the message's content, where mentions ring; what does not fit goes on in embeds.

use commands::message::{Block, Message, Table, Text};
use commands::text;

use super::escape::{self, APART, Mentions};
use super::limits::{self, cut};
use super::marker;
use crate::platform::Names;
use crate::platform::narrow::narrowed;

/// Letters in a line of a table; more would be broken on a laptop's screen.
const LINE: usize = 100;
/// What the line about what is left out may take, in each page since any can be the last.
const RESERVED: usize = 100;
/// The first page: the content, with room for a marker.
const FIRST: usize = limits::CONTENT - marker::LENGTH - RESERVED;
/// Before a line of small print.
const SMALL: &str = "-# ";
/// Around lines of fixed-width letters.
const FENCE: &str = "```";

/// A message in Discord's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rendered {
    /// What stands in the message itself; empty where there are no words.
    pub(super) content: String,
    /// What goes on in embeds.
    pub(super) embeds: Vec<String>,
    /// The accounts it means to mention.
    pub(super) mentions: Vec<String>,
}

/// Renders a message's words. Files show themselves, and `buttons.rs` brings the buttons; `buttons_left_out` are told of here.
pub(super) fn render(message: &Message, names: &dyn Names, buttons_left_out: usize) -> Rendered {
    let mut mentions = Mentions::default();
    let mut pages = Pages::default();
    for block in &message.blocks {
        if let Some(part) = part(block, names, &mut mentions) {
            pages.add(part);
        }
    }
    let counts = [(pages.left_out, "part"), (buttons_left_out, "button")];
    let last: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(told).collect();
    let mut pages = pages.pages;
    if let (false, Some(page)) = (last.is_empty(), pages.last_mut()) {
        let words = format!("{SMALL}… {} left out: Discord shows no more in one message.", last.join(" and "));
        page.push_str(if page.is_empty() { "" } else { "\n" });
        page.push_str(&words);
    }
    let mut pages = pages.into_iter();
    Rendered {
        content: pages.next().unwrap_or_default(),
        embeds: pages.filter(|page| !page.trim().is_empty()).collect(),
        mentions: mentions.0,
    }
}

fn told((count, noun): &(usize, &str)) -> String {
    if *count == 1 { format!("1 more {noun}") } else { format!("{count} more {noun}s") }
}

fn part(block: &Block, names: &dyn Names, mentions: &mut Mentions) -> Option<Part> {
    let part = match block {
        Block::Header(words) => Part::words("", vec![vec!["## ".to_owned(), escape::titled(words, 200)]]),
        Block::Text(text) => Part::words("", escape::lines(text, names, mentions)),
        Block::Note(text) => Part::words(SMALL, escape::lines(text, names, mentions)),
        Block::Fields(fields) => {
            let lines = fields.iter().flat_map(|(label, value)| field(label, value, names, mentions));
            Part::words("", lines.collect())
        }
        Block::Table(table) => fixed_width(table),
        Block::Drawing(lines) => Part::fixed(None, lines.iter().map(|line| cut(&escape::literal(line), LINE)).collect()),
        Block::Divider => Part::words("", vec![vec!["⎯".repeat(20)]]),
        Block::Buttons(_) | Block::File(_) => return None,
    };
    Some(part).filter(|part| !part.is_blank())
}

fn field(label: &str, value: &Text, names: &dyn Names, mentions: &mut Mentions) -> Vec<Vec<String>> {
    let label = commands::message::bold(cut(label, 100));
    let mut lines = escape::lines(&text![label], names, mentions);
    let value = escape::lines(value, names, mentions);
    let blank = value.iter().flatten().all(|piece| piece.trim().is_empty());
    match (lines.first_mut(), value.as_slice()) {
        (Some(line), _) if blank => line.push(" –".to_owned()),
        (Some(line), [only]) => {
            line.push(" ".to_owned());
            line.extend(only.iter().cloned());
        }
        _ => lines.extend(value),
    }
    lines
}

/// A table as lines of fixed width, each page of them beginning with the column titles.
fn fixed_width(table: &Table) -> Part {
    let mut lines = narrowed(table, LINE, escape::literal).lines().into_iter().map(|line| cut(&line, LINE));
    let titles = lines.next().unwrap_or_default();
    let rows: Vec<String> = lines.collect();
    Part::fixed(Some(titles), if rows.is_empty() { vec!["(no rows)".to_owned()] } else { rows })
}

/// A block's lines, to be put on pages.
struct Part {
    /// What each line begins with.
    prefix: &'static str,
    /// For fixed-width letters, what each page of them begins with.
    fence: Option<Option<String>>,
    /// Lines of pieces that must not be broken.
    lines: Vec<Vec<String>>,
}

impl Part {
    fn words(prefix: &'static str, lines: Vec<Vec<String>>) -> Self {
        Self { prefix, fence: None, lines }
    }

    fn fixed(titles: Option<String>, lines: Vec<String>) -> Self {
        let lines = lines.into_iter().map(|line| vec![line]).collect();
        Self { prefix: "", fence: Some(titles), lines }
    }

    fn is_blank(&self) -> bool {
        let is_blank = |words: &String| words.chars().all(|letter| letter.is_whitespace() || letter == APART);
        self.lines.iter().flatten().all(is_blank)
    }

    /// As it stands on a page, with its first `count` lines.
    fn shown(&self, count: usize) -> String {
        let lines = self.lines.iter().take(count).map(|line| {
            let words = line.concat();
            if words.trim().is_empty() { words } else { format!("{}{words}", self.prefix) }
        });
        let lines = lines.collect::<Vec<_>>().join("\n");
        match &self.fence {
            None => lines,
            Some(None) => format!("{FENCE}\n{lines}\n{FENCE}"),
            Some(Some(titles)) => format!("{FENCE}\n{titles}\n{lines}\n{FENCE}"),
        }
    }

    /// How many lines fit into `room`.
    fn fitting(&self, room: usize) -> usize {
        let mut size = limits::len(&self.shown(0));
        let fits = |line: &&Vec<String>| {
            size += 1 + self.prefix.len() + line.iter().map(|piece| limits::len(piece)).sum::<usize>();
            size <= room
        };
        self.lines.iter().take_while(fits).count()
    }

    /// Breaks its first line in two, the first of which fits into `room`. Says whether it could.
    fn break_line(&mut self, room: usize) -> bool {
        let Some(line) = self.lines.first_mut() else { return false };
        let mut left = room.saturating_sub(self.prefix.len() + 2);
        let fits = |piece: &&String| match left.checked_sub(limits::len(piece)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let count = line.iter().take_while(fits).count();
        if count == 0 || count == line.len() || self.fence.is_some() {
            return false;
        }
        let mut rest = line.split_off(count);
        // Words that stood in a line could begin a title or a list where they begin one.
        rest.insert(0, APART.to_string());
        self.lines.insert(1, rest);
        true
    }
}

/// The pages of a message in the making: its content, then embeds.
struct Pages {
    pages: Vec<String>,
    /// What the embeds may still take, this page's included.
    budget: usize,
    left_out: usize,
}

impl Default for Pages {
    fn default() -> Self {
        Self { pages: vec![String::new()], budget: limits::ALL_EMBEDS - RESERVED, left_out: 0 }
    }
}

impl Pages {
    fn limit(&self) -> usize {
        if self.pages.len() == 1 { FIRST } else { self.budget.min(limits::DESCRIPTION - RESERVED) }
    }

    fn used(&self) -> usize {
        self.pages.last().map_or(0, |page| limits::len(page))
    }

    /// What fits on this page still, behind a line end.
    fn room(&self) -> usize {
        self.limit().saturating_sub(self.used() + 1)
    }

    fn add(&mut self, mut part: Part) {
        if self.left_out > 0 {
            self.left_out += 1;
            return;
        }
        loop {
            let all = part.lines.len();
            let fits = part.fitting(self.room());
            let is_fresh = self.used() == 0;
            let waits = fits < all && !is_fresh && self.used() * 2 >= self.limit() && part.fitting(self.next_limit()) == all;
            if fits > 0 && !waits {
                self.put(&part.shown(fits));
                part.lines.drain(..fits);
                if part.lines.is_empty() {
                    return;
                }
            }
            if is_fresh && fits == 0 && part.break_line(self.room()) {
                continue;
            }
            if (is_fresh && fits == 0) || !self.turn() {
                self.left_out += 1;
                return;
            }
        }
    }

    fn put(&mut self, words: &str) {
        if let Some(page) = self.pages.last_mut() {
            page.push_str(if page.is_empty() { "" } else { "\n" });
            page.push_str(words);
        }
    }

    /// What a next page could hold.
    fn next_limit(&self) -> usize {
        let spent = if self.pages.len() == 1 { 0 } else { self.used() };
        (self.budget - spent.min(self.budget)).min(limits::DESCRIPTION - RESERVED).saturating_sub(1)
    }

    /// Begins the next page. Says whether there is one.
    fn turn(&mut self) -> bool {
        if self.pages.len() > limits::EMBEDS || self.next_limit() < RESERVED {
            return false;
        }
        if self.pages.len() > 1 {
            self.budget -= self.used().min(self.budget);
        }
        self.pages.push(String::new());
        true
    }
}

#[cfg(test)]
mod tests;
