//! CodeDeploy's blue/green deployments of ECS services in our shape. Pure.
//!
//! The APIs are `BatchGetDeployments` and `BatchGetDeploymentTargets`. How traffic moves and which alarms watch stand with the
//! deployment's configuration and group; what the task sets run stands with the service in ECS.

use aws_sdk_codedeploy::types as sdk;
use aws_sdk_ecs::types::TaskSet;
use jiff::{SignedDuration, Timestamp};

use super::deployment::{
    Alarms, Bake, Deployment, Gate, GateKind, Hook, HookKind, HookStatus, Id, OnTimeout, Percent, Reason, Rollback, ServiceRef,
    Side, Stage, Status, Step, StepState, Strategy, Tasks, Watch, last_part,
};
use crate::aws::time::instant;

/// What is known of one deployment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen<'a> {
    /// The deployment.
    pub(super) info: &'a sdk::DeploymentInfo,
    /// Its one target, the service; none until it has begun.
    pub(super) target: Option<&'a sdk::EcsTarget>,
    /// How its configuration moves traffic.
    pub(super) routing: Option<&'a sdk::TrafficRoutingConfig>,
    /// The alarms of its group.
    pub(super) alarms: Option<&'a sdk::AlarmConfiguration>,
    /// The service's task sets in ECS.
    pub(super) task_sets: &'a [TaskSet],
    /// When it was seen.
    pub(super) now: Timestamp,
}

/// A deployment of `service`. None where AWS leaves out its id.
pub(super) fn deployment(seen: Seen<'_>, service: ServiceRef) -> Option<Deployment> {
    let info = seen.info;
    let error = info.error_information();
    let gate = gate(seen);
    let finished = info.complete_time().and_then(instant);
    let steps = steps(seen);
    let mut deployment = Deployment {
        id: Id::CodeDeploy(info.deployment_id.clone()?),
        service,
        strategy: strategy(seen),
        status: status(info, gate.is_some()),
        stage: None,
        blue: side(seen, &sdk::TargetLabel::Blue),
        green: side(seen, &sdk::TargetLabel::Green),
        bake: termination_wait(info).map(|minutes| Bake { minutes, since: last_end(seen).filter(|_| terminating(info)) }),
        alarms: info.override_alarm_configuration().or(seen.alarms).and_then(|config| alarms(config, info)),
        breaker: None,
        hooks: events(seen).iter().filter_map(hook).collect(),
        gate,
        reason: error.map(reason).or_else(|| messages(info)),
        rollback: info.rollback_info().and_then(rollback),
        undoes: undone(info).map(str::to_owned),
        created: info.create_time().and_then(instant),
        started: info.start_time().and_then(instant),
        updated: seen.target.and_then(|target| target.last_updated_at().and_then(instant)).or(finished),
        finished,
        steps,
    };
    deployment.stage = stage_now(&deployment.steps);
    Some(deployment)
}

fn strategy(seen: Seen<'_>) -> Strategy {
    use sdk::TrafficRoutingType as Is;
    let Some(routing) = seen.routing else { return Strategy::BlueGreen };
    match routing.r#type() {
        None | Some(Is::AllAtOnce) => Strategy::BlueGreen,
        Some(Is::TimeBasedLinear) => {
            let linear = routing.time_based_linear();
            Strategy::Linear {
                step: linear.map(|linear| Percent::of(linear.linear_percentage().into())),
                every: linear.map(sdk::TimeBasedLinear::linear_interval),
            }
        }
        Some(Is::TimeBasedCanary) => {
            let canary = routing.time_based_canary();
            Strategy::Canary {
                first: canary.map(|canary| Percent::of(canary.canary_percentage().into())),
                wait: canary.map(sdk::TimeBasedCanary::canary_interval),
            }
        }
        Some(other) => Strategy::Other(other.as_str().to_owned()),
    }
}

