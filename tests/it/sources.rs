//! What sources say, over their own wires: believed behind their secret or signature, kept before they are answered.

use insta::assert_snapshot;
use jiff::SignedDuration;
use ring::hmac;
use serde_json::{Value, json};
use standins::sns::{Issuer, ROOT, Sns};
use standins::world::{Choices, Disk, World};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";
const ALARM: &str = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders 5xx";

const SOURCES: &str = r#"
[[sources]]
name = "prometheus"
kind = "alertmanager"
secret = "PROMETHEUS"
project = "shop"

[[sources]]
name = "grafana"
kind = "grafana"
secret = "GRAFANA"
signature = "X-Grafana-Alerting-Signature"
timestamp = "X-Grafana-Alerting-Timestamp"

[[sources]]
name = "checks"
kind = "json"
secret = "CHECKS"
[sources.fields]
title = "/name"
state = "/state"
labels = "/tags"
"#;

fn secrets() -> Vec<(String, String)> {
    ["PROMETHEUS", "GRAFANA", "CHECKS"].map(|name| (name.to_owned(), format!("secret of {name}"))).to_vec()
}

fn choices() -> Choices {
    Choices { config: SOURCES.to_owned(), variables: secrets(), ..Choices::default() }
}

/// Posts to a source's address; the status and the words of the answer.
async fn post(world: &World, source: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("{}/alerts/{source}", world.bot_url()));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = request.body(body.to_string()).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

fn alert(name: &str, status: &str) -> Value {
    json!({
        "status": status,
        "labels": { "alertname": name, "severity": "critical", "instance": "i-1" },
        "annotations": { "summary": "5xx above 5 % <!channel>", "runbook_url": "https://runbooks.example/5xx" },
        "startsAt": "2026-11-25T09:58:00Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph", "fingerprint": "d10391f93d6acd82",
    })
}

const TOKEN: (&str, &str) = ("authorization", "Bearer secret of PROMETHEUS");

#[tokio::test]
async fn alertmanager_posts_and_resolves() {
    let mut world = World::with(choices()).await;
    let webhook = json!({ "version": "4", "alerts": [alert("HighErrorRate", "firing")] });
    assert_eq!(post(&world, "prometheus", &[TOKEN], &webhook).await, (200, "Kept: 1.\n".to_owned()));
    world.settle().await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
    assert!(card.plain().contains("5xx above 5 % <!channel>"), "{}", card.plain());
    // The same once more, as Alertmanager repeats itself: nothing new.
    assert_eq!(post(&world, "prometheus", &[TOKEN], &webhook).await.0, 200);
    let webhook = json!({ "version": "4", "alerts": [alert("HighErrorRate", "resolved")] });
    assert_eq!(post(&world, "prometheus", &[TOKEN], &webhook).await.0, 200);
    world.advance("10m").await;
    let card = world.slack.channel("shop-ops").again(&card).unwrap();
    assert!(card.plain().starts_with("✅ ALR-1"), "{}", card.plain());
    world.end().await;
}

#[tokio::test]
async fn nobody_says_what_is_wrong_without_the_secret() {
    let world = World::with(choices()).await;
    let webhook = json!({ "alerts": [alert("HighErrorRate", "firing")] });
    let wrong = ("authorization", "Bearer guess");
    for (source, headers) in [("prometheus", &[][..]), ("prometheus", &[wrong]), ("grafana", &[TOKEN]), ("checks", &[TOKEN])] {
        assert_eq!(post(&world, source, headers, &webhook).await.0, 401, "{source}");
    }
    assert_eq!(post(&world, "nobody", &[TOKEN], &webhook).await.0, 404);
    let metrics = reqwest::get(format!("{}/metrics", world.bot_url())).await.unwrap().text().await.unwrap();
    let counted: Vec<&str> = metrics.lines().filter(|line| line.contains("source_requests_refused_total{")).collect();
    assert_eq!(counted.len(), 3, "{counted:?}");
    assert!(counted.contains(&"watchkeeper_source_requests_refused_total{source=\"prometheus\"} 2"), "{counted:?}");
    assert_eq!(world.entries().await.iter().filter(|entry| entry.fact.event.contains("alert")).count(), 0);
    world.end().await;
}

