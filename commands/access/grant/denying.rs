//! The steps that end open sessions: deny them by policy, and lift that when the longest of them has run out.

use jiff::Timestamp;

use super::ending::{as_it_failed, failed_to_give, never_give_up, over};
use super::overlap;
use super::sessions;
use super::state::{At, Job, State, Why};
use super::steps::{again, next};
use crate::access::aws::Identity;
use crate::access::model::{PermissionSet, PrincipalKind, Progress};
use crate::access::writes::{Asked, Removal, Update};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Permit, Step};
use crate::records::ChangeId;
use crate::text;

pub(super) async fn step(at: At, job: Job, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let failed = failed_to_give(&at);
    let stepped = match at {
        At::Deny { why, since } => deny(job, why, since, permit, cx).await,
        At::FollowDeny { why, since, request } => follow_deny(job, Denial { why, since, request }, permit, cx).await,
        At::Denied { why, until } if cx.now < until => {
            let note = denied(&job, until, cx);
            Ok(Step::Wait { state: State { at: At::Denied { why, until }, job }, until, note })
        }
        At::Denied { why, .. } => next(At::Lift { why }, job, "The longest session has run out by now; the denial is lifted."),
        At::Lift { why } => lift(job, why, permit, cx).await,
        At::FollowLift { why, request } => follow_lift(job, why, request, permit, cx).await,
        _ => Err(Error::internal("ending sessions", "this is no step of that")),
    };
    as_it_failed(stepped.map_err(never_give_up), failed)
}

async fn deny(job: Job, why: Why, since: Timestamp, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let at = At::Deny { why: why.clone(), since };
    if let Some(other) = before(&job, permit, cx).await? {
        return again(at, job, cx, waits(other));
    }
    let identity = Identity::open(cx).await?;
    let set = of(&job);
    if !identity.provisioned_in(&set.arn).await?.contains(&job.assignment.account) {
        let gone = " Nobody has it there any more, so AWS has removed its role, and open sessions with it.";
        return Ok(Step::Done(over(&job, &why, cx).then(gone)));
    }
    let users = match job.principal.kind {
        PrincipalKind::User => vec![job.principal.id.clone()],
        PrincipalKind::Group => {
            identity.members(&job.principal.id).await?.into_iter().map(|membership| membership.user).collect()
        }
    };
    if users.is_empty() {
        return Ok(Step::Done(over(&job, &why, cx).then(" The group has no members, so there are no sessions to end.")));
    }
    let policy = identity.inline_policy(&set.arn).await?;
    let denying = sessions::with(policy.as_deref(), &sessions::name(permit), &users, since)?;
    if policy.as_ref() != Some(&denying) {
        match identity.put_policy(permit, &set, &denying).await? {
            Update::Done => {}
            Update::Conflict(_) => return again(at, job.clone(), cx, busy(&job)),
            Update::Gone => return Ok(Step::Done(over(&job, &why, cx).then(gone(&job)))),
        }
    }
    match identity.provision_in(permit, &set, &job.assignment.account).await? {
        Asked::Begun(progress) => {
            let note = text!["Ending open sessions of "].then(job.what()).then(".");
            let request = match progress {
                Progress::InProgress { request } | Progress::Failed { request, .. } => request,
                Progress::Succeeded => return held(job, why, cx),
            };
            next(At::FollowDeny { why, since, request }, job, note)
        }
        Asked::Conflict(_) => again(at, job.clone(), cx, busy(&job)),
        Asked::AlreadyGone => Ok(Step::Done(over(&job, &why, cx).then(gone(&job)))),
    }
}

/// A denial that AWS is bringing to the account.
struct Denial {
    why: Why,
    since: Timestamp,
    request: String,
}

async fn follow_deny(job: Job, denial: Denial, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let Denial { why, since, request } = denial;
    let identity = Identity::open(cx).await?;
    match identity.provisioning_status(&request).await? {
        Progress::InProgress { .. } => {
            let note = text!["Ending open sessions of "].then(job.what()).then(".");
            again(At::FollowDeny { why, since, request }, job, cx, note)
        }
        Progress::Failed { reason, .. } => again(At::Deny { why, since }, job.clone(), cx, stuck(&job, &reason)),
        Progress::Succeeded => {
            // Somebody else may have written the policy at the same moment.
            let policy = identity.inline_policy(&job.assignment.permission_set).await?;
            if sessions::holds(policy.as_deref(), &sessions::name(permit))? {
                return held(job, why, cx);
            }
            again(At::Deny { why, since }, job, cx, "Somebody changed the policy at the same time; once more.")
        }
    }
}

