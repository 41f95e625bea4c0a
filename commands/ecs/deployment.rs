//! What a deployment is to us: one shape for CodeDeploy's blue/green and for what ECS does itself (rolling, blue/green, linear,
//! canary). It can be kept.
//!
//! AWS adds states over time. Each enum here ends in `Other`, which holds AWS's own word, to be shown as it is.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::Resource;

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

/// What watches a deployment, and whether it has struck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// It watches.
    Watching,
    /// It struck.
    Triggered,
    /// It is over, and it did not strike.
    Complete,
    /// It is off.
    Off,
    /// AWS's own word.
    Other(String),
}

/// CloudWatch alarms that end a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarms {
    /// Whether they have.
    pub watch: Watch,
    /// All of them.
    pub names: Vec<String>,
    /// Those that did.
    pub triggered: Vec<String>,
}

/// The circuit breaker: so many failed tasks end the deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Whether it has opened.
    pub watch: Watch,
    /// Tasks that failed so far.
    pub failures: i32,
    /// How many may.
    pub threshold: i32,
}

/// A lifecycle hook that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hook {
    /// Its id.
    pub id: String,
    /// What it does.
    pub kind: HookKind,
    /// Where it stands.
    pub status: HookStatus,
    /// What AWS does when it takes too long.
    pub on_timeout: OnTimeout,
}

/// What a lifecycle hook does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookKind {
    /// It runs a function, by name.
    Lambda(String),
    /// It waits for people.
    Pause,
    /// AWS's own word.
    Other(String),
}

/// Where a lifecycle hook stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookStatus {
    /// It waits for people.
    AwaitingAction,
    /// It is at work.
    InProgress,
    /// It let the deployment go on.
    Succeeded,
    /// It did not.
    Failed,
    /// Its time was up.
    TimedOut,
    /// AWS's own word.
    Other(String),
}

/// A place where a deployment waits for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Which.
    pub kind: GateKind,
    /// Since when, as far as AWS's answers tell.
    pub opened: Option<Timestamp>,
    /// When AWS decides by itself.
    pub expires: Option<Timestamp>,
    /// What AWS does then.
    pub on_timeout: OnTimeout,
}

/// Which gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateKind {
    /// A PAUSE lifecycle hook of ECS. Answered by `ContinueServiceDeployment`.
    Hook {
        /// The hook's id.
        id: String,
    },
    /// CodeDeploy waits before production traffic moves. Answered by `ContinueDeployment` READY_WAIT.
    ReadyWait,
    /// CodeDeploy waits before blue's tasks end. Answered by `ContinueDeployment` TERMINATION_WAIT.
    TerminationWait,
}

/// What AWS does when nobody answers a gate in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// It goes on.
    Continue,
    /// It takes the deployment back.
    RollBack,
    /// It stops the deployment.
    Stop,
    /// AWS's own word.
    Other(String),
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

/// A share, in hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(u16);

impl Percent {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const ALL: Self = Self(10_000);

    /// AWS's `12.5`; what is below 0 or above 100 becomes these.
    pub fn of(value: f64) -> Self {
        // `as` saturates, and makes 0 of what is no number.
        Self(((value * 100.0).round() as u16).min(Self::ALL.0))
    }

