//! Carries out a change of the bot's own records in the commit that records it: votes, cancellations, new starts, freezes,
//! who stands in on call, who is who.

use commands::message::{Message, Text, code};
use commands::records::{Cast, ChangeId, Effect, Freeze, Outcome, Status, Told, Verdict, Vote};
use commands::text;

use crate::answer::{Answering, Ending};
use crate::approval;
use crate::case::Case;
use crate::change::Happening;
use crate::engine;
use crate::glass;
use crate::host::{Draft, Host, TRIES, Trouble, contested, json, read};
use crate::platform::Account;
use crate::store::{CommitError, Key, Kind, Write};
use crate::{alerts, waiting, watching};

mod linking;
mod oncall;

/// Carries out the effects and answers. When a record changed under its hands, it looks and tries again.
pub async fn carry_out(answering: &Answering<'_>, effects: Vec<Effect>, say: Message) -> Result<(), Trouble> {
    let unlinked: Vec<Account> = effects.iter().filter_map(unlinked).collect();
    // Whoever uses the account just now must not be learned anew.
    let _alone = if unlinked.is_empty() { None } else { Some(answering.host.people.alone().await) };
    let mut tries = 0;
    loop {
        tries += 1;
        let mut draft = Draft::at(answering.host.clock.now());
        for effect in &effects {
            match apply(answering, draft, effect).await? {
                Ok(more) => draft = more,
                Err(why) => return answering.refuse(why).await,
            }
        }
        match answering.finish(Ending::new("answered", say.clone()), draft).await {
            Err(Trouble::Commit(CommitError::Conflict(key))) if key.kind != Kind::Asked && tries < TRIES => {}
            Err(Trouble::Commit(CommitError::Conflict(key))) if key.kind != Kind::Asked => {
                return Err(contested(&key).into());
            }
            other => {
                if other.is_ok() {
                    unlinked.iter().for_each(|account| answering.host.people.forget(account));
                }
                answering.host.bells.changes.ring();
                answering.host.bells.watches.ring();
                answering.host.bells.alerts.ring();
                answering.host.bells.hooks.ring();
                answering.host.bells.shifts.ring();
                answering.host.bells.swaps.ring();
                return other;
            }
        }
    }
}

/// The account that an effect unlinks.
fn unlinked(effect: &Effect) -> Option<Account> {
    let Effect::Unlink { account, .. } = effect else { return None };
    let (platform, id) = account.split_once(':')?;
    Some(Account { platform: platform.to_owned(), id: id.to_owned() })
}

/// Adds one effect to a draft; the inner error is the sentence why it can't be had.
async fn apply(answering: &Answering<'_>, draft: Draft, effect: &Effect) -> Result<Result<Draft, Text>, Trouble> {
    let host = answering.host;
    let now = host.clock.now();
    match effect {
        Effect::Vote { change, verdict, plan, reason } => {
            vote(answering, draft, (*change, plan), (*verdict, reason.clone())).await
        }
        Effect::Cancel { change, reason } => {
            let by = &answering.person.id;
            let said = match reason {
                Some(reason) => text!["Cancelled by ", by, ": ", reason.as_str(), ". Nothing was changed."],
                None => text!["Cancelled by ", by, ". Nothing was changed."],
            };
            happen(answering, draft, *change, Happening::Ended { outcome: Outcome::Cancelled, said, calls: Vec::new() }).await
        }
        Effect::Reschedule { change, at } => {
            let Some((record, _)) = host.change(*change).await? else { return Ok(Err(unknown(*change))) };
            let expires = record.requires.is_some().then(|| (now + host.rules.approvals.expires).min(*at));
            happen(answering, draft, *change, Happening::Rescheduled { at: *at, expires }).await
        }
        Effect::Tell { change, what, detail, note } => {
            let told = Told { by: answering.person.id.clone(), at: now, what: what.clone(), detail: detail.clone() };
            happen(answering, draft, *change, Happening::Told { told, note: note.clone() }).await
        }
        Effect::Follow { watch, post, about } => {
            let whose = (&answering.open.place, &answering.open.account);
            let followed = watching::follow(host, draft, (watch, post), about, whose).await?;
            Ok(followed.ok_or_else(|| "I don't follow anything there yet. Try again in a minute.".into()))
        }
        Effect::Alerts { alerts, deed } => alerts::act(answering, draft, (alerts, deed)).await,
        Effect::Claim { change } => happen(answering, draft, *change, Happening::Claimed(answering.person.id.clone())).await,
        Effect::SignOff { change, note } => happen(answering, draft, *change, Happening::Reviewed { note: note.clone() }).await,
        Effect::Freeze { project, reason, until } => {
            let (id, count) = counted(host, "freeze", 1).await?;
            let freeze = Freeze {
                id,
                project: project.clone(),
                reason: reason.clone(),
                since: now,
                until: *until,
                by: answering.person.id.clone(),
            };
            let mut fact = answering.fact("freeze_started");
            fact.project = project.clone();
            fact.detail.insert("freeze".to_owned(), json(&freeze)?);
            let write = Write { key: Key::numbered(Kind::Freeze, freeze.id), expects: 0, value: Some(json(&freeze)?), due: None };
            Ok(Ok(draft.write(count).write(write).fact(fact)))
        }
        Effect::Thaw { id } => {
            let key = Key::numbered(Kind::Freeze, *id);
            let Some(row) = host.store.get(&key).await? else {
                return Ok(Err(text!["There is no freeze ", code(format!("FRZ-{id}")), " now."]));
            };
            let freeze: Freeze = read(&row)?;
            let mut fact = answering.fact("freeze_ended");
            fact.project = freeze.project.clone();
            fact.detail.insert("freeze".to_owned(), json(&freeze)?);
            Ok(Ok(draft.write(Write { key, expects: row.version, value: None, due: None }).fact(fact)))
        }
        Effect::Override { rotation, who, time, reason } => {
            oncall::stand_in(answering, draft, (rotation, who), *time, reason.as_ref()).await
        }
        Effect::EndOverride { id } => oncall::end_override(answering, draft, *id).await,
        Effect::ProposeSwap { rotation, other, gives, takes, reason } => {
            oncall::propose(answering, draft, (rotation, other), (*gives, *takes), reason.as_ref()).await
        }
        Effect::MakeCode { person, digest, until } => linking::make_code(answering, draft, person, (digest, *until)).await,
        Effect::Unlink { person, account } => linking::unlink(answering, draft, (person, account)).await,
        Effect::AnswerSwap { id, answer } => oncall::answer(answering, draft, *id, answer).await,
    }
}

