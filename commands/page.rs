//! Lists that fit the screen: ten rows a page, turned by buttons in place, or the whole as a file.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::message::{Button, Message, Table, count};

/// Rows on a page.
pub(crate) const ROWS: usize = 10;

/// How much of a list is wanted, and how.
#[derive(Clone, Debug, PartialEq, Eq, Args, Serialize, Deserialize)]
pub(crate) struct Paging {
    /// Which page, ten rows each
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    page: u32,
    /// All of it as a CSV file
    #[arg(long)]
    pub(crate) csv: bool,
}

/// A whole list.
pub(crate) struct Listing<'a> {
    /// What a row is: `user`.
    pub(crate) noun: &'a str,
    /// What follows the count: ` in sre`.
    pub(crate) of: &'a str,
    /// The words of the command that lists it, without page and file.
    pub(crate) command: Vec<String>,
    /// What there is to say when it is empty.
    pub(crate) nothing: &'a str,
    /// How many rows there are.
    pub(crate) total: usize,
}

impl Paging {
    /// The part of `rows` that the wanted page shows.
    pub(crate) fn shown<'r, T>(&self, rows: &'r [T]) -> &'r [T] {
        let from = (self.at(rows.len()) - 1) * ROWS;
        &rows[from.min(rows.len())..(from + ROWS).min(rows.len())]
    }

    /// The page that is shown where there are `total` rows: the last one for those beyond it.
    fn at(&self, total: usize) -> usize {
        (self.page as usize).clamp(1, total.div_ceil(ROWS).max(1))
    }

    /// The answer: `table` has the rows of this page, or all of them for the file.
    pub(crate) fn answer(&self, listing: &Listing<'_>, table: Table) -> Message {
        let Listing { noun, of, command, nothing, total } = listing;
        let told = format!("{}{of}", count(*total, noun));
        if *total == 0 {
            return (*nothing).into();
        }
        if self.csv {
            let file = format!("{}s.csv", noun.replace(' ', "-"));
            return Message::new().text(format!("{told}, as a file.")).file(file, table.csv());
        }
        let pages = total.div_ceil(ROWS);
        let page = self.at(*total);
        let head = if pages > 1 { format!("{told}, page {page} of {pages}") } else { told };
        let turn = |label: &str, to: usize| Button::new(label, line(command, to)).in_place();
        let back = (page > 1).then(|| turn("‹ Previous", page - 1));
        let on = (page < pages).then(|| turn("Next ›", page + 1));
        Message::new().text(head).table(table).buttons(back.into_iter().chain(on).collect())
    }
}

/// The command line of a page.
fn line(command: &[String], page: usize) -> String {
    let page = page.to_string();
    let words = command.iter().map(String::as_str).chain(["--page", &page]);
    // It fails only for words that hold a NUL, which nobody can type.
    shlex::try_join(words).unwrap_or_default()
}

/// The words of a command, each option that was given as `--name=value`.
pub(crate) fn words<const N: usize>(name: &str, options: [(&str, Option<&str>); N]) -> Vec<String> {
    let options = options.into_iter().filter_map(|(name, value)| Some(format!("--{name}={}", value?)));
    name.split(' ').map(str::to_owned).chain(options).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paging(page: u32) -> Paging {
        Paging { page, csv: false }
    }

    #[test]
    fn the_last_page_is_shown_for_those_beyond_it() {
        let rows: Vec<usize> = (0..23).collect();
        assert_eq!(paging(3).shown(&rows), [20, 21, 22]);
        assert_eq!(paging(9).shown(&rows), [20, 21, 22]);
        assert_eq!(paging(1).shown::<usize>(&[]), [] as [usize; 0]);
    }

    #[test]
    fn a_page_turns_with_the_same_options() {
        let command = words("access user list", [("group", Some("the team")), ("name", None)]);
        assert_eq!(line(&command, 2), "access user list '--group=the team' --page 2");
    }
}
