//! What goes alike on every chat: one suite, run on each.

use insta::{allow_duplicates, assert_snapshot};
use standins::world::{ALERTS, Chat, Chats, Choices, IDENTITY_CENTER, World};

/// Runs conversations on each chat.
macro_rules! on_every_chat {
    ($($name:ident),* $(,)?) => {
        mod slack {
            $(#[tokio::test] async fn $name() { super::$name(super::Chat::Slack).await; })*
        }

        mod discord {
            $(#[tokio::test] async fn $name() { super::$name(super::Chat::Discord).await; })*
        }
    };
}

on_every_chat!(
    a_list_reaches_its_asker_alone_and_everybody_when_it_is_shared,
    an_approved_upgrade_survives_a_restart,
    a_vote_can_be_taken_back_and_nobody_approves_their_own,
    a_button_approves_and_what_was_cast_while_the_bot_was_away_counts,
    who_may_not_is_told_why,
    strangers_and_guests_are_told_whom_to_ask,
    a_mention_and_a_direct_message_are_commands_too,
    a_long_list_is_turned_in_place,
    words_from_outside_stay_words,
    an_alert_is_acknowledged_and_resolved,
    a_form_asks_for_what_is_missing,
    a_list_is_given_as_a_file,
    access_is_given_for_a_while_and_handed_back,
);

async fn world(chat: Chat) -> World {
    with(chat, Choices::default()).await
}

async fn with(chat: Chat, choices: Choices) -> World {
    let chats = match chat {
        Chat::Slack => Chats::Slack,
        Chat::Discord => Chats::Discord,
    };
    World::with(Choices { chats, ..choices }).await
}

async fn a_list_reaches_its_asker_alone_and_everybody_when_it_is_shared(chat: Chat) {
    let mut world = world(chat).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let alone = world.on(chat, "ana").asks("ops", "/rds list").await;
    allow_duplicates! { assert_snapshot!(alone, @"
    1 database

    Database  Version       Belongs to  Account    Support
    orders    mysql 8.0.35  shop/prod   shop-prod  extended to 2029-07-31
    ") };
    let said = world.on(chat, "ana").asks("ops", "/rds list --share").await;
    assert_eq!(said, "", "nothing is left for the asker alone");
    assert_eq!(world.finds(chat, "ops", "orders").await.plain(), alone);
    world.finish().await;
}

async fn an_approved_upgrade_survives_a_restart(chat: Chat) {
    let mut world = world(chat).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let said = world.on(chat, "ana").asks("ops", "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await;
    allow_duplicates! { assert_snapshot!(said, @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.") };
    let card = world.finds(chat, "shop-ops", "CHG-1").await;
    allow_duplicates! { assert_snapshot!(card.plain(), @"
    CHG-1 · orders: mysql 8.0.35 → 8.0.40
    ⏳ Waits for 1 approval of dba until today 6:00 PM.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts Nov 28, 2026 1:00 AM
    1. Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    2. Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    3. Follow it to the end, verify version and state, and report how long it was unavailable.
    Prechecks
    ⚠️ Free storage: 100 GiB that do not grow by themselves; see FreeStorageSpace in CloudWatch
    ⚠️ Downtime: expect some minutes
    ⚠️ Support: 8.0.40: ended 2026-07-31, extended until 2029-07-31
    ✅ Target · State · Pending changes · Backups · Parameter group · Replicas · Deletion protection · Instance class
    What can go wrong
    • Connections are dropped while the engine restarts; applications must reconnect.
    • AWS can't take an upgrade back. The way back is to restore the snapshot into a new database, without what was written since.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 6cff12b4.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ") };
    world.on(chat, "ben").reacts("white_check_mark", &card).await;
    world.restart().await;
    world.advance_to("2026-11-28T04:00:00Z".parse().unwrap()).await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    allow_duplicates! { assert_snapshot!(world.again("shop-ops", &card).plain(), @"
    CHG-1 · orders: mysql 8.0.35 → 8.0.40
    ✅ Done. orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 18 min 30 s; unavailable for 1 min 30 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts today 1:00 AM
    1. Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    2. Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    3. Follow it to the end, verify version and state, and report how long it was unavailable.
    ✅ approved by @ben Nov 25, 2026 10:00 AM
    [Details]
    ") };
    allow_duplicates! { assert_snapshot!(world.under("shop-ops", &card).join("\n"), @"
    CHG-1 · orders: mysql 8.0.35 → 8.0.40
    ✅ Done. orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 18 min 30 s; unavailable for 1 min 30 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts today 1:00 AM
    1. Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    2. Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    3. Follow it to the end, verify version and state, and report how long it was unavailable.
    ✅ approved by @ben Nov 25, 2026 10:00 AM
    [Details]
    AWS is taking the snapshot wk-orders-8-0-40.
    The snapshot wk-orders-8-0-40 is 0 % done.
    The snapshot wk-orders-8-0-40 is 25 % done.
    The snapshot wk-orders-8-0-40 is 50 % done.
    The snapshot wk-orders-8-0-40 is 75 % done.
    The snapshot wk-orders-8-0-40 is complete.
    AWS took the request to upgrade orders to 8.0.40.
    orders is available; AWS has not begun yet.
    orders is upgrading. AWS: “The engine version upgrade started”
    orders is upgrading. AWS: “DB instance shutdown”
    orders is upgrading. AWS: “DB instance restarted”
    orders is available on 8.0.40.
    @ana: orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 18 min 30 s; unavailable for 1 min 30 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
    ") };
    let ending = world.end().await;
    allow_duplicates! { assert_snapshot!(ending.audit(), @"
    ana · asked · rds upgrade · database orders
    ana · planned · CHG-1 · database orders
    ana · answered · rds upgrade · database orders · planned
    ben · voted · CHG-1 · database orders
    watchkeeper · approved · CHG-1 · database orders
    watchkeeper · reminded · CHG-1 · database orders
    watchkeeper · reminded · CHG-1 · database orders
    watchkeeper · reminded · CHG-1 · database orders
    watchkeeper · started · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · ended · CHG-1 · database orders · succeeded
    ") };
}

async fn a_vote_can_be_taken_back_and_nobody_approves_their_own(chat: Chat) {
    let two = [("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")];
    let mut world = with(chat, Choices::with_policy(&two)).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.on(chat, "ana").asks("ops", "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await;
    let card = world.finds(chat, "shop-ops", "CHG-1").await;
    let status = |world: &World| world.again("shop-ops", &card).plain().lines().nth(1).unwrap_or_default().to_owned();
    world.on(chat, "ana").reacts("white_check_mark", &card).await;
    let said = world.on(chat, "ana").reads("CHG-1").await;
    allow_duplicates! { assert_snapshot!(said.plain(), @"Your vote on CHG-1 does not count. You asked for it yourself, so somebody else has to approve it.") };
    world.on(chat, "ben").reacts("white_check_mark", &card).await;
    allow_duplicates! { assert_snapshot!(status(&world), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.") };
    world.on(chat, "ben").unreacts("white_check_mark", &card).await;
    allow_duplicates! { assert_snapshot!(status(&world), @"⏳ Waits for 2 approvals of dba until today 6:00 PM.") };
    world.on(chat, "bea").reacts("x", &card).await;
    allow_duplicates! { assert_snapshot!(status(&world), @"🚫 Rejected by @bea. Nothing was changed.") };
    world.end().await;
}

async fn a_button_approves_and_what_was_cast_while_the_bot_was_away_counts(chat: Chat) {
    let two = [("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")];
    let mut world = with(chat, Choices::with_policy(&two)).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.on(chat, "ana").asks("ops", "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await;
    let card = world.finds(chat, "shop-ops", "CHG-1").await;
    world.on(chat, "ben").clicks(&card, "Approve").await;
    let said = world.on(chat, "ben").reads("CHG-1").await;
    allow_duplicates! { assert_snapshot!(said.plain(), @"Your approval of CHG-1 counts. Its card shows how it stands.") };
    world.stop().await;
    world.reacts_while_away(chat, "bea", "white_check_mark", &card).await;
    world.revive().await;
    let now = world.again("shop-ops", &card);
    allow_duplicates! { assert_snapshot!(now.plain().lines().nth(1).unwrap_or_default(), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.") };
    world.end().await;
}

async fn who_may_not_is_told_why(chat: Chat) {
    let mut world = world(chat).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let said = world.on(chat, "dev").asks("ops", "/rds upgrade orders --to 8.0.40").await;
    allow_duplicates! { assert_snapshot!(said, @"You may not run rds upgrade. No rule permits it. People in dba or sre may run it. Ask Ana Ruiz, Bea Ode or Ben Chen.") };
    let said = world.on(chat, "ana").asks("ops", "/rds upgrade nothing --to 8.0.40").await;
    allow_duplicates! { assert_snapshot!(said, @"There is no database nothing. rds list shows those you may see.") };
    world.finish().await;
}

async fn strangers_and_guests_are_told_whom_to_ask(chat: Chat) {
    let mut world = world(chat).await;
    let said = world.on(chat, "stranger").asks("ops", "/whoami").await;
    assert!(said.starts_with("I don't know"), "{said}");
    let said = world.on(chat, "guest").asks("ops", "/whoami").await;
    assert!(said.contains("can't use Watchkeeper"), "{said}");
    world.finish().await;
}

async fn a_mention_and_a_direct_message_are_commands_too(chat: Chat) {
    let mut world = world(chat).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let typed = world.on(chat, "ana").asks("ops", "/rds list").await;
    world.on(chat, "ana").types("ops", "@watchkeeper rds list").await;
    assert_eq!(world.on(chat, "ana").reads("orders").await.plain(), typed);
    world.on(chat, "ana").types("@watchkeeper", "rds list").await;
    assert_eq!(world.on(chat, "ana").reads("orders").await.plain(), typed);
    world.on(chat, "ana").types("ops", "nobody means the bot").await;
    world.end().await;
}

async fn a_long_list_is_turned_in_place(chat: Chat) {
    let mut world = world(chat).await;
    for number in 0..25 {
        world.aws.database(&format!("orders-{number:02}"), "mysql", "8.0.35").await;
    }
    world.on(chat, "ana").types("ops", "/rds list").await;
    let list = world.on(chat, "ana").reads("orders-00").await;
    world.on(chat, "ana").clicks(&list, "Next ›").await;
    let turned = world.on(chat, "ana").reads("orders-10").await;
    assert!(!turned.plain().contains("orders-00"), "{}", turned.plain());
    world.finish().await;
}

async fn words_from_outside_stay_words(chat: Chat) {
    let mut world = with(chat, Choices { config: ALERTS.to_owned(), ..Choices::default() }).await;
    let trap = "@everyone @here <!channel> <@1> <@&2> [x](https://evil.example) **loud** ```\n# big";
    world.fires(&[("alertname", trap), ("severity", "warning"), ("project", "shop")]).await;
    let card = world.finds(chat, "shop-ops", "ALR-1").await;
    assert!(card.plain().contains("@everyone @here"), "{}", card.plain());
    world.end().await;
}

async fn an_alert_is_acknowledged_and_resolved(chat: Chat) {
    let mut world = with(chat, Choices { config: ALERTS.to_owned(), ..Choices::default() }).await;
    world.fires(&[("alertname", "HighErrorRate"), ("severity", "critical"), ("project", "shop")]).await;
    let card = world.finds(chat, "shop-ops", "ALR-1").await;
    world.on(chat, "ana").reacts("eyes", &card).await;
    let now = world.again("shop-ops", &card);
    allow_duplicates! { assert_snapshot!(now.plain().lines().nth(1).unwrap_or_default(), @"Critical, wrong since today 10:00 AM. 👀 @ana has had it since today 10:00 AM, until today 2:00 PM.") };
    world.on(chat, "ana").asks("ops", "/alert resolve ALR-1 --note 'rolled back'").await;
    let now = world.again("shop-ops", &card);
    allow_duplicates! { assert_snapshot!(now.plain().lines().nth(1).unwrap_or_default(), @"✅ Resolved by @ana today 10:00 AM, 2 s after it came. “rolled back” Its source has not said so yet.") };
    allow_duplicates! { assert_snapshot!(world.under("shop-ops", &card).join("\n"), @"
    ✅ ALR-1 · HighErrorRate
    ✅ Resolved by @ana today 10:00 AM, 2 s after it came. “rolled back” Its source has not said so yet.
    Where shop
    Source prometheus
    Graph · Alertmanager
    alertname=HighErrorRate · project=shop · severity=critical
    Last: ✅ @ana resolved it after 2 s: rolled back
    [Details]
    👀 @ana takes it until today 2:00 PM.
    ✅ @ana resolved it after 2 s: rolled back
    ") };
    world.end().await;
}

async fn a_form_asks_for_what_is_missing(chat: Chat) {
    let mut world = with(chat, Choices { config: ALERTS.to_owned(), ..Choices::default() }).await;
    world.fires(&[("alertname", "HighErrorRate"), ("severity", "critical"), ("project", "shop")]).await;
    world.reads_all(chat, "shop-ops");
    world.on(chat, "ana").types("ops", "/alert note ALR-1").await;
    let mut labels = world.on(chat, "ana").sees_form("alert note").await;
    // Slack shows them in the order of the command, Discord what is missing first.
    labels.sort();
    allow_duplicates! { assert_snapshot!(labels.join(" · "), @"Alert · What to write down · Why") };
    world.on(chat, "ana").fills("What to write down", "it was the cache").await;
    world.on(chat, "ana").submits().await;
    let card = world.finds(chat, "shop-ops", "cache").await;
    allow_duplicates! { assert_snapshot!(card.plain(), @"
    🔴 ALR-1 · HighErrorRate
    Critical, wrong since today 10:00 AM. Nobody has taken it yet.
    Where shop
    Source prometheus
    Graph · Alertmanager
    alertname=HighErrorRate · project=shop · severity=critical
    Last: 📝 @ana: it was the cache
    [Acknowledge] [Resolve] [Silence 1 h] [Details]
    ") };
    world.end().await;
}

async fn a_list_is_given_as_a_file(chat: Chat) {
    let mut world = world(chat).await;
    for number in 0..40 {
        world.aws.database(&format!("orders-{number:02}"), "mysql", "8.0.35").await;
    }
    world.on(chat, "ana").types("ops", "/rds list --csv").await;
    let said = world.on(chat, "ana").reads("(file: databases.csv)").await;
    let content = world.file(&said, "databases.csv");
    assert_eq!(content.lines().count(), 41, "{content}");
    assert!(content.starts_with("database,kind,engine,version"), "{content}");
    world.end().await;
}

async fn access_is_given_for_a_while_and_handed_back(chat: Chat) {
    let choices = Choices { config: IDENTITY_CENTER.to_owned(), ..Choices::default() };
    let mut world = with(chat, choices).await;
    world.aws.user("ben", "ben@example.com").named("Ben", "Chen").await;
    world.aws.permission_set("PowerUserAccess").await;
    let ask = "/access grant --account shop-prod --permission-set PowerUserAccess --for 2h --reason 'slow orders'";
    let said = world.on(chat, "ben").asks("ops", ask).await;
    allow_duplicates! { assert_snapshot!(said, @"CHG-1 waits for 1 approval of sre. Its card is in #shop-ops.") };
    let card = world.finds(chat, "shop-ops", "CHG-1").await;
    world.on(chat, "ana").reacts("white_check_mark", &card).await;
    world.advance("10s").await;
    assert_eq!(world.aws.assignments().await.len(), 1, "{}", world.again("shop-ops", &card).plain());
    let again = world.again("shop-ops", &card);
    allow_duplicates! { assert_snapshot!(again.plain(), @"
    CHG-1 · ben: PowerUserAccess in shop-prod for 2 h
    ▶️ Running since today 10:00 AM.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why slow orders
    1. Give ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod (111122223333).
    2. Take it back 2 h after AWS has confirmed it.
    3. Today: ben has no access to this account.
    ✅ approved by @ana today 10:00 AM
    Last: Granted: @ben has PowerUserAccess in shop-prod until today 12:00 PM. Sign in at https://acme.awsapps.com/start.
    [Hand back] [Extend] [Details]
    ") };
    world.on(chat, "ben").clicks(&again, "Hand back").await;
    world.advance("1m").await;
    assert_eq!(world.aws.assignments().await.len(), 0, "{}", world.again("shop-ops", &card).plain());
    world.end().await;
}
