//! What a change will do, and what one step of it did.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::{PersonId, Resource};
use crate::message::{Message, Text};
use crate::records::{ChangeId, Effect, PlanRecord, PlannedCall};

/// What a change will do.
#[derive(Clone, Debug)]
pub enum Plan<S> {
    /// Work in the outside world, step by step. Approvers see it and approve its digest.
    Work(Box<Work<S>>),
    /// A change of the bot's own records: the commit that records it carries it out, so it takes no approval and no steps.
    Records {
        /// What it acts on, resolved: policy decides on this.
        resource: Box<Resource>,
        /// What to do.
        effects: Vec<Effect>,
        /// What to say once it is done.
        say: Message,
    },
}

/// Work in the outside world.
#[derive(Clone, Debug)]
pub struct Work<S> {
    /// What it acts on, resolved: policy decides on this.
    pub resource: Resource,
    /// Whether another change may be under way on the same resource.
    pub runs: Runs,
    /// One line: `orders: mysql 8.0.35 → 8.0.40`.
    pub title: String,
    /// What will happen, line by line.
    pub what: Vec<Text>,
    /// The exact calls to AWS that change something, in order.
    pub calls: Vec<PlannedCall>,
    /// What was looked at beforehand. A failed check blocks.
    pub checks: Vec<Check>,
    /// What can go wrong.
    pub risks: Vec<Text>,
    /// When it starts; none for as soon as it may.
    pub start: Option<Timestamp>,
    /// How long after its start tries go on.
    pub patience: SignedDuration,
    /// Buttons on its card while it runs.
    pub offers: Vec<Offer>,
    /// Where the world waits for the decision: by when, and what a rejection does.
    pub gate: Option<Gate<S>>,
    /// The state its first step is given.
    pub first: S,
}

/// A decision the world waits for: it is made in time or without us, and a rejection does something too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate<S> {
    /// Since when the world waits.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What a rejection does, after "Reject": `rolls it back`.
    pub rejecting: String,
    /// What the world does when nobody decides in time, after "then": `AWS rolls it back`.
    pub otherwise: String,
    /// The state the first step is given where it is rejected.
    pub rejected: S,
}

impl<S> Gate<S> {
    /// The same gate with another kind of state.
    ///
    /// # Errors
    /// Those of `state`.
    pub fn map<T, E>(&self, state: impl FnOnce(&S) -> std::result::Result<T, E>) -> std::result::Result<Gate<T>, E> {
        let rejected = state(&self.rejected)?;
        let (rejecting, otherwise) = (self.rejecting.clone(), self.otherwise.clone());
        Ok(Gate { since: self.since, until: self.until, rejecting, otherwise, rejected })
    }
}

/// Whether another change may be under way on the same resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Runs {
    /// From its planning to its end it is the only one.
    #[default]
    Alone,
    /// Others may be; its steps know how to get along with them.
    Beside,
}

/// A button on the card of a change that runs, while it is of use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What stands on it.
    pub label: String,
    /// The command it runs; the change's id is added: `access done`.
    pub command: String,
    /// The names of the steps during which it stands there; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub during: Vec<String>,
}

impl Offer {
    /// A button that runs `command` with the change's id.
    pub fn new(label: &str, command: &str) -> Self {
        Self { label: label.to_owned(), command: command.to_owned(), during: Vec::new() }
    }

    /// The same button, only during these steps.
    #[must_use]
    pub fn during(self, steps: &[&str]) -> Self {
        Self { during: steps.iter().map(|step| (*step).to_owned()).collect(), ..self }
    }

    /// Whether it is of use while this step is next.
    pub fn is_of_use(&self, step: &str) -> bool {
        self.during.is_empty() || self.during.iter().any(|one| one == step)
    }
}

/// One thing looked at before anybody may approve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What was looked at, in a few words.
    pub name: String,
    /// What was found.
    pub finding: Finding,
    /// The finding in words.
    pub words: String,
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Fine.
    Pass,
    /// Approvers should know.
    Warn,
    /// It must not run like this.
    Fail,
}

impl Check {
    /// A check that found nothing wrong.
    pub fn pass(name: &str, words: impl Into<String>) -> Self {
        Self { name: name.to_owned(), finding: Finding::Pass, words: words.into() }
    }

    /// A check that approvers should read.
    pub fn warn(name: &str, words: impl Into<String>) -> Self {
        Self { name: name.to_owned(), finding: Finding::Warn, words: words.into() }
    }

    /// A check that blocks.
    pub fn fail(name: &str, words: impl Into<String>) -> Self {
        Self { name: name.to_owned(), finding: Finding::Fail, words: words.into() }
    }
}

