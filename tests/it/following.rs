//! Deployments that anybody starts anywhere are followed in one message each, and people answer their gates.

use insta::assert_snapshot;
use standins::aws::{Answer, Death, Fault, Strategy, Timeout};
use standins::slack::Message;
use standins::world::{Choices, DEPLOYMENTS, World, at_every_commit};

fn choices() -> Choices {
    Choices { config: DEPLOYMENTS.to_owned(), ..Choices::default() }
}

/// How the one message of a deployment stands now.
fn deployment(world: &World) -> String {
    let said = world.slack.channel("shop-ops").messages();
    let about: Vec<_> =
        said.iter().filter(|said| said.plain().contains("Deployment ") && said.plain().contains("orders")).collect();
    assert_eq!(about.len(), 1, "one message for one deployment: {about:#?}");
    about[0].plain().to_owned()
}

/// A world in which `orders` waits at a gate for so long, and the card that asks about it.
async fn at_gate(window: &str) -> (World, Message) {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).await;
    world.aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", window, Timeout::Rollback).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("6m").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1 · orders").await;
    (world, card)
}

/// Calls that answered gates or ended deployments.
async fn answers(world: &World) -> Vec<String> {
    let told = ["ContinueServiceDeployment", "StopServiceDeployment", "ContinueDeployment", "StopDeployment"];
    let writes = world.aws.writes().await;
    writes
        .iter()
        .filter(|call| call.acted && told.contains(&call.operation.as_str()))
        .map(|call| call.operation.clone())
        .collect()
}

