//! What Discord alone does: its gateway, its tokens, its limits, its roles; and both chats at once.

use insta::assert_snapshot;
use standins::world::{ALERTS, Chat, Chats, Choices, World};

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
    assert_snapshot!(line(&slack), @"");
    assert_eq!(line(&slack), line(&discord));
    assert_snapshot!(world.audit("ALR-1").await, @"");
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
