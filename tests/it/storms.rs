//! Where alerts go when many come, when one is very large, and when its source gives no answer.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::alertmanager::Mood;
use standins::slack::Message;
use standins::sns::{ROOT, Sns};
use standins::world::{ALERTS, Choices, DEPLOYMENTS, ON_CALL, World};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alarms";
const ERRORS: [(&str, &str); 2] = [("alertname", "HighErrorRate"), ("severity", "critical")];
/// What is critical goes to a channel of its own, media's alerts to theirs.
const ROUTES: &str = r##"
[[policies]]
name = "shop"
[[policies.steps]]
after = "0m"
tell = ["rotation shop"]
[[policies.steps]]
after = "10m"
tell = ["@ben"]

[[routes]]
source = "prometheus"
severities = ["critical"]
channel = "#security"
policy = "shop"

[[routes]]
project = "media"
policy = "shop"

[[routes]]
policy = "shop"
"##;

async fn world() -> World {
    let oncall = format!("{ON_CALL}{ROUTES}");
    World::with(Choices { config: ALERTS.to_owned(), oncall, ..Choices::default() }).await
}

/// The cards in a channel, by their titles.
fn cards(world: &World, channel: &str) -> Vec<String> {
    let said = world.slack.channel(channel).messages().into_iter().filter(|said| said.thread_ts.is_none());
    said.filter_map(|said| said.plain().lines().next().map(str::to_owned)).filter(|title| title.contains("ALR-")).collect()
}

fn now(world: &World, card: &Message) -> String {
    world.slack.channel("ops").again(card).unwrap().plain().to_owned()
}

#[tokio::test]
async fn what_is_critical_goes_to_another_channel() {
    let mut world = world().await;
    world.fires(&ERRORS).await;
    world.fires(&[("alertname", "SlowCheckout"), ("severity", "warning")]).await;
    assert_eq!(cards(&world, "security"), ["🔴 ALR-1 · HighErrorRate"]);
    assert_eq!(cards(&world, "shop-ops"), ["🟠 ALR-2 · SlowCheckout"]);
    world.end().await;
}

/// So many checks of a project that are wrong.
fn checks(project: &str, level: &str, count: usize) -> Value {
    let check = |at: usize| json!({ "name": format!("{project} {level} {at:02}"), "state": "firing", "level": level, "tags": { "project": project, "n": at } });
    json!({ "checks": (0..count).map(check).collect::<Vec<_>>() })
}

#[tokio::test]
async fn two_storms_at_once_stay_apart_and_critical_alerts_have_cards_in_them() {
    let mut world = world().await;
    world.posts("checks", &checks("shop", "info", 30)).await;
    world.posts("checks", &checks("media", "info", 40)).await;
    world.advance("30s").await;
    world.posts("checks", &checks("shop", "critical", 3)).await;
    world.posts("checks", &checks("media", "critical", 12)).await;
    world.advance("1m").await;
    for (channel, project, storm, critical) in [("shop-ops", "shop", "20", 3), ("media-ops", "media", "32", 10)] {
        let cards = cards(&world, channel);
        let own = |level: &str| cards.iter().filter(|title| title.contains(&format!("{project} {level}"))).count();
        assert_eq!((own("info"), own("critical")), (10, critical), "{cards:#?}");
        let others = if project == "shop" { "media" } else { "shop" };
        assert!(!cards.iter().any(|title| title.contains(others)), "{cards:#?}");
        let said = world.slack.channel(channel).messages();
        let is_card = |said: &&Message| said.thread_ts.is_none() && said.plain().contains("Alert storm in");
        let stands: Vec<_> = said.iter().filter(is_card).collect();
        assert_eq!(stands.len(), 1, "one message for each storm");
        assert!(stands[0].plain().contains(&format!("{storm} alerts came without a card of their own")), "{}", stands[0].plain());
    }
    assert!(world.person("ana").asks("ops", "/alert list --severity critical").await.contains("16 alerts"));
    world.end().await;
}

#[tokio::test]
async fn an_alert_with_thousands_of_labels_and_a_very_long_text_has_a_readable_card() {
    let mut world = world().await;
    let mut labels: BTreeMap<String, String> =
        (0..5_000).map(|at| (format!("label_{at:04}"), format!("value <!channel> {at}"))).collect();
    labels.insert("alertname".to_owned(), "HighErrorRate".to_owned());
    let alert = json!({
        "status": "firing", "labels": labels, "annotations": { "summary": "It is *wrong* <@U1>. ".repeat(5_000) },
        "startsAt": "2026-11-25T09:59:00Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": "d10391f93d6acd82",
    });
    let (status, words) = world.posts("prometheus", &json!({ "version": "4", "alerts": [alert] })).await;
    assert_eq!((status, words.as_str()), (200, "Kept: 1.\n"));
    let card = world.slack.channel("shop-ops").expect("ALR-1 · HighErrorRate").await;
    assert!(card.plain().contains("label_0010=value <!channel> 10 · and 4989 more"), "{}", card.plain());
    assert!(card.plain().chars().count() < 4_000, "{}", card.plain().chars().count());
    world.person("ana").clicks(&card, "Acknowledge").await;
    assert!(now(&world, &card).contains("It has more labels than I keep"), "{}", now(&world, &card));
    world.end().await;
}

