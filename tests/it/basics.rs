//! The bot answers: help, whoami, refusals, wrong input.

use standins::world::World;

#[tokio::test]
async fn somebody_asks_who_they_are() {
    let mut world = World::start().await;
    insta::assert_snapshot!(world.person("ana").asks("ops", "/whoami").await, @"
    Name Ana Ruiz (@ana)
    Groups sre
    E-mail ana@example.com
    Time zone Europe/Berlin, where it is Wed 11:00
    You may ask rds list, rds show, rds targets, change list, change show, change freeze list, help, whoami, can
    You may change rds upgrade, change review, change approve, change reject, change cancel, change reschedule, change freeze start, change freeze stop
    help says what each does, can me … where and after which approval.
    ");
    insta::assert_snapshot!(world.finish().await.audit(), @"
    ana · asked · whoami · person 
    ana · answered · whoami · answered
    ");
}
