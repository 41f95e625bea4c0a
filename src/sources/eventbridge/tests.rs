use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::sources::reading::any_json;

const SAID: Said<'_> = Said { by: "aws", severity: Severity::Warning, now: Timestamp::constant(1_795_600_000, 0) };
const SERVICE: &str = "arn:aws:ecs:eu-west-1:111122223333:service/shop/orders";

fn event(kind: &str, resource: &str, detail: Value) -> Value {
    json!({
        "version": "0", "id": "1", "detail-type": kind, "source": "aws.x", "account": "111122223333",
        "time": "2026-11-22T19:07:00Z", "region": "eu-west-1", "resources": [resource], "detail": detail,
    })
}

fn signal(kind: &str, resource: &str, detail: Value) -> Option<Signal> {
    decode(&event(kind, resource, detail), SAID).unwrap()
}

/// Condition, severity and title of what an event says.
fn said(kind: &str, detail: Value) -> Option<(Condition, Severity, String)> {
    signal(kind, SERVICE, detail).map(|signal| (signal.condition, signal.severity, signal.title))
}

#[test]
fn a_deployment_of_ecs_that_failed_is_told_and_the_next_good_one_resolves_it() {
    let detail =
        |name: &str| json!({ "eventType": "ERROR", "eventName": name, "reason": "circuit breaker", "deploymentId": "d" });
    let failed = signal("ECS Deployment State Change", SERVICE, detail("SERVICE_DEPLOYMENT_FAILED")).unwrap();
    let done = signal("ECS Deployment State Change", SERVICE, detail("SERVICE_DEPLOYMENT_COMPLETED")).unwrap();
    assert_eq!(failed.title, "Deployment of orders failed");
    assert_eq!((failed.condition, done.condition), (Condition::Firing, Condition::Resolved));
    assert_eq!(failed.fingerprint, done.fingerprint);
    assert_eq!((failed.summary.as_str(), failed.resource.as_deref()), ("circuit breaker", Some("orders")));
    assert_eq!(failed.labels["cluster"], "shop");
    let page = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop/services/orders/health?region=eu-west-1";
    assert_eq!(failed.links[0].url, page);
    assert_eq!(signal("ECS Deployment State Change", SERVICE, detail("SERVICE_DEPLOYMENT_IN_PROGRESS")), None);
}

#[test]
fn what_ecs_can_not_do_for_a_service_is_told_until_it_rests() {
    let action = |kind: &str, name: &str| said("ECS Service Action", json!({ "eventType": kind, "eventName": name }));
    let placement = action("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE").unwrap();
    assert_eq!(placement, (Condition::Firing, Severity::Warning, "orders: task placement failure".to_owned()));
    assert_eq!(action("WARN", "SERVICE_TASK_START_IMPAIRED").unwrap().0, Condition::Firing);
    assert_eq!(action("INFO", "SERVICE_STEADY_STATE").unwrap().0, Condition::Resolved);
    assert_eq!(action("INFO", "SERVICE_DESIRED_COUNT_UPDATED"), None);
}

#[test]
fn rds_tells_of_failures_failovers_and_storage() {
    let of = |id: &str, category: &str| {
        let detail = json!({
            "EventCategories": [category], "SourceType": "DB_INSTANCE", "SourceIdentifier": "orders", "EventID": id,
            "SourceArn": "arn:aws:rds:eu-west-1:111122223333:db:orders", "Date": "2026-11-22T19:06:00Z", "Message": "Words.",
        });
        signal("RDS DB Instance Event", SERVICE, detail)
    };
    let failover = of("RDS-EVENT-0013", "failover").unwrap();
    assert_eq!((failover.condition, failover.title.as_str()), (Condition::Firing, "orders fails over"));
    assert_eq!((failover.since, failover.summary.as_str()), ("2026-11-22T19:06:00Z".parse().unwrap(), "Words."));
    let over = of("RDS-EVENT-0049", "failover").unwrap();
    assert_eq!((over.condition, &over.fingerprint), (Condition::Resolved, &failover.fingerprint));
    let (failed, recovered) = (of("RDS-EVENT-0031", "failure").unwrap(), of("RDS-EVENT-0021", "recovery").unwrap());
    assert_eq!((failed.severity, recovered.condition), (Severity::Critical, Condition::Resolved));
    assert_eq!(failed.fingerprint, recovered.fingerprint);
    assert_eq!((failover.ends, failed.ends), (Ends::BySource, Ends::ByPeople), "nobody says that what failed recovers");
    let stuck = of("RDS-EVENT-0069", "failover").unwrap();
    assert_eq!(
        (stuck.title.as_str(), stuck.severity, stuck.ends),
        ("orders could not fail over", Severity::Critical, Ends::ByPeople)
    );
    for began in ["RDS-EVENT-0020", "RDS-EVENT-0052"] {
        assert_eq!(of(began, "recovery"), None, "a recovery that began is none yet");
    }
    assert_eq!(of("RDS-EVENT-0007", "low storage").unwrap().severity, Severity::Critical);
    assert_eq!(of("RDS-EVENT-0089", "low storage").unwrap().severity, Severity::Warning);
    assert_eq!(of("RDS-EVENT-0002", "backup"), None);
}

