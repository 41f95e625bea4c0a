//! What AWS Health tells ("Reference: AWS Health events Amazon EventBridge schema"): AWS's own trouble, and what it plans.

use commands::records::{Condition, Ends, Link, Severity, Signal};
use serde_json::Value;

use super::{Event, named};
use crate::sources::reading::{since, text};

/// Affected resources that are named.
const NAMED: usize = 10;

/// What an event of AWS Health says; none where it names no event.
pub(super) fn signal(event: &Event<'_>, kind: &str) -> Option<Signal> {
    let arn = Some(event.text("eventArn")).filter(|arn| !arn.is_empty())?;
    let (code, category, service) = (event.text("eventTypeCode"), event.text("eventTypeCategory"), event.text("service"));
    let condition = if event.text("statusCode") == "closed" { Condition::Resolved } else { Condition::Firing };
    let severity = match (kind, category.as_str()) {
        ("AWS Health Abuse Event", _) => Severity::Critical,
        (_, "issue" | "investigation") => event.said.severity,
        _ => Severity::Info,
    };
    let descriptions = event.detail.get("eventDescription").and_then(Value::as_array).into_iter().flatten();
    let summary = descriptions.filter_map(|one| one.get("latestDescription").and_then(text)).next().unwrap_or_default();
    let entities = event.detail.get("affectedEntities").and_then(Value::as_array).into_iter().flatten();
    let entities: Vec<String> = entities.filter_map(|one| one.get("entityValue").and_then(text)).take(NAMED).collect();
    let title = code.trim_start_matches("AWS_").replace('_', " ").to_lowercase();
    let given = |name: &str| Some(event.text(name)).filter(|text| !text.is_empty());
    // An organization's events come once for each account that is affected.
    let account = given("affectedAccount").unwrap_or_else(|| event.account.to_owned());
    let own = event.signal(format!("{arn}:{account}"), condition, format!("AWS: {title}"));
    let encoded: String = url::form_urlencoded::byte_serialize(arn.as_bytes()).collect();
    let page = format!("https://health.aws.amazon.com/health/home#/account/event-log?eventID={encoded}");
    Some(Signal {
        severity,
        // What is planned or only told is not closed by AWS as trouble is.
        ends: if matches!(category.as_str(), "issue" | "investigation") { Ends::BySource } else { Ends::ByPeople },
        since: since(event.detail.get("startTime"), own.since),
        summary,
        account: Some(account),
        region: given("eventRegion").or(own.region),
        resource: (!entities.is_empty()).then(|| entities.join(", ")),
        labels: named([("alertname", Some(code)), ("category", Some(category)), ("service", Some(service))]),
        links: vec![Link { label: "AWS Health".to_owned(), url: page }],
        ..own
    })
}