#[tokio::test]
async fn grafana_signs_and_anything_posts_json() {
    let mut world = World::with(choices()).await;
    let now = world.now().as_second().to_string();
    let webhook = json!({ "alerts": [alert("Memory", "firing")] });
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"secret of GRAFANA");
    let tag = hmac::sign(&key, format!("{now}:{webhook}").as_bytes());
    let signature: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let signed = [("x-grafana-alerting-signature", signature.as_str()), ("x-grafana-alerting-timestamp", &now)];
    assert_eq!(post(&world, "grafana", &signed, &webhook).await.0, 200);
    let later = (world.now() + SignedDuration::from_secs(1)).as_second().to_string();
    let moved = [signed[0], ("x-grafana-alerting-timestamp", &*later)];
    assert_eq!(post(&world, "grafana", &moved, &webhook).await.0, 401, "the time is part of the signature");
    let token = ("authorization", "Bearer secret of CHECKS");
    let check = |state: &str| json!({ "name": "Disk", "state": state, "tags": ["project:shop"] });
    assert_eq!(post(&world, "checks", &[token], &check("firing")).await.0, 200);
    let (status, words) = post(&world, "checks", &[token], &check("pale")).await;
    assert_eq!(status, 400);
    assert_snapshot!(words, @r#"Kept: 0. This can't be used: /state: expected a state, such as "firing" or "resolved", or one of the source's `states`, found "pale"."#);
    world.settle().await;
    world.slack.channel("ops").expect("ALR-1 · Memory").await;
    world.slack.channel("shop-ops").expect("ALR-2 · Disk").await;
    world.end().await;
}

#[tokio::test]
async fn what_can_not_be_kept_comes_again() {
    let disk = Disk::default();
    let mut world = World::with(Choices { disk: disk.clone(), ..choices() }).await;
    let webhook = json!({ "alerts": [alert("HighErrorRate", "firing")] });
    disk.fills_up();
    assert_eq!(post(&world, "prometheus", &[TOKEN], &webhook).await.0, 503);
    disk.has_room_again();
    assert_eq!(post(&world, "prometheus", &[TOKEN], &webhook).await.0, 200);
    world.settle().await;
    world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
    world.end().await;
}

#[tokio::test]
async fn an_alarm_comes_through_sns() {
    let sns = Sns::start().await;
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), ROOT).unwrap();
    let source = format!("[[sources]]\nname = \"alarms\"\nkind = \"sns\"\ntopics = [{TOPIC:?}]\nroots = {:?}\n", pem.path());
    let variables = vec![("AWS_ENDPOINT_URL".to_owned(), sns.url().to_owned())];
    let mut world = World::with(Choices { config: source, variables, ..Choices::default() }).await;
    let address = format!("{}/alerts/alarms", world.bot_url());
    let other = "arn:aws:sns:eu-west-1:111122223333:other";
    assert_eq!(sns.posts(&address, &sns.subscription(other, "t0", world.now())).await, 403);
    assert_eq!(sns.posts(&address, &sns.subscription(TOPIC, "t1", world.now())).await, 200);
    assert_eq!(sns.confirmed(), ["t1"], "only a topic that is configured is confirmed");
    let message = |state: &str| {
        json!({
            "AlarmName": "orders 5xx", "AlarmDescription": "[critical] Orders fail.", "AWSAccountId": "111122223333",
            "NewStateValue": state, "StateChangeTime": "2026-11-25T09:59:30.000+0000", "AlarmArn": ALARM, "OldStateValue": "OK",
            "NewStateReason": "Threshold Crossed: 1 datapoint [75.0 (25/11/26 09:58:00)] was greater than the threshold (50.0).",
        })
        .to_string()
    };
    let notification = sns.notification(TOPIC, &message("ALARM"), world.now());
    let mut tampered = notification.clone();
    tampered["Message"] = message("OK").into();
    assert_eq!(sns.posts(&address, &tampered).await, 403);
    let stale = sns.notification(TOPIC, &message("ALARM"), world.now() - SignedDuration::from_mins(61));
    assert_eq!(sns.posts(&address, &stale).await, 403);
    assert_eq!(sns.posts(&address, &notification).await, 200);
    world.settle().await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · orders 5xx").await;
    assert!(card.plain().contains("Orders fail."), "{}", card.plain());
    assert_eq!(sns.posts(&address, &sns.notification(TOPIC, &message("OK"), world.now())).await, 200);
    world.advance("10m").await;
    assert!(world.slack.channel("shop-ops").again(&card).unwrap().plain().starts_with("✅ ALR-1"));
    world.end().await;
}

