//! What AWS tells of deployments, and the queue it is told to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{Aws, DEFAULT_ACCOUNT, DEFAULT_REGION, Strategy, Timeout};
use super::{Checked, SHORT, after, assert_clean, assume, config, evening, play_out, until_it_waits};

async fn sqs(aws: &Aws) -> Result<aws_sdk_sqs::Client, Box<dyn std::error::Error>> {
    Ok(aws_sdk_sqs::Client::new(&config(aws, assume(aws, "watchkeeper-ecs").await?)))
}

/// Receives and deletes everything that is visible.
async fn told(aws: &Aws, url: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let sqs = sqs(aws).await?;
    let mut events = Vec::new();
    loop {
        let got = sqs.receive_message().queue_url(url).max_number_of_messages(10).send().await?;
        if got.messages().is_empty() {
            return Ok(events);
        }
        for message in got.messages() {
            events.push(serde_json::from_str(message.body().unwrap_or("{}"))?);
            let receipt = message.receipt_handle().unwrap_or("");
            sqs.delete_message().queue_url(url).receipt_handle(receipt).send().await?;
        }
    }
}

#[tokio::test]
async fn a_deployment_is_told_in_the_envelopes_of_eventbridge() -> Checked {
    let aws = evening().await;
    let url = aws.event_queue(DEFAULT_ACCOUNT, DEFAULT_REGION, "deployments").await;
    let pause = aws.service("shared", "orders").strategy(Strategy::BlueGreen);
    let service = pause.pauses("POST_TEST_TRAFFIC_SHIFT", "10m", Timeout::Continue).in_account("444455556666").await;
    let arn = aws.deploy("orders", "acme/orders:2.0").await;
    let hook = until_it_waits(&aws, "orders").await;
    let events = told(&aws, &url).await?;
    assert_eq!(aws.queued().await, 0);
    let first = &events[0];
    assert_eq!(first["account"], "444455556666");
    assert_eq!(first["time"], "2026-11-22T20:00:05Z");
    assert_eq!(first["detail-type"], "ECS Deployment State Change");
    assert_eq!(first["resources"], serde_json::json!([service]));
    assert_eq!(first["detail"]["eventName"], "SERVICE_DEPLOYMENT_IN_PROGRESS");
    let last = events.last().ok_or("nothing told")?;
    assert_eq!(last["detail-type"], "ECS Hook State Change");
    assert_eq!(last["resources"], serde_json::json!([arn]));
    assert_eq!(last["detail"]["eventName"], "HOOK_AWAITING_ACTION");
    assert_eq!(last["detail"]["hookId"], hook);
    assert_eq!(last["detail"]["expiresAt"], "2026-11-22T20:11:55.000Z");
    let kinds: BTreeSet<_> = events.iter().filter_map(|event| event["detail-type"].as_str()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["ECS Deployment State Change", "ECS Hook State Change", "ECS Service Action", "ECS Task State Change"]
    );
    play_out(&aws).await;
    let end = told(&aws, &url).await?;
    let names: Vec<_> = end.iter().filter_map(|event| event["detail"]["eventName"].as_str()).collect();
    assert_eq!(names.first(), Some(&"HOOK_TIMED_OUT"));
    assert!(names.contains(&"SERVICE_DEPLOYMENT_COMPLETED"), "{names:?}");
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn code_deploy_tells_its_states() -> Checked {
    let aws = evening().await;
    let url = aws.event_queue(DEFAULT_ACCOUNT, DEFAULT_REGION, "deployments").await;
    aws.service("shared", "shop").strategy(Strategy::CodeDeploy).ready_wait("5m").await;
    let id = aws.deploy("shop", "acme/shop:2.0").await;
    play_out(&aws).await;
    let events = told(&aws, &url).await?;
    let own: Vec<_> = events.iter().filter(|event| event["source"] == "aws.codedeploy").collect();
    let states: Vec<_> = own.iter().filter_map(|event| event["detail"]["state"].as_str()).collect();
    assert_eq!(states, ["START", "READY", "STOP"]);
    assert_eq!(own[0]["detail-type"], "CodeDeploy Deployment State-change Notification");
    assert_eq!(own[0]["detail"]["deploymentId"], id);
    assert_eq!(
        own[0]["resources"],
        serde_json::json!([
            "arn:aws:codedeploy:eu-west-1:111122223333:application:AppECS-shared-shop",
            "arn:aws:codedeploy:eu-west-1:111122223333:deploymentgroup:AppECS-shared-shop/DgpECS-shared-shop",
        ])
    );
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn events_come_twice_not_at_all_or_through_a_topic() -> Checked {
    let aws = evening().await;
    let plain = aws.event_queue(DEFAULT_ACCOUNT, DEFAULT_REGION, "deployments").await;
    let wrapped = aws.event_queue_behind_topic(DEFAULT_ACCOUNT, DEFAULT_REGION, "topic").await;
    aws.service("shared", "orders").await;
    aws.events_come(2).await;
    aws.deploy("orders", "acme/orders:2.0").await;
    aws.set_clock(after(5)).await;
    let direct = told(&aws, &plain).await?;
    assert_eq!((direct.len(), &direct[0]), (2, &direct[1]));
    let notification = told(&aws, &wrapped).await?;
    assert_eq!(notification[0]["TopicArn"], "arn:aws:sns:eu-west-1:111122223333:topic");
    let event: Value = serde_json::from_str(notification[0]["Message"].as_str().unwrap_or(""))?;
    assert_eq!(event, direct[0]);
    aws.events_come(0).await;
    play_out(&aws).await;
    assert_eq!(aws.queued().await, 0);
    assert!(aws.writes().await.iter().all(|call| call.service != "sqs"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_message_that_is_not_deleted_comes_back_by_the_worlds_clock() -> Checked {
    let aws = evening().await;
    let url = aws.event_queue(DEFAULT_ACCOUNT, DEFAULT_REGION, "deployments").await;
    let sqs = sqs(&aws).await?;
    sqs.send_message().queue_url(&url).message_body("hello").send().await?;
    let receive = || sqs.receive_message().queue_url(&url).message_system_attribute_names("All".into());
    assert_eq!(receive().send().await?.messages().len(), 1);
    assert!(receive().send().await?.messages().is_empty());
    assert_eq!(aws.queued().await, 1);
    aws.set_clock(after(31)).await;
    let again = receive().send().await?;
    let counted = again.messages()[0].attributes().and_then(|known| known.get(&"ApproximateReceiveCount".into()).cloned());
    assert_eq!(counted.as_deref(), Some("2"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn a_long_poll_holds_nobody_else_and_ends_with_the_first_message() -> Checked {
    let aws = evening().await;
    let url = aws.event_queue(DEFAULT_ACCOUNT, DEFAULT_REGION, "deployments").await;
    let sqs = sqs(&aws).await?;
    let begin = std::time::Instant::now();
    let poll = sqs.receive_message().queue_url(&url).wait_time_seconds(20).send();
    let others = async {
        tokio::time::timeout(super::PATIENCE, async {
            while !aws.calls().await.iter().any(|call| call.operation == "ReceiveMessage") {}
        })
        .await?;
        aws.set_clock(after(10)).await;
        sqs.send_message().queue_url(&url).message_body("hello").send().await?;
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    let (got, sent) = tokio::join!(poll, others);
    sent?;
    assert_eq!(got?.messages()[0].body(), Some("hello"));
    assert!(begin.elapsed() < super::PATIENCE, "{:?}", begin.elapsed());
    let begin = std::time::Instant::now();
    assert!(sqs.receive_message().queue_url(&url).wait_time_seconds(1).send().await?.messages().is_empty());
    assert!(begin.elapsed() > SHORT, "{:?}", begin.elapsed());
    assert_clean(&aws).await;
    Ok(())
}
