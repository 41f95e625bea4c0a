//! `watchkeeper audit verify | export | search`: the same over a store, without a chat.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use commands::audit::search::{self, Search};
use commands::audit::verify;
use commands::records::{AuditQuery, Entry, Verification};
use jiff::Timestamp;

use crate::store::{ReadError, Store};

/// What to do with the audit log. The bot must be stopped: one process has the store.
#[derive(Clone, Debug, Subcommand)]
pub enum Audit {
    /// Walk the whole log and say whether anything was altered or removed
    Verify,
    /// Write all entries to standard output, the oldest first
    Export(Export),
    /// Search the log, the newest first; times are in UTC
    Search(Box<Search>),
}

/// How to write entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Args)]
#[group(required = true)]
pub struct Export {
    /// As CSV; a cell that a spreadsheet would take for a formula is quoted
    #[arg(long)]
    csv: bool,
    /// As JSON, one entry a line
    #[arg(long)]
    jsonl: bool,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was done, and the log is whole as far as it was looked at.
    Well,
    /// The log is broken; the process should end with an error.
    Broken,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// What was typed means nothing.
    #[error(transparent)]
    Typed(#[from] commands::Error),
    /// The output could not be written.
    #[error("writing the output: {0}")]
    Output(#[from] io::Error),
}

/// Entries that are read at once.
const CHUNK: usize = 1000;

/// Does what was `asked`, writing to `out`.
///
/// # Errors
/// See [`CliError`].
pub async fn run(asked: &Audit, store: &dyn Store, now: Timestamp, out: &mut (dyn Write + Send)) -> Result<Ended, CliError> {
    match asked {
        Audit::Verify => {
            let found = store.verify().await?;
            writeln!(out, "{}", verify::report(&found).plain())?;
            return Ok(if matches!(found, Verification::Whole { .. }) { Ended::Well } else { Ended::Broken });
        }
        Audit::Export(export) => {
            let mut first = 1;
            loop {
                let entries = store.entries(first, CHUNK).await?;
                let Some(last) = entries.last() else { break };
                let next = last.number + 1;
                write(*export, &entries, Header::of(first), out)?;
                first = next;
            }
        }
        Audit::Search(search) => {
            let mut query = search.query(now, "UTC")?;
            if search.wants_file() {
                query.limit = CHUNK;
                file(store, query, out).await?;
            } else {
                let page = store.audit(&query).await?;
                search::table(&page.entries, now).lines().iter().try_for_each(|line| writeln!(out, "{line}"))?;
                if let (true, Some(oldest)) = (page.more, page.entries.last()) {
                    writeln!(out, "There are older ones: add --page-before {}.", oldest.number)?;
                }
            }
        }
    }
    out.flush()?;
    Ok(Ended::Well)
}

/// Writes everything that a query asks for as CSV.
async fn file(store: &dyn Store, mut query: AuditQuery, out: &mut (dyn Write + Send)) -> Result<(), CliError> {
    let mut header = Header::Written;
    loop {
        let page = store.audit(&query).await?;
        write(Export { csv: true, jsonl: false }, &page.entries, header, out)?;
        header = Header::LeftOut;
        query.before = page.entries.last().map(|oldest| oldest.number);
        if !page.more {
            return Ok(());
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    Written,
    LeftOut,
}

impl Header {
    fn of(first: u64) -> Self {
        if first == 1 { Self::Written } else { Self::LeftOut }
    }
}

fn write(export: Export, entries: &[Entry], header: Header, out: &mut (dyn Write + Send)) -> Result<(), CliError> {
    if export.jsonl {
        for entry in entries {
            writeln!(out, "{}", serde_json::to_string(entry).map_err(io::Error::other)?)?;
        }
        return Ok(());
    }
    let csv = Entry::table(entries).csv();
    let rows = match header {
        Header::Written => csv.as_str(),
        Header::LeftOut => csv.split_once("\r\n").map_or("", |(_, rows)| rows),
    };
    out.write_all(rows.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use commands::records::Fact;

    use super::*;
    use crate::audit::{Head, verify};
    use crate::store::Commit;
    use crate::store::sled::SledStore;

    #[derive(Parser)]
    struct Line {
        #[command(subcommand)]
        audit: Audit,
    }

    async fn says(store: &SledStore, line: &str) -> (Ended, String) {
        let line = Line::try_parse_from(["audit"].into_iter().chain(line.split(' '))).unwrap_or_else(|error| panic!("{error}"));
        let mut out = Vec::new();
        let ended = run(&line.audit, store, now(), &mut out).await.unwrap();
        (ended, String::from_utf8(out).unwrap())
    }

    fn now() -> Timestamp {
        "2026-11-25T10:00:00Z".parse().unwrap()
    }

    #[tokio::test]
    async fn a_log_is_exported_searched_and_verified() {
        let dir = tempfile::tempdir().unwrap();
        let store = SledStore::open(dir.path(), now()).unwrap();
        let fact = |number: u64| {
            let person = if number.is_multiple_of(100) { "=ana" } else { "ben" }.to_owned();
            Fact { operation: format!("op-{number}"), event: "asked".to_owned(), person, ..Fact::default() }
        };
        let commit = (1..=1500).fold(Commit::at(now()), |commit, number| commit.fact(fact(number)));
        store.commit(commit).await.unwrap();
        let (_, jsonl) = says(&store, "export --jsonl").await;
        let entries: Vec<Entry> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let end = entries.iter().fold(Head::default(), |head, entry| head.next(entry.at, &entry.fact).head);
        assert!(matches!(verify(entries, end), Verification::Whole { entries: 1500, .. }));
        let (_, csv) = says(&store, "export --csv").await;
        assert_eq!(csv.lines().count(), 1501);
        assert!(csv.lines().nth(100).unwrap().contains(",\"'=ana\","), "{:?}", csv.lines().nth(100));
        let (_, csv) = says(&store, "search --by ben --csv").await;
        assert_eq!(csv.lines().count(), 1486);
        let (_, table) = says(&store, "search op-700").await;
        insta::assert_snapshot!(table, @r#"
    #    when (UTC)       who   what   on
    700  25 Nov 10:00:00  =ana  asked
    "#);
        let (ended, said) = says(&store, "verify").await;
        assert_eq!(ended, Ended::Well);
        assert!(said.starts_with("The audit log is whole. Each of its 1500 entries"), "{said}");
    }
}