#[tokio::test]
async fn a_blue_green_deployment_goes_on_once_its_gate_is_approved() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).bake("5m").count(3).await;
    world.aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Rollback).await;
    world.advance("2m").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("1m").await;
    world.slack.channel("shop-ops").expect("🚀 orders · shop/prod").await;
    world.advance("5m").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1 · orders").await;
    assert_snapshot!(card.plain(), @"
    CHG-1 · orders: go on with orders:2?
    ⏳ Waits for 1 approval of sre until today 10:33 AM. 30 min left, then AWS rolls it back.
    Asked by watchkeeper
    Where shop · prod · 111122223333
    Why The deployment waits for an answer.
    1. Approved: AWS goes on from “green has the test traffic”.
    2. Rejected: AWS takes the deployment back, and what ran before goes on alone.
    3. orders: image ghcr.io/acme/orders:1.0 -> acme/orders:1.1
    4. orders: digest sha256:4f69c2271f6d -> sha256:6c1c9d3c469e
    Prechecks
    ⚠️ alarms: they are off
    ✅ tasks · targets
    React ✅ or press Approve. ❌ or Reject takes it back. Your vote is for plan 2bc2f92b.
    [Approve] [Reject] [Details]
    ");
    assert_snapshot!(deployment(&world), @"
    ⏸️ orders · shop/prod
    Deployment bVFZf0na, blue/green: waits at a pause hook, begun today 10:02 AM.

    [x] start green  [>] test  [ ] shift  [ ] bake  [ ] end blue
    production [....................]     0 % green, 100 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         3       0       3
    green      orders:2                         3       0       3
    bake       5 min

    It waits at a pause hook. Unless somebody answers, AWS rolls it back today 10:33 AM.
    Circuit breaker: watching, 0 of 3 failed tasks.
    Targets: blue 3 healthy; green 3 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    main in shop-prod (eu-west-1)
    [Status] [Roll back]
    ");
    world.person("ana").reacts("white_check_mark", &card).await;
    world.settle().await;
    assert_eq!(answers(&world).await, ["ContinueServiceDeployment"]);
    world.advance("20m").await;
    assert_snapshot!(deployment(&world), @"
    ✅ orders · shop/prod
    Deployment bVFZf0na, blue/green: succeeded, ended today 10:13 AM.

    [x] start green  [x] test  [x] shift  [x] bake  [x] end blue
    production [####################]   100 % green, 0 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         0       0       0
    green      orders:2                         3       0       3

    Circuit breaker: done watching, 0 of 3 failed tasks.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    main in shop-prod (eu-west-1)
    [Status]
    ");
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · orders: go on with orders:2?
    ✅ Done. It goes on: the deployment is running, green has the test traffic.
    Asked by watchkeeper
    Where shop · prod · 111122223333
    Why The deployment waits for an answer.
    1. Approved: AWS goes on from “green has the test traffic”.
    2. Rejected: AWS takes the deployment back, and what ran before goes on alone.
    3. orders: image ghcr.io/acme/orders:1.0 -> acme/orders:1.1
    4. orders: digest sha256:4f69c2271f6d -> sha256:6c1c9d3c469e
    ✅ approved by @ana today 10:08 AM
    [Details]
    ");
    assert_snapshot!(world.audit("CHG-1").await, @"
    watchkeeper · planned · CHG-1 · service orders
    ana · voted · CHG-1 · service orders
    watchkeeper · approved · CHG-1 · service orders
    watchkeeper · started · CHG-1 · service orders
    watchkeeper · step · CHG-1 · service orders
    watchkeeper · ended · CHG-1 · service orders · succeeded
    ");
}

#[tokio::test]
async fn a_rejected_gate_is_a_rollback() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::Canary).canary(10.0, "5m").await;
    world.aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Continue).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("6m").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1 · orders").await;
    world.person("ana").reacts("x", &card).await;
    world.advance("10m").await;
    assert_eq!(answers(&world).await, ["ContinueServiceDeployment"]);
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · orders: go on with orders:2?
    🚫 Rejected: the deployment is rolling back.
    Asked by watchkeeper
    Where shop · prod · 111122223333
    Why The deployment waits for an answer.
    1. Approved: AWS goes on from “green has the test traffic”.
    2. Rejected: AWS takes the deployment back, and what ran before goes on alone.
    3. orders: image ghcr.io/acme/orders:1.0 -> acme/orders:1.1
    4. orders: digest sha256:4f69c2271f6d -> sha256:6c1c9d3c469e
    ❌ rejected by @ana today 10:06 AM
    [Details]
    ");
    assert_snapshot!(deployment(&world), @"
    ↩️ orders · shop/prod
    Deployment bVFZf0na, canary, 10 % first, the rest after 5 min: rolled back, ended today 10:06 AM.

    [x] start green  [!] test  [ ] shift  [ ] bake  [ ] end blue
    production [....................]     0 % green, 100 % blue
    test       [....................]     0 % green, 100 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         0       0       0

    Its gate was answered with a rollback.
    AWS went back to orders:1.
    Circuit breaker: done watching, 0 of 3 failed tasks.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    main in shop-prod (eu-west-1)
    [Status]
    ");
}

#[tokio::test]
async fn a_gate_nobody_answers_is_decided_by_aws_and_stands_in_the_audit_log() {
    let (mut world, card) = at_gate("30m").await;
    world.advance("40m").await;
    assert_eq!(answers(&world).await, [""; 0]);
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · orders: go on with orders:2?
    ⌛ Expired. Nobody decided in time, so AWS did: the deployment is rolling back.
    Asked by watchkeeper
    Where shop · prod · 111122223333
    Why The deployment waits for an answer.
    1. Approved: AWS goes on from “green has the test traffic”.
    2. Rejected: AWS takes the deployment back, and what ran before goes on alone.
    3. orders: image ghcr.io/acme/orders:1.0 -> acme/orders:1.1
    4. orders: digest sha256:4f69c2271f6d -> sha256:6c1c9d3c469e
    [Details]
    ");
    assert_snapshot!(world.audit("gate_timed_out").await, @"watchkeeper · gate_timed_out · service orders · expired");
    let late = world.person("ana").asks("ops", "/change approve CHG-1").await;
    assert!(late.starts_with("CHG-1 ended already, expired"), "{late}");
    let again = world.person("ana").asks("ops", "/ecs continue orders").await;
    assert_snapshot!(again, @"No deployment orders is under way. ecs deployments lists those that are.");
}

#[tokio::test]
async fn a_gate_answered_elsewhere_ends_its_card() {
    let (mut world, card) = at_gate("30m").await;
    world.aws.answered_elsewhere("orders", Answer::Continue).await;
    world.person("ana").reacts("white_check_mark", &card).await;
    world.advance("2m").await;
    assert_eq!(answers(&world).await, [""; 0]);
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · orders: go on with orders:2?
    🚫 Void. bVFZf0na of orders waits at no gate: the deployment is running, green has the test traffic. Nothing was changed.
    Asked by watchkeeper
    Where shop · prod · 111122223333
    Why The deployment waits for an answer.
    1. Approved: AWS goes on from “green has the test traffic”.
    2. Rejected: AWS takes the deployment back, and what ran before goes on alone.
    3. orders: image ghcr.io/acme/orders:1.0 -> acme/orders:1.1
    4. orders: digest sha256:4f69c2271f6d -> sha256:6c1c9d3c469e
    ✅ approved by @ana today 10:06 AM
    [Details]
    ");
}

#[tokio::test]
async fn a_deployment_that_fails_says_why() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::Rolling).count(2).await;
    world.aws.next_tasks_die("orders", Death::Exit(3)).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("20m").await;
    assert_snapshot!(deployment(&world), @"
    ↩️ orders · shop/prod
    Deployment bVFZf0na, rolling: rolled back, ended today 10:03 AM.

    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         0       0       0

    The circuit breaker opened: the container orders exited with code 3 (4 tasks).
    AWS went back to orders:1.
    Circuit breaker: triggered, 4 of 3 failed tasks.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    main in shop-prod (eu-west-1)
    [Status]
    ");
}

#[tokio::test]
async fn codedeploy_waits_twice_and_both_waits_are_asked_about() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::CodeDeploy).ready_wait("1h").termination_wait("1h").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("5m").await;
    let first = world.slack.channel("shop-ops").expect("CHG-1 · orders: move production traffic").await;
    world.person("ana").reacts("white_check_mark", &first).await;
    world.advance("5m").await;
    let second = world.slack.channel("shop-ops").expect("CHG-2 · orders: end blue's tasks").await;
    world.person("ana").reacts("white_check_mark", &second).await;
    world.advance("5m").await;
    assert_eq!(answers(&world).await, ["ContinueDeployment", "ContinueDeployment"]);
    assert_snapshot!(deployment(&world), @"
    ✅ orders · shop/prod
    Deployment d-F2EAAPPJN, blue/green: succeeded, ended today 10:10 AM.

    [x] start green  [x] test  [x] shift  [x] bake  [x] end blue
    production [####################]   100 % green, 0 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       4346962811535472176              0       0       0
    green      orders:2                         2       0       2

    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    main in shop-prod (eu-west-1)
    [Status]
    ");
}

#[tokio::test]
async fn a_service_that_is_deleted_ends_its_message_honestly() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("1m").await;
    world.slack.channel("shop-ops").expect("🚀 orders").await;
    world.aws.forget_service("orders").await;
    world.advance("2m").await;
    assert_snapshot!(world.slack.channel("shop-ops").expect("❔ orders").await.plain(), @"
    ❔ orders · shop/prod
    AWS no longer knows the deployment bVFZf0na: its service was probably deleted. How it ended is not known.
    ");
}

#[tokio::test]
async fn a_freeze_keeps_people_from_being_asked() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).await;
    world.aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", "4h", Timeout::Rollback).await;
    world.person("ana").asks("ops", "/change freeze start --project shop --reason 'release week' --until 11:00").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("6m").await;
    assert_snapshot!(deployment(&world), @"
    ⏸️ orders · shop/prod
    Deployment bVFZf0na, blue/green: waits at a pause hook, begun today 10:00 AM.

    [x] start green  [>] test  [ ] shift  [ ] bake  [ ] end blue
    production [....................]     0 % green, 100 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         2       0       2
    bake       10 min

    It waits at a pause hook. Unless somebody answers, AWS rolls it back today 2:01 PM.
    Circuit breaker: watching, 0 of 3 failed tasks.
    Targets: blue 2 healthy; green 2 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    ❄️ The freeze FRZ-1 holds until tomorrow 10:00 AM, so nobody is asked to let it go on: release week
    main in shop-prod (eu-west-1)
    [Status] [Roll back]
    ");
    world.person("ana").asks("ops", "/change freeze stop FRZ-1").await;
    world.advance("2m").await;
    world.slack.channel("shop-ops").expect("CHG-1 · orders").await;
}

