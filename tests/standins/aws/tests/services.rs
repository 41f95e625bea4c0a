//! What can be asked of ECS and Elastic Load Balancing, within which limits, and how fast.

use aws_sdk_ecs::types::{DeploymentControllerType, ServiceField};
use aws_sdk_elasticloadbalancingv2::types::TargetHealthStateEnum;

use super::super::{DEFAULT_ACCOUNT, ESTATE, Fault, Strategy};
use super::{Checked, after, assert_clean, assume_in, balancing, config, ecs, evening, play_out, refusal};

#[tokio::test]
async fn two_hundred_services_over_three_accounts_are_listed_at_once() -> Checked {
    let aws = evening().await;
    aws.many_services(200).await;
    let begin = std::time::Instant::now();
    let (mut services, mut by_code_deploy) = (0, 0);
    for account in [DEFAULT_ACCOUNT, "444455556666", "777788889999"] {
        let session = assume_in(&aws, account, "watchkeeper-ecs").await?;
        let ecs = aws_sdk_ecs::Client::new(&config(&aws, session));
        for cluster in ecs.list_clusters().send().await?.cluster_arns() {
            let mut pages = ecs.list_services().cluster(cluster).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page?;
                assert!(page.service_arns().len() <= 10);
                let asked = ecs.describe_services().cluster(cluster).include(ServiceField::Tags);
                let shown = asked.set_services(page.service_arns).send().await?;
                services += shown.services().iter().filter(|service| service.tags().len() == 2).count();
                let controlled = shown.services().iter().filter_map(|service| service.deployment_controller());
                by_code_deploy += controlled.filter(|by| *by.r#type() == DeploymentControllerType::CodeDeploy).count();
            }
        }
    }
    assert_eq!((services, by_code_deploy), (200, 40));
    assert!(begin.elapsed() < super::PATIENCE, "{:?}", begin.elapsed());
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_service_shows_its_revisions_images_and_differences() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").image("acme/orders:1.0").size(256, 512).secret("DB", "arn:aws:ssm:one").revision(41).await;
    aws.deploy("orders", "acme/orders@sha256:abc").size(512, 1024).environment("NEW", "yes").without(&["DB"]).await;
    aws.set_clock(after(30)).await;
    let ecs = ecs(&aws).await?;
    let shown = ecs.describe_services().cluster("shared").services("orders").services("nobody").send().await?;
    assert_eq!(shown.failures()[0].reason(), Some("MISSING"));
    let service = &shown.services()[0];
    let ids: Vec<_> =
        service.deployments().iter().filter_map(|one| Some((one.status()?, one.rollout_state()?.as_str()))).collect();
    assert_eq!(ids, [("PRIMARY", "IN_PROGRESS"), ("ACTIVE", "COMPLETED")]);
    let arn = service.current_service_deployment().ok_or("no deployment under way")?;
    let deployments = ecs.describe_service_deployments().service_deployment_arns(arn).send().await?;
    let target = deployments.service_deployments()[0].target_service_revision().and_then(|one| one.arn()).ok_or("no target")?;
    let revisions = ecs.describe_service_revisions().service_revision_arns(target).send().await?;
    let image = &revisions.service_revisions()[0].container_images()[0];
    assert_eq!(image.image_digest(), Some("sha256:abc"));
    let family = ecs.describe_task_definition().task_definition("orders:42").send().await?;
    let definition = family.task_definition().ok_or("no definition")?;
    assert_eq!((definition.cpu(), definition.memory()), (Some("512"), Some("1024")));
    let container = &definition.container_definitions()[0];
    assert_eq!(container.environment().iter().filter_map(|one| one.name()).collect::<Vec<_>>(), ["LOG_LEVEL", "NEW"]);
    assert!(container.secrets().is_empty());
    let listed = ecs.list_service_deployments().cluster("shared").service("orders").send().await?;
    assert_eq!(listed.service_deployments().len(), 2);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn limits_and_names_are_as_strict_as_aws() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").await;
    aws.service("shared", "shop").strategy(Strategy::CodeDeploy).await;
    let ecs = ecs(&aws).await?;
    let eleven: Vec<String> = (0..11).map(|number| format!("svc-{number}")).collect();
    let too_many = ecs.describe_services().cluster("shared").set_services(Some(eleven)).send().await;
    assert_eq!(refusal(too_many), "InvalidParameterException: Services must have between 1 and 10 elements.");
    let nowhere = ecs.list_services().cluster("elsewhere").send().await;
    assert_eq!(refusal(nowhere), "ClusterNotFoundException: Cluster not found.");
    let nobody = ecs.list_service_deployments().cluster("shared").service("nobody").send().await;
    assert_eq!(refusal(nobody), "ServiceNotFoundException: Service not found.");
    let by_hand = ecs.update_service().cluster("shared").service("shop").force_new_deployment(true).send().await;
    assert!(refusal(by_hand).contains("Use AWS CodeDeploy to trigger a new deployment."));
    aws.fault(Fault::throttle("ecs", "DescribeServices").times(1)).await;
    let throttled = ecs.describe_services().cluster("shared").services("orders").send().await;
    assert_eq!(refusal(throttled), "ThrottlingException: Rate exceeded");

    aws.fault(Fault::deny("ecs", "DescribeServices").resource("orders")).await;
    let denied = ecs.describe_services().cluster("shared").services("orders").send().await;
    assert!(refusal(denied).starts_with("AccessDeniedException"));
    ecs.describe_services().cluster("shared").services("shop").send().await?;
    aws.clear_faults().await;

    ecs.update_service().cluster("shared").service("orders").force_new_deployment(true).send().await?;
    assert_eq!(aws.deployment("orders").await.status, "PENDING");
    aws.forget_service("orders").await;
    assert_eq!(aws.next_event().await, None);
    let gone = ecs.list_service_deployments().cluster("shared").service("orders").send().await;
    assert!(refusal(gone).starts_with("ServiceNotFoundException"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn services_of_one_name_are_told_apart() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").image("acme/orders:1.0").await;
    let staging = aws.service("shared", "orders").in_account("444455556666").image("acme/orders:1.1").await;
    aws.service("batch", "orders").image("acme/orders:1.2").await;
    let mut images = Vec::new();
    for name in ["111122223333/shared/orders", &staging, "batch/orders"] {
        images.push(aws.serving(name).await.image);
    }
    assert_eq!(images, ["acme/orders:1.0", "acme/orders:1.1", "acme/orders:1.2"]);
    Ok(())
}

#[tokio::test]
async fn a_deleted_service_drains_and_is_inactive_for_a_while() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::BlueGreen).await;
    let arn = aws.deploy("orders", "acme/orders:2.0").await;
    aws.set_clock(after(90)).await;
    aws.delete_service("orders").await;
    let ecs = ecs(&aws).await?;
    let known = ecs.describe_service_deployments().service_deployment_arns(arn).send().await?;
    assert_eq!(known.failures()[0].reason(), Some("MISSING"));
    let status = async || -> Result<_, Box<dyn std::error::Error>> {
        let shown = ecs.describe_services().cluster("shared").services("orders").send().await?;
        Ok(shown.services()[0].status().map(str::to_owned))
    };
    assert_eq!(status().await?.as_deref(), Some("DRAINING"));
    play_out(&aws).await;
    assert_eq!(status().await?.as_deref(), Some("INACTIVE"));
    assert!(ecs.list_services().cluster("shared").send().await?.service_arns().is_empty());
    let late = ecs.update_service().cluster("shared").service("orders").desired_count(1).send().await;
    assert!(refusal(late).starts_with("ServiceNotActiveException"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn the_load_balancer_shows_the_same_shares_and_the_tasks_health() -> Checked {
    let aws = evening().await;
    aws.service("shared", "orders").strategy(Strategy::Canary).canary(10.0, "5m").count(2).await;
    aws.deploy("orders", "acme/orders:2.0").await;
    let (ecs, elb) = (ecs(&aws).await?, balancing(&aws).await?);
    let shown = ecs.describe_services().cluster("shared").services("orders").send().await?;
    let balancer = shown.services()[0].load_balancers()[0].clone();
    let advanced = balancer.advanced_configuration().ok_or("no rules")?;
    let green = advanced.alternate_target_group_arn().ok_or("no second group")?;
    let rule = advanced.production_listener_rule().ok_or("no rule")?;
    let states = async || -> Result<Vec<TargetHealthStateEnum>, Box<dyn std::error::Error>> {
        let health = elb.describe_target_health().target_group_arn(green).send().await?;
        let found = health.target_health_descriptions().iter().filter_map(|one| one.target_health()?.state().cloned());
        Ok(found.collect())
    };
    let weights = async || -> Result<Vec<i32>, Box<dyn std::error::Error>> {
        let rules = elb.describe_rules().rule_arns(rule).send().await?;
        let forward = rules.rules()[0].actions()[0].forward_config().ok_or("no forward")?.clone();
        Ok(forward.target_groups().iter().filter_map(|group| group.weight()).collect())
    };
    aws.set_clock(after(70)).await;
    assert_eq!(states().await?, [TargetHealthStateEnum::Initial, TargetHealthStateEnum::Initial]);
    assert_eq!(weights().await?, [100, 0]);
    aws.set_clock(after(130)).await;
    assert_eq!(states().await?, [TargetHealthStateEnum::Healthy, TargetHealthStateEnum::Healthy]);
    assert_eq!(weights().await?, [90, 10]);
    aws.stopped_elsewhere("orders").await;
    aws.set_clock(after(130 + 5 + 15)).await;
    assert_eq!(states().await?, [TargetHealthStateEnum::Draining, TargetHealthStateEnum::Draining]);
    assert_eq!(weights().await?, [100, 0]);
    play_out(&aws).await;
    assert!(states().await?.is_empty());
    let missing = elb.describe_target_health().target_group_arn(format!("{green}0")).send().await;
    assert!(refusal(missing).starts_with("TargetGroupNotFound"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn the_sample_estate_has_services_in_shared_clusters() -> Checked {
    let aws = evening().await;
    aws.estate(ESTATE).await;
    let ecs = ecs(&aws).await?;
    let clusters = ecs.list_clusters().send().await?;
    let shown = ecs.describe_clusters().set_clusters(clusters.cluster_arns).send().await?;
    assert!(shown.clusters().iter().any(|cluster| cluster.active_services_count() == 4), "{shown:?}");
    assert_eq!(aws.next_event().await, None);
    assert_clean(&aws).await;
    Ok(())
}
