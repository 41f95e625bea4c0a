//! CloudWatch alarms in a world: what they are, what they find, and what they say.
//!
//! Alarms are called by name, which must be used in one account and region only. A mistake in a name panics, with the reason.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::world::Aws;

/// What an alarm finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum AlarmState {
    /// All is well.
    #[serde(rename = "OK")]
    Ok,
    /// It fires.
    #[serde(rename = "ALARM")]
    Alarm,
    /// Its metric says nothing.
    #[serde(rename = "INSUFFICIENT_DATA")]
    InsufficientData,
}

impl AlarmState {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

/// What an alarm is like at the moment.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Alarm {
    /// What it finds.
    pub state: AlarmState,
    /// Why.
    pub reason: String,
    /// Whether it tells its topics of changes.
    pub actions_enabled: bool,
    /// The ARN.
    pub arn: String,
}

/// What an alarm said to a topic.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Said {
    /// The topic's ARN.
    pub topic: String,
    /// The subject: `ALARM: "orders-5xx" in EU (Ireland)`.
    pub subject: String,
    /// The message: JSON, as text.
    pub message: String,
}

/// An alarm on its way into a world: `aws.alarm("orders-5xx").threshold(5.0).await` gives its ARN. It finds that all is well,
/// and tells the topic `alarms` of its account and region.
#[must_use = "await it to put it there"]
#[derive(Debug)]
pub struct NewAlarm<'a> {
    aws: &'a Aws,
    order: Map<String, Value>,
}

impl<'a> NewAlarm<'a> {
    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.order.insert(name.into(), value.into());
        self
    }

    /// The account it is in, instead of [`super::DEFAULT_ACCOUNT`].
    pub fn in_account(self, account: &str) -> Self {
        self.with("account", account)
    }

    /// The region it is in, instead of [`super::DEFAULT_REGION`].
    pub fn in_region(self, region: &str) -> Self {
        self.with("region", region)
    }

    /// What it says in its own words.
    pub fn description(self, words: &str) -> Self {
        self.with("description", words)
    }

    /// What the metric is compared with, greater than which it fires.
    pub fn threshold(self, threshold: f64) -> Self {
        self.with("threshold", threshold)
    }

    /// The metric, such as `AWS/RDS` and `CPUUtilization`.
    pub fn metric(self, namespace: &str, name: &str) -> Self {
        self.with("namespace", namespace).with("metric", name)
    }

    /// A dimension of the metric; may be called again.
    pub fn dimension(mut self, name: &str, value: &str) -> Self {
        self.order.entry("dimensions").or_insert_with(|| json!({}))[name] = value.into();
        self
    }

    /// Made of other alarms, by a rule such as `ALARM("orders-5xx")`.
    pub fn composite(self, rule: &str) -> Self {
        self.with("kind", "composite").with("rule", rule)
    }

    /// The topics it tells, instead of the usual one.
    pub fn tells(self, topics: &[&str]) -> Self {
        self.with("tells", topics)
    }

    /// Its actions were disabled by somebody.
    pub fn without_actions(self) -> Self {
        self.with("enabled", false)
    }
}

impl<'a> IntoFuture for NewAlarm<'a> {
    type Output = String;
    type IntoFuture = Pin<Box<dyn Future<Output = String> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.aws.made("alarm", self.order.into()).await })
    }
}

impl Aws {
    /// Puts an alarm there.
    pub fn alarm(&self, name: &str) -> NewAlarm<'_> {
        NewAlarm { aws: self, order: Map::new() }.with("name", name)
    }

    /// An alarm finds another state. It tells its topics where its actions are enabled, and EventBridge in any case.
    pub async fn alarm_finds(&self, name: &str, state: AlarmState, reason: &str) {
        self.change("alarm-turn", json!({ "name": name, "state": state.word(), "reason": reason })).await;
    }

    /// What an alarm is like.
    pub async fn alarm_is(&self, name: &str) -> Alarm {
        self.ask("alarm-look", json!({ "name": name })).await
    }

    /// A colleague enables or disables an alarm's actions in the console.
    pub async fn alarm_switched_elsewhere(&self, name: &str, actions: Actions) {
        self.change("alarm-switch", json!({ "name": name, "enabled": actions == Actions::Enabled })).await;
    }

    /// A colleague deletes an alarm.
    pub async fn delete_alarm(&self, name: &str) {
        self.change("alarm-delete", json!({ "name": name })).await;
    }

    /// What alarms said to topics since this was last asked, oldest first. Nobody carries it on: a test hands it to the bot as
    /// SNS would.
    pub async fn alarms_said(&self) -> Vec<Said> {
        self.ask("alarm-published", json!({})).await
    }
}

/// Whether an alarm tells its topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actions {
    /// It does.
    Enabled,
    /// It does not.
    Disabled,
}
