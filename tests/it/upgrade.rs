//! The road all the way through: asked, approved, scheduled, executed, audited.

use standins::world::World;

#[tokio::test]
async fn an_approved_upgrade_survives_a_restart() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    let said = world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40 --at 'sat 02:00'").await;
    insta::assert_snapshot!(said, @"");
    let card = world.slack.channel("shop-ops").expect("orders: mysql 8.0.35 → 8.0.40").await;
    insta::assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.restart().await;
    world.advance_to("2026-11-28T05:00:00Z".parse().unwrap()).await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    insta::assert_snapshot!(world.slack.channel("shop-ops").transcript(), @"");
    world.slack.channel("shop-ops").read_all();
    insta::assert_snapshot!(world.finish().await.audit(), @"");
}
