//! Rate limits, lost answers, files and threads: each message is there once, in its place, and nothing is hammered.

use std::time::Duration;

use futures_util::future::join_all;
use standins::discord::{Fault, Scope};
use standins::world::{ALERTS, Chat, Chats, Choices, World, at_every_commit};

use super::{ASK, ask, asked, cards, message, status, world};

const POST: &str = "POST /channels/{channel}/messages";
const EDIT: &str = "PATCH /channels/{channel}/messages/{message}";
const THREAD: &str = "POST /channels/{channel}/messages/{message}/threads";

fn limited(seconds: u64, scope: Scope) -> Fault {
    Fault::RateLimited { retry_after: Duration::from_secs(seconds), scope }
}

#[tokio::test]
async fn discord_is_left_alone_for_as_long_as_it_asks() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.discord().fail_next(POST, limited(30, Scope::User));
    assert!(world.on(Chat::Discord, "ana").asks("ops", ASK).await.starts_with("CHG-1 waits"));
    world.advance("20s").await;
    assert_eq!(cards(&world, "shop-ops").len(), 0);
    world.advance("15s").await;
    assert_eq!(cards(&world, "shop-ops").len(), 1);
    let calls = world.discord().calls_of(POST);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].at.duration_since(calls[0].at).as_secs(), 30);
    let card = world.finds(Chat::Discord, "shop-ops", "CHG-1").await;
    world.discord().fail_next(EDIT, limited(30, Scope::Shared));
    world.on(Chat::Discord, "ben").reacts("white_check_mark", &card).await;
    world.advance("20s").await;
    assert!(status(&world, &card).contains("Waits"), "{}", status(&world, &card));
    world.advance("15s").await;
    assert!(status(&world, &card).contains("Approved"), "{}", status(&world, &card));
    assert_eq!(world.discord().calls_of(EDIT).len(), 2);
    world.end().await;
}

#[tokio::test]
async fn a_limit_for_all_holds_all_but_answers() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("users", "mysql", "8.0.35").await;
    world.discord().fail_next(POST, limited(30, Scope::Global));
    world.on(Chat::Discord, "ana").asks("ops", ASK).await;
    let said = world.on(Chat::Discord, "ana").asks("ops", &ASK.replace("orders", "users")).await;
    assert!(said.starts_with("CHG-2 waits"), "{said}");
    world.advance("20s").await;
    assert_eq!(world.discord().calls_of(POST).len(), 1);
    world.advance("15s").await;
    assert_eq!(cards(&world, "shop-ops").len(), 2);
    assert_eq!(world.discord().calls_of(POST).len(), 3);
    world.end().await;
}