#[tokio::test]
async fn an_approval_in_a_freeze_waits_and_a_rejection_still_counts() {
    let (mut world, card) = at_gate("24h").await;
    world.person("ana").asks("ops", "/change freeze start --project shop --reason 'release week' --until 'tomorrow 10:00'").await;
    world.person("ana").reacts("white_check_mark", &card).await;
    world.advance("30m").await;
    let status = world.slack.channel("shop-ops").again(&card).unwrap().plain().lines().nth(1).unwrap().to_owned();
    assert_snapshot!(status, @"⏳ Waits for 1 approval of sre (1 so far) until tomorrow 10:01 AM. Approved, but the freeze FRZ-1 holds until tomorrow 9:00 AM. 23 h 30 min left, then AWS rolls it back.");
    world.person("ana").unreacts("white_check_mark", &card).await;
    world.person("ana").reacts("x", &card).await;
    world.advance("5m").await;
    assert_eq!(answers(&world).await, ["ContinueServiceDeployment"]);
    assert!(deployment(&world).starts_with("↩️"), "{}", deployment(&world));
}

#[tokio::test]
async fn what_can_t_be_looked_at_keeps_nobody_from_deciding() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).await;
    world.aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Rollback).await;
    for (service, operation) in [("elbv2", "DescribeTargetHealth"), ("ecs", "DescribeTaskDefinition"), ("ecs", "ListTasks")] {
        world.aws.fault(Fault::error(service, operation, "AccessDeniedException", 400)).await;
    }
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("6m").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1 · orders").await;
    assert_snapshot!(card.plain(), @"
    CHG-1 · orders: go on with orders:2?
    ⏳ Waits for 1 approval of sre until today 10:31 AM. 30 min left, then AWS rolls it back.
    Asked by watchkeeper
    Where shop · prod · 111122223333
    Why The deployment waits for an answer.
    1. Approved: AWS goes on from “green has the test traffic”.
    2. Rejected: AWS takes the deployment back, and what ran before goes on alone.
    Prechecks
    ⚠️ alarms: they are off
    ⚠️ the task definitions: AWS could not be asked now
    ⚠️ targets: AWS could not be asked now
    ⚠️ stopped tasks: AWS could not be asked now
    ✅ tasks
    React ✅ or press Approve. ❌ or Reject takes it back. Your vote is for plan 2bc2f92b.
    [Approve] [Reject] [Details]
    ");
    world.person("ana").reacts("white_check_mark", &card).await;
    world.settle().await;
    assert_eq!(answers(&world).await, ["ContinueServiceDeployment"]);
}

