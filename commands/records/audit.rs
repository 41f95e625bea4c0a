//! The audit log as values: its entries, what is asked of it, what walking its chain finds.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ChangeId;
use crate::message::Table;

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
