//! Storms: where more alerts come at once than people can read, one message stands for all that follow. It is an alert
//! itself, raised by the bot: it has a card, climbs, is taken and ends like any other. What it says of its alerts is looked up
//! at each look, not counted along the way.

use std::collections::BTreeMap;

use commands::PersonId;
use commands::context::MYSELF;
use commands::records::{AlertId, Condition, Ends, Gathered, Severity, Signal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Matter, ways};
use crate::alert::{self, Happening};
use crate::host::{Trouble, json, read};
use crate::store::{Key, Kind, Which, Write};

/// Within this many cards are counted.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// A storm is over in a channel once fewer alerts than have cards of their own came within this.
const CALM: SignedDuration = SignedDuration::from_mins(5);
/// How often a storm that is open is looked at.
pub const LOOKS: SignedDuration = SignedDuration::from_mins(1);
/// The worst of a storm that its card names.
const NAMED: usize = 5;

/// A channel's alerts of late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// When its last cards were begun, those of critical alerts apart: they have room of their own.
    cards: Vec<Timestamp>,
    critical: Vec<Timestamp>,
    /// When the last alerts came, as many as a minute has cards.
    came: Vec<Timestamp>,
    /// The alert that stands for all others now.
    pub storm: Option<AlertId>,
}

impl Channel {
    /// Whether one more alert has a card of its own here: no more than `limit` a minute, and as many critical ones. Ends the
    /// storm where no more come than there are cards for.
    pub fn takes(&mut self, severity: Severity, (limit, now): (usize, Timestamp)) -> bool {
        self.came.push(now);
        let surplus = self.came.len().saturating_sub(limit + 1);
        self.came.drain(..surplus);
        let is_calm = self.came.len() <= limit || self.came.first().is_none_or(|first| now.duration_since(*first) > CALM);
        if is_calm {
            self.storm = None;
        }
        let cards = if severity == Severity::Critical { &mut self.critical } else { &mut self.cards };
        cards.retain(|begun| now.duration_since(*begun) < MINUTE);
        if cards.len() >= limit || (self.storm.is_some() && severity != Severity::Critical) {
            return false;
        }
        cards.push(now);
        true
    }
}

/// What the bot says of a storm that begins. Nobody but people and the bot itself end it.
pub fn signal(channel: &str, id: AlertId, now: Timestamp) -> Signal {
    Signal {
        source: MYSELF.to_owned(),
        fingerprint: format!("storm/{id}"),
        title: format!("Alert storm in {channel}"),
        severity: Severity::Info,
        since: now,
        ends: Ends::ByPeople,
        ..Signal::default()
    }
}

/// One more alert that has no card of its own: the storm takes over its escalation policy where it is the worst so far.
pub fn add(matter: &mut Matter<'_>, (id, title, severity): (AlertId, &str, Severity), policy: Option<String>) {
    let now = matter.host.clock.now();
    let Some(mut gathered) = matter.record.gathers.take() else { return };
    gathered.total += 1;
    gathered.last = Some(now);
    gathered.until = Some(id);
    *gathered.firing.entry(severity).or_default() += 1;
    gathered.worst.push((severity, id, title.to_owned()));
    gathered.worst.sort();
    gathered.worst.truncate(NAMED);
    matter.record.signal.summary = summary(&gathered);
    matter.record.gathers = Some(gathered);
    rise(matter, severity, policy);
}

/// One of its alerts is so bad: the storm is as bad as the worst of them, and takes over the escalation policy of that.
pub fn rise(matter: &mut Matter<'_>, severity: Severity, policy: Option<String>) {
    let now = matter.host.clock.now();
    let is_worst = severity < matter.record.signal.severity;
    matter.record.signal.severity = severity.min(matter.record.signal.severity);
    let routed = matter.record.escalation.as_ref().map(|escalation| &escalation.policy);
    if policy.is_some() && (routed.is_none() || is_worst && routed != policy.as_ref()) {
        alert::route(&mut matter.record, policy, (ways(matter.host), now));
    }
}

/// One more alert that has no card of its own, and was over before anybody knew of it: it is counted, and no more.
pub fn add_over(matter: &mut Matter<'_>, id: AlertId) {
    let now = matter.host.clock.now();
    let Some(gathered) = &mut matter.record.gathers else { return };
    gathered.total += 1;
    gathered.last = Some(now);
    gathered.until = Some(id);
    matter.record.signal.summary = summary(gathered);
}

