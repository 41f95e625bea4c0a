//! Freezes: no change of a project starts while one holds.

use insta::assert_snapshot;
use standins::world::World;

#[tokio::test]
async fn a_change_that_would_start_in_a_freeze_is_refused() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let line = "/change freeze start --project shop --until 'mon 08:00' --reason 'Black Friday'";
    assert_snapshot!(world.person("ana").asks("ops", line).await, @"❄️ Freeze of shop until Nov 30, 2026 7:00 AM. No change of it starts before. change freeze list shows its number, change freeze stop lifts it.");
    assert_snapshot!(world.person("ben").asks("dba", "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await, @"A freeze holds then: FRZ-1 by @ana until Nov 30, 2026 7:00 AM, because: Black Friday. Nothing was changed. Choose a time after it, or ask @ana to lift it.");
    assert_snapshot!(world.person("dev").asks("ops", "/change freeze list").await, @"
    Freezes
    FRZ-1 shop until Nov 30, 2026 7:00 AM, called by @ana: Black Friday
    ");
    let later = world.person("ben").asks("dba", "/rds upgrade orders --to 8.0.40 --at '2026-12-01 02:00'").await;
    assert_snapshot!(later, @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    world.end().await;
}

#[tokio::test]
async fn a_change_is_not_moved_into_a_freeze() {
    let mut world = World::start().await;
    world.upgrade("--at 'thu 12:00'").await;
    world.person("ana").asks("ops", "/change freeze start --project shop --until 'fri 08:00' --reason 'Black Friday'").await;
    let moved = world.person("ana").asks("ops", "/change reschedule CHG-1 --at 'thu 20:00'").await;
    assert_snapshot!(moved, @"A freeze holds then: FRZ-1 by @ana until Nov 27, 2026 7:00 AM, because: Black Friday. Nothing was changed. Choose a time after it, or ask @ana to lift it.");
    assert!(world.person("ana").asks("ops", "/change reschedule CHG-1 --at 'fri 12:00'").await.starts_with("CHG-1 starts"));
    world.end().await;
}

#[tokio::test]
async fn a_freeze_of_another_project_holds_nothing_up() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").asks("ops", "/change freeze start --project media --until 'mon 08:00' --reason release").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    world.end().await;
}

#[tokio::test]
async fn a_freeze_holds_an_approved_change_until_it_is_lifted() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'thu 12:00'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("ana").asks("ops", "/change freeze start --until 'fri 08:00' --reason 'an incident'").await;
    world.advance_to("2026-11-26T11:10:00Z".parse().unwrap()).await;
    assert_eq!(world.aws.writes().await, [], "nothing starts in a freeze");
    assert_snapshot!(world.status(&card), @"⏸️ Held. It was to start today 11:00 AM.");
    assert_snapshot!(world.slack.channel("shop-ops").thread(&card).last().unwrap().plain(), @"The freeze FRZ-1 of @ana holds: an incident. It starts if that ends before today 12:00 PM; after that it has to be asked for again.");
    assert_snapshot!(world.person("ana").asks("ops", "/change freeze stop FRZ-1").await, @"The freeze FRZ-1 is lifted. Held changes start within minutes, unless their hour has passed.");
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    assert_snapshot!(world.audit("CHG-1").await.lines().take(8).collect::<Vec<_>>().join("\n"), @"
    ana · planned · CHG-1 · database orders
    ben · voted · CHG-1 · database orders
    watchkeeper · approved · CHG-1 · database orders
    watchkeeper · reminded · CHG-1 · database orders
    watchkeeper · reminded · CHG-1 · database orders
    watchkeeper · reminded · CHG-1 · database orders
    watchkeeper · held · CHG-1 · database orders
    watchkeeper · started · CHG-1 · database orders
    ");
    world.end().await;
}

#[tokio::test]
async fn a_running_change_goes_on_through_a_freeze() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("ana").asks("ops", "/change freeze start --until 'fri 08:00' --reason 'an incident'").await;
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn a_freeze_needs_a_reason_and_a_project_that_exists() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("ana").asks("ops", "/change freeze start --until 'mon 08:00'").await, @r#"Say why: add --reason "…". People who are held up will read it. Nothing was changed."#);
    let line = "/change freeze start --project shpo --until 'mon 08:00' --reason x";
    assert_snapshot!(world.person("ana").asks("ops", line).await, @"I know no project shpo. Did you mean shop?");
    assert_snapshot!(world.person("ana").asks("ops", "/change freeze stop FRZ-9").await, @"There is no freeze FRZ-9 now. change freeze list shows those that hold.");
    assert_snapshot!(world.person("dev").asks("ops", "/change freeze start --until 'mon 08:00' --reason x").await, @"You may not run change freeze start. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    world.finish().await;
}
