//! The record of an alert: what a source says is wrong, and what people do about it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::{PersonId, Resource};
use crate::message::Text;

mod head;

pub use head::{AlertHead, Doer, SignalHead};

/// The number of an alert; said and typed as `ALR-88`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AlertId(pub u64);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ALR-{}", self.0)
    }
}

impl FromStr for AlertId {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let digits = typed.trim().trim_start_matches(['A', 'L', 'R', 'a', 'l', 'r']).trim_start_matches('-');
        match digits.parse() {
            Ok(number) => Ok(Self(number)),
            Err(_) => Err(format!("“{typed}” is not the id of an alert; they look like ALR-88")),
        }
    }
}

/// How bad it is. The worst comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody has to act now.
    Critical,
    /// Somebody has to act today. What a source does not rate counts as this.
    #[default]
    Warning,
    /// Worth knowing.
    Info,
}

impl Severity {
    /// Its name: `critical`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a source says about a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It is wrong.
    #[default]
    Firing,
    /// It is right again.
    Resolved,
}

/// What a source says about one thing, in one shape whatever the source. Texts are cut to what a record keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The configured source's name.
    pub source: String,
    /// The same for the same thing as long as the source exists; unique within its source. At most 128 bytes of ASCII.
    pub fingerprint: String,
    /// Whether it is wrong or right again.
    pub condition: Condition,
    /// What is wrong, in a few words: the alert's name. One line, at most 200 letters.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Since when, by the source's clock; never after it came in.
    pub since: Timestamp,
    /// As of when this is so, by the source's clock, where what it says tells that; never after it came in. That something
    /// is wrong since a time does not tell that it still is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// What is wrong, in the source's sentences. At most 2,000 letters.
    pub summary: String,
    /// The value that is wrong, where the source gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What it was compared with: `> 5 for 3 of 3 periods of 60 s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// The AWS account it is in, twelve digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The region it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What it is about: an instance, a database, a service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The source's labels, at most 40; names of at most 100 letters, values of at most 500.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// How many labels were left out or cut.
    #[serde(default)]
    pub left_out: u32,
    /// Where to look, at most 5: dashboards, runbooks, the source itself. `https://` or `http://` only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// A picture of the graph, where the source gives one: `https://` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<String>,
    /// How the source can be reached about it.
    #[serde(default)]
    pub origin: Origin,
    /// Who says that it is over.
    #[serde(default)]
    pub ends: Ends,
}

/// Who says that a thing is right again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ends {
    /// The source will.
    #[default]
    BySource,
    /// Only people can: the source tells what happened and no more.
    ByPeople,
}

/// Somewhere to look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is called.
    pub label: String,
    /// Where it leads. At most 2,000 letters.
    pub url: String,
}

/// How a source can be reached about one of its alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It can't.
    #[default]
    Nowhere,
    /// An Alertmanager: a silence that matches all its labels.
    Alertmanager,
    /// A CloudWatch alarm: its actions can be disabled.
    CloudWatch {
        /// The account's twelve digits.
        account: String,
        /// The region.
        region: String,
        /// The alarm's name.
        alarm: String,
    },
}

/// The record of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRecord {
    /// Its number.
    pub id: AlertId,
    /// What the source said last while it was wrong.
    pub signal: Signal,
    /// What the source says now.
    pub condition: Condition,
    /// As of when that is known, by the source's clock: what is older comes late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// When that came in.
    pub said: Timestamp,
    /// When it first came in.
    pub opened: Timestamp,
    /// How often it began to be wrong.
    pub times: u32,
    /// The project it belongs to.
    pub project: Option<String>,
    /// The environment it belongs to.
    pub env: Option<String>,
    /// The channel its card is in, as configured.
    pub channel: String,
    /// What people do about it.
    pub handling: Handling,
    /// What people did about it when its source last said that it is right: it goes on should it soon be wrong again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Handling>,
    /// When somebody first acknowledged or silenced it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_handled: Option<Timestamp>,
    /// Who is told of it, step by step, until somebody acknowledges it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// Whom it was brought to, oldest first; at most the newest 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pings: Vec<Ping>,
    /// The slots of messages away from its card that ask somebody to act, and follow how it is handled. At most the newest 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
    /// How its source stands to what people decided.
    #[serde(default)]
    pub at_source: AtSource,
    /// What was done, oldest first; at most the newest 50. Told in the card's thread as it happens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<Did>,
    /// How many things were done in all.
    #[serde(default)]
    pub deeds: u32,
    /// The storm it came in, whose one message stands for it: it has no card of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storm: Option<u64>,
    /// What it gathers, where it stands for a storm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gathers: Option<Gathered>,
    /// Whether it was over for so long that what its source calls by this name again is another alert.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forgotten: bool,
    /// When it last came back because its source had not agreed that it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubted: Option<Timestamp>,
    /// The emoji under its card that were taken up, as `slack:U123 eyes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reacted: Vec<String>,
}

