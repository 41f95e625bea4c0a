use super::*;
use crate::ecs::deployment::tests::orders;

fn at(text: &str) -> aws_smithy_types::DateTime {
    crate::aws::time::date_time(text.parse().unwrap())
}

fn now() -> Timestamp {
    "2026-11-25T10:01:00Z".parse().unwrap()
}

fn info(status: &str) -> sdk::builders::DeploymentInfoBuilder {
    sdk::DeploymentInfo::builder()
        .deployment_id("d-A1B2C3D4E")
        .status(status.into())
        .instance_termination_wait_time_started(false)
}

fn event(name: &str, status: &str) -> sdk::LifecycleEvent {
    let event = sdk::LifecycleEvent::builder().lifecycle_event_name(name).status(status.into());
    if status == "Succeeded" { event.end_time(at("2026-11-25T10:00:00Z")).build() } else { event.build() }
}

fn target(events: &[(&str, &str)]) -> sdk::EcsTarget {
    let events = events.iter().map(|(name, status)| event(name, status)).collect();
    sdk::EcsTarget::builder().set_lifecycle_events(Some(events)).build()
}

fn waits(ready: i32, termination: i32) -> sdk::BlueGreenDeploymentConfiguration {
    sdk::BlueGreenDeploymentConfiguration::builder()
        .deployment_ready_option(
            sdk::DeploymentReadyOption::builder()
                .action_on_timeout(sdk::DeploymentReadyAction::StopDeployment)
                .wait_time_in_minutes(ready)
                .build(),
        )
        .terminate_blue_instances_on_deployment_success(
            sdk::BlueInstanceTerminationOption::builder()
                .action(sdk::InstanceAction::Terminate)
                .termination_wait_time_in_minutes(termination)
                .build(),
        )
        .build()
}

fn mapped(info: sdk::builders::DeploymentInfoBuilder, target: Option<&sdk::EcsTarget>) -> Deployment {
    let info = info.build();
    deployment(Seen { info: &info, target, routing: None, alarms: None, task_sets: &[], now: now() }, orders()).unwrap()
}

