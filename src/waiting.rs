//! A change that waits for approval: reads the emoji under its card, counts, reminds, expires.

use commands::message::{Text, bold, code, lasting};
use commands::plan::Gate;
use commands::records::{ChangeRecord, Outcome, Status};
use commands::{PersonId, text};
use jiff::{SignedDuration, Timestamp};

use crate::approval::{self, Seen, Stranger, Tally};
use crate::card;
use crate::case::Case;
use crate::change::Happening;
use crate::engine;
use crate::host::{Host, Trouble, read};
use crate::identity::{Outsider, Refusal};
use crate::platform::Account;
use crate::store::{Key, Kind};

/// The longest a card goes unread when no event tells of it.
const LONGEST_LOOK: SignedDuration = SignedDuration::from_mins(10);
/// The shortest.
const SHORTEST_LOOK: SignedDuration = SignedDuration::from_mins(1);

/// What is said of a request whose time is over.
const UNAPPROVED: &str = "It was not approved in time. Nothing was changed. Ask for it again.";

/// How long after its time a decision is left to the world to be seen.
const SETTLES: SignedDuration = SignedDuration::from_mins(15);
/// The parts of a gate's window after which approvers are reminded, in percent.
const WARNINGS: [i32; 2] = [50, 90];

/// Looks at a change that waits for approval.
pub async fn look(mut case: Case<'_>, expires: Timestamp) -> Result<(), Trouble> {
    let host = case.host;
    let seen = seen(&case).await?;
    let now = host.clock.now();
    if let Cardside::Unread = seen
        && now >= expires
        && now < expires + host.rules.late
    {
        // Votes cast in time may stand under it.
        return case.look_again(now + SHORTEST_LOOK).await;
    }
    if let Cardside::Votes(votes) = &seen {
        let plain: Vec<Seen> = votes.iter().map(|(_, seen)| seen.clone()).collect();
        for happening in approval::compare(&case.record, &plain, &*host.authority, now) {
            if let Happening::TurnedAway { key, why } = &happening {
                let reads = |seen: &Seen| seen.voter.as_ref().err().is_none_or(|stranger| stranger.outsider.reads());
                let vote = votes.iter().find(|(account, seen)| key.starts_with(&whose(account, seen)));
                if let Some((account, _)) = vote.filter(|(_, seen)| reads(seen)) {
                    let words = text!["Your vote on ", code(case.record.id.to_string()), " does not count. ", why.as_str()];
                    case.whisper(key, account, words.into());
                }
            }
            case.happen(happening)?;
        }
    }
    let voters: Vec<&PersonId> = case.record.votes.iter().map(|vote| &vote.by).collect();
    if host.renew(&voters).await.is_err() {
        // A rejection that is not counted would be an approval.
        let next = now + SHORTEST_LOOK;
        return match now < expires + host.rules.late {
            true if case.is_quiet() => case.look_again(next).await,
            true => case.commit(Some(next)).await,
            false => case.end(Outcome::Expired, UNAPPROVED.into()).await,
        };
    }
    let tally = approval::tally(&case.record, &*host.authority);
    if let (Tally::Approved, Some(gate)) = (&tally, &case.record.plan.gate)
        && now < gate.until
        && let Some(freeze) = engine::freeze(host, case.record.plan.resource.project.as_deref(), now).await?
    {
        // It stays open, so that a rejection still counts.
        let held = text!["Approved, but the freeze ", code(format!("FRZ-{}", freeze.id)), " holds until ", freeze.until, ". "];
        case.count_down(held.then(left(gate, now)));
        let next = now + SHORTEST_LOOK;
        return if case.is_quiet() { case.look_again(next).await } else { case.commit(Some(next)).await };
    }
    if let Some(outcome) = approval::outcome(&case.record, &tally, now) {
        // A platform does not say when an emoji was left: one found first after the request expired was cast while the
        // bot was away, and counts. A start that has passed by too long is refused when it would begin.
        case.happen(outcome)?;
        let goes_on = matches!(case.record.status, Status::Scheduled { .. } | Status::Running { .. });
        let due = goes_on.then_some(now);
        return case.commit(due).await;
    }
    if let Some(gate) = case.record.plan.gate.clone() {
        if now < gate.until {
            case.count_down(left(&gate, now));
        } else if now < gate.until + SETTLES {
            // What the world made of it is for whoever follows it to say.
            return case.look_again(now + SHORTEST_LOOK).await;
        }
    }
    if now >= expires {
        return case.end(Outcome::Expired, UNAPPROVED.into()).await;
    }
    if case.record.plan.start.is_some_and(|start| start <= now) {
        let said = "Its time came before its approval. Nothing was changed. Ask for it again with a later time.";
        return case.end(Outcome::Expired, said.into()).await;
    }
    prod(&mut case, &tally, now)?;
    let next = next_look(host, &case.record, expires, now);
    if case.is_quiet() { case.look_again(next).await } else { case.commit(Some(next)).await }
}

