//! What a deployment by ECS itself goes through.

use aws_sdk_ecs::types::{
    DeploymentLifecycleHookAction, ServiceDeployment, ServiceDeploymentStatus, StopServiceDeploymentStopType,
};

use super::super::{Answer, Aws, Strategy, Timeout};
use super::{Checked, assert_clean, ecs, evening, play_out, refusal, story, until_it_waits};

async fn described(aws: &Aws, arn: &str) -> Result<ServiceDeployment, Box<dyn std::error::Error>> {
    let answer = ecs(aws).await?.describe_service_deployments().service_deployment_arns(arn).send().await?;
    Ok(answer.service_deployments().first().ok_or("no deployment")?.clone())
}

#[tokio::test]
async fn a_rolling_update_replaces_tasks_as_new_ones_become_healthy() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").image("acme/orders:1.0").count(4).await;
    let arn = aws.deploy("orders", "acme/orders:2.0").await;
    assert_eq!(
        story(&aws, "orders").await,
        [
            "00:05 IN_PROGRESS PRE_SCALE_UP 0/0",
            "00:10 IN_PROGRESS SCALE_UP 0/0",
            "01:35 IN_PROGRESS POST_SCALE_UP 100/0",
            "01:40 IN_PROGRESS CLEAN_UP 100/0",
            "01:55 SUCCESSFUL CLEAN_UP 100/0",
        ]
    );
    let deployment = described(&aws, &arn).await?;
    assert_eq!(deployment.status(), Some(&ServiceDeploymentStatus::Successful));
    let target = deployment.target_service_revision().ok_or("no target")?;
    assert_eq!((target.requested_task_count(), target.running_task_count()), (4, 4));
    assert_eq!(aws.serving("orders").await.image, "acme/orders:2.0");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn blue_green_moves_test_traffic_first_then_bakes() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::BlueGreen).bake("5m").await;
    aws.deploy("orders", "acme/orders:2.0").await;
    assert_eq!(
        story(&aws, "orders").await,
        [
            "00:05 IN_PROGRESS PRE_SCALE_UP 0/0",
            "00:10 IN_PROGRESS SCALE_UP 0/0",
            "01:35 IN_PROGRESS POST_SCALE_UP 0/0",
            "01:40 IN_PROGRESS TEST_TRAFFIC_SHIFT 0/100",
            "01:55 IN_PROGRESS POST_TEST_TRAFFIC_SHIFT 0/100",
            "02:00 IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 100/100",
            "02:15 IN_PROGRESS POST_PRODUCTION_TRAFFIC_SHIFT 100/100",
            "02:20 IN_PROGRESS BAKE_TIME 100/100",
            "07:20 IN_PROGRESS CLEAN_UP 100/100",
            "07:45 SUCCESSFUL CLEAN_UP 100/100",
        ]
    );
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn linear_and_canary_move_in_steps() -> Checked {
    let aws = evening().await;
    aws.service("shared", "linear").strategy(Strategy::Linear).linear(40.0, "2m").bake("0m").await;
    aws.deploy("linear", "acme/linear:2.0").await;
    let shifts = |told: Vec<String>| -> Vec<String> {
        told.into_iter().filter(|line| line.contains(" PRODUCTION_TRAFFIC_SHIFT ")).collect()
    };
    assert_eq!(
        shifts(story(&aws, "linear").await),
        [
            "02:00 IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 40/100",
            "04:15 IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 80/100",
            "06:30 IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 100/100",
        ]
    );
    let aws = evening().await;
    aws.service("shared", "canary").strategy(Strategy::Canary).canary(2.5, "3m").bake("0m").await;
    aws.deploy("canary", "acme/canary:2.0").await;
    assert_eq!(
        shifts(story(&aws, "canary").await),
        ["02:00 IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 2.5/100", "05:15 IN_PROGRESS PRODUCTION_TRAFFIC_SHIFT 100/100"]
    );
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_pause_waits_and_is_answered_once() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::BlueGreen).await;
    aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Rollback).await;
    let arn = aws.deploy("orders", "acme/orders:2.0").await;
    let hook = until_it_waits(&aws, "orders").await;
    assert!(hook.starts_with("ecs-pause-"), "{hook}");
    let paused = described(&aws, &arn).await?;
    let shown = &paused.lifecycle_hook_details()[0];
    assert_eq!((shown.hook_id(), shown.status().map(|status| status.as_str())), (Some(hook.as_str()), Some("AWAITING_ACTION")));
    assert_eq!(shown.expires_at().map(|at| at.to_string()), Some("2026-11-22T20:31:55Z".to_owned()));

    let ecs = ecs(&aws).await?;
    let answer = |hook: &str| ecs.continue_service_deployment().service_deployment_arn(&arn).hook_id(hook);
    assert_eq!(
        refusal(answer("ecs-pause-other").send().await),
        "InvalidParameterException: The specified lifecycle hook was not found in the service deployment."
    );
    answer(&hook).action(DeploymentLifecycleHookAction::Continue).send().await?;
    assert_eq!(
        refusal(answer(&hook).action(DeploymentLifecycleHookAction::Rollback).send().await),
        "InvalidParameterException: The lifecycle hook is in the SUCCEEDED state and does not await an action."
    );
    let nobody = ecs.continue_service_deployment().service_deployment_arn(arn.replace("orders", "blog")).hook_id(&hook);
    assert!(refusal(nobody.send().await).starts_with("ServiceDeploymentNotFoundException"));
    play_out(&aws).await;
    assert_eq!(aws.deployment("orders").await.status, "SUCCESSFUL");
    assert_eq!(aws.writes().await.iter().filter(|call| call.acted).count(), 1);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_pause_ends_by_itself_or_by_a_colleague() -> Checked {
    let aws = evening().await;
    for (name, then) in [("goes-back", Timeout::Rollback), ("goes-on", Timeout::Continue)] {
        aws.service("shared", name).strategy(Strategy::BlueGreen).pauses("PRE_PRODUCTION_TRAFFIC_SHIFT", "10m", then).await;
        aws.deploy(name, "acme/new:2.0").await;
    }
    aws.service("shared", "refused").strategy(Strategy::BlueGreen).pauses("POST_SCALE_UP", "10m", Timeout::Continue).await;
    aws.deploy("refused", "acme/new:2.0").await;
    until_it_waits(&aws, "refused").await;
    aws.answered_elsewhere("refused", Answer::Rollback).await;
    assert_eq!(aws.deployment("refused").await.status, "ROLLBACK_REQUESTED");
    play_out(&aws).await;
    let mut ends = Vec::new();
    for name in ["goes-back", "goes-on", "refused"] {
        let end = aws.deployment(name).await;
        let hook = described(&aws, &end.id).await?.lifecycle_hook_details()[0].status().map(ToString::to_string);
        ends.push((end.status, hook.unwrap_or_default()));
    }
    let end = |status: &str, hook: &str| (status.to_owned(), hook.to_owned());
    assert_eq!(
        ends,
        [end("ROLLBACK_SUCCESSFUL", "TIMED_OUT"), end("SUCCESSFUL", "TIMED_OUT"), end("ROLLBACK_SUCCESSFUL", "FAILED")]
    );
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_linear_deployment_pauses_before_each_step() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders")
        .strategy(Strategy::Linear)
        .linear(50.0, "1m")
        .pauses("PRE_PRODUCTION_TRAFFIC_SHIFT", "1h", Timeout::Rollback)
        .await;
    aws.deploy("orders", "acme/orders:2.0").await;
    let mut hooks = Vec::new();
    for production in [0.0, 50.0] {
        hooks.push(until_it_waits(&aws, "orders").await);
        assert_eq!(aws.deployment("orders").await.production, production);
        aws.answered_elsewhere("orders", Answer::Continue).await;
    }
    assert_ne!(hooks[0], hooks[1]);
    play_out(&aws).await;
    assert_eq!(aws.deployment("orders").await.status, "SUCCESSFUL");
    Ok(())
}

