//! What a deployment is to us: one shape for CodeDeploy's blue/green and for what ECS does itself (rolling, blue/green, linear,
//! canary). It can be kept.
//!
//! AWS adds states over time. Each enum here ends in `Other`, which holds AWS's own word, to be shown as it is.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::Resource;

mod guards;
mod percent;
mod words;

pub use guards::{Alarms, Breaker, Gate, GateKind, Hook, HookKind, HookStatus, OnTimeout, Watch};
pub use percent::Percent;

/// A deployment of a service, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Which one.
    pub id: Id,
    /// What is deployed.
    pub service: ServiceRef,
    /// How traffic or tasks move over.
    pub strategy: Strategy,
    /// Where it stands.
    pub status: Status,
    /// The stage it is in, or ended in.
    pub stage: Option<Stage>,
    /// Its stages in order, with where each stands. Empty where there are none, as in most rolling deployments.
    pub steps: Vec<Step>,
    /// What ran before. None where there was nothing, or AWS no longer tells.
    pub blue: Option<Side>,
    /// What is being deployed.
    pub green: Option<Side>,
    /// How long both sides go on together once all traffic has moved.
    pub bake: Option<Bake>,
    /// CloudWatch alarms that end it.
    pub alarms: Option<Alarms>,
    /// The circuit breaker.
    pub breaker: Option<Breaker>,
    /// Its lifecycle hooks that have begun.
    pub hooks: Vec<Hook>,
    /// What it waits for people at.
    pub gate: Option<Gate>,
    /// Why it stands where it stands, as AWS puts it.
    pub reason: Option<Reason>,
    /// That it is, or was, rolled back.
    pub rollback: Option<Rollback>,
    /// The deployment this one takes back, where it is CodeDeploy's rollback of another.
    pub undoes: Option<String>,
    /// When it was asked for.
    pub created: Option<Timestamp>,
    /// When it began.
    pub started: Option<Timestamp>,
    /// When AWS last changed something about it.
    pub updated: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

/// Which API carries a deployment out, and what that calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Id {
    /// ECS itself; the service deployment's ARN, `arn:…:service-deployment/CLUSTER/SERVICE/ID`.
    Ecs(String),
    /// CodeDeploy; the deployment's id, `d-XXXXXXXXX`.
    CodeDeploy(String),
}

/// The service that is deployed, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ServiceRef {
    /// The account, twelve digits.
    pub account: String,
    /// What people call the account.
    pub account_name: String,
    /// The region.
    pub region: String,
    /// The cluster's name.
    pub cluster: String,
    /// The service's name.
    pub name: String,
    /// The service's ARN.
    pub arn: String,
    /// Its `project` tag, or its account's project.
    pub project: String,
    /// Its `env` tag, or its account's environment.
    pub env: String,
}

/// How traffic or tasks move over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Tasks are replaced a few at a time.
    Rolling,
    /// All traffic moves at once.
    BlueGreen,
    /// Traffic moves in equal steps.
    Linear {
        /// How much moves in each step.
        step: Option<Percent>,
        /// Minutes between steps.
        every: Option<i32>,
    },
    /// A small part of the traffic moves first, then the rest.
    Canary {
        /// How much moves first.
        first: Option<Percent>,
        /// Minutes until the rest moves.
        wait: Option<i32>,
    },
    /// AWS's own word.
    Other(String),
}

/// Where a deployment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Asked for, not begun.
    Pending,
    /// Under way.
    Running,
    /// At a gate: [`Deployment::gate`] says which.
    Waiting,
    /// Somebody asked for its stop.
    Stopping,
    /// It is being taken back.
    RollingBack,
    /// It did what it should.
    Succeeded,
    /// It did not.
    Failed,
    /// Somebody stopped it.
    Stopped,
    /// It was taken back.
    RolledBack,
    /// It should have been taken back, and was not.
    RollbackFailed,
    /// AWS's own word.
    Other(String),
}

/// A part of a deployment's way. CodeDeploy's lifecycle events have the same places under other names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Several revisions were active; ECS sorts that out first.
    Reconcile,
    /// Before green's tasks start (`BeforeInstall`).
    PreScaleUp,
    /// Green's tasks start (`Install`).
    ScaleUp,
    /// Green's tasks run, without traffic (`AfterInstall`).
    PostScaleUp,
    /// Test traffic moves (`AllowTestTraffic`).
    TestTraffic,
    /// Green has the test traffic (`AfterAllowTestTraffic`).
    PostTestTraffic,
    /// Before production traffic moves (`BeforeAllowTraffic`).
    PreProduction,
    /// Production traffic moves (`AllowTraffic`).
    Production,
    /// Green has the production traffic (`AfterAllowTraffic`).
    PostProduction,
    /// Both sides run on, for the case that green must give the traffic back.
    Bake,
    /// Blue's tasks end.
    CleanUp,
    /// AWS's own word.
    Other(String),
}

/// One stage and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The stage.
    pub stage: Stage,
    /// Where it stands.
    pub state: StepState,
}

/// Where a stage stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not yet.
    ToCome,
    /// Now.
    Current,
    /// Over, and well.
    Done,
    /// It broke here.
    Failed,
    /// It is left out.
    Skipped,
    /// AWS's own word.
    Other(String),
}

/// One side of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// The service revision's ARN, or the task set's id.
    pub id: String,
    /// The task definition, `family:revision`.
    pub task_definition: Option<String>,
    /// Its tasks.
    pub tasks: Tasks,
    /// Its share of the production traffic.
    pub production: Option<Percent>,
    /// Its share of the test traffic.
    pub test: Option<Percent>,
    /// What its containers run.
    pub images: Vec<Image>,
    /// The target groups it receives traffic through, by ARN; CodeDeploy gives names.
    pub target_groups: Vec<String>,
    /// How its targets are at the load balancer, where that was looked at.
    pub health: Option<Health>,
}

