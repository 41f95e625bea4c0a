//! `audit search`

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{log, seen};
use crate::args::Since;
use crate::message::{Button, Message, Table, code};
use crate::records::{AuditQuery, ChangeId, Entry};
use crate::{Choice, Command, Context, Error, Query, Resource, Result, text};

/// Entries on a page.
const PAGE: usize = 10;
/// Entries in a file, at most.
const FILE: usize = 10_000;

/// Search the audit log, the newest first
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args, Serialize, Deserialize)]
pub struct Search {
    /// Words that must stand in the entry, such as orders-prod
    text: Vec<String>,
    /// Only what this person did, such as @ana
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
    /// Only what was done to this resource, such as orders
    #[arg(long, value_name = "RESOURCE")]
    on: Option<String>,
    /// Only this command, such as "rds upgrade"
    #[arg(long, value_name = "COMMAND")]
    action: Option<String>,
    /// Only what ended like this: succeeded, failed, denied …
    #[arg(long)]
    outcome: Option<String>,
    /// Only this change, such as CHG-1042
    #[arg(long)]
    change: Option<ChangeId>,
    /// Not before, such as 7d, yesterday or 2026-11-20
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// Before, such as 3 hours ago or "mon 09:00"
    #[arg(long, value_name = "TIME")]
    until: Option<Since>,
    /// Only entries older than this number: the next page
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    page_before: Option<u64>,
    /// The newest 10,000 as a CSV file
    #[arg(long)]
    csv: bool,
}

impl Command for Search {
    const NAME: &'static str = "audit search";
    const PICKS: &'static [&'static str] = &["by", "action"];

    fn resource(&self) -> Resource {
        log(None)
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        let typed = typed.to_lowercase();
        let choice = |value: String, label: String| Choice { value, label };
        let all: Vec<Choice> = match arg {
            "by" => cx.authority.people().into_iter().map(|person| choice(format!("@{}", person.id), person.name)).collect(),
            _ => cx.commands.iter().map(|entry| choice(entry.name().to_owned(), entry.name().to_owned())).collect(),
        };
        let fits = |choice: &Choice| choice.label.to_lowercase().contains(&typed) || choice.value.contains(&typed);
        all.into_iter().filter(fits).take(100).collect()
    }
}

impl Query for Search {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let mut query = self.query(cx.now, &cx.person.zone)?;
        query.person = self.by.as_deref().map(|typed| person(typed, cx));
        query.projects = seen(cx);
        if self.csv {
            return self.file(query, cx).await;
        }
        let page = cx.records.audit(&query).await?;
        let [newest, ..] = &page.entries[..] else { return Ok(self.nothing()) };
        let oldest = page.entries.last().unwrap_or(newest);
        let turn = |label: &str, before: Option<u64>| Button::new(label, self.line(before, None)).in_place();
        let mut buttons = Vec::new();
        buttons.extend(self.page_before.map(|_| turn("Newest", None)));
        buttons.extend(page.more.then(|| turn("Older", Some(oldest.number))));
        buttons.push(Button::new("As a file", self.line(self.page_before, Some("--csv"))));
        Ok(Message::new()
            .table(table(&page.entries, cx.now))
            .note(text![code(format!("audit show #{}", newest.number)), " shows one entry whole."])
            .buttons(buttons))
    }
}