/// The next number of what is counted as `what`, and the write that takes this and those after it, `many` in all.
async fn counted(host: &Host, what: &str, many: u64) -> Result<(u64, Write), Trouble> {
    let key = Key::new(Kind::Counter, what);
    let row = host.store.get(&key).await?;
    let (last, expects) = match &row {
        Some(row) => (read::<u64>(row)?, row.version),
        None => (0, 0),
    };
    Ok((last + 1, Write { key, expects, value: Some(json(&(last + many))?), due: None }))
}

async fn vote(
    answering: &Answering<'_>,
    draft: Draft,
    (change, plan): (ChangeId, &str),
    (verdict, reason): (Verdict, Option<String>),
) -> Result<Result<Draft, Text>, Trouble> {
    let host = answering.host;
    let Some((record, _)) = host.change(change).await? else { return Ok(Err(unknown(change))) };
    if !matches!(record.status, Status::AwaitingApproval { .. }) {
        return Ok(Err(crate::change::illegal(&record).0));
    }
    if record.plan.digest != plan {
        let id = code(change.to_string());
        return Ok(Err(text![id, " was given another plan this moment, so your vote does not count. Look at its newest card."]));
    }
    if let Err(why) = approval::eligible(&record, answering.person, &*host.authority) {
        return Ok(Err(text!["Your vote on ", code(change.to_string()), " does not count. ", why]));
    }
    let by = answering.person.id.clone();
    let vote = Vote { by, verdict, cast: Cast::Command, at: host.clock.now(), reason };
    happen(answering, draft, change, Happening::Voted(vote)).await
}

/// Lets something happen to a change, which is then looked at again at once or at its time.
async fn happen(
    answering: &Answering<'_>,
    draft: Draft,
    change: ChangeId,
    happening: Happening,
) -> Result<Result<Draft, Text>, Trouble> {
    let host = answering.host;
    let Some((record, version)) = host.change(change).await? else { return Ok(Err(unknown(change))) };
    let mut case = Case::new(host, record, version);
    if let Err(illegal) = case.happen_by(happening, &answering.person.id) {
        return Ok(Err(illegal.0));
    }
    let due = next_look(host, &case);
    Ok(Ok(draft.and(case.draft(due)?)))
}

fn next_look(host: &Host, case: &Case<'_>) -> Option<jiff::Timestamp> {
    let now = host.clock.now();
    match &case.record.status {
        // A vote is counted by the engine, at once.
        Status::AwaitingApproval { expires } if case.record.votes.is_empty() => {
            Some(waiting::next_look(host, &case.record, *expires, now))
        }
        Status::AwaitingApproval { .. } | Status::Running { .. } => Some(now),
        Status::Scheduled { at } => Some(engine::next_look(host, &case.record, *at)),
        Status::Ended { .. } => glass::next_reminder(&case.record),
    }
}

fn unknown(change: ChangeId) -> Text {
    text!["There is no ", code(change.to_string()), ". ", code("change list"), " shows those there are."]
}
