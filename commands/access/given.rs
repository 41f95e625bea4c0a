//! By which change somebody has what they have: read from the bot's own records, whichever command it was. A plan that gives names
//! what it gives in its calls.

use std::cmp::Reverse;
use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::grant::overlap::{self, Phase};
use super::model::{Assignee, Assignment};
use super::{Onboard, Review, calls, grant, review};
use crate::Command;
use crate::context::{Context, PersonId};
use crate::error::Result;
use crate::message::{Text, code};
use crate::records::{ChangeId, ChangeRecord, Outcome, PlannedCall, Status};
use crate::text;

/// How many changes are looked through, beside those that are open: years of them for most.
const LOOKED_THROUGH: usize = 20_000;

/// A change that gives assignments: under way, or done for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// Which.
    pub(super) change: ChangeId,
    /// Who asked for it.
    pub(super) by: PersonId,
    /// Since when: its start while it runs, then its end.
    pub(super) since: Timestamp,
    /// Until when; none for good.
    pub(super) until: Option<Timestamp>,
    runs: bool,
    /// Whether it is about to end: its time is up, or it was told so.
    pub(super) ends: bool,
    calls: Vec<PlannedCall>,
}

impl Given {
    /// What a change gives; none where it gives nothing, or no longer.
    fn of(record: &ChangeRecord) -> Option<Self> {
        let calls: Vec<PlannedCall> = record.plan.calls.iter().filter(|call| calls::creates(call)).cloned().collect();
        let timed = record.plan.resource.access.as_ref().is_some_and(|access| access.minutes.is_some());
        // By the order of its steps alone: a grant whose time is up sees that itself.
        let phase = overlap::state_of(record).map(|state| overlap::phase(&state, &record.told, Timestamp::MIN));
        let (since, runs) = match record.status {
            // It only ends open sessions any more.
            Status::Running { .. } if phase == Some(Phase::Past) => return None,
            Status::Running { since, .. } => (since, true),
            Status::Ended { outcome: Outcome::Succeeded, at, .. } if !timed => (at, false),
            // Of many assignments some may have failed; the others stand.
            Status::Ended { outcome: Outcome::Failed, at, .. } if record.command == Onboard::NAME => (at, false),
            _ => return None,
        };
        let ends = phase.is_some_and(|phase| !matches!(phase, Phase::Stands { .. }));
        let (change, by, until) = (record.id, record.asker.clone(), until(record));
        (!calls.is_empty()).then_some(Self { change, by, since, until, runs, ends, calls })
    }

    /// Whether it gives this assignment; `name` is the principal's.
    pub(super) fn covers(&self, assignment: &Assignment, name: &str) -> bool {
        self.calls.iter().any(|call| calls::covers(call, assignment, name))
    }

    /// Whether it gives this principal anything.
    pub(super) fn is_for(&self, principal: &Assignee, name: &str) -> bool {
        self.calls.iter().any(|call| calls::is_for(call, principal, name))
    }

    /// Where it comes from: `by @ana, CHG-1, until …`.
    pub(super) fn told(&self) -> Text {
        let told = text!["by ", &self.by, format!(", {}", self.change)];
        self.until.iter().fold(told, |told, until| told.then(text![", until ", *until]))
    }
}

/// The changes under way that give something for a time, and so can be told to end.
pub(super) async fn timed(cx: &Context<'_>) -> Result<Vec<Given>> {
    let open = cx.records.open_changes().await?;
    Ok(open.iter().filter_map(Given::of).filter(|given| given.runs && given.until.is_some()).collect())
}

/// The grants under way, for a time or for good: they can be told to end, and take back what they gave.
pub(super) async fn grants(cx: &Context<'_>) -> Result<Vec<Given>> {
    let open = cx.records.open_changes().await?;
    let grants = open.iter().filter(|record| grant::COMMANDS.contains(&&*record.command));
    Ok(grants.filter_map(Given::of).filter(|given| given.runs).collect())
}

/// The changes that may have given or taken something: those that run, then what was done, newest first.
pub(super) struct History(Vec<ChangeRecord>);

impl History {
    /// Reads as many as matter to people.
    pub(super) async fn read(cx: &Context<'_>) -> Result<Self> {
        Self::newest(LOOKED_THROUGH, cx).await
    }

    /// Reads the newest `count`, and all that are open.
    pub(super) async fn newest(count: usize, cx: &Context<'_>) -> Result<Self> {
        let mut changes = cx.records.changes(count).await?;
        let known: HashSet<ChangeId> = changes.iter().map(|change| change.id).collect();
        changes.extend(cx.records.open_changes().await?.into_iter().filter(|change| !known.contains(&change.id)));
        changes.retain(|change| change.command.starts_with("access "));
        changes.sort_by_key(|change| Reverse((acted(change), change.id)));
        Ok(Self(changes))
    }