fn held(job: Job, why: Why, cx: &Context<'_>) -> Result<Step<State>> {
    let until = cx.now.saturating_add(sessions::LONGEST).unwrap_or(Timestamp::MAX);
    let note = denied(&job, until, cx);
    next(At::Denied { why, until }, job, note)
}

fn denied(job: &Job, until: Timestamp, cx: &Context<'_>) -> Text {
    let ended = text!["Open sessions of "].then(job.access(cx)).then(" are ended.");
    ended.then(text![" The policy that denies them is lifted ", until, ", when the longest has run out."])
}

async fn lift(job: Job, why: Why, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let at = At::Lift { why: why.clone() };
    if let Some(other) = before(&job, permit, cx).await? {
        return again(at, job, cx, waits(other));
    }
    let identity = Identity::open(cx).await?;
    let (set, sid) = (of(&job), sessions::name(permit));
    let policy = identity.inline_policy(&set.arn).await?;
    if let Some(policy) = policy.filter(|policy| sessions::holds(Some(policy), &sid).unwrap_or(true)) {
        match sessions::without(&policy, &sid)? {
            Some(rest) => match identity.put_policy(permit, &set, &rest).await? {
                Update::Done => {}
                Update::Conflict(_) => return again(at, job.clone(), cx, busy(&job)),
                Update::Gone => return Ok(Step::Done(lifted(&job, &why, cx))),
            },
            None => match identity.delete_policy(permit, &set).await? {
                Removal::Removed | Removal::AlreadyGone => {}
            },
        }
    }
    if !identity.provisioned_in(&set.arn).await?.contains(&job.assignment.account) {
        return Ok(Step::Done(lifted(&job, &why, cx)));
    }
    match identity.provision_in(permit, &set, &job.assignment.account).await? {
        Asked::Begun(Progress::InProgress { request } | Progress::Failed { request, .. }) => {
            next(At::FollowLift { why, request }, job, "Lifting the denial.")
        }
        Asked::Conflict(_) => again(at, job.clone(), cx, busy(&job)),
        Asked::Begun(Progress::Succeeded) | Asked::AlreadyGone => Ok(Step::Done(lifted(&job, &why, cx))),
    }
}

async fn follow_lift(job: Job, why: Why, request: String, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let identity = Identity::open(cx).await?;
    match identity.provisioning_status(&request).await? {
        Progress::InProgress { .. } => again(At::FollowLift { why, request }, job, cx, "Lifting the denial."),
        Progress::Failed { reason, .. } => again(At::Lift { why }, job.clone(), cx, stuck(&job, &reason)),
        Progress::Succeeded => {
            let policy = identity.inline_policy(&job.assignment.permission_set).await?;
            if sessions::holds(policy.as_deref(), &sessions::name(permit))? {
                return again(At::Lift { why }, job, cx, "Somebody changed the policy at the same time; once more.");
            }
            Ok(Step::Done(lifted(&job, &why, cx)))
        }
    }
}

fn lifted(job: &Job, why: &Why, cx: &Context<'_>) -> Text {
    over(job, why, cx).then(" Open sessions were ended, and the policy that denied them is lifted.")
}

fn of(job: &Job) -> PermissionSet {
    PermissionSet { arn: job.assignment.permission_set.clone(), name: job.permission_set.clone(), ..PermissionSet::default() }
}

fn busy(job: &Job) -> Text {
    text!["AWS is busy with ", code(&*job.permission_set), "; I look again in a moment."]
}

fn gone(job: &Job) -> Text {
    text![" The permission set ", code(&*job.permission_set), " is gone, and its sessions with it."]
}

fn stuck(job: &Job, reason: &str) -> Text {
    text![
        "AWS could not bring ",
        code(&*job.permission_set),
        " up to date in ",
        code(&*job.account),
        ": “",
        reason,
        "”. Once more."
    ]
}

fn waits(other: ChangeId) -> Text {
    text!["Waits for ", code(other.to_string()), ", which changes the same policy."]
}

/// An earlier change that is writing the policy of the same permission set: it goes first.
async fn before(job: &Job, permit: &Permit, cx: &Context<'_>) -> Result<Option<ChangeId>> {
    let running = overlap::running(cx).await?;
    let writing = running.iter().filter(|(_, state)| {
        let writes = matches!(state.at, At::Deny { .. } | At::FollowDeny { .. } | At::Lift { .. } | At::FollowLift { .. });
        writes && state.job.assignment.permission_set == job.assignment.permission_set
    });
    let first = writing.map(|(record, _)| record.id).min();
    Ok(first.filter(|first| first.to_string() != permit.change()))
}
