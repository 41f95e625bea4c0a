//! What RDS tells of instances and clusters ("Amazon RDS event categories and event messages"): failures, failovers and
//! storage that runs out.

use commands::records::{Condition, Ends, Link, Signal};
use serde_json::Value;

use super::{Event, console, named, rated};
use crate::sources::reading::{since, time};

/// A failover began, of which RDS tells the end: of an instance, its activation after a recovery, and of a cluster in the same
/// zone or another.
const FAILS_OVER: [&str; 4] = ["RDS-EVENT-0013", "RDS-EVENT-0050", "RDS-EVENT-0072", "RDS-EVENT-0073"];
/// A failover is over: completed, activated, or recovered from half of one.
const FAILED_OVER: [&str; 5] = ["RDS-EVENT-0015", "RDS-EVENT-0049", "RDS-EVENT-0051", "RDS-EVENT-0065", "RDS-EVENT-0071"];
/// A cluster could not fail over.
const STUCK: &str = "RDS-EVENT-0069";
/// An instance has recovered, by itself or with its standby. Of the category are also recoveries that only began.
const RECOVERED: [&str; 2] = ["RDS-EVENT-0021", "RDS-EVENT-0053"];
/// The storage is used up: nothing can be written.
const STORAGE_FULL: &str = "RDS-EVENT-0007";

/// What an event of RDS says; none where it is no alert.
pub(super) fn signal(event: &Event<'_>) -> Option<Signal> {
    let (id, message, name) = (event.text("EventID"), event.text("Message"), event.text("SourceIdentifier"));
    let categories = event.detail.get("EventCategories").and_then(Value::as_array).into_iter().flatten();
    let categories: Vec<&str> = categories.filter_map(Value::as_str).collect();
    let is = |category: &str| categories.contains(&category);
    let (about, condition, severity, title) = match id.as_str() {
        over if FAILED_OVER.contains(&over) => ("failover", Condition::Resolved, event.said.severity, "failed over"),
        recovered if RECOVERED.contains(&recovered) => ("failure", Condition::Resolved, event.said.severity, "failed"),
        STUCK => ("failover", Condition::Firing, rated(true, event.said.severity), "could not fail over"),
        _ if is("failover") => ("failover", Condition::Firing, event.said.severity, "fails over"),
        _ if is("failure") => ("failure", Condition::Firing, rated(true, event.said.severity), "failed"),
        _ if is("low storage") => {
            ("storage", Condition::Firing, rated(id == STORAGE_FULL, event.said.severity), "runs out of storage")
        }
        _ => return None,
    };
    let arn = event.text("SourceArn");
    let is_cluster = event.text("SourceType").eq_ignore_ascii_case("CLUSTER");
    let region = event.region;
    let page = console(region, &format!("/rds/home?region={region}#database:id={name};is-cluster={is_cluster}"));
    Some(Signal {
        severity,
        // RDS never says that there is room again, and what failed need not recover by itself.
        ends: if FAILS_OVER.contains(&id.as_str()) { Ends::BySource } else { Ends::ByPeople },
        since: since(event.detail.get("Date"), event.said.now),
        as_of: time(event.detail.get("Date")),
        summary: message,
        resource: Some(name.clone()),
        labels: named([("alertname", Some(id)), ("database", Some(name.clone())), ("category", Some(categories.join(", ")))]),
        links: vec![Link { label: "RDS".to_owned(), url: page }],
        ..event.signal(format!("rds-{about}:{}", if arn.is_empty() { &name } else { &arn }), condition, format!("{name} {title}"))
    })
}
