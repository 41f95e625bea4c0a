//! ECS's own deployments in our shape. Pure.
//!
//! The API is `DescribeServiceDeployments`, with `DescribeServiceRevisions` for what the two sides run.

use aws_sdk_ecs::types as sdk;
use jiff::{SignedDuration, Timestamp};

use super::deployment::{
    Alarms, Bake, Breaker, Deployment, Gate, GateKind, Hook, HookKind, HookStatus, Id, Image, OnTimeout, Percent, Reason,
    Rollback, ServiceRef, Side, Stage, Status, Step, StepState, Strategy, Tasks, Watch, last_part,
};
use crate::aws::time::instant;

/// How long a PAUSE hook waits when nothing is configured ("DeploymentLifecycleHookTimeoutConfiguration", ECS API Reference).
const PAUSES: i32 = 1440;

/// The stages of every strategy but rolling, in order ("ServiceDeployment", ECS API Reference). Reconciling comes first where
/// it comes at all.
const STAGES: [Stage; 10] = [
    Stage::PreScaleUp,
    Stage::ScaleUp,
    Stage::PostScaleUp,
    Stage::TestTraffic,
    Stage::PostTestTraffic,
    Stage::PreProduction,
    Stage::Production,
    Stage::PostProduction,
    Stage::Bake,
    Stage::CleanUp,
];

/// A deployment of `service`, with those of `revisions` that belong to it. None where AWS leaves out its ARN.
pub(super) fn deployment(
    one: &sdk::ServiceDeployment,
    revisions: &[sdk::ServiceRevision],
    service: ServiceRef,
) -> Option<Deployment> {
    let configuration = one.deployment_configuration();
    let strategy = strategy(configuration);
    let hooks: Vec<Hook> = one.lifecycle_hook_details().iter().map(hook).collect();
    let stage = one.lifecycle_stage().map(stage);
    let updated = one.updated_at().and_then(instant);
    let bake = configuration.and_then(sdk::DeploymentConfiguration::bake_time_in_minutes).filter(|minutes| *minutes > 0);
    let mut deployment = Deployment {
        id: Id::Ecs(one.service_deployment_arn.clone()?),
        service,
        status: status(one),
        steps: Vec::new(),
        blue: blue(one.source_service_revisions(), revisions),
        green: one.target_service_revision().map(|green| side(green, revisions)),
        bake: bake.map(|minutes| Bake { minutes, since: updated.filter(|_| stage == Some(Stage::Bake)) }),
        alarms: one.alarms().map(alarms),
        breaker: one.deployment_circuit_breaker().map(breaker),
        gate: gate(one),
        reason: one.status_reason.clone().filter(|words| !words.is_empty()).map(|words| Reason { code: None, words }),
        rollback: one.rollback().map(rollback),
        undoes: None,
        created: one.created_at().and_then(instant),
        started: one.started_at().and_then(instant),
        updated,
        finished: one.finished_at().or(one.stopped_at()).and_then(instant),
        strategy,
        stage,
        hooks,
    };
    deployment.steps = steps(&deployment);
    Some(deployment)
}

pub(super) fn strategy(configuration: Option<&sdk::DeploymentConfiguration>) -> Strategy {
    let Some(configuration) = configuration else { return Strategy::Rolling };
    match configuration.strategy() {
        None | Some(sdk::DeploymentStrategy::Rolling) => Strategy::Rolling,
        Some(sdk::DeploymentStrategy::BlueGreen) => Strategy::BlueGreen,
        Some(sdk::DeploymentStrategy::Linear) => {
            let linear = configuration.linear_configuration();
            Strategy::Linear {
                step: linear.and_then(sdk::LinearConfiguration::step_percent).map(Percent::of),
                every: linear.and_then(sdk::LinearConfiguration::step_bake_time_in_minutes),
            }
        }
        Some(sdk::DeploymentStrategy::Canary) => {
            let canary = configuration.canary_configuration();
            Strategy::Canary {
                first: canary.and_then(sdk::CanaryConfiguration::canary_percent).map(Percent::of),
                wait: canary.and_then(sdk::CanaryConfiguration::canary_bake_time_in_minutes),
            }
        }
        Some(other) => Strategy::Other(other.as_str().to_owned()),
    }
}

