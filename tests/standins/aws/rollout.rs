//! Putting ECS services into a world, and deploying them.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::world::Aws;

type Placing<'a> = Pin<Box<dyn Future<Output = String> + Send + 'a>>;

/// How a service is deployed: by ECS itself in one of its strategies, or by CodeDeploy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// ECS replaces tasks a few at a time.
    Rolling,
    /// ECS moves all traffic at once between two revisions.
    BlueGreen,
    /// ECS moves traffic in equal steps.
    Linear,
    /// ECS moves a small share first, then the rest.
    Canary,
    /// CodeDeploy moves traffic between two task sets (deployment controller `CODE_DEPLOY`).
    CodeDeploy,
}

/// What happens when nobody has answered in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    /// The deployment goes back.
    Rollback,
    /// The deployment goes on.
    Continue,
}

impl Timeout {
    pub(super) fn word(self) -> &'static str {
        match self {
            Timeout::Rollback => "ROLLBACK",
            Timeout::Continue => "CONTINUE",
        }
    }
}

/// A service about to be put into a world, two healthy tasks behind a load balancer; awaiting it does that and gives its
/// ARN.
#[must_use = "await it to put it there"]
#[derive(Debug)]
pub struct NewService<'a> {
    aws: &'a Aws,
    order: Map<String, Value>,
}

impl<'a> NewService<'a> {
    pub(super) fn new(aws: &'a Aws, cluster: &str, name: &str) -> Self {
        let order = Map::from_iter([("cluster".to_owned(), json!(cluster)), ("name".to_owned(), json!(name))]);
        Self { aws, order }
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.order.insert(name.to_owned(), value.into());
        self
    }

    fn within(mut self, part: &str, name: &str, value: impl Into<Value>) -> Self {
        self.order.entry(part).or_insert_with(|| json!({}))[name] = value.into();
        self
    }

    /// The account it belongs to, instead of [`super::DEFAULT_ACCOUNT`].
    pub fn in_account(self, account: &str) -> Self {
        self.with("account", account)
    }

    /// The region it runs in, instead of [`super::DEFAULT_REGION`].
    pub fn in_region(self, region: &str) -> Self {
        self.with("region", region)
    }

    /// How it is deployed, instead of [`Strategy::Rolling`].
    pub fn strategy(self, strategy: Strategy) -> Self {
        match strategy {
            Strategy::Rolling => self.with("strategy", "ROLLING"),
            Strategy::BlueGreen => self.with("strategy", "BLUE_GREEN"),
            Strategy::Linear => self.with("strategy", "LINEAR"),
            Strategy::Canary => self.with("strategy", "CANARY"),
            Strategy::CodeDeploy => self.with("controller", "CODE_DEPLOY"),
        }
    }

    /// The image of its first container, with tag or digest.
    pub fn image(self, image: &str) -> Self {
        self.with("image", image)
    }

    /// How many tasks it shall have.
    pub fn count(self, tasks: u32) -> Self {
        self.with("count", tasks)
    }

    /// A tag; may be called again.
    pub fn tag(self, key: &str, value: &str) -> Self {
        self.within("tags", key, value)
    }

    /// Several tags at once.
    pub fn tags(mut self, tags: &[(&str, &str)]) -> Self {
        for (key, value) in tags {
            self = self.tag(key, value);
        }
        self
    }

    /// CPU units and memory in MiB of a task.
    pub fn size(self, cpu: u32, memory: u32) -> Self {
        self.with("cpu", cpu).with("memory", memory)
    }

    /// An environment variable of its first container.
    pub fn environment(self, name: &str, value: &str) -> Self {
        self.within("environment", name, value)
    }

    /// A secret of its first container, by the ARN it is read from.
    pub fn secret(self, name: &str, arn: &str) -> Self {
        self.within("secrets", name, arn)
    }

    /// The number its task definition has got to.
    pub fn revision(self, number: u32) -> Self {
        self.with("revision", number)
    }

    /// Without a load balancer; rolling updates only.
    pub fn without_load_balancer(self) -> Self {
        self.with("balanced", false)
    }

    /// How long old and new run side by side after the traffic has moved, in whole minutes: `10m` unless it is rolling.
    pub fn bake(self, span: &str) -> Self {
        self.with("bake", minutes(span))
    }

    /// The steps of [`Strategy::Linear`]: a percentage, and how long each bakes, in whole minutes.
    pub fn linear(self, percent: f64, span: &str) -> Self {
        self.with("linear", json!([percent, minutes(span)]))
    }

    /// The first step of [`Strategy::Canary`]: a percentage, and how long it bakes, in whole minutes.
    pub fn canary(self, percent: f64, span: &str) -> Self {
        self.with("canary", json!([percent, minutes(span)]))
    }

