//! Kills, stops and starts: nothing is lost, nothing is done twice.

use standins::aws::Fault;
use standins::slack::{Fault as Broken, Message};
use standins::world::World;

const ASK: &str = "/rds upgrade orders --to 8.0.40 --at 2026-11-25T10:30:00Z";

async fn world() -> World {
    let world = World::start().await;
    world.aws.durations(&[("snapshot", 20.0), ("minor_upgrade", 40.0), ("minor_downtime", 20.0)]).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world
}

async fn asked(world: &mut World, line: &str) -> Message {
    world.person("ana").types("ops", line).await;
    world.slack.channel("shop-ops").expect("React ✅").await
}

async fn approved(world: &mut World, line: &str) -> Message {
    let card = asked(world, line).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    card
}

/// The changing calls, as `CreateDBSnapshot orders`.
async fn acts(world: &World) -> Vec<String> {
    let writes = world.aws.writes().await.into_iter().filter(|call| call.acted);
    writes.map(|call| format!("{} {}", call.operation, call.param("DBInstanceIdentifier").unwrap_or_default())).collect()
}

async fn outcomes(world: &World) -> Vec<String> {
    let ended = world.entries().await.into_iter().filter(|entry| entry.fact.event == "ended");
    ended.map(|entry| format!("{} {}", entry.fact.operation, entry.fact.outcome.unwrap_or_default())).collect()
}

fn cards(world: &World) -> usize {
    let messages = world.slack.channel("shop-ops").messages();
    messages.iter().filter(|message| message.plain().starts_with("CHG-1 ·")).count()
}

