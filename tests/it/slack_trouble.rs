//! Slack limits, hangs, breaks and disconnects: nothing is lost, and health says so. A command that hangs or panics is
//! its asker's trouble alone.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use commands::registry::Entry;
use commands::{Command, Context, Message as Said, Query, Resource};
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;
use standins::slack::{DisconnectReason, Fault, Message, NewChannel, Slack, SlackOptions, User};
use standins::world::{Choices, World};
use tokio::sync::{mpsc, watch};
use watchkeeper::clock::Clock;
use watchkeeper::metrics::Metrics;
use watchkeeper::platform::slack::{Slack as Platform, SlackSettings, Timing};
use watchkeeper::platform::{Event, Platform as _};
use watchkeeper::secret::Secret;

use super::ears::{Ears, Nobody};

const ASK: &str = "/rds upgrade orders --to 8.0.40 --at 2026-11-25T10:30:00Z";

async fn world() -> World {
    let world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.slack.connected(2).await;
    world
}

fn cards(world: &World) -> Vec<Message> {
    let mut messages = world.slack.channel("shop-ops").messages();
    messages.retain(|message| message.plain().starts_with("CHG-"));
    messages
}

async fn ready(world: &World) -> (u16, String) {
    let answer = reqwest::get(format!("{}/health/ready", world.bot_url())).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn slack_is_left_alone_for_as_long_as_it_asks() {
    let mut world = world().await;
    world.slack.fail_next("chat.postMessage", Fault::RateLimited { retry_after: Duration::from_secs(30) });
    assert!(world.person("ana").asks("ops", ASK).await.starts_with("CHG-1 waits"));
    world.advance("20s").await;
    assert!(cards(&world).is_empty());
    world.advance("15s").await;
    assert_eq!(cards(&world).len(), 1);
    let calls = world.slack.calls_of("chat.postMessage");
    assert_eq!(calls[1].at.duration_since(calls[0].at).as_secs(), 30);
    world.end().await;
}

#[tokio::test]
async fn who_has_a_moment_already_waits_too_when_slack_asks_to() {
    let mut world = world().await;
    world.aws.database("users", "mysql", "8.0.35").await;
    world.slack.fail_next("chat.postMessage", Fault::RateLimited { retry_after: Duration::from_secs(30) });
    let slack = &world.slack;
    let asked = ["orders", "users"].map(|name| async move {
        slack.person("ana").types("ops", &ASK.replace("orders", name)).await;
    });
    join_all(asked).await;
    world.advance("20s").await;
    assert_eq!(world.slack.calls_of("chat.postMessage").len(), 1);
    world.advance("15s").await;
    assert_eq!(cards(&world).len(), 2);
    world.end().await;
}

#[tokio::test]
async fn a_channel_gets_one_message_a_second_and_every_one() {
    let mut world = world().await;
    world.slack.enforce_rate_limits();
    let names: Vec<String> = (1..=6).map(|number| format!("orders-{number}")).collect();
    for name in &names {
        world.aws.database(name, "mysql", "8.0.35").await;
    }
    let slack = &world.slack;
    let asked = names.iter().map(|name| async move {
        slack.person("ana").types("ops", &ASK.replace("orders", name)).await;
    });
    join_all(asked).await;
    world.advance("20s").await;
    assert_eq!(cards(&world).len(), 6);
    for name in &names {
        world.aws.database(&format!("{name}-too"), "mysql", "8.0.35").await;
    }
    let slack = &world.slack;
    let words_and_cards = names.iter().enumerate().map(|(at, name)| async move {
        // A word in the thread of one card, and another card.
        slack.person("ana").types("ops", &format!("/change cancel CHG-{}", at + 1)).await;
        slack.person("ana").types("ops", &ASK.replace("orders", &format!("{name}-too"))).await;
    });
    join_all(words_and_cards).await;
    world.advance("60s").await;
    assert_eq!(cards(&world).len(), 12);
    assert_eq!(world.slack.channel("shop-ops").transcript().matches("Cancelled by").count(), 12);
    assert_eq!(world.slack.busiest_second("shop-ops").clock, 1);
    assert!(world.slack.calls_of("chat.postMessage").iter().all(|call| call.error.is_none()));
    world.end().await;
}

#[tokio::test]
async fn slack_broken_for_a_while_gets_every_message_once() {
    let mut world = world().await;
    for fault in [Fault::Status(500), Fault::Cut, Fault::Error("internal_error".to_owned()), Fault::Status(503)] {
        world.slack.fail_next("chat.postMessage", fault);
    }
    world.slack.fail_next("response_url", Fault::Status(500));
    world.person("ana").types("ops", ASK).await;
    world.advance("2m").await;
    assert_eq!(cards(&world).len(), 1);
    world.person("ana").reads("CHG-1 waits").await;
    world.slack.fail_all("chat.update", Fault::Status(500));
    let card = cards(&world).remove(0);
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("5m").await;
    world.slack.heal();
    world.advance("3m").await;
    world.slack.channel("shop-ops").expect("Approved.").await;
    world.end().await;
}

#[tokio::test]
async fn an_answer_for_a_channel_without_the_bot_reaches_its_asker_alone() {
    let mut world = world().await;
    world.slack.add_channel(NewChannel::private("secret").without_bot().with_members(&["ana"]));
    world.person("ana").types("secret", "/rds list --share").await;
    let said = world.person("ana").reads("orders").await;
    let why = "I can't post in this channel, so only you see this. Invite me, and ask again with --share.";
    assert!(said.plain().ends_with(why) && said.channel == world.slack.channel("secret").id(), "{}", said.plain());
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_slack_will_not_show_comes_in_plain_words() {
    let mut world = world().await;
    for method in ["response_url", "chat.postEphemeral"] {
        world.slack.fail_all(method, Fault::Error("invalid_blocks".to_owned()));
    }
    world.person("ana").types("ops", "/rds list --csv").await;
    let said = world.person("ana").reads("1 database").await;
    assert_eq!(said.only_for, None, "it is in their direct messages");
    world.person("ana").reads("(file: databases.csv)").await;
    world.end().await;
}

#[tokio::test]
async fn a_card_that_can_be_posted_nowhere_is_told_to_its_asker_and_the_change_goes_on() {
    let mut world = world().await;
    for _ in 0..2 {
        world.slack.fail_next("chat.postMessage", Fault::Error("channel_not_found".to_owned()));
    }
    world.person("ana").types("ops", ASK).await;
    assert_eq!(
        world.person("ana").reads("I can't post the card").await.plain(),
        "I can't post the card of CHG-1 in #ops: Slack answered channel_not_found to chat.postMessage. The change stands without \
         it: change show CHG-1 shows it, and those who approve it can type change approve CHG-1. Whoever runs me can invite me there."
    );
    let calls = world.slack.calls_of("chat.postMessage").len();
    world.person("ben").asks("dba", "/change approve CHG-1").await;
    world.slack.channel("shop-ops").expect("Approved.").await;
    world.advance("3h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    assert!(world.slack.calls_of("chat.postMessage").len() < calls + 20);
    world.end().await;
}

#[tokio::test]
async fn a_refusal_outlives_slack_trouble_and_the_bot() {
    let mut world = world().await;
    for method in ["chat.postEphemeral", "response_url"] {
        world.slack.fail_all(method, Fault::Status(500));
    }
    world.slack.person("ana").types("ops", "@watchkeeper rds lsit").await;
    world.slack.person("dev").types("ops", "@watchkeeper rds upgrade orders --to 8.0.40").await;
    world.until(async |world| world.slack.calls_of("chat.postEphemeral").len() > 1).await;
    world.advance("5m").await;
    world.kill().await;
    world.slack.heal();
    world.revive().await;
    world.advance("3m").await;
    world.person("ana").reads("rds list").await;
    world.person("dev").reads("You may not run rds upgrade").await;
    world.end().await;
}

#[tokio::test]
async fn a_file_is_spoken_of_once_it_is_there() {
    let mut world = world().await;
    world.slack.fail_all("files.completeUploadExternal", Fault::Status(500));
    world.slack.person("ana").types("ops", "/rds list --csv").await;
    world.until(async |world| !world.slack.calls_of("files.completeUploadExternal").is_empty()).await;
    world.settle().await;
    assert!(world.slack.person("ana").ephemerals().is_empty());
    world.slack.heal();
    world.advance("5m").await;
    world.person("ana").reads("the file is in our direct messages").await;
    world.person("ana").reads("(file: databases.csv)").await;
    world.finish().await;
}

#[tokio::test]
async fn slack_hanging_keeps_nobody_else_waiting() {
    let mut world = world().await;
    world.slack.fail_next("chat.postMessage", Fault::Hang);
    world.slack.person("ana").types("ops", ASK).await;
    world.slack.person("bea").types("dba", "/whoami").await;
    world.slack.person("bea").expect("Bea Ode").await;
    assert!(cards(&world).is_empty());
    world.settle().await;
    assert_eq!(cards(&world).len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_line_that_slack_ends_is_opened_anew_and_nothing_is_lost() {
    let mut world = world().await;
    for reason in [DisconnectReason::Warning, DisconnectReason::RefreshRequested] {
        for socket in world.slack.open_sockets() {
            socket.disconnect(reason);
            world.slack.connected(2).await;
            assert!(world.person("ana").asks("ops", "/whoami").await.contains("Ana Ruiz"), "{reason:?}");
        }
    }
    let sockets = world.slack.open_sockets();
    sockets[0].cut();
    sockets[1].close();
    for socket in &sockets {
        socket.gone().await;
    }
    world.slack.connected(2).await;
    world.until(async |world| ready(world).await.1.contains("2 of 2")).await;
    assert!(world.person("ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    world.end().await;
}

#[tokio::test]
async fn what_makes_no_sense_on_a_line_is_dropped() {
    let mut world = world().await;
    for socket in world.slack.open_sockets() {
        socket.sends_malformed();
        socket.sends_binary();
        socket.sends_text("[]");
        socket.sends_text(r#"{"type":"slash_commands","envelope_id":"unknown-envelope","payload":7}"#);
        socket.sends_unknown();
    }
    world.until(async |world| world.slack.acks().iter().filter(|ack| ack.kind == "something_new").count() == 4).await;
    assert!(world.person("ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    assert_eq!(ready(&world).await.0, 200);
    world.end().await;
}

#[tokio::test]
async fn a_slack_that_takes_no_connection_is_tried_until_it_does_and_health_says_so() {
    let mut world = world().await;
    world.person("ana").types("ops", ASK).await;
    let card = cards(&world).remove(0);
    world.slack.fail_all("apps.connections.open", Fault::Status(500));
    world.slack.open_sockets().iter().for_each(standins::slack::SocketHandle::cut);
    world.slack.disconnected().await;
    world.until(async |world| ready(world).await.0 == 503).await;
    let (_, words) = ready(&world).await;
    assert!(words.contains("0 of 2 connections"), "{words}");
    world.slack.person("ben").reacts("white_check_mark", &card).await;
    world.slack.heal();
    world.slack.refuse_handshakes(2);
    world.until(async |world| ready(world).await.1.contains("2 of 2")).await;
    assert_eq!(ready(&world).await.0, 200);
    // Slack gave up telling of the vote; the bot looks at the card all the same.
    world.advance("10m").await;
    world.slack.channel("shop-ops").expect("Approved.").await;
    world.end().await;
}

#[tokio::test]
async fn a_token_that_slack_refuses_shows_in_health() {
    let mut world = world().await;
    world.slack.fail_all("chat.postMessage", Fault::Error("token_revoked".to_owned()));
    world.person("ana").types("ops", ASK).await;
    let (status, words) = ready(&world).await;
    assert!(status == 503 && words.contains("token_revoked"), "{status} {words}");
    world.slack.heal();
    world.advance("10m").await;
    assert_eq!(ready(&world).await.0, 200);
    assert_eq!(cards(&world).len(), 1);
    world.end().await;
}

/// Never answers.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Hang {}

/// Panics.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
struct Panic {}

impl Command for Hang {
    const NAME: &'static str = "test hang";

    fn resource(&self) -> Resource {
        Resource::default()
    }
}

impl Query for Hang {
    async fn answer(&self, _cx: &Context<'_>) -> commands::Result<Said> {
        std::future::pending().await
    }
}

impl Command for Panic {
    const NAME: &'static str = "test panic";

    fn resource(&self) -> Resource {
        Resource::default()
    }
}

impl Query for Panic {
    async fn answer(&self, _cx: &Context<'_>) -> commands::Result<Said> {
        panic!("as it should")
    }
}

static COMMANDS: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    let broken = [Entry::query::<Hang>(), Entry::query::<Panic>()];
    commands::ALL.iter().copied().chain(broken).collect()
});

#[tokio::test]
async fn a_command_that_hangs_or_panics_is_its_askers_trouble_alone() {
    let policy = r#"@id("all") permit (principal, action, resource);"#.to_owned();
    let mut world = World::with(Choices { commands: &COMMANDS, policy: Some(policy), ..Choices::default() }).await;
    for _ in 0..20 {
        assert!(world.slack.person("ana").types("ops", "/test hang").await.deliveries[0].acknowledged());
        assert!(world.slack.person("ana").types("ops", "/test panic").await.deliveries[0].acknowledged());
    }
    let said = world.slack.person("ana").expect("Something broke while answering test panic.").await;
    assert!(said.plain().contains("Nothing was changed. Ask with "), "{}", said.plain());
    let broke = async |world: &World| {
        let metrics = reqwest::get(format!("{}/metrics", world.bot_url())).await.unwrap().text().await.unwrap();
        metrics.lines().filter(|line| line.contains("outcome=\"broke\"")).map(str::to_owned).collect::<Vec<_>>()
    };
    let each_once = ["watchkeeper_commands_total{command=\"test panic\",outcome=\"broke\"} 20"];
    world.until(async |world| broke(world).await == each_once).await;
    for _ in 0..20 {
        world.slack.person("bea").types("ops", "/whoami").await;
        world.slack.person("bea").expect("Bea Ode").await;
    }
    assert_eq!(world.slack.violations(), Vec::<String>::new());
    world.kill().await;
}

#[tokio::test]
async fn a_line_on_which_nothing_is_heard_is_dead_and_replaced() {
    let (ping_every, ack_timeout) = (Duration::from_millis(50), Duration::from_secs(1));
    let slack = Slack::start(SlackOptions { ping_every, ack_timeout, ..SlackOptions::default() }).await;
    slack.add_person(User::named("ana"));
    let timing = Timing {
        ping: Duration::from_millis(50),
        silence: Duration::from_millis(400),
        first_pause: Duration::from_millis(10),
        ..Timing::default()
    };
    let settings = SlackSettings {
        api_url: slack.api_url().parse().unwrap(),
        bot_token: Secret::new(slack.bot_token()),
        app_token: Some(Secret::new(slack.app_token())),
        signing_secret: None,
        prefix: "/".to_owned(),
        connections: 1,
        timing,
    };
    let platform = Arc::new(Platform::new(settings, Arc::new(Nobody), Clock::system(), Metrics::new()).unwrap());
    let (ears, mut heard) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(Arc::clone(&platform).run(Arc::new(Ears(ears)), stopped));
    slack.connected(1).await;
    slack.open_sockets()[0].goes_silent();
    let lost =
        slack.deliver_event(json!({ "type": "app_mention", "user": "UANA", "channel": "C1", "ts": "1.2", "text": "hi" })).await;
    // The line took the first attempt with it; the second went over its successor.
    assert!(lost.acknowledged() && lost.envelope.attempt == 1, "{lost:?}");
    assert!(platform.health().ok, "{}", platform.health().words);
    assert!(matches!(heard.recv().await, Some(Event::Asked(_))));
    stop.send_replace(true);
    running.await.unwrap();
}
