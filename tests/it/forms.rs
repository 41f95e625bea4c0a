//! A command with missing arguments opens a form whose pickers are filled from AWS.

use insta::assert_snapshot;
use standins::slack::Submitted;
use standins::world::World;

#[tokio::test]
async fn a_form_asks_for_what_is_missing_and_runs_the_command() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("users", "postgres", "15.4").await;
    world.person("ana").types("ops", "/rds upgrade").await;
    let ana = world.slack.person("ana");
    assert_snapshot!(ana.sees_form().await.plain(), @"
    rds upgrade
    Upgrades a database to another version, after a snapshot
    Database: []
    Version to upgrade to: []
    When to start: []
    Window: []
    Instance class to change to on the way: []
    Parameter group for the new version: []
    Why: []
    ");
    assert_snapshot!(ana.offered_for("Database", "").await.join("\n"), @"
    orders · mysql 8.0.35 · shop/prod
    users · postgres 15.4 · shop/prod
    ");
    ana.picks("Database", "orders").await;
    assert_snapshot!(ana.offered_for("Version to upgrade to", "8.4").await.join("\n"), @"
    8.4.9 (major)
    8.4.8 (major)
    8.4.7 (major)
    8.4.6 (major)
    8.4.5 (major)
    8.4.4 (major)
    8.4.3 (major)
    ");
    ana.picks("Version to upgrade to", "8.0.40").await;
    ana.fills("When to start", "sat 02:00").await;
    ana.fills("Why", "end of support").await;
    assert_eq!(world.person("ana").submits().await, Submitted::Closed);
    assert_snapshot!(world.person("ana").reads("CHG-1").await.plain(), @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    assert!(card.plain().contains("Why end of support"), "{}", card.plain());
    assert_snapshot!(world.finish().await.audit(), @"
    ana · asked · rds upgrade · database orders
    ana · planned · CHG-1 · database orders
    ana · answered · rds upgrade · database orders · planned
    ");
}

#[tokio::test]
async fn what_was_typed_is_in_the_form_already() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "/rds upgrade orders --window").await;
    assert_snapshot!(world.slack.person("ana").sees_form().await.plain(), @"
    rds upgrade
    Upgrades a database to another version, after a snapshot
    Database: [orders]
    Version to upgrade to: []
    When to start: []
    Window: [Start when the database's own maintenance window opens next]
    Instance class to change to on the way: []
    Parameter group for the new version: []
    Why: []
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_wrong_field_is_named_under_it_and_can_be_mended() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "/rds upgrade orders").await;
    let ana = world.slack.person("ana");
    ana.picks("Version to upgrade to", "8.0.40").await;
    ana.fills("When to start", "midnight").await;
    let Submitted::Errors(errors) = world.person("ana").submits().await else { panic!("midnight is no time") };
    let errors: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.label, error.text)).collect();
    assert_snapshot!(errors.join("\n"), @"When to start: midnight does not fit --at: people read that in two ways; give a day and an hour, such as sat 02:00.");
    ana.fills("When to start", "sat 02:00").await;
    assert_eq!(world.person("ana").submits().await, Submitted::Closed);
    world.person("ana").reads("CHG-1").await;
    world.end().await;
}

#[tokio::test]
async fn a_form_submitted_twice_runs_once() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "/rds upgrade orders").await;
    world.slack.person("ana").picks("Version to upgrade to", "8.0.40").await;
    world.person("ana").submits().await;
    world.slack.redeliver_last(standins::slack::EventIds::Same).await;
    world.settle().await;
    assert_eq!(world.audit("planned").await.lines().filter(|line| line.contains("CHG-")).count(), 1);
    world.end().await;
}

#[tokio::test]
async fn no_form_opens_for_what_you_may_not_run() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("dev").asks("ops", "/rds upgrade").await, @"You may not run rds upgrade. No rule permits it. People in dba or sre may run it. Ask Ana Ruiz, Bea Ode or Ben Chen.");
    assert!(world.slack.person("dev").form().is_none());
    world.finish().await;
}

#[tokio::test]
async fn a_form_that_can_not_open_says_what_is_missing() {
    let mut world = World::start().await;
    let expired = standins::slack::Fault::Error("expired_trigger_id".to_owned());
    world.slack.fail_next("views.open", expired);
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders").await, @"The form did not open. rds upgrade still needs --to VERSION. help rds upgrade shows how it goes.");
    world.finish().await;
}

#[tokio::test]
async fn a_picker_is_quiet_when_aws_is_down() {
    let mut world = World::start().await;
    world.aws.fault(standins::aws::Fault::down()).await;
    world.person("ana").types("ops", "/rds upgrade").await;
    assert_eq!(world.slack.person("ana").offered_for("Database", "").await, Vec::<String>::new());
    world.finish().await;
}

#[tokio::test]
async fn rejecting_without_an_id_offers_the_open_changes() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ben").types("dba", "/change reject").await;
    let ben = world.slack.person("ben");
    assert_snapshot!(ben.offered_for("Change", "").await.join("\n"), @"CHG-1 · orders: mysql 8.0.35 → 8.0.40");
    ben.picks("Change", "CHG-1").await;
    ben.fills("Why", "not today").await;
    world.person("ben").submits().await;
    assert_snapshot!(world.status(&card), @"🚫 Rejected by @ben: not today. Nothing was changed.");
    world.end().await;
}

#[tokio::test]
async fn a_redelivered_command_opens_no_second_form_and_says_nothing_wrong() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "/rds upgrade").await;
    world.slack.redeliver_last(standins::slack::EventIds::Same).await;
    world.settle().await;
    assert_eq!(world.slack.calls_of("views.open").len(), 1);
    assert!(world.slack.person("ana").ephemerals().is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_picker_is_answered_in_time_though_slack_does_not_say_who_types() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "/rds upgrade").await;
    let ana = world.slack.person("ana");
    ana.sees_form().await;
    world.advance("10m").await;
    world.slack.fail_all("users.info", standins::slack::Fault::Hang);
    assert_eq!(ana.offered_for("Database", "").await, [""; 0]);
    let slowest = world.slack.acks().iter().map(|ack| ack.after).max().unwrap();
    assert!(slowest.as_millis() < 1_900, "{slowest:?}");
    world.slack.heal();
    world.end().await;
}
