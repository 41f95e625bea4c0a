//! AWS's events, as EventBridge tells them: CloudWatch alarms, failures of ECS, RDS and CodeDeploy, and AWS Health. Each kind
//! says what makes it wrong and what makes it right again; all else that AWS tells is no alert.

use std::collections::BTreeMap;

use commands::records::{Condition, Ends, Link, Severity, Signal};
use serde_json::{Map, Value};

use super::reading::{Malformed, object, since, text, time};
use super::{Said, cloudwatch, cut};

mod health;
mod rds;

/// The services whose events can be alerts, as `alerts` under `[[events]]` names them.
pub const SERVICES: [&str; 5] = ["cloudwatch", "codedeploy", "ecs", "health", "rds"];

/// The name of an AWS resource, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arn<'a> {
    pub(super) whole: &'a str,
    pub(super) region: &'a str,
    pub(super) account: &'a str,
    /// What comes after the account.
    pub(super) rest: &'a str,
}

impl<'a> Arn<'a> {
    /// Takes an ARN apart that stands `at` some place.
    pub(super) fn read(whole: &'a str, at: &str) -> Result<Self, Malformed> {
        let parts: Vec<&str> = whole.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, _, region, account, rest] => Ok(Self { whole, region, account, rest }),
            _ => Err(Malformed::expected(at, "an ARN", Some(&whole.into()))),
        }
    }
}

/// A page of AWS's console in a region.
pub(super) fn console(region: &str, page: &str) -> String {
    let domain = match region {
        china if china.starts_with("cn-") => "console.amazonaws.cn",
        government if government.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    format!("https://{region}.{domain}{page}")
}

/// Whether something is an event of EventBridge.
pub(super) fn is_event(value: &Map<String, Value>) -> bool {
    ["detail-type", "source", "detail"].iter().all(|name| value.contains_key(*name))
}

/// What an event says; none where it is no alert.
///
/// # Errors
/// Names the field that can't be used.
pub fn decode(event: &Value, said: Said<'_>) -> Result<Option<Signal>, Malformed> {
    let envelope = object(event, "")?;
    let missing = |name: &str| Malformed::expected(name, "a text", envelope.get(name));
    let field = |name: &str| envelope.get(name).and_then(Value::as_str).ok_or_else(|| missing(name));
    let (kind, account, region) = (field("detail-type")?, field("account")?, field("region")?);
    let detail = envelope.get("detail").ok_or_else(|| Malformed::expected("detail", "an object", None))?;
    let event = Event { detail: object(detail, "detail")?, envelope, account, region, said };
    match kind {
        "CloudWatch Alarm State Change" => cloudwatch::of_event(event.detail, event.resource()?, said),
        "ECS Deployment State Change" => event.ecs_deployment(),
        "ECS Service Action" => event.ecs_service(),
        "CodeDeploy Deployment State-change Notification" => event.code_deploy(),
        "AWS Health Event" | "AWS Health Abuse Event" => Ok(health::signal(&event, kind)),
        kind if kind.starts_with("RDS DB ") => Ok(rds::signal(&event)),
        _ => Ok(None),
    }
    .map(|signal| {
        let signal = signal?;
        let as_of = signal.as_of.or_else(|| time(envelope.get("time")));
        Some(cut::to_fit(Signal { as_of, ..signal }, said.now))
    })
}

/// An event that is being read.
struct Event<'a> {
    envelope: &'a Map<String, Value>,
    detail: &'a Map<String, Value>,
    account: &'a str,
    region: &'a str,
    said: Said<'a>,
}

impl<'a> Event<'a> {
    /// A text of its details; empty where there is none.
    fn text(&self, name: &str) -> String {
        self.detail.get(name).and_then(text).unwrap_or_default()
    }

