//! AWS throttles, denies, is down or slow: it is said, nothing is lost, nothing is done twice.

use std::time::Duration;

use standins::aws::{Call, Fault, Upgrade};
use standins::slack::Message;
use standins::world::World;

const ASK: &str = "/rds upgrade orders --to 8.0.40 --at 2026-11-25T10:30:00Z";

async fn world() -> World {
    let world = World::start().await;
    world.aws.durations(&[("snapshot", 20.0), ("minor_upgrade", 60.0), ("minor_downtime", 20.0)]).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world
}

async fn approved(world: &mut World) -> Message {
    world.person("ana").types("ops", ASK).await;
    let card = world.slack.channel("shop-ops").expect("React ✅").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    card
}

/// The second line of the card: how it stands.
fn stands(world: &World, card: &Message) -> String {
    card_now(world, card).lines().nth(1).unwrap_or_default().to_owned()
}

fn card_now(world: &World, card: &Message) -> String {
    world.slack.channel("shop-ops").again(card).unwrap().plain().to_owned()
}

/// The calls that AWS carried out and that change something.
async fn acted(world: &World) -> Vec<String> {
    world.aws.writes().await.into_iter().filter(|call| call.acted && call.error.is_none()).map(|call| call.operation).collect()
}

async fn rds_calls(world: &World) -> Vec<Call> {
    world.aws.calls().await.into_iter().filter(|call| call.service == "rds").collect()
}

#[tokio::test]
async fn trouble_while_planning_is_one_sentence_and_nothing_is_planned() {
    let mut world = world().await;
    let troubles = [
        (Fault::throttle("rds", "*"), "AWS is throttling calls in shop-prod"),
        (Fault::deny("rds", "DescribeDBInstances"), "may not call rds:DescribeDBInstances"),
        (Fault::error("rds", "*", "InternalFailure", 500), "AWS had a fault of its own"),
        (Fault::down(), "AWS gave no answer"),
    ];
    for (fault, words) in troubles {
        world.aws.fault(fault.clone().account("111122223333")).await;
        let said = world.person("ana").asks("ops", "/rds upgrade orders@shop-prod --to 8.0.40").await;
        assert!(said.contains(words) && said.contains("Nothing was changed."), "{fault:?}: {said}");
        world.aws.clear_faults().await;
    }
    world.aws.refuse_role("111122223333", "watchkeeper-rds").await;
    let said = world.person("bea").asks("ops", "/rds upgrade orders@shop-prod --to 8.0.40").await;
    assert!(said.starts_with("AWS does not let me take the role") && said.contains("Nothing was changed."), "{said}");
    assert!(world.aws.writes().await.is_empty());
    assert!(world.slack.channel("shop-ops").messages().is_empty());
    world.end().await;
}

#[tokio::test]
async fn one_accounts_failure_stands_beside_the_others() {
    let mut world = world().await;
    world.aws.database("blog", "mysql", "8.0.40").account("777788889999").await;
    world.aws.fault(Fault::deny("rds", "DescribeDBInstances").account("777788889999")).await;
    let said = world.person("ana").asks("ops", "/rds list").await;
    assert!(said.contains("orders") && !said.contains("blog"), "{said}");
    assert!(said.contains("media-prod") && said.contains("may not call rds:DescribeDBInstances"), "{said}");
    world.end().await;
}

#[tokio::test]
async fn aws_holding_its_answers_keeps_nobody_from_being_acknowledged() {
    let mut world = world().await;
    let held = world.aws.fault(Fault::delay("sts", "AssumeRole")).await;
    let done = world.slack.person("ana").types("ops", "/rds list").await;
    assert!(done.deliveries[0].acknowledged());
    let done = world.slack.person("bea").types("ops", "/whoami").await;
    assert!(done.deliveries[0].acknowledged());
    world.slack.person("bea").expect("Bea Ode").await;
    assert!(world.slack.person("ana").ephemerals().is_empty());
    world.aws.release(held).await;
    world.settle().await;
    world.person("ana").reads("orders").await;
    world.end().await;
}

#[tokio::test]
async fn aws_answering_too_late_is_no_answer() {
    let mut world = world().await;
    world.aws.fault(Fault::delay("rds", "*").lasting(Duration::from_secs(15))).await;
    let said = world.person("ana").asks("ops", "/rds show orders@shop-prod").await;
    assert!(said.starts_with("AWS gave no answer while I was") && said.contains("Nothing was changed."), "{said}");
    world.aws.clear_faults().await;
    assert!(world.person("ana").asks("ops", "/rds show orders@shop-prod").await.contains("8.0.35"));
    world.end().await;
}

#[tokio::test]
async fn a_throttled_step_is_tried_again_and_the_card_says_so() {
    let mut world = world().await;
    let card = approved(&mut world).await;
    world.aws.fault(Fault::throttle("rds", "CreateDBSnapshot").times(3)).await;
    world.aws.fault(Fault::error("rds", "ModifyDBInstance", "InternalFailure", 500).times(1)).await;
    world.advance_to("2026-11-25T10:30:10Z".parse().unwrap()).await;
    insta::assert_snapshot!(stands(&world, &card), @"⚠️ Running, in trouble. The next try is today 10:30 AM.");
    assert!(acted(&world).await.is_empty());
    let tries: Vec<_> = world.aws.writes().await.into_iter().map(|call| call.time.to_string()).collect();
    assert_eq!(tries, ["2026-11-25T10:30:00Z"]);
    world.advance("30m").await;
    let tries: Vec<_> = world.aws.writes().await.into_iter().map(|call| (call.operation, call.time)).collect();
    let gaps: Vec<i64> = tries.windows(2).map(|pair| pair[1].1.duration_since(pair[0].1).as_secs()).collect();
    assert_eq!(&gaps[..3], [30, 60, 120], "{tries:?}");
    assert_eq!(acted(&world).await, ["CreateDBSnapshot", "ModifyDBInstance"]);
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    assert!(stands(&world, &card).starts_with("✅ Done."));
    world.end().await;
}