/// When to look at a change that waits next, if nothing makes us look earlier.
pub fn next_look(host: &Host, record: &ChangeRecord, expires: Timestamp, now: Timestamp) -> Timestamp {
    let age = now.duration_since(record.asked);
    let gap = (age / 4).clamp(SHORTEST_LOOK, LONGEST_LOOK);
    let ticks = record.plan.gate.as_ref().filter(|gate| now < gate.until).map(|gate| tick(gate.until, now));
    let times = [Some(now + gap), Some(expires), record.plan.start, next_prod(host, record), ticks];
    times.into_iter().flatten().min().unwrap_or(expires)
}

/// Something happened under the message of a slot: if that is the card of a change that waits, the change is looked at now.
///
/// # Errors
/// When the store can't be read.
pub async fn nudge(host: &Host, slot: &str) -> Result<(), Trouble> {
    let Some((record, _)) = (match card::change_of(slot) {
        Some(id) => host.change(id).await?,
        None => None,
    }) else {
        return Ok(());
    };
    if matches!(record.status, Status::AwaitingApproval { .. }) && card::slot(&record) == slot {
        host.store.wake(&Key::numbered(Kind::Change, record.id.0), host.clock.now()).await;
        host.bells.changes.ring();
    }
    Ok(())
}

/// Looks at all changes that wait: who may approve them may have changed.
pub async fn nudge_waiting(host: &Host) -> Result<(), Trouble> {
    for row in host.store.pending(Kind::Change).await? {
        if matches!(read::<ChangeRecord>(&row)?.status, Status::AwaitingApproval { .. }) {
            host.store.wake(&row.key, host.clock.now()).await;
        }
    }
    host.bells.changes.ring();
    Ok(())
}

/// Looks after a start at all changes that wait: what happened under their cards while the bot was away came in no event.
/// And at once, before all else, at those whose last step failed: what they wait for may be over. Says how many those are.
pub async fn nudge_all(host: &Host) -> Result<usize, Trouble> {
    let mut first = 0;
    for row in host.store.pending(Kind::Change).await? {
        let record: ChangeRecord = read(&row)?;
        match record.status {
            Status::AwaitingApproval { .. } => host.store.wake(&row.key, host.clock.now()).await,
            Status::Running { tries: 1.., .. } => {
                host.store.wake(&row.key, Timestamp::UNIX_EPOCH).await;
                first += 1;
            }
            Status::Running { .. } | Status::Scheduled { .. } | Status::Ended { .. } => {}
        }
    }
    Ok(first)
}

fn whose(account: &Account, seen: &Seen) -> String {
    match &seen.voter {
        Ok(person) => format!("{} ", person.id),
        Err(_) => format!("{account} "),
    }
}

/// What stands under a card.
enum Cardside {
    /// The votes.
    Votes(Vec<(Account, Seen)>),
    /// It was not posted yet.
    Unposted,
    /// It can't be read now.
    Unread,
}

