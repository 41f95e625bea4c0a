//! CloudWatch's alarms: as they come in an SNS message, and as EventBridge's "CloudWatch Alarm State Change" ("Alarm events
//! and EventBridge" in the CloudWatch user guide). `INSUFFICIENT_DATA` is neither wrong nor right: what was known stays.

use std::collections::BTreeMap;

use commands::records::{Link, Origin, Signal};
use serde_json::{Map, Value};

use super::eventbridge::{Arn, console};
use super::reading::{Malformed, since, text, texts, time};
use super::severity::{in_words, state};
use super::{Said, cut};

/// The dimensions that tell what an alarm is about, the most telling first.
const TELLING: [&str; 16] = [
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "ServiceName",
    "InstanceId",
    "TargetGroup",
    "LoadBalancer",
    "LoadBalancerName",
    "FunctionName",
    "QueueName",
    "TableName",
    "CacheClusterId",
    "AutoScalingGroupName",
    "DistributionId",
    "ApiName",
    "BucketName",
    "ClusterName",
];

/// An alarm's state change, whichever way it came.
struct Change<'v> {
    name: &'v str,
    arn: Arn<'v>,
    state: &'v str,
    reason: &'v str,
    description: String,
    at: Option<&'v Value>,
    value: Option<String>,
    threshold: Option<String>,
    metric: Metric,
}

/// What an alarm watches, as far as it watches a single metric.
#[derive(Default)]
struct Metric {
    namespace: Option<String>,
    name: Option<String>,
    dimensions: BTreeMap<String, String>,
}

/// The alarm in an SNS message.
///
/// # Errors
/// Names the field that can't be used.
pub(super) fn of_message(message: &Map<String, Value>, said: Said<'_>) -> Result<Option<Signal>, Malformed> {
    let reason = optional(message, "NewStateReason");
    let trigger = message.get("Trigger").and_then(Value::as_object);
    let change = Change {
        name: required(message, "", "AlarmName")?,
        arn: Arn::read(required(message, "", "AlarmArn")?, "AlarmArn")?,
        state: required(message, "", "NewStateValue")?,
        reason,
        description: message.get("AlarmDescription").and_then(text).unwrap_or_default(),
        at: message.get("StateChangeTime"),
        value: measured(reason),
        threshold: trigger.and_then(threshold).or_else(|| compared(reason)),
        metric: trigger.map(of_trigger).unwrap_or_default(),
    };
    change.signal("NewStateValue", said)
}

/// The alarm in an event's details; `arn` is the alarm's, the event's only resource.
///
/// # Errors
/// Names the field that can't be used.
pub(super) fn of_event(detail: &Map<String, Value>, arn: Arn<'_>, said: Said<'_>) -> Result<Option<Signal>, Malformed> {
    let empty = Map::new();
    let state = detail.get("state").and_then(Value::as_object).unwrap_or(&empty);
    let configuration = detail.get("configuration").and_then(Value::as_object).unwrap_or(&empty);
    let reason = optional(state, "reason");
    let data: Option<Value> = state.get("reasonData").and_then(Value::as_str).and_then(|data| serde_json::from_str(data).ok());
    let newest = data.as_ref().and_then(|data| data.get("recentDatapoints")?.as_array()?.last().and_then(text));
    let metrics = configuration.get("metrics").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let change = Change {
        name: required(detail, "detail.", "alarmName")?,
        arn,
        state: required(state, "detail.state.", "value")?,
        reason,
        description: configuration.get("description").and_then(text).unwrap_or_default(),
        at: state.get("timestamp"),
        value: newest.or_else(|| measured(reason)),
        threshold: compared(reason),
        metric: metrics.iter().find_map(|metric| of_statistic(metric.get("metricStat")?.get("metric")?)).unwrap_or_default(),
    };
    change.signal("detail.state.value", said)
}

