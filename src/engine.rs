//! Runs what is due, one step at a time. It looks, it is not told: reactions, timers and restarts only make it look.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use commands::context::{Decision, MYSELF};
use commands::message::{Text, code};
use commands::plan::{Finding, MadeCall, Permit, Plan, Step, Work};
use commands::records::{ChangeId, ChangeRecord, Freeze, Outcome, Status, Told};
use commands::{Error, Person, PersonId, text};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::approval::{self, Tally};
use crate::case::Case;
use crate::change::{Happening, step_name};
use crate::glass;
use crate::host::{Asking, Host, Trouble, read};
use crate::records::Ledger;
use crate::store::{CommitError, Kind, Row};
use crate::waiting;

/// No single plan or step takes longer; AWS calls have shorter limits of their own.
const LONGEST: Duration = Duration::from_secs(300);
/// When a change that a freeze or AWS keeps from starting is looked at again.
const HELD: SignedDuration = SignedDuration::from_mins(5);
/// How often in a row a step may break for a reason of ours.
const BROKEN_TRIES: u32 = 5;

/// After how many tries of one step that failed in a row the channel is told, not the card alone.
const LOUD_AFTER: u32 = 3;

/// Looks at one change that is due.
pub async fn look(host: Arc<Host>, row: Row) -> Result<(), Trouble> {
    let record: ChangeRecord = read(&row)?;
    let case = Case::new(&host, record, row.version);
    match case.record.status.clone() {
        Status::AwaitingApproval { expires } => waiting::look(case, expires).await,
        Status::Scheduled { at } => {
            let id = case.record.id;
            match scheduled(case, at).await {
                Err(Trouble::Commit(CommitError::TooLarge(why))) => outgrown(&host, id, &why, Vec::new()).await,
                other => other,
            }
        }
        Status::Running { state, since, tries, .. } => {
            let id = case.record.id;
            let permit = issue(&id.to_string(), &step_name(&state), actor(&case.record));
            match running(case, state, since, tries, &permit).await {
                Err(Trouble::Commit(CommitError::TooLarge(why))) => outgrown(&host, id, &why, permit.calls()).await,
                other => other,
            }
        }
        Status::Ended { at, .. } => glass::look(case, at).await,
    }
}

/// When a change that is approved should be looked at next.
pub fn next_look(host: &Host, record: &ChangeRecord, at: Timestamp) -> Timestamp {
    let reminders =
        host.rules.remind.iter().filter(|before| !record.reminded.contains(&before.as_secs())).map(|before| at - *before);
    reminders.chain([at]).min().unwrap_or(at)
}

async fn scheduled(mut case: Case<'_>, at: Timestamp) -> Result<(), Trouble> {
    let host = case.host;
    let now = host.clock.now();
    if now >= at {
        return begin(case, at).await;
    }
    let passed: Vec<i64> = host
        .rules
        .remind
        .iter()
        .filter(|before| at - **before <= now && !case.record.reminded.contains(&before.as_secs()))
        .map(|before| before.as_secs())
        .collect();
    for before in &passed {
        case.happen(Happening::Reminded { before: *before })?;
    }
    if let Some(before) = passed.iter().min() {
        case.remind(*before, at);
    }
    let next = next_look(host, &case.record, at);
    case.commit(Some(next)).await
}

/// Its time has come: compares the world with the plan, and takes the first step only if nothing moved.
async fn begin(mut case: Case<'_>, at: Timestamp) -> Result<(), Trouble> {
    let host = case.host;
    let now = host.clock.now();
    let latest = latest(&case, at);
    if now > latest {
        let said = text!["Its time was ", at, " and it could not start then. Nothing was changed. Ask for it again."];
        return case.end(Outcome::Expired, said).await;
    }
    if let Some(freeze) = freezing(&case).await? {
        return held_by(case, &freeze, at).await;
    }
    let deciding: Vec<&PersonId> = case.record.votes.iter().map(|vote| &vote.by).chain([&case.record.asker]).collect();
    if host.renew(&deciding).await.is_err() {
        let why = "I could not look up which groups people are in right now, so I can't tell whether it may start.";
        return hold(case, text![why, " I try every 5 minutes until ", latest, "."]).await;
    }
    let asker = match may_still_run(&case) {
        Ok(asker) => asker,
        // Somebody unknown may only not be read yet: nothing is voided for that.
        Err(_) if !host.authority.is_complete() => {
            let why = "I could not read the people of IAM Identity Center yet, so I can't tell whether it may start.";
            return hold(case, text![why, " I try every 5 minutes until ", latest, "."]).await;
        }
        Err(why) => return case.end(Outcome::Void, why).await,
    };
    match planned_again(&case, &asker, at).await {
        Ok(work) => {
            if let Some(freeze) = freezing(&case).await? {
                return held_by(case, &freeze, at).await;
            }
            case.happen(Happening::Started { state: work.first })?;
            case.commit(Some(now)).await
        }
        Err(Error::Shown(why)) => {
            let says_so = why.plain().contains("Nothing was changed");
            let said = if says_so { why } else { text!["Nothing was changed. "].then(why) };
            case.end(Outcome::Void, said).await
        }
        Err(Error::Outside { say, cause }) => {
            tracing::warn!(change = %case.record.id, cause, "a change could not start yet");
            host.metrics.aws_in_the_way(&case.record.command);
            hold(case, say.then(text![" I try every 5 minutes until ", latest, "."])).await
        }
        Err(Error::Internal { doing, cause }) => {
            let said = host.broke(&doing, "Nothing was changed. I try again in 5 minutes.", &cause);
            hold(case, said.plain().into()).await
        }
    }
}