#[test]
fn code_deploy_tells_of_failures() {
    let of = |state: &str| {
        said(
            "CodeDeploy Deployment State-change Notification",
            json!({ "state": state, "application": "shop", "deploymentGroup": "prod", "deploymentId": "d-1" }),
        )
    };
    assert_eq!(of("FAILURE").unwrap(), (Condition::Firing, Severity::Warning, "Deployment of shop failed".to_owned()));
    assert_eq!(of("SUCCESS").unwrap().0, Condition::Resolved);
    assert_eq!(of("START"), None);
}

#[test]
fn aws_health_tells_of_trouble_and_plans() {
    let in_account = |account: &str, category: &str, status: &str| {
        let detail = json!({
            "eventArn": "arn:aws:health:eu-west-1::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/1", "service": "EC2",
            "eventTypeCode": "AWS_EC2_OPERATIONAL_ISSUE", "eventTypeCategory": category, "statusCode": status,
            "startTime": "Sun, 22 Nov 2026 19:05:00 GMT", "eventRegion": "eu-west-3", "affectedAccount": account,
            "eventDescription": [{ "language": "en_US", "latestDescription": "We look into it." }],
            "affectedEntities": [{ "entityValue": "i-1" }, { "entityValue": "i-2" }],
        });
        signal("AWS Health Event", SERVICE, detail).unwrap()
    };
    let of = |category: &str, status: &str| in_account("444455556666", category, status);
    let issue = of("issue", "open");
    assert_eq!((issue.title.as_str(), issue.severity), ("AWS: ec2 operational issue", Severity::Warning));
    assert_eq!((issue.account.as_deref(), issue.region.as_deref()), (Some("444455556666"), Some("eu-west-3")));
    assert_eq!((issue.resource.as_deref(), issue.summary.as_str()), (Some("i-1, i-2"), "We look into it."));
    assert_eq!(issue.since, "2026-11-22T19:05:00Z".parse().unwrap());
    let closed = of("issue", "closed");
    assert_eq!((closed.condition, &closed.fingerprint), (Condition::Resolved, &issue.fingerprint));
    let other = in_account("777788889999", "issue", "open");
    assert_ne!(other.fingerprint, issue.fingerprint, "one event may concern many accounts");
    assert_eq!(of("scheduledChange", "upcoming").severity, Severity::Info);
}

#[test]
fn an_alarm_needs_its_arn_and_what_is_unknown_is_no_alert() {
    let detail = json!({ "alarmName": "a", "state": { "value": "ALARM" } });
    let alarm = signal("CloudWatch Alarm State Change", "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a", detail.clone());
    assert_eq!(alarm.unwrap().title, "a");
    let words = decode(&event("CloudWatch Alarm State Change", "a", detail), SAID).unwrap_err().to_string();
    assert_eq!(words, "resources[0]: expected an ARN, found \"a\"");
    assert_eq!(signal("EC2 Instance State-change Notification", SERVICE, json!({})), None);
}

proptest! {
    #[test]
    fn nothing_in_an_event_makes_it_panic(
        kind in prop_oneof![
            Just("CloudWatch Alarm State Change"), Just("ECS Deployment State Change"), Just("ECS Service Action"),
            Just("RDS DB Cluster Event"), Just("CodeDeploy Deployment State-change Notification"), Just("AWS Health Event"),
        ],
        resource in prop_oneof![Just(SERVICE.to_owned()), any::<String>(), "arn(:.{0,3}){0,6}"],
        name in prop_oneof![
            Just("eventName"), Just("eventArn"), Just("EventCategories"), Just("state"), Just("application"), Just("startTime"),
            Just("affectedEntities"), Just("eventDescription"), Just("clusterArn"),
        ],
        value in any_json(),
    ) {
        let _ = decode(&event(kind, &resource, json!({ name: value })), SAID);
        let _ = decode(&value, SAID);
    }
}