#[tokio::test]
async fn whoever_breaks_the_glass_at_a_gate_does_not_wait_for_the_bots_card() {
    let (mut world, card) = at_gate("30m").await;
    world.person("ana").asks("ops", "/ecs continue orders --emergency --reason 'shop is down'").await;
    world.settle().await;
    assert_eq!(answers(&world).await, ["ContinueServiceDeployment"]);
    let status = world.slack.channel("shop-ops").again(&card).unwrap().plain().lines().nth(1).unwrap().to_owned();
    assert_snapshot!(status, @"🚫 Void. @ana broke the glass for it, so nobody has to decide here.");
}

#[tokio::test]
async fn a_wait_of_codedeploy_that_is_rejected_is_taken_back() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::CodeDeploy).ready_wait("1h").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("5m").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1 · orders: move production traffic").await;
    world.person("ana").clicks(&card, "Reject").await;
    world.advance("10m").await;
    assert_eq!(answers(&world).await, ["StopDeployment"]);
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · orders: move production traffic to green?
    🚫 Rejected: the deployment is stopped.
    Asked by watchkeeper
    Where shop · prod · 111122223333
    Why The deployment waits for an answer.
    1. Approved: AWS moves the production traffic to green.
    2. Rejected: AWS takes the deployment back, and what ran before goes on alone.
    3. orders: image ghcr.io/acme/orders:1.0 -> acme/orders:1.1
    4. orders: digest sha256:4f69c2271f6d -> sha256:6c1c9d3c469e
    ❌ rejected by @ana today 10:05 AM
    [Details]
    ");
}