/// Tasks by count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tasks {
    /// How many there should be.
    pub wanted: i64,
    /// How many run.
    pub running: i64,
    /// How many are about to.
    pub pending: i64,
}

/// A container's image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The container's name.
    pub container: String,
    /// As the task definition has it: `registry/orders:1.4.2`.
    pub image: String,
    /// The digest it was resolved to, `sha256:…`.
    pub digest: Option<String>,
}

/// Targets at the load balancer, by how they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Those that take requests.
    pub healthy: u32,
    /// Those that fail their checks.
    pub unhealthy: u32,
    /// Those whose checks have not passed yet.
    pub initial: u32,
    /// Those on their way out.
    pub draining: u32,
    /// All others: unused, unavailable, and what AWS has added since.
    pub other: u32,
    /// Why targets are not healthy, in AWS's words, each once.
    pub reasons: Vec<String>,
}

/// The time after the traffic has moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bake {
    /// How long it is, in minutes.
    pub minutes: i32,
    /// When it began, once it has. Of ECS it is the deployment's last update when first seen baking: AWS does not tell.
    pub since: Option<Timestamp>,
}

/// Why a deployment stands where it stands, as AWS puts it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// CodeDeploy's error code: `ALARM_ACTIVE`.
    pub code: Option<String>,
    /// In words.
    pub words: String,
}

/// A deployment that is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// Why, in AWS's words.
    pub reason: Option<String>,
    /// Since when.
    pub started: Option<Timestamp>,
    /// What is deployed instead: a service revision's ARN, or the id of CodeDeploy's deployment that does it.
    pub to: Option<String>,
}

impl Id {
    /// How people call it: CodeDeploy's id, or the first eight letters of ECS's.
    pub fn short(&self) -> &str {
        match self {
            Self::Ecs(arn) => {
                let own = last_part(arn);
                own.get(..8).unwrap_or(own)
            }
            Self::CodeDeploy(id) => id,
        }
    }

    /// Whether `typed` means this one: all of it, its last part, or the beginning of that from six letters on.
    pub fn is_meant_by(&self, typed: &str) -> bool {
        let typed = typed.trim();
        let (whole, own) = match self {
            Self::Ecs(arn) => (arn.as_str(), last_part(arn)),
            Self::CodeDeploy(id) => (id.as_str(), id.as_str()),
        };
        let begins = own.get(..typed.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(typed));
        typed == whole || (typed.len() >= 6 && begins)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ecs(whole) | Self::CodeDeploy(whole) => f.write_str(whole),
        }
    }
}

/// What stands behind the last `/` of an ARN.
pub(super) fn last_part(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

impl ServiceRef {
    /// What policy decides on.
    pub fn resource(&self) -> Resource {
        Resource {
            kind: "service".to_owned(),
            name: self.name.clone(),
            id: self.arn.clone(),
            account: Some(self.account.clone()),
            project: Some(self.project.clone()),
            env: Some(self.env.clone()),
            ..Resource::default()
        }
    }

    /// Where it is, in words: `main in shop-prod (eu-west-1)`.
    pub fn place(&self) -> String {
        format!("{} in {} ({})", self.cluster, self.account_name, self.region)
    }
}

impl Deployment {
    /// Whether nothing more will come of it.
    pub fn is_over(&self) -> bool {
        match self.status {
            Status::Succeeded | Status::Failed | Status::Stopped | Status::RolledBack | Status::RollbackFailed => true,
            // What AWS has a new word for is over once AWS says when it ended.
            Status::Other(_) => self.finished.is_some(),
            Status::Pending | Status::Running | Status::Waiting | Status::Stopping | Status::RollingBack => false,
        }
    }

    /// Whether it ended otherwise than it should.
    pub fn is_failure(&self) -> bool {
        matches!(self.status, Status::Failed | Status::Stopped | Status::RolledBack | Status::RollbackFailed)
    }

    /// Whether it is being, was, or should have been taken back.
    pub fn goes_back(&self) -> bool {
        matches!(self.status, Status::RollingBack | Status::RolledBack | Status::RollbackFailed)
    }

    /// How long it bakes yet, while it does.
    pub fn bake_left(&self, now: Timestamp) -> Option<SignedDuration> {
        let bake = self.bake?;
        let left = SignedDuration::from_mins(bake.minutes.into()) - now.duration_since(bake.since?);
        (!self.is_over()).then_some(left.max(SignedDuration::ZERO))
    }

    /// The same look at it, told what an `earlier` one saw. AWS gives no beginning of bake times and of hooks, so the first
    /// one that was seen holds. And of a deployment of ECS's own that goes back, AWS no longer tells how far it came.
    #[must_use]
    pub fn seen_after(mut self, earlier: &Self) -> Self {
        if self.goes_back() && self.steps.is_empty() {
            self.steps = earlier.steps.clone();
            for step in self.steps.iter_mut().filter(|step| step.state == StepState::Current) {
                step.state = StepState::Failed;
            }
        }
        if let (Some(bake), Some(before)) = (&mut self.bake, earlier.bake)
            && self.stage == earlier.stage
        {
            bake.since = before.since.or(bake.since);
        }
        if let (Some(gate), Some(before)) = (&mut self.gate, &earlier.gate)
            && gate.kind == before.kind
        {
            gate.opened = before.opened.or(gate.opened);
        }
        self
    }
}

impl Side {
    /// Its task definition as people call it, or its id.
    pub fn name(&self) -> &str {
        self.task_definition.as_deref().unwrap_or_else(|| last_part(&self.id))
    }
}

#[cfg(test)]
pub(super) mod tests;