    /// The change by which an assignment stands: of several that run the one that lasts longest, otherwise the newest that
    /// gave it for good. `name` is the principal's.
    pub(super) fn given(&self, assignment: &Assignment, name: &str) -> Option<Given> {
        let mut standing: Vec<Given> = Vec::new();
        for record in &self.0 {
            match Given::of(record).filter(|given| given.covers(assignment, name)) {
                Some(given) => standing.push(given),
                // What stood before a change that took it away was not given by the changes before it.
                None if took(record, assignment, name) => break,
                None => {}
            }
        }
        standing.into_iter().rev().max_by_key(|given| given.until.unwrap_or(Timestamp::MAX))
    }

    /// The change that gave an assignment for good since then, as its plan said, if none has taken it away after that.
    pub(super) fn for_good_since(&self, since: Timestamp, assignment: &Assignment, name: &str) -> Option<ChangeId> {
        let done = self
            .0
            .iter()
            .filter(|record| matches!(record.status, Status::Ended { outcome: Outcome::Succeeded, at, .. } if at >= since));
        for record in done {
            if Given::of(record).is_some_and(|given| given.covers(assignment, name)) {
                return Some(record.id);
            }
            if took(record, assignment, name) {
                return None;
            }
        }
        None
    }

    /// The newest change that acts on this user, group or permission set, or mentions it in its calls. One that made it knew
    /// its name alone.
    pub(super) fn last_about(&self, kind: &str, id: &str, name: &str) -> Option<&ChangeRecord> {
        let own = [id.to_owned(), format!("{kind} {id}"), format!("{kind} {}", name.to_lowercase())];
        let mentions =
            |call: &PlannedCall| call.parameters.keys().any(|parameter| calls::each(call, parameter).any(|one| one == id));
        let about =
            self.0.iter().filter(|record| own.contains(&record.plan.resource.id) || record.plan.calls.iter().any(mentions));
        about.max_by_key(|record| record.id)
    }

    /// The grants under way whose assignments are for this user or group.
    pub(super) fn grants_for(&self, principal: &Assignee, name: &str) -> Vec<ChangeId> {
        let grants = self.0.iter().filter(|record| grant::COMMANDS.contains(&&*record.command));
        let theirs = grants.filter_map(Given::of).filter(|given| given.runs && given.is_for(principal, name));
        theirs.map(|given| given.change).collect()
    }
}

/// When a change did what it does: one that runs is at it.
fn acted(record: &ChangeRecord) -> Timestamp {
    match record.status {
        Status::Ended { at, .. } => at,
        _ => Timestamp::MAX,
    }
}

/// Whether a change is done and has taken this assignment away. (A timed grant takes away what it gave itself.)
fn took(record: &ChangeRecord, assignment: &Assignment, name: &str) -> bool {
    if !matches!(record.status, Status::Ended { outcome: Outcome::Succeeded, .. }) {
        return false;
    }
    if record.command == Review::NAME {
        return review::removed(record, assignment);
    }
    let covers = |call: &PlannedCall| calls::covers(call, assignment, name);
    let calls = &record.plan.calls;
    calls.iter().any(|call| calls::ends(call) && covers(call)) && !calls.iter().any(|call| calls::creates(call) && covers(call))
}

/// When what a running change gave ends: what its state says, else its length from its start.
fn until(record: &ChangeRecord) -> Option<Timestamp> {
    let minutes = record.plan.resource.access.as_ref()?.minutes?;
    let Status::Running { state, since, .. } = &record.status else { return None };
    let said = state.get("end").and_then(|end| end.as_str()).and_then(|end| end.parse().ok());
    said.or_else(|| since.checked_add(SignedDuration::from_mins(minutes)).ok())
}

/// Who gave an assignment, in a cell: `CHG-7 by @ana`, `declared`, `not by me`.
pub(super) fn giver(given: Option<&Given>, is_declared: bool) -> String {
    match given {
        Some(given) => format!("{} by @{}", given.change, given.by),
        None if is_declared => "declared".to_owned(),
        None => "not by me".to_owned(),
    }
}

/// The last change about something, for a field.
pub(super) fn last(record: Option<&ChangeRecord>) -> Text {
    let Some(record) = record else { return "none that I know of".into() };
    let stands = match &record.status {
        Status::AwaitingApproval { .. } => "waits for approval".to_owned(),
        Status::Scheduled { .. } => "is to start".to_owned(),
        Status::Running { .. } => "runs".to_owned(),
        Status::Ended { outcome, .. } => outcome.to_string(),
    };
    text![code(record.id.to_string()), " by ", &record.asker, ", ", record.asked, ": ", &*record.plan.title, " (", stands, ")"]
}