#[tokio::test]
async fn a_certificate_of_sns_that_comes_alone_is_completed_by_its_authority() {
    let sns = Sns::start().await;
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), ROOT).unwrap();
    let source = format!("[[sources]]\nname = \"alarms\"\nkind = \"sns\"\ntopics = [{TOPIC:?}]\nroots = {:?}\n", pem.path());
    let variables = vec![("AWS_ENDPOINT_URL".to_owned(), sns.url().to_owned())];
    let mut world = World::with(Choices { config: source, variables, ..Choices::default() }).await;
    let address = format!("{}/alerts/alarms", world.bot_url());
    let notification = sns.notification(TOPIC, "The backup failed.", world.now());
    // SNS tries again what is answered so: what is missing may be there then.
    for issuer in [Issuer::Missing, Issuer::Endless] {
        sns.issuer(issuer);
        assert_eq!(sns.posts(&address, &notification).await, 503, "{issuer:?}");
    }
    world.settle().await;
    assert_eq!(world.slack.channel("shop-ops").messages().len(), 0);
    assert_eq!(sns.asked_authority(), 2);
    sns.issuer(Issuer::AtAuthority);
    for _ in 0..2 {
        assert_eq!(sns.posts(&address, &notification).await, 200);
    }
    assert_eq!(sns.asked_authority(), 3, "what was proved once is remembered");
    world.settle().await;
    world.slack.channel("shop-ops").expect("ALR-1 · The backup failed.").await;
    world.end().await;
}

const QUEUE: &str = r#"
[[events]]
queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/alarms"
account = "111122223333"
role = "arn:aws:iam::111122223333:role/watchkeeper-events"
alerts = ["cloudwatch"]
"#;

fn alarm(state: &str) -> Value {
    json!({
        "alarmName": "orders 5xx", "configuration": { "description": "Orders fail.", "metrics": [] },
        "state": { "value": state, "reason": "Because.", "timestamp": "2026-11-25T09:59:30.000+0000" },
    })
}

#[tokio::test]
async fn an_alarm_comes_through_a_queue_and_stays_there_until_it_is_kept() {
    let disk = Disk::default();
    let mut world = World::with(Choices { config: QUEUE.to_owned(), disk: disk.clone(), ..Choices::default() }).await;
    world.aws.event_queue("111122223333", "eu-west-1", "alarms").await;
    // It was not there when it was first listened to.
    world.advance("1m").await;
    disk.fills_up();
    let kind = "CloudWatch Alarm State Change";
    world.aws.tells("aws.cloudwatch", kind, ALARM, alarm("ALARM")).await;
    world.until(async |_| disk.refused() > 0).await;
    assert_eq!(world.aws.queued().await, 1, "it stays");
    disk.has_room_again();
    world.advance("2m").await;
    world.until(async |world| world.aws.queued().await == 0).await;
    world.settle().await;
    world.slack.channel("shop-ops").expect("ALR-1 · orders 5xx").await;
    // Whatever else a queue tells makes no alert where the queue is not configured so.
    let service = "arn:aws:ecs:eu-west-1:111122223333:service/shop/orders";
    let detail = json!({ "eventType": "ERROR", "eventName": "SERVICE_TASK_PLACEMENT_FAILURE" });
    world.aws.tells("aws.ecs", "ECS Service Action", service, detail).await;
    world.until(async |world| world.aws.queued().await == 0).await;
    world.settle().await;
    assert!(!world.slack.channel("shop-ops").messages().iter().any(|said| said.plain().contains("ALR-2")));
    world.end().await;
}