/// Until when it may start late; a gate is decided by the world in the end.
fn latest(case: &Case<'_>, at: Timestamp) -> Timestamp {
    case.record.plan.gate.as_ref().map_or(at + case.host.rules.late, |gate| gate.until)
}

/// The freeze that keeps this change from starting now.
async fn freezing(case: &Case<'_>) -> Result<Option<Freeze>, Trouble> {
    if case.record.emergency.is_some() {
        return Ok(None);
    }
    freeze(case.host, case.record.plan.resource.project.as_deref(), case.host.clock.now()).await
}

async fn held_by(case: Case<'_>, freeze: &Freeze, at: Timestamp) -> Result<(), Trouble> {
    let latest = latest(&case, at);
    let why = text!["The freeze ", code(format!("FRZ-{}", freeze.id)), " of ", &freeze.by, " holds: ", freeze.reason.as_str()];
    let next = text![". It starts if that ends before ", latest, "; after that it has to be asked for again."];
    hold(case, why.then(next)).await
}

async fn hold(mut case: Case<'_>, why: Text) -> Result<(), Trouble> {
    let until = case.host.clock.now() + HELD;
    if case.record.notes.last().is_some_and(|last| last.text == why) {
        return case.look_again(until).await;
    }
    case.happen(Happening::Held { until, why })?;
    case.commit(Some(until)).await
}

/// The freeze that keeps a project's changes from starting now.
pub async fn freeze(host: &Host, project: Option<&str>, now: Timestamp) -> Result<Option<Freeze>, Trouble> {
    for row in host.store.newest(Kind::Freeze, usize::MAX).await? {
        let freeze: Freeze = read(&row)?;
        if freeze.holds(project, now) {
            return Ok(Some(freeze));
        }
    }
    Ok(None)
}

/// The asker, if policy still allows the change and its approvals still suffice.
fn may_still_run(case: &Case<'_>) -> Result<Person, Text> {
    let (host, record) = (case.host, &case.record);
    let Some(asker) = host.authority.person(&record.asker) else {
        return Err(text![&record.asker, " is no longer in the directory, so this does not run. Nothing was changed."]);
    };
    let decision = match record.emergency {
        Some(_) => host.authority.decide_in_emergency(&asker, &record.command, &record.plan.resource),
        None => host.authority.decide(&asker, &record.command, &record.plan.resource),
    };
    let requires = match decision {
        Decision::Allowed { requires, .. } => requires,
        Decision::Denied { why, .. } => {
            return Err(text!["The policy no longer allows it. ", why, " Nothing was changed."]);
        }
    };
    let as_of_now = ChangeRecord { requires, ..record.clone() };
    match approval::tally(&as_of_now, &*host.authority) {
        Tally::Approved => Ok(asker),
        Tally::Rejected { .. } | Tally::Waiting { .. } => {
            Err("Its approvals no longer suffice under today's policy. Nothing was changed. Ask for it again.".into())
        }
    }
}

