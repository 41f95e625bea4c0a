//! The steps that take access back. They never give up: what is in the way is tried again until it is not.

use super::overlap::{self, Release, word};
use super::state::{At, Job, Lasts, Sessions, State, Why};
use super::steps::{again, in_line, next};
use super::{given_for_good, overlap::Phase};
use crate::access::aws::Identity;
use crate::access::model::Progress;
use crate::access::slots::WriteKey;
use crate::access::writes::Asked;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Permit, Step};
use crate::records::ChangeId;
use crate::text;

/// Which of its writes a slot is for.
const WRITE: &str = "end";

pub(super) async fn step(at: At, job: Job, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let failed = failed_to_give(&at);
    let stepped = match at {
        At::Yield { why, to } => yielded(job, why, to, cx).await,
        At::FollowEnd { why, request } => follow(job, why, request, permit, cx).await,
        At::Release { why } => release(job, why, permit, cx).await,
        _ => return Err(Error::internal("taking access back", "this is no step of that")),
    };
    as_it_failed(stepped.map_err(never_give_up), failed)
}

/// Why it could not be given, where it is taken back for that.
pub(super) fn failed_to_give(at: &At) -> Option<Text> {
    match at {
        At::Release { why }
        | At::Yield { why, .. }
        | At::FollowEnd { why, .. }
        | At::Deny { why, .. }
        | At::FollowDeny { why, .. }
        | At::Denied { why, .. }
        | At::Lift { why }
        | At::FollowLift { why, .. } => match why {
            Why::Failed(why) => Some(why.clone()),
            Why::Over | Why::HandedBack(_) | Why::Extended | Why::Taken(_) => None,
        },
        At::Assign | At::Follow { .. } | At::Hold { .. } | At::Settle | At::Settled | At::Sweep => None,
    }
}

/// What could not be given ends as it failed, with what came of taking it back.
pub(super) fn as_it_failed(stepped: Result<Step<State>>, failed: Option<Text>) -> Result<Step<State>> {
    match (stepped, failed) {
        (Ok(Step::Done(said)), Some(why)) => Err(Error::Shown(why.then(" ").then(said))),
        (stepped, _) => stepped,
    }
}

/// Whatever is in the way: the engine tries again.
pub(super) fn never_give_up(error: Error) -> Error {
    match error {
        Error::Shown(say) => Error::Outside { cause: say.plain(), say },
        Error::Internal { doing, cause } => {
            Error::Outside { say: format!("Something of mine broke while {doing}.").into(), cause }
        }
        outside @ Error::Outside { .. } => outside,
    }
}

/// Tells all grants of the access to end.
pub(super) async fn sweep(job: Job, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let others = overlap::others(&job.assignment, permit.change(), cx).await?;
    let standing = others.iter().filter(|other| matches!(other.phase, Phase::Stands { .. }));
    let changes: Vec<ChangeId> = standing.map(|other| other.rank.id).collect();
    let at = At::Release { why: Why::Taken(permit.person().clone()) };
    if changes.is_empty() {
        return next(at, job, "No grant of mine stands for it.");
    }
    let note = text![permit.person(), " takes the access away with ", code(permit.change()), "."];
    Ok(Step::Tell { state: State { at, job }, changes, what: word::TAKEN.to_owned(), note })
}

async fn release(job: Job, why: Why, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let keeps = !job.removes() && overlap::ending(cx.told).is_some_and(|told| told.what == word::KEEP);
    let id = permit.change().parse().map_err(|cause| Error::internal("reading the id of a change", cause))?;
    let mut others = overlap::others(&job.assignment, permit.change(), cx).await?;
    if !job.removes() {
        others.extend(overlap::givers(&job.assignment, cx).await?);
    }
    let at = At::Release { why: why.clone() };
    let release = overlap::release(overlap::rank(&job, id), &others);
    match release {
        Release::LeaveTo(other) if !keeps => {
            let taken = job.access(cx).then(text![" is taken back by ", code(other.to_string()), "; this grant of it "]);
            return Ok(Step::Done(taken.then(how(&why))));
        }
        Release::After(other) if !keeps => {
            return again(at, job, cx, text!["Waits for ", code(other.to_string()), ", which ends too."]);
        }
        _ => {}
    }
    let identity = Identity::open(cx).await?;
    // Another try of this step may have asked AWS already: nothing can be left to others then.
    if let Some(request) = identity.deletion_of(&job.assignment).await? {
        let note = asked(&job, cx);
        return next(At::FollowEnd { why, request }, job, note);
    }
    if keeps {
        return Ok(Step::Done(kept(&job, cx)));
    }
    if let Release::Heir(to, _) = release {
        if job.removes() {
            return again(At::Sweep, job, cx, "Another grant has begun; it is ended too.");
        }
        let note = text![code(permit.change()), " has ended; the access goes on through ", code(to.to_string()), "."];
        let state = State { at: At::Yield { why, to }, job };
        return Ok(Step::Tell { state, changes: vec![to], what: word::HEIR.to_owned(), note });
    }
    if !job.removes() {
        if job.is_declared(cx) {
            let stays = job.access(cx).then(" is declared in the configuration, so it stays; this grant of it ");
            return Ok(Step::Done(stays.then(how(&why))));
        }
        if given_for_good(&job, cx).await? {
            return Ok(Step::Done(kept(&job, cx)));
        }
    }
    take(job, why, &identity, permit, cx).await
}

