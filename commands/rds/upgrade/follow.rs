//! Reads the signs of an upgrade under way: states and events. Pure.

use jiff::{SignedDuration, Timestamp};

use crate::rds::aws::Event;
use crate::rds::model::Database;

/// How long AWS may take until it shows that it has begun.
const BEGINS_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// How an upgrade stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Under way, or about to be.
    Working,
    /// The new version runs and everything is available.
    Finished,
    /// Back on the old version, or never begun.
    RolledBack,
    /// In a state it does not leave by itself.
    Stuck,
}

/// What following an upgrade takes from one look to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch<'a> {
    /// The version it goes to.
    pub(super) to: &'a str,
    /// When AWS was asked.
    pub(super) asked: Timestamp,
    /// Whether it was seen at work.
    pub(super) begun: bool,
    pub(super) now: Timestamp,
}

/// How the upgrade of `database` stands, given what happened since it was asked for.
pub(super) fn phase(database: &Database, events: &[Event], watch: Watch<'_>) -> Phase {
    if stuck(&database.status) {
        return Phase::Stuck;
    }
    if !database.settled() {
        return Phase::Working;
    }
    let class_waits = database.pending.iter().any(|(name, _)| name == "DBInstanceClass");
    if database.runs(watch.to) && !class_waits {
        return Phase::Finished;
    }
    if database.version == watch.to || database.pending_version() == Some(watch.to) {
        return Phase::Working;
    }
    let failed = events.iter().any(|event| event.at > watch.asked && is_failure(event));
    let late = watch.now.duration_since(watch.asked) > BEGINS_WITHIN;
    if watch.begun || failed || late { Phase::RolledBack } else { Phase::Working }
}

/// States that need somebody ("Viewing Amazon RDS DB instance status", RDS User Guide).
fn stuck(status: &str) -> bool {
    let fatal = [
        "failed",
        "deleting",
        "inaccessible-encryption-credentials",
        "inaccessible-encryption-credentials-recoverable",
        "insufficient-capacity",
        "restore-error",
        "stopped",
        "stopping",
        "storage-full",
    ];
    fatal.contains(&status) || status.starts_with("incompatible-")
}

/// Whether an event tells of a failure.
pub(super) fn is_failure(event: &Event) -> bool {
    event.categories.iter().any(|category| category == "failure") || event.message.to_lowercase().contains("upgrade failed")
}

/// The event that says most about what went wrong: the first failure, else the last event.
pub(super) fn telling(events: &[Event]) -> Option<&Event> {
    events.iter().find(|event| is_failure(event)).or(events.last())
}

/// Since when an instance is down of which AWS's events tell no restart.
pub(super) fn still_down(events: &[Event]) -> Option<Timestamp> {
    let mut down: Vec<(&str, Timestamp)> = Vec::new();
    for event in events {
        if event.message.starts_with("DB instance shutdown") {
            down.push((&event.source, event.at));
        } else if event.message.starts_with("DB instance restarted") {
            down.retain(|(source, _)| *source != event.source);
        }
    }
    down.into_iter().map(|(_, at)| at).min()
}

