//! The life of a change between approval and start: when it starts, who is reminded, how it is taken back or moved.

use insta::assert_snapshot;
use standins::world::World;

#[tokio::test]
async fn a_start_is_meant_in_the_askers_time_zone() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await;
    let starts = world.entries().await.iter().find_map(|entry| entry.fact.detail.get("starts").cloned()).unwrap();
    assert_eq!(starts, "2026-11-28T01:00:00Z", "02:00 in Berlin");
    world.end().await;
}

#[tokio::test]
async fn a_start_can_name_another_zone() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00 Asia/Taipei'").await;
    assert!(card.plain().contains("Starts Nov 27, 2026 6:00 PM"), "{}", card.plain());
    world.end().await;
}

#[tokio::test]
async fn the_maintenance_window_can_be_the_start() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").window("sun:04:00-sun:04:30").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40 --window").await, @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    assert!(card.plain().contains("Starts Nov 29, 2026 4:00 AM"), "{}", card.plain());
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance_to("2026-11-29T06:00:00Z".parse().unwrap()).await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn a_time_in_the_past_is_refused() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let said = world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40 --at '2026-11-24 02:00'").await;
    assert_snapshot!(said, @"2026-11-24 02:00 was yesterday 1:00 AM, which has passed. Give a time ahead.");
    assert_snapshot!(world.finish().await.audit(), @"
    ana · asked · rds upgrade · database orders
    ana · answered · rds upgrade · database orders · refused
    ");
}

#[tokio::test]
async fn people_are_reminded_a_day_an_hour_and_ten_minutes_before() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance_to("2026-11-28T00:55:00Z".parse().unwrap()).await;
    let times: Vec<String> =
        world.entries().await.iter().filter(|entry| entry.fact.event == "reminded").map(|entry| entry.at.to_string()).collect();
    assert_snapshot!(times.join("\n"), @"
    2026-11-27T01:00:00Z
    2026-11-28T00:00:00Z
    2026-11-28T00:50:00Z
    ");
    world.slack.channel("shop-ops").expect("starts in 24 h").await;
    world.slack.channel("shop-ops").expect("starts in 1 h").await;
    let last = world.slack.channel("shop-ops").expect("starts in 10 min").await;
    assert_snapshot!(last.plain(), @"
    ⏰ CHG-1 (orders: mysql 8.0.35 → 8.0.40) starts in 10 min: today 1:00 AM.
    [Reschedule] [Cancel]
    ");
    world.person("ana").clicks(&last, "Cancel").await;
    assert_snapshot!(world.person("ana").reads("CHG-1").await.plain(), @"CHG-1 is cancelled. Nothing was changed in AWS.");
    world.advance("2h").await;
    assert_snapshot!(world.status(&card), @"🚫 Cancelled by @ana. Nothing was changed.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_reminder_after_a_late_approval_says_how_long_it_still_is() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'in 3 hours'").await;
    world.advance("2h 20m").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    let reminder = world.slack.channel("shop-ops").expect("⏰").await;
    assert_snapshot!(reminder.plain(), @"
    ⏰ CHG-1 (orders: mysql 8.0.35 → 8.0.40) starts in 40 min: today 1:00 PM.
    [Reschedule] [Cancel]
    ");
    world.end().await;
}

#[tokio::test]
async fn a_reminder_can_be_answered_with_another_start() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'thu 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance_to("2026-11-26T00:55:00Z".parse().unwrap()).await;
    let reminder = world.slack.channel("shop-ops").expect("starts in 10 min").await;
    world.person("ana").clicks(&reminder, "Reschedule").await;
    let ana = world.slack.person("ana");
    let form = ana.sees_form().await;
    assert_snapshot!(form.plain(), @"
    change reschedule
    Give a change another start; approvals for the old one become void
    Change: [CHG-1]
    New start: []
    Why: []
    ");
    ana.fills("New start", "fri 03:00").await;
    world.person("ana").submits().await;
    assert_snapshot!(world.person("ana").reads("CHG-1").await.plain(), @"CHG-1 starts tomorrow 2:00 AM once it is approved again: a new start needs new approvals.");
    world.advance("4h").await;
    assert_eq!(world.end().await.writes, [], "the old start has passed without its upgrade");
}

#[tokio::test]
async fn another_start_voids_the_approvals_and_posts_a_new_card() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.slack.channel("shop-ops").expect("Approved").await;
    let said = world.person("ana").asks("ops", "/change reschedule CHG-1 --at 'sun 02:00'").await;
    assert_snapshot!(said, @"CHG-1 starts Nov 29, 2026 1:00 AM once it is approved again: a new start needs new approvals.");
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · orders: mysql 8.0.35 → 8.0.40
    ↪️ It was given another start, so earlier votes are void. Its new card is further down; votes here count no more.
    ");
    let anew = world.slack.channel("shop-ops").expect("Waits for").await;
    assert_ne!(anew.ts, card.ts);
    world.person("bea").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.status(&anew), @"⏳ Waits for 1 approval of dba until today 6:00 PM.");
    world.person("ben").reacts("white_check_mark", &anew).await;
    assert_snapshot!(world.status(&anew), @"🗓️ Approved. Starts Nov 29, 2026 1:00 AM.");
    world.advance_to("2026-11-29T03:00:00Z".parse().unwrap()).await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn another_start_has_to_lie_ahead_of_a_change_that_has_not_begun() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    assert_snapshot!(world.person("ana").asks("ops", "/change reschedule CHG-1 --at '2026-11-24 02:00'").await, @"2026-11-24 02:00 was yesterday 1:00 AM, which has passed. Give a time ahead.");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.person("ana").asks("ops", "/change reschedule CHG-1 --at 'sat 02:00'").await, @"CHG-1 is running; a step that began is not broken off. Nothing was changed by this. Its card shows how it goes.");
    world.advance("2h").await;
    assert_snapshot!(world.person("ana").asks("ops", "/change reschedule CHG-1 --at 'sat 02:00'").await, @"CHG-1 ended already, succeeded today 10:18 AM. Nothing was changed by this.");
    world.end().await;
}

