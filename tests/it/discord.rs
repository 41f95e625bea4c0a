//! What Discord alone does: its gateway, its tokens, its limits, its roles; and both chats at once.

use insta::assert_snapshot;
use standins::world::{ALERTS, Chat, Chats, Choices, Post, World};

mod alone;
mod answers;
mod both;
mod gateway;
mod limits;
mod roles;
mod standing;

async fn world() -> World {
    World::with(Choices { chats: Chats::Discord, ..Choices::default() }).await
}

#[tokio::test]
async fn an_alert_is_on_both_chats_and_acknowledged_on_either() {
    let mut world = World::with(Choices { chats: Chats::Both, config: ALERTS.to_owned(), ..Choices::default() }).await;
    // Slack tells whose an account is once somebody has spoken there.
    world.on(Chat::Slack, "ana").asks("ops", "/whoami").await;
    world.fires(&[("alertname", "HighErrorRate"), ("severity", "critical"), ("project", "shop")]).await;
    let on_slack = world.finds(Chat::Slack, "shop-ops", "ALR-1").await;
    let on_discord = world.finds(Chat::Discord, "shop-ops", "ALR-1").await;
    assert_eq!(on_slack.plain(), on_discord.plain());
    world.on(Chat::Discord, "ana").reacts("eyes", &on_discord).await;
    let line = |post: &standins::world::Post| post.plain().lines().nth(1).unwrap_or_default().to_owned();
    let (slack, discord) = (world.again("shop-ops", &on_slack), world.again("shop-ops", &on_discord));
    assert_snapshot!(line(&discord), @"Critical, wrong since today 10:00 AM. 👀 @ana has had it since today 10:00 AM, until today 2:00 PM.");
    assert_eq!(line(&slack), line(&discord));
    world.on(Chat::Slack, "ana").clicks(&slack, "Resolve").await;
    let (slack, discord) = (world.again("shop-ops", &on_slack), world.again("shop-ops", &on_discord));
    assert_snapshot!(line(&slack), @"✅ Resolved by @ana today 10:00 AM, 3 s after it came. Its source has not said so yet.");
    assert_eq!(line(&slack), line(&discord));
    assert_snapshot!(world.audit("ALR-1").await, @"
    watchkeeper · alert_opened · alert ALR-1
    ana · alert_acknowledged · alert ALR-1
    ana · answered · alert ack · alert ALR-1 · answered
    watchkeeper · alert_quieting_source · alert ALR-1
    watchkeeper · alert_source_quiet · alert ALR-1
    ana · asked · alert resolve · alert ALR-1
    ana · alert_resolved · alert ALR-1
    ana · answered · alert resolve · alert ALR-1 · answered
    watchkeeper · alert_source_loud · alert ALR-1
    ");
    world.end().await;
}

#[tokio::test]
async fn words_from_outside_ring_nobody_up() {
    let mut world = World::with(Choices { chats: Chats::Discord, config: ALERTS.to_owned(), ..Choices::default() }).await;
    let everybody = world.discord().role("watchers");
    let trap = format!(
        "@everyone @here <@{}> <@&{everybody}> [x](https://evil.example) https://evil.example",
        world.discord().person("ben").id()
    );
    world.fires(&[("alertname", &trap), ("severity", "warning"), ("project", "shop")]).await;
    let card = world.discord().channel("shop-ops").expect("ALR-1").await;
    assert_eq!(card.pings, standins::discord::Pings::default());
    assert!(!card.current().content.contains("[x](https://evil"), "{}", card.current().content);
    world.end().await;
}

#[tokio::test]
async fn the_commands_are_registered_once() {
    let mut world = world().await;
    world.restart().await;
    world.restart().await;
    let writes =
        world.discord().calls().iter().filter(|call| call.route.starts_with("PUT") && call.path.ends_with("/commands")).count();
    assert_eq!(writes, 1);
    world.end().await;
}

/// What ana asks for where a test needs a change.
const ASK: &str = "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'";

/// The same in which ana asked for a change, and its card.
async fn asked() -> (World, Post) {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let card = ask(&mut world).await;
    (world, card)
}

/// Ana asks for a change; its card.
async fn ask(world: &mut World) -> Post {
    world.on(Chat::Discord, "ana").asks("ops", ASK).await;
    world.finds(Chat::Discord, "shop-ops", "CHG-1").await
}

/// How a card stands now: its second line.
fn status(world: &World, card: &Post) -> String {
    world.again("shop-ops", card).plain().lines().nth(1).unwrap_or_default().to_owned()
}

/// Lets the world go on until something holds that Discord brings about by itself.
async fn until(world: &mut World, holds: impl Fn(&World) -> bool) {
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(20));
    for _ in 0..1_500 {
        world.settle().await;
        if holds(world) {
            return;
        }
        looks.tick().await;
    }
    panic!("it holds within half a minute");
}

/// What a card looks like to the stand-in.
fn message(post: &Post) -> &standins::discord::Message {
    let Post::Discord(message) = post else { panic!("{:?} is not on Discord", post.plain()) };
    message
}

/// The cards of changes in a channel.
fn cards(world: &World, channel: &str) -> Vec<standins::discord::Message> {
    let mut messages = world.discord().messages(channel);
    messages.retain(|message| message.plain().starts_with("CHG-"));
    messages
}