/// CodeDeploy says Stopped for what an alarm or a wait's end stopped too; only MANUAL_STOP was somebody.
fn status(info: &sdk::DeploymentInfo, at_gate: bool) -> Status {
    use sdk::DeploymentStatus as Is;
    let code = info.error_information().and_then(sdk::ErrorInformation::code);
    match info.status() {
        None => Status::Other("no status".to_owned()),
        Some(Is::Created | Is::Queued) => Status::Pending,
        Some(Is::InProgress | Is::Baking) if at_gate => Status::Waiting,
        Some(Is::InProgress | Is::Baking) => Status::Running,
        Some(Is::Ready) => Status::Waiting,
        Some(Is::Succeeded) => Status::Succeeded,
        Some(Is::Failed) => Status::Failed,
        Some(Is::Stopped) if code.is_some_and(|code| *code != sdk::ErrorCode::ManualStop) => Status::Failed,
        Some(Is::Stopped) => Status::Stopped,
        Some(other) => Status::Other(other.as_str().to_owned()),
    }
}

fn gate(seen: Seen<'_>) -> Option<Gate> {
    let info = seen.info;
    let opened = last_end(seen);
    let after = |minutes: i32| opened.and_then(|at| at.checked_add(SignedDuration::from_mins(minutes.into())).ok());
    if info.status() == Some(&sdk::DeploymentStatus::Ready) {
        let option = info.blue_green_deployment_configuration().and_then(|config| config.deployment_ready_option());
        let minutes = option.map(sdk::DeploymentReadyOption::wait_time_in_minutes).filter(|minutes| *minutes > 0);
        let action = option.and_then(sdk::DeploymentReadyOption::action_on_timeout);
        return Some(Gate {
            kind: GateKind::ReadyWait,
            opened,
            expires: minutes.and_then(after),
            on_timeout: action.map_or(OnTimeout::Stop, on_timeout),
        });
    }
    if !terminating(info) {
        return None;
    }
    let expires = after(termination_wait(info)?);
    // AWS goes on saying that the wait has begun when it is over: then blue's tasks are on their way out.
    let over = expires.is_some_and(|expires| expires <= seen.now) || blue_ends(seen);
    let gate = Gate { kind: GateKind::TerminationWait, opened, expires, on_timeout: OnTimeout::Continue };
    (!over).then_some(gate)
}

/// Whether no task of blue's is wanted any longer.
fn blue_ends(seen: Seen<'_>) -> bool {
    let sets = seen.target.map(sdk::EcsTarget::task_sets_info).unwrap_or_default();
    let blue = sets.iter().filter(|set| set.task_set_label() == Some(&sdk::TargetLabel::Blue));
    let mut wanted = blue.map(sdk::EcsTaskSet::desired_count).peekable();
    wanted.peek().is_some() && wanted.all(|wanted| wanted == 0)
}

fn on_timeout(action: &sdk::DeploymentReadyAction) -> OnTimeout {
    match action {
        sdk::DeploymentReadyAction::ContinueDeployment => OnTimeout::Continue,
        sdk::DeploymentReadyAction::StopDeployment => OnTimeout::Stop,
        other => OnTimeout::Other(other.as_str().to_owned()),
    }
}

/// How many minutes blue's tasks live on, where they are to end. Those of a deployment that takes another back are to stay.
fn termination_wait(info: &sdk::DeploymentInfo) -> Option<i32> {
    if undone(info).is_some() {
        return None;
    }
    let option = info.blue_green_deployment_configuration()?.terminate_blue_instances_on_deployment_success()?;
    let ends = option.action().is_none_or(|action| *action == sdk::InstanceAction::Terminate);
    Some(option.termination_wait_time_in_minutes()).filter(|minutes| ends && *minutes > 0)
}

/// Whether it is in the wait before blue's tasks end.
fn terminating(info: &sdk::DeploymentInfo) -> bool {
    let under_way = matches!(info.status(), Some(sdk::DeploymentStatus::InProgress | sdk::DeploymentStatus::Baking));
    under_way && info.instance_termination_wait_time_started() && termination_wait(info).is_some()
}