#[tokio::test]
async fn mine_are_those_i_have_and_an_escalation_is_taken_at_once() {
    let mut world = world().await;
    world.fires(&[("alertname", "SlowCheckout")]).await;
    world.fires(&[("alertname", "SlowSearch")]).await;
    let card = world.slack.channel("shop-ops").expect("ALR-1 · SlowCheckout").await;
    assert_snapshot!(world.person("ana").asks("ops", "/alert mine").await, @"
    Your alerts (2)

    id     severity  what          how it stands  since
    ALR-2  warning   SlowSearch    open           25 Nov 10:00 UTC
    ALR-1  warning   SlowCheckout  open           25 Nov 10:00 UTC
    ");
    world.person("ana").asks("ops", "/alert ack ALR-2 --for 30m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/alert mine").await, @"
    Your alerts (2)

    id     severity  what          how it stands  since
    ALR-2  warning   SlowSearch    taken by ana   25 Nov 10:00 UTC
    ALR-1  warning   SlowCheckout  open           25 Nov 10:00 UTC
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/alert escalate ALR-1").await, @"The next step for ALR-1 is taken now; its card shows who was told.");
    let thread = world.slack.channel("shop-ops").thread(&card);
    let said: Vec<&str> = thread.iter().skip(1).map(Message::plain).collect();
    assert_snapshot!(said.join("\n"), @"
    🔔 @ana ALR-1 warning · SlowCheckout needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    ⏫ @ana escalated it.
    🔔 @ben ALR-1 warning · SlowCheckout needs somebody. React 👀 to its card, or press Acknowledge, to take it.
    ");
    world.end().await;
}

#[tokio::test]
async fn an_event_that_sns_brings_makes_the_watches_look_at_once() {
    let sns = Sns::start().await;
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), ROOT).unwrap();
    let source = format!("[[sources]]\nname = \"alarms\"\nkind = \"sns\"\ntopics = [{TOPIC:?}]\nroots = {:?}\n", pem.path());
    let variables = vec![("AWS_ENDPOINT_URL".to_owned(), sns.url().to_owned())];
    let mut world = World::with(Choices { config: format!("{DEPLOYMENTS}{source}"), variables, ..Choices::default() }).await;
    world.aws.service("main", "orders").await;
    world.advance("2m").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    let event = json!({
        "version": "0", "id": "1", "detail-type": "ECS Deployment State Change", "source": "aws.ecs", "account": "111122223333",
        "time": world.now().to_string(), "region": "eu-west-1",
        "resources": ["arn:aws:ecs:eu-west-1:111122223333:service/main/orders"],
        "detail": { "eventType": "INFO", "eventName": "SERVICE_DEPLOYMENT_IN_PROGRESS", "deploymentId": "d" },
    });
    let address = format!("{}/alerts/alarms", world.bot_url());
    let began = world.now();
    assert_eq!(sns.posts(&address, &sns.notification(TOPIC, &event.to_string(), began)).await, 200);
    world.settle().await;
    world.slack.channel("shop-ops").expect("🚀 orders · shop/prod").await;
    assert!(world.now().duration_since(began).as_secs() < 10, "without the event it is looked at once a minute");
    world.end().await;
}

#[tokio::test]
async fn a_source_that_gives_no_answer_holds_up_no_acknowledgement() {
    let mut world = world().await;
    world.fires(&ERRORS).await;
    let card = world.slack.channel("security").expect("ALR-1 · HighErrorRate").await;
    world.alertmanager.is(Mood::Slow);
    world.slack.person("ana").clicks(&card, "Acknowledge").await;
    // The pace of the channel, and no more.
    world.pass(world.now() + SignedDuration::from_secs(1)).await;
    world.until(async |world| now(world, &card).contains("👀 @ana has had it")).await;
    world.alertmanager.recovers();
    world.settle().await;
    assert_eq!(world.alertmanager.active().len(), 1);
    world.alertmanager.is(Mood::Refusing(503));
    world.person("ben").clicks(&card, "Silence 1 h").await;
    assert_snapshot!(now(&world, &card), @"
    🔕 ALR-1 · HighErrorRate
    Critical, wrong since today 10:00 AM. 🔕 Silenced by @ben until today 11:00 AM.
    Where shop
    Source prometheus
    ⚠️ prometheus does not know of this: The Alertmanager prometheus answered 503. I keep trying.
    Graph · Alertmanager
    alertname=HighErrorRate · severity=critical
    Last: 🔕 @ben silenced it until today 11:00 AM.
    [Resolve] [End silence] [Details]
    ");
    world.alertmanager.recovers();
    world.advance("5m").await;
    assert!(!now(&world, &card).contains("⚠️"), "{}", now(&world, &card));
    assert_eq!(world.alertmanager.active()[0].created_by, "Ben Chen");
    world.end().await;
}

#[tokio::test]
async fn one_of_a_storm_that_becomes_critical_is_brought_to_people() {
    let oncall = format!(
        "{ON_CALL}\n[[policies]]\nname = \"shop\"\n[[policies.steps]]\nafter = \"0m\"\ntell = [\"@ana\"]\n[[routes]]\nseverities = [\"critical\"]\npolicy = \"shop\"\n"
    );
    let mut world = World::with(Choices { config: ALERTS.to_owned(), oncall, ..Choices::default() }).await;
    let check = |at: usize, level: &str| json!({ "checks": [{ "name": format!("Check {at:02} fails"), "state": "firing", "level": level, "tags": {} }] });
    for at in 0..15 {
        world.posts("checks", &check(at, "info")).await;
    }
    world.advance("2m").await;
    assert_snapshot!(world.audit("alert_escalated").await, @"");
    // The twelfth is one of those for which the storm stands.
    world.posts("checks", &check(12, "critical")).await;
    world.advance("1m").await;
    assert_snapshot!(world.audit("alert_escalated").await, @"watchkeeper · alert_escalated · alert ALR-14");
    assert_snapshot!(cards(&world, "shop-ops").last().cloned().unwrap_or_default(), @"🔴 ALR-14 · Check 12 fails");
    world.end().await;
}
