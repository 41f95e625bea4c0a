//! Slack over signed HTTP: the same road, and what must not come in.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use standins::slack::{Envelope, EnvelopeKind, EventIds, Signing};
use standins::world::{Choices, Over, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ROUTES: [&str; 3] = ["/slack/commands", "/slack/interactive", "/slack/events"];

async fn world() -> World {
    World::with(Choices { transport: Over::Http, ..Choices::default() }).await
}

async fn get(world: &World, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("{}{path}", world.bot_url())).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn metric(world: &World, name: &str) -> u64 {
    let (_, text) = get(world, "/metrics").await;
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in:\n{text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// A command as Slack would send it, of a person who was never heard of by the bot.
fn whoami(world: &World, trigger: &str) -> Envelope {
    let slack = &world.slack;
    let payload = json!({
        "command": "/whoami", "text": "", "user_id": slack.person("ana").id(), "channel_id": slack.channel("ops").id(),
        "trigger_id": trigger, "response_url": "",
    });
    Envelope { kind: EnvelopeKind::SlashCommands, payload, attempt: 0, reason: String::new() }
}

#[tokio::test]
async fn an_upgrade_goes_all_the_way_over_http() {
    let mut world = world().await;
    world.aws.durations(&[("snapshot", 20.0), ("minor_upgrade", 40.0)]).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "/rds upgrade orders --to 8.0.40 --at 2026-11-25T10:15:00Z").await;
    let card = world.slack.channel("shop-ops").expect("React ✅").await;
    world.person("dev").reacts("white_check_mark", &card).await;
    world.slack.channel("@dev").expect("Your vote on CHG-1 does not count.").await;
    world.person("ben").clicks(&card, "Approve").await;
    world.restart().await;
    world.advance("20m").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.slack.channel("shop-ops").expect("Done.").await;
    world.end().await;
}

#[tokio::test]
async fn a_wrong_signature_is_refused_and_counted() {
    let world = world().await;
    let base = world.bot_url();
    let envelope = whoami(&world, "1.1");
    let refused = [Signing::WrongSecret, Signing::Stale, Signing::Future, Signing::Missing, Signing::Garbage];
    for signing in refused {
        for kind in [EnvelopeKind::SlashCommands, EnvelopeKind::Interactive, EnvelopeKind::EventsApi] {
            let envelope = Envelope { kind, ..envelope.clone() };
            let answer = world.slack.send_signed(&base, &envelope, signing).await.unwrap();
            assert_eq!(answer.status, 401, "{signing:?} {kind:?}");
        }
    }
    assert_eq!(metric(&world, "watchkeeper_requests_refused_total{platform=\"slack\"}").await, 15);
    assert!(world.entries().await.is_empty());
    let answer = world.slack.send_signed(&base, &envelope, Signing::Right).await.unwrap();
    assert_eq!(answer.status, 200);
    world.until(async |world| world.entries().await.iter().any(|entry| entry.fact.event == "answered")).await;
    assert_eq!(metric(&world, "watchkeeper_requests_refused_total{platform=\"slack\"}").await, 15);
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_before_it_is_read() {
    let world = world().await;
    let address = world.bot_url().trim_start_matches("http://").to_owned();
    let now = world.now().as_second();
    for route in ROUTES {
        let url = format!("{}{route}", world.bot_url());
        let large = world.slack.send_raw(&url, "application/json", vec![b' '; (1 << 20) + 1], Signing::Right).await;
        // The connection may end while the rest is still being sent.
        assert!(large.map_or(true, |answer| answer.status == 413), "{route}");
        let head = format!("POST {route} HTTP/1.1\r\nhost: bot\r\nx-slack-request-timestamp: {now}\r\n");
        // Ten gigabytes are announced and none of them sent.
        let mut announced = TcpStream::connect(&address).await.unwrap();
        announced.write_all(format!("{head}content-length: 10000000000\r\n\r\n").as_bytes()).await.unwrap();
        assert_eq!(status(&mut announced).await, 413, "{route}");
        // Nothing is announced, and it does not end.
        let mut endless = TcpStream::connect(&address).await.unwrap();
        endless.write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
        let chunk = format!("10000\r\n{}\r\n", "x".repeat(1 << 16));
        for _ in 0..17 {
            if endless.write_all(chunk.as_bytes()).await.is_err() {
                break;
            }
        }
        assert_eq!(status(&mut endless).await, 413, "{route}");
    }
    assert_eq!(get(&world, "/health/live").await.0, 200);
}

/// The status of the answer that comes over a connection on which nothing more is sent.
async fn status(line: &mut TcpStream) -> u16 {
    let mut head = [0; 12];
    line.read_exact(&mut head).await.unwrap();
    String::from_utf8_lossy(&head).rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_malformed_body_is_refused_and_breaks_nothing() {
    let mut world = world().await;
    for (route, kind, body) in [
        ("/slack/commands", "application/x-www-form-urlencoded", ""),
        ("/slack/commands", "application/x-www-form-urlencoded", "command=%2Frds&text=list"),
        ("/slack/interactive", "application/x-www-form-urlencoded", "payload=%7B"),
        ("/slack/interactive", "application/x-www-form-urlencoded", "payload=%7B%7D"),
        ("/slack/events", "application/json", "{\"type\":\"event_callback\""),
        ("/slack/events", "application/json", "[1]"),
        ("/slack/events", "application/json", "{\"type\":\"url_verification\"}"),
    ] {
        let url = format!("{}{route}", world.bot_url());
        let answer = world.slack.send_raw(&url, kind, body.into(), Signing::Right).await.unwrap();
        assert_eq!(answer.status, 400, "{route} {body}");
        assert!(answer.body.starts_with("This can't be read: "), "{route} {body}: {}", answer.body);
    }
    assert!(world.person("ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
}

/// Payloads that look like Slack's as far as their keys go.
fn payloads() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "",
        "event_callback",
        "block_actions",
        "block_suggestion",
        "view_submission",
        "view_closed",
        "app_mention",
        "message",
        "reaction_added",
        "im",
        "UANA",
        "/rds",
        "rds list",
        "1.2",
        "<@U1> help",
        "\u{0}",
        "watchkeeper/run/rds list",
    ]);
    let keys = prop::sample::select(vec![
        "type",
        "event",
        "channel",
        "user",
        "text",
        "ts",
        "actions",
        "action_id",
        "block_id",
        "value",
        "view",
        "state",
        "values",
        "private_metadata",
        "callback_id",
        "item",
        "reaction",
        "channel_type",
        "container",
        "message",
        "trigger_id",
        "id",
        "selected_option",
        "response_url",
        "user_id",
        "authorizations",
        "blocks",
        "command",
        "thread_ts",
        "payload",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys.clone(), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())),
        ]
    })
}