impl Change<'_> {
    fn signal(self, at: &str, said: Said<'_>) -> Result<Option<Signal>, Malformed> {
        let Some(state) = state(self.state) else {
            let found = Value::from(self.state);
            return Err(Malformed::expected(at, "\"ALARM\", \"OK\" or \"INSUFFICIENT_DATA\"", Some(&found)));
        };
        let Some(condition) = state.condition() else { return Ok(None) };
        let Arn { account, region, .. } = self.arn;
        let severity = in_words(self.name).or_else(|| in_words(&self.description)).unwrap_or(said.severity);
        let summary = [self.description.as_str(), self.reason].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
        let encoded: String = url::form_urlencoded::byte_serialize(self.name.as_bytes()).collect();
        let page = console(region, &format!("/cloudwatch/home?region={region}#alarmsV2:alarm/{}", encoded.replace('+', "%20")));
        let mut labels = self.metric.dimensions;
        let resource = TELLING.iter().find_map(|name| labels.get(*name).cloned());
        let resource = resource.or_else(|| labels.values().next().filter(|_| labels.len() == 1).cloned());
        let known =
            [("alertname", Some(self.name.to_owned())), ("namespace", self.metric.namespace), ("metric", self.metric.name)];
        labels.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        let signal = Signal {
            source: said.by.to_owned(),
            fingerprint: self.arn.whole.to_owned(),
            condition,
            title: self.name.to_owned(),
            severity,
            since: since(self.at, said.now),
            as_of: time(self.at),
            summary: summary.join("\n"),
            value: self.value,
            threshold: self.threshold,
            account: Some(account.to_owned()),
            region: Some(region.to_owned()),
            resource,
            labels,
            links: vec![Link { label: "CloudWatch".to_owned(), url: page }],
            origin: Origin::CloudWatch { account: account.to_owned(), region: region.to_owned(), alarm: self.name.to_owned() },
            ..Signal::default()
        };
        Ok(Some(cut::to_fit(signal, said.now)))
    }
}

fn optional<'v>(object: &'v Map<String, Value>, name: &str) -> &'v str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn required<'v>(object: &'v Map<String, Value>, before: &str, name: &str) -> Result<&'v str, Malformed> {
    let found = object.get(name);
    let text = found.and_then(Value::as_str).filter(|text| !text.is_empty());
    text.ok_or_else(|| Malformed::expected(format!("{before}{name}"), "a text", found))
}

/// What a message's `Trigger` watches; for metric math, the first metric in it.
fn of_trigger(trigger: &Map<String, Value>) -> Metric {
    let first = trigger.get("Metrics").and_then(Value::as_array).into_iter().flatten();
    let first = first.filter_map(|metric| metric.get("MetricStat")?.get("Metric")?.as_object()).next();
    let from = first.unwrap_or(trigger);
    let pair = |dimension: &Value| Some((dimension.get("name")?.as_str()?.to_owned(), dimension.get("value").and_then(text)?));
    let dimensions = from.get("Dimensions").and_then(Value::as_array).into_iter().flatten();
    Metric {
        namespace: from.get("Namespace").and_then(text),
        name: from.get("MetricName").and_then(text),
        dimensions: dimensions.filter_map(pair).collect(),
    }
}

/// What an event's `metricStat` watches.
fn of_statistic(metric: &Value) -> Option<Metric> {
    let metric = metric.as_object()?;
    Some(Metric {
        namespace: metric.get("namespace").and_then(text),
        name: metric.get("name").and_then(text),
        dimensions: texts(metric.get("dimensions")),
    })
}

/// `> 5 for 3 of 3 periods of 60 s`.
fn threshold(trigger: &Map<String, Value>) -> Option<String> {
    let sign = match optional(trigger, "ComparisonOperator") {
        "GreaterThanThreshold" => ">",
        "GreaterThanOrEqualToThreshold" => "≥",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "≤",
        _ => return None,
    };
    let limit = trigger.get("Threshold")?.as_f64()?;
    let number = |name: &str| trigger.get(name).and_then(Value::as_u64);
    let words = match (number("EvaluationPeriods"), number("Period")) {
        (Some(periods), Some(length)) => {
            format!(" for {} of {periods} periods of {length} s", number("DatapointsToAlarm").unwrap_or(periods))
        }
        _ => String::new(),
    };
    Some(format!("{sign} {limit}{words}"))
}

/// The newest value in CloudWatch's reason: `… datapoints [75.0 (25/10/25 15:30:00)] was greater than …`.
fn measured(reason: &str) -> Option<String> {
    let (_, rest) = reason.split_once('[')?;
    let number = rest.split([' ', ',', ']']).next()?;
    number.parse::<f64>().ok().map(|value| value.to_string())
}

/// What a value was compared with, out of the reason: `… greater than the threshold (50.0) …`.
fn compared(reason: &str) -> Option<String> {
    let (before, after) = reason.split_once(" the threshold (")?;
    let limit: f64 = after.split(')').next()?.parse().ok()?;
    let signs = [("greater than or equal to", "≥"), ("less than or equal to", "≤"), ("greater than", ">"), ("less than", "<")];
    let (_, sign) = signs.into_iter().find(|(words, _)| before.ends_with(words))?;
    Some(format!("{sign} {limit}"))
}

#[cfg(test)]
mod tests;