    /// What it is about.
    fn resource(&self) -> Result<Arn<'a>, Malformed> {
        let found = self.envelope.get("resources").and_then(|all| all.get(0));
        let arn = found.and_then(Value::as_str).ok_or_else(|| Malformed::expected("resources[0]", "an ARN", found))?;
        Arn::read(arn, "resources[0]")
    }

    /// A signal with what all events have.
    fn signal(&self, fingerprint: String, condition: Condition, title: String) -> Signal {
        Signal {
            source: self.said.by.to_owned(),
            fingerprint,
            condition,
            title,
            severity: self.said.severity,
            since: since(self.envelope.get("time"), self.said.now),
            account: Some(self.account.to_owned()),
            region: Some(self.region.to_owned()),
            // AWS tells what happened, and of some of it also that it went well the next time: nobody has to wait for that.
            ends: Ends::ByPeople,
            ..Signal::default()
        }
    }

    /// "Amazon ECS service deployment state change events": a deployment that failed, and one that went well.
    fn ecs_deployment(&self) -> Result<Option<Signal>, Malformed> {
        let condition = match self.text("eventName").as_str() {
            "SERVICE_DEPLOYMENT_FAILED" => Condition::Firing,
            "SERVICE_DEPLOYMENT_COMPLETED" => Condition::Resolved,
            _ => return Ok(None),
        };
        self.of_service("ecs-deployment", condition, |service| format!("Deployment of {service} failed"))
    }

    /// "Amazon ECS service action events": what ECS can't do for a service, and that it rests again.
    fn ecs_service(&self) -> Result<Option<Signal>, Malformed> {
        let name = self.text("eventName");
        let condition = match (self.text("eventType").as_str(), name.as_str()) {
            ("ERROR", _) | ("WARN", "SERVICE_TASK_START_IMPAIRED" | "SERVICE_DISCOVERY_INSTANCE_UNHEALTHY") => Condition::Firing,
            (_, "SERVICE_STEADY_STATE") => Condition::Resolved,
            _ => return Ok(None),
        };
        let words = name.trim_start_matches("SERVICE_").replace('_', " ").to_lowercase();
        self.of_service("ecs-service", condition, |service| format!("{service}: {words}"))
    }

    fn of_service(&self, what: &str, condition: Condition, title: impl Fn(&str) -> String) -> Result<Option<Signal>, Malformed> {
        let arn = self.resource()?;
        let mut path = arn.rest.split('/').skip(1);
        let (cluster, service) = match (path.next(), path.next()) {
            (Some(cluster), Some(service)) => (Some(cluster), service),
            (one, _) => (None, one.unwrap_or(arn.rest)),
        };
        let cluster = cluster.map(str::to_owned).or_else(|| Some(self.text("clusterArn").rsplit('/').next()?.to_owned()));
        let cluster = cluster.filter(|cluster| !cluster.is_empty());
        let region = self.region;
        let page = cluster
            .as_ref()
            .map(|cluster| console(region, &format!("/ecs/v2/clusters/{cluster}/services/{service}/health?region={region}")));
        let labels = [("alertname", Some(self.text("eventName"))), ("service", Some(service.to_owned())), ("cluster", cluster)];
        Ok(Some(Signal {
            summary: self.text("reason"),
            resource: Some(service.to_owned()),
            labels: named(labels),
            links: page.map(|url| Link { label: "ECS".to_owned(), url }).into_iter().collect(),
            ..self.signal(format!("{what}:{}", arn.whole), condition, title(service))
        }))
    }

    /// "Monitoring deployments with Amazon CloudWatch Events" of CodeDeploy: one that failed, and one that went well.
    fn code_deploy(&self) -> Result<Option<Signal>, Malformed> {
        let condition = match self.text("state").as_str() {
            "FAILURE" => Condition::Firing,
            "SUCCESS" => Condition::Resolved,
            _ => return Ok(None),
        };
        let (application, group, id) = (self.text("application"), self.text("deploymentGroup"), self.text("deploymentId"));
        if application.is_empty() {
            return Err(Malformed::expected("detail.application", "a text", self.detail.get("application")));
        }
        let region = self.region;
        let page = console(region, &format!("/codesuite/codedeploy/deployments/{id}?region={region}"));
        let labels = [("alertname", "CodeDeployFailure"), ("application", &*application), ("deployment_group", &*group)];
        Ok(Some(Signal {
            summary: format!("CodeDeploy's deployment {id} to {group} failed."),
            resource: Some(application.clone()),
            labels: named(labels.map(|(name, value)| (name, Some(value.to_owned())))),
            links: vec![Link { label: "CodeDeploy".to_owned(), url: page }],
            ..self.signal(
                cut::digest_of(["codedeploy", self.account, region, &application, &group]),
                condition,
                format!("Deployment of {application} failed"),
            )
        }))
    }
}

/// Labels that are there.
fn named<const COUNT: usize>(labels: [(&str, Option<String>); COUNT]) -> BTreeMap<String, String> {
    labels.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.filter(|value| !value.is_empty())?))).collect()
}

/// What is worth a page, and what a day's work: for kinds of events that differ in it.
fn rated(is_grave: bool, otherwise: Severity) -> Severity {
    if is_grave { Severity::Critical } else { otherwise }
}

#[cfg(test)]
mod tests;
