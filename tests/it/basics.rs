//! The bot answers: help, whoami, refusals, wrong input.

use standins::world::World;

#[tokio::test]
async fn somebody_asks_who_they_are() {
    let mut world = World::start().await;
    insta::assert_snapshot!(world.person("ana").asks("ops", "/whoami").await, @"");
    insta::assert_snapshot!(world.finish().await.audit(), @"");
}
