use super::*;
use crate::ecs::deployment::tests::orders;

const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:service-deployment/main/orders/r9i43YFjvgF_xlg7m2eJ1";
const BLUE: &str = "arn:aws:ecs:eu-west-1:111122223333:service-revision/main/orders/100";
const GREEN: &str = "arn:aws:ecs:eu-west-1:111122223333:service-revision/main/orders/200";

fn at(text: &str) -> aws_smithy_types::DateTime {
    crate::aws::time::date_time(text.parse().unwrap())
}

fn one() -> sdk::builders::ServiceDeploymentBuilder {
    sdk::ServiceDeployment::builder().service_deployment_arn(ARN).status(sdk::ServiceDeploymentStatus::InProgress)
}

fn mapped(one: sdk::builders::ServiceDeploymentBuilder) -> Deployment {
    deployment(&one.build(), &[], orders()).unwrap()
}

fn pause(id: &str, status: &str) -> sdk::DeploymentLifecycleHookDetail {
    sdk::DeploymentLifecycleHookDetail::builder()
        .hook_id(id)
        .target_type(sdk::DeploymentLifecycleHookTargetType::Pause)
        .status(status.into())
        .build()
}

/// One line for each value AWS's model knows, and one for a value it may get.
fn table(values: &[&str], words: impl Fn(&str) -> String) -> String {
    values.iter().chain(&["NAPPING"]).map(|value| format!("{value}: {}", words(value))).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_status() {
    let words = |status: &str| {
        let plain = mapped(one().status(status.into()));
        let triggered = sdk::ServiceDeploymentRollbackMonitorsStatus::Triggered;
        let struck = sdk::ServiceDeploymentAlarms::builder().status(triggered).build();
        let struck = mapped(one().status(status.into()).alarms(struck));
        let at_gate = mapped(one().status(status.into()).lifecycle_hook_details(pause("hook-1", "AWAITING_ACTION")));
        let over = if plain.is_over() { ", over" } else { "" };
        let gate = if at_gate.gate.is_some() { ", at a gate" } else { "" };
        format!(
            "{}{over} | after an alarm {} | with a waiting hook {}{gate}",
            plain.status.words(),
            struck.status.words(),
            at_gate.status.words()
        )
    };
    insta::assert_snapshot!(table(sdk::ServiceDeploymentStatus::values(), words), @"
    IN_PROGRESS: running | after an alarm running | with a waiting hook waiting for an answer, at a gate
    PENDING: about to begin | after an alarm about to begin | with a waiting hook about to begin
    ROLLBACK_FAILED: rollback failed, over | after an alarm rollback failed | with a waiting hook rollback failed
    ROLLBACK_IN_PROGRESS: rolling back | after an alarm rolling back | with a waiting hook rolling back
    ROLLBACK_REQUESTED: rolling back | after an alarm rolling back | with a waiting hook rolling back
    ROLLBACK_SUCCESSFUL: rolled back, over | after an alarm rolled back | with a waiting hook rolled back
    STOPPED: stopped, over | after an alarm failed | with a waiting hook stopped
    STOP_REQUESTED: stopping | after an alarm stopping | with a waiting hook stopping
    SUCCESSFUL: succeeded, over | after an alarm succeeded | with a waiting hook succeeded
    NAPPING: NAPPING | after an alarm NAPPING | with a waiting hook NAPPING
    ");
}

#[test]
fn every_stage() {
    let words = |stage: &str| {
        let it = mapped(
            one()
                .lifecycle_stage(stage.into())
                .deployment_configuration(sdk::DeploymentConfiguration::builder().strategy("CANARY".into()).build()),
        );
        let states = it.steps.iter().map(|step| match step.state {
            StepState::Done => 'x',
            StepState::Current => '>',
            StepState::ToCome => '.',
            _ => '?',
        });
        format!("{:?} {}", it.stage.unwrap(), states.collect::<String>())
    };
    let mut stages = sdk::ServiceDeploymentLifecycleStage::values().to_vec();
    stages.push("PRE_PRODUCTION_TRAFFIC_SHIFT");
    insta::assert_snapshot!(table(&stages, words), @r#"
    BAKE_TIME: Bake xxxxxxxx>.
    CLEAN_UP: CleanUp xxxxxxxxx>
    POST_PRODUCTION_TRAFFIC_SHIFT: PostProduction xxxxxxx>..
    POST_SCALE_UP: PostScaleUp xx>.......
    POST_TEST_TRAFFIC_SHIFT: PostTestTraffic xxxx>.....
    PRE_SCALE_UP: PreScaleUp >.........
    PRODUCTION_TRAFFIC_SHIFT: Production xxxxxx>...
    RECONCILE_SERVICE: Reconcile >..........
    SCALE_UP: ScaleUp x>........
    TEST_TRAFFIC_SHIFT: TestTraffic xxx>......
    PRE_PRODUCTION_TRAFFIC_SHIFT: PreProduction xxxxx>....
    NAPPING: Other("NAPPING") ..........
    "#);
}

#[test]
fn every_strategy() {
    let configured = |strategy: &str| {
        sdk::DeploymentConfiguration::builder()
            .strategy(strategy.into())
            .linear_configuration(sdk::LinearConfiguration::builder().step_percent(12.5).step_bake_time_in_minutes(3).build())
            .canary_configuration(sdk::CanaryConfiguration::builder().canary_percent(10.0).canary_bake_time_in_minutes(5).build())
            .build()
    };
    let words = |strategy: &str| mapped(one().deployment_configuration(configured(strategy))).strategy.words();
    insta::assert_snapshot!(table(sdk::DeploymentStrategy::values(), words), @"
    BLUE_GREEN: blue/green
    CANARY: canary, 10 % first, the rest after 5 min
    LINEAR: linear, 12.5 % at a time, every 3 min
    ROLLING: rolling
    NAPPING: NAPPING
    ");
    assert_eq!(mapped(one()).strategy, Strategy::Rolling);
}

#[test]
fn every_state_of_a_hook() {
    let hooked = |hook: sdk::DeploymentLifecycleHookDetail| mapped(one().lifecycle_hook_details(hook));
    let words = |status: &str| {
        let it = hooked(pause("hook-1", status));
        format!("{:?}, {}", it.hooks[0].status, it.status.words())
    };
    insta::assert_snapshot!(table(sdk::DeploymentLifecycleHookStatus::values(), words), @r#"
    AWAITING_ACTION: AwaitingAction, waiting for an answer
    FAILED: Failed, running
    IN_PROGRESS: InProgress, running
    SUCCEEDED: Succeeded, running
    TIMED_OUT: TimedOut, running
    NAPPING: Other("NAPPING"), running
    "#);
    let words = |kind: &str| {
        let hook = sdk::DeploymentLifecycleHookDetail::builder()
            .hook_id("hook-1")
            .target_type(kind.into())
            .target_arn("arn:aws:lambda:eu-west-1:111122223333:function:smoke-test");
        format!("{:?}", hooked(hook.build()).hooks[0].kind)
    };
    insta::assert_snapshot!(table(sdk::DeploymentLifecycleHookTargetType::values(), words), @r#"
    AWS_LAMBDA: Lambda("smoke-test")
    PAUSE: Pause
    NAPPING: Other("NAPPING")
    "#);
    let words = |action: &str| on_timeout(&action.into()).words().to_owned();
    insta::assert_snapshot!(table(sdk::DeploymentLifecycleHookAction::values(), words), @"
    CONTINUE: goes on
    ROLLBACK: rolls it back
    NAPPING: NAPPING
    ");
}

#[test]
fn every_state_of_alarms_and_breaker() {
    let words = |status: &str| {
        let alarms = sdk::ServiceDeploymentAlarms::builder().status(status.into()).alarm_names("orders-5xx").build();
        let breaker = sdk::ServiceDeploymentCircuitBreaker::builder().status(status.into()).failure_count(2).threshold(3).build();
        let it = mapped(one().alarms(alarms).deployment_circuit_breaker(breaker));
        assert_eq!(it.alarms.as_ref().unwrap().watch, it.breaker.as_ref().unwrap().watch);
        it.breaker.unwrap().watch.words().to_owned()
    };
    insta::assert_snapshot!(table(sdk::ServiceDeploymentRollbackMonitorsStatus::values(), words), @"
    DISABLED: off
    MONITORING: watching
    MONITORING_COMPLETE: done watching
    TRIGGERED: triggered
    NAPPING: NAPPING
    ");
}

#[test]
fn a_gate_says_since_when_and_until_when() {
    let expiring = |id: &str, at_: &str| {
        sdk::DeploymentLifecycleHookDetail::builder()
            .hook_id(id)
            .target_type(sdk::DeploymentLifecycleHookTargetType::Pause)
            .status(sdk::DeploymentLifecycleHookStatus::AwaitingAction)
            .expires_at(at(at_))
            .timeout_action(sdk::DeploymentLifecycleHookAction::Continue)
            .build()
    };
    let hook = sdk::DeploymentLifecycleHook::builder()
        .target_type(sdk::DeploymentLifecycleHookTargetType::Pause)
        .lifecycle_stages(sdk::DeploymentLifecycleHookStage::PostTestTrafficShift)
        .timeout_configuration(sdk::DeploymentLifecycleHookTimeoutConfiguration::builder().timeout_in_minutes(60).build())
        .build();
    let paused = one()
        .lifecycle_stage(sdk::ServiceDeploymentLifecycleStage::PostTestTrafficShift)
        .lifecycle_hook_details(expiring("later", "2026-11-25T13:00:00Z"))
        .lifecycle_hook_details(expiring("first", "2026-11-25T12:00:00Z"))
        .deployment_configuration(sdk::DeploymentConfiguration::builder().lifecycle_hooks(hook).build());
    let gate = mapped(paused).gate.unwrap();
    assert_eq!(gate.kind, GateKind::Hook { id: "first".to_owned() });
    assert_eq!(gate.opened, "2026-11-25T11:00:00Z".parse().ok());
    assert_eq!(gate.expires, "2026-11-25T12:00:00Z".parse().ok());
    assert_eq!(gate.on_timeout, OnTimeout::Continue);
    // Without a configuration nobody knows since when.
    let gate = mapped(one().lifecycle_hook_details(pause("hook-1", "AWAITING_ACTION"))).gate.unwrap();
    assert_eq!((gate.opened, gate.expires, gate.on_timeout), (None, None, OnTimeout::RollBack));
}

#[test]
fn both_sides_come_with_what_they_run() {
    let summary = |arn: &str, tasks: (i32, i32, i32), production: f64| {
        sdk::ServiceRevisionSummary::builder()
            .arn(arn)
            .requested_task_count(tasks.0)
            .running_task_count(tasks.1)
            .pending_task_count(tasks.2)
            .requested_production_traffic_weight(production)
            .requested_test_traffic_weight(100.0 - production)
            .build()
    };
    let revision = sdk::ServiceRevision::builder()
        .service_revision_arn(GREEN)
        .task_definition("arn:aws:ecs:eu-west-1:111122223333:task-definition/orders:42")
        .container_images(
            sdk::ContainerImage::builder().container_name("web").image("r/orders:2").image_digest("sha256:ab").build(),
        )
        .load_balancers(sdk::LoadBalancer::builder().target_group_arn("configured").build())
        .resolved_configuration(
            sdk::ResolvedConfiguration::builder()
                .load_balancers(sdk::ServiceRevisionLoadBalancer::builder().target_group_arn("resolved").build())
                .build(),
        )
        .build();
    let it = one()
        .source_service_revisions(summary("arn:aws:ecs:::service-revision/main/orders/050", (1, 1, 0), 0.0))
        .source_service_revisions(summary(BLUE, (4, 4, 0), 90.0))
        .target_service_revision(summary(GREEN, (4, 2, 2), 10.0))
        .started_at(at("2026-11-25T10:00:00Z"))
        .stopped_at(at("2026-11-25T10:30:00Z"))
        .status_reason("because")
        .build();
    let it = deployment(&it, &[revision], orders()).unwrap();
    let (blue, green) = (it.blue.unwrap(), it.green.unwrap());
    assert_eq!((blue.id.as_str(), blue.name()), (BLUE, "100"));
    assert_eq!(blue.tasks, Tasks { wanted: 5, running: 5, pending: 0 }, "all that is not green");
    assert_eq!((blue.production, green.production), (Some(Percent::of(90.0)), Some(Percent::of(10.0))));
    assert_eq!((green.name(), green.tasks), ("orders:42", Tasks { wanted: 4, running: 2, pending: 2 }));
    assert_eq!(green.images[0].digest.as_deref(), Some("sha256:ab"));
    assert_eq!(green.target_groups, ["resolved"]);
    assert_eq!(it.finished, "2026-11-25T10:30:00Z".parse().ok());
    assert_eq!(it.reason.unwrap().words, "because");
}

#[test]
fn the_bake_time_begins_with_its_stage() {
    let configuration = || sdk::DeploymentConfiguration::builder().strategy("BLUE_GREEN".into()).bake_time_in_minutes(15).build();
    let baking = |stage: &str| {
        let one = one().deployment_configuration(configuration()).updated_at(at("2026-11-25T10:00:00Z"));
        mapped(one.lifecycle_stage(stage.into())).bake.unwrap().since
    };
    assert_eq!(baking("PRODUCTION_TRAFFIC_SHIFT"), None);
    assert_eq!(baking("BAKE_TIME"), "2026-11-25T10:00:00Z".parse().ok());
}