/// The plan as the world is now, if it is still what was approved.
async fn planned_again(case: &Case<'_>, asker: &Person, at: Timestamp) -> Result<Work<Value>, Error> {
    let (host, record) = (case.host, &case.record);
    let doing = || format!("planning {} again", record.id);
    let entry = host.command(&record.command).ok_or_else(|| Error::internal(doing(), "there is no such command any more"))?;
    let operation = record.id.to_string();
    let ledger = Ledger(Arc::clone(&host.store));
    let asking = Asking {
        person: asker,
        operation: &operation,
        action: entry.name(),
        reason: record.reason.as_deref(),
        starts: Some(record.plan.start.unwrap_or(at)),
        told: &[],
    };
    let cx = host.context(&asking, &ledger);
    let planned = tokio::time::timeout(LONGEST, unpanicked(doing, entry.plan(&record.args, &cx))).await;
    let work = match planned.map_err(|_| Error::internal(doing(), "it took too long"))?? {
        Plan::Work(work) => work,
        Plan::Records { .. } => return Err(Error::internal(doing(), "its plan has no steps")),
    };
    let mut today = work.record();
    today.start = record.plan.start;
    if today.digested() != record.plan.digest {
        return Err(Error::shown(text![
            "The world moved since this was approved: it was “",
            record.plan.title.as_str(),
            "” and would be “",
            today.title.as_str(),
            "” now. Ask for it again."
        ]));
    }
    match today.checks.iter().find(|check| check.finding == Finding::Fail) {
        Some(failed) => Err(Error::shown(text![
            "The precheck “",
            failed.name.as_str(),
            "” fails now: ",
            failed.words.as_str(),
            ". Mend that and ask for it again."
        ])),
        None => Ok(*work),
    }
}

/// Ends a change whose record no longer fits the store: no other try would. It loses its state by that, and so it fits again. The
/// calls of the step that was not kept are told where they fit too.
async fn outgrown(host: &Arc<Host>, id: ChangeId, why: &str, calls: Vec<MadeCall>) -> Result<(), Trouble> {
    tracing::error!(change = %id, why, calls = calls.len(), "a change is larger than what can be kept");
    let Some((record, version)) = host.change(id).await? else { return Ok(()) };
    let (outcome, said) = match record.status {
        Status::Running { .. } => (
            Outcome::Failed,
            "It has grown larger than what I can keep, so I stopped. Its last step may have changed something that its thread does \
             not say. Look at it in AWS, and ask for the rest in smaller parts.",
        ),
        _ => (
            Outcome::Void,
            "It is larger than what I can keep while it runs, so I did not start it. Nothing was changed. Ask for it in smaller \
             parts.",
        ),
    };
    match Case::new(host, record.clone(), version).end_with(outcome, said.into(), calls).await {
        Err(Trouble::Commit(CommitError::TooLarge(_))) => Case::new(host, record, version).end(outcome, said.into()).await,
        other => other,
    }
}

async fn running(mut case: Case<'_>, state: Value, since: Timestamp, tries: u32, permit: &Permit) -> Result<(), Trouble> {
    let host = case.host;
    let deadline = since + SignedDuration::from_secs(case.record.plan.patience);
    let stepped = step(&case, state.clone(), permit).await;
    let now = host.clock.now();
    let goes_on = matches!(stepped, Ok(Step::Next { .. } | Step::Progress { .. } | Step::Call { .. } | Step::Tell { .. }));
    if goes_on && now >= deadline {
        let said = "It did not end in time, so I stopped after this step. Its thread says what was done. Look at it in AWS.";
        return case.end_with(Outcome::Failed, said.into(), permit.calls()).await;
    }
    let (why, cause) = match stepped {
        Ok(Step::Next { state, note }) => {
            case.happen(Happening::Stepped { state, next: now, note: Some(note), calls: permit.calls() })?;
            return case.commit(Some(now)).await;
        }
        Ok(Step::Wait { state: next_state, until, note }) => {
            let news = !case.record.notes.iter().any(|told| told.text == note);
            let quiet = !news && next_state == state && permit.calls().is_empty() && tries == 0;
            if now >= deadline {
                let said = text!["It did not end in time. The last thing seen: "].then(note).then(" Look at it in AWS.");
                return case.end_with(Outcome::Failed, said, permit.calls()).await;
            }
            if quiet {
                return case.look_again(until).await;
            }
            let note = news.then_some(note);
            case.happen(Happening::Stepped { state: next_state, next: until, note, calls: permit.calls() })?;
            return case.commit(Some(until)).await;
        }
        Ok(Step::Progress { state, until, so_far }) => {
            case.happen(Happening::Progressed { state, next: until, so_far, calls: permit.calls() })?;
            return case.commit(Some(until)).await;
        }
        Ok(Step::Call { state: next_state, words }) => {
            case.call(&step_name(&state), &words);
            case.happen(Happening::Stepped { state: next_state, next: now, note: None, calls: permit.calls() })?;
            return case.commit(Some(now)).await;
        }
        Ok(Step::Tell { state, changes, what, note }) => {
            case.happen(Happening::Stepped { state, next: now, note: Some(note.clone()), calls: permit.calls() })?;
            let by = case.record.asker.clone();
            let told = Told { by, at: now, what, detail: Value::Null };
            return tell(case, &changes, &Happening::Told { told, note }).await;
        }
        Ok(Step::Done(said)) => {
            let outcome = if case.record.rejected.is_some() { Outcome::Rejected } else { Outcome::Succeeded };
            return case.end_with(outcome, said, permit.calls()).await;
        }
        Err(Error::Shown(why)) => return case.end_with(Outcome::Failed, why, permit.calls()).await,
        Err(Error::Outside { say, cause }) => {
            host.metrics.aws_in_the_way(&case.record.command);
            (say, cause)
        }
        Err(Error::Internal { doing, cause }) => {
            if tries + 1 >= BROKEN_TRIES {
                let said = host.broke(&doing, "I stopped; its thread says what was done before. Look at it in AWS.", &cause);
                return case.end_with(Outcome::Failed, said.plain().into(), permit.calls()).await;
            }
            (host.broke(&doing, "I try again soon.", &cause).plain().into(), cause)
        }
    };
    tracing::warn!(change = %case.record.id, cause, tries, "a step is tried again");
    let next = now + backoff(tries);
    if next >= deadline {
        // The newest note tells of this trouble, once it has been told.
        let before = case.record.notes.iter().rev().nth(usize::from(tries > 0)).map(|note| note.text.clone());
        let went_well = match before {
            Some(note) => text![" The last that went well: “"].then(note).then("”"),
            None => " Nothing had been done before.".into(),
        };
        let said = why.then(" I have tried until the deadline and stopped.").then(went_well);
        return case.end_with(Outcome::Failed, said, permit.calls()).await;
    }
    if tries + 1 == LOUD_AFTER {
        case.alarm(&step_name(&state), &why, next);
    }
    case.happen(Happening::Stumbled { next, why, cause, calls: permit.calls() })?;
    case.commit(Some(next)).await
}

