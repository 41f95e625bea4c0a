//! Both chats at once: a person is one person, and what is on both stands alike on both.

use insta::assert_snapshot;
use standins::aws::{Strategy, Timeout};
use standins::world::{Chat, Chats, Choices, DEPLOYMENTS, World};

use super::{ASK, status};

async fn both(choices: Choices) -> World {
    let world = World::with(Choices { chats: Chats::Both, ..choices }).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world
}

#[tokio::test]
async fn one_person_on_both_chats_has_one_vote() {
    let two = [("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")];
    let mut world = both(Choices::with_policy(&two)).await;
    world.on(Chat::Slack, "ana").asks("ops", ASK).await;
    let card = world.finds(Chat::Slack, "shop-ops", "CHG-1").await;
    world.on(Chat::Slack, "ben").reacts("white_check_mark", &card).await;
    let said = world.on(Chat::Discord, "ben").asks("ops", "/change approve CHG-1").await;
    assert_snapshot!(said, @"Your approval of CHG-1 counts. Its card shows how it stands.");
    assert_snapshot!(status(&world, &card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    let said = world.on(Chat::Discord, "ana").asks("ops", "/change approve CHG-1").await;
    assert_snapshot!(said, @"Your vote on CHG-1 does not count. You asked for it yourself, so somebody else has to approve it.");
    let said = world.on(Chat::Discord, "bea").asks("ops", "/change approve CHG-1").await;
    assert_snapshot!(said, @"Your approval of CHG-1 counts. Its card shows how it stands.");
    assert_snapshot!(status(&world, &card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    assert_snapshot!(world.audit("vote").await, @"
    ben · voted · CHG-1 · database orders
    ben · voted · CHG-1 · database orders
    bea · voted · CHG-1 · database orders
    ");
    world.end().await;
}

#[tokio::test]
async fn a_change_is_where_it_was_asked_for_and_approved_from_either() {
    let mut world = both(Choices::default()).await;
    world.on(Chat::Discord, "ana").asks("ops", ASK).await;
    let card = world.finds(Chat::Discord, "shop-ops", "CHG-1").await;
    assert_snapshot!(world.on(Chat::Slack, "bea").asks("ops", "/change approve CHG-1").await, @"Your approval of CHG-1 counts. Its card shows how it stands.");
    assert_snapshot!(status(&world, &card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    let shown = world.on(Chat::Slack, "ana").asks("ops", "/change show CHG-1").await;
    assert!(shown.contains("✅ @bea"), "{shown}");
    world.end().await;
}

#[tokio::test]
async fn a_deployment_is_shown_on_both_and_its_gate_answered_from_either() {
    let mut world = both(Choices { config: DEPLOYMENTS.to_owned(), ..Choices::default() }).await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).await;
    world.aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Rollback).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("6m").await;
    let card = world.finds(Chat::Slack, "shop-ops", "CHG-1 · orders").await;
    assert_snapshot!(world.on(Chat::Discord, "ana").asks("ops", "/change approve CHG-1").await, @"Your approval of CHG-1 counts. Its card shows how it stands.");
    world.advance("2m").await;
    assert_snapshot!(status(&world, &card), @"✅ Done. It goes on: the deployment is running, green has the test traffic.");
    let slack = world.finds(Chat::Slack, "shop-ops", "orders · shop/prod").await;
    let discord = world.finds(Chat::Discord, "shop-ops", "orders · shop/prod").await;
    assert_eq!(world.again("shop-ops", &slack).plain(), world.again("shop-ops", &discord).plain());
    world.end().await;
}

#[tokio::test]
async fn one_chat_that_is_down_keeps_the_other_going() {
    let mut world = both(Choices::default()).await;
    world.discord().fail_all("*", standins::discord::Fault::Status(503));
    world.discord().connections()[0].cuts();
    let said = world.on(Chat::Slack, "ana").asks("ops", ASK).await;
    assert!(said.starts_with("CHG-1 waits"), "{said}");
    world.discord().heal();
    world.discord().connected(1).await;
    assert!(world.on(Chat::Discord, "ben").asks("ops", "/change approve CHG-1").await.contains("CHG-1"));
    world.end().await;
}