/// The alerts for which one stands in a storm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathered {
    /// How many there were.
    pub total: u32,
    /// The last of them.
    pub until: Option<AlertId>,
    /// How many are wrong now, by severity.
    pub firing: BTreeMap<Severity, u32>,
    /// The worst of them, the worst first, with their titles.
    pub worst: Vec<(Severity, AlertId, String)>,
    /// When the last one came; none once the storm is over.
    pub last: Option<Timestamp>,
}

/// What to do about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Work on it.
    Acknowledge {
        /// For how long.
        lasts: SignedDuration,
    },
    /// Work on it no more.
    Unacknowledge,
    /// Hear nothing of it.
    Silence {
        /// For how long.
        lasts: SignedDuration,
    },
    /// Call it over.
    Resolve {
        /// How it was fixed.
        note: Option<String>,
    },
    /// Write something down.
    Note {
        /// What.
        words: String,
    },
    /// Take the next step of its escalation.
    Escalate,
}

/// What people do about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// Nobody has taken it yet.
    Open,
    /// Somebody works on it.
    Acknowledged {
        /// Who.
        by: PersonId,
        /// Since when.
        at: Timestamp,
        /// When it comes back if it is still wrong.
        until: Timestamp,
    },
    /// Nobody wants to hear of it for a while.
    Silenced {
        /// Who said so.
        by: PersonId,
        /// Since when.
        at: Timestamp,
        /// Until when.
        until: Timestamp,
    },
    /// It is over.
    Resolved {
        /// Who said so; none for the source.
        by: Option<PersonId>,
        /// When.
        at: Timestamp,
        /// How it was fixed.
        note: Option<String>,
    },
}

/// How far an alert has climbed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// The escalation policy's name.
    pub policy: String,
    /// The step that comes next, counted from 0 over all rounds.
    pub step: u32,
    /// When it comes; none once the last step was taken.
    pub next: Option<Timestamp>,
}

/// Somebody an alert was brought to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: Timestamp,
}

/// How a source stands to what people decided here: it is brought there, and tried until it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtSource {
    /// Until when it is to be quiet there; none for not at all.
    pub wanted: Option<Timestamp>,
    /// What is about to make it quiet there, written down before it is done, so that it is found again whatever happens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Quiet>,
    /// What makes it quiet there now.
    pub stands: Option<Quiet>,
    /// Tries that failed in a row.
    pub tries: u32,
    /// When to try again, or to look there.
    pub next: Option<Timestamp>,
    /// What is in the way, in words.
    pub trouble: Option<String>,
    /// The end of the silence that was announced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Timestamp>,
}

/// What makes a source quiet about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// Until when; a CloudWatch alarm whose actions are disabled has no such end, and the bot ends it then.
    pub until: Timestamp,
    /// What the source calls it: a silence's id; for an alarm whose actions the bot disables, its name. Empty for an alarm whose
    /// actions others had disabled before, and for a silence that is only begun.
    pub handle: String,
}

/// One thing that was done about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Did {
    /// When.
    pub at: Timestamp,
    /// Who; `watchkeeper` for the bot itself.
    pub by: PersonId,
    /// What, in words.
    pub what: Text,
}

impl AlertRecord {
    /// The alert as a resource: policy decides on it who may see and handle it.
    pub fn as_resource(&self) -> Resource {
        place(self.id, self.signal.account.as_ref(), (self.project.as_ref(), self.env.as_ref()))
    }

    /// Whether a person said that it is over and its source, which will say so too, has not yet.
    pub fn waits_for_source(&self) -> bool {
        let by_person = matches!(self.handling, Handling::Resolved { by: Some(_), .. });
        by_person && self.condition == Condition::Firing && self.signal.ends == Ends::BySource
    }

    /// Whether it is not over yet.
    pub fn is_open(&self) -> bool {
        self.handling.is_open()
    }
}

impl Handling {
    /// Whether it is not over yet.
    pub fn is_open(&self) -> bool {
        !matches!(self, Self::Resolved { .. })
    }
}

/// An alert in an account, a project and an environment, as a resource.
fn place(id: AlertId, account: Option<&String>, (project, env): (Option<&String>, Option<&String>)) -> Resource {
    Resource {
        account: account.cloned(),
        project: project.cloned(),
        env: env.cloned(),
        ..Resource::named("alert", id.to_string())
    }
}