/// ECS says STOPPED both when somebody stopped it and when it failed with nothing set to take it back.
fn status(one: &sdk::ServiceDeployment) -> Status {
    use sdk::ServiceDeploymentStatus as Is;
    let Some(status) = one.status() else { return Status::Other("no status".to_owned()) };
    match status {
        Is::Pending => Status::Pending,
        Is::InProgress if waiting(one).is_some() => Status::Waiting,
        Is::InProgress => Status::Running,
        Is::StopRequested => Status::Stopping,
        Is::Stopped if struck(one) => Status::Failed,
        Is::Stopped => Status::Stopped,
        Is::Successful => Status::Succeeded,
        Is::RollbackRequested | Is::RollbackInProgress => Status::RollingBack,
        Is::RollbackSuccessful => Status::RolledBack,
        Is::RollbackFailed => Status::RollbackFailed,
        other => Status::Other(other.as_str().to_owned()),
    }
}

fn struck(one: &sdk::ServiceDeployment) -> bool {
    let watches = [
        one.alarms().and_then(sdk::ServiceDeploymentAlarms::status),
        one.deployment_circuit_breaker().and_then(sdk::ServiceDeploymentCircuitBreaker::status),
    ];
    watches.contains(&Some(&sdk::ServiceDeploymentRollbackMonitorsStatus::Triggered))
}

/// The hook it waits at; of several the one that expires first.
fn waiting(one: &sdk::ServiceDeployment) -> Option<&sdk::DeploymentLifecycleHookDetail> {
    let waits =
        |hook: &&sdk::DeploymentLifecycleHookDetail| hook.status() == Some(&sdk::DeploymentLifecycleHookStatus::AwaitingAction);
    let first = |hook: &&sdk::DeploymentLifecycleHookDetail| hook.expires_at().and_then(instant).unwrap_or(Timestamp::MAX);
    one.lifecycle_hook_details().iter().filter(waits).min_by_key(first)
}

fn gate(one: &sdk::ServiceDeployment) -> Option<Gate> {
    let hook = waiting(one).filter(|_| one.status() == Some(&sdk::ServiceDeploymentStatus::InProgress))?;
    let expires = hook.expires_at().and_then(instant);
    let waits = pause(one).map(|minutes| SignedDuration::from_mins(minutes.into()));
    Some(Gate {
        kind: GateKind::Hook { id: hook.hook_id.clone()? },
        opened: expires.zip(waits).and_then(|(expires, waits)| expires.checked_sub(waits).ok()),
        expires,
        on_timeout: hook.timeout_action().map_or(OnTimeout::RollBack, on_timeout),
    })
}

/// How many minutes the PAUSE hook that waits does so, where it can be told which of those configured it is: the one of the
/// present stage; else the one before production traffic moves, since a deployment has no such stage; else the only one.
fn pause(one: &sdk::ServiceDeployment) -> Option<i32> {
    let stage = one.lifecycle_stage().map(sdk::ServiceDeploymentLifecycleStage::as_str);
    let hooks = one.deployment_configuration().map(sdk::DeploymentConfiguration::lifecycle_hooks).unwrap_or_default();
    let pauses: Vec<&sdk::DeploymentLifecycleHook> =
        hooks.iter().filter(|hook| hook.target_type() == Some(&sdk::DeploymentLifecycleHookTargetType::Pause)).collect();
    let at = |stage: &str| {
        pauses.iter().find(|hook| hook.lifecycle_stages().iter().any(|configured| configured.as_str() == stage)).copied()
    };
    let only = || if let [only] = pauses[..] { Some(only) } else { None };
    let hook = stage.and_then(at).or_else(|| at("PRE_PRODUCTION_TRAFFIC_SHIFT")).or_else(only)?;
    Some(hook.timeout_configuration().and_then(|timeout| timeout.timeout_in_minutes()).unwrap_or(PAUSES))
}

