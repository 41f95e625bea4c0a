//! The record of a change, from the question to the outcome.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::context::{PersonId, Requirement, Resource};
use crate::message::Text;
use crate::plan::{Check, Gate, Offer, Runs};

/// The number of a change; said and typed as `CHG-1042`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChangeId(pub u64);

impl fmt::Display for ChangeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CHG-{}", self.0)
    }
}

impl FromStr for ChangeId {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let digits = typed.trim().trim_start_matches(['C', 'H', 'G', 'c', 'h', 'g']).trim_start_matches('-');
        match digits.parse() {
            Ok(number) => Ok(Self(number)),
            Err(_) => Err(format!("“{typed}” is not the id of a change; they look like CHG-1042")),
        }
    }
}

/// Where something was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The platform's name, such as `slack`.
    pub platform: String,
    /// The channel's id on that platform.
    pub channel: String,
    /// The message whose thread it is, where it is one.
    pub thread: Option<String>,
}

/// The record of a change, from the question to the outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRecord {
    /// Its number.
    pub id: ChangeId,
    /// The command's name.
    pub command: String,
    /// The command's arguments as JSON.
    pub args: serde_json::Value,
    /// Who asked.
    pub asker: PersonId,
    /// Why, in the asker's words.
    pub reason: Option<String>,
    /// Where it was asked.
    pub place: Place,
    /// When it was asked.
    pub asked: Timestamp,
    /// What approvers see and approve.
    pub plan: PlanRecord,
    /// The approval it takes; none when the policy demands none.
    pub requires: Option<Requirement>,
    /// Where somebody broke the glass: it runs at once, without approval and through freezes, and is reviewed afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
    /// The rule that allowed it.
    pub rule: String,
    /// Counts its cards from 1: a new start voids the votes and begins a new card.
    pub round: u32,
    /// The votes that count or counted.
    pub votes: Vec<Vote>,
    /// Who rejected it, where a rejection does something: what runs then is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected: Option<PersonId>,
    /// Who opened the details first while it waited for approval.
    pub claimed: Option<PersonId>,
    /// Where it stands.
    pub status: Status,
    /// What has happened, in words, newest last; told in the card's thread as it happens.
    pub notes: Vec<Note>,
    /// How far a longer work is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub so_far: Option<Text>,
    /// What it was told while it ran, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
    /// Reminders of the start already given, as seconds before it.
    pub reminded: Vec<i64>,
    /// How often approvers were reminded.
    pub prodded: usize,
    /// Votes that did not count and were answered, as `account emoji`, so that each is answered once.
    pub turned_away: Vec<String>,
}

impl ChangeRecord {
    /// The change itself as a resource: policy decides on it who may see, approve, cancel or move it.
    pub fn as_resource(&self) -> Resource {
        self.plan.resource.as_change(self.id.to_string(), &self.asker)
    }

    /// Whether it is an emergency that nobody has reviewed: it stays open until somebody has, whatever came of it.
    pub fn is_unreviewed(&self) -> bool {
        self.emergency.as_ref().is_some_and(|emergency| emergency.reviewed.is_none())
    }
}

/// What is kept of a change for which somebody broke the glass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// The second person's look at it; none until somebody has looked.
    pub reviewed: Option<Reviewed>,
    /// The days since its end for which a reminder of the missing review was given.
    pub reminded: i64,
}

/// A second person's look at an emergency that has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewed {
    /// Who looked.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// What they found, in their words.
    pub note: Option<String>,
}

/// Something a running change was told: that it should end early, an answer it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// What, in one word that the change's command knows: `end`.
    pub what: String,
    /// The rest of it, where there is more to say.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub detail: serde_json::Value,
}

/// The part of a plan that approvers see, kept on record. Its digest is bound to their votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// What it acts on, resolved.
    pub resource: Resource,
    /// Whether another change may be under way on the same resource.
    #[serde(default)]
    pub runs: Runs,
    /// One line: `orders: mysql 8.0.35 → 8.0.40`.
    pub title: String,
    /// What will happen, line by line.
    pub what: Vec<Text>,
    /// The exact calls to AWS.
    pub calls: Vec<PlannedCall>,
    /// What was looked at beforehand.
    pub checks: Vec<Check>,
    /// What can go wrong.
    pub risks: Vec<Text>,
    /// When it starts; none for as soon as it may.
    pub start: Option<Timestamp>,
    /// How long after its start tries go on, in seconds.
    pub patience: i64,
    /// Buttons on its card while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<Offer>,
    /// Where the world waits for the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Gate<serde_json::Value>>,
    /// SHA-256 over title, resource, calls and start, in hexadecimal.
    pub digest: String,
}

/// One call that a plan will make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// `rds:ModifyDBInstance`.
    pub api: String,
    /// Its parameters, named as AWS names them.
    pub parameters: BTreeMap<String, String>,
}

/// Where a change stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Status {
    /// It needs approvals.
    AwaitingApproval {
        /// When the request expires.
        expires: Timestamp,
    },
    /// Approved, or in need of no approval: it starts at its time.
    Scheduled {
        /// When it starts.
        at: Timestamp,
    },
    /// Steps are being taken. The state was committed before the step runs: it is the intent.
    Running {
        /// The state of the next step, as JSON.
        state: serde_json::Value,
        /// When it started.
        since: Timestamp,
        /// When to look again.
        next: Timestamp,
        /// Tries of this step that failed in a row.
        tries: u32,
    },
    /// It ended.
    Ended {
        /// How.
        outcome: Outcome,
        /// When.
        at: Timestamp,
        /// The last word.
        said: Text,
    },
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It did what the plan said.
    Succeeded,
    /// It stopped on the way; the last word says what was changed.
    Failed,
    /// Somebody who may approve said no.
    Rejected,
    /// Somebody took it back before it started.
    Cancelled,
    /// Nobody approved in time, or its window was missed.
    Expired,
    /// The world is no longer what was approved, or the asker may no longer do it.
    Void,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Void => "void",
        })
    }
}

/// One vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who.
    pub by: PersonId,
    /// Which way.
    pub verdict: Verdict,
    /// How it was cast.
    pub cast: Cast,
    /// When it was first seen.
    pub at: Timestamp,
    /// Why, in the voter's words.
    pub reason: Option<String>,
}

/// Which way a vote goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Let it run.
    Approve,
    /// End it.
    Reject,
}

/// How a vote was cast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cast {
    /// An emoji under the card. It is withdrawn by taking the emoji back.
    Reaction,
    /// A button or a command.
    Command,
}

/// Something that happened to a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: Text,
}
