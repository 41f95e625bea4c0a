//! The steps that give access. Each looks first and acts only if that is still needed, since each may run twice.

use jiff::{SignedDuration, Timestamp};

use super::denying;
use super::ending::{self, never_give_up};
use super::overlap::{self, Begin, word};
use super::state::{At, Job, Lasts, State, Why};
use crate::access::aws::Identity;
use crate::access::model::Progress;
use crate::access::slots::{InLine, WriteKey};
use crate::access::writes::Asked;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Span, Text, code, lasting};
use crate::plan::{Permit, Step};
use crate::records::ChangeId;
use crate::text;

/// How long between two looks at AWS: an assignment takes it some seconds.
pub(super) const PAUSE: SignedDuration = SignedDuration::from_secs(3);
/// What AWS could not be asked for so long after the start is not given any more.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

pub(crate) async fn step(state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let State { at, job } = state;
    match at {
        At::Assign | At::Follow { .. } => give(at, job, permit, cx).await,
        At::Hold { end } => hold(job, end, cx),
        At::Settle => settle(job, permit, cx).await,
        At::Settled => Ok(Step::Done(stands(&job, None, cx))),
        At::Sweep => ending::sweep(job, permit, cx).await,
        At::Release { .. } | At::Yield { .. } | At::FollowEnd { .. } => ending::step(at, job, permit, cx).await,
        At::Deny { .. } | At::FollowDeny { .. } | At::Denied { .. } | At::Lift { .. } | At::FollowLift { .. } => {
            denying::step(at, job, permit, cx).await
        }
    }
}

/// A step that goes on to another, telling what was done.
pub(super) fn next(at: At, job: Job, note: impl Into<Text>) -> Result<Step<State>> {
    Ok(Step::Next { state: State { at, job }, note: note.into() })
}

/// A step that is taken again a little later.
pub(super) fn again(at: At, job: Job, cx: &Context<'_>, note: impl Into<Text>) -> Result<Step<State>> {
    Ok(Step::Wait { state: State { at, job }, until: later(cx), note: note.into() })
}

/// A step that waits for a slot.
pub(super) fn in_line(at: At, job: Job, line: &InLine, cx: &Context<'_>) -> Step<State> {
    let before = match line.position {
        1 => "It is next.".to_owned(),
        position => format!("{} before it, about {}.", position - 1, lasting(line.eta.duration_since(cx.now))),
    };
    Step::Progress { state: State { at, job }, until: line.again, so_far: format!("In line for AWS: {before}").into() }
}

fn later(cx: &Context<'_>) -> Timestamp {
    cx.now.saturating_add(PAUSE).unwrap_or(Timestamp::MAX)
}

/// Gives it. What AWS says it does not give is given up at once, unless another grant counts on this one: then that access is
/// taken back. In any other trouble AWS may have given it unseen: after an hour of that it is taken back.
async fn give(at: At, job: Job, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let tried = match at {
        At::Follow { ref request } => follow(job.clone(), request.clone(), permit, cx).await,
        _ => assign(job.clone(), permit, cx).await,
    };
    let gives_up = cx.now >= job.began.saturating_add(PATIENCE).unwrap_or(Timestamp::MAX);
    match tried {
        Err(Error::Shown(why)) if cx.told.iter().any(|told| told.what == word::HEIR) => {
            next(At::Release { why: Why::Failed(why.clone()) }, job, why)
        }
        Err(Error::Shown(why)) => Err(Error::Shown(why)),
        Err(_) if gives_up => {
            let why = lost(&at, &job, cx);
            let note = why.clone().then(" What AWS may have given all the same is taken back.");
            next(At::Release { why: Why::Failed(why) }, job, note)
        }
        tried => tried.map_err(never_give_up),
    }
}

/// That nobody knows what came of it.
fn lost(at: &At, job: &Job, cx: &Context<'_>) -> Text {
    match at {
        At::Follow { .. } => {
            let asked = text!["AWS took the request for "].then(job.access(cx));
            asked.then(", but for an hour I could not see what came of it, and gave up.")
        }
        _ => text!["For an hour I could not have AWS give "].then(job.access(cx)).then(", and gave up."),
    }
}