#[tokio::test]
async fn nothing_that_is_signed_makes_a_route_panic() {
    let mut world = world().await;
    let mut runner = TestRunner::deterministic();
    let (payloads, bytes) = (payloads(), prop::collection::vec(any::<u8>(), 0..200));
    for _ in 0..150 {
        let payload = payloads.new_tree(&mut runner).unwrap().current();
        let mut event = payload.clone();
        if event.is_object() && event["event"].is_null() {
            event = json!({ "type": "event_callback", "event": event });
        }
        let fields = payload.as_object().into_iter().flatten();
        let fields = fields.map(|(key, value)| (key, value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let inside = url::form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish();
        let junk = bytes.new_tree(&mut runner).unwrap().current();
        let tries = [
            (ROUTES[0], form.into_bytes()),
            (ROUTES[1], inside.into_bytes()),
            (ROUTES[2], event.to_string().into_bytes()),
            (ROUTES[0], junk.clone()),
            (ROUTES[1], junk.clone()),
            (ROUTES[2], junk),
        ];
        for (route, body) in tries {
            let url = format!("{}{route}", world.bot_url());
            let shown = String::from_utf8_lossy(&body).into_owned();
            let answer = world.slack.send_raw(&url, "application/x-www-form-urlencoded", body, Signing::Right).await.unwrap();
            assert!([200, 400].contains(&answer.status), "{route} answered {} to {shown}", answer.status);
            assert!(!answer.body.contains("Something broke"), "{route} panicked at {shown}");
        }
    }
    assert!(world.person("ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
}

#[tokio::test]
async fn slacks_challenge_is_answered_if_it_is_signed() {
    let world = world().await;
    let answer = world.slack.verify_url(&world.bot_url(), "3eZbrw1aB10").await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"challenge":"3eZbrw1aB10"}"#));
    let url = format!("{}/slack/events", world.bot_url());
    let body = br#"{"type":"url_verification","challenge":"3eZbrw1aB10"}"#.to_vec();
    let answer = world.slack.send_raw(&url, "application/json", body, Signing::WrongSecret).await.unwrap();
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_payload_that_comes_again_has_one_effect() {
    let mut world = world().await;
    world.person("ana").types("ops", "@watchkeeper whoami").await;
    for ids in [EventIds::Same, EventIds::New] {
        assert!(world.slack.redeliver_last(ids).await.acknowledged());
    }
    world.person("ana").types("ops", "/whoami").await;
    assert!(world.slack.redeliver_last(EventIds::Same).await.acknowledged());
    world.settle().await;
    let asked = world.entries().await.into_iter().filter(|entry| entry.fact.event == "asked").count();
    assert_eq!((asked, world.slack.person("ana").ephemerals().len()), (2, 2));
    world.end().await;
}

#[tokio::test]
async fn what_nobody_knows_is_acknowledged() {
    let mut world = world().await;
    let unknown = world.slack.deliver_event(json!({ "type": "channel_rename", "channel": { "id": "C1", "name": "new" } })).await;
    assert!(unknown.acknowledged());
    let interaction = json!({ "type": "shortcut_of_tomorrow", "user": { "id": "U1" } });
    assert!(world.slack.deliver(EnvelopeKind::Interactive, interaction).await.acknowledged());
    world.settle().await;
    assert!(world.entries().await.is_empty());
    world.end().await;
}
