//! CloudWatch's alarms over CBOR, and what they say.

use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use serde_json::Value;

use super::super::{Actions, AlarmState, Aws, DEFAULT_ACCOUNT, DEFAULT_REGION};
use super::{Checked, after, assert_clean, assume, config, evening, refusal};

/// CloudWatch through a session of the role `watchkeeper-alert`, without retries.
async fn cloudwatch(aws: &Aws) -> Result<aws_sdk_cloudwatch::Client, Box<dyn std::error::Error>> {
    Ok(aws_sdk_cloudwatch::Client::new(&config(aws, assume(aws, "watchkeeper-alert").await?)))
}

#[tokio::test]
async fn metric_alarms_alone_are_shown_unless_others_are_asked_for() -> Checked {
    let aws = evening().await;
    let arn = aws.alarm("orders-5xx").dimension("LoadBalancer", "app/orders").threshold(7.5).description("Too many 5xx").await;
    aws.alarm("orders").composite("ALARM(\"orders-5xx\")").await;
    let cloudwatch = cloudwatch(&aws).await?;
    let usual = cloudwatch.describe_alarms().send().await?;
    assert_eq!((usual.metric_alarms().len(), usual.composite_alarms().len()), (1, 0));
    let alarm = &usual.metric_alarms()[0];
    assert_eq!((alarm.alarm_arn(), alarm.threshold()), (Some(&*arn), Some(7.5)));
    assert_eq!(alarm.dimensions()[0].value(), Some("app/orders"));
    assert_eq!(alarm.state_updated_timestamp().map(|at| at.secs()), Some(after(0).as_second()));
    let types = [AlarmType::MetricAlarm, AlarmType::CompositeAlarm];
    let all = cloudwatch.describe_alarms().set_alarm_types(Some(types.into())).send().await?;
    assert_eq!(all.composite_alarms()[0].alarm_rule(), Some("ALARM(\"orders-5xx\")"));
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn lists_have_pages_filters_and_limits() -> Checked {
    let aws = evening().await;
    for number in 0..60 {
        aws.alarm(&format!("queue-{number:02}")).await;
    }
    aws.alarm_finds("queue-07", AlarmState::Alarm, "Threshold Crossed").await;
    let cloudwatch = cloudwatch(&aws).await?;
    let first = cloudwatch.describe_alarms().send().await?;
    assert_eq!(first.metric_alarms().len(), 50);
    let rest = cloudwatch.describe_alarms().set_next_token(first.next_token).send().await?;
    assert_eq!((rest.metric_alarms().len(), rest.next_token()), (10, None));
    let firing = cloudwatch.describe_alarms().alarm_name_prefix("queue-").state_value(StateValue::Alarm).send().await?;
    assert_eq!(firing.metric_alarms()[0].alarm_name(), Some("queue-07"));
    let both = cloudwatch.describe_alarms().alarm_names("a").alarm_name_prefix("b").send().await;
    assert!(refusal(both).starts_with("InvalidParameterCombination"));
    let lost = cloudwatch.describe_alarms().next_token("nowhere").send().await;
    assert_eq!(refusal(lost), "InvalidNextToken: The next token is invalid.");
    assert_clean(&aws).await;
    let invalid = cloudwatch.describe_alarms().max_records(0).send().await;
    assert!(refusal(invalid).starts_with("ValidationError"));
    assert_eq!(aws.violations().await.len(), 1);
    Ok(())
}

#[tokio::test]
async fn an_alarm_tells_its_topics_of_changes_while_its_actions_are_enabled() -> Checked {
    let aws = evening().await;
    let queue = aws.event_queue(DEFAULT_ACCOUNT, DEFAULT_REGION, "events").await;
    aws.alarm("orders-5xx").await;
    aws.set_clock(after(60)).await;
    aws.alarm_finds("orders-5xx", AlarmState::Alarm, "Threshold Crossed: 3 datapoints").await;
    aws.alarm_finds("orders-5xx", AlarmState::Alarm, "still").await;
    let said = aws.alarms_said().await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].topic, "arn:aws:sns:eu-west-1:111122223333:alarms");
    assert_eq!(said[0].subject, "ALARM: \"orders-5xx\" in EU (Ireland)");
    let message: Value = serde_json::from_str(&said[0].message)?;
    assert_eq!((&message["NewStateValue"], &message["OldStateValue"]), (&"ALARM".into(), &"OK".into()));
    assert_eq!(message["StateChangeTime"], "2026-11-22T20:01:00.000+0000");

    let cloudwatch = cloudwatch(&aws).await?;
    cloudwatch.disable_alarm_actions().alarm_names("orders-5xx").alarm_names("nobody").send().await?;
    aws.alarm_finds("orders-5xx", AlarmState::Ok, "well").await;
    aws.alarm_finds("orders-5xx", AlarmState::Alarm, "again").await;
    cloudwatch.enable_alarm_actions().alarm_names("orders-5xx").send().await?;
    assert_eq!(aws.alarms_said().await, [], "what it found meanwhile is not made up for");
    cloudwatch.set_alarm_state().alarm_name("orders-5xx").state_value(StateValue::Ok).state_reason("by hand").send().await?;
    assert_eq!(aws.alarms_said().await[0].subject, "OK: \"orders-5xx\" in EU (Ireland)");
    let missing = cloudwatch.set_alarm_state().alarm_name("nobody").state_value(StateValue::Ok).state_reason("x").send().await;
    assert_eq!(refusal(missing), "ResourceNotFound: Unknown: nobody");

    // EventBridge hears of every change, whatever becomes of the actions.
    let sqs = aws_sdk_sqs::Client::new(&config(&aws, assume(&aws, "watchkeeper-alert").await?));
    let heard = sqs.receive_message().queue_url(&queue).max_number_of_messages(10).send().await?;
    let events: Result<Vec<Value>, _> =
        heard.messages().iter().map(|message| serde_json::from_str(message.body().unwrap_or_default())).collect();
    let states: Vec<String> = events?.iter().map(|event| event["detail"]["state"]["value"].to_string()).collect();
    assert_eq!(states, ["\"ALARM\"", "\"OK\"", "\"ALARM\"", "\"OK\""]);
    assert_clean(&aws).await;
    Ok(())
}

#[tokio::test]
async fn colleagues_switch_and_delete_alarms_too() -> Checked {
    let aws = evening().await;
    aws.alarm("orders-5xx").without_actions().await;
    aws.alarm_switched_elsewhere("orders-5xx", Actions::Enabled).await;
    assert!(aws.alarm_is("orders-5xx").await.actions_enabled);
    aws.delete_alarm("orders-5xx").await;
    let gone = cloudwatch(&aws).await?.describe_alarms().alarm_names("orders-5xx").send().await?;
    assert!(gone.metric_alarms().is_empty());
    Ok(())
}
