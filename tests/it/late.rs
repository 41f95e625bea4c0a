//! What sources say in another order than it happened: SNS and queues keep none, and bring some twice.

use insta::assert_snapshot;
use serde_json::{Value, json};
use standins::slack::Message;
use standins::world::{ALERTS, Choices, ON_CALL, World, at_every_commit};

const ALARM: &str = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:orders-5xx";
const AS_OF: &str = "\n[[sources]]\nname = \"timed\"\nkind = \"json\"\nsecret = \"ALERTMANAGER_SECRET\"\nproject = \"shop\"\n\
                     [sources.fields]\ntitle = \"/name\"\nstate = \"/state\"\nas_of = \"/at\"\n";
const QUEUE: &str = r#"
[[events]]
queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/events"
account = "111122223333"
alerts = ["cloudwatch", "rds"]
"#;
const POLICY: &str = "\n[[policies]]\nname = \"shop\"\n[[policies.steps]]\nafter = \"0m\"\ntell = [\"@ana\"]\n\
                      [[routes]]\npolicy = \"shop\"\n";

async fn world(config: &str) -> World {
    let oncall = format!("{ON_CALL}{POLICY}");
    let mut world = World::with(Choices { config: config.to_owned(), oncall, ..Choices::default() }).await;
    world.aws.event_queue("111122223333", "eu-west-1", "events").await;
    // It was not there when it was first listened to.
    world.advance("1m").await;
    world
}

/// The first line of a card as it stands now.
fn title(world: &World, card: &Message) -> String {
    let now = world.slack.channel("shop-ops").again(card).unwrap();
    now.plain().lines().next().unwrap_or_default().to_owned()
}