async fn assign(job: Job, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    if let Some(step) = told_to_end(&job, cx) {
        return step;
    }
    // The grant it extends would wait for it to end, and it for that grant.
    if job.end(cx.now).is_some_and(|end| end <= cx.now) {
        return next(At::Release { why: Why::Over }, job, "Its time is up.");
    }
    let others = overlap::others(&job.assignment, permit.change(), cx).await?;
    if let Begin::After(other) = overlap::begin(&others) {
        let note = text!["Waits for ", code(other.to_string()), ", which is taking the same access back."];
        return again(At::Assign, job, cx, note);
    }
    let identity = Identity::open(cx).await?;
    let key = WriteKey::new(permit.change(), "give");
    let slot = match identity.write_slot(&key) {
        Ok(slot) => slot,
        Err(line) => return Ok(in_line(At::Assign, job, &line, cx)),
    };
    // In this order: what ends between the two looks is seen by the second.
    // Refused looks are no answer either: an earlier try may have asked AWS already.
    if let Some(request) = identity.creation_of(&job.assignment).await.map_err(never_give_up)? {
        let note = asked(&job, cx);
        return next(At::Follow { request }, job, note);
    }
    if identity.is_assigned(&job.assignment).await.map_err(never_give_up)? {
        identity.give_back(&key);
        return given(job, cx);
    }
    match identity.create_assignment(permit, &slot, &job.assignment).await? {
        Asked::Begun(Progress::InProgress { request }) => {
            let note = asked(&job, cx);
            next(At::Follow { request }, job, note)
        }
        Asked::Begun(Progress::Succeeded) => given(job, cx),
        Asked::Begun(Progress::Failed { reason, request }) => Err(failed(&job, &reason, &request, cx)),
        Asked::Conflict(_) | Asked::AlreadyGone => {
            again(At::Assign, job, cx, "AWS is busy with the same access; I look again in a moment.")
        }
    }
}

async fn follow(job: Job, request: String, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let identity = Identity::open(cx).await.map_err(never_give_up)?;
    let status = identity.creation_status(&WriteKey::new(permit.change(), "give"), &request).await;
    match status.map_err(never_give_up)? {
        Progress::InProgress { .. } => {
            let note = asked(&job, cx);
            again(At::Follow { request }, job, cx, note)
        }
        Progress::Succeeded => given(job, cx),
        Progress::Failed { reason, request } => Err(failed(&job, &reason, &request, cx)),
    }
}

fn asked(job: &Job, cx: &Context<'_>) -> Text {
    text!["AWS took the request for "].then(job.access(cx)).then(".")
}

fn failed(job: &Job, reason: &str, request: &str, cx: &Context<'_>) -> Error {
    let reason = reason.trim_end_matches('.');
    Error::Shown(text!["AWS could not give "].then(job.access(cx)).then(text![
        ": “",
        reason,
        "” (request ",
        code(request),
        "). Nothing was given. Mend that and ask again."
    ]))
}

/// AWS has confirmed it. What was told to end meanwhile sees that when it is held; what stands for good sees it here, or never.
fn given(job: Job, cx: &Context<'_>) -> Result<Step<State>> {
    if let (Lasts::ForGood, Some(step)) = (job.lasts, told_to_end(&job, cx)) {
        return step;
    }
    let end = job.end(cx.now);
    let note = stands(&job, end, cx);
    match (end, job.lasts) {
        (Some(end), Lasts::Until { instead_of, .. }) => {
            let (state, what) = (State { at: At::Hold { end }, job }, word::EXTENDED.to_owned());
            Ok(Step::Tell { state, changes: vec![instead_of], what, note })
        }
        (Some(end), _) => next(At::Hold { end }, job, note),
        (None, _) => next(At::Settle, job, note),
    }
}

/// `Granted: @ana has PowerUserAccess in shop-prod until 14:00. Sign in at …`
fn stands(job: &Job, end: Option<Timestamp>, cx: &Context<'_>) -> Text {
    let until = match end {
        Some(end) => text![" until ", end, "."],
        None => text![" for good."],
    };
    let granted = text!["Granted: ", job.who(cx), " has "].then(job.what()).then(until);
    match cx.settings.identity.as_ref().and_then(|identity| identity.portal.clone()) {
        Some(url) => granted.then(text![" Sign in at ", Span::Link { url: url.clone(), label: url }, "."]),
        None => granted,
    }
}

/// The step of a grant that was told to end; none for one that goes on.
fn told_to_end(job: &Job, cx: &Context<'_>) -> Option<Result<Step<State>>> {
    let told = overlap::ending(cx.told)?;
    let by = told.by.clone();
    let why = match &*told.what {
        word::KEEP => return Some(Ok(Step::Done(ending::kept(job, cx)))),
        word::EXTENDED => Why::Extended,
        word::TAKEN => Why::Taken(by),
        _ => Why::HandedBack(by),
    };
    Some(next(At::Release { why }, job.clone(), "It ends early."))
}

fn hold(job: Job, end: Timestamp, cx: &Context<'_>) -> Result<Step<State>> {
    if let Some(step) = told_to_end(&job, cx) {
        return step;
    }
    if end <= cx.now {
        return next(At::Release { why: Why::Over }, job, "Its time is up.");
    }
    let note = stands(&job, Some(end), cx);
    Ok(Step::Wait { state: State { at: At::Hold { end }, job }, until: end, note })
}

/// It stands for good: those that would take it back are told to keep it.
async fn settle(job: Job, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let others = overlap::others(&job.assignment, permit.change(), cx).await?;
    let changes: Vec<ChangeId> = others.iter().filter(|other| !other.rank.removes).map(|other| other.rank.id).collect();
    if changes.is_empty() {
        return Ok(Step::Done(stands(&job, None, cx)));
    }
    let note = text![code(permit.change()), " makes it stand for good."];
    Ok(Step::Tell { state: State { at: At::Settled, job }, changes, what: word::KEEP.to_owned(), note })
}
