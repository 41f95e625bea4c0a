//! What its source says of an alert: that it is wrong, still or again, and that it is right again.

use commands::PersonId;
use commands::context::MYSELF;
use commands::message::lasting;
use commands::records::{AlertRecord, Condition, Ends, Fact, Handling, Origin, Signal};
use commands::text;
use jiff::{SignedDuration, Timestamp};

use super::rungs::{go_on, route};
use super::{Ways, did, fact, nth, rest, want, whole};

/// How old a word is with which an alert begins before its source is asked whether that is still so.
const OLD: SignedDuration = SignedDuration::from_mins(1);

/// Whether a word of its source is from before what is known of it: words that take several ways, or a queue's, come in any
/// order, and some twice. Those of one instant count as they come, but for one that people have ended already.
pub fn is_late(record: &AlertRecord, signal: &Signal) -> bool {
    let ended = signal.condition == Condition::Firing
        && signal.ends == Ends::ByPeople
        && matches!(record.handling, Handling::Resolved { by: Some(_), .. });
    signal.as_of.zip(record.as_of).is_some_and(|(told, known)| told < known || told == known && ended)
}

/// Whether an alert begins with a word that is so old that a newer one may have come before it, when nothing was known of it.
pub(super) fn is_old(signal: &Signal, now: Timestamp) -> bool {
    signal.as_of.is_some_and(|told| told + OLD < now)
}

/// As of when something is known that a source says is wrong: at least since it began, where the source tells that.
pub(super) fn tells_as_of(signal: &Signal, now: Timestamp) -> Option<Timestamp> {
    signal.as_of.or(Some(signal.since).filter(|since| *since < now))
}

/// Has the source asked what it says now, where it can be.
pub(super) fn ask(next: &mut AlertRecord, now: Timestamp) {
    if next.signal.origin != Origin::Nowhere {
        next.at_source.next = Some(now);
    }
}

/// The source says that it is wrong: still, or again.
pub(super) fn fired(
    mut next: AlertRecord,
    (signal, policy): (Signal, Option<String>),
    (ways, now): (Ways<'_>, Timestamp),
) -> (AlertRecord, Option<Fact>) {
    let (was, myself) = (next.condition, PersonId(MYSELF.to_owned()));
    let known = next.as_of;
    next.condition = Condition::Firing;
    let worse = signal.severity < next.signal.severity;
    let words = format!("It is {} now; it was {}.", signal.severity, next.signal.severity);
    if was == Condition::Firing {
        next.as_of = known.max(signal.as_of);
        let signal = Signal { since: next.signal.since, ..signal };
        if signal == next.signal && next.is_open() {
            return (next, None);
        }
        if worse {
            did(&mut next, &myself, now, words.into());
            route(&mut next, policy, (ways, now));
        }
        next.signal = signal;
        next.said = now;
        let event = worse.then(|| fact(&next, "alert_worse", MYSELF));
        return (next, event);
    }
    next.as_of = known.max(tells_as_of(&signal, now));
    next.signal = signal;
    next.said = now;
    next.times += 1;
    let goes_on = next.held.take().and_then(|held| match held {
        Handling::Acknowledged { until, .. } | Handling::Silenced { until, .. } if until > now => Some((held, until)),
        _ => None,
    });
    let again = format!("It is wrong again, for the {} time.", nth(next.times));
    let again = if worse { format!("{again} {words}") } else { again };
    match goes_on {
        Some((held, until)) => {
            next.handling = held;
            want(&mut next, Some(until), now);
            did(&mut next, &myself, now, format!("{again} It stays as it was handled.").into());
            if worse {
                route(&mut next, policy, (ways, now));
            }
        }
        None => {
            next.handling = Handling::Open;
            // What is worse now than when it last climbed is not where it was.
            if worse && policy.is_some() {
                route(&mut next, policy, (ways, now));
            } else {
                go_on(&mut next, ways, now);
            }
            did(&mut next, &myself, now, again.into());
        }
    }
    if known.is_some_and(|known| next.signal.since < known) {
        // It goes on with its old beginning, or this is an old word: the source knows.
        ask(&mut next, now);
    }
    let fact = fact(&next, "alert_fired_again", MYSELF);
    (next, Some(fact))
}

/// The source says that it is right again.
pub(super) fn cleared(mut next: AlertRecord, as_of: Option<Timestamp>, now: Timestamp) -> (AlertRecord, Option<Fact>) {
    next.as_of = next.as_of.max(as_of);
    if next.condition == Condition::Resolved {
        return (next, None);
    }
    let myself = PersonId(MYSELF.to_owned());
    next.condition = Condition::Resolved;
    // By the source's clock where it tells: its word may have taken long.
    let after = lasting(whole(as_of.unwrap_or(now).duration_since(next.signal.since)));
    did(&mut next, &myself, now, text![format!("Its source says it is right again, after {after}.")]);
    if next.is_open() {
        let was = std::mem::replace(&mut next.handling, Handling::Resolved { by: None, at: now, note: None });
        next.held = matches!(was, Handling::Acknowledged { .. } | Handling::Silenced { .. }).then_some(was);
    }
    next.said = now;
    rest(&mut next, now);
    let fact = fact(&next, "alert_cleared", MYSELF);
    (next, Some(fact))
}