    /// What is left to the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(Self::ALL.0.saturating_sub(self.0))
    }

    /// Both together, at most all of it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(Self::ALL.0))
    }

    /// In hundredths of a percent, 0 to 10,000.
    pub fn hundredths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match (self.0 / 100, self.0 % 100) {
            (whole, 0) => format!("{whole} %"),
            (whole, part) => format!("{} %", format!("{whole}.{part:02}").trim_end_matches('0')),
        };
        f.pad(&words)
    }
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

    /// How long it bakes yet, while it does.
    pub fn bake_left(&self, now: Timestamp) -> Option<SignedDuration> {
        let bake = self.bake?;
        let left = SignedDuration::from_mins(bake.minutes.into()) - now.duration_since(bake.since?);
        (!self.is_over()).then_some(left.max(SignedDuration::ZERO))
    }

    /// The same look at it, told what an `earlier` one saw: AWS gives no beginning of bake times and of hooks, so the first
    /// one that was seen holds.
    #[must_use]
    pub fn seen_after(mut self, earlier: &Self) -> Self {
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

impl Strategy {
    /// In words: `canary, 10 % first`.
    pub fn words(&self) -> String {
        let minutes = |words: &str, minutes: Option<i32>| minutes.map(|minutes| format!("{words} {minutes} min"));
        let parts = match self {
            Self::Rolling => vec![Some("rolling".to_owned())],
            Self::BlueGreen => vec![Some("blue/green".to_owned())],
            Self::Linear { step, every } => {
                vec![Some("linear".to_owned()), step.map(|step| format!("{step} at a time")), minutes("every", *every)]
            }
            Self::Canary { first, wait } => {
                vec![Some("canary".to_owned()), first.map(|first| format!("{first} first")), minutes("the rest after", *wait)]
            }
            Self::Other(word) => vec![Some(word.clone())],
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Status {
    /// In a word or two.
    pub fn words(&self) -> &str {
        match self {
            Self::Pending => "about to begin",
            Self::Running => "running",
            Self::Waiting => "waiting for an answer",
            Self::Stopping => "stopping",
            Self::RollingBack => "rolling back",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::RolledBack => "rolled back",
            Self::RollbackFailed => "rollback failed",
            Self::Other(word) => word,
        }
    }
}

impl Stage {
    /// In a few words, as what goes on.
    pub fn words(&self) -> &str {
        match self {
            Self::Reconcile => "sorting out revisions",
            Self::PreScaleUp => "before green starts",
            Self::ScaleUp => "starting green",
            Self::PostScaleUp => "green has started",
            Self::TestTraffic => "moving test traffic",
            Self::PostTestTraffic => "green has the test traffic",
            Self::PreProduction => "before production traffic moves",
            Self::Production => "moving production traffic",
            Self::PostProduction => "green has the production traffic",
            Self::Bake => "baking",
            Self::CleanUp => "ending blue",
            Self::Other(word) => word,
        }
    }
}

impl Watch {
    /// In a word or two.
    pub fn words(&self) -> &str {
        match self {
            Self::Watching => "watching",
            Self::Triggered => "triggered",
            Self::Complete => "done watching",
            Self::Off => "off",
            Self::Other(word) => word,
        }
    }
}

impl GateKind {
    /// What it holds back, in words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Hook { .. } => "a pause hook",
            Self::ReadyWait => "production traffic may move",
            Self::TerminationWait => "blue's tasks may end",
        }
    }
}

impl OnTimeout {
    /// What AWS does then: `goes on`.
    pub fn words(&self) -> &str {
        match self {
            Self::Continue => "goes on",
            Self::RollBack => "rolls back",
            Self::Stop => "stops it",
            Self::Other(word) => word,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `orders` in the cluster `main` of shop-prod.
    pub(crate) fn orders() -> ServiceRef {
        ServiceRef {
            account: "111122223333".to_owned(),
            account_name: "shop-prod".to_owned(),
            region: "eu-west-1".to_owned(),
            cluster: "main".to_owned(),
            name: "orders".to_owned(),
            arn: "arn:aws:ecs:eu-west-1:111122223333:service/main/orders".to_owned(),
            project: "shop".to_owned(),
            env: "prod".to_owned(),
        }
    }

    /// A deployment under way of which nothing else is known.
    pub(crate) fn deployment() -> Deployment {
        let arn = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/main/orders/r9i43YFjvgF_xlg7m2eJ1";
        Deployment {
            id: Id::Ecs(arn.to_owned()),
            service: orders(),
            strategy: Strategy::BlueGreen,
            status: Status::Running,
            stage: None,
            steps: Vec::new(),
            blue: None,
            green: None,
            bake: None,
            alarms: None,
            breaker: None,
            hooks: Vec::new(),
            gate: None,
            reason: None,
            rollback: None,
            undoes: None,
            created: None,
            started: None,
            updated: None,
            finished: None,
        }
    }

    #[test]
    fn an_id_can_be_typed() {
        let id = deployment().id;
        assert_eq!(id.short(), "r9i43YFj");
        for typed in ["r9i43Y", "R9I43YFJ", "r9i43YFjvgF_xlg7m2eJ1", &id.to_string()] {
            assert!(id.is_meant_by(typed), "{typed}");
        }
        for typed in ["", "r9i", "r9i43X", "r9i43YFjvgF_xlg7m2eJ1x", "ü9i43Y"] {
            assert!(!id.is_meant_by(typed), "{typed}");
        }
        let id = Id::CodeDeploy("d-A1B2C3D4E".to_owned());
        assert_eq!(id.short(), "d-A1B2C3D4E");
        assert!(id.is_meant_by("d-a1b2c3d4e") && !id.is_meant_by("d-a1b"));
    }

    #[test]
    fn shares_are_told_shortly() {
        let told = [0.0, 12.5, 33.333, 99.999, 100.0, 250.0, -3.0, f64::NAN].map(|value| Percent::of(value).to_string());
        assert_eq!(told, ["0 %", "12.5 %", "33.33 %", "100 %", "100 %", "100 %", "0 %", "0 %"]);
        assert_eq!(Percent::of(12.5).rest(), Percent::of(87.5));
    }

    #[test]
    fn it_can_be_kept() {
        let kept = Deployment {
            strategy: Strategy::Canary { first: Some(Percent::of(10.0)), wait: Some(5) },
            status: Status::Other("NAPPING".to_owned()),
            gate: Some(Gate {
                kind: GateKind::Hook { id: "hook-1".to_owned() },
                opened: None,
                expires: Some("2026-11-25T10:00:00Z".parse().unwrap()),
                on_timeout: OnTimeout::RollBack,
            }),
            ..deployment()
        };
        let text = serde_json::to_string(&kept).unwrap();
        assert_eq!(serde_json::from_str::<Deployment>(&text).unwrap(), kept);
    }

    #[test]
    fn what_is_unknown_is_over_when_it_has_ended() {
        let mut one = Deployment { status: Status::Other("NAPPING".to_owned()), ..deployment() };
        assert!(!one.is_over());
        one.finished = Some("2026-11-25T10:00:00Z".parse().unwrap());
        assert!(one.is_over());
    }

    #[test]
    fn the_first_look_says_when_it_began_to_bake() {
        let at = |text: &str| Some(text.parse::<Timestamp>().unwrap());
        let look = |since: &str| Deployment {
            stage: Some(Stage::Bake),
            bake: Some(Bake { minutes: 15, since: at(since) }),
            ..deployment()
        };
        let later = look("2026-11-25T10:07:00Z").seen_after(&look("2026-11-25T10:00:00Z"));
        let now = "2026-11-25T10:10:00Z".parse().unwrap();
        assert_eq!(later.bake_left(now), Some(SignedDuration::from_mins(5)));
        let before = Deployment { stage: Some(Stage::Production), bake: Some(Bake { minutes: 15, since: None }), ..deployment() };
        assert_eq!(look("2026-11-25T10:07:00Z").seen_after(&before).bake_left(now), Some(SignedDuration::from_mins(12)));
    }
}
