//! What people decide about an alert reaches the system it comes from, and others that are told.

use standins::alertmanager::{Mood, labels};
use standins::aws::{Actions, AlarmState, Fault};
use standins::world::{ALERTS, Choices, HOOKS, World, at_every_commit};

const ERRORS: [(&str, &str); 3] = [("alertname", "HighErrorRate"), ("instance", "i-1"), ("severity", "critical")];

async fn watched() -> World {
    World::with(Choices { config: format!("{ALERTS}{HOOKS}"), ..Choices::default() }).await
}

/// What is silenced now: who by, until when, why, and how many labels it takes.
fn silences(world: &World) -> Vec<String> {
    let active = world.alertmanager.active().into_iter();
    active.map(|one| format!("{} {} {} {}", one.created_by, one.ends, one.comment, one.matchers.len())).collect()
}

#[tokio::test]
async fn an_acknowledged_alert_is_silenced_in_alertmanager_until_it_is_resolved() {
    let mut world = watched().await;
    world.fires(&ERRORS).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    insta::assert_snapshot!(silences(&world).join("\n"), @"Ana Ruiz 2026-11-25T14:00:00Z ALR-1: HighErrorRate, by Watchkeeper 3");
    assert!(world.alertmanager.active()[0].silences(&labels(&ERRORS), world.now()));
    let shown = world.person("ana").asks("shop-ops", "/alert show ALR-1").await;
    assert!(shown.contains("At its source quiet until today 2:00 PM"), "{shown}");
    world.person("ben").asks("shop-ops", "/alert silence ALR-1 --for 8h").await;
    insta::assert_snapshot!(silences(&world).join("\n"), @"Ben Chen 2026-11-25T18:00:02Z ALR-1: HighErrorRate, by Watchkeeper 3");
    world.person("ana").asks("shop-ops", "/alert resolve ALR-1 --note fixed").await;
    assert_eq!(silences(&world), Vec::<String>::new());
    let shown = world.person("ana").asks("shop-ops", "/alert show ALR-1").await;
    assert!(!shown.contains("quiet until"), "{shown}");
    assert_eq!(world.tickets.heard(), ["ALR-1 acknowledged", "ALR-1 silenced", "ALR-1 resolved"]);
    world.end().await;
}

#[tokio::test]
async fn a_source_that_is_slow_or_loses_its_answers_gets_one_silence() {
    let mut world = watched().await;
    world.fires(&ERRORS).await;
    world.alertmanager.is(Mood::Refusing(503));
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.alertmanager.is(Mood::Lost);
    world.advance("5m").await;
    world.alertmanager.recovers();
    world.advance("15m").await;
    assert_eq!((world.alertmanager.silences().len(), silences(&world).len()), (1, 1));
    world.end().await;
}

#[tokio::test]
async fn what_is_over_while_it_is_silenced_is_found_by_looking() {
    let mut world = watched().await;
    world.fires(&ERRORS).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.advance("10m").await;
    let told = world.alertmanager.told().len();
    world.resolves(&ERRORS).await;
    assert_eq!(world.alertmanager.told().len(), told, "silenced alerts end in silence");
    world.advance("5m").await;
    let shown = world.person("ana").asks("shop-ops", "/alert list").await;
    assert!(!shown.contains("ALR-1"), "{shown}");
    world.end().await;
}

#[tokio::test]
async fn what_ended_unheard_does_not_come_back_after_somebody_resolved_it() {
    let mut world = watched().await;
    world.fires(&ERRORS).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.advance("10m").await;
    world.resolves(&ERRORS).await;
    world.person("ana").asks("shop-ops", "/alert resolve ALR-1").await;
    world.advance("1h").await;
    assert_eq!(world.tickets.heard(), ["ALR-1 acknowledged", "ALR-1 resolved"]);
    world.end().await;
}

