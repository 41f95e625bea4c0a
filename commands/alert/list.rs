//! `alert list`

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NEWEST, severity, standing};
use crate::args::Since;
use crate::message::Table;
use crate::page::{Listing, Paging, words};
use crate::records::{AlertHead, AlertId, AlertRecord, Handling, Severity};
use crate::{Command, Context, Message, Query, Resource, Result};

/// List alerts, the worst and newest first; those that are not over unless you say otherwise
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct List {
    /// Words to look for: in title, summary and labels
    text: Vec<String>,
    /// Only those of this project
    #[arg(long)]
    project: Option<String>,
    /// Only those of this severity
    #[arg(long, value_parser = severity)]
    severity: Option<Severity>,
    /// Only those of this source
    #[arg(long)]
    source: Option<String>,
    /// Only those that nobody has taken
    #[arg(long)]
    open: bool,
    /// Those that are over too
    #[arg(long)]
    all: bool,
    /// Only those that came in since then, such as 2h or monday; those that are over too
    #[arg(long)]
    since: Option<Since>,
    /// Only those that came in this storm
    #[arg(long, value_name = "ALR-n")]
    storm: Option<AlertId>,
    #[command(flatten)]
    paging: Paging,
}

impl Command for List {
    const NAME: &'static str = "alert list";

    fn resource(&self) -> Resource {
        Resource { project: self.project.clone(), ..Resource::named("alert", "all") }
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let mut alerts = cx.records.alerts(NEWEST).await?;
        let cut = alerts.len() == NEWEST;
        let since = self.since.as_ref().map(|since| since.resolve(cx.now, &cx.person.zone)).transpose()?;
        alerts.retain(|alert| self.wants(alert) && since.is_none_or(|since| alert.opened >= since));
        let mut alerts = self.with_words(cx.allowed(alerts, AlertHead::as_resource), cx).await?;
        alerts.sort_by_key(|alert| (!alert.is_open(), alert.signal.severity, std::cmp::Reverse(alert.id)));
        let table = if self.paging.csv { report(&alerts) } else { table(self.paging.shown(&alerts)) };
        let of = match (cut, self.is_about_open()) {
            (true, _) => format!(" among the newest {NEWEST}"),
            (false, true) => " not over yet".to_owned(),
            (false, false) => String::new(),
        };
        let listing = Listing {
            noun: "alert",
            of: &of,
            command: self.line(),
            nothing: "No alerts like that. That is good news, unless you expected some: alert list --all shows those that are over.",
            total: alerts.len(),
        };
        Ok(self.paging.answer(&listing, table))
    }
}

/// Whether the words that are looked for stand in what an alert says beside its title.
fn speaks_of(alert: &AlertRecord, has: impl Fn(&str) -> bool) -> bool {
    let signal = &alert.signal;
    has(&signal.summary)
        || signal.resource.as_deref().is_some_and(&has)
        || signal.labels.iter().any(|(name, value)| has(&format!("{name}={value}")))
}

/// The alerts as they are read in chat.
fn table(alerts: &[AlertHead]) -> Table {
    let mut table = Table::new(["id", "severity", "what", "project", "how it stands", "since"]);
    for alert in alerts {
        table.row(cells(alert));
    }
    table
}

/// The alerts for a report: with when each came in (UTC), after how many whole minutes somebody first took it and it was over,
/// and how it was fixed.
fn report(alerts: &[AlertHead]) -> Table {
    let after = |alert: &AlertHead, at: Timestamp| at.duration_since(alert.opened).as_mins().to_string();
    let mut table = Table::new([
        "id",
        "severity",
        "what",
        "project",
        "how it stands",
        "since",
        "came in",
        "first taken after (minutes)",
        "over after (minutes)",
        "how it was fixed",
    ]);
    for alert in alerts {
        let [id, severity, what, project, stands, since] = cells(alert);
        let came = alert.opened.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let taken = alert.first_handled.map(|at| after(alert, at)).unwrap_or_default();
        let (over, fixed) = match &alert.handling {
            Handling::Resolved { at, note, .. } => (after(alert, *at), note.clone().unwrap_or_default()),
            Handling::Open | Handling::Acknowledged { .. } | Handling::Silenced { .. } => Default::default(),
        };
        table.row([id, severity, what, project, stands, since, came, taken, over, fixed]);
    }
    table
}

/// What every list of alerts says of one.
fn cells(alert: &AlertHead) -> [String; 6] {
    let storm = alert.storm.map(|storm| format!(" ({})", AlertId(storm))).unwrap_or_default();
    [
        alert.id.to_string(),
        alert.signal.severity.to_string(),
        format!("{}{storm}", alert.signal.title),
        alert.project.clone().unwrap_or_default(),
        standing(&alert.handling),
        alert.signal.since.strftime("%d %b %H:%M UTC").to_string(),
    ]
}

impl List {
    fn is_about_open(&self) -> bool {
        !self.all && self.since.is_none() && self.storm.is_none()
    }

    fn wants(&self, alert: &AlertHead) -> bool {
        let signal = &alert.signal;
        (!self.is_about_open() || alert.is_open())
            && (!self.open || matches!(alert.handling, Handling::Open))
            && self.project.as_ref().is_none_or(|project| alert.project.as_ref() == Some(project))
            && self.severity.is_none_or(|severity| signal.severity == severity)
            && self.source.as_ref().is_none_or(|source| signal.source == *source)
            && self.storm.is_none_or(|storm| alert.storm == Some(storm.0))
    }

    /// Those that hold the words that are looked for: in their title, else in what only the whole record has.
    async fn with_words(&self, alerts: Vec<AlertHead>, cx: &Context<'_>) -> Result<Vec<AlertHead>> {
        let text = self.text.join(" ").to_lowercase();
        if text.is_empty() {
            return Ok(alerts);
        }
        let has = |words: &str| words.to_lowercase().contains(&text);
        let mut found = Vec::new();
        for alert in alerts {
            if has(&alert.signal.title) || cx.records.alert(alert.id).await?.is_some_and(|whole| speaks_of(&whole, has)) {
                found.push(alert);
            }
        }
        Ok(found)
    }

    fn line(&self) -> Vec<String> {
        let storm = self.storm.map(|storm| storm.to_string());
        let since = self.since.as_ref().map(ToString::to_string);
        let options = [
            ("project", self.project.as_deref()),
            ("severity", self.severity.map(Severity::name)),
            ("source", self.source.as_deref()),
            ("since", since.as_deref()),
            ("storm", storm.as_deref()),
        ];
        let flags = [("--open", self.open), ("--all", self.all)];
        let flags = flags.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag.to_owned());
        words(Self::NAME, options).into_iter().chain(flags).chain(self.text.clone()).collect()
    }
}
