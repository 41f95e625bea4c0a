//! What may hold a deployment up or end it: alarms, the circuit breaker, hooks, and gates where it waits for people.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