#[tokio::test]
async fn a_vote_cast_while_the_bot_was_away_counts_as_soon_as_it_is_back() {
    let mut world = world().await;
    let card = asked(&mut world, ASK).await;
    world.stop().await;
    world.slack.person("ben").reacts("white_check_mark", &card).await;
    // No event tells of it: Slack gave up delivering long ago.
    world.revive().await;
    world.slack.channel("shop-ops").expect("Approved.").await;
    world.advance("40m").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn a_vote_taken_back_while_the_bot_was_away_does_not_count() {
    let mut world = world().await;
    let card = asked(&mut world, ASK).await;
    world.stop().await;
    world.slack.person("ben").reacts("white_check_mark", &card).await;
    world.slack.person("ben").unreacts("white_check_mark", &card).await;
    world.revive().await;
    world.advance("40m").await;
    assert_eq!(world.aws.version("orders").await, "8.0.35");
    assert_eq!(outcomes(&world).await, ["CHG-1 expired"]);
    world.end().await;
}

#[tokio::test]
async fn what_came_due_while_the_bot_was_away_runs_when_it_is_back_unless_it_is_an_hour_late() {
    let mut world = world().await;
    world.aws.database("blog", "mysql", "8.0.35").await;
    approved(&mut world, ASK).await;
    approved(&mut world, "/rds upgrade blog --to 8.0.40 --at 2026-11-25T11:20:00Z").await;
    world.stop().await;
    world.pass("2026-11-25T12:00:00Z".parse().unwrap()).await;
    world.revive().await;
    world.advance("10m").await;
    assert_eq!(world.aws.version("blog").await, "8.0.40");
    assert_eq!(world.aws.version("orders").await, "8.0.35");
    assert_eq!(outcomes(&world).await, ["CHG-1 expired", "CHG-2 succeeded"]);
    world.slack.channel("shop-ops").expect("Expired. Its time was … and it could not start then. Nothing was changed.").await;
    world.end().await;
}

#[tokio::test]
async fn a_command_that_was_acknowledged_is_answered_after_a_kill() {
    let mut world = world().await;
    world.aws.fault(Fault::delay("sts", "AssumeRole")).await;
    let done = world.slack.person("ana").types("ops", "/rds list").await;
    assert!(done.deliveries[0].acknowledged());
    world.until(async |world| world.aws.calls().await.iter().any(|call| call.operation == "AssumeRole")).await;
    world.kill().await;
    assert!(world.slack.person("ana").ephemerals().is_empty());
    world.aws.clear_faults().await;
    world.revive().await;
    world.person("ana").reads("orders").await;
    assert_eq!(world.slack.person("ana").ephemerals().len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_message_on_its_way_at_the_kill_is_said_once() {
    for fault in [Broken::Hang, Broken::HangAfterActing] {
        let mut world = world().await;
        world.slack.fail_all("chat.postMessage", fault);
        world.slack.person("ana").types("ops", ASK).await;
        world.until(async |world| world.slack.calls().iter().any(|call| call.method == "chat.postMessage")).await;
        world.kill().await;
        world.slack.heal();
        world.revive().await;
        assert_eq!(cards(&world), 1);
        // What only she sees is in no history, so it may be said twice, and is not lost.
        world.person("ana").reads("CHG-1 waits").await;
        world.end().await;
    }
}

#[tokio::test]
async fn a_message_on_its_way_at_the_kill_is_found_below_all_that_was_said_since() {
    let mut world = world().await;
    world.slack.fail_all("chat.postMessage", Broken::HangAfterActing);
    world.slack.person("ana").types("ops", ASK).await;
    world.until(async |world| world.slack.calls().iter().any(|call| call.method == "chat.postMessage")).await;
    world.kill().await;
    world.slack.heal();
    for number in 0..250 {
        world.slack.person("bea").types("shop-ops", &format!("word {number}")).await;
    }
    world.revive().await;
    assert_eq!(cards(&world), 1);
    world.end().await;
}

#[tokio::test]
async fn a_message_whose_answer_was_cut_off_is_not_said_again() {
    for fault in [Broken::CutAfterActing, Broken::Cut, Broken::Status(500)] {
        let mut world = world().await;
        world.slack.fail_next("chat.postMessage", fault);
        approved(&mut world, ASK).await;
        assert_eq!(cards(&world), 1);
        world.end().await;
    }
}

#[tokio::test]
async fn a_stop_lets_what_is_in_flight_finish() {
    let mut world = world().await;
    world.aws.fault(Fault::delay("sts", "AssumeRole").lasting(std::time::Duration::from_millis(400))).await;
    world.slack.person("ana").types("ops", "/rds list").await;
    world.stop().await;
    world.slack.person("ana").expect("orders").await;
    world.revive().await;
    assert_eq!(world.slack.person("ana").ephemerals().len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_kill_while_aws_acts_repeats_nothing() {
    let mut world = world().await;
    approved(&mut world, ASK).await;
    world.advance_to("2026-11-25T10:29:00Z".parse().unwrap()).await;
    world.aws.fault(Fault::delay("rds", "CreateDBSnapshot")).await;
    world.pass("2026-11-25T10:30:00Z".parse().unwrap()).await;
    world.until(async |world| world.aws.writes().await.len() == 1).await;
    world.kill().await;
    world.aws.clear_faults().await;
    world.revive().await;
    world.advance("10m").await;
    assert_eq!(acts(&world).await, ["CreateDBSnapshot orders", "ModifyDBInstance orders"]);
    assert_eq!(outcomes(&world).await, ["CHG-1 succeeded"]);
    world.end().await;
}

#[tokio::test]
async fn what_aws_did_without_answering_is_looked_at_and_not_repeated() {
    let mut world = world().await;
    approved(&mut world, ASK).await;
    world.aws.fault(Fault::cut_after("rds", "CreateDBSnapshot").times(1)).await;
    world.aws.fault(Fault::cut_after("rds", "ModifyDBInstance").times(1)).await;
    world.advance("45m").await;
    assert_eq!(acts(&world).await, ["CreateDBSnapshot orders", "ModifyDBInstance orders"]);
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    let thread = world.slack.channel("shop-ops").transcript();
    assert!(thread.contains("It is not known whether AWS acted: I look before anything is asked again."), "{thread}");
    world.end().await;
}

#[tokio::test]
async fn a_form_that_was_open_at_a_restart_still_works() {
    let mut world = world().await;
    world.person("ana").types("ops", "/rds upgrade").await;
    let form = world.slack.person("ana").sees_form().await;
    assert!(form.plain().contains("rds upgrade"), "{}", form.plain());
    world.restart().await;
    let ana = world.slack.person("ana");
    ana.picks("Database", "orders").await;
    ana.picks("Version to upgrade to", "8.0.40").await;
    world.person("ana").submits().await;
    world.slack.channel("shop-ops").expect("orders: mysql 8.0.35 → 8.0.40").await;
    world.end().await;
}