/// Asks AWS to take it back, if it is there.
async fn take(job: Job, why: Why, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let at = At::Release { why: why.clone() };
    let key = WriteKey::new(permit.change(), WRITE);
    let slot = match identity.write_slot(&key) {
        Ok(slot) => slot,
        Err(line) => return Ok(in_line(at, job, &line, cx)),
    };
    // In this order: what ends between the two looks is seen by the second.
    if identity.creation_of(&job.assignment).await?.is_some() {
        identity.give_back(&key);
        return again(at, job, cx, "AWS is still giving it; it is taken back then.");
    }
    if !identity.is_assigned(&job.assignment).await? {
        identity.give_back(&key);
        return ended(job, why, cx).await;
    }
    match identity.delete_assignment(permit, &slot, &job.assignment).await? {
        Asked::Begun(Progress::InProgress { request }) => {
            let note = asked(&job, cx);
            next(At::FollowEnd { why, request }, job, note)
        }
        Asked::Begun(Progress::Succeeded) | Asked::AlreadyGone => ended(job, why, cx).await,
        Asked::Begun(Progress::Failed { reason, request }) => Err(failed(&job, &reason, &request, cx)),
        Asked::Conflict(_) => again(at, job, cx, "AWS is busy with the same access; I look again in a moment."),
    }
}

async fn follow(job: Job, why: Why, request: String, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let identity = Identity::open(cx).await?;
    let key = WriteKey::new(permit.change(), WRITE);
    match identity.deletion_status(&key, &request).await? {
        Progress::InProgress { .. } => {
            let note = asked(&job, cx);
            again(At::FollowEnd { why, request }, job, cx, note)
        }
        Progress::Succeeded => ended(job, why, cx).await,
        Progress::Failed { reason, request } => {
            // The state stays at the request that failed, so that the engine counts the tries; each asks anew, if need be.
            if identity.deletion_of(&job.assignment).await?.is_none() {
                if !identity.is_assigned(&job.assignment).await? {
                    return ended(job, why, cx).await;
                }
                if let Ok(slot) = identity.write_slot(&key) {
                    identity.delete_assignment(permit, &slot, &job.assignment).await?;
                }
            }
            Err(failed(&job, &reason, &request, cx))
        }
    }
}

fn asked(job: &Job, cx: &Context<'_>) -> Text {
    text!["AWS took the request to take back "].then(job.access(cx)).then(".")
}

fn failed(job: &Job, reason: &str, request: &str, cx: &Context<'_>) -> Error {
    let reason = reason.trim_end_matches('.').to_owned();
    let say = text!["AWS could not take back "].then(job.access(cx)).then(text![
        ": “",
        &*reason,
        "” (request ",
        code(request),
        "). It still stands, and I ask again."
    ]);
    Error::Outside { say, cause: reason }
}

/// Another grant needs it: if that one still stands, this one is over.
async fn yielded(job: Job, why: Why, to: ChangeId, cx: &Context<'_>) -> Result<Step<State>> {
    let mut others = overlap::others(&job.assignment, "", cx).await?;
    others.extend(overlap::givers(&job.assignment, cx).await?);
    match others.iter().find(|other| other.rank.id == to).map(|heir| heir.phase) {
        Some(Phase::Stands { end }) => {
            let goes_on = job.access(cx).then(text![" goes on through ", code(to.to_string())]);
            let goes_on = end.iter().fold(goes_on, |told, end| told.then(text![" until ", *end]));
            Ok(Step::Done(goes_on.then("; this grant of it ").then(how(&why))))
        }
        _ => next(At::Release { why }, job, text![code(to.to_string()), " has ended too."]),
    }
}

/// AWS has taken it back.
async fn ended(job: Job, why: Why, cx: &Context<'_>) -> Result<Step<State>> {
    // Who takes access away has the last word, also over what is being given meanwhile.
    if let (true, Some(giver)) = (job.removes(), overlap::givers(&job.assignment, cx).await?.first()) {
        let note =
            text!["It is gone. ", code(giver.rank.id.to_string()), " is giving the same; I look again once that has ended."];
        return again(At::Release { why }, job, cx, note);
    }
    let confirmed = match &why {
        Why::Failed(_) => " AWS confirms that nothing of it stands.",
        _ => " AWS confirms that it is gone.",
    };
    let said = over(&job, &why, cx).then(confirmed);
    match job.sessions {
        Sessions::RunOut => Ok(Step::Done(said)),
        Sessions::End => next(At::Deny { why, since: cx.now }, job, said),
    }
}

/// That the access is over, and why.
pub(super) fn over(job: &Job, why: &Why, cx: &Context<'_>) -> Text {
    job.access(cx).then(" ").then(how(why))
}

/// `has ended.`, `was handed back by @ana.`
fn how(why: &Why) -> Text {
    match why {
        Why::Over => "has ended.".into(),
        Why::HandedBack(by) => text!["was handed back by ", by, "."],
        Why::Extended => "was extended.".into(),
        Why::Taken(by) => text!["was taken away by ", by, "."],
        Why::Failed(_) => "could not be given.".into(),
    }
}

/// That it is over without an end to the access.
pub(super) fn kept(job: &Job, cx: &Context<'_>) -> Text {
    let instead = match job.lasts {
        Lasts::ForGood => " stands for good through another change already.",
        _ => " stands for good now, so nothing is taken back.",
    };
    job.access(cx).then(instead)
}
