//! Which assignments the bot itself made, by its records: a plan that creates assignments names them in its calls, whichever
//! command planned it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::model::{Assignee, Assignment, PrincipalKind};
use super::writes::planned_assignment;
use crate::context::{Context, PersonId};
use crate::error::Result;
use crate::message::Text;
use crate::records::{ChangeId, ChangeRecord, Outcome, PlannedCall, Status};
use crate::text;

/// How many of the newest changes are looked through for what stands for good.
const LOOKED_THROUGH: usize = 5_000;
/// What stands between several principals of one planned call.
const BETWEEN: &str = ", ";

/// A change of the bot that made an assignment.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) change: ChangeId,
    pub(crate) by: PersonId,
    pub(crate) since: Timestamp,
    /// When it ends; none where it stands for good.
    pub(crate) until: Option<Timestamp>,
    /// Whether the change still runs, and so can be told to end.
    pub(crate) runs: bool,
    account: String,
    permission_set: String,
    kind: &'static str,
    /// Principals by id, or by user name where they did not exist yet.
    principals: Vec<String>,
}

/// One planned call for many assignments of the same permission set in the same account: plans of hundreds stay readable.
pub(crate) fn planned_for_all(access: &Assignment, principals: &[String]) -> PlannedCall {
    let mut call = planned_assignment(access);
    call.parameters.insert("PrincipalId".to_owned(), principals.join(BETWEEN));
    call
}

/// The values of one parameter of a planned call.
pub(crate) fn each<'a>(call: &'a PlannedCall, parameter: &str) -> impl Iterator<Item = &'a str> {
    call.parameters.get(parameter).map(String::as_str).unwrap_or_default().split(BETWEEN).filter(|one| !one.is_empty())
}

/// What stands between several values of one parameter.
pub(crate) fn listed(values: impl IntoIterator<Item = String>) -> String {
    values.into_iter().collect::<Vec<_>>().join(BETWEEN)
}

/// The changes under way that hold assignments for a time.
pub(crate) async fn running(cx: &Context<'_>) -> Result<Vec<Made>> {
    let open = cx.records.open_changes().await?;
    Ok(open.iter().flat_map(made).filter(|made| made.runs && made.until.is_some()).collect())
}

/// All that the bot made and that stands by its records: under way, or for good. Newest first.
pub(crate) async fn standing(cx: &Context<'_>) -> Result<Vec<Made>> {
    let mut all: BTreeMap<ChangeId, ChangeRecord> = BTreeMap::new();
    let records = cx.records.changes(LOOKED_THROUGH).await?.into_iter().chain(cx.records.open_changes().await?);
    all.extend(records.map(|record| (record.id, record)));
    Ok(all.values().rev().flat_map(made).collect())
}

fn made(record: &ChangeRecord) -> Vec<Made> {
    let timed = record.plan.resource.access.as_ref().and_then(|access| access.minutes);
    let (since, until, runs) = match (&record.status, timed) {
        (Status::Running { since, .. }, Some(minutes)) => {
            (*since, since.checked_add(jiff::SignedDuration::from_mins(minutes)).ok(), true)
        }
        (Status::Running { since, .. }, None) => (*since, None, true),
        (Status::Ended { outcome: Outcome::Succeeded, at, .. }, None) => (*at, None, false),
        _ => return Vec::new(),
    };
    let calls = record.plan.calls.iter().filter(|call| call.api == "sso:CreateAccountAssignment");
    let calls = calls.filter_map(|call| {
        let of = |name: &str| call.parameters.get(name).cloned();
        Some(Made {
            change: record.id,
            by: record.asker.clone(),
            since,
            until,
            runs,
            account: of("TargetId")?,
            permission_set: of("PermissionSetArn")?,
            kind: if of("PrincipalType")? == "GROUP" { "GROUP" } else { "USER" },
            principals: each(call, "PrincipalId").map(str::to_owned).collect(),
        })
    });
    calls.collect()
}

impl Made {
    /// Whether it made this assignment; `name` is the principal's.
    pub(crate) fn covers(&self, assignment: &Assignment, name: &str) -> bool {
        self.account == assignment.account
            && self.permission_set == assignment.permission_set
            && self.is_for(&assignment.principal, name)
    }

    /// Whether it made something for this principal.
    pub(crate) fn is_for(&self, principal: &Assignee, name: &str) -> bool {
        let kind = match principal.kind {
            PrincipalKind::User => "USER",
            PrincipalKind::Group => "GROUP",
        };
        self.kind == kind && self.principals.iter().any(|one| *one == principal.id || one == name)
    }

    /// Where it comes from: `by @ana, CHG-7, until …`.
    pub(crate) fn told(&self) -> Text {
        let told = text!["by ", &self.by, format!(", {}", self.change)];
        match self.until {
            Some(until) => told.then(text![", until ", until]),
            None => told,
        }
    }
}
