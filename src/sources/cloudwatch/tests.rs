use commands::records::{Condition, Severity};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::sources::reading::any_json;

const SAID: Said<'_> = Said { by: "alarms", severity: Severity::Warning, now: Timestamp::constant(1_795_600_000, 0) };
const ARN: &str = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders 5xx";
const REASON: &str = "Threshold Crossed: 3 out of the last 3 datapoints [75.0 (25/11/26 09:58:00), 61.0 (25/11/26 09:57:00)] \
     were greater than the threshold (50.0) (minimum 3 datapoints for OK -> ALARM transition).";

fn message() -> Value {
    json!({
        "AlarmName": "orders 5xx", "AlarmDescription": "[critical] Orders fail.", "AWSAccountId": "111122223333",
        "NewStateValue": "ALARM", "NewStateReason": REASON, "StateChangeTime": "2026-11-22T19:07:00.123+0000",
        "Region": "EU (Ireland)", "AlarmArn": ARN, "OldStateValue": "OK",
        "Trigger": {
            "MetricName": "HTTPCode_Target_5XX_Count", "Namespace": "AWS/ApplicationELB", "StatisticType": "Statistic",
            "Statistic": "SUM", "Unit": null, "Dimensions": [
                { "value": "targetgroup/orders/1", "name": "TargetGroup" }, { "value": "app/shop/2", "name": "LoadBalancer" }],
            "Period": 60, "EvaluationPeriods": 3, "DatapointsToAlarm": 3, "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 50.0, "TreatMissingData": "", "EvaluateLowSampleCountPercentile": "",
        },
    })
}

fn detail() -> Value {
    json!({
        "alarmName": "orders 5xx",
        "state": {
            "value": "ALARM", "reason": REASON, "timestamp": "2026-11-22T19:07:00.123+0000",
            "reasonData": "{\"version\":\"1.0\",\"period\":60,\"recentDatapoints\":[50.0,61.0,75.5],\"threshold\":50.0}",
        },
        "previousState": { "value": "OK" },
        "configuration": {
            "description": "Orders fail.",
            "metrics": [{ "id": "m", "returnData": true, "metricStat": { "period": 60, "stat": "Sum", "metric": {
                "namespace": "AWS/RDS", "name": "CPUUtilization", "dimensions": { "DBInstanceIdentifier": "orders" } } } }],
        },
    })
}

fn from_sns(message: &Value) -> Result<Option<Signal>, Malformed> {
    of_message(message.as_object().unwrap(), SAID)
}

fn from_event(detail: &Value) -> Result<Option<Signal>, Malformed> {
    of_event(detail.as_object().unwrap(), Arn::read(ARN, "resources[0]").unwrap(), SAID)
}

#[test]
fn an_alarm_in_a_message_says_value_threshold_and_place() {
    let signal = from_sns(&message()).unwrap().unwrap();
    assert_eq!((signal.title.as_str(), signal.severity), ("orders 5xx", Severity::Critical));
    assert_eq!(signal.fingerprint, cut::own(ARN));
    assert_eq!((signal.value.as_deref(), signal.threshold.as_deref()), (Some("75"), Some("> 50 for 3 of 3 periods of 60 s")));
    assert_eq!(signal.since, "2026-11-22T19:07:00.123Z".parse().unwrap());
    assert_eq!(signal.summary, format!("[critical] Orders fail.\n{REASON}"));
    assert_eq!((signal.account.as_deref(), signal.region.as_deref()), (Some("111122223333"), Some("eu-west-1")));
    assert_eq!(signal.resource.as_deref(), Some("targetgroup/orders/1"));
    assert_eq!(signal.labels["metric"], "HTTPCode_Target_5XX_Count");
    let page = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/orders%205xx";
    assert_eq!(signal.links[0].url, page);
    let (account, region, alarm) = ("111122223333".to_owned(), "eu-west-1".to_owned(), "orders 5xx".to_owned());
    assert_eq!(signal.origin, Origin::CloudWatch { account, region, alarm });
}

