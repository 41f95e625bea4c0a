//! Alertmanager's webhook, version 4 ("Webhook" in Prometheus' documentation of Alertmanager's configuration): one object
//! with a list of alerts, those that fire and those that are resolved.

use std::collections::BTreeMap;

use commands::records::{Condition, Link, Origin, Severity, Signal};
use jiff::Timestamp;
use serde_json::Value;

use super::reading::{Decoded, Malformed, alerts, json, object, since, text, texts, time};
use super::severity::{of_labels, state};
use super::{Source, cut};

/// What Alertmanager says in a body.
pub fn decode(body: &[u8], source: &Source, now: Timestamp) -> Decoded {
    match json(body) {
        Ok(body) => read(&body, source, now).unwrap_or_else(Decoded::from),
        Err(malformed) => malformed.into(),
    }
}

fn read(body: &Value, source: &Source, now: Timestamp) -> Result<Decoded, Malformed> {
    let left_out = body.get("truncatedAlerts").and_then(Value::as_u64).unwrap_or_default();
    let mut decoded = Decoded { left_out, ..Decoded::default() };
    let common = Common { body, source, now };
    let home = body.get("externalURL").and_then(Value::as_str).map(|url| format!("{}/#/alerts", url.trim_end_matches('/')));
    for (number, alert) in alerts(body)?.iter().enumerate() {
        let signal = common.alert(alert, &format!("alerts[{number}]"));
        let own = |mut signal: Signal| {
            signal.links.extend(home.clone().map(|url| Link { label: "Alertmanager".to_owned(), url }));
            cut::to_fit(Signal { origin: Origin::Alertmanager, ..signal }, now)
        };
        decoded.add(signal.map(|signal| signal.map(own)));
    }
    Ok(decoded)
}

/// What holds for all alerts of a webhook in the shape that Alertmanager and Grafana share.
pub(super) struct Common<'a> {
    /// The webhook's object.
    pub(super) body: &'a Value,
    /// Who sent it.
    pub(super) source: &'a Source,
    /// When it came in.
    pub(super) now: Timestamp,
}

impl Common<'_> {
    /// What one alert says, not cut yet; none where the source does not know its state.
    pub(super) fn alert(&self, alert: &Value, at: &str) -> Result<Option<Signal>, Malformed> {
        let alert = object(alert, at)?;
        let said = alert.get("status").or_else(|| self.body.get("status"));
        let Some(state) = said.and_then(Value::as_str).and_then(state) else {
            return Err(Malformed::expected(format!("{at}.status"), "\"firing\" or \"resolved\"", said));
        };
        let Some(condition) = state.condition() else { return Ok(None) };
        let (labels, notes) = (texts(alert.get("labels")), texts(alert.get("annotations")));
        let fingerprint = match alert.get("fingerprint").and_then(text) {
            Some(own) => own,
            None if labels.is_empty() => {
                return Err(Malformed::expected(format!("{at}.labels"), "labels that tell it from others", alert.get("labels")));
            }
            None => cut::fingerprint(&labels),
        };
        let mut signal = described(labels, &notes, self.source.severity);
        let graph = alert.get("generatorURL").and_then(text);
        signal.links.extend(graph.map(|url| Link { label: "Graph".to_owned(), url }));
        let since = since(alert.get("startsAt"), self.now);
        // What still fires tells when it began, and nothing of when that was said: after a break between Prometheus and
        // Alertmanager what was over goes on with its old beginning.
        let as_of = time(alert.get("endsAt")).filter(|_| condition == Condition::Resolved);
        Ok(Some(Signal { source: self.source.name.clone(), fingerprint, condition, since, as_of, ..signal }))
    }
}

/// What labels and annotations say, by the names that the field uses.
fn described(labels: BTreeMap<String, String>, notes: &BTreeMap<String, String>, otherwise: Severity) -> Signal {
    let first = |from: &BTreeMap<String, String>, names: &[&str]| {
        names.iter().filter_map(|name| from.get(*name)).find(|value| !value.is_empty()).cloned()
    };
    let (summary, more) = (first(notes, &["summary", "message", "title"]), first(notes, &["description"]));
    let summary = match (summary, more) {
        (Some(summary), Some(more)) if summary != more => format!("{summary}\n{more}"),
        (one, other) => one.or(other).unwrap_or_default(),
    };
    let links = [("Runbook", ["runbook_url", "runbook"]), ("Dashboard", ["dashboard_url", "dashboard"])];
    let links = links.into_iter().filter_map(|(label, names)| Some(Link { label: label.to_owned(), url: first(notes, &names)? }));
    Signal {
        condition: Condition::Firing,
        title: first(&labels, &["alertname", "alert", "name"]).unwrap_or_default(),
        severity: of_labels(|name| labels.get(name).map(String::as_str)).unwrap_or(otherwise),
        summary,
        value: first(notes, &["value", "current_value"]),
        threshold: first(notes, &["threshold"]),
        account: first(&labels, &["account_id", "aws_account", "account"]),
        region: first(&labels, &["region", "aws_region"]),
        resource: first(&labels, &["resource", "instance", "service", "pod", "host"]),
        links: links.collect(),
        graph: first(notes, &["image_url", "graph_url"]),
        labels,
        ..Signal::default()
    }
}

#[cfg(test)]
mod tests;
