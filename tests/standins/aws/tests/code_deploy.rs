//! What a deployment by CodeDeploy goes through.

use aws_sdk_codedeploy::types::{DeploymentStatus, DeploymentWaitType, EcsTarget};

use super::super::{Aws, Death, Strategy};
use super::{Checked, assert_clean, code_deploy, ecs, evening, play_out, refusal, story, until_it_waits};

async fn target(aws: &Aws, id: &str) -> Result<EcsTarget, Box<dyn std::error::Error>> {
    let client = code_deploy(aws).await?;
    let ids = client.list_deployment_targets().deployment_id(id).send().await?.target_ids;
    let found = client.batch_get_deployment_targets().deployment_id(id).set_target_ids(ids).send().await?;
    let target = found.deployment_targets()[0].ecs_target().ok_or("no ECS target")?;
    Ok(target.clone())
}

fn task_sets(target: &EcsTarget) -> Vec<(String, String, f64)> {
    let shown = target.task_sets_info().iter();
    shown
        .map(|set| {
            let label = set.task_set_label().map_or("", |label| label.as_str());
            (label.to_owned(), set.status().unwrap_or("").to_owned(), set.traffic_weight())
        })
        .collect()
}

#[tokio::test]
async fn traffic_moves_after_somebody_has_let_it() -> Checked {
    let aws = evening().await;
    aws.service("shared", "shop")
        .strategy(Strategy::CodeDeploy)
        .ready_wait("1h")
        .termination_wait("10m")
        .deployment_config("CodeDeployDefault.ECSCanary10Percent5Minutes")
        .await;
    let id = aws.deploy("shop", "acme/shop:2.0").await;
    let client = code_deploy(&aws).await?;
    let go_on = |wait| client.continue_deployment().deployment_id(&id).deployment_wait_type(wait);
    assert!(refusal(go_on(DeploymentWaitType::ReadyWait).send().await).starts_with("DeploymentIsNotInReadyStateException"));
    assert!(
        refusal(client.list_deployment_targets().deployment_id(&id).send().await).starts_with("DeploymentNotStartedException")
    );
    assert_eq!(until_it_waits(&aws, "shop").await, "READY_WAIT");
    let shown = client.get_deployment().deployment_id(&id).send().await?;
    let info = shown.deployment_info().ok_or("no deployment")?;
    assert_eq!(info.status(), Some(&DeploymentStatus::Ready));
    let waiting = target(&aws, &id).await?;
    let set = |label: &str, status: &str, weight| (label.to_owned(), status.to_owned(), weight);
    assert_eq!(task_sets(&waiting), [set("Blue", "PRIMARY", 100.0), set("Green", "ACTIVE", 0.0)]);
    let events: Vec<_> =
        waiting.lifecycle_events().iter().filter_map(|one| Some((one.lifecycle_event_name()?, one.status()?.as_str()))).collect();
    assert_eq!(events[4..6], [("AfterAllowTestTraffic", "Succeeded"), ("BeforeAllowTraffic", "Pending")]);

    go_on(DeploymentWaitType::ReadyWait).send().await?;
    assert!(refusal(go_on(DeploymentWaitType::ReadyWait).send().await).starts_with("DeploymentIsNotInReadyStateException"));
    assert_eq!(until_it_waits(&aws, "shop").await, "TERMINATION_WAIT");
    assert_eq!(task_sets(&target(&aws, &id).await?), [set("Blue", "ACTIVE", 0.0), set("Green", "PRIMARY", 100.0)]);
    let client = code_deploy(&aws).await?;
    client.continue_deployment().deployment_id(&id).deployment_wait_type(DeploymentWaitType::TerminationWait).send().await?;
    play_out(&aws).await;
    assert_eq!(aws.deployment("shop").await.status, "Succeeded");
    assert_eq!(aws.serving("shop").await.image, "acme/shop:2.0");
    let over = client.continue_deployment().deployment_id(&id).send().await;
    assert!(refusal(over).starts_with("DeploymentAlreadyCompletedException"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn nobody_lets_traffic_move_and_the_deployment_stops() -> Checked {
    let aws = evening().await;
    aws.service("shared", "shop").strategy(Strategy::CodeDeploy).image("acme/shop:1.0").ready_wait("30m").await;
    let id = aws.deploy("shop", "acme/shop:2.0").await;
    let told = story(&aws, "shop").await;
    assert_eq!(told[told.len() - 2..], ["02:00 Ready READY_WAIT 0/100", "32:00 Stopped - 0/0"]);
    let shown = code_deploy(&aws).await?.get_deployment().deployment_id(&id).send().await?;
    let error = shown.deployment_info().and_then(|info| info.error_information()).ok_or("no error")?;
    assert_eq!(error.code().map(|code| code.as_str()), Some("TIMEOUT"));
    assert_eq!(aws.serving("shop").await.image, "acme/shop:1.0");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_stop_makes_a_rollback_deployment() -> Checked {
    let aws = evening().await;
    aws.service("shared", "shop").strategy(Strategy::CodeDeploy).image("acme/shop:1.0").await;
    let id = aws.deploy("shop", "acme/shop:2.0").await;
    until_it_waits(&aws, "shop").await;
    let client = code_deploy(&aws).await?;
    let stopped = client.stop_deployment().deployment_id(&id).auto_rollback_enabled(true).send().await?;
    assert_eq!(stopped.status().map(|status| status.as_str()), Some("Pending"));
    play_out(&aws).await;
    let back = aws.deployment("shop").await;
    assert_ne!(back.id, id);
    assert_eq!((back.status.as_str(), back.production), ("Succeeded", 100.0));
    let both = client.batch_get_deployments().deployment_ids(&id).deployment_ids(&back.id).send().await?;
    let infos = both.deployments_info();
    assert_eq!(infos[0].status(), Some(&DeploymentStatus::Stopped));
    assert_eq!(infos[0].rollback_info().and_then(|info| info.rollback_deployment_id()), Some(back.id.as_str()));
    assert_eq!(infos[1].rollback_info().and_then(|info| info.rollback_triggering_deployment_id()), Some(id.as_str()));
    assert_eq!(infos[1].creator().map(|creator| creator.as_str()), Some("codeDeployRollback"));
    assert_eq!(aws.serving("shop").await.image, "acme/shop:1.0");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_failure_says_what_failed() -> Checked {
    let aws = evening().await;
    aws.durations(&[("codedeploy.install_timeout", 600.0)]).await;
    for name in ["hook", "tasks", "alarm"] {
        let placed = aws.service("shared", name).strategy(Strategy::CodeDeploy).rolls_back_on(&[]);
        placed.alarms(&["http-5xx"]).termination_wait("0m").await;
    }
    aws.lifecycle_event_fails("hook", "AfterAllowTestTraffic").await;
    aws.next_tasks_die("tasks", Death::OutOfMemory).await;
    let mut ids = Vec::new();
    for name in ["hook", "tasks", "alarm"] {
        ids.push(aws.deploy(name, "acme/bad:2.0").await);
    }
    aws.set_clock(super::after(60)).await;
    aws.alarm_fires("alarm").await;
    play_out(&aws).await;
    let found = code_deploy(&aws).await?.batch_get_deployments().set_deployment_ids(Some(ids.clone())).send().await?;
    let ends: Vec<_> = found
        .deployments_info()
        .iter()
        .filter_map(|info| Some((info.status()?.as_str(), info.error_information()?.code()?.as_str())))
        .collect();
    assert_eq!(ends, [("Failed", "HOOK_EXECUTION_FAILURE"), ("Failed", "TIMEOUT"), ("Stopped", "ALARM_ACTIVE")]);
    let broken = target(&aws, &ids[0]).await?;
    let failed = broken.lifecycle_events().iter().find(|one| one.status().is_some_and(|status| status.as_str() == "Failed"));
    assert!(failed.and_then(|one| one.diagnostics()).is_some(), "{broken:?}");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn groups_and_deployments_are_found_by_application_status_and_time() -> Checked {
    let aws = evening().await;
    aws.service("shared", "shop").strategy(Strategy::CodeDeploy).ready_wait("1h").await;
    let client = code_deploy(&aws).await?;
    let applications = client.list_applications().send().await?;
    let application = &applications.applications()[0];
    let groups = client.list_deployment_groups().application_name(application).send().await?;
    let group = &groups.deployment_groups()[0];
    let shown = client.batch_get_deployment_groups().application_name(application).deployment_group_names(group).send().await?;
    let info = &shown.deployment_groups_info()[0];
    let service = &info.ecs_services()[0];
    assert_eq!((service.cluster_name(), service.service_name()), (Some("shared"), Some("shop")));
    let config = info.deployment_config_name().unwrap_or_default();
    client.get_deployment_config().deployment_config_name(config).send().await?;

    // The AppSpec of the last deployment does for the next one.
    let revision = info.target_revision().cloned();
    let create = client.create_deployment().application_name(application).deployment_group_name(group).set_revision(revision);
    let made = create.clone().send().await?;
    let id = made.deployment_id().unwrap_or_default();
    assert!(refusal(create.send().await).starts_with("DeploymentLimitExceededException"));
    let list = || client.list_deployments().application_name(application).deployment_group_name(group);
    assert_eq!(list().send().await?.deployments().len(), 2);
    let created = list().include_only_statuses(DeploymentStatus::Created).send().await?;
    assert_eq!(created.deployments(), [id]);
    let nobody = client.list_deployments().application_name("nobody").deployment_group_name(group).send().await;
    assert!(refusal(nobody).starts_with("ApplicationDoesNotExistException"));
    let wrong = client.get_deployment().deployment_id("7").send().await;
    assert!(refusal(wrong).starts_with("InvalidDeploymentIdException"));

    until_it_waits(&aws, "shop").await;
    let services = ecs(&aws).await?.describe_services().cluster("shared").services("shop").send().await?;
    let sets: Vec<_> = services.services()[0].task_sets().iter().filter_map(|set| set.status()).collect();
    assert_eq!(sets, ["ACTIVE", "PRIMARY"]);
    assert_clean(&aws).await;
    Ok(())
}
