//! Storms: where more alerts come at once than people can read, one message stands for all that follow. It is an alert
//! itself, raised by the bot: it has a card, climbs, is taken and ends like any other.

use commands::PersonId;
use commands::context::MYSELF;
use commands::records::{AlertId, AlertRecord, Condition, Gathered, Severity, Signal};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Matter;
use crate::alert::Happening;
use crate::host::{Trouble, json, read};
use crate::store::{Key, Kind, Write};

/// Within this many cards are counted.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// A storm is over once nothing has come for this long.
const CALM: SignedDuration = SignedDuration::from_mins(5);
/// The worst of a storm that its card names.
const NAMED: usize = 5;

/// A channel's alerts of late.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// When its last cards were begun, those of critical alerts apart: they have room of their own.
    cards: Vec<Timestamp>,
    critical: Vec<Timestamp>,
    /// The alert that stands for all others now.
    pub storm: Option<AlertId>,
}

impl Channel {
    /// Whether one more alert has a card of its own here: no more than `limit` a minute, and as many critical ones.
    pub fn takes(&mut self, severity: Severity, (limit, now): (usize, Timestamp)) -> bool {
        let cards = if severity == Severity::Critical { &mut self.critical } else { &mut self.cards };
        cards.retain(|begun| now.duration_since(*begun) < MINUTE);
        if cards.len() >= limit || (self.storm.is_some() && severity != Severity::Critical) {
            return false;
        }
        cards.push(now);
        true
    }
}

/// What the bot says of a storm that begins.
pub fn signal(channel: &str, id: AlertId, now: Timestamp) -> Signal {
    Signal {
        source: MYSELF.to_owned(),
        fingerprint: format!("storm/{id}"),
        title: format!("Alert storm in {channel}"),
        severity: Severity::Info,
        since: now,
        ..Signal::default()
    }
}

/// One more alert that has no card of its own.
///
/// # Errors
/// None but faults of ours.
pub fn add(matter: &mut Matter<'_>, (id, title, severity): (AlertId, &str, Severity), now: Timestamp) -> Result<(), Trouble> {
    let Some(gathered) = &mut matter.record.gathers else { return Ok(()) };
    gathered.total += 1;
    gathered.last = Some(now);
    *gathered.firing.entry(severity).or_default() += 1;
    gathered.worst.push((severity, id, title.to_owned()));
    gathered.worst.sort();
    gathered.worst.truncate(NAMED);
    told(matter)
}

/// One of a storm's alerts is wrong again, or right.
///
/// # Errors
/// None but faults of ours.
pub fn recount(matter: &mut Matter<'_>, severity: Severity, (condition, now): (Condition, Timestamp)) -> Result<(), Trouble> {
    let Some(gathered) = &mut matter.record.gathers else { return Ok(()) };
    let count = gathered.firing.entry(severity).or_default();
    match condition {
        Condition::Firing => *count += 1,
        Condition::Resolved => *count = count.saturating_sub(1),
    }
    let is_calm = gathered.last.is_none_or(|last| last + CALM <= now);
    let is_over = gathered.firing.values().all(|count| *count == 0);
    told(matter)?;
    match condition {
        Condition::Resolved if is_calm && is_over => matter.must(Happening::Cleared, &PersonId(MYSELF.to_owned())),
        _ => Ok(()),
    }
}

/// When a storm may be over.
pub fn due(record: &AlertRecord) -> Option<Timestamp> {
    let gathered = record.gathers.as_ref()?;
    Some(gathered.last? + CALM)
}

/// Ends a storm in which nothing has come for a while: alerts have cards of their own again.
///
/// # Errors
/// When the store can't be read.
pub async fn calm_down(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let now = matter.host.clock.now();
    if due(&matter.record).is_none_or(|at| at > now) {
        return Ok(());
    }
    let Some(gathered) = &mut matter.record.gathers else { return Ok(()) };
    gathered.last = None;
    let is_over = gathered.firing.values().all(|count| *count == 0);
    let key = Key::new(Kind::Storm, matter.record.channel.as_str());
    if let Some(row) = matter.host.store.get(&key).await? {
        let mut channel: Channel = read(&row)?;
        if channel.storm == Some(matter.record.id) {
            channel.storm = None;
            matter.write(Write { key, expects: row.version, value: Some(json(&channel)?), due: None });
        }
    }
    if is_over {
        matter.must(Happening::Cleared, &PersonId(MYSELF.to_owned()))?;
    }
    Ok(())
}

/// The storm's own words follow its counts.
fn told(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let Some(gathered) = matter.record.gathers.clone() else { return Ok(()) };
    let worst = gathered.firing.iter().filter(|(_, count)| **count > 0).map(|(severity, _)| *severity).min();
    let severity = worst.unwrap_or(Severity::Info).min(matter.record.signal.severity);
    let signal = Signal { severity, summary: summary(&gathered), ..matter.record.signal.clone() };
    // Its severity rises with what comes; that is no news of its own.
    matter.record.signal = signal;
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
        format!("{firing} are wrong now: {}", counts.join(", "))
    };
    format!("{} alerts came without a card of their own; {wrong}.\nThe worst:\n{}", gathered.total, worst.join("\n"))
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
        assert!(taken(&mut channel, Severity::Critical, now) && taken(&mut channel, Severity::Critical, now));
        assert!(!taken(&mut channel, Severity::Critical, now));
        let later = now + MINUTE;
        assert!(!taken(&mut channel, Severity::Info, later), "the storm goes on");
        assert!(taken(&mut channel, Severity::Critical, later));
        channel.storm = None;
        assert!(taken(&mut channel, Severity::Info, later));
    }
}
