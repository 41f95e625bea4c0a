//! The bot's standing on its server: invited, sent away, refused here and there; and what it says when it can't do something.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use commands::message::{Button, Message};
use insta::assert_snapshot;
use standins::discord::{Discord, DiscordOptions, Fault, NewChannel, Scope, User};
use standins::world::{Chat, World};
use tokio::sync::{Notify, mpsc};
use watchkeeper::platform::{Ack, Event, Inbound, Platform as _, Target};

use super::alone::Bot;
use super::{ASK, ask, cards, message, status, world};
use crate::ears::Ears;

const COMMANDS: &str = "GET /applications/{application}/guilds/{guild}/commands";
const POST: &str = "POST /channels/{channel}/messages";
const EDIT: &str = "PATCH /channels/{channel}/messages/{message}";

async fn health(world: &World) -> String {
    reqwest::get(format!("{}/health/ready", world.bot_url())).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn whoever_invites_the_bot_gets_its_commands_with_it() {
    let mut world = world().await;
    let discord = world.discord().clone();
    discord.breaks_down().await;
    world.settle().await;
    assert!(!health(&world).await.contains("not on the server"), "Discord may be out of order");
    discord.sends_bot_away().await;
    world.until(async |world| health(world).await.contains("the bot is not on the server")).await;
    let health_then = health(&world).await;
    let said = health_then.split("the bot is not").nth(1).and_then(|words| words.split('"').next()).unwrap();
    assert_snapshot!(said, @" on the server: invite it with https://discord.com/oauth2/authorize?client_id=300000000000000001&scope=bot%20applications.commands&permissions=309237763072 and it goes on by itself");
    discord.invites_bot().await;
    world.until(async |world| !health(world).await.contains("not on the server")).await;
    world.settle().await;
    assert!(world.on(Chat::Discord, "ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    world.finish().await;
}

#[tokio::test]
async fn a_bot_that_is_started_before_it_is_invited_says_so_and_waits() {
    let mut world = world().await;
    let discord = world.discord().clone();
    world.stop().await;
    discord.sends_bot_away().await;
    world.revive().await;
    world.until(async |world| health(world).await.contains("the bot is not on the server")).await;
    discord.invites_bot().await;
    world.settle().await;
    let looks = discord.calls_of(COMMANDS).len();
    discord.invites_bot().await;
    world.until(async |world| world.discord().calls_of(COMMANDS).len() > looks).await;
    world.settle().await;
    assert!(world.on(Chat::Discord, "ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    let health = health(&world).await;
    assert!(!health.contains("not on the server") && !health.contains("not registered"), "{health}");
    world.end().await;
}

#[tokio::test]
async fn a_refusal_of_one_message_leaves_health_well() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.discord().fail_next(POST, Fault::Error(50_013));
    world.on(Chat::Discord, "ana").asks("ops", ASK).await;
    assert!(!health(&world).await.contains("50013"));
    assert!(world.audit("undelivered").await.contains("undelivered"));
    world.end().await;
}

#[tokio::test]
async fn a_limit_on_edits_holds_no_new_message_back() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("users", "mysql", "8.0.35").await;
    let card = ask(&mut world).await;
    let limited = Fault::RateLimited { retry_after: Duration::from_secs(60), scope: Scope::Shared };
    world.discord().fail_next(EDIT, limited);
    world.on(Chat::Discord, "ben").reacts("white_check_mark", &card).await;
    assert!(status(&world, &card).contains("Waits"), "{}", status(&world, &card));
    world.on(Chat::Discord, "ana").asks("ops", &ASK.replace("orders", "users")).await;
    world.advance("5s").await;
    assert_eq!(cards(&world, "shop-ops").len(), 2);
    assert_eq!(world.discord().calls_of(EDIT).len(), 1);
    world.advance("60s").await;
    assert!(status(&world, &card).contains("Approved"), "{}", status(&world, &card));
    assert_eq!(world.discord().calls_of(EDIT).len(), 2);
    world.end().await;
}

#[tokio::test]
async fn a_card_that_was_taken_away_comes_again_when_it_changes() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let card = ask(&mut world).await;
    world.discord().takes_away(message(&card));
    world.on(Chat::Discord, "ana").asks("ops", "/change cancel CHG-1").await;
    world.advance("1m").await;
    let cards = cards(&world, "shop-ops");
    assert!(cards.len() == 1 && cards[0].plain().contains("Cancelled"), "{cards:#?}");
    let posts = world.discord().calls_of(POST);
    assert!(posts.iter().any(|call| call.error == Some(10_008)), "Discord knew its nonce still");
    world.end().await;
}

async fn discord() -> Discord {
    Discord::start(DiscordOptions { patience: Duration::from_secs(30), ..DiscordOptions::default() }).await
}

#[tokio::test]
async fn a_button_whose_command_can_not_be_read_says_so() {
    let discord = discord().await;
    let ana = discord.add_person(User::named("ana"));
    let ops = discord.add_channel(NewChannel::public("ops"));
    let bot = Bot::on(&discord, Arc::new(Ears(mpsc::unbounded_channel().0))).await;
    let list = Message::from("A list").buttons(vec![Button::new("Next", format!("audit search {}", "x".repeat(200)))]);
    bot.platform.post(&Target::Channel { channel: "#ops".to_owned(), thread: None }, &list, "list").await.unwrap();
    let list = ops.expect("A list").await;
    ana.clicks(&list, "Next").await;
    assert_snapshot!(ana.expect("broke").await.plain(), @"Something broke on my side while I looked up what this button stands for. Nothing was done. Press it again, please.");
    bot.ends().await;
}

/// Notes each line it was asked once it has taken it. It takes the first one only when it has heard of ben's.
struct Slow {
    taken: mpsc::UnboundedSender<String>,
    bens: Notify,
}

#[async_trait]
impl Inbound for Slow {
    async fn receive(&self, event: Event) -> Ack {
        let Event::Asked(asked) = event else { return Ack::Received };
        match asked.line.as_str() {
            "first" => self.bens.notified().await,
            "bens" => self.bens.notify_one(),
            _ => {}
        }
        self.taken.send(asked.line).unwrap();
        Ack::Received
    }
}

#[tokio::test]
async fn what_one_person_writes_is_taken_in_its_order_and_keeps_nobody_else_waiting() {
    let discord = discord().await;
    let (ana, ben) = (discord.add_person(User::named("ana")), discord.add_person(User::named("ben")));
    discord.add_channel(NewChannel::public("ops"));
    let (taken, mut lines) = mpsc::unbounded_channel();
    let bot = Bot::on(&discord, Arc::new(Slow { taken, bens: Notify::new() })).await;
    ana.types("ops", "@watchkeeper first").await;
    ana.types("ops", "@watchkeeper second").await;
    ben.types("ops", "@watchkeeper bens").await;
    let order = [lines.recv().await.unwrap(), lines.recv().await.unwrap(), lines.recv().await.unwrap()];
    // Ben's and ana's first are taken at the same moment.
    assert_eq!(order[2], "second", "{order:?}");
    bot.ends().await;
}