impl Work<Value> {
    /// What approvers see, with its digest.
    pub fn record(&self) -> PlanRecord {
        let mut record = PlanRecord {
            resource: self.resource.clone(),
            runs: self.runs,
            title: self.title.clone(),
            what: self.what.clone(),
            calls: self.calls.clone(),
            checks: self.checks.clone(),
            risks: self.risks.clone(),
            start: self.start,
            patience: self.patience.as_secs(),
            offers: self.offers.clone(),
            gate: self.gate.clone(),
            digest: String::new(),
        };
        record.digest = record.digested();
        record
    }
}

impl PlanRecord {
    /// SHA-256 over what is bound to the votes: the resource with the place it belongs to, title, calls and start. Findings of checks are looked at anew
    /// before the start and may differ as long as none fails.
    pub fn digested(&self) -> String {
        let bound = serde_json::json!([self.resource, self.title, self.calls, self.start]);
        hex(digest::digest(&digest::SHA256, bound.to_string().as_bytes()).as_ref())
    }
}

/// Bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What one step did, and what comes next. The engine commits `state` before the next step runs.
#[derive(Clone, Debug)]
pub enum Step<S> {
    /// That is done; go on at once.
    Next {
        /// The next step.
        state: S,
        /// What was done, for the card's thread.
        note: Text,
    },
    /// Nothing to do before `until`; then `state` is stepped.
    Wait {
        /// The step to take then.
        state: S,
        /// When.
        until: Timestamp,
        /// What is being waited for, for the card. Told again only when it differs.
        note: Text,
    },
    /// Part of a longer work is done; `state` is stepped at `until`, which may be now.
    Progress {
        /// The next step.
        state: S,
        /// When to take it.
        until: Timestamp,
        /// How far it is, for the card alone: its thread tells news, not counts.
        so_far: Text,
    },
    /// Says something in the channel itself, where it makes a noise: a reminder of what people still have to do. Then goes on
    /// at once.
    Call {
        /// The next step.
        state: S,
        /// What, said once however often the step is tried.
        words: Text,
    },
    /// Tells other changes something, in the commit that records this step; then goes on at once. Those that no longer
    /// run are left out.
    Tell {
        /// The next step.
        state: S,
        /// Which changes.
        changes: Vec<ChangeId>,
        /// What, in one word: [`Told::what`](crate::records::Told::what).
        what: String,
        /// In words, for the threads of both.
        note: Text,
    },
    /// The change did what its plan said; this is the last word.
    Done(Text),
}

/// Proof that the engine lets a step change the world: every AWS call that writes asks for it.
///
/// It also collects what AWS answered, for the audit log.
#[derive(Debug)]
pub struct Permit {
    change: String,
    step: String,
    person: PersonId,
    calls: Mutex<Vec<MadeCall>>,
}

/// A call that was made under a permit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeCall {
    /// `rds:ModifyDBInstance`.
    pub api: String,
    /// AWS's request id, where an answer came.
    pub request_id: Option<String>,
    /// `ok`, or AWS's error code, or `no answer`.
    pub answer: String,
}

impl Permit {
    /// Only the engine issues permits (`clippy.toml` forbids it elsewhere). `step` names the step's state.
    pub fn issue(change: &str, step: &str, person: PersonId) -> Self {
        Self { change: change.to_owned(), step: step.to_owned(), person, calls: Mutex::default() }
    }

    /// The change's id, `CHG-1042`.
    pub fn change(&self) -> &str {
        &self.change
    }

    /// Whose change it is.
    pub fn person(&self) -> &PersonId {
        &self.person
    }

    /// A token that is the same whenever this step runs: lower-case letters, digits and hyphens, as AWS names allow.
    pub fn token(&self) -> String {
        format!("wk-{}-{}", self.change, self.step).to_lowercase().replace('_', "-")
    }

    /// Keeps what AWS answered to a call.
    pub fn made(&self, call: MadeCall) {
        if let Ok(mut calls) = self.calls.lock() {
            calls.push(call);
        }
    }

    /// What was called so far.
    pub fn calls(&self) -> Vec<MadeCall> {
        self.calls.lock().map(|calls| calls.clone()).unwrap_or_default()
    }
}

/// A call of a plan: `call("rds:ModifyDBInstance", [("DBInstanceIdentifier", "orders")])`.
pub fn call<const N: usize>(api: &str, parameters: [(&str, &str); N]) -> PlannedCall {
    let parameters: BTreeMap<_, _> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    PlannedCall { api: api.to_owned(), parameters }
}