fn events<'a>(seen: Seen<'a>) -> &'a [sdk::LifecycleEvent] {
    seen.target.map(sdk::EcsTarget::lifecycle_events).unwrap_or_default()
}

/// When the last lifecycle event ended: the waits begin there. CodeDeploy tells neither beginning nor end of them.
fn last_end(seen: Seen<'_>) -> Option<Timestamp> {
    let ends = events(seen).iter().filter_map(|event| event.end_time().and_then(instant)).max();
    ends.or_else(|| seen.target?.last_updated_at().and_then(instant))
}

/// "Run order of hooks in an Amazon ECS deployment", CodeDeploy User Guide.
fn stage(event: &str) -> Stage {
    match event {
        "BeforeInstall" => Stage::PreScaleUp,
        "Install" => Stage::ScaleUp,
        "AfterInstall" => Stage::PostScaleUp,
        "AllowTestTraffic" => Stage::TestTraffic,
        "AfterAllowTestTraffic" => Stage::PostTestTraffic,
        "BeforeAllowTraffic" => Stage::PreProduction,
        "AllowTraffic" => Stage::Production,
        "AfterAllowTraffic" => Stage::PostProduction,
        other => Stage::Other(other.to_owned()),
    }
}

fn steps(seen: Seen<'_>) -> Vec<Step> {
    let step = |event: &sdk::LifecycleEvent| Step {
        stage: stage(event.lifecycle_event_name().unwrap_or_default()),
        state: event.status().map_or(StepState::ToCome, event_state),
    };
    let mut steps: Vec<Step> = events(seen).iter().map(step).collect();
    if let (true, Some(status)) = (steps.is_empty(), seen.target.and_then(sdk::EcsTarget::status)) {
        steps.push(Step { stage: Stage::ScaleUp, state: target_state(status) });
    }
    let (status, waits) = (seen.info.status(), terminating(seen.info));
    let state = |now: bool| match status {
        Some(sdk::DeploymentStatus::Succeeded) => StepState::Done,
        Some(sdk::DeploymentStatus::InProgress | sdk::DeploymentStatus::Baking) if now => StepState::Current,
        _ => StepState::ToCome,
    };
    if termination_wait(seen.info).is_some() {
        steps.push(Step { stage: Stage::Bake, state: state(waits || status == Some(&sdk::DeploymentStatus::Baking)) });
        steps.push(Step { stage: Stage::CleanUp, state: state(false) });
    }
    steps
}

/// The stage it is in; else the one it broke in; else the last it went through.
fn stage_now(steps: &[Step]) -> Option<Stage> {
    let last = |state: StepState| steps.iter().rev().find(|step| step.state == state).map(|step| step.stage.clone());
    last(StepState::Current).or_else(|| last(StepState::Failed)).or_else(|| last(StepState::Done))
}

fn event_state(status: &sdk::LifecycleEventStatus) -> StepState {
    use sdk::LifecycleEventStatus as Is;
    match status {
        Is::Pending => StepState::ToCome,
        Is::InProgress => StepState::Current,
        Is::Succeeded => StepState::Done,
        Is::Failed => StepState::Failed,
        Is::Skipped => StepState::Skipped,
        other => StepState::Other(other.as_str().to_owned()),
    }
}

fn target_state(status: &sdk::TargetStatus) -> StepState {
    use sdk::TargetStatus as Is;
    match status {
        Is::Pending => StepState::ToCome,
        Is::InProgress => StepState::Current,
        Is::Succeeded | Is::Ready => StepState::Done,
        Is::Failed => StepState::Failed,
        Is::Skipped => StepState::Skipped,
        other => StepState::Other(other.as_str().to_owned()),
    }
}

