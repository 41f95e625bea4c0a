//! Trouble on demand.

use aws_sdk_rds::config::retry::RetryConfig;

use super::super::Fault;
use super::{Checked, PATIENCE, SHORT, assert_clean, assume, evening, rds, rds_as, refusal};

#[tokio::test]
async fn the_sdk_retries_a_throttled_call() -> Checked {
    let aws = evening().await;
    let session = assume(&aws, "watchkeeper-rds").await?;
    let patient = RetryConfig::standard().with_initial_backoff(SHORT / 100);
    let rds = rds_as(&aws, session, patient);
    aws.fault(Fault::throttle("rds", "DescribeDBInstances").times(2)).await;
    rds.describe_db_instances().send().await?;
    let calls = aws.calls().await;
    let answers: Vec<_> = calls.iter().filter(|call| call.service == "rds").map(|call| call.error.as_deref()).collect();
    assert_eq!(answers, [Some("Throttling"), Some("Throttling"), None]);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_denial_names_the_session() -> Checked {
    let aws = evening().await;
    aws.database("orders", "mysql", "8.0.35").await;
    aws.database("blog", "mysql", "8.0.35").await;
    let rds = rds(&aws).await?;
    aws.fault(Fault::deny("rds", "ModifyDBInstance").resource("orders")).await;
    let modify = |id: &str| rds.modify_db_instance().db_instance_identifier(id).deletion_protection(false);
    assert_eq!(
        refusal(modify("orders").send().await),
        "AccessDenied: User: arn:aws:sts::111122223333:assumed-role/watchkeeper-rds/ana is not \
         authorized to perform: rds:ModifyDBInstance on resource: \
         arn:aws:rds:eu-west-1:111122223333:db:orders because no identity-based policy allows the \
         rds:ModifyDBInstance action"
    );
    modify("blog").send().await?;
    aws.clear_faults().await;
    modify("orders").send().await?;
    aws.fault(Fault::error("rds", "ModifyDBInstance", "InternalFailure", 500)).await;
    assert!(refusal(modify("orders").send().await).starts_with("InternalFailure"));
    Ok(())
}

#[tokio::test]
async fn a_line_can_be_cut_before_or_after_aws_has_acted() -> Checked {
    let aws = evening().await;
    aws.database("orders", "mysql", "8.0.35").await;
    let rds = rds(&aws).await?;
    let snapshot = |id: &str| rds.create_db_snapshot().db_instance_identifier("orders").db_snapshot_identifier(id).send();
    aws.fault(Fault::cut_before("rds", "CreateDBSnapshot").times(1)).await;
    assert!(snapshot("one").await.is_err());
    aws.fault(Fault::cut_after("rds", "CreateDBSnapshot").times(1)).await;
    assert!(snapshot("two").await.is_err());
    let acted: Vec<_> = aws.writes().await.iter().map(|call| (call.status, call.acted)).collect();
    assert_eq!(acted, [(0, false), (0, true)]);
    assert_eq!(aws.status("orders").await, "backing-up");

    aws.fault(Fault::down()).await;
    assert!(rds.describe_db_instances().send().await.is_err());
    aws.clear_faults().await;
    aws.fault(Fault::cut_before("rds", "*").account("444455556666")).await;
    rds.describe_db_instances().send().await?;
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn an_answer_can_be_held_back() -> Checked {
    let aws = evening().await;
    let rds = rds(&aws).await?;
    let fault = aws.fault(Fault::delay("rds", "DescribeDBInstances").times(1)).await;
    let held = tokio::spawn({
        let rds = rds.clone();
        async move { rds.describe_db_instances().send().await }
    });
    let acted = async { while !aws.calls().await.iter().any(|call| call.service == "rds" && call.acted) {} };
    tokio::time::timeout(PATIENCE, acted).await?;
    assert!(!held.is_finished());
    rds.describe_db_instances().send().await?;
    aws.release(fault).await;
    held.await??;

    aws.fault(Fault::delay("rds", "DescribeDBInstances").lasting(SHORT)).await;
    let begin = std::time::Instant::now();
    rds.describe_db_instances().send().await?;
    assert!(begin.elapsed() >= SHORT);
    Ok(())
}
