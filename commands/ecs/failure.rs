//! Why tasks die and deployments fail, in a plain sentence. Pure.
//!
//! ECS tells it in words: `stoppedReason`, containers' `reason`, service events ("Amazon ECS stopped tasks error messages" and
//! "Amazon ECS service event messages", ECS Developer Guide). CodeDeploy has codes ("ErrorInformation", CodeDeploy API
//! Reference).

use aws_sdk_codedeploy::types::ErrorCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deployment::{Deployment, Hook, HookKind, HookStatus, OnTimeout, Status, Watch};
use super::events::Event;

mod reading;

pub(super) use reading::stopped;
use reading::{of_code, of_event, of_status};

/// A task that has stopped. ECS knows it for about an hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoppedTask {
    /// Its id, the last part of its ARN.
    pub id: String,
    /// Its task definition, `family:revision`.
    pub task_definition: String,
    /// Why, in one word: `EssentialContainerExited`.
    pub code: Option<String>,
    /// Why, in AWS's words.
    pub words: String,
    /// When.
    pub at: Option<Timestamp>,
    /// Its containers.
    pub containers: Vec<StoppedContainer>,
}

/// A container of a task that has stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoppedContainer {
    /// Its name.
    pub name: String,
    /// Its image, as the task definition has it.
    pub image: String,
    /// What its process ended with, where it ran.
    pub exit: Option<i32>,
    /// What AWS says about it.
    pub words: String,
}

/// Why a task died, or a deployment ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// An image could not be pulled.
    ImagePull {
        /// Which, where it is told.
        image: Option<String>,
    },
    /// A container's process ended.
    Exit {
        /// The container.
        container: String,
        /// What it ended with.
        code: i32,
    },
    /// A container took more memory than it may.
    OutOfMemory {
        /// Which, where it is told.
        container: Option<String>,
    },
    /// The containers' own health check failed.
    ContainerHealth,
    /// The load balancer's health checks failed.
    LoadBalancerHealth {
        /// The target group's name, where it is told.
        target_group: Option<String>,
    },
    /// Secrets or the registry's credentials could not be fetched.
    Secrets,
    /// A container, or what it needs, could not be started. In AWS's words.
    Start(String),
    /// There was no room for a task. In AWS's words.
    Room(String),
    /// AWS took the machine away: spot capacity, maintenance, a broken host.
    Machine,
    /// Somebody stopped it.
    ByHand,
    /// The service's scheduler stopped it: it was replaced, or there were too many. Nothing is wrong.
    Scheduler,
    /// CloudWatch alarms went off; those that did.
    Alarm(Vec<String>),
    /// The circuit breaker opened: too many tasks failed.
    Breaker,
    /// A lifecycle hook failed; its function's name, where it is told.
    Hook(Option<String>),
    /// Somebody answered a gate with a rollback.
    Rejected,
    /// Nobody answered a gate in time.
    Unanswered,
    /// A newer deployment of the same service began.
    Superseded,
    /// Its time was up.
    Timeout,
    /// A role is missing, or may too little.
    Permissions,
    /// Anything else, as AWS puts it.
    Other(String),
}

/// Why a deployment goes badly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// What ended it, where something did.
    pub ended: Option<Cause>,
    /// What its tasks died of, most frequent first, with how many.
    pub deaths: Vec<(Cause, usize)>,
}

/// What dying tasks died of, most frequent first. Those that the scheduler or somebody stopped did not die.
pub fn grouped<'a>(tasks: impl IntoIterator<Item = &'a StoppedTask>) -> Vec<(Cause, usize)> {
    let mut groups: Vec<(Cause, usize)> = Vec::new();
    for cause in tasks.into_iter().map(StoppedTask::cause).filter(Cause::is_death) {
        match groups.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => groups.push((cause, 1)),
        }
    }
    groups.sort_by(|(one, few), (other, many)| many.cmp(few).then_with(|| one.cmp(other)));
    groups
}

/// Why a deployment goes badly, from what is known of it, `tasks` of its service that stopped, and the service's `events`.
/// None where it goes, or went, well.
pub fn why(deployment: &Deployment, tasks: &[StoppedTask], events: &[Event]) -> Option<Why> {
    if deployment.status == Status::Succeeded {
        return None;
    }
    let since = deployment.created.unwrap_or(Timestamp::MIN);
    let green = deployment.green.as_ref().and_then(|green| green.task_definition.as_deref());
    let its_own =
        |task: &&StoppedTask| green.is_none_or(|green| task.task_definition == green) && task.at.is_none_or(|at| at >= since);
    let mut deaths = grouped(tasks.iter().filter(its_own));
    let until = deployment.finished.unwrap_or(Timestamp::MAX);
    if deaths.is_empty() {
        let during = events.iter().filter(|event| (since..=until).contains(&event.at));
        deaths.extend(during.filter_map(|event| of_event(&event.words)).next().map(|cause| (cause, 0)));
    }
    let ended = ended(deployment);
    (ended.is_some() || !deaths.is_empty()).then_some(Why { ended, deaths })
}