#[tokio::test]
async fn an_alertmanager_that_was_just_started_can_not_say_that_an_alert_is_over() {
    let mut world = watched().await;
    world.fires(&ERRORS).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.advance("10m").await;
    world.alertmanager.restarts();
    world.advance("3m").await;
    let shown = world.person("ana").asks("shop-ops", "/alert list").await;
    assert!(shown.contains("ALR-1"), "{shown}");
    world.end().await;
}

#[tokio::test]
async fn a_silence_that_a_colleague_ended_is_no_trouble() {
    let mut world = watched().await;
    world.fires(&ERRORS).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    let id = world.alertmanager.active()[0].id.clone();
    world.alertmanager.expires_elsewhere(&id);
    world.person("ana").asks("shop-ops", "/alert unack ALR-1").await;
    assert_eq!(silences(&world), Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn hooks_come_in_order_signed_and_for_a_day() {
    let mut world = watched().await;
    world.fires(&ERRORS).await;
    world.tickets.refuses(500);
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.person("ana").asks("shop-ops", "/alert unack ALR-1").await;
    world.advance("10m").await;
    world.restart().await;
    world.tickets.recovers();
    world.advance("2h").await;
    assert_eq!(world.tickets.heard(), ["ALR-1 acknowledged", "ALR-1 unacknowledged"]);
    let posts = world.tickets.posts();
    let last = posts.last().unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&last.body).unwrap(), @r#"
    {
      "event": "unacknowledged",
      "at": "2026-11-25T10:00:02Z",
      "by": {
        "id": "ana",
        "name": "Ana Ruiz"
      },
      "number": 2,
      "until": null,
      "note": null,
      "alert": {
        "id": "ALR-1",
        "title": "HighErrorRate",
        "severity": "critical",
        "source": "prometheus",
        "fingerprint": "3f301babf40ef166",
        "condition": "firing",
        "since": "2026-11-25T10:00:00Z",
        "project": "shop",
        "env": null,
        "account": null,
        "region": null,
        "resource": "i-1",
        "labels": {
          "alertname": "HighErrorRate",
          "instance": "i-1",
          "severity": "critical"
        }
      }
    }
    "#);
    let deliveries: Vec<_> = posts.iter().map(|post| post.headers["x-watchkeeper-delivery"].clone()).collect();
    let ordered = deliveries.iter().position(|id| id.contains("/unack")).unwrap();
    assert!(deliveries[ordered..].iter().all(|id| id.contains("/unack")), "{deliveries:?}");

    world.tickets.refuses(503);
    world.person("ana").asks("shop-ops", "/alert resolve ALR-1").await;
    world.advance("25h").await;
    let given_up = world.audit("hook.").await;
    insta::assert_snapshot!(given_up, @"
    watchkeeper · hook.delivered · alert ALR-1 · succeeded
    watchkeeper · hook.delivered · alert ALR-1 · succeeded
    watchkeeper · hook.given_up · alert ALR-1 · failed
    watchkeeper · hook.given_up · alert ALR-1 · failed
    ");
    world.end().await;
}

/// An alarm of CloudWatch that fires, as EventBridge tells of it.
async fn alarmed() -> World {
    let config = r#"
[[events]]
queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/events"
account = "111122223333"
alerts = ["cloudwatch"]
"#;
    let mut world = World::with(Choices { config: config.to_owned(), ..Choices::default() }).await;
    world.aws.event_queue("111122223333", "eu-west-1", "events").await;
    world.aws.alarm("orders-5xx").await;
    world.advance("1m").await;
    world.aws.alarm_finds("orders-5xx", AlarmState::Alarm, "Threshold Crossed").await;
    world.until(async |world| world.aws.queued().await == 0).await;
    world.settle().await;
    world
}

#[tokio::test]
async fn an_acknowledged_alarm_has_its_actions_off_until_it_is_given_back() {
    let mut world = alarmed().await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    assert!(!world.aws.alarm_is("orders-5xx").await.actions_enabled);
    world.restart().await;
    world.person("ana").asks("shop-ops", "/alert unack ALR-1").await;
    assert!(world.aws.alarm_is("orders-5xx").await.actions_enabled);
    let ending = world.end().await;
    let writes: Vec<_> = ending.writes.iter().map(|call| (call.operation.as_str(), call.session.as_str())).collect();
    assert_eq!(writes, [("DisableAlarmActions", "ana"), ("EnableAlarmActions", "watchkeeper")]);
}

#[tokio::test]
async fn a_lost_answer_does_not_leave_an_alarm_quiet_for_ever() {
    let mut world = alarmed().await;
    world.aws.fault(Fault::cut_after("cloudwatch", "DisableAlarmActions").times(1)).await;
    world.aws.fault(Fault::throttle("cloudwatch", "DescribeAlarms").times(3)).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.advance("5m").await;
    world.person("ana").asks("shop-ops", "/alert resolve ALR-1").await;
    world.advance("5m").await;
    assert!(world.aws.alarm_is("orders-5xx").await.actions_enabled);
    world.end().await;
}

#[tokio::test]
async fn actions_that_somebody_else_disabled_stay_off() {
    let mut world = alarmed().await;
    world.aws.alarm_switched_elsewhere("orders-5xx", Actions::Disabled).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.person("ana").asks("shop-ops", "/alert resolve ALR-1").await;
    world.advance("5m").await;
    assert!(!world.aws.alarm_is("orders-5xx").await.actions_enabled);
    assert!(world.end().await.writes.is_empty());
}

/// What must be the same whenever the bot died.
#[derive(Debug, PartialEq)]
struct End {
    /// Every silence there ever was, with how long it lasted at most.
    silences: Vec<String>,
    heard: Vec<String>,
    delivered: usize,
    is_over: bool,
}

async fn acknowledged_and_resolved(mut world: World) -> End {
    world.fires(&ERRORS).await;
    // What the bot did not live to answer is sent again.
    world.alertmanager.flushes().await;
    world.settle().await;
    world.person("ana").types("shop-ops", "/alert ack ALR-1 --for 2h").await;
    world.advance("5m").await;
    world.person("ben").types("shop-ops", "/alert resolve ALR-1 --note fixed").await;
    world.resolves(&ERRORS).await;
    world.alertmanager.flushes().await;
    world.advance("20m").await;
    let silences = world.alertmanager.silences().into_iter().map(|one| format!("{}: {}", one.created_by, one.comment));
    End {
        silences: silences.collect(),
        heard: world.tickets.heard(),
        delivered: world.audit("hook.delivered").await.lines().count(),
        is_over: world.alertmanager.active().is_empty(),
    }
}

#[tokio::test]
async fn wherever_the_bot_is_killed_there_is_one_silence_and_each_word_comes_once() {
    let choices = Choices { config: format!("{ALERTS}{HOOKS}"), ..Choices::default() };
    let end = acknowledged_and_resolved(World::with(choices.clone()).await).await;
    assert_eq!(end.silences, ["Ana Ruiz: ALR-1: HighErrorRate, by Watchkeeper"]);
    assert_eq!((end.heard.as_slice(), end.delivered), (&["ALR-1 acknowledged", "ALR-1 resolved"].map(str::to_owned)[..], 2));
    assert!(end.is_over);
    let commits = at_every_commit(choices, acknowledged_and_resolved).await;
    assert!(commits > 10, "only {commits} commits were tried");
}

#[tokio::test]
async fn what_has_a_label_too_long_to_keep_is_not_taken_for_right_because_it_is_not_found() {
    let mut world = watched().await;
    let long = "x".repeat(600);
    world.fires(&[("alertname", "DiskFull"), ("path", &long)]).await;
    world.person("ana").asks("shop-ops", "/alert ack ALR-1").await;
    world.advance("4h 1m").await;
    let shown = world.person("ana").asks("shop-ops", "/alert show ALR-1").await;
    assert!(shown.contains("It is still wrong, and the time that @ana took for it is over."), "{shown}");
    world.end().await;
}