#[tokio::test]
async fn a_stop_rolls_back_and_says_so() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::BlueGreen).image("acme/orders:1.0").bake("30m").await;
    let arn = aws.deploy("orders", "acme/orders:2.0").await;
    while aws.deployment("orders").await.stage.as_deref() != Some("BAKE_TIME") {
        let next = aws.next_event().await.ok_or("nothing happens")?;
        aws.set_clock(next).await;
    }
    let ecs = ecs(&aws).await?;
    let stop = ecs.stop_service_deployment().service_deployment_arn(&arn);
    assert_eq!(
        refusal(stop.clone().stop_type(StopServiceDeploymentStopType::Abort).send().await),
        "InvalidParameterException: The specified stop type is not supported. The valid values are ROLLBACK."
    );
    stop.clone().stop_type(StopServiceDeploymentStopType::Rollback).send().await?;
    assert_eq!(
        story(&aws, "orders").await,
        [
            "02:25 ROLLBACK_IN_PROGRESS BAKE_TIME 0/0",
            "02:40 ROLLBACK_IN_PROGRESS CLEAN_UP 0/0",
            "03:00 ROLLBACK_SUCCESSFUL CLEAN_UP 0/0",
        ]
    );
    let back = described(&aws, &arn).await?;
    let rollback = back.rollback().ok_or("no rollback")?;
    assert_eq!(rollback.reason(), Some("Service deployment rolled back because the service deployment was stopped."));
    assert_eq!(rollback.service_revision_arn(), back.source_service_revisions()[0].arn());
    assert_eq!(aws.serving("orders").await.image, "acme/orders:1.0");
    assert!(refusal(stop.send().await).starts_with("ConflictException"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_newer_deployment_stops_the_one_under_way() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::BlueGreen).await;
    let first = aws.deploy("orders", "acme/orders:2.0").await;
    for _ in 0..4 {
        let next = aws.next_event().await.ok_or("nothing happens")?;
        aws.set_clock(next).await;
    }
    aws.deploy("orders", "acme/orders:3.0").await;
    assert_eq!(described(&aws, &first).await?.status(), Some(&ServiceDeploymentStatus::StopRequested));
    let told = story(&aws, "orders").await;
    assert!(told[0].contains("RECONCILE_SERVICE"), "{told:?}");
    let stopped = ecs(&aws).await?.list_service_deployments().cluster("shared").service("orders");
    let stopped = stopped.status(ServiceDeploymentStatus::Stopped).send().await?;
    let arns: Vec<_> = stopped.service_deployments().iter().filter_map(|one| one.service_deployment_arn()).collect();
    assert_eq!(arns, [first]);
    assert_eq!(aws.serving("orders").await.image, "acme/orders:3.0");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_rollback_can_fail_and_a_function_say_no() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::BlueGreen).calls_lambda("POST_SCALE_UP").await;
    aws.deploy("orders", "acme/orders:2.0").await;
    play_out(&aws).await;
    assert_eq!(aws.deployment("orders").await.status, "SUCCESSFUL");
    aws.lambda_hook_fails("orders").await;
    aws.rollback_fails("orders", "The service revision is gone.").await;
    aws.deploy("orders", "acme/orders:3.0").await;
    play_out(&aws).await;
    let end = aws.deployment("orders").await;
    assert_eq!((end.status.as_str(), end.reason.as_deref()), ("ROLLBACK_FAILED", Some("The service revision is gone.")));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn identifiers_are_the_same_in_every_world() -> Checked {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let aws = evening().await;
        aws.service("shared", "orders").strategy(Strategy::BlueGreen).pauses("PRE_SCALE_UP", "5m", Timeout::Rollback).await;
        aws.service("shared", "shop").strategy(Strategy::CodeDeploy).await;
        let arn = aws.deploy("orders", "acme/orders:2.0").await;
        let other = aws.deploy("shop", "acme/shop:2.0").await;
        ids.push((arn, other, until_it_waits(&aws, "orders").await));
    }
    assert_eq!(ids[0], ids[1]);
    Ok(())
}