impl Search {
    /// What is looked for, as typed at `now` by somebody in the IANA zone `zone` who may see everything.
    ///
    /// # Errors
    /// One to show: a time that does not exist, or no time between the two.
    pub fn query(&self, now: Timestamp, zone: &str) -> Result<AuditQuery> {
        let resolve = |typed: &Option<Since>| typed.as_ref().map(|typed| typed.resolve(now, zone)).transpose();
        let (since, until) = (resolve(&self.since)?, resolve(&self.until)?);
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            return Err(Error::shown(text![
                "From ",
                since,
                " until ",
                until,
                " there is no time. Turn them round, or leave one out."
            ]));
        }
        Ok(AuditQuery {
            person: self.by.as_deref().map(|typed| typed.trim_start_matches('@').to_owned()),
            resource: self.on.clone(),
            action: self.action.clone(),
            outcome: self.outcome.clone(),
            change: self.change,
            words: self.text.clone(),
            since,
            until,
            projects: None,
            before: self.page_before,
            limit: PAGE,
        })
    }

    /// Whether a file was asked for.
    pub fn wants_file(&self) -> bool {
        self.csv
    }

    async fn file(&self, mut query: AuditQuery, cx: &Context<'_>) -> Result<Message> {
        query.limit = FILE;
        let page = cx.records.audit(&query).await?;
        if page.entries.is_empty() {
            return Ok(self.nothing());
        }
        let count = page.entries.len();
        let noun = if count == 1 { "entry" } else { "entries" };
        let more = if page.more { " There are older ones; narrow the search, or go on with --page-before." } else { "" };
        let message = Message::new().text(format!("{count} {noun}, the newest first.{more}"));
        Ok(message.file("audit.csv", Entry::table(&page.entries).csv()))
    }

    fn nothing(&self) -> Message {
        if self.page_before.is_some() {
            return "There are no older entries like that.".into();
        }
        text![
            "No entry that you may see is like that. Words are found whole: ",
            code("orders"),
            " finds orders-prod, ",
            code("ord"),
            " does not."
        ]
        .into()
    }

    /// The command line of the same search on another page.
    fn line(&self, before: Option<u64>, also: Option<&str>) -> String {
        let mut words: Vec<String> = Self::NAME.split(' ').map(str::to_owned).collect();
        let options = [
            ("by", self.by.clone()),
            ("on", self.on.clone()),
            ("action", self.action.clone()),
            ("outcome", self.outcome.clone()),
            ("change", self.change.map(|change| change.to_string())),
            ("since", self.since.as_ref().map(ToString::to_string)),
            ("until", self.until.as_ref().map(ToString::to_string)),
            ("page-before", before.map(|before| before.to_string())),
        ];
        words.extend(options.into_iter().filter_map(|(name, value)| value.map(|value| format!("--{name}={value}"))));
        words.extend(also.map(str::to_owned));
        if !self.text.is_empty() {
            words.push("--".to_owned());
            words.extend(self.text.iter().cloned());
        }
        // It fails only for words that hold a NUL, which nobody can type.
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| Self::NAME.to_owned())
    }
}

/// The id of whom was typed. People who are gone stay in the log, so one that nobody has is looked for as it is.
fn person(typed: &str, cx: &Context<'_>) -> String {
    let typed = typed.trim_start_matches('@').to_lowercase();
    if typed == "me" {
        return cx.person.id.0.clone();
    }
    let called = |name: &str, email: Option<&str>| name.to_lowercase() == typed || email == Some(&typed);
    let found = cx.authority.people().into_iter().find(|person| called(&person.name, person.email.as_deref()));
    found.map_or(typed, |person| person.id.0)
}

/// Entries as a table to read, times in UTC.
pub fn table(entries: &[Entry], now: Timestamp) -> Table {
    let mut table = Table::new(["#", "when (UTC)", "who", "what", "on"]);
    entries.iter().for_each(|entry| table.row(row(entry, now)));
    table
}

fn row(entry: &Entry, now: Timestamp) -> [String; 5] {
    let fact = &entry.fact;
    let this_year = entry.at.strftime("%Y").to_string() == now.strftime("%Y").to_string();
    let at = entry.at.strftime(if this_year { "%d %b %H:%M:%S" } else { "%d %b %Y %H:%M" }).to_string();
    let what = match (&fact.action, &fact.outcome) {
        (Some(action), Some(outcome)) if *outcome != fact.event => format!("{action}: {} ({outcome})", fact.event),
        (Some(action), _) => format!("{action}: {}", fact.event),
        (None, _) => fact.event.clone(),
    };
    let on = [fact.change.map(|change| change.to_string()), fact.resource.clone()];
    // The resource of some entries is the change itself.
    let on = on.into_iter().flatten().fold(String::new(), |all, one| match all.as_str() {
        "" => one,
        _ if one.ends_with(all.as_str()) => all,
        _ => format!("{all} {one}"),
    });
    [entry.number.to_string(), at, fact.person.clone(), what, on]
}