/// What is counted of a source as said late.
async fn late(world: &World, source: &str) -> u64 {
    let metrics = reqwest::get(format!("{}/metrics", world.bot_url())).await.unwrap().text().await.unwrap();
    let name = format!("watchkeeper_signals_late_total{{source=\"{source}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or_default()
}

/// What EventBridge puts into the queue of an alarm.
async fn told(world: &mut World, state: &str, at: &str) {
    let detail = json!({
        "alarmName": "orders-5xx", "configuration": { "metrics": [] },
        "state": { "value": state, "reason": "Because.", "timestamp": at },
    });
    world.aws.tells("aws.cloudwatch", "CloudWatch Alarm State Change", ALARM, detail).await;
    heard(world).await;
}

async fn heard(world: &mut World) {
    world.until(async |world| world.aws.queued().await == 0).await;
    world.settle().await;
}

#[tokio::test]
async fn a_word_from_before_what_is_known_changes_nothing() {
    let mut world = world(&format!("{ALERTS}{AS_OF}")).await;
    let said = |state: &str, at: &str| json!({ "name": "Disk", "state": state, "at": format!("2026-11-25T{at}Z") });
    world.posts("timed", &said("firing", "09:58:00")).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · Disk").await;
    world.posts("timed", &said("ok", "09:57:00")).await;
    assert_eq!(title(&world, &card), "🟠 ALR-1 · Disk", "it was well before");
    world.posts("timed", &said("ok", "09:59:00")).await;
    assert_eq!(title(&world, &card), "✅ ALR-1 · Disk");
    world.posts("timed", &said("firing", "09:58:30")).await;
    assert_eq!(title(&world, &card), "✅ ALR-1 · Disk", "a queue brought it too late");
    assert_eq!(late(&world, "timed").await, 2);
    // At one instant what comes last counts.
    world.posts("timed", &said("firing", "09:59:00")).await;
    assert_eq!(title(&world, &card), "🟠 ALR-1 · Disk");
    world.end().await;
}

#[tokio::test]
async fn a_clock_that_is_ahead_makes_nothing_late() {
    let mut world = world(&format!("{ALERTS}{AS_OF}")).await;
    world.posts("timed", &json!({ "name": "Disk", "state": "firing", "at": "2031-01-01T00:00:00Z" })).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · Disk").await;
    world.advance("1m").await;
    world.posts("timed", &json!({ "name": "Disk", "state": "ok", "at": world.now().to_string() })).await;
    assert_eq!(title(&world, &card), "✅ ALR-1 · Disk");
    world.end().await;
}

#[tokio::test]
async fn the_events_of_a_queue_come_in_any_order_and_twice() {
    let mut world = world(QUEUE).await;
    told(&mut world, "ALARM", "2026-11-25T10:00:30.000+0000").await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · orders-5xx").await;
    told(&mut world, "OK", "2026-11-25T10:00:50.000+0000").await;
    told(&mut world, "ALARM", "2026-11-25T10:00:30.000+0000").await;
    assert_eq!(title(&world, &card), "✅ ALR-1 · orders-5xx");
    // What only people end does not begin anew with a copy of the word that they ended.
    let failure = json!({
        "EventCategories": ["failure"], "SourceType": "DB_INSTANCE", "SourceIdentifier": "orders", "EventID": "RDS-EVENT-0031",
        "SourceArn": "arn:aws:rds:eu-west-1:111122223333:db:orders", "Date": "2026-11-25T10:00:00Z", "Message": "It failed.",
    });
    world.aws.tells("aws.rds", "RDS DB Instance Event", "arn:aws:rds:eu-west-1:111122223333:db:orders", failure.clone()).await;
    heard(&mut world).await;
    let failed = world.slack.channel("shop-ops").expect("ALR-2 · orders failed").await;
    world.person("ana").asks("ops", "/alert resolve ALR-2").await;
    world.aws.tells("aws.rds", "RDS DB Instance Event", "arn:aws:rds:eu-west-1:111122223333:db:orders", failure).await;
    heard(&mut world).await;
    assert_eq!(title(&world, &failed), "✅ ALR-2 · orders failed");
    assert_eq!(late(&world, "aws").await, 2);
    world.end().await;
}

#[tokio::test]
async fn an_alert_that_begins_with_an_old_word_is_asked_about_before_anybody_is_called() {
    let mut world = world(QUEUE).await;
    world.aws.alarm("orders-5xx").await;
    // It is well again already, and was when nothing was known of it here.
    told(&mut world, "ALARM", "2026-11-25T09:40:00.000+0000").await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · orders-5xx").await;
    assert_eq!(title(&world, &card), "✅ ALR-1 · orders-5xx");
    assert_snapshot!(world.audit("ALR-1").await, @"
    watchkeeper · alert_opened · alert ALR-1
    watchkeeper · alert_cleared · alert ALR-1
    ");
    world.end().await;
}

#[tokio::test]
async fn what_goes_on_with_its_old_beginning_is_believed_and_asked_about() {
    let mut world = world(ALERTS).await;
    let errors = [("alertname", "HighErrorRate")];
    let said = |status: &str, ends: &str| -> Value {
        let alert = json!({
            "status": status, "labels": { "alertname": "HighErrorRate" }, "annotations": {}, "startsAt": "2026-11-25T09:30:00Z",
            "endsAt": ends, "fingerprint": standins::alertmanager::fingerprint(&standins::alertmanager::labels(&errors)),
        });
        json!({ "version": "4", "alerts": [alert] })
    };
    let (never, then) = ("0001-01-01T00:00:00Z", "2026-11-25T09:50:00Z");
    world.posts("prometheus", &said("firing", never)).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
    world.posts("prometheus", &said("resolved", "2026-11-25T09:20:00Z")).await;
    assert_eq!(title(&world, &card), "🟠 ALR-1 · HighErrorRate", "that was the end of another time");
    world.posts("prometheus", &said("resolved", then)).await;
    assert_eq!(title(&world, &card), "✅ ALR-1 · HighErrorRate");
    // Prometheus could not reach its Alertmanager for a while, and can again.
    world.alertmanager.tells("http://127.0.0.1:1/", "");
    world.alertmanager.fires(&errors).await;
    world.advance("6m").await;
    world.posts("prometheus", &said("firing", never)).await;
    assert_eq!(title(&world, &card), "🟠 ALR-1 · HighErrorRate");
    world.posts("prometheus", &said("resolved", &world.now().to_string())).await;
    world.alertmanager.resolves(&errors).await;
    // The same from a request that took long: its Alertmanager knows better.
    world.posts("prometheus", &said("firing", never)).await;
    assert_eq!(title(&world, &card), "✅ ALR-1 · HighErrorRate");
    world.end().await;
}

#[tokio::test]
async fn an_end_that_comes_before_its_beginning_calls_nobody() {
    let mut world = world(QUEUE).await;
    world.aws.alarm("orders-5xx").await;
    // The same in both orders, but that nobody is called where it was over before anybody knew of it.
    told(&mut world, "OK", "2026-11-25T10:00:20.000+0000").await;
    assert_eq!(world.slack.channel("shop-ops").messages().len(), 0, "nobody knew that it was wrong");
    told(&mut world, "ALARM", "2026-11-25T10:00:00.000+0000").await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · orders-5xx").await;
    assert_snapshot!(card.plain(), @"
    ✅ ALR-1 · orders-5xx
    ✅ Resolved by its source today 10:01 AM, 0 s after it came.
    Because.
    Where shop · prod · 111122223333 · eu-west-1
    Source aws
    CloudWatch
    alertname=orders-5xx
    Last: Its source says it is right again, after 20 s.
    [How was it fixed?] [Details]
    ");
    assert_snapshot!(world.audit("ALR-1").await, @"
    watchkeeper · alert_opened · alert ALR-1
    watchkeeper · alert_cleared · alert ALR-1
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/alert list --all").await, @"
    1 alert

    id     severity  what        project  how it stands  since
    ALR-1  warning   orders-5xx  shop     resolved       25 Nov 10:00 UTC
    ");
    assert_eq!(late(&world, "aws").await, 1);
    // It is an alert like any other: wrong again, it is the same one, and calls.
    world.advance("1m").await;
    world.aws.alarm_finds("orders-5xx", standins::aws::AlarmState::Alarm, "Threshold Crossed").await;
    told(&mut world, "ALARM", "2026-11-25T10:00:40.000+0000").await;
    assert_eq!(title(&world, &card), "🟠 ALR-1 · orders-5xx");
    assert_snapshot!(world.audit("alert_escalated").await, @"watchkeeper · alert_escalated · alert ALR-1");
    world.end().await;
}

#[tokio::test]
async fn an_end_counts_for_what_began_before_it_and_for_an_hour() {
    let mut world = world(&format!("{ALERTS}{AS_OF}")).await;
    let said = |name: &str, state: &str, at: &str| json!({ "name": name, "state": state, "at": format!("2026-11-25T{at}Z") });
    world.posts("timed", &said("Disk", "ok", "10:00:00")).await;
    world.posts("timed", &said("Disk", "firing", "10:00:30")).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · Disk").await;
    assert_eq!(title(&world, &card), "🟠 ALR-1 · Disk", "it is wrong since then");
    world.posts("timed", &said("Memory", "ok", "10:00:30")).await;
    world.advance("59m").await;
    world.posts("timed", &said("Memory", "firing", "10:00:00")).await;
    let card = world.slack.channel("shop-ops").expect("ALR-2 · Memory").await;
    assert_eq!(title(&world, &card), "✅ ALR-2 · Memory");
    world.posts("timed", &said("Network", "ok", "11:00:00")).await;
    world.advance("1h").await;
    world.posts("timed", &said("Network", "firing", "10:59:00")).await;
    let card = world.slack.channel("shop-ops").expect("ALR-3 · Network").await;
    assert_eq!(title(&world, &card), "🟠 ALR-3 · Network", "what was said so long ago is not known any more");
    world.end().await;
}

#[tokio::test]
async fn whatever_commit_it_dies_after_an_end_that_came_first_counts() {
    let config = format!("{ALERTS}{AS_OF}");
    let oncall = format!("{ON_CALL}{POLICY}");
    at_every_commit(Choices { config, oncall, ..Choices::default() }, async |mut world| {
        for (state, at) in [("ok", "09:59:20"), ("firing", "09:59:00")] {
            let said = json!({ "name": "Disk", "state": state, "at": format!("2026-11-25T{at}Z") });
            // What could not be kept is sent again.
            while world.posts("timed", &said).await.0 == 503 {}
            world.restart().await;
        }
        world.advance("2m").await;
        let shop = world.slack.channel("shop-ops").messages();
        let said: Vec<_> = shop.iter().map(|said| said.plain().lines().next().unwrap_or_default().to_owned()).collect();
        (said, world.audit("ALR-1").await, world.audit("ALR-2").await)
    })
    .await;
}

#[tokio::test]
async fn in_a_storm_what_is_over_already_calls_nobody() {
    let mut world = world(&format!("{ALERTS}{AS_OF}")).await;
    let said = |number: usize, state: &str, at: &str| json!({ "name": format!("Disk {number}"), "state": state, "at": format!("2026-11-25T{at}Z") });
    for number in 0..15 {
        world.posts("timed", &said(number, "ok", "10:00:30")).await;
    }
    for number in 0..15 {
        world.posts("timed", &said(number, "firing", "10:00:00")).await;
    }
    world.advance("1m").await;
    let shop = world.slack.channel("shop-ops");
    let storm = shop.expect("Alert storm in #shop-ops").await;
    assert_snapshot!(shop.again(&storm).unwrap().plain(), @"
    🔵 ALR-12 · Alert storm in #shop-ops
    Info, wrong since today 10:01 AM. Nobody has taken it yet. On call: Ana Ruiz.
    5 alerts came without a card of their own; none is wrong any more.
    Where shop
    Source watchkeeper
    [Acknowledge] [Resolve] [Silence 1 h] [List them] [Details]
    ");
    assert_snapshot!(world.audit("alert_escalated").await, @"");
    // One that is wrong now makes the storm call.
    world.posts("timed", &said(15, "firing", "10:01:30")).await;
    assert_snapshot!(world.audit("alert_escalated").await, @"watchkeeper · alert_escalated · alert ALR-12");
    world.end().await;
}
