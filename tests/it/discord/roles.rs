//! Who may do what by the roles they hold on Discord, and which emoji are votes.

use insta::assert_snapshot;
use standins::discord::{User, UserKind};
use standins::world::{Chat, Chats, Choices, World};

use super::{ask, asked, message, status, world};

#[tokio::test]
async fn who_loses_the_role_may_do_nothing_within_five_minutes() {
    let (mut world, card) = asked().await;
    assert!(world.on(Chat::Discord, "ben").asks("ops", "/whoami").await.contains("Ben Chen"));
    world.discord().give_roles("ben", &[]).await;
    world.advance("5m").await;
    let said = world.on(Chat::Discord, "ben").asks("ops", "/whoami").await;
    assert_snapshot!(said, @"Guests can't use Watchkeeper. Ask a colleague to do it for you.");
    world.on(Chat::Discord, "ben").reacts("white_check_mark", &card).await;
    assert!(status(&world, &card).contains("Waits"), "{}", status(&world, &card));
    world.on(Chat::Discord, "ben").clicks(&card, "Approve").await;
    assert!(status(&world, &card).contains("Waits"), "{}", status(&world, &card));
    world.discord().change_person("bea", |bea| bea.kind = UserKind::Outside);
    world.advance("6m").await;
    assert_eq!(world.audit("· voted").await, "");
    world.end().await;
}

/// Two auditors approve, and who is one stands on Discord alone.
fn auditors() -> Choices {
    let by_role = [("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"auditors\")")];
    Choices { chats: Chats::Discord, ..Choices::with_policy(&by_role) }
}

#[tokio::test]
async fn a_role_is_a_group_for_as_long_as_it_is_held() {
    let mut world = world().await;
    let refused = world.on(Chat::Discord, "dev").asks("ops", "/audit verify").await;
    assert!(refused.starts_with("You may not"), "{refused}");
    world.discord().give_roles("dev", &["watchers", "auditors"]).await;
    world.advance("5m").await;
    let said = world.on(Chat::Discord, "dev").asks("ops", "/audit verify").await;
    assert!(said.starts_with("The audit log is whole"), "{said}");
    world.discord().give_roles("dev", &["watchers"]).await;
    world.advance("5m").await;
    assert_eq!(world.on(Chat::Discord, "dev").asks("ops", "/audit verify").await, refused);
    world.end().await;
}

#[tokio::test]
async fn an_approver_by_role_counts_until_the_role_is_taken() {
    let mut world = World::with(auditors()).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    for name in ["ben", "bea"] {
        world.discord().give_roles(name, &["watchers", "auditors"]).await;
        world.on(Chat::Discord, name).asks("ops", "/whoami").await;
    }
    let card = ask(&mut world).await;
    world.on(Chat::Discord, "ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"⏳ Waits for 2 approvals of auditors (1 so far) until today 6:00 PM.");
    world.discord().give_roles("ben", &["watchers"]).await;
    world.advance("6m").await;
    world.on(Chat::Discord, "bea").reacts("white_check_mark", &card).await;
    world.advance("10m").await;
    assert_snapshot!(status(&world, &card), @"⏳ Waits for 2 approvals of auditors (1 so far) until today 6:00 PM.");
    world.discord().give_roles("ben", &["watchers", "auditors"]).await;
    world.advance("10m").await;
    assert_snapshot!(status(&world, &card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    world.end().await;
}

#[tokio::test]
async fn bots_and_unfit_emoji_are_no_votes() {
    let (mut world, card) = asked().await;
    let robot = User::named("robot").of_kind(UserKind::Bot).with_roles(&["watchers"]);
    world.discord().add_person(robot);
    for (name, emoji) in [("robot", "white_check_mark"), ("ben", "shipit"), ("ben", "eyes"), ("bea", "+1::skin-tone-3")] {
        world.on(Chat::Discord, name).reacts(emoji, &card).await;
    }
    assert!(status(&world, &card).contains("Waits"), "{}", status(&world, &card));
    assert_eq!(world.audit("· voted").await, "");
    world.end().await;
}

#[tokio::test]
async fn a_skin_tone_is_the_same_emoji_and_one_of_the_server_s_own_counts_for_nothing() {
    let config = "[approvals]\napprove = [\"+1\", \"shipit\"]\n".to_owned();
    let two = [("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")];
    let mut world = World::with(Choices { chats: Chats::Discord, config, ..Choices::with_policy(&two) }).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let card = ask(&mut world).await;
    world.on(Chat::Discord, "ben").reacts("+1::skin-tone-3", &card).await;
    world.on(Chat::Discord, "ben").reacts("+1::skin-tone-5", &card).await;
    assert_snapshot!(status(&world, &card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    world.on(Chat::Discord, "ben").unreacts("+1::skin-tone-3", &card).await;
    assert!(status(&world, &card).contains("1 so far"), "the other one stands");
    world.on(Chat::Discord, "bea").reacts("shipit", &card).await;
    assert!(status(&world, &card).contains("1 so far"), "whoever makes an emoji names it");
    assert_eq!(world.audit("· voted").await.lines().count(), 1);
    world.end().await;
}

#[tokio::test]
async fn emoji_that_a_moderator_takes_away_are_votes_taken_back() {
    let two = [("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")];
    let mut world = World::with(Choices { chats: Chats::Discord, ..Choices::with_policy(&two) }).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let card = ask(&mut world).await;
    let discord = world.discord().clone();
    for clears_all in [true, false] {
        world.on(Chat::Discord, "ben").reacts("white_check_mark", &card).await;
        assert!(status(&world, &card).contains("1 so far"), "{}", status(&world, &card));
        if clears_all {
            discord.clears_reactions(message(&card)).await;
        } else {
            discord.clears_emoji("white_check_mark", message(&card)).await;
        }
        // serenity can't read that one emoji was taken away whole: the next look at the card finds it.
        world.advance(if clears_all { "1s" } else { "10m" }).await;
        assert!(!status(&world, &card).contains("so far"), "{clears_all}: {}", status(&world, &card));
    }
    assert_eq!(world.audit("vote_withdrawn").await.lines().count(), 2);
    world.end().await;
}
