//! Wrong input gets one clear sentence; what phones and habits make of a line is understood.

use insta::assert_snapshot;
use standins::world::World;

/// What ana reads when she types a line.
async fn answer(world: &mut World, line: &str) -> String {
    world.person("ana").asks("ops", line).await
}

#[tokio::test]
async fn an_unknown_command_is_answered_with_the_nearest() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds upgarde orders").await, @"");
    assert_snapshot!(answer(&mut world, "/rds frobnicate").await, @"");
    assert_snapshot!(answer(&mut world, "/whomai").await, @"");
    assert_snapshot!(world.finish().await.audit(), @"");
}

#[tokio::test]
async fn a_capability_alone_shows_its_help() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade --help").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn missing_arguments_are_named_where_no_form_can_open() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "@watchkeeper rds upgrade orders").await;
    assert_snapshot!(world.person("ana").reads("rds upgrade").await.plain(), @"");
    world.person("ana").types("ops", "@watchkeeper rds upgrade").await;
    assert_snapshot!(world.person("ana").reads("rds upgrade").await.plain(), @"");
    world.finish().await;
}

#[tokio::test]
async fn a_malformed_argument_says_what_it_takes() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/change show 17x").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at 'next friday'").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at sometime").await, @"");
    assert_snapshot!(answer(&mut world, "/rds list --page 0").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at 'sat 02:00' --window").await, @"");
    assert_snapshot!(answer(&mut world, "/change list --waiting --running").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn an_unknown_flag_and_a_word_too_many_are_named() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --tp 8.0.40").await, @"");
    assert_snapshot!(answer(&mut world, "/rds list --colour red").await, @"");
    assert_snapshot!(answer(&mut world, "/rds show orders users").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn an_unknown_database_is_answered_with_the_nearest() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("orders-archive", "mysql", "8.0.35").account("777788889999").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade ordres --to 8.0.40").await, @"");
    assert_snapshot!(answer(&mut world, "/rds show nothing-like-it").await, @"");
    assert_snapshot!(answer(&mut world, "/rds show orders@shop").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_name_in_two_accounts_is_asked_about() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("orders", "mysql", "8.0.36").account("444455556666").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders@shop-prod --to 8.0.40").await, @"");
    world.end().await;
}

#[tokio::test]
async fn an_invalid_target_is_answered_with_the_valid_ones() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.44").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 9.9").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40").await, @"");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.44").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_quote_that_never_closes_is_named() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at \"sat 02:00").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn dashes_and_quotes_of_phones_are_understood() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders —to 8.0.40 —at “sat 02:00”").await, @"");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    assert!(card.plain().contains("Starts Nov 28, 2026 1:00 AM"), "{}", card.plain());
    world.end().await;
}

#[tokio::test]
async fn capital_letters_and_extra_spaces_do_not_matter() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "@watchkeeper  Rds   Show  Orders ").await;
    let shown = world.person("ana").reads("orders").await;
    assert!(shown.plain().contains("8.0.35"), "{}", shown.plain());
    world.finish().await;
}

#[tokio::test]
async fn people_can_be_mentioned() {
    let mut world = World::start().await;
    // The bot knows ben's account once it has met him.
    world.person("ben").asks("dba", "/whoami").await;
    world.person("ana").types("ops", "@watchkeeper can @ben rds upgrade orders").await;
    assert_snapshot!(world.person("ana").reads("Ben Chen").await.plain(), @"");
    assert_snapshot!(answer(&mut world, "/can @nobody rds list").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_person_the_bot_has_not_met_can_be_mentioned() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "@watchkeeper can @ben rds upgrade orders").await;
    assert_snapshot!(world.person("ana").reads("Ben Chen").await.plain(), @"");
    world.finish().await;
}

#[tokio::test]
async fn a_change_that_does_not_exist_is_named() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/change show CHG-99").await, @"");
    assert_snapshot!(answer(&mut world, "/change approve 99").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn strangers_and_guests_are_told_whom_to_ask() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("stranger").asks("ops", "/rds list").await, @"");
    assert_snapshot!(world.person("guest").asks("ops", "/rds list").await, @"");
    assert_snapshot!(world.finish().await.audit(), @"");
}