#[test]
fn an_alarm_is_the_same_whichever_way_it_comes() {
    let (one, other) = (from_sns(&message()).unwrap().unwrap(), from_event(&detail()).unwrap().unwrap());
    assert_eq!((&one.fingerprint, &one.origin, one.since), (&other.fingerprint, &other.origin, other.since));
    assert_eq!((other.value.as_deref(), other.threshold.as_deref()), (Some("75.5"), Some("> 50")));
    assert_eq!((other.resource.as_deref(), other.severity), (Some("orders"), Severity::Warning));
}

#[test]
fn ok_resolves_and_too_little_data_says_nothing() {
    let state = |state: &str| {
        let mut message = message();
        message["NewStateValue"] = state.into();
        from_sns(&message)
    };
    assert_eq!(state("OK").unwrap().unwrap().condition, Condition::Resolved);
    assert_eq!(state("INSUFFICIENT_DATA").unwrap(), None);
    let words = state("SIDEWAYS").unwrap_err().to_string();
    assert_eq!(words, "NewStateValue: expected \"ALARM\", \"OK\" or \"INSUFFICIENT_DATA\", found \"SIDEWAYS\"");
}

#[test]
fn a_composite_alarm_has_no_metric_and_one_of_metric_math_its_first() {
    let mut composite = message();
    composite.as_object_mut().unwrap().remove("Trigger");
    composite["NewStateReason"] = "arn:…:alarm:a transitioned to ALARM".into();
    let signal = from_sns(&composite).unwrap().unwrap();
    assert_eq!((signal.value, signal.threshold, signal.resource), (None, None, None));
    let mut math = message();
    math["Trigger"] = json!({
        "Period": 60, "EvaluationPeriods": 1, "ComparisonOperator": "LessThanThreshold", "Threshold": 0.5, "Metrics": [
            { "Id": "e1", "Expression": "a/b" },
            { "Id": "a", "MetricStat": { "Metric": { "Namespace": "Shop", "MetricName": "Paid",
                "Dimensions": [{ "name": "Brand", "value": "x" }] }, "Period": 60, "Stat": "Sum" } }],
    });
    let signal = from_sns(&math).unwrap().unwrap();
    assert_eq!((signal.resource.as_deref(), signal.threshold.as_deref()), (Some("x"), Some("< 0.5 for 1 of 1 periods of 60 s")));
}

#[test]
fn what_is_missing_is_named() {
    for (field, expected) in [
        ("AlarmName", "AlarmName: expected a text, and there is nothing"),
        ("AlarmArn", "AlarmArn: expected a text, and there is nothing"),
        ("NewStateValue", "NewStateValue: expected a text, and there is nothing"),
    ] {
        let mut message = message();
        message.as_object_mut().unwrap().remove(field);
        assert_eq!(from_sns(&message).unwrap_err().to_string(), expected);
    }
}

proptest! {
    #[test]
    fn whatever_stands_in_it_an_alarm_with_a_name_and_a_state_is_kept(
        field in prop_oneof![
            Just("AlarmDescription"), Just("NewStateReason"), Just("StateChangeTime"), Just("Trigger"), Just("Region"),
        ],
        value in any_json(),
        inner in prop_oneof![Just("Dimensions"), Just("Metrics"), Just("Threshold"), Just("Period")],
        reason in "[^\\[]{0,9}(\\[[^a]{0,20}| the threshold \\(.{0,9})?",
    ) {
        let mut odd = message();
        odd["Trigger"][inner] = value.clone();
        odd["NewStateReason"] = reason.into();
        prop_assert!(from_sns(&odd).unwrap().is_some());
        odd[field] = value;
        prop_assert!(from_sns(&odd).unwrap().is_some());
    }

    #[test]
    fn nothing_in_an_event_makes_it_panic(
        field in prop_oneof![Just("alarmName"), Just("state"), Just("configuration")],
        value in any_json(),
    ) {
        let mut odd = detail();
        odd[field] = value;
        let _ = from_event(&odd);
    }
}
