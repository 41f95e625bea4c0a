//! What lists say of an alert: the part of its record that is read where many are looked through for a few.

use jiff::Timestamp;
use serde::Deserialize;

use super::{AlertId, AlertRecord, Condition, Escalation, Handling, Ping, Severity, Signal, place};
use crate::context::{PersonId, Resource};

/// What lists say of an alert. It is read from the record as it is kept; the rest of that is passed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AlertHead {
    /// Its number.
    pub id: AlertId,
    /// What the source said last while it was wrong.
    pub signal: SignalHead,
    /// What the source says now.
    pub condition: Condition,
    /// When it first came in.
    pub opened: Timestamp,
    /// The project it belongs to.
    pub project: Option<String>,
    /// The environment it belongs to.
    pub env: Option<String>,
    /// What people do about it.
    pub handling: Handling,
    /// When somebody first acknowledged or silenced it.
    #[serde(default)]
    pub first_handled: Option<Timestamp>,
    /// Who is told of it, step by step.
    #[serde(default)]
    pub escalation: Option<Escalation>,
    /// Whom it was brought to, oldest first.
    #[serde(default)]
    pub pings: Vec<Ping>,
    /// Who did something, oldest first.
    #[serde(default)]
    pub done: Vec<Doer>,
    /// The storm it came in.
    #[serde(default)]
    pub storm: Option<u64>,
}

/// What lists say of what a source said.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignalHead {
    /// The configured source's name.
    pub source: String,
    /// What is wrong, in a few words.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// Since when, by the source's clock.
    pub since: Timestamp,
    /// The AWS account it is in, twelve digits.
    #[serde(default)]
    pub account: Option<String>,
}

/// Somebody who did something about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Doer {
    /// When.
    pub at: Timestamp,
    /// Who; `watchkeeper` for the bot itself.
    pub by: PersonId,
}

impl AlertHead {
    /// The alert as a resource: policy decides on it who may see and handle it.
    pub fn as_resource(&self) -> Resource {
        place(self.id, self.signal.account.as_ref(), (self.project.as_ref(), self.env.as_ref()))
    }

    /// Whether it is not over yet.
    pub fn is_open(&self) -> bool {
        self.handling.is_open()
    }
}

impl From<&AlertRecord> for AlertHead {
    fn from(record: &AlertRecord) -> Self {
        let Signal { source, title, severity, since, account, .. } = &record.signal;
        Self {
            id: record.id,
            signal: SignalHead {
                source: source.clone(),
                title: title.clone(),
                severity: *severity,
                since: *since,
                account: account.clone(),
            },
            condition: record.condition,
            opened: record.opened,
            project: record.project.clone(),
            env: record.env.clone(),
            handling: record.handling.clone(),
            first_handled: record.first_handled,
            escalation: record.escalation.clone(),
            pings: record.pings.clone(),
            done: record.done.iter().map(|did| Doer { at: did.at, by: did.by.clone() }).collect(),
            storm: record.storm,
        }
    }
}
