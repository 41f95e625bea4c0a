//! What the bot keeps on record, as values: changes, votes, freezes, audit entries.
//!
//! The host alone writes them (`src/change.rs` has the legal transitions); commands read them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::context::{PersonId, Requirement, Resource};
use crate::message::{Table, Text, code};
use crate::plan::{Check, Offer, Runs};
use crate::text;

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

/// A time in which no change of a project starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// Its number, said as `FRZ-3`.
    pub id: u64,
    /// The project; none for all.
    pub project: Option<String>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Who called it.
    pub by: PersonId,
}

impl Freeze {
    /// Whether it holds for `project` at `instant`.
    pub fn holds(&self, project: Option<&str>, instant: Timestamp) -> bool {
        let covers = self.project.as_deref().is_none_or(|frozen| Some(frozen) == project);
        covers && self.since <= instant && instant < self.until
    }

    /// The sentence for a change that would start while it holds.
    pub fn refuses(&self) -> Text {
        text![
            "A freeze holds then: ",
            code(format!("FRZ-{}", self.id)),
            " by ",
            &self.by,
            " until ",
            self.until,
            ", because: ",
            self.reason.as_str(),
            ". Nothing was changed. Choose a time after it, or ask ",
            &self.by,
            " to lift it."
        ]
    }
}

/// What a change of the bot's own records does. The commit that records it carries it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Casts the asker's vote.
    Vote {
        /// On what.
        change: ChangeId,
        /// Which way.
        verdict: Verdict,
        /// The digest of the plan that is voted on.
        plan: String,
        /// Why.
        reason: Option<String>,
    },
    /// Takes a change back before it starts.
    Cancel {
        /// Which.
        change: ChangeId,
        /// Why.
        reason: Option<String>,
    },
    /// Gives a change another start. Approvals were bound to the old one and are void.
    Reschedule {
        /// Which.
        change: ChangeId,
        /// The new start.
        at: Timestamp,
    },
    /// Tells a running change something; it is looked at at once.
    Tell {
        /// Which.
        change: ChangeId,
        /// What, in one word that the change's command knows.
        what: String,
        /// The rest of it.
        detail: serde_json::Value,
        /// In words, for its thread.
        note: Text,
    },
    /// Says who is looking at a change that waits.
    Claim {
        /// Which.
        change: ChangeId,
    },
    /// Says that the asker has reviewed an emergency.
    SignOff {
        /// Which.
        change: ChangeId,
        /// What they found.
        note: Option<String>,
    },
    /// Calls a freeze.
    Freeze {
        /// The project; none for all.
        project: Option<String>,
        /// Why.
        reason: String,
        /// Until when.
        until: Timestamp,
    },
    /// Lifts a freeze.
    Thaw {
        /// Which.
        id: u64,
    },
}

/// One fact about an operation, in the audit log. Every member is covered by the hash chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, counted without gaps from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// The fact itself.
    pub fact: Fact,
    /// SHA-256 over the previous entry's hash and this entry's canonical form, in hexadecimal.
    pub hash: String,
}

impl Entry {
    /// Entries as a table for files, all members in columns; times in UTC (RFC 3339), the detail as JSON.
    pub fn table(entries: &[Self]) -> Table {
        let mut table = Table::new([
            "number",
            "at",
            "operation",
            "event",
            "person",
            "account",
            "place",
            "action",
            "resource",
            "project",
            "change",
            "outcome",
            "detail",
            "hash",
        ]);
        for Self { number, at, fact, hash } in entries {
            let or_empty = |member: &Option<String>| member.clone().unwrap_or_default();
            let detail = serde_json::Value::Object(fact.detail.clone().into_iter().collect());
            table.row([
                number.to_string(),
                at.to_string(),
                fact.operation.clone(),
                fact.event.clone(),
                fact.person.clone(),
                or_empty(&fact.account),
                or_empty(&fact.place),
                or_empty(&fact.action),
                or_empty(&fact.resource),
                or_empty(&fact.project),
                fact.change.map(|change| change.to_string()).unwrap_or_default(),
                or_empty(&fact.outcome),
                if fact.detail.is_empty() { String::new() } else { detail.to_string() },
                hash.clone(),
            ]);
        }
        table
    }
}

/// What is recorded; the log adds number, time and hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The operation's id: `op-…`, or `CHG-…` once it is a change.
    pub operation: String,
    /// What happened in one dotted word: `asked`, `denied`, `approved`, `step`, `succeeded` …
    pub event: String,
    /// Who; `watchkeeper` for the bot itself.
    pub person: String,
    /// The chat account, as `slack:U123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Where, as `slack:C123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The command's name, which is the policy action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// What it acts on, as `database orders`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The project of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The change it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeId>,
    /// How it ended, for entries that end something: `succeeded`, `denied`, `failed` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The rest: normalised arguments, rule, digest, votes, AWS request ids, words.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, serde_json::Value>,
}

/// What to look for in the audit log. Empty members match everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Who.
    pub person: Option<String>,
    /// What it acted on: the resource's name, or `kind name`.
    pub resource: Option<String>,
    /// The command's name.
    pub action: Option<String>,
    /// How it ended.
    pub outcome: Option<String>,
    /// The change.
    pub change: Option<ChangeId>,
    /// Words that must stand in the entry, in any case.
    pub words: Vec<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// Only entries of projects in this list, so none that belongs to no project; none for the whole log.
    pub projects: Option<Vec<String>>,
    /// Only entries with a smaller number: the way to the next page.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

/// A page of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<Entry>,
    /// Whether older ones match too; ask with `before` the last one's number.
    pub more: bool,
}

/// What walking the hash chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Every entry follows from the one before, and none is missing at the end.
    Whole {
        /// How many.
        entries: u64,
        /// The newest hash.
        head: String,
    },
    /// It does not.
    Broken {
        /// The first entry that is wrong or missing.
        number: u64,
        /// What is wrong with it, a whole sentence.
        why: String,
    },
}