#[tokio::test]
async fn a_change_can_be_cancelled_before_it_starts() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    assert_snapshot!(world.person("ana").asks("ops", "/change cancel CHG-1 --reason 'the sale was moved'").await, @"CHG-1 is cancelled. Nothing was changed in AWS.");
    assert_snapshot!(world.status(&card), @"🚫 Cancelled by @ana: the sale was moved. Nothing was changed.");
    let again = world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await;
    assert_snapshot!(again, @"CHG-2 waits for 1 approval of dba. Its card is in #shop-ops.");
    world.end().await;
}

#[tokio::test]
async fn somebody_else_may_not_cancel_it() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    assert_snapshot!(world.person("ben").asks("dba", "/change cancel CHG-1").await, @"You may not run change cancel on the change CHG-1 in prod of shop. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM.");
    world.end().await;
}

#[tokio::test]
async fn a_running_change_is_not_cancelled() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.person("ana").asks("ops", "/change cancel CHG-1").await, @"CHG-1 is running; a step that began is not broken off. Nothing was changed by this. Its card shows how it goes.");
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn what_could_not_start_for_an_hour_does_not_start_by_surprise() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.stop().await;
    world.pass("2026-11-28T02:30:00Z".parse().unwrap()).await;
    world.revive().await;
    assert_snapshot!(world.status(&card), @"⌛ Expired. Its time was today 1:00 AM and it could not start then. Nothing was changed. Ask for it again.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn what_is_a_little_late_still_starts() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.stop().await;
    world.pass("2026-11-28T01:30:00Z".parse().unwrap()).await;
    world.revive().await;
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn a_version_that_moved_voids_the_approval() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.aws.alter("orders", serde_json::json!({ "version": "8.0.36" })).await;
    world.advance_to("2026-11-28T01:01:00Z".parse().unwrap()).await;
    assert_snapshot!(world.status(&card), @"🚫 Void. Nothing was changed. The world moved since this was approved: it was “orders: mysql 8.0.35 → 8.0.40” and would be “orders: mysql 8.0.36 → 8.0.40” now. Ask for it again.");
    assert_snapshot!(world.slack.channel("shop-ops").thread(&card).last().unwrap().plain(), @"@ana: Nothing was changed. The world moved since this was approved: it was “orders: mysql 8.0.35 → 8.0.40” and would be “orders: mysql 8.0.36 → 8.0.40” now. Ask for it again.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_database_that_is_gone_voids_the_approval() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.aws.remove("orders").await;
    world.advance_to("2026-11-28T01:01:00Z".parse().unwrap()).await;
    assert_snapshot!(world.status(&card), @"🚫 Void. Nothing was changed. There is no database orders. rds list shows those you may see.");
    world.end().await;
}

#[tokio::test]
async fn a_precheck_that_fails_at_the_start_voids_it() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.aws.alter("orders", serde_json::json!({ "status": "stopped" })).await;
    world.advance_to("2026-11-28T01:01:00Z".parse().unwrap()).await;
    assert_snapshot!(world.status(&card), @"🚫 Void. Nothing was changed. The precheck “State” fails now: stopped; AWS upgrades only what is available. Mend that and ask for it again.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_failing_precheck_is_said_when_asked() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").status("stopped").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"
    “orders: mysql 8.0.35 → 8.0.40” can't run like this. Nothing was changed.
    ❌ State: stopped; AWS upgrades only what is available
    ");
    world.finish().await;
}

#[tokio::test]
async fn one_change_at_a_time_runs_on_a_database() {
    let mut world = World::start().await;
    world.upgrade("").await;
    assert_snapshot!(world.person("ben").asks("dba", "/rds upgrade orders --to 8.0.41").await, @"The database orders is busy with CHG-1, and only one change at a time runs on it. Nothing was changed. change show CHG-1 shows how it stands.");
    assert_snapshot!(world.person("ben").asks("dba", "/change show CHG-2").await, @"There is no CHG-2. change list shows those there are.");
    world.end().await;
}

#[tokio::test]
async fn changes_are_listed_by_where_they_stand() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'sat 02:00'").await;
    world.aws.database("users", "mysql", "8.0.35").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("ben").asks("dba", "/rds upgrade users --to 8.0.40").await;
    assert_snapshot!(world.person("ana").asks("ops", "/change list").await, @"
    Changes (2)

    id     what                           status              by   starts
    CHG-2  users: mysql 8.0.35 → 8.0.40   waits for approval  ben
    CHG-1  orders: mysql 8.0.35 → 8.0.40  scheduled           ana  28 Nov 01:00 UTC

    Page 1 of 1. change show CHG-n shows one.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/change list --waiting").await, @"
    Changes (1)

    id     what                          status              by   starts
    CHG-2  users: mysql 8.0.35 → 8.0.40  waits for approval  ben

    Page 1 of 1. change show CHG-n shows one.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/change list --mine --running").await, @"No changes like that. change list shows all.");
    assert_snapshot!(world.person("ana").asks("ops", "/change list --mine --waiting --scheduled").await, @"--waiting can't be combined with --scheduled.");
    world.end().await;
}
