//! The times of an alert: when it has to be looked at by itself.

use commands::records::{AlertRecord, Handling};
use jiff::{SignedDuration, Timestamp};

use super::Ways;

/// When an alert has to be looked at by itself.
pub fn due(record: &AlertRecord, ways: Ways<'_>) -> Option<Timestamp> {
    let climbs = record.escalation.as_ref().and_then(|escalation| escalation.next).filter(|_| record.is_open());
    let times = match &record.handling {
        Handling::Open => [None, None],
        Handling::Acknowledged { until, .. } => [Some(*until), None],
        Handling::Silenced { until, .. } => [Some(*until), announces(record)],
        Handling::Resolved { by: Some(_), at, .. } if record.waits_for_source() => [Some(*at + ways.settle), None],
        Handling::Resolved { at, .. } => [Some(*at + ways.flapping).filter(|_| !record.forgotten), None],
    };
    times.into_iter().chain([climbs, record.at_source.next]).flatten().min()
}

/// When whoever silenced it is told that the silence ends soon; none where they were, or where it is a short one.
pub fn announces(record: &AlertRecord) -> Option<Timestamp> {
    const AHEAD: SignedDuration = SignedDuration::from_mins(10);
    let Handling::Silenced { at, until, .. } = &record.handling else { return None };
    let is_told = record.at_source.announced == Some(*until);
    (!is_told && until.duration_since(*at) > AHEAD * 2).then(|| *until - AHEAD)
}

pub(super) fn until(record: &AlertRecord) -> Option<Timestamp> {
    match &record.handling {
        Handling::Acknowledged { until, .. } | Handling::Silenced { until, .. } => Some(*until),
        Handling::Open | Handling::Resolved { .. } => None,
    }
}