#[tokio::test]
async fn what_began_and_ended_while_the_bot_was_away_is_told() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::Rolling).count(2).await;
    world.advance("2m").await;
    world.stop().await;
    world.aws.next_tasks_die("orders", Death::Exit(3)).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.pass(world.now() + jiff::SignedDuration::from_mins(30)).await;
    world.revive().await;
    world.advance("1m").await;
    assert!(deployment(&world).starts_with("↩️"), "{}", deployment(&world));
}

#[tokio::test]
async fn a_deployment_can_be_taken_back() {
    let prod = "@id(\"end-deployments-prod\")\n@approvals(\"1\")\n@approvers(";
    let approved_by_dba = Choices::with_policy(&[(&format!("{prod}\"sre\")"), &format!("{prod}\"dba\")"))]);
    let mut world = World::with(Choices { config: DEPLOYMENTS.to_owned(), ..approved_by_dba }).await;
    world.aws.service("main", "orders").strategy(Strategy::Linear).linear(20.0, "5m").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("4m").await;
    let card = world.slack.channel("shop-ops").expect("🚀 orders").await;
    world.person("ana").clicks(&card, "Roll back").await;
    let change = world.slack.channel("shop-ops").expect("CHG-1 · orders: roll back").await;
    assert_snapshot!(change.plain(), @"
    CHG-1 · orders: roll back bVFZf0na
    ⏳ Waits for 1 approval of dba until today 6:04 PM.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts as soon as it may
    1. Stop the deployment and give all traffic back to what ran before.
    What can go wrong
    • What the new version has changed elsewhere, such as in a database, stays changed.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan dacee8f4.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &change).await;
    world.advance("10m").await;
    assert_eq!(answers(&world).await, ["StopServiceDeployment"]);
    assert_snapshot!(world.slack.channel("shop-ops").again(&change).unwrap().plain(), @"
    CHG-1 · orders: roll back bVFZf0na
    ✅ Done. The deployment is rolled back.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts as soon as it may
    1. Stop the deployment and give all traffic back to what ran before.
    ✅ approved by @ben today 10:04 AM
    [Details]
    ");
    assert_snapshot!(deployment(&world), @"
    ↩️ orders · shop/prod
    Deployment bVFZf0na, linear, 20 % at a time, every 5 min: rolled back, ended today 10:04 AM.

    [x] start green  [x] test  [!] shift  [ ] bake  [ ] end blue
    production [....................]     0 % green, 100 % blue
    test       [....................]     0 % green, 100 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         0       0       0

    It was stopped by hand.
    AWS went back to orders:1.
    Circuit breaker: done watching, 0 of 3 failed tasks.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    main in shop-prod (eu-west-1)
    [Status]
    ");
    let refused = world.person("ana").asks("ops", "/ecs stop orders").await;
    assert_snapshot!(refused, @"No deployment orders is under way. ecs deployments lists those that are.");
}

#[tokio::test]
async fn one_of_codedeploy_can_be_stopped_where_it_stands() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").in_account("444455556666").strategy(Strategy::CodeDeploy).ready_wait("1h").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("1m").await;
    world.person("ana").asks("ops", "/ecs stop orders").await;
    let change = world.slack.channel("shop-ops").expect("CHG-1 · orders: stop").await;
    world.advance("5m").await;
    assert_eq!(answers(&world).await, ["StopDeployment"]);
    assert_snapshot!(world.slack.channel("shop-ops").again(&change).unwrap().plain(), @"
    CHG-1 · orders: stop d-77A98CI3G
    ✅ Done. The deployment is stopped.
    Asked by @ana
    Where shop · staging · 444455556666
    Starts as soon as it may
    1. Stop the deployment where it stands. Traffic stays where it is now.
    [Details]
    ");
}

#[tokio::test]
async fn tasks_that_keep_dying_raise_an_alert_that_ends_when_they_recover() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").count(2).without_circuit_breaker().await;
    world.aws.tasks_die("orders", Death::OutOfMemory).await;
    world.advance("10m").await;
    let alert = world.slack.channel("shop-ops").expect("ALR-1 · orders keeps failing").await;
    assert_snapshot!(alert.plain(), @r#"
    🔴 ALR-1 · orders keeps failing
    Critical, wrong since today 10:04 AM. Nobody has taken it yet.
    6 tasks died within 10 min:
    • 6× the container orders ran out of memory
    Where shop · prod · 111122223333 · eu-west-1
    What arn:aws:ecs:eu-west-1:111122223333:service/main/orders
    Source watchkeeper
    Runbook service-keeps-failing
    1. Look why its tasks die: the reason stands above, and Status shows the service's last events.
    2. Did it begin with a deployment? It is listed under "Changed lately". Roll that back first, ask later.
    3. Killed for want of memory? Raise the task definition's memory, or find what leaks.
    4. Can't pull its image? Look whether the tag was deleted and whether the registry answers.
    5. Write down how it was fixed when you resolve this.
    cluster=main · env=prod · project=shop · service=orders
    [Acknowledge] [Resolve] [Silence 1 h] [Details]
    [Status] [Failing services]
    "#);
    // What a runbook offers is a command like any other, filled in from the alert's labels.
    world.person("ana").clicks(&alert, "Status").await;
    let said = world.person("ana").reads("orders").await;
    assert!(said.plain().contains("ran out of memory"), "{}", said.plain());
    let asked = world.audit("ana · asked · ecs status").await;
    assert_eq!(asked.lines().count(), 1, "{asked}");
    world.aws.tasks_recover("orders").await;
    world.advance("15m").await;
    assert_snapshot!(world.slack.channel("shop-ops").again(&alert).unwrap().plain(), @"
    ✅ ALR-1 · orders keeps failing
    ✅ Resolved by its source today 10:20 AM, 16 min after it came.
    2 tasks died within 10 min:
    • 2× the container orders ran out of memory
    Where shop · prod · 111122223333 · eu-west-1
    What arn:aws:ecs:eu-west-1:111122223333:service/main/orders
    Source watchkeeper
    cluster=main · env=prod · project=shop · service=orders
    Last: Its source says it is right again, after 16 min.
    [How was it fixed?] [Details]
    ");
    assert_snapshot!(world.audit("tasks_").await, @"
    watchkeeper · tasks_keep_dying · service orders
    watchkeeper · tasks_no_longer_die · service orders · recovered
    ");
}

#[tokio::test]
async fn a_deployment_and_the_alerts_of_its_project_know_of_each_other() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).without_circuit_breaker().await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("1m").await;
    world.aws.service("main", "mail").count(2).without_circuit_breaker().await;
    world.aws.tasks_die("mail", Death::OutOfMemory).await;
    world.advance("10m").await;
    let alert = world.slack.channel("shop-ops").expect("ALR-1 · mail keeps failing").await;
    assert_snapshot!(alert.plain(), @r#"
    🔴 ALR-1 · mail keeps failing
    Critical, wrong since today 10:05 AM. Nobody has taken it yet.
    6 tasks died within 10 min:
    • 6× the container mail ran out of memory
    Where shop · prod · 111122223333 · eu-west-1
    What arn:aws:ecs:eu-west-1:111122223333:service/main/mail
    Source watchkeeper
    Runbook service-keeps-failing
    1. Look why its tasks die: the reason stands above, and Status shows the service's last events.
    2. Did it begin with a deployment? It is listed under "Changed lately". Roll that back first, ask later.
    3. Killed for want of memory? Raise the task definition's memory, or find what leaks.
    4. Can't pull its image? Look whether the tag was deleted and whether the registry answers.
    5. Write down how it was fixed when you resolve this.
    Changed lately
    • 🚀 orders · shop/prod, today 10:01 AM
    cluster=main · env=prod · project=shop · service=mail
    [Acknowledge] [Resolve] [Silence 1 h] [Details]
    [Status] [Failing services]
    "#);
    assert_snapshot!(deployment(&world), @"
    🚀 orders · shop/prod
    Deployment bVFZf0na, blue/green: running, baking, begun today 10:00 AM.

    [x] start green  [x] test  [x] shift  [>] bake  [ ] end blue
    production [####################]   100 % green, 0 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         2       0       2
    bake       1 min 50 s left of 10 min

    Targets: blue 2 healthy; green 2 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    🔔 Alerts of the project meanwhile
    • ALR-1 critical · mail keeps failing, today 10:05 AM
    main in shop-prod (eu-west-1)
    [Status] [Roll back]
    ");
}

#[tokio::test]
async fn a_deployment_can_be_watched_from_another_channel() {
    let mut world = World::with(choices()).await;
    world.aws.service("main", "orders").strategy(Strategy::Rolling).await;
    let answer = world.person("ana").asks("ops", "/ecs watch orders").await;
    assert_snapshot!(answer, @"Nothing is being deployed to orders now. The next deployment within a day is shown here.");
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("10m").await;
    world.slack.channel("ops").expect("✅ orders").await;
    assert!(deployment(&world).starts_with("✅"), "{}", deployment(&world));
    world.aws.deploy("orders", "acme/orders:1.2").await;
    world.advance("10m").await;
    let said =
        world.slack.channel("ops").messages().into_iter().filter(|said| said.plain().contains("orders · shop/prod")).count();
    assert_eq!(said, 1, "one deployment was asked for");
}

#[tokio::test]
async fn an_event_makes_it_look_at_once() {
    let queue = r#"
        [[events]]
        queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/deployments"
        account = "111122223333"
        role = "arn:aws:iam::111122223333:role/watchkeeper-ecs""#;
    let seldom = DEPLOYMENTS.replace("1m", "6h");
    let mut world = World::with(Choices { config: format!("{seldom}{queue}"), ..Choices::default() }).await;
    world.aws.service("main", "orders").strategy(Strategy::Rolling).await;
    world.aws.event_queue("111122223333", "eu-west-1", "deployments").await;
    world.advance("1m").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("10s").await;
    world.until(async |world| world.aws.queued().await == 0).await;
    world.settle().await;
    world.slack.channel("shop-ops").expect("🚀 orders").await;
}

#[tokio::test]
async fn whatever_commit_it_dies_after_a_gate_is_answered_once() {
    at_every_commit(choices(), async |mut world| {
        let quick = ["task.provision", "task.pull", "task.start", "task.health", "task.drain", "ecs.test_traffic_shift"];
        world.aws.durations(&quick.map(|stage| (stage, 1.0))).await;
        world.aws.service("main", "orders").strategy(Strategy::BlueGreen).bake("0m").await;
        world.aws.hook_pauses("orders", "POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Rollback).await;
        world.aws.deploy("orders", "acme/orders:1.1").await;
        world.advance("2m").await;
        let cards = world.slack.channel("shop-ops").messages().into_iter().filter(|said| said.plain().starts_with("CHG-"));
        let cards: Vec<_> = cards.collect();
        assert_eq!(cards.len(), 1, "{cards:#?}");
        world.person("ana").reacts("white_check_mark", &cards[0]).await;
        world.advance("3m").await;
        assert_eq!(answers(&world).await, ["ContinueServiceDeployment"]);
        assert!(deployment(&world).starts_with("✅"), "{}", deployment(&world));
    })
    .await;
}
