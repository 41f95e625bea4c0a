//! By which change somebody has what they have: read from the bot's own records, whichever command it was.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::model::{Assignment, PrincipalKind};
use super::writes::{planned_assignment, planned_end};
use crate::context::{Context, Holder, PersonId};
use crate::error::Result;
use crate::message::{Text, code};
use crate::records::{ChangeId, ChangeRecord, Outcome, Status};
use crate::text;

/// How many changes are looked through, beside those that are open: years of them for most.
const LOOKED_THROUGH: usize = 20_000;

/// The change that gave an assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// Which.
    pub(super) change: ChangeId,
    /// Who asked for it.
    pub(super) by: PersonId,
    /// Until when; none for good.
    pub(super) until: Option<Timestamp>,
}

/// The changes that may have given or taken something, newest first.
pub(super) struct History(Vec<ChangeRecord>);

impl History {
    /// Reads them.
    pub(super) async fn read(cx: &Context<'_>) -> Result<Self> {
        let mut changes = cx.records.changes(LOOKED_THROUGH).await?;
        let known: HashSet<ChangeId> = changes.iter().map(|change| change.id).collect();
        changes.extend(cx.records.open_changes().await?.into_iter().filter(|change| !known.contains(&change.id)));
        changes.retain(|change| change.command.starts_with("access "));
        changes.sort_by_key(|change| std::cmp::Reverse(change.id));
        Ok(Self(changes))
    }

    /// The change by which an assignment stands: of several that run the one that lasts longest, otherwise the newest that
    /// gave it for good.
    pub(super) fn given(&self, assignment: &Assignment) -> Option<Given> {
        let (create, end) = (planned_assignment(assignment), planned_end(assignment));
        let mut standing: Vec<Given> = Vec::new();
        for record in &self.0 {
            let done = matches!(record.status, Status::Ended { outcome: Outcome::Succeeded, .. });
            let timed = record.plan.resource.access.as_ref().is_some_and(|access| access.minutes.is_some());
            let gave = record.plan.calls.contains(&create);
            if gave && is_running(record) || gave && done && !timed {
                standing.push(Given { change: record.id, by: record.asker.clone(), until: until(record) });
            }
            // What stood before a change that took it away was not given by the changes before it. (A timed grant takes
            // away what it gave itself.)
            if done && !gave && record.plan.calls.contains(&end) {
                break;
            }
        }
        standing.into_iter().rev().max_by_key(|given| given.until.unwrap_or(Timestamp::MAX))
    }

    /// The newest change that mentions this id in what it acts on or calls.
    pub(super) fn last_about(&self, id: &str) -> Option<&ChangeRecord> {
        self.0.iter().find(|record| {
            let calls = &record.plan.calls;
            record.plan.resource.id == id || calls.iter().any(|call| call.parameters.values().any(|value| value == id))
        })
    }

    /// The grants under way whose assignments are for this user or group, by id.
    pub(super) fn active_for(&self, id: &str) -> Vec<&ChangeRecord> {
        let theirs = |record: &&ChangeRecord| {
            let mut calls = record.plan.calls.iter().filter(|call| call.api == "sso:CreateAccountAssignment");
            is_running(record) && calls.any(|call| call.parameters.get("PrincipalId").is_some_and(|value| value == id))
        };
        self.0.iter().filter(theirs).collect()
    }
}

fn is_running(record: &ChangeRecord) -> bool {
    matches!(record.status, Status::Running { .. })
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

/// Whether the configuration declares that it stands. `principal` and `permission_set` are names.
pub(super) fn is_declared(assignment: &Assignment, principal: &str, permission_set: &str, cx: &Context<'_>) -> bool {
    let baseline = cx.settings.identity.iter().filter_map(|identity| identity.baseline.as_ref()).flatten();
    let holder = match assignment.principal.kind {
        PrincipalKind::User => Holder::User(principal.to_owned()),
        PrincipalKind::Group => Holder::Group(principal.to_owned()),
    };
    baseline.into_iter().any(|declared| {
        declared.principal == holder && declared.permission_set == permission_set && declared.account == assignment.account
    })
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
