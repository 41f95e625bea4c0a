//! The gateway's connection is lost, refused or deaf: what came meanwhile is taken once, and health says how it stands.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use standins::discord::{Discord, DiscordOptions, Fault, GUILD_ID, GatewayHandle};
use standins::slack::Gate;
use standins::world::{Chat, World};
use tokio::sync::mpsc;
use watchkeeper::platform::{Event, Platform as _};

use super::alone::Bot;
use super::{ask, asked, status, until, world};
use crate::ears::Ears;

/// Something that happens to a connection.
type Blow = fn(&GatewayHandle);

/// After each of these the session can be resumed.
const BLOWS: [(&str, Blow); 4] = [
    ("cut", GatewayHandle::cuts),
    ("sent away", GatewayHandle::reconnects),
    ("invalid for now", GatewayHandle::invalidates_resumably),
    ("closed", |line| line.closes(4000)),
];

fn line(world: &World) -> GatewayHandle {
    world.discord().connections().remove(0)
}

async fn ready(world: &World) -> (u16, String) {
    let answer = reqwest::get(format!("{}/health/ready", world.bot_url())).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn what_came_while_a_line_was_lost_is_taken_once() {
    let mut world = world().await;
    for (number, (how, blow)) in BLOWS.into_iter().enumerate() {
        let at = number + 1;
        blow(&line(&world));
        let said = world.on(Chat::Discord, "ana").asks("ops", "/whoami").await;
        assert!(said.contains("Ana Ruiz"), "{how}: {said}");
        world.discord().resumed(2 * number + 1).await;
        world.discord().connected(1).await;
        blow(&line(&world));
        world.on(Chat::Discord, "ben").types("@watchkeeper", "whoami").await;
        until(&mut world, |world| world.discord().direct("ben").messages().len() == 2 * at).await;
        world.on(Chat::Discord, "ben").reads("Ben Chen").await;
        world.discord().resumed(2 * number + 2).await;
        world.discord().connected(1).await;
        world.settle().await;
        for name in ["ana", "ben"] {
            assert_eq!(world.audit(&format!("{name} · asked · whoami")).await.lines().count(), at, "{how}");
        }
        assert_eq!(world.discord().direct("ben").messages().len(), 2 * at, "{how}: a question and an answer each time");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_vote_that_came_while_a_line_was_lost_counts_once() {
    for (how, blow) in BLOWS {
        let (mut world, card) = asked().await;
        blow(&line(&world));
        world.discord().person("ben").reacts("white_check_mark", super::message(&card)).await;
        until(&mut world, |world| status(world, &card).contains("Approved")).await;
        assert_eq!(world.audit("voted").await.lines().count(), 1, "{how}");
        world.end().await;
    }
}

#[tokio::test]
async fn a_session_that_is_gone_is_begun_anew_and_votes_meanwhile_are_looked_up() {
    let (mut world, card) = asked().await;
    let gone = line(&world);
    let before = gone.session();
    world.discord().refuse_next_resume();
    gone.invalidates();
    world.discord().person("ben").reacts("white_check_mark", super::message(&card)).await;
    world.discord().connected(1).await;
    assert_ne!(line(&world).session(), before);
    assert!(world.on(Chat::Discord, "ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    world.advance("10m").await;
    assert!(status(&world, &card).contains("Approved"), "{}", status(&world, &card));
    world.end().await;
}

#[tokio::test]
async fn a_resume_that_is_refused_begins_anew() {
    let mut world = world().await;
    world.discord().refuse_next_resume();
    line(&world).cuts();
    line(&world).gone().await;
    world.discord().connected(1).await;
    assert!(world.on(Chat::Discord, "ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    world.end().await;
}

#[tokio::test]
async fn a_refused_token_or_intent_shows_in_health_and_is_tried_again() {
    for (code, why) in [(4004, "does not take DISCORD_TOKEN"), (4014, "listen to what it needs")] {
        let mut world = world().await;
        let before = world.discord().calls_of("GET /gateway").len();
        line(&world).closes(code);
        world.until(async |world| ready(world).await.1.contains(why)).await;
        world.until(async |world| ready(world).await.0 == 200).await;
        assert!(world.discord().calls_of("GET /gateway").len() > before);
        assert!(world.on(Chat::Discord, "ana").asks("ops", "/whoami").await.contains("Ana Ruiz"), "{code}");
        world.end().await;
    }
}

#[tokio::test]
async fn a_gateway_that_can_not_be_found_at_the_start_is_looked_for_until_it_is() {
    let mut world = world().await;
    world.stop().await;
    let discord = world.discord().clone();
    let before = discord.calls_of("GET /gateway").len();
    discord.fail_all("GET /gateway", Fault::Status(500));
    let mends = async {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        while discord.calls_of("GET /gateway").len() < before + 2 {
            looks.tick().await;
        }
        discord.heal();
    };
    tokio::join!(world.revive(), mends);
    world.until(async |world| ready(world).await.0 == 200).await;
    assert!(world.on(Chat::Discord, "ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    world.end().await;
}

#[tokio::test]
async fn the_connection_is_made_to_where_the_api_said_and_nowhere_else() {
    let mut world = world().await;
    let passes = Gate::closed();
    passes.open();
    // The bot is told where the gateway is, and whoever asks again is not.
    world.discord().fail_next("GET /gateway", Fault::Held(passes));
    world.discord().fail_all("GET /gateway", Fault::Status(500));
    line(&world).closes(4014);
    world.until(async |world| ready(world).await.0 == 503).await;
    world.discord().connected(1).await;
    world.discord().heal();
    assert!(world.on(Chat::Discord, "ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    world.end().await;
}

#[tokio::test]
async fn what_discord_tells_twice_is_done_once() {
    let (mut world, card) = asked().await;
    let discord = world.discord().clone();
    let asked = discord.person("ana").types("ops", "/whoami").await;
    let wrote = discord.person("ben").types("ops", "@watchkeeper whoami").await;
    let clicked = discord.person("ben").clicks(super::message(&card), "Approve").await;
    for done in [asked, wrote, clicked] {
        discord.redeliver(&done.deliveries[0]).await;
        world.settle().await;
        discord.redeliver(&done.deliveries[0]).await;
        world.settle().await;
    }
    for (words, times) in [("ana · asked · whoami", 1), ("ben · asked · whoami", 1), ("ben · voted", 1)] {
        assert_eq!(world.audit(words).await.lines().count(), times, "{words}");
    }
    world.on(Chat::Discord, "ana").reads("Ana Ruiz").await;
    world.on(Chat::Discord, "ben").reads("Ben Chen").await;
    world.on(Chat::Discord, "ben").reads("Your approval of CHG-1 counts").await;
    discord.channel("shop-ops").read_all();
    world.finish().await;
}

#[tokio::test]
async fn a_bot_that_was_away_finds_its_way_back() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let card = ask(&mut world).await;
    world.kill().await;
    world.discord().person("bea").reacts("white_check_mark", super::message(&card)).await;
    world.revive().await;
    assert!(status(&world, &card).contains("Approved"), "{}", status(&world, &card));
    assert_eq!(world.audit("voted").await.lines().count(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_line_that_answers_no_heartbeat_is_replaced() {
    let (heartbeat_every, patience) = (Duration::from_millis(300), Duration::from_secs(30));
    let discord = Discord::start(DiscordOptions { heartbeat_every, patience, ..DiscordOptions::default() }).await;
    let (ears, mut heard) = mpsc::unbounded_channel();
    let bot = Bot::on(&discord, Arc::new(Ears(ears))).await;
    let deaf = discord.connections().remove(0);
    deaf.goes_deaf();
    deaf.gone().await;
    discord.connected(1).await;
    let told = json!({ "user_id": "5", "channel_id": "7", "message_id": "8", "guild_id": GUILD_ID,
        "emoji": { "id": null, "name": "✅" }, "burst": false, "type": 0 });
    discord.deliver_event("MESSAGE_REACTION_ADD", told).await;
    assert!(matches!(heard.recv().await, Some(Event::Nudged(_))));
    assert!(bot.platform.health().ok, "{}", bot.platform.health().words);
    bot.ends().await;
}
