//! Interactions: each is acknowledged in time and answered once, where its asker can read it, however long that takes.

use standins::discord::{Fault, NewChannel, Submitted};
use standins::world::{ALERTS, Chat, Chats, Choices, World};

use super::{ASK, ask, asked, message, status, world};

const ORIGINAL: &str = "PATCH /webhooks/{application}/{token}/messages/{message}";
const CALLBACK: &str = "POST /interactions/{interaction}/{token}/callback";

#[tokio::test]
async fn an_answer_that_outlasts_its_token_comes_directly() {
    let mut world = world().await;
    world.discord().fail_all(ORIGINAL, Fault::Status(500));
    world.on(Chat::Discord, "ana").types("ops", "/whoami").await;
    world.advance("10m").await;
    assert!(world.discord().person("ana").is_waiting());
    world.advance("6m").await;
    world.discord().heal();
    world.advance("10m").await;
    let said = world.discord().person("ana").expect("Ana Ruiz").await;
    assert_eq!((said.only_for.as_ref(), said.channel.as_str()), (None, world.discord().direct("ana").id()));
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_a_killed_bot_owed_comes_directly() {
    let mut world = world().await;
    world.discord().fail_all(ORIGINAL, Fault::Status(500));
    world.on(Chat::Discord, "ana").types("ops", "/whoami").await;
    world.kill().await;
    world.discord().heal();
    let later = world.now() + jiff::SignedDuration::from_mins(16);
    world.pass(later).await;
    world.revive().await;
    let said = world.discord().person("ana").expect("Ana Ruiz").await;
    assert_eq!(said.only_for, None);
    world.end().await;
}

#[tokio::test]
async fn whose_direct_messages_are_closed_is_told_so_where_they_asked() {
    let mut world = world().await;
    world.discord().change_person("ana", |ana| ana.takes_direct_messages = false);
    world.discord().fail_all(ORIGINAL, Fault::Status(500));
    world.on(Chat::Discord, "ana").types("ops", "/whoami").await;
    world.advance("16m").await;
    world.discord().heal();
    world.advance("2h").await;
    let said = world.discord().messages("ops");
    let said: Vec<&str> = said.iter().map(standins::discord::Message::plain).collect();
    insta::assert_snapshot!(said.join("\n---\n"), @"@ana I can't write to you directly: allow direct messages from this server in your privacy settings, then ask again.");
    assert_eq!(world.discord().channel("ops").expect("I can't write to you").await.pings.people, ["ana"]);
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_discord_does_not_take_at_first_is_given_all_the_same() {
    for fault in [Fault::Status(500), Fault::Cut, Fault::CutAfterActing] {
        let mut world = world().await;
        world.discord().fail_next(CALLBACK, fault.clone());
        world.on(Chat::Discord, "stranger").types("ops", "/whoami").await;
        let said = world.on(Chat::Discord, "stranger").reads("I don't know").await;
        assert_eq!(message(&said).only_for.as_deref(), Some(world.discord().person("stranger").id()), "{fault:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn an_answer_whose_interaction_can_not_be_responded_to_comes_directly() {
    let world = world().await;
    world.discord().fail_next(CALLBACK, Fault::Error(10062));
    // Discord's own notice comes once nobody waits for a response any more.
    let (stranger, ana) = (world.discord().person("stranger"), world.discord().person("ana"));
    tokio::select! {
        _ = stranger.types("ops", "/whoami") => {}
        said = stranger.expect("I don't know") => assert_eq!(said.only_for, None),
    }
    world.discord().fail_next(CALLBACK, Fault::Error(10062));
    tokio::select! {
        _ = ana.types("ops", "/whoami") => {}
        said = ana.expect("Ana Ruiz") => assert_eq!(said.only_for, None),
    }
    world.end().await;
}

#[tokio::test]
async fn a_slow_look_keeps_no_interaction_waiting() {
    let mut world = world().await;
    let gate = world.discord().hold_next("GET /guilds/{guild}/members/{user}");
    let ana = world.discord().person("ana");
    let done = ana.types("ops", "/whoami").await;
    assert_eq!(done.deliveries[0].answer().map(|answer| answer["type"].clone()), Some(5.into()));
    gate.open();
    world.settle().await;
    let said = world.on(Chat::Discord, "ana").reads("").await;
    assert!(!ana.is_waiting(), "{}", said.plain());
    world.end().await;
}

#[tokio::test]
async fn a_double_click_is_one_vote() {
    let two = [("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")];
    let mut world = World::with(Choices { chats: Chats::Discord, ..Choices::with_policy(&two) }).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let card = ask(&mut world).await;
    let ben = world.discord().person("ben");
    tokio::join!(ben.clicks_late(message(&card), "Approve"), ben.clicks_late(message(&card), "Approve"));
    world.settle().await;
    assert!(status(&world, &card).contains("1 so far"), "{}", status(&world, &card));
    world.end().await;
}

/// A search whose buttons have more to say than an id of Discord's holds.
const LONG: &str =
    "/audit search --by @ana --action whoami --outcome answered --since 2026-11-01T00:00:00Z --until 2027-11-01T00:00:00Z";

#[tokio::test]
async fn a_button_with_much_to_say_works_and_after_a_restart_too() {
    let mut world = world().await;
    for _ in 0..12 {
        world.on(Chat::Discord, "ana").asks("ops", "/whoami").await;
    }
    world.on(Chat::Discord, "aud").types("ops", LONG).await;
    let page = world.on(Chat::Discord, "aud").reads("Older").await;
    let ids = serde_json::to_string(&message(&page).current().components).unwrap();
    assert!(ids.contains("swap#"), "{ids}");
    world.restart().await;
    world.on(Chat::Discord, "aud").clicks(&page, "Older").await;
    let older = world.on(Chat::Discord, "aud").reads("Newest").await;
    assert_eq!(message(&older).id, message(&page).id, "it is turned in place");
    let long_ago = world.now() + jiff::SignedDuration::from_hours(91 * 24);
    world.stop().await;
    world.pass(long_ago).await;
    world.revive().await;
    let aud = world.discord().person("aud");
    aud.clicks_late(message(&older), "Newest").await;
    insta::assert_snapshot!(aud.expect("too old").await.plain(), @"That is too old for me to act on. Nothing was done. Ask anew, please.");
    world.end().await;
}

#[tokio::test]
async fn another_server_is_told_that_it_is_another_one() {
    let (mut world, card) = asked().await;
    let config = std::fs::read_to_string(world.folder().join("watchkeeper.toml")).unwrap();
    world.writes("watchkeeper.toml", &config.replace(standins::discord::GUILD_ID, "100000000000000009"));
    world.restart().await;
    let said = world.on(Chat::Discord, "ana").asks("ops", "/whoami").await;
    insta::assert_snapshot!(said, @"I work on the server I was set up for, and not here. Nothing was done.");
    world.on(Chat::Discord, "ben").clicks(&card, "Approve").await;
    assert_eq!(world.on(Chat::Discord, "ben").reads("not here").await.plain(), said);
    world.discord().person("ana").types("ops", "@watchkeeper whoami").await;
    world.settle().await;
    assert!(!world.audit("").await.contains("voted") && !world.audit("").await.contains("whoami"));
    // What belongs to a server it is not in is refused to it.
    world.discord().take_violations();
    world.end().await;
}

#[tokio::test]
async fn a_form_that_does_not_fit_says_why_and_what_was_entered() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.on(Chat::Discord, "ana").types("ops", "/change freeze start").await;
    let ana = world.discord().person("ana");
    let form = ana.sees_form_with("change freeze start").await;
    insta::assert_snapshot!(form.plain(), @"
    change freeze start
    End: []
    Project: []
    Why: []
    ");
    for field in &form.fields {
        ana.fills(&field.label, "midnight").await;
    }
    assert_eq!(ana.submits().await, Submitted::Closed);
    world.settle().await;
    insta::assert_snapshot!(world.on(Chat::Discord, "ana").reads("midnight").await.plain(), @"
    That form can't be used as it is. Ask again, please.
    midnight does not fit --until: people read that in two ways; give a day and an hour, such as sat 02:00.
    You entered change freeze start '--project=midnight' '--until=midnight' '--reason=midnight'.
    ");
    world.end().await;
}

#[tokio::test]
async fn a_form_that_does_not_open_says_what_is_missing() {
    let mut world = World::with(Choices { chats: Chats::Discord, config: ALERTS.to_owned(), ..Choices::default() }).await;
    world.fires(&[("alertname", "HighErrorRate"), ("severity", "critical"), ("project", "shop")]).await;
    world.discord().fail_next(CALLBACK, Fault::Error(10062));
    let ana = world.discord().person("ana");
    tokio::select! {
        _ = ana.types("ops", "/alert note ALR-1") => panic!("nobody responds"),
        said = ana.expect("alert note") => insta::assert_snapshot!(said.plain(), @"The form did not open. alert note still needs TEXT. help alert note shows how it goes."),
    }
    world.end().await;
}

#[tokio::test]
async fn an_answer_for_all_leaves_nobody_thinking() {
    let mut world = world().await;
    world.discord().add_channel(NewChannel::public("notices").read_only());
    world.discord().add_channel(NewChannel::private("secret").with_members(&["ana"]).without_bot());
    let ana = world.discord().person("ana");
    world.on(Chat::Discord, "ana").types("ops", "/rds list --share").await;
    assert!(!ana.is_waiting() && ana.ephemerals().is_empty());
    world.discord().channel("ops").expect("There is no database").await;
    for channel in ["notices", "secret"] {
        let said = world.on(Chat::Discord, "ana").asks(channel, "/rds list --share").await;
        assert!(said.ends_with("Invite me, and ask again with --share."), "{channel}: {said}");
        assert!(!ana.is_waiting(), "{channel}");
    }
    world.finish().await;
}

#[tokio::test]
async fn what_is_typed_is_completed_from_what_there_is() {
    let mut world = world().await;
    for number in 0..30 {
        world.aws.database(&format!("orders-{number:02}"), "mysql", "8.0.35").await;
    }
    world.aws.database(&"x".repeat(60), "mysql", "8.0.35").await;
    world.settle().await;
    let ana = world.discord().person("ana");
    let offered = ana.autocompletes("ops", "/rds upgrade", "id", "").await;
    assert_eq!(offered.len(), 25);
    assert!(offered.iter().all(|(_, value)| value.as_str().is_some_and(|value| value.len() <= 100)), "{offered:?}");
    let offered = ana.autocompletes("ops", "/rds upgrade", "id", "orders-07").await;
    insta::assert_snapshot!(format!("{offered:?}"), @r#"[("orders-07 · mysql 8.0.35 · shop/prod", String("orders-07"))]"#);
    let offered = ana.autocompletes("ops", "/rds upgrade orders-07", "to", "8.4.9").await;
    insta::assert_snapshot!(format!("{offered:?}"), @r#"[("8.4.9 (major)", String("8.4.9"))]"#);
    let offered = world.discord().person("stranger").autocompletes("ops", "/rds upgrade", "id", "").await;
    assert_eq!(offered, [], "nobody who is not known is told what there is");
    world.end().await;
}

#[tokio::test]
async fn a_command_while_another_one_hangs_is_answered() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let gate = world.discord().hold_next(ORIGINAL);
    let (ana, ben) = (world.discord().person("ana"), world.discord().person("ben"));
    ana.types("ops", ASK).await;
    ben.types("ops", "/whoami").await;
    ben.expect("Ben Chen").await;
    assert!(ana.is_waiting());
    gate.open();
    ana.expect("CHG-1 waits").await;
    world.settle().await;
    world.end().await;
}