fn side(seen: Seen<'_>, label: &sdk::TargetLabel) -> Option<Side> {
    let sets = seen.target.map(sdk::EcsTarget::task_sets_info).unwrap_or_default();
    let set = sets.iter().find(|set| set.task_set_label() == Some(label))?;
    let id = set.identifer().unwrap_or_default();
    let in_ecs = seen.task_sets.iter().find(|one| one.id() == Some(id));
    let production = Percent::of(set.traffic_weight());
    Some(Side {
        id: id.to_owned(),
        task_definition: in_ecs.and_then(TaskSet::task_definition).map(|arn| last_part(arn).to_owned()),
        tasks: Tasks { wanted: set.desired_count(), running: set.running_count(), pending: set.pending_count() },
        production: Some(production),
        test: test_traffic(seen).map(|green| if *label == sdk::TargetLabel::Green { green } else { green.rest() }),
        images: Vec::new(),
        target_groups: set.target_group().and_then(|group| group.name.clone()).into_iter().collect(),
        health: None,
    })
}

/// Green's share of the test traffic: CodeDeploy gives no number, but has an event for it where there is a test listener. Where a
/// deployment failed it goes back to blue.
fn test_traffic(seen: Seen<'_>) -> Option<Percent> {
    if matches!(seen.info.status(), Some(sdk::DeploymentStatus::Failed | sdk::DeploymentStatus::Stopped)) {
        return None;
    }
    let moves = events(seen).iter().find(|event| event.lifecycle_event_name() == Some("AllowTestTraffic"))?;
    match moves.status()? {
        sdk::LifecycleEventStatus::Skipped => None,
        sdk::LifecycleEventStatus::Succeeded => Some(Percent::ALL),
        _ => Some(Percent::NONE),
    }
}

fn alarms(config: &sdk::AlarmConfiguration, info: &sdk::DeploymentInfo) -> Option<Alarms> {
    let names: Vec<String> = config.alarms().iter().filter_map(|alarm| alarm.name.clone()).collect();
    if names.is_empty() {
        return None;
    }
    let error = info.error_information();
    let struck = error.and_then(sdk::ErrorInformation::code) == Some(&sdk::ErrorCode::AlarmActive);
    let message = error.and_then(sdk::ErrorInformation::message).unwrap_or_default();
    // CodeDeploy names the alarm in its words alone.
    let triggered =
        names.iter().filter(|name| struck && (names.len() == 1 || message.contains(name.as_str()))).cloned().collect();
    let watch = match (config.enabled(), struck, info.complete_time()) {
        (false, ..) => Watch::Off,
        (true, true, _) => Watch::Triggered,
        (true, false, Some(_)) => Watch::Complete,
        (true, false, None) => Watch::Watching,
    };
    Some(Alarms { watch, names, triggered })
}

fn reason(error: &sdk::ErrorInformation) -> Reason {
    Reason { code: error.code().map(|code| code.as_str().to_owned()), words: error.message.clone().unwrap_or_default() }
}

fn messages(info: &sdk::DeploymentInfo) -> Option<Reason> {
    let words = info.deployment_status_messages().join(" ");
    let words = if words.is_empty() { info.additional_deployment_status_info.clone().unwrap_or_default() } else { words };
    (!words.is_empty()).then_some(Reason { code: None, words })
}

/// The deployment this one takes back.
fn undone(info: &sdk::DeploymentInfo) -> Option<&str> {
    info.rollback_info()?.rollback_triggering_deployment_id().filter(|id| !id.is_empty())
}

/// The function that runs in a lifecycle event and failed, called after it. In the other events CodeDeploy works itself.
fn hook(event: &sdk::LifecycleEvent) -> Option<Hook> {
    let name = event.lifecycle_event_name()?;
    let runs = name.starts_with("Before") || name.starts_with("After");
    let failed = event.status() == Some(&sdk::LifecycleEventStatus::Failed);
    (runs && failed).then(|| Hook {
        id: name.to_owned(),
        kind: HookKind::Lambda(name.to_owned()),
        status: HookStatus::Failed,
        on_timeout: OnTimeout::Stop,
    })
}

fn rollback(info: &sdk::RollbackInfo) -> Option<Rollback> {
    let to = info.rollback_deployment_id.clone().filter(|id| !id.is_empty())?;
    Some(Rollback { reason: info.rollback_message.clone(), started: None, to: Some(to) })
}

#[cfg(test)]
mod tests;