#[tokio::test]
async fn a_storm_keeps_within_the_limits_and_loses_nothing() {
    let mut world = world().await;
    let names: Vec<String> = (1..=12).map(|number| format!("orders-{number}")).collect();
    for name in &names {
        world.aws.database(name, "mysql", "8.0.35").await;
    }
    world.discord().enforce_rate_limits();
    let discord = world.discord().clone();
    let asked = names.iter().map(|name| {
        let ana = discord.person("ana");
        async move { drop(ana.types("ops", &ASK.replace("orders", name)).await) }
    });
    join_all(asked).await;
    world.advance("60s").await;
    assert_eq!(cards(&world, "shop-ops").len(), 12);
    let cancelled = (1..=12).map(|number| {
        let ana = discord.person("ana");
        async move { drop(ana.types("ops", &format!("/change cancel CHG-{number}")).await) }
    });
    join_all(cancelled).await;
    world.advance("2m").await;
    let cancelled = cards(&world, "shop-ops");
    assert!(cancelled.iter().all(|card| card.plain().contains("Cancelled by")), "{cancelled:#?}");
    for card in &cancelled {
        let under = discord.channel("shop-ops").thread(card);
        assert_eq!(
            under.iter().map(|said| said.plain().lines().next().unwrap_or_default()).collect::<Vec<_>>().len(),
            2,
            "{}",
            discord.channel("shop-ops").transcript()
        );
    }
    let refused: Vec<String> =
        discord.calls().iter().filter(|call| call.status == 429).map(|call| format!("{} {}", call.route, call.at)).collect();
    assert_eq!(refused, Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn a_card_whose_posting_was_not_heard_of_is_there_once_and_edited() {
    for fault in [Fault::CutAfterActing, Fault::Cut, Fault::Status(502)] {
        let mut world = world().await;
        world.aws.database("orders", "mysql", "8.0.35").await;
        world.discord().fail_next(POST, fault.clone());
        world.on(Chat::Discord, "ana").asks("ops", ASK).await;
        world.advance("5m").await;
        assert_eq!(cards(&world, "shop-ops").len(), 1, "{fault:?}");
        let card = world.finds(Chat::Discord, "shop-ops", "CHG-1").await;
        world.on(Chat::Discord, "ben").reacts("white_check_mark", &card).await;
        assert!(status(&world, &card).contains("Approved"), "{fault:?}: {}", status(&world, &card));
        world.end().await;
    }
}

#[tokio::test]
async fn a_card_that_a_killed_bot_posted_unheard_is_found_by_its_marker() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.discord().fail_next(POST, Fault::HangAfterActing);
    world.discord().person("ana").types("ops", ASK).await;
    world.discord().channel("shop-ops").expect("CHG-1").await;
    world.kill().await;
    // Longer than Discord remembers a nonce.
    let later = world.now() + jiff::SignedDuration::from_hours(1);
    world.pass(later).await;
    world.revive().await;
    let cards = cards(&world, "shop-ops");
    assert_eq!(cards.len(), 1);
    world.discord().person("ben").reacts("white_check_mark", &cards[0]).await;
    world.settle().await;
    world.discord().channel("shop-ops").expect("Approved").await;
    world.end().await;
}

/// What must be the same whenever the bot died: cards and what stands on them, words under them, votes, whether ana was told.
async fn approved(mut world: World) -> (Vec<String>, usize, usize, bool) {
    world.aws.database("orders", "mysql", "8.0.35").await;
    let told = |world: &World| {
        let said = [world.discord().ephemerals("ana"), world.discord().direct("ana").messages()].concat();
        said.iter().any(|said| said.plain().contains("CHG-1 waits"))
    };
    // Discord tells a bot that died nothing twice: people ask again.
    for _ in 0..3 {
        if !told(&world) {
            world.on(Chat::Discord, "ana").types("ops", ASK).await;
        }
    }
    world.advance("1m").await;
    let card = world.finds(Chat::Discord, "shop-ops", "CHG-1").await;
    world.on(Chat::Discord, "ben").reacts("white_check_mark", &card).await;
    world.advance("10m").await;
    let cards = cards(&world, "shop-ops");
    let lines = cards.iter().map(|card| card.plain().lines().take(2).collect::<Vec<_>>().join("\n")).collect();
    let under = world.under("shop-ops", &card).len();
    let votes = world.audit("voted").await.lines().count();
    let told = told(&world);
    world.end().await;
    (lines, under, votes, told)
}

#[tokio::test]
async fn a_change_comes_to_the_same_end_wherever_the_bot_is_killed() {
    let commits = at_every_commit(Choices { chats: Chats::Discord, ..Choices::default() }, approved).await;
    assert!(commits > 4, "only {commits} commits were tried");
}

#[tokio::test]
async fn files_come_with_the_answer_and_a_long_log_comes_whole() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.on(Chat::Discord, "ana").types("ops", "/rds list --csv").await;
    let said = world.discord().person("ana").expect("1 database").await;
    insta::assert_snapshot!(said.file("databases.csv").text(), @r#"
    database,kind,engine,version,class,multi_az,status,project,env,account,account_id,region,window_utc,global_cluster,standard_support_ends,extended_support_ends,standing,arn
    orders,instance,mysql,8.0.35,db.t4g.medium,false,available,shop,prod,shop-prod,111122223333,eu-west-1,sun:04:00-sun:04:30,,2026-07-31,2029-07-31,"ended 2026-07-31, extended until 2029-07-31",arn:aws:rds:eu-west-1:111122223333:db:orders
    "#);
    assert!(said.only_for.is_some() && !world.discord().person("ana").is_waiting());
    for _ in 0..40 {
        world.discord().person("dev").types("ops", "/whoami").await;
    }
    world.settle().await;
    world.on(Chat::Discord, "aud").types("ops", "/audit search --by @dev --csv").await;
    let said = world.discord().person("aud").expect("audit.csv").await;
    assert_eq!(said.file("audit.csv").text().lines().count(), 81, "a heading, and asked and answered each time");
    world.discord().fail_next("PATCH /webhooks/{application}/{token}/messages/{message}", Fault::Cut);
    world.on(Chat::Discord, "ana").types("@watchkeeper", "rds list --csv").await;
    world.advance("1m").await;
    world.discord().person("ana").expect("databases.csv").await;
    world.end().await;
}

#[tokio::test]
async fn words_about_a_change_are_in_one_thread_under_its_card() {
    let (mut world, card) = asked().await;
    world.on(Chat::Discord, "bea").asks("ops", "/change reject CHG-1 --reason 'not now'").await;
    world.advance("1m").await;
    let under = world.under("shop-ops", &card);
    assert!(under.len() > 1, "{under:?}");
    assert_eq!(world.discord().calls_of(THREAD).len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_thread_that_was_put_away_is_written_to_again() {
    let mut world = World::with(Choices { chats: Chats::Discord, config: ALERTS.to_owned(), ..Choices::default() }).await;
    world.fires(&[("alertname", "HighErrorRate"), ("severity", "critical"), ("project", "shop")]).await;
    let card = world.finds(Chat::Discord, "shop-ops", "ALR-1").await;
    world.on(Chat::Discord, "ana").reacts("eyes", &card).await;
    let before = world.under("shop-ops", &card).len();
    assert!(before > 1);
    world.discord().change_channel(&message(&card).id, |thread| thread.archived = true);
    world.on(Chat::Discord, "ana").asks("ops", "/alert note ALR-1 'it was the cache'").await;
    let under = world.under("shop-ops", &card);
    assert!(under.len() == before + 1 && under[before].contains("it was the cache"), "{under:?}");
    assert_eq!(world.discord().calls_of(THREAD).len(), 1);
    world.restart().await;
    world.on(Chat::Discord, "ana").asks("ops", "/alert note ALR-1 'and the pool'").await;
    assert_eq!(world.under("shop-ops", &card).len(), before + 2);
    assert_eq!(world.discord().calls_of(THREAD).len(), 1, "one thread, over restarts too");
    world.end().await;
}

#[tokio::test]
async fn a_channel_that_was_made_anew_is_found_by_its_name() {
    let mut world = world().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("users", "mysql", "8.0.35").await;
    ask(&mut world).await;
    let made = world.discord().remake_channel("shop-ops");
    world.on(Chat::Discord, "ana").asks("ops", &ASK.replace("orders", "users")).await;
    world.advance("5m").await;
    let card = world.discord().channel("shop-ops").expect("CHG-2").await;
    assert_eq!(card.channel, made);
    world.end().await;
}
