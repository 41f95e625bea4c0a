//! What can be asked, and how fast.

use super::super::{ESTATE, Gateway};
use super::{Checked, PATIENCE, assert_clean, assume, evening, rds, refusal, time};

#[tokio::test]
async fn three_hundred_databases_are_listed_in_pages_at_once() -> Checked {
    let aws = evening().await;
    let many: Vec<_> = (0..300)
        .map(|number| {
            serde_json::json!({
                "id": format!("db-{number:03}"), "engine": "postgres", "version": "15.7",
                "tags": { "project": "shop" },
            })
        })
        .collect();
    aws.estate(&serde_json::json!({ "databases": many }).to_string()).await;
    let rds = rds(&aws).await?;
    let mut pages = rds.describe_db_instances().into_paginator().send();
    let (mut count, mut databases) = (0, 0);
    while let Some(page) = pages.next().await {
        count += 1;
        databases += page?.db_instances().len();
    }
    assert_eq!((count, databases), (3, 300));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn versions_name_their_targets_and_support_dates() -> Checked {
    let aws = evening().await;
    let rds = rds(&aws).await?;
    let versions = rds.describe_db_engine_versions().engine("mysql").engine_version("8.0.40").send().await?;
    let targets: Vec<_> = versions.db_engine_versions()[0]
        .valid_upgrade_target()
        .iter()
        .map(|target| (target.engine_version().unwrap_or(""), target.is_major_version_upgrade()))
        .collect();
    assert_eq!(targets.first(), Some(&("8.0.41", Some(false))));
    assert_eq!(targets.last(), Some(&("8.4.9", Some(true))));

    let majors = rds.describe_db_major_engine_versions().engine("mysql").major_engine_version("5.7").send().await?;
    let ends: Vec<_> = majors.db_major_engine_versions()[0]
        .supported_engine_lifecycles()
        .iter()
        .filter_map(|cycle| {
            let name = cycle.lifecycle_support_name()?.as_str();
            Some((name, cycle.lifecycle_support_end_date()?.to_string()))
        })
        .collect();
    assert_eq!(
        ends,
        [
            ("open-source-rds-standard-support", "2024-02-29T23:59:59.999Z".to_owned()),
            ("open-source-rds-extended-support", "2027-02-28T23:59:59.999Z".to_owned()),
        ]
    );
    let classes = rds.describe_orderable_db_instance_options().engine("mysql").engine_version("5.7.44").send().await?;
    let names: Vec<_> = classes.orderable_db_instance_options().iter().filter_map(|option| option.db_instance_class()).collect();
    assert!(names.contains(&"db.m5.large") && !names.contains(&"db.m7g.large"), "{names:?}");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn the_sample_estate_is_whole() -> Checked {
    let aws = evening().await;
    aws.estate(ESTATE).await;
    let rds = rds(&aws).await?;
    let crm = rds.describe_db_instances().db_instance_identifier("legacy-crm").send().await?;
    let instance = &crm.db_instances()[0];
    assert!(instance.tag_list().iter().any(|tag| tag.value() == Some("<!channel> ask sales-it first")));
    let group = instance.db_parameter_groups()[0].db_parameter_group_name().unwrap_or("");
    let changed = rds.describe_db_parameters().db_parameter_group_name(group).source("user").send().await?;
    assert_eq!(changed.parameters().len(), 2);

    let all = rds.describe_db_instances().send().await?;
    let replica = all.db_instances().iter().find(|item| item.db_instance_identifier() == Some("payments-replica-1"));
    assert_eq!(replica.and_then(|item| item.read_replica_source_db_instance_identifier()), Some("payments"));
    let clusters = rds.describe_db_clusters().send().await?;
    assert_eq!(clusters.db_clusters().len(), 2);
    let proxies = rds.describe_db_proxies().send().await?;
    let proxy = proxies.db_proxies()[0].db_proxy_name().unwrap_or("");
    let targets = rds.describe_db_proxy_targets().db_proxy_name(proxy).send().await?;
    assert_eq!(targets.targets().len(), 3);
    let arn = instance.db_instance_arn().unwrap_or("");
    let tags = rds.list_tags_for_resource().resource_name(arn).send().await?;
    assert_eq!(tags.tag_list().len(), 3);
    for groups in [
        rds.describe_db_cluster_parameter_groups().send().await?.db_cluster_parameter_groups().len(),
        rds.describe_db_parameter_groups().send().await?.db_parameter_groups().len(),
    ] {
        assert!(groups > 1);
    }
    assert!(rds.describe_global_clusters().send().await?.global_clusters().is_empty());
    assert!(!rds.describe_db_snapshots().send().await?.db_snapshots().is_empty());
    assert!(!rds.describe_db_cluster_snapshots().send().await?.db_cluster_snapshots().is_empty());
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn what_the_model_forbids_is_refused_and_noted() -> Checked {
    let aws = evening().await;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let scope = "AWS4-HMAC-SHA256 Credential=AKIAWATCHKEEPER/20261122/eu-west-1/sts/aws4_request";
    let answer = client
        .post(aws.url())
        .header("authorization", scope)
        .header("content-type", "application/x-www-form-urlencoded")
        .body("Action=AssumeRole&Version=2011-06-15&RoleSessionName=a&Colour=blue")
        .send()
        .await?;
    assert_eq!(answer.status(), 400);
    let body = answer.text().await?;
    assert!(body.contains("<Code>ValidationError</Code>"), "{body}");
    assert_eq!(
        aws.violations().await,
        [
            "sts AssumeRole: missing required member RoleArn",
            "sts AssumeRole: RoleSessionName must be at least 2 characters, not 1",
            "sts AssumeRole: unknown member Colour",
        ]
    );
    let unsigned = client.post(aws.url()).body("Action=ListUsers").send().await?;
    assert_eq!(unsigned.status(), 403);
    assert!(unsigned.text().await?.contains("MissingAuthenticationToken"));

    let rds = rds(&aws).await?;
    assert_eq!(
        refusal(rds.describe_db_instances().max_records(5).send().await),
        "InvalidParameterValue: Invalid value 5 for MaxRecords. Must be between 20 and 100"
    );
    let gap = refusal(rds.describe_db_recommendations().send().await);
    assert!(gap.starts_with("NotImplementedInStandin"), "{gap}");
    Ok(())
}

#[tokio::test]
async fn moto_answers_where_no_simulator_does() -> Checked {
    let (one, other) = (evening().await, evening().await);
    let client = reqwest::Client::builder().no_proxy().build()?;
    let mut answers = Vec::new();
    for (aws, operation, body) in [
        (&one, "CreateOrganization", r#"{"FeatureSet":"ALL"}"#),
        (&one, "ListAccounts", "{}"),
        (&other, "ListAccounts", "{}"),
        (&one, "ListHandshakesForAccount", "{}"),
    ] {
        let session = assume(aws, "watchkeeper-access").await?;
        let key = session.access_key_id();
        let answer = client
            .post(aws.url())
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={key}/20261122/us-east-1/organizations/aws4_request"))
            .header("x-amz-security-token", session.session_token().unwrap_or_default())
            .header("x-amz-target", format!("AWSOrganizationsV20161128.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(body)
            .send()
            .await?;
        answers.push((answer.status().as_u16(), answer.text().await?));
    }
    assert_eq!(answers.iter().map(|(status, _)| *status).collect::<Vec<_>>(), [200, 200, 200, 501]);
    assert!(answers[1].1.contains("111122223333"), "{answers:?}");
    assert!(!answers[2].1.contains("111122223333"), "{answers:?}");
    let gap = "the AWS stand-in has no organizations:ListHandshakesForAccount".to_owned();
    let violations = one.violations().await;
    assert!(violations.contains(&gap), "{violations:?}");
    Ok(())
}

#[tokio::test]
async fn worlds_do_not_see_each_other() -> Checked {
    let (one, other) = (evening().await, evening().await);
    one.database("orders", "mysql", "8.0.35").await;
    let elsewhere = rds(&other).await?;
    assert!(elsewhere.describe_db_instances().send().await?.db_instances().is_empty());
    assert!(one.calls().await.is_empty());
    other.forget().await;
    assert!(elsewhere.describe_db_instances().send().await.is_err());
    assert_eq!(one.version("orders").await, "8.0.35");
    Ok(())
}

#[tokio::test]
async fn a_clock_can_run() -> Checked {
    let gateway = Gateway::shared().await;
    let aws = gateway.world(time(super::EVENING)).await;
    aws.database("orders", "mysql", "8.0.35").await;
    rds(&aws)
        .await?
        .modify_db_instance()
        .db_instance_identifier("orders")
        .engine_version("8.0.40")
        .apply_immediately(true)
        .send()
        .await?;
    aws.run_clock(time(super::EVENING), 100_000.0).await;
    let upgraded = async { while aws.version("orders").await != "8.0.40" {} };
    tokio::time::timeout(PATIENCE, upgraded).await?;
    Ok(())
}