/// Looks at an open storm: how many of its alerts are wrong now, and whether it is over.
///
/// # Errors
/// When the store can't be read.
pub async fn look(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let (host, now) = (matter.host, matter.host.clock.now());
    let Some(mut gathered) = matter.record.gathers.clone().filter(|_| matter.record.is_open()) else { return Ok(()) };
    let (mut firing, mut worst) = (BTreeMap::<Severity, u32>::new(), Vec::new());
    let last = gathered.until.map_or(matter.record.id.0, |id| id.0);
    // The alert that began it has the number before.
    let members = Which::Numbered { first: matter.record.id.0.saturating_sub(1), last };
    for member in super::heads(&*host.store, members).await? {
        if member.storm != Some(matter.record.id.0) || !member.is_open() || member.condition == Condition::Resolved {
            continue;
        }
        *firing.entry(member.signal.severity).or_default() += 1;
        worst.push((member.signal.severity, member.id, member.signal.title));
        if worst.len() > 20 * NAMED {
            worst.sort();
            worst.truncate(NAMED);
        }
    }
    worst.sort();
    worst.truncate(NAMED);
    let is_over = firing.is_empty();
    (gathered.firing, gathered.worst) = (firing, worst);
    let is_calm = gathered.last.is_none_or(|last| last + CALM <= now);
    matter.record.signal.summary = summary(&gathered);
    matter.record.gathers = Some(gathered);
    if is_calm {
        let key = Key::new(Kind::Storm, matter.record.channel.as_str());
        if let Some(row) = host.store.get(&key).await? {
            let channel: Channel = read(&row)?;
            if channel.storm == Some(matter.record.id) {
                let value = Some(json(&Channel { storm: None, ..channel })?);
                matter.write(Write { key, expects: row.version, value, due: None });
            }
        }
    }
    if is_calm && is_over {
        matter.must(Happening::Cleared { as_of: None }, &PersonId(MYSELF.to_owned()))?;
    }
    Ok(())
}

/// A storm in words.
fn summary(gathered: &Gathered) -> String {
    let firing: u32 = gathered.firing.values().sum();
    let counts: Vec<String> =
        gathered.firing.iter().filter(|(_, count)| **count > 0).map(|(severity, count)| format!("{count} {severity}")).collect();
    let worst: Vec<String> = gathered.worst.iter().map(|(severity, id, title)| format!("{id} {severity} · {title}")).collect();
    let wrong = if counts.is_empty() {
        "none is wrong any more".to_owned()
    } else {
        let are = if firing == 1 { "is" } else { "are" };
        format!("{firing} {are} wrong now: {}", counts.join(", "))
    };
    let worst = if worst.is_empty() { String::new() } else { format!("\nThe worst:\n{}", worst.join("\n")) };
    let (came, their) = if gathered.total == 1 { ("alert", "its") } else { ("alerts", "their") };
    format!("{} {came} came without a card of {their} own; {wrong}.{worst}", gathered.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_alerts_have_room_of_their_own() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let mut channel = Channel::default();
        let taken = |channel: &mut Channel, severity, at| channel.takes(severity, (2, at));
        assert!(taken(&mut channel, Severity::Info, now) && taken(&mut channel, Severity::Warning, now));
        assert!(!taken(&mut channel, Severity::Info, now));
        channel.storm = Some(AlertId(3));
        assert!(!taken(&mut channel, Severity::Warning, now));
        assert!(taken(&mut channel, Severity::Critical, now) && taken(&mut channel, Severity::Critical, now));
        assert!(!taken(&mut channel, Severity::Critical, now));
        let later = now + MINUTE;
        assert!(!taken(&mut channel, Severity::Info, later), "the storm goes on");
        assert!(taken(&mut channel, Severity::Critical, later));
    }

    #[test]
    fn a_trickle_keeps_no_storm_on() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let mut channel = Channel::default();
        let own: Vec<bool> = (0..5).map(|_| channel.takes(Severity::Info, (2, now))).collect();
        assert_eq!(own, [true, true, false, false, false]);
        channel.storm = Some(AlertId(3));
        let later = |minutes: i64| now + SignedDuration::from_mins(minutes);
        assert!(!channel.takes(Severity::Info, (2, later(4))));
        assert!(channel.takes(Severity::Info, (2, later(8))) && channel.storm.is_none(), "two came within five minutes");
    }
}