/// One line for each value AWS's model knows, and one for a value it may get.
fn table(values: &[&str], words: impl Fn(&str) -> String) -> String {
    values.iter().chain(&["Napping"]).map(|value| format!("{value}: {}", words(value))).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_status() {
    let words = |status: &str| {
        let plain = mapped(info(status), None);
        let over = if plain.is_over() { ", over" } else { "" };
        let ended = |code: &str| {
            let error = sdk::ErrorInformation::builder().code(code.into()).build();
            mapped(info(status).error_information(error), None).status
        };
        format!(
            "{}{over} | by an alarm {} | by hand {}",
            plain.status.words(),
            ended("ALARM_ACTIVE").words(),
            ended("MANUAL_STOP").words()
        )
    };
    insta::assert_snapshot!(table(sdk::DeploymentStatus::values(), words), @"
    Baking: running | by an alarm running | by hand running
    Created: about to begin | by an alarm about to begin | by hand about to begin
    Failed: failed, over | by an alarm failed | by hand failed
    InProgress: running | by an alarm running | by hand running
    Queued: about to begin | by an alarm about to begin | by hand about to begin
    Ready: waiting for an answer | by an alarm waiting for an answer | by hand waiting for an answer
    Stopped: stopped, over | by an alarm failed | by hand stopped
    Succeeded: succeeded, over | by an alarm succeeded | by hand succeeded
    Napping: Napping | by an alarm Napping | by hand Napping
    ");
}

#[test]
fn every_state_of_a_lifecycle_event_and_of_a_target() {
    let words = |status: &str| format!("{:?}", mapped(info("InProgress"), Some(&target(&[("Install", status)]))).steps[0].state);
    insta::assert_snapshot!(table(sdk::LifecycleEventStatus::values(), words), @r#"
    Failed: Failed
    InProgress: Current
    Pending: ToCome
    Skipped: Skipped
    Succeeded: Done
    Unknown: Other("Unknown")
    Napping: Other("Napping")
    "#);
    let words = |status: &str| {
        let target = sdk::EcsTarget::builder().status(status.into()).build();
        format!("{:?}", mapped(info("InProgress"), Some(&target)).steps)
    };
    insta::assert_snapshot!(table(sdk::TargetStatus::values(), words), @r#"
    Failed: [Step { stage: ScaleUp, state: Failed }]
    InProgress: [Step { stage: ScaleUp, state: Current }]
    Pending: [Step { stage: ScaleUp, state: ToCome }]
    Ready: [Step { stage: ScaleUp, state: Done }]
    Skipped: [Step { stage: ScaleUp, state: Skipped }]
    Succeeded: [Step { stage: ScaleUp, state: Done }]
    Unknown: [Step { stage: ScaleUp, state: Other("Unknown") }]
    Napping: [Step { stage: ScaleUp, state: Other("Napping") }]
    "#);
}

#[test]
fn every_lifecycle_event() {
    let events = [
        "BeforeInstall",
        "Install",
        "AfterInstall",
        "AllowTestTraffic",
        "AfterAllowTestTraffic",
        "BeforeAllowTraffic",
        "AllowTraffic",
        "AfterAllowTraffic",
    ];
    let words = |event: &str| {
        let it = mapped(info("InProgress"), Some(&target(&[(event, "InProgress")])));
        format!("{:?}", it.stage.unwrap())
    };
    insta::assert_snapshot!(table(&events, words), @r#"
    BeforeInstall: PreScaleUp
    Install: ScaleUp
    AfterInstall: PostScaleUp
    AllowTestTraffic: TestTraffic
    AfterAllowTestTraffic: PostTestTraffic
    BeforeAllowTraffic: PreProduction
    AllowTraffic: Production
    AfterAllowTraffic: PostProduction
    Napping: Other("Napping")
    "#);
}

#[test]
fn every_way_of_moving_traffic() {
    let words = |kind: &str| {
        let routing = sdk::TrafficRoutingConfig::builder()
            .r#type(kind.into())
            .time_based_linear(sdk::TimeBasedLinear::builder().linear_percentage(10).linear_interval(3).build())
            .time_based_canary(sdk::TimeBasedCanary::builder().canary_percentage(20).canary_interval(5).build())
            .build();
        let info = info("InProgress").build();
        let seen = Seen { info: &info, target: None, routing: Some(&routing), alarms: None, task_sets: &[], now: now() };
        deployment(seen, orders()).unwrap().strategy.words()
    };
    insta::assert_snapshot!(table(sdk::TrafficRoutingType::values(), words), @"
    AllAtOnce: blue/green
    TimeBasedCanary: canary, 20 % first, the rest after 5 min
    TimeBasedLinear: linear, 10 % at a time, every 3 min
    Napping: Napping
    ");
}

#[test]
fn every_end_of_a_wait() {
    let words = |action: &str| on_timeout(&action.into()).words().to_owned();
    insta::assert_snapshot!(table(sdk::DeploymentReadyAction::values(), words), @"
    CONTINUE_DEPLOYMENT: goes on
    STOP_DEPLOYMENT: stops it
    Napping: Napping
    ");
}

#[test]
fn a_ready_deployment_waits_at_a_gate() {
    let ready = target(&[("BeforeInstall", "Succeeded"), ("Install", "Succeeded"), ("AllowTraffic", "Pending")]);
    let it = mapped(info("Ready").blue_green_deployment_configuration(waits(30, 60)), Some(&ready));
    let gate = it.gate.unwrap();
    assert_eq!((gate.kind, gate.on_timeout), (GateKind::ReadyWait, OnTimeout::Stop));
    assert_eq!(gate.opened, "2026-11-25T10:00:00Z".parse().ok());
    assert_eq!(gate.expires, "2026-11-25T10:30:00Z".parse().ok());
    assert_eq!((it.status, it.stage), (Status::Waiting, Some(Stage::ScaleUp)));
}

#[test]
fn the_wait_before_blue_ends_is_a_gate_and_a_bake_time() {
    let moved = target(&[("Install", "Succeeded"), ("AllowTraffic", "Succeeded"), ("AfterAllowTraffic", "Succeeded")]);
    let waiting = |status: &str, termination: i32| {
        let info = info(status).blue_green_deployment_configuration(waits(0, termination));
        mapped(info.instance_termination_wait_time_started(true), Some(&moved))
    };
    let it = waiting("InProgress", 60);
    let gate = it.gate.clone().unwrap();
    assert_eq!((gate.kind, gate.on_timeout), (GateKind::TerminationWait, OnTimeout::Continue));
    assert_eq!(gate.expires, "2026-11-25T11:00:00Z".parse().ok());
    assert_eq!((it.status.clone(), it.stage.clone()), (Status::Waiting, Some(Stage::Bake)));
    assert_eq!(it.bake_left("2026-11-25T10:20:00Z".parse().unwrap()), Some(SignedDuration::from_mins(40)));
    let over = waiting("Succeeded", 60);
    assert!(over.gate.is_none() && over.steps.iter().all(|step| step.state == StepState::Done));
    assert!(waiting("InProgress", 0).gate.is_none(), "blue ends at once");
}

#[test]
fn both_sides_come_with_their_task_sets() {
    let set = |id: &str, label: sdk::TargetLabel, traffic: f64, running: i64| {
        sdk::EcsTaskSet::builder()
            .identifer(id)
            .task_set_label(label)
            .traffic_weight(traffic)
            .desired_count(4)
            .running_count(running)
            .pending_count(4 - running)
            .target_group(sdk::TargetGroupInfo::builder().name("orders-green").build())
            .build()
    };
    let target = sdk::EcsTarget::builder()
        .task_sets_info(set("ecs-svc/1", sdk::TargetLabel::Blue, 90.0, 4))
        .task_sets_info(set("ecs-svc/2", sdk::TargetLabel::Green, 10.0, 3))
        .lifecycle_events(event("AllowTestTraffic", "Succeeded"))
        .build();
    let known = TaskSet::builder().id("ecs-svc/2").task_definition("arn:aws:ecs:::task-definition/orders:42").build();
    let info = info("InProgress").build();
    let seen = Seen { info: &info, target: Some(&target), routing: None, alarms: None, task_sets: &[known], now: now() };
    let it = deployment(seen, orders()).unwrap();
    let (blue, green) = (it.blue.unwrap(), it.green.unwrap());
    assert_eq!((blue.name(), green.name()), ("1", "orders:42"));
    assert_eq!((blue.production, green.production), (Some(Percent::of(90.0)), Some(Percent::of(10.0))));
    assert_eq!((blue.test, green.test), (Some(Percent::NONE), Some(Percent::ALL)));
    assert_eq!(green.tasks, Tasks { wanted: 4, running: 3, pending: 1 });
    assert_eq!(green.target_groups, ["orders-green"]);
}

#[test]
fn what_takes_another_back_leaves_blue_alone() {
    let back = sdk::RollbackInfo::builder().rollback_triggering_deployment_id("d-BEFORE").build();
    let info = info("InProgress").rollback_info(back).blue_green_deployment_configuration(waits(0, 60));
    let it = mapped(info.instance_termination_wait_time_started(true), Some(&target(&[("AllowTraffic", "Succeeded")])));
    assert_eq!(it.undoes.as_deref(), Some("d-BEFORE"));
    assert!(it.gate.is_none() && it.bake.is_none() && it.steps.len() == 1);
}

#[test]
fn a_function_that_failed_is_called_after_its_event() {
    let events = [("AfterInstall", "Succeeded"), ("AllowTestTraffic", "Failed"), ("AfterAllowTestTraffic", "Failed")];
    let it = mapped(info("Failed"), Some(&target(&events)));
    let hooks: Vec<&str> = it.hooks.iter().map(|hook| hook.id.as_str()).collect();
    assert_eq!(hooks, ["AfterAllowTestTraffic"]);
}

#[test]
fn an_alarm_that_struck_is_named() {
    let alarm = |name: &str| sdk::Alarm::builder().name(name).build();
    let config =
        sdk::AlarmConfiguration::builder().enabled(true).alarms(alarm("orders-5xx")).alarms(alarm("orders-slow")).build();
    let error = sdk::ErrorInformation::builder()
        .code(sdk::ErrorCode::AlarmActive)
        .message("One or more alarms have been activated: <orders-slow>.")
        .build();
    let rollback = sdk::RollbackInfo::builder().rollback_deployment_id("d-B").rollback_message("taken back").build();
    let info = info("Stopped").error_information(error).override_alarm_configuration(config).rollback_info(rollback);
    let it = mapped(info, None);
    let alarms = it.alarms.unwrap();
    assert_eq!((alarms.watch, &alarms.triggered[..]), (Watch::Triggered, &["orders-slow".to_owned()][..]));
    assert_eq!(it.rollback.unwrap().to.as_deref(), Some("d-B"));
    assert_eq!(it.reason.unwrap().code.as_deref(), Some("ALARM_ACTIVE"));
}