pub(super) fn on_timeout(action: &sdk::DeploymentLifecycleHookAction) -> OnTimeout {
    match action {
        sdk::DeploymentLifecycleHookAction::Continue => OnTimeout::Continue,
        sdk::DeploymentLifecycleHookAction::Rollback => OnTimeout::RollBack,
        other => OnTimeout::Other(other.as_str().to_owned()),
    }
}

/// A stage. `PRE_PRODUCTION_TRAFFIC_SHIFT` is documented, and missing from the API's model.
fn stage(stage: &sdk::ServiceDeploymentLifecycleStage) -> Stage {
    use sdk::ServiceDeploymentLifecycleStage as Is;
    match stage {
        Is::ReconcileService => Stage::Reconcile,
        Is::PreScaleUp => Stage::PreScaleUp,
        Is::ScaleUp => Stage::ScaleUp,
        Is::PostScaleUp => Stage::PostScaleUp,
        Is::TestTrafficShift => Stage::TestTraffic,
        Is::PostTestTrafficShift => Stage::PostTestTraffic,
        Is::ProductionTrafficShift => Stage::Production,
        Is::PostProductionTrafficShift => Stage::PostProduction,
        Is::BakeTime => Stage::Bake,
        Is::CleanUp => Stage::CleanUp,
        other if other.as_str() == "PRE_PRODUCTION_TRAFFIC_SHIFT" => Stage::PreProduction,
        other => Stage::Other(other.as_str().to_owned()),
    }
}

/// Once a deployment goes back its stage is one of the way back, and tells no longer how far it came.
fn steps(deployment: &Deployment) -> Vec<Step> {
    if deployment.strategy == Strategy::Rolling || deployment.goes_back() {
        return Vec::new();
    }
    let mut stages: Vec<Stage> = STAGES.to_vec();
    if deployment.stage == Some(Stage::Reconcile) {
        stages.insert(0, Stage::Reconcile);
    }
    let here = stages.iter().position(|stage| Some(stage) == deployment.stage.as_ref());
    let state = |at: usize| match here {
        _ if deployment.status == Status::Succeeded => StepState::Done,
        Some(here) if at < here => StepState::Done,
        Some(here) if at == here && deployment.is_failure() => StepState::Failed,
        Some(here) if at == here => StepState::Current,
        _ => StepState::ToCome,
    };
    stages.into_iter().enumerate().map(|(at, stage)| Step { state: state(at), stage }).collect()
}

/// Blue is one side even when several revisions were active: named after the one with the most traffic and tasks, with the
/// counts of all.
fn blue(sources: &[sdk::ServiceRevisionSummary], revisions: &[sdk::ServiceRevision]) -> Option<Side> {
    let mut sides: Vec<Side> = sources.iter().map(|one| side(one, revisions)).collect();
    sides.sort_by_key(|side| std::cmp::Reverse((side.production, side.tasks.running, side.tasks.wanted)));
    let sum = |one: Option<Percent>, other: Option<Percent>| match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    };
    sides.into_iter().reduce(|named, other| Side {
        tasks: Tasks {
            wanted: named.tasks.wanted + other.tasks.wanted,
            running: named.tasks.running + other.tasks.running,
            pending: named.tasks.pending + other.tasks.pending,
        },
        production: sum(named.production, other.production),
        test: sum(named.test, other.test),
        ..named
    })
}

fn side(summary: &sdk::ServiceRevisionSummary, revisions: &[sdk::ServiceRevision]) -> Side {
    let arn = summary.arn().unwrap_or_default();
    let revision = revisions.iter().find(|revision| revision.service_revision_arn() == Some(arn));
    Side {
        id: arn.to_owned(),
        task_definition: revision.and_then(sdk::ServiceRevision::task_definition).map(|arn| last_part(arn).to_owned()),
        tasks: Tasks {
            wanted: summary.requested_task_count().into(),
            running: summary.running_task_count().into(),
            pending: summary.pending_task_count().into(),
        },
        production: summary.requested_production_traffic_weight().map(Percent::of),
        test: summary.requested_test_traffic_weight().map(Percent::of),
        images: revision.map(images).unwrap_or_default(),
        target_groups: revision.map(target_groups).unwrap_or_default(),
        health: None,
    }
}