/// What ended a deployment before its time, or is about to.
fn ended(deployment: &Deployment) -> Option<Cause> {
    let ending = matches!(deployment.status, Status::RollingBack | Status::Stopping);
    if !deployment.is_failure() && !ending {
        return None;
    }
    if let Some(alarms) = deployment.alarms.as_ref().filter(|alarms| alarms.watch == Watch::Triggered) {
        return Some(Cause::Alarm(alarms.triggered.clone()));
    }
    if deployment.breaker.as_ref().is_some_and(|breaker| breaker.watch == Watch::Triggered) {
        return Some(Cause::Breaker);
    }
    let reason = deployment.reason.as_ref();
    if let Some((code, reason)) = reason.and_then(|reason| Some((reason.code.as_deref()?, reason))) {
        return Some(match of_code(&ErrorCode::from(code), &reason.words) {
            Cause::Hook(None) => by_hook(&deployment.hooks).unwrap_or(Cause::Hook(None)),
            cause => cause,
        });
    }
    let words = deployment.rollback.as_ref().and_then(|rollback| rollback.reason.as_deref());
    let words = words.or(reason.map(|reason| reason.words.as_str())).filter(|words| !words.is_empty());
    match words.map(of_status) {
        // Its words name no hook, and hooks that nobody waits for any longer are said to have failed: only both together tell.
        None | Some(Cause::Hook(None)) => by_hook(&deployment.hooks),
        cause => cause,
    }
    .or_else(|| words.map(of_status))
    .or_else(|| (deployment.status == Status::Stopped).then_some(Cause::ByHand))
}

/// The hook that ended a deployment.
fn by_hook(hooks: &[Hook]) -> Option<Cause> {
    let ended = hooks.iter().rev().find(|hook| match hook.status {
        HookStatus::Failed => true,
        HookStatus::TimedOut => hook.on_timeout == OnTimeout::RollBack,
        _ => false,
    })?;
    Some(match (&ended.kind, &ended.status) {
        (HookKind::Pause, HookStatus::TimedOut) => Cause::Unanswered,
        (HookKind::Pause, _) => Cause::Rejected,
        (HookKind::Lambda(name), _) if !name.is_empty() => Cause::Hook(Some(name.clone())),
        _ => Cause::Hook(None),
    })
}

impl Cause {
    /// Whether a task that stopped for it died: nobody wanted it to stop.
    pub fn is_death(&self) -> bool {
        !matches!(self, Self::ByHand | Self::Scheduler)
    }

    /// In words, without a capital: `the container web exited with code 1`.
    pub fn words(&self) -> String {
        match self {
            Self::ImagePull { image: Some(image) } => format!("the image {image} could not be pulled"),
            Self::ImagePull { image: None } => "an image could not be pulled".to_owned(),
            Self::Exit { container, code: 137 } => format!("the container {container} was killed (exit code 137)"),
            Self::Exit { container, code } => format!("the container {container} exited with code {code}"),
            Self::OutOfMemory { container: Some(container) } => format!("the container {container} ran out of memory"),
            Self::OutOfMemory { container: None } => "a container ran out of memory".to_owned(),
            Self::ContainerHealth => "the containers' health check failed".to_owned(),
            Self::LoadBalancerHealth { target_group: Some(group) } => {
                format!("the load balancer's health check failed in the target group {group}")
            }
            Self::LoadBalancerHealth { target_group: None } => "the load balancer's health check failed".to_owned(),
            Self::Secrets => "secrets or the registry's credentials could not be fetched".to_owned(),
            Self::Start(words) => format!("it could not be started: {words}"),
            Self::Room(words) => format!("there was no room for a task: {words}"),
            Self::Machine => "AWS took the machine away".to_owned(),
            Self::ByHand => "it was stopped by hand".to_owned(),
            Self::Scheduler => "the service's scheduler replaced it".to_owned(),
            Self::Alarm(names) => match &names[..] {
                [] => "an alarm went off".to_owned(),
                [one] => format!("the alarm {one} went off"),
                many => format!("the alarms {} went off", crate::message::listed(many)),
            },
            Self::Breaker => "the circuit breaker opened".to_owned(),
            Self::Hook(Some(name)) => format!("the lifecycle hook {name} failed"),
            Self::Hook(None) => "a lifecycle hook failed".to_owned(),
            Self::Rejected => "its gate was answered with a rollback".to_owned(),
            Self::Unanswered => "nobody answered its gate in time".to_owned(),
            Self::Superseded => "a newer deployment took its place".to_owned(),
            Self::Timeout => "its time was up".to_owned(),
            Self::Permissions => "a role is missing, or may too little".to_owned(),
            Self::Other(words) => words.clone(),
        }
    }
}

impl Why {
    /// In one sentence: what ended it, and what its tasks died of.
    pub fn sentence(&self) -> String {
        let deaths = self.deaths.first().map(|(cause, count)| match count {
            0 => cause.words(),
            1 => format!("{} (1 task)", cause.words()),
            count => format!("{} ({count} tasks)", cause.words()),
        });
        let parts: Vec<String> = self.ended.as_ref().map(Cause::words).into_iter().chain(deaths).collect();
        let mut sentence = parts.join(": ");
        if let Some(first) = sentence.get(..1).map(str::to_uppercase) {
            sentence.replace_range(..1, &first);
        }
        sentence + "."
    }
}

#[cfg(test)]
mod tests;
