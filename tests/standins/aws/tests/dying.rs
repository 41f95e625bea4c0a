//! Tasks that do not live, and what guards a deployment against them.

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{DesiredStatus, ServiceDeploymentRollbackMonitorsStatus, Task};

use super::super::{Aws, Death, Strategy};
use super::{Checked, after, assert_clean, ecs, evening, play_out, story};

async fn stopped(aws: &Aws, service: &str) -> Result<Vec<Task>, Box<dyn std::error::Error>> {
    let ecs = ecs(aws).await?;
    let listed = ecs.list_tasks().cluster("shared").service_name(service).desired_status(DesiredStatus::Stopped).send().await?;
    if listed.task_arns().is_empty() {
        return Ok(Vec::new());
    }
    let described = ecs.describe_tasks().cluster("shared").set_tasks(listed.task_arns).send().await?;
    Ok(described.tasks.unwrap_or_default())
}

#[tokio::test]
async fn an_image_that_cannot_be_pulled_trips_the_circuit_breaker() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").image("acme/orders:1.0").count(3).await;
    aws.image_cannot_be_pulled("orders").await;
    let arn = aws.deploy("orders", "acme/orders:typo").await;
    assert_eq!(
        story(&aws, "orders").await,
        [
            "00:05 IN_PROGRESS PRE_SCALE_UP 0/0",
            "00:10 IN_PROGRESS SCALE_UP 0/0",
            "00:45 ROLLBACK_IN_PROGRESS SCALE_UP 0/0",
            "01:00 ROLLBACK_SUCCESSFUL CLEAN_UP 0/0",
        ]
    );
    let shown = ecs(&aws).await?.describe_service_deployments().service_deployment_arns(arn).send().await?;
    let breaker = shown.service_deployments()[0].deployment_circuit_breaker().ok_or("no circuit breaker")?;
    assert_eq!(breaker.status(), Some(&ServiceDeploymentRollbackMonitorsStatus::Triggered));
    assert_eq!((breaker.failure_count(), breaker.threshold()), (3, 3));
    let tasks = stopped(&aws, "orders").await?;
    assert_eq!(tasks.len(), 3);
    assert_eq!(tasks[0].stop_code().map(|code| code.as_str()), Some("TaskFailedToStart"));
    assert!(tasks[0].stopped_reason().unwrap_or("").starts_with("CannotPullContainerError: "), "{:?}", tasks[0].stopped_reason());
    assert_eq!(tasks[0].containers()[0].exit_code(), None);
    assert_eq!(aws.serving("orders").await.image, "acme/orders:1.0");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn each_death_has_its_code_and_reason() -> Checked {
    let aws = evening().await;
    let deaths = [
        ("exit", Death::Exit(3)),
        ("memory", Death::OutOfMemory),
        ("secret", Death::CannotReadSecret),
        ("target", Death::TargetUnhealthy),
        ("health", Death::ContainerUnhealthy),
    ];
    for (name, death) in deaths {
        aws.service("shared", name).strategy(Strategy::BlueGreen).count(3).await;
        aws.next_tasks_die(name, death).await;
        aws.deploy(name, "acme/bad:1").await;
    }
    play_out(&aws).await;
    let mut seen = Vec::new();
    for (name, _) in deaths {
        assert_eq!(aws.deployment(name).await.status, "ROLLBACK_SUCCESSFUL", "{name}");
        let lines: BTreeSet<String> = stopped(&aws, name)
            .await?
            .iter()
            .map(|task| {
                let container = &task.containers()[0];
                let reason: String = task.stopped_reason().unwrap_or("").chars().take(32).collect();
                let code = task.stop_code().map_or("", |code| code.as_str());
                format!("{name}: {code} {reason} {:?} {:?}", container.exit_code(), container.reason())
            })
            .collect();
        seen.extend(lines);
    }
    assert_eq!(
        seen,
        [
            "exit: EssentialContainerExited Essential container in task exit Some(3) None",
            "memory: EssentialContainerExited Essential container in task exit Some(137) \
             Some(\"OutOfMemoryError: Container killed due to memory usage\")",
            "secret: TaskFailedToStart ResourceInitializationError: una None None",
            "target: ServiceSchedulerInitiated Task failed ELB health checks in Some(0) None",
            "health: ServiceSchedulerInitiated Task failed container health che Some(0) None",
        ]
    );
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_service_whose_tasks_keep_dying_restarts_them_ever_slower() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").count(2).await;
    aws.tasks_die("orders", Death::Exit(1)).await;
    aws.set_clock(after(1800)).await;
    let half_an_hour = stopped(&aws, "orders").await?.len();
    assert!((8..20).contains(&half_an_hour), "{half_an_hour}");
    let services = ecs(&aws).await?.describe_services().cluster("shared").services("orders").send().await?;
    let said: Vec<&str> = services.services()[0].events().iter().filter_map(|event| event.message()).collect();
    assert!(said.iter().any(|line| line.contains("is unable to consistently start tasks successfully")), "{said:?}");
    aws.tasks_recover("orders").await;
    play_out(&aws).await;
    assert_eq!(aws.serving("orders").await.running, 2);
    // ECS forgets stopped tasks after an hour.
    aws.set_clock(after(4 * 3600)).await;
    assert!(stopped(&aws, "orders").await?.is_empty());
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn an_alarm_rolls_back_and_without_guards_nothing_ends() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::Canary).alarms(&["orders-5xx"]).await;
    let arn = aws.deploy("orders", "acme/orders:2.0").await;
    while aws.deployment("orders").await.production == 0.0 {
        let next = aws.next_event().await.ok_or("nothing happens")?;
        aws.set_clock(next).await;
    }
    aws.alarm_fires("orders").await;
    play_out(&aws).await;
    let shown = ecs(&aws).await?.describe_service_deployments().service_deployment_arns(arn).send().await?;
    let deployment = &shown.service_deployments()[0];
    assert_eq!(deployment.status().map(|status| status.as_str()), Some("ROLLBACK_SUCCESSFUL"));
    let alarms = deployment.alarms().ok_or("no alarms")?;
    assert_eq!(alarms.triggered_alarm_names(), ["orders-5xx"]);

    aws.service("shared", "bare").without_circuit_breaker().await;
    aws.next_tasks_die("bare", Death::Exit(1)).await;
    aws.deploy("bare", "acme/bare:2.0").await;
    aws.set_clock(after(4 * 3600)).await;
    assert_eq!(aws.deployment("bare").await.status, "IN_PROGRESS");
    aws.stopped_elsewhere("bare").await;
    play_out(&aws).await;
    assert_eq!(aws.deployment("bare").await.status, "ROLLBACK_SUCCESSFUL");
    assert_clean(&aws).await;
    Ok(())
}
