//! What AWS's words and codes about tasks and deployments mean.

use aws_sdk_codedeploy::types::ErrorCode;
use aws_sdk_ecs::types as sdk;

use super::{Cause, StoppedContainer, StoppedTask};
use crate::aws::time::instant;
use crate::ecs::deployment::last_part;

/// How much of AWS's own words is told.
const TOLD: usize = 200;

/// A stopped task in our shape.
pub(in crate::ecs) fn stopped(task: &sdk::Task) -> StoppedTask {
    let container = |one: &sdk::Container| StoppedContainer {
        name: one.name.clone().unwrap_or_default(),
        image: one.image.clone().unwrap_or_default(),
        exit: one.exit_code,
        words: one.reason.clone().unwrap_or_default(),
    };
    StoppedTask {
        id: last_part(task.task_arn().unwrap_or_default()).to_owned(),
        task_definition: last_part(task.task_definition_arn().unwrap_or_default()).to_owned(),
        code: task.stop_code().map(|code| code.as_str().to_owned()),
        words: task.stopped_reason.clone().unwrap_or_default(),
        at: task.stopped_at().or(task.stopping_at()).and_then(instant),
        containers: task.containers().iter().map(container).collect(),
    }
}

impl StoppedTask {
    /// Why it died.
    pub fn cause(&self) -> Cause {
        let told = |container: &StoppedContainer| of_words(&container.words, Some(container));
        self.containers
            .iter()
            .find_map(told)
            .or_else(|| of_words(&self.words, self.containers.first().filter(|_| self.containers.len() == 1)))
            .unwrap_or_else(|| self.by_code())
    }

    /// What its stop code alone tells.
    fn by_code(&self) -> Cause {
        use sdk::TaskStopCode as Is;
        let other = || Cause::Other(shortened(if self.words.is_empty() { "AWS gives no reason" } else { &self.words }));
        let Some(code) = self.code.as_deref().map(Is::from) else { return self.exit().unwrap_or_else(other) };
        match code {
            Is::EssentialContainerExited => self.exit().unwrap_or_else(other),
            Is::TaskFailedToStart => Cause::Start(shortened(&self.words)),
            Is::SpotInterruption | Is::InfrastructureHealth | Is::TerminationNotice => Cause::Machine,
            Is::UserInitiated => Cause::ByHand,
            Is::ServiceSchedulerInitiated => Cause::Scheduler,
            _ => other(),
        }
    }

    /// The container that ended by itself. When one ends the others are told to (143) or killed (137), so those come last.
    fn exit(&self) -> Option<Cause> {
        let rank = |code: i32| match code {
            137 | 143 => 1,
            0 => 2,
            _ => 0,
        };
        let ended = self.containers.iter().filter_map(|container| Some((container, container.exit?)));
        let (container, code) = ended.min_by_key(|(_, code)| rank(*code))?;
        Some(Cause::Exit { container: container.name.clone(), code })
    }
}

/// What AWS's words about a task, or one of its containers, mean. None where they tell no more than the stop code.
fn of_words(words: &str, container: Option<&StoppedContainer>) -> Option<Cause> {
    let has = |part: &str| words.contains(part);
    Some(if has("CannotPull") {
        Cause::ImagePull { image: container.map(|container| container.image.clone()).filter(|image| !image.is_empty()) }
    } else if has("OutOfMemory") {
        Cause::OutOfMemory { container: container.map(|container| container.name.clone()) }
    } else if has("ELB health checks") || has("is unhealthy in (target-group") {
        Cause::LoadBalancerHealth { target_group: target_group(words) }
    } else if has("container health checks") {
        Cause::ContainerHealth
    } else if has("ResourceInitializationError") && (has("secret") || has("registry auth") || has("ssm")) {
        Cause::Secrets
    } else if has("unable to place a task") || has("RESOURCE:") || has("Capacity is unavailable") {
        Cause::Room(shortened(words))
    } else if has("Error:") || has("Timeout waiting for") || has("while attempting to") {
        Cause::Start(shortened(words))
    } else {
        return None;
    })
}

/// `orders-blue`, of `… (target-group arn:…:targetgroup/orders-blue/73e2d6bc24d8a067) …`.
fn target_group(words: &str) -> Option<String> {
    let (_, after) = words.split_once(":targetgroup/")?;
    after.split(['/', ')']).next().map(str::to_owned)
}

/// AWS's words on one line, not too long.
fn shortened(words: &str) -> String {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut told: String = words.chars().take(TOLD).collect();
    if told.len() < words.len() {
        told.push_str(" ...");
    }
    told.trim_end_matches('.').to_owned()
}

/// What CodeDeploy's error code means; `words` are those beside it.
pub(super) fn of_code(code: &ErrorCode, words: &str) -> Cause {
    use ErrorCode as Is;
    let or = |else_: &str| Cause::Other(if words.is_empty() { else_.to_owned() } else { shortened(words) });
    match code {
        Is::AlarmActive => Cause::Alarm(Vec::new()),
        Is::ManualStop => Cause::ByHand,
        Is::Timeout => Cause::Timeout,
        Is::HookExecutionFailure => Cause::Hook(None),
        Is::IamRoleMissing | Is::IamRolePermissions | Is::AutoScalingIamRolePermissions => Cause::Permissions,
        Is::EcsUpdateError => or("ECS did not take the update"),
        Is::InvalidEcsService => or("the ECS service does not fit a blue/green deployment"),
        Is::HealthConstraints | Is::HealthConstraintsInvalid | Is::CustomerApplicationUnhealthy => {
            or("too little of it stayed healthy")
        }
        Is::ElasticLoadBalancingInvalid | Is::ElbInvalidInstance | Is::MissingElbInformation => {
            or("the load balancer does not fit the deployment")
        }
        Is::InvalidRevision | Is::RevisionMissing => or("the revision is missing or can't be read"),
        Is::ApplicationMissing | Is::DeploymentGroupMissing => or("its application or deployment group is gone"),
        Is::ResourceLimitExceeded | Is::Throttled => or("AWS's limits were reached"),
        Is::InternalError => or("CodeDeploy had a fault of its own"),
        other => or(other.as_str()),
    }
}

/// What a service event tells, where it tells of trouble.
pub(super) fn of_event(words: &str) -> Option<Cause> {
    let placed = words.split_once("was unable to place a task").map(|(_, why)| {
        let why = why.trim_start_matches(['.', ' ']).trim_start_matches("because ").trim_start_matches("Reason: ");
        Cause::Room(shortened(why))
    });
    placed.or_else(|| of_words(words, None))
}

/// What the words of a deployment's status mean.
pub(super) fn of_status(words: &str) -> Cause {
    let lower = words.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if has(&["circuit breaker"]) {
        Cause::Breaker
    } else if has(&["alarm"]) {
        Cause::Alarm(Vec::new())
    } else if has(&["hook"]) {
        Cause::Hook(None)
    } else if has(&["new service deployment", "newer deployment"]) {
        Cause::Superseded
    } else if has(&["manual", "user request", "by user", "by a user", "was stopped"]) {
        Cause::ByHand
    } else if has(&["timed out", "timeout"]) {
        Cause::Timeout
    } else {
        Cause::Other(shortened(words))
    }
}
