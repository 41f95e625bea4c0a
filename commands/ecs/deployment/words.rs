//! What the parts of a deployment are called in sentences.

use super::{GateKind, OnTimeout, Stage, Status, Strategy, Watch};

impl Strategy {
    /// In a word: `canary`.
    pub fn name(&self) -> &str {
        match self {
            Self::Rolling => "rolling",
            Self::BlueGreen => "blue/green",
            Self::Linear { .. } => "linear",
            Self::Canary { .. } => "canary",
            Self::Other(word) => word,
        }
    }

    /// In words: `canary, 10 % first`.
    pub fn words(&self) -> String {
        let minutes = |words: &str, minutes: Option<i32>| minutes.map(|minutes| format!("{words} {minutes} min"));
        let details = match self {
            Self::Linear { step, every } => [step.map(|step| format!("{step} at a time")), minutes("every", *every)],
            Self::Canary { first, wait } => [first.map(|first| format!("{first} first")), minutes("the rest after", *wait)],
            Self::Rolling | Self::BlueGreen | Self::Other(_) => [None, None],
        };
        let name = [self.name().to_owned()];
        name.into_iter().chain(details.into_iter().flatten()).collect::<Vec<_>>().join(", ")
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
    /// What is waited for, after "it waits": `to move production traffic`.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Hook { .. } => "at a pause hook",
            Self::ReadyWait => "to move production traffic",
            Self::TerminationWait => "to end blue's tasks",
        }
    }
}

impl OnTimeout {
    /// What AWS does then: `goes on`.
    pub fn words(&self) -> &str {
        match self {
            Self::Continue => "goes on",
            Self::RollBack => "rolls it back",
            Self::Stop => "stops it",
            Self::Other(word) => word,
        }
    }
}