/// Commits a step together with what it tells other changes that run.
async fn tell(case: Case<'_>, changes: &[ChangeId], told: &Happening) -> Result<(), Trouble> {
    let host = Arc::clone(case.host);
    let by = case.record.asker.clone();
    let mut draft = case.draft(Some(host.clock.now()))?;
    for id in changes {
        let Some((record, version)) = host.change(*id).await? else { continue };
        let mut other = Case::new(&host, record, version);
        if other.happen_by(told.clone(), &by).is_ok() {
            draft = draft.and(other.draft(Some(host.clock.now()))?);
        }
    }
    host.commit(draft).await?;
    host.bells.changes.ring();
    Ok(())
}

/// As whom its steps are taken: who asked for it; where the bot did, who decided on it, so that CloudTrail shows a human.
fn actor(record: &ChangeRecord) -> &PersonId {
    if record.asker.0 != MYSELF {
        return &record.asker;
    }
    let decided = record.rejected.as_ref().or_else(|| record.votes.last().map(|vote| &vote.by));
    decided.unwrap_or(&record.asker)
}

async fn step(case: &Case<'_>, state: Value, permit: &Permit) -> Result<Step<Value>, Error> {
    let (host, record) = (case.host, &case.record);
    let doing = || format!("carrying out {}", record.id);
    let entry = host.command(&record.command).ok_or_else(|| Error::internal(doing(), "there is no such command any more"))?;
    // What was begun is ended, even if whoever asked for it has left meanwhile.
    let actor = actor(record);
    let _ = host.renew(&[actor]).await;
    let asker = host.authority.person(actor).unwrap_or_else(|| Person::gone(actor));
    let operation = record.id.to_string();
    let ledger = Ledger(Arc::clone(&host.store));
    let asking = Asking {
        person: &asker,
        operation: &operation,
        action: entry.name(),
        reason: record.reason.as_deref(),
        starts: record.plan.start,
        told: &record.told,
    };
    let cx = host.context(&asking, &ledger);
    let stepped = tokio::time::timeout(LONGEST, unpanicked(doing, entry.step(&record.args, state, permit, &cx))).await;
    stepped
        .map_err(|_| Error::Outside { say: "AWS took too long to answer.".into(), cause: "the step took too long".to_owned() })?
}

/// A panic is an error of ours like any other, so that tries of what panics come to an end.
async fn unpanicked<T>(doing: impl Fn() -> String, work: impl Future<Output = commands::Result<T>>) -> commands::Result<T> {
    let ended = futures_util::FutureExt::catch_unwind(AssertUnwindSafe(work)).await;
    ended.unwrap_or_else(|_| Err(Error::internal(doing(), "it panicked")))
}

/// 30 s, doubled with each try up to 10 minutes.
fn backoff(tries: u32) -> SignedDuration {
    SignedDuration::from_secs((30 << tries.min(5)).min(600))
}

#[expect(clippy::disallowed_methods, reason = "this is the engine")]
fn issue(change: &str, step: &str, actor: &PersonId) -> Permit {
    Permit::issue(change, step, actor.clone())
}
