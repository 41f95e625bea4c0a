//! What a database goes through.

use super::super::Upgrade;
use super::{Checked, after, assert_clean, evening, play_out, rds, refusal, time};

#[tokio::test]
async fn an_upgrade_after_a_snapshot_takes_its_time() -> Checked {
    let aws = evening().await;
    aws.database("orders", "mysql", "8.0.35").await;
    let rds = rds(&aws).await?;

    rds.create_db_snapshot().db_instance_identifier("orders").db_snapshot_identifier("before-chg-7").send().await?;
    assert_eq!(aws.status("orders").await, "backing-up");
    let early =
        rds.modify_db_instance().db_instance_identifier("orders").engine_version("8.0.40").apply_immediately(true).send().await;
    assert_eq!(refusal(early), "InvalidDBInstanceState: Database instance is not in available state.");

    aws.set_clock(after(180)).await;
    let snapshots = rds.describe_db_snapshots().db_snapshot_identifier("before-chg-7").send().await?;
    let snapshot = &snapshots.db_snapshots()[0];
    assert_eq!(snapshot.status(), Some("creating"));
    assert_eq!(snapshot.percent_progress(), Some(50));

    assert_eq!(aws.next_event().await, Some(after(360)));
    aws.set_clock(after(360)).await;
    let ordered =
        rds.modify_db_instance().db_instance_identifier("orders").engine_version("8.0.40").apply_immediately(true).send().await?;
    let instance = ordered.db_instance().ok_or("no instance")?;
    assert_eq!(instance.db_instance_status(), Some("available"));
    assert_eq!(instance.engine_version(), Some("8.0.35"));
    let pending = instance.pending_modified_values().ok_or("nothing pending")?;
    assert_eq!(pending.engine_version(), Some("8.0.40"));

    let mut seen = Vec::new();
    while let Some(next) = aws.next_event().await {
        aws.set_clock(next).await;
        let state = aws.state("orders").await;
        seen.push((state.status, state.reachable, state.version));
    }
    let step = |status: &str, reachable, version: &str| (status.to_owned(), reachable, version.to_owned());
    assert_eq!(
        seen,
        [
            step("upgrading", true, "8.0.35"),
            step("upgrading", false, "8.0.35"),
            step("upgrading", true, "8.0.35"),
            step("available", true, "8.0.40"),
        ]
    );

    let events = rds
        .describe_events()
        .source_type("db-instance".into())
        .source_identifier("orders")
        .start_time(aws_sdk_rds::primitives::DateTime::from_secs(after(361).as_second()))
        .send()
        .await?;
    let messages: Vec<&str> = events.events().iter().filter_map(|event| event.message()).collect();
    assert_eq!(messages.first(), Some(&"The pre-check started for the DB engine version upgrade."));
    assert!(messages.contains(&"DB instance shutdown"), "{messages:?}");
    assert_eq!(messages.last(), Some(&"The engine version upgrade finished."));

    let writes = aws.writes().await;
    let told: Vec<_> = writes.iter().map(|call| (call.operation.as_str(), call.acted, call.session.as_str())).collect();
    assert_eq!(told, [("CreateDBSnapshot", true, "ana"), ("ModifyDBInstance", false, "ana"), ("ModifyDBInstance", true, "ana"),]);
    assert_eq!(writes[0].tags["operation"], "CHG-7");
    assert_eq!(writes[2].param("EngineVersion"), Some("8.0.40"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn without_apply_immediately_it_waits_for_the_window() -> Checked {
    let aws = evening().await;
    aws.database("orders", "mysql", "8.0.35").window("mon:02:00-mon:02:30").await;
    let rds = rds(&aws).await?;
    let order = rds.modify_db_instance().db_instance_identifier("orders").engine_version("8.0.40");
    order.clone().send().await?;
    assert_eq!(aws.next_event().await, Some(time("2026-11-23T02:00:00Z")));

    let withdrawn = order.engine_version("8.0.35").send().await?;
    let instance = withdrawn.db_instance().ok_or("no instance")?;
    assert_eq!(instance.pending_modified_values().and_then(|values| values.engine_version()), None);
    play_out(&aws).await;
    assert_eq!(aws.version("orders").await, "8.0.35");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn what_aws_refuses_is_refused() -> Checked {
    let aws = evening().await;
    aws.database("orders", "mysql", "8.0.40").await;
    aws.database("crm", "mysql", "5.7.44").parameter_group("crm57", &[("sql_mode", "ANSI")]).await;
    aws.database("shop", "mysql", "8.0.40").replicas(&["shop-replica"]).await;
    aws.parameter_group("crm84", "mysql8.4").await;
    let rds = rds(&aws).await?;
    let to = |id: &str, version: &str| {
        rds.modify_db_instance().db_instance_identifier(id).engine_version(version).apply_immediately(true)
    };
    let cases = [
        (to("orders", "9.9"), "InvalidParameterCombination: Cannot upgrade mysql from 8.0.40 to 9.9"),
        (to("orders", "8.0.35"), "InvalidParameterCombination: Cannot upgrade mysql from 8.0.40 to 8.0.35"),
        (
            to("orders", "8.4.9"),
            "InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.",
        ),
        (to("nosuch", "8.4.9"), "DBInstanceNotFound: DBInstance nosuch not found."),
        (
            to("crm", "8.0.46").allow_major_version_upgrade(true),
            "InvalidParameterCombination: The current DB instance parameter group 'crm57' is custom. You must explicitly specify a new DB instance parameter group, either default or custom, for the engine version upgrade.",
        ),
        (
            to("crm", "8.0.46").allow_major_version_upgrade(true).db_parameter_group_name("crm84"),
            "InvalidParameterCombination: The Parameter Group crm84 with DBParameterGroupFamily mysql8.4 cannot be used for this instance. Please use a Parameter Group with DBParameterGroupFamily mysql8.0",
        ),
        (
            to("shop", "8.0.46"),
            "DBUpgradeDependencyFailure: One or more of the DB instance's read replicas need to be upgraded: shop-replica",
        ),
    ];
    for (order, expected) in cases {
        assert_eq!(refusal(order.send().await), expected);
    }
    assert_eq!(aws.next_event().await, None);
    assert!(aws.writes().await.iter().all(|call| !call.acted));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_major_upgrade_changes_the_parameter_group_family() -> Checked {
    let aws = evening().await;
    aws.database("orders", "mysql", "8.0.40").await;
    rds(&aws)
        .await?
        .modify_db_instance()
        .db_instance_identifier("orders")
        .engine_version("8.4.9")
        .allow_major_version_upgrade(true)
        .apply_immediately(true)
        .send()
        .await?;
    play_out(&aws).await;
    let state = aws.state("orders").await;
    assert_eq!((&*state.version, &*state.parameter_group), ("8.4.9", "default.mysql8.4"));
    Ok(())
}

#[tokio::test]
async fn an_upgrade_can_go_wrong() -> Checked {
    let aws = evening().await;
    let rds = rds(&aws).await?;
    for id in ["fails", "broken", "slow"] {
        aws.database(id, "mysql", "8.0.35").await;
    }
    let reason = "orphaned tables in shop".to_owned();
    aws.next_upgrade("fails", Upgrade::Fails { reason }).await;
    aws.next_upgrade("broken", Upgrade::IncompatibleParameters).await;
    aws.next_upgrade("slow", Upgrade::Slow { factor: 3.0 }).await;
    for id in ["fails", "broken", "slow"] {
        rds.modify_db_instance().db_instance_identifier(id).engine_version("8.0.40").apply_immediately(true).send().await?;
    }
    aws.set_clock(after(10 + 720)).await;
    let failed = aws.state("fails").await;
    assert_eq!((&*failed.status, &*failed.version), ("available", "8.0.35"));
    assert!(failed.pending.is_empty());
    assert_eq!(aws.status("broken").await, "incompatible-parameters");
    assert_eq!(aws.status("slow").await, "upgrading");
    aws.set_clock(after(10 + 3 * 720)).await;
    assert_eq!(aws.version("slow").await, "8.0.40");

    let events = rds.describe_events().source_type("db-instance".into()).source_identifier("fails").send().await?;
    let told = events
        .events()
        .iter()
        .filter_map(|event| event.message())
        .any(|message| message.ends_with("cannot be upgraded: orphaned tables in shop."));
    assert!(told, "{events:?}");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn members_follow_their_cluster() -> Checked {
    let aws = evening().await;
    aws.cluster("checkout", "aurora-mysql", "8.0.mysql_aurora.3.04.3").await;
    let rds = rds(&aws).await?;
    let member =
        rds.modify_db_instance().db_instance_identifier("checkout-1").engine_version("8.0.mysql_aurora.3.08.2").send().await;
    assert!(refusal(member).starts_with("InvalidParameterCombination: The specified DB Instance"));
    rds.create_db_cluster_snapshot().db_cluster_identifier("checkout").db_cluster_snapshot_identifier("before").send().await?;
    play_out(&aws).await;
    rds.modify_db_cluster()
        .db_cluster_identifier("checkout")
        .engine_version("8.0.mysql_aurora.3.08.2")
        .apply_immediately(true)
        .send()
        .await?;
    aws.set_clock(after(400)).await;
    assert_eq!(aws.status("checkout").await, "upgrading");
    assert_eq!(aws.status("checkout-2").await, "upgrading");
    play_out(&aws).await;
    for id in ["checkout", "checkout-1", "checkout-2"] {
        assert_eq!(aws.version(id).await, "8.0.mysql_aurora.3.08.2");
    }

    rds.failover_db_cluster().db_cluster_identifier("checkout").send().await?;
    play_out(&aws).await;
    let clusters = rds.describe_db_clusters().db_cluster_identifier("checkout").send().await?;
    let writer = clusters.db_clusters()[0]
        .db_cluster_members()
        .iter()
        .find(|member| member.is_cluster_writer() == Some(true))
        .and_then(|member| member.db_instance_identifier());
    assert_eq!(writer, Some("checkout-2"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_multi_az_cluster_changes_class_and_version_together() -> Checked {
    let aws = evening().await;
    aws.cluster("ledger", "postgres", "15.7").class("db.m6g.large").await;
    rds(&aws)
        .await?
        .modify_db_cluster()
        .db_cluster_identifier("ledger")
        .engine_version("15.10")
        .db_cluster_instance_class("db.m7g.large")
        .apply_immediately(true)
        .send()
        .await?;
    aws.set_clock(after(1000)).await;
    let rds = rds(&aws).await?;
    let clusters = rds.describe_db_clusters().send().await?;
    let ledger = &clusters.db_clusters()[0];
    assert_eq!(ledger.engine_version(), Some("15.10"));
    assert_eq!(ledger.db_cluster_instance_class(), Some("db.m7g.large"));
    assert_eq!(ledger.db_cluster_members().len(), 3);
    assert_eq!(aws.version("ledger-3").await, "15.10");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn maintenance_waits_until_somebody_opts_in() -> Checked {
    let aws = evening().await;
    aws.database("orders", "mysql", "8.0.40").window("mon:02:00-mon:02:30").await;
    aws.pending_maintenance("orders", "system-update").await;
    let evening = rds(&aws).await?;
    let waiting = evening.describe_pending_maintenance_actions().send().await?;
    let resource = &waiting.pending_maintenance_actions()[0];
    let arn = resource.resource_identifier().ok_or("no arn")?;
    let action = &resource.pending_maintenance_action_details()[0];
    assert_eq!(action.action(), Some("system-update"));
    assert_eq!(action.opt_in_status(), None);

    evening
        .apply_pending_maintenance_action()
        .resource_identifier(arn)
        .apply_action("system-update")
        .opt_in_type("next-maintenance")
        .send()
        .await?;
    aws.set_clock(time("2026-11-23T02:00:00Z")).await;
    assert_eq!(aws.status("orders").await, "maintenance");
    play_out(&aws).await;
    assert_eq!(aws.status("orders").await, "available");
    // The evening's session has expired by now.
    let night = rds(&aws).await?;
    let left = night.describe_pending_maintenance_actions().send().await?;
    assert!(left.pending_maintenance_actions().is_empty());
    assert_clean(&aws).await;
    Ok(())
}