#[tokio::test]
async fn a_step_that_aws_never_takes_fails_at_its_deadline() {
    let mut world = world().await;
    let card = approved(&mut world).await;
    world.aws.fault(Fault::deny("rds", "ModifyDBInstance")).await;
    world.advance("5h").await;
    assert!(stands(&world, &card).starts_with("⚠️ Running, in trouble."), "{}", stands(&world, &card));
    world.advance("3h").await;
    insta::assert_snapshot!(stands(&world, &card), @"❌ Failed. AWS denied upgrading orders to 8.0.40: the role arn:aws:iam::111122223333:role/watchkeeper-rds may not call rds:ModifyDBInstance. It changed nothing. Ask whoever looks after IAM in shop-prod to allow it. I have tried until the deadline and stopped. The last that went well: “The snapshot wk-orders-8-0-40 is complete.”");
    assert_eq!(acted(&world).await, ["CreateDBSnapshot"]);
    assert_eq!(world.aws.version("orders").await, "8.0.35");
    assert!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await.starts_with("CHG-2 waits"));
    world.end().await;
}

#[tokio::test]
async fn aws_down_at_the_start_is_waited_for() {
    let mut world = world().await;
    let card = approved(&mut world).await;
    world.advance_to("2026-11-25T10:29:00Z".parse().unwrap()).await;
    world.aws.fault(Fault::down()).await;
    world.advance_to("2026-11-25T10:31:00Z".parse().unwrap()).await;
    assert!(card_now(&world, &card).contains("Last: AWS gave no answer"), "{}", card_now(&world, &card));
    insta::assert_snapshot!(last_in_thread(&world, &card), @"AWS gave no answer while I was opening a session in shop-prod. This usually passes within minutes. I try every 5 minutes until today 11:30 AM.");
    world.aws.clear_faults().await;
    world.advance("20m").await;
    assert!(stands(&world, &card).starts_with("✅ Done."), "{}", stands(&world, &card));
    world.end().await;
}

fn last_in_thread(world: &World, card: &Message) -> String {
    world.slack.channel("shop-ops").thread(card).last().unwrap().plain().to_owned()
}

#[tokio::test]
async fn an_upgrade_that_comes_back_on_the_old_version_has_failed() {
    let mut world = world().await;
    world.aws.next_upgrade("orders", Upgrade::Fails { reason: "The pre-checks found incompatibilities.".to_owned() }).await;
    let card = approved(&mut world).await;
    world.advance("1h").await;
    insta::assert_snapshot!(stands(&world, &card), @"❌ Failed. orders is available on 8.0.35: the upgrade to 8.0.40 did not go through. AWS says: “The DB engine version upgrade failed. The engine version upgrade rollback succeeded”. Apart from the snapshot wk-orders-8-0-40, which is kept, nothing was changed. Read the upgrade log in RDS, mend what it names, and ask again.");
    assert_eq!(acted(&world).await, ["CreateDBSnapshot", "ModifyDBInstance"]);
    world.end().await;
}

#[tokio::test]
async fn a_database_that_does_not_come_up_again_is_reported() {
    let mut world = world().await;
    world.aws.next_upgrade("orders", Upgrade::IncompatibleParameters).await;
    let card = approved(&mut world).await;
    world.advance("1h").await;
    insta::assert_snapshot!(stands(&world, &card), @"❌ Failed. orders is incompatible-parameters on 8.0.40 and does not leave that state by itself. I asked AWS for the upgrade to 8.0.40 and stop here. AWS says: “Database instance put into incompatible-parameters. Review the values of its parameters”. Mend its parameter group or give it the default one, then reboot it. The snapshot wk-orders-8-0-40 from before is kept.");
    world.end().await;
}

#[tokio::test]
async fn every_call_is_made_in_the_name_of_the_person_and_for_the_operation() {
    let mut world = world().await;
    world.person("bea").asks("ops", "/rds list").await;
    for call in rds_calls(&world).await {
        assert_eq!((call.session.as_str(), call.role.as_str()), ("bea", "watchkeeper-rds"), "{call:?}");
        assert!(call.tags["watchkeeper:operation"].starts_with("op-"), "{call:?}");
        assert_eq!(call.tags["watchkeeper:person"], "bea");
    }
    let before = rds_calls(&world).await.len();
    approved(&mut world).await;
    world.advance("1h").await;
    let calls = rds_calls(&world).await.split_off(before);
    assert!(calls.iter().all(|call| call.session == "ana" && call.tags["watchkeeper:person"] == "ana"));
    let of_the_change = |call: &&Call| call.tags["watchkeeper:operation"] == "CHG-1";
    let writes: Vec<_> = calls.iter().filter(|call| call.write).filter(of_the_change).map(|call| &call.operation).collect();
    assert_eq!(writes, ["CreateDBSnapshot", "ModifyDBInstance"]);
    assert_eq!(world.aws.writes().await.len(), 2);
    world.end().await;
}