/// What the containers of a revision run, with the digests ECS resolved.
pub(super) fn images(revision: &sdk::ServiceRevision) -> Vec<Image> {
    let image = |one: &sdk::ContainerImage| Image {
        container: one.container_name.clone().unwrap_or_default(),
        image: one.image.clone().unwrap_or_default(),
        digest: one.image_digest.clone().filter(|digest| !digest.is_empty()),
    };
    revision.container_images().iter().map(image).collect()
}

/// Where a revision takes traffic: as ECS resolved it, else as the service is configured.
fn target_groups(revision: &sdk::ServiceRevision) -> Vec<String> {
    let resolved = revision.resolved_configuration().map(sdk::ResolvedConfiguration::load_balancers).unwrap_or_default();
    let resolved: Vec<String> = resolved.iter().filter_map(|one| one.target_group_arn.clone()).collect();
    if resolved.is_empty() {
        return revision.load_balancers().iter().filter_map(|one| one.target_group_arn.clone()).collect();
    }
    resolved
}

fn watch(status: Option<&sdk::ServiceDeploymentRollbackMonitorsStatus>) -> Watch {
    use sdk::ServiceDeploymentRollbackMonitorsStatus as Is;
    match status {
        None | Some(Is::Disabled) => Watch::Off,
        Some(Is::Monitoring) => Watch::Watching,
        Some(Is::MonitoringComplete) => Watch::Complete,
        Some(Is::Triggered) => Watch::Triggered,
        Some(other) => Watch::Other(other.as_str().to_owned()),
    }
}

fn alarms(one: &sdk::ServiceDeploymentAlarms) -> Alarms {
    Alarms { watch: watch(one.status()), names: one.alarm_names().to_vec(), triggered: one.triggered_alarm_names().to_vec() }
}

fn breaker(one: &sdk::ServiceDeploymentCircuitBreaker) -> Breaker {
    Breaker { watch: watch(one.status()), failures: one.failure_count(), threshold: one.threshold() }
}

fn rollback(one: &sdk::Rollback) -> Rollback {
    Rollback { reason: one.reason.clone(), started: one.started_at().and_then(instant), to: one.service_revision_arn.clone() }
}

fn hook(one: &sdk::DeploymentLifecycleHookDetail) -> Hook {
    let target = one.target_arn().unwrap_or_default();
    Hook {
        id: one.hook_id.clone().unwrap_or_default(),
        kind: match one.target_type() {
            Some(sdk::DeploymentLifecycleHookTargetType::Pause) => HookKind::Pause,
            Some(sdk::DeploymentLifecycleHookTargetType::AwsLambda) | None => {
                HookKind::Lambda(target.rsplit(':').next().unwrap_or_default().to_owned())
            }
            Some(other) => HookKind::Other(other.as_str().to_owned()),
        },
        status: one.status().map_or_else(|| HookStatus::Other("no status".to_owned()), hook_status),
        on_timeout: one.timeout_action().map_or(OnTimeout::RollBack, on_timeout),
    }
}

fn hook_status(status: &sdk::DeploymentLifecycleHookStatus) -> HookStatus {
    use sdk::DeploymentLifecycleHookStatus as Is;
    match status {
        Is::AwaitingAction => HookStatus::AwaitingAction,
        Is::InProgress => HookStatus::InProgress,
        Is::Succeeded => HookStatus::Succeeded,
        Is::Failed => HookStatus::Failed,
        Is::TimedOut => HookStatus::TimedOut,
        other => HookStatus::Other(other.as_str().to_owned()),
    }
}

#[cfg(test)]
mod tests;