    /// A PAUSE hook at a lifecycle stage, such as `POST_TEST_TRAFFIC_SHIFT`; may be called again.
    pub fn pauses(mut self, stage: &str, span: &str, then: Timeout) -> Self {
        let hook = json!({ "stage": stage, "minutes": minutes(span), "action": then.word() });
        if let Value::Array(hooks) = self.order.entry("hooks").or_insert_with(|| json!([])) {
            hooks.push(hook);
        }
        self
    }

    /// A hook at a lifecycle stage that calls a Lambda function, which says yes unless [`Aws::lambda_hook_fails`].
    pub fn calls_lambda(mut self, stage: &str) -> Self {
        let hook = json!({ "stage": stage, "kind": "AWS_LAMBDA" });
        if let Value::Array(hooks) = self.order.entry("hooks").or_insert_with(|| json!([])) {
            hooks.push(hook);
        }
        self
    }

    /// The CloudWatch alarms that guard its deployments.
    pub fn alarms(self, names: &[&str]) -> Self {
        if self.order.contains_key("controller") {
            return self.within("code_deploy", "alarms", names.to_vec());
        }
        self.with("alarms", names.to_vec())
    }

    /// Without the circuit breaker that rolls a failing deployment back (ECS's own deployments have it otherwise).
    pub fn without_circuit_breaker(self) -> Self {
        self.with("breaker", false)
    }

    /// CodeDeploy waits so long, in whole minutes, for somebody to let traffic move, and stops when nobody does.
    pub fn ready_wait(self, span: &str) -> Self {
        let waits = self.within("code_deploy", "on_timeout", "STOP_DEPLOYMENT");
        waits.within("code_deploy", "ready_minutes", minutes(span))
    }

    /// CodeDeploy keeps the original task set so long after the traffic has moved, in whole minutes: `1h` if nothing is
    /// said.
    pub fn termination_wait(self, span: &str) -> Self {
        self.within("code_deploy", "terminate_minutes", minutes(span))
    }

    /// The CodeDeploy configuration, such as `CodeDeployDefault.ECSCanary10Percent5Minutes`, instead of all at once.
    pub fn deployment_config(self, name: &str) -> Self {
        self.within("code_deploy", "config", name)
    }

    /// What CodeDeploy rolls back upon, such as `DEPLOYMENT_FAILURE`; all three if nothing is said.
    pub fn rolls_back_on(self, events: &[&str]) -> Self {
        self.within("code_deploy", "rollback_on", events.to_vec())
    }
}

impl<'a> IntoFuture for NewService<'a> {
    type Output = String;
    type IntoFuture = Placing<'a>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.aws.made("ecs-service", Value::Object(self.order)).await })
    }
}

/// A deployment about to be started by a colleague's pipeline; awaiting it does that and gives the ARN of the service
/// deployment, or CodeDeploy's identifier.
#[must_use = "await it to start it"]
#[derive(Debug)]
pub struct NewDeployment<'a> {
    aws: &'a Aws,
    service: String,
    set: Map<String, Value>,
}

impl<'a> NewDeployment<'a> {
    pub(super) fn new(aws: &'a Aws, service: &str, image: &str) -> Self {
        let set = Map::from_iter([("image".to_owned(), json!(image))]);
        Self { aws, service: service.to_owned(), set }
    }

    /// With other CPU units and memory in MiB.
    pub fn size(mut self, cpu: u32, memory: u32) -> Self {
        self.set.insert("cpu".to_owned(), cpu.into());
        self.set.insert("memory".to_owned(), memory.into());
        self
    }

    /// With an environment variable set.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.set.entry("environment").or_insert_with(|| json!({}))[name] = value.into();
        self
    }

    /// With a secret set, by the ARN it is read from.
    pub fn secret(mut self, name: &str, arn: &str) -> Self {
        self.set.entry("secrets").or_insert_with(|| json!({}))[name] = arn.into();
        self
    }

    /// Without these environment variables or secrets.
    pub fn without(mut self, names: &[&str]) -> Self {
        self.set.insert("without".to_owned(), names.to_vec().into());
        self
    }
}

impl<'a> IntoFuture for NewDeployment<'a> {
    type Output = String;
    type IntoFuture = Placing<'a>;

    fn into_future(self) -> Self::IntoFuture {
        let order = json!({ "service": self.service, "set": self.set });
        Box::pin(async move { self.aws.made("ecs-deploy", order).await })
    }
}

/// The whole minutes of a span such as `30m` or `1h`.
pub(super) fn minutes(span: &str) -> i64 {
    let parsed: SignedDuration = span.parse().unwrap_or_else(|error| panic!("{span}: {error}"));
    assert!(parsed.as_secs() % 60 == 0, "AWS counts this in whole minutes: {span}");
    parsed.as_mins()
}