/// For how long the worst hit instance was unavailable, by AWS's events of shutdowns and restarts. None if none was.
pub(super) fn unavailable(events: &[Event]) -> Option<SignedDuration> {
    let mut totals: Vec<(&str, SignedDuration)> = Vec::new();
    let mut down: Vec<(&str, Timestamp)> = Vec::new();
    for event in events {
        let source = event.source.as_str();
        if event.message.starts_with("DB instance shutdown") {
            if !down.iter().any(|(id, _)| *id == source) {
                down.push((source, event.at));
            }
        } else if event.message.starts_with("DB instance restarted")
            && let Some(at) = down.iter().position(|(id, _)| *id == source)
        {
            let lasted = event.at.duration_since(down.remove(at).1);
            match totals.iter_mut().find(|(id, _)| *id == source) {
                Some((_, total)) => *total += lasted,
                None => totals.push((source, lasted)),
            }
        }
    }
    totals.into_iter().map(|(_, total)| total).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::model::tests::database;
    use crate::rds::model::{Kind, Member};

    fn at(minute: i64, second: i64) -> Timestamp {
        let start: Timestamp = "2026-11-28T02:00:00Z".parse().unwrap();
        start + SignedDuration::from_secs(minute * 60 + second)
    }

    fn event(at: Timestamp, source: &str, message: &str) -> Event {
        Event { at, source: source.to_owned(), message: message.to_owned(), categories: Vec::new() }
    }

    fn watch(minutes: i64, begun: bool) -> Watch<'static> {
        Watch { to: "8.0.40", asked: at(0, 0), begun, now: at(minutes, 0) }
    }

    #[test]
    fn states_become_phases() {
        for (status, version, begun, minutes, expected) in [
            ("available", "8.0.35", false, 1, Phase::Working),
            ("upgrading", "8.0.35", false, 2, Phase::Working),
            ("configuring-enhanced-monitoring", "8.0.40", true, 9, Phase::Working),
            ("something-new", "8.0.40", true, 9, Phase::Working),
            ("available", "8.0.40", true, 9, Phase::Finished),
            ("storage-optimization", "8.0.40", true, 9, Phase::Finished),
            ("available", "8.0.35", true, 3, Phase::RolledBack),
            ("available", "8.0.35", false, 6, Phase::RolledBack),
            ("incompatible-parameters", "8.0.40", true, 9, Phase::Stuck),
            ("failed", "8.0.35", true, 9, Phase::Stuck),
            ("storage-full", "8.0.35", true, 9, Phase::Stuck),
        ] {
            let mut orders = database("orders");
            orders.status = status.to_owned();
            orders.version = version.to_owned();
            assert_eq!(phase(&orders, &[], watch(minutes, begun)), expected, "{status} {version} {minutes}");
        }
    }

    #[test]
    fn an_upgrade_that_still_waits_is_not_given_up() {
        let mut orders = database("orders");
        orders.pending = vec![("EngineVersion".to_owned(), "8.0.40".to_owned())];
        assert_eq!(phase(&orders, &[], watch(30, false)), Phase::Working);
    }

    #[test]
    fn a_failure_event_counts_only_after_the_request() {
        let orders = database("orders");
        let failure = |at: Timestamp| Event { categories: vec!["failure".to_owned()], ..event(at, "orders", "It failed.") };
        assert_eq!(phase(&orders, &[failure(at(-9, 0))], watch(1, false)), Phase::Working);
        assert_eq!(phase(&orders, &[failure(at(0, 30))], watch(1, false)), Phase::RolledBack);
    }

    #[test]
    fn a_cluster_is_finished_when_all_its_instances_are() {
        let mut orders = database("orders");
        orders.at.kind = Kind::Aurora;
        orders.version = "8.0.40".to_owned();
        let member = |status: &str, version: &str| Member {
            id: "orders-1".to_owned(),
            class: "db.r6g.large".to_owned(),
            version: version.to_owned(),
            status: status.to_owned(),
            writer: true,
        };
        for (status, version, expected) in [
            ("upgrading", "8.0.35", Phase::Working),
            ("available", "8.0.35", Phase::Working),
            ("available", "8.0.40", Phase::Finished),
        ] {
            orders.members = vec![member(status, version)];
            assert_eq!(phase(&orders, &[], watch(9, true)), expected, "{status} {version}");
        }
    }

    #[test]
    fn unavailable_time_is_that_of_the_worst_hit_instance() {
        let events = [
            event(at(1, 0), "a", "DB instance shutdown"),
            event(at(1, 10), "b", "DB instance shutdown"),
            event(at(2, 0), "a", "DB instance restarted"),
            event(at(4, 10), "b", "DB instance restarted"),
            event(at(5, 0), "a", "DB instance shutdown"),
            event(at(5, 30), "a", "DB instance restarted"),
            event(at(6, 0), "a", "DB instance shutdown"),
        ];
        assert_eq!(unavailable(&events), Some(SignedDuration::from_mins(3)));
        assert_eq!(unavailable(&events[..2]), None);
        assert_eq!((still_down(&events[..2]), still_down(&events[..4])), (Some(at(1, 0)), None));
        assert_eq!(still_down(&events), Some(at(6, 0)), "and it did not come back");
    }
}