async fn seen(case: &Case<'_>) -> Result<Cardside, Trouble> {
    let host = case.host;
    let Some(at) = host.posted(&card::slot(&case.record)).await? else { return Ok(Cardside::Unposted) };
    let Some(platform) = host.platform(&at.platform) else { return Ok(Cardside::Unread) };
    let reactions = match platform.reactions(&at).await {
        Ok(reactions) => reactions,
        Err(error) => {
            tracing::warn!(change = %case.record.id, %error, "the emoji under a card can't be read");
            return Ok(Cardside::Unread);
        }
    };
    let mut votes = Vec::new();
    for reaction in reactions {
        let Some(verdict) = approval::verdict_of(&host.rules, &reaction.emoji) else { continue };
        let account = Account { platform: at.platform.clone(), id: reaction.account };
        let voter = match host.people.recognise(platform.as_ref(), &account, host.clock.now()).await {
            Ok(Ok(person)) => {
                if host.renew(&[&person.id]).await.is_err() {
                    return Ok(Cardside::Unread);
                }
                Ok(host.people.in_groups(person))
            }
            Ok(Err(Outsider::Refused(Refusal::Unread))) => {
                tracing::warn!(%account, "a voter can't be told from a stranger before Identity Center is read");
                return Ok(Cardside::Unread);
            }
            Ok(Err(outsider)) => Err(Stranger { account: account.to_string(), outsider }),
            Err(error) => {
                tracing::warn!(%account, %error, "a voter can't be looked up now");
                return Ok(Cardside::Unread);
            }
        };
        votes.push((account, Seen { voter, verdict }));
    }
    Ok(Cardside::Votes(votes))
}

/// What is shown of the time that is left: whole minutes, of the last ten each, before that every fifth.
fn shown(left: SignedDuration) -> SignedDuration {
    let minutes = (left.as_secs().max(0) + 59) / 60;
    SignedDuration::from_mins(if minutes > 10 { (minutes + 4) / 5 * 5 } else { minutes })
}

/// When less will be shown.
fn tick(until: Timestamp, now: Timestamp) -> Timestamp {
    let shown = shown(until.duration_since(now));
    let step = SignedDuration::from_mins(if shown.as_mins() > 10 { 5 } else { 1 });
    until - (shown - step)
}

/// How much time is left for a decision, and what happens without one.
pub fn left<S>(gate: &Gate<S>, now: Timestamp) -> Text {
    let left = lasting(shown(gate.until.duration_since(now)));
    text![bold(format!("{left} left")), format!(", then {}.", gate.otherwise)]
}

fn next_prod(host: &Host, record: &ChangeRecord) -> Option<Timestamp> {
    if let Some(gate) = &record.plan.gate {
        let window = gate.until.duration_since(gate.since);
        return WARNINGS.get(record.prodded).map(|percent| gate.since + window * *percent / 100);
    }
    let gaps = &host.rules.approvals.remind;
    let last = *gaps.last()?;
    let total: SignedDuration = (0..=record.prodded).map(|at| gaps.get(at).copied().unwrap_or(last)).sum();
    Some(record.asked + total)
}

/// Reminds those who could approve, with growing gaps.
fn prod(case: &mut Case<'_>, tally: &Tally, now: Timestamp) -> Result<(), Trouble> {
    let host = case.host;
    let (Some(due), Some(requirement), Tally::Waiting { missing }) =
        (next_prod(host, &case.record), &case.record.requires, tally)
    else {
        return Ok(());
    };
    if now < due {
        return Ok(());
    }
    let record = &case.record;
    let could = approval::could_approve(requirement, &record.asker, &record.plan.resource, &*host.authority);
    let voted = |id| record.votes.iter().any(|vote| vote.by == id);
    let noun = if *missing == 1 { "approval" } else { "approvals" };
    let mut words = text!["⏳ ", code(record.id.to_string()), format!(" still waits for {missing} {noun}.")];
    let could: Vec<_> = could.into_iter().filter(|person| !voted(person.id.clone())).take(5).collect();
    if !could.is_empty() {
        words = words.then(" ").then(card::any_of(&could)).then(" could give it.");
    }
    if let Some(gate) = &record.plan.gate {
        words = words.then(" ").then(left(gate, now));
    }
    let name = format!("prod/{}/{}", record.round, record.prodded);
    case.tell(&name, words.into());
    case.happen(Happening::Prodded)?;
    // Reminders that an outage made late are one reminder.
    while next_prod(host, &case.record).is_some_and(|due| due <= now) {
        case.happen(Happening::Prodded)?;
    }
    Ok(())
}
