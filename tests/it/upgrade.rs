//! The road all the way through: asked, approved, scheduled, executed, audited.

use standins::world::World;

#[tokio::test]
async fn an_approved_upgrade_survives_a_restart() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let said = world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await;
    insta::assert_snapshot!(said, @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("orders: mysql 8.0.35 → 8.0.40").await;
    insta::assert_snapshot!(card.plain(), @"
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
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.restart().await;
    world.advance_to("2026-11-28T05:00:00Z".parse().unwrap()).await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    insta::assert_snapshot!(world.slack.channel("shop-ops").transcript(), @"
    watchkeeper: CHG-1 · orders: mysql 8.0.35 → 8.0.40
      ✅ Done. orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 18 min 30 s; unavailable for 1 min 30 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
      Asked by @ana
      Where shop · prod · 111122223333
      Starts today 1:00 AM
      1. Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
      2. Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
      3. Follow it to the end, verify version and state, and report how long it was unavailable.
      ✅ approved by @ben Nov 25, 2026 10:00 AM
      [Details]
    watchkeeper: ⏰ CHG-1 (orders: mysql 8.0.35 → 8.0.40) starts in 24 h: today 1:00 AM.
      [Reschedule] [Cancel]
    watchkeeper: ⏰ CHG-1 (orders: mysql 8.0.35 → 8.0.40) starts in 1 h: today 1:00 AM.
      [Reschedule] [Cancel]
    watchkeeper: ⏰ CHG-1 (orders: mysql 8.0.35 → 8.0.40) starts in 10 min: today 1:00 AM.
      [Reschedule] [Cancel]
        watchkeeper: AWS is taking the snapshot wk-orders-8-0-40.
        watchkeeper: The snapshot wk-orders-8-0-40 is 0 % done.
        watchkeeper: The snapshot wk-orders-8-0-40 is 25 % done.
        watchkeeper: The snapshot wk-orders-8-0-40 is 50 % done.
        watchkeeper: The snapshot wk-orders-8-0-40 is 75 % done.
        watchkeeper: The snapshot wk-orders-8-0-40 is complete.
        watchkeeper: AWS took the request to upgrade orders to 8.0.40.
        watchkeeper: orders is available; AWS has not begun yet.
        watchkeeper: orders is upgrading. AWS: “The engine version upgrade started”
        watchkeeper: orders is upgrading. AWS: “DB instance shutdown”
        watchkeeper: orders is upgrading. AWS: “DB instance restarted”
        watchkeeper: orders is available on 8.0.40.
        watchkeeper: @ana: orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 18 min 30 s; unavailable for 1 min 30 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
    ");
    world.slack.channel("shop-ops").read_all();
    insta::assert_snapshot!(world.finish().await.audit(), @"
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
    ");
}
