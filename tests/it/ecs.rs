//! Services and their deployments, asked for: ECS's own and CodeDeploy's in one shape.

use insta::assert_snapshot;
use standins::aws::{Death, Fault, Strategy, Timeout};
use standins::world::{Choices, World};

const PROD: &str = "111122223333";
const STAGING: &str = "444455556666";
const MEDIA: &str = "777788889999";

/// Two clusters shared by two projects, and one of the same name elsewhere.
async fn shared(world: &World) {
    let aws = &world.aws;
    aws.service("main", "orders").image("acme/orders:1.0").count(3).await;
    aws.service("main", "blog").strategy(Strategy::BlueGreen).tags(&[("project", "media"), ("env", "prod")]).await;
    aws.service("batch", "invoices").strategy(Strategy::Canary).await;
    aws.service("main", "checkout").strategy(Strategy::CodeDeploy).await;
    aws.service("main", "orders").in_account(STAGING).await;
    aws.service("press", "player").in_account(MEDIA).strategy(Strategy::Linear).await;
}

#[tokio::test]
async fn services_are_listed_over_accounts_and_clusters() {
    let mut world = World::start().await;
    shared(&world).await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs services").await, @"");
    for (filter, services) in [
        ("--cluster main", "orders blog checkout orders"),
        ("--cluster BATCH", "invoices"),
        ("--project media", "blog player"),
        ("--env staging", "orders"),
        ("--account shop-prod --project shop", "checkout invoices orders"),
        ("--account 777788889999", "player"),
    ] {
        let said = world.person("ana").asks("ops", &format!("/ecs services {filter}")).await;
        let mut named: Vec<&str> = said
            .lines()
            .skip_while(|line| !line.starts_with("Service "))
            .skip(1)
            .filter_map(|line| line.split(' ').next())
            .collect();
        let mut expected: Vec<&str> = services.split(' ').collect();
        named.sort_unstable();
        expected.sort_unstable();
        assert_eq!(named, expected, "{filter}: {said}");
    }
    let said = world.person("ana").asks("ops", "/ecs services --project shop --cluster press").await;
    assert_eq!(said, "No service fits that. Leave an option out to see more.");
    let said = world.person("ana").asks("ops", "/ecs services --account nowhere").await;
    assert_eq!(said, "I look after no account called nowhere. The ones I know are shop-prod, shop-staging and media-prod.");
    world.finish().await;
}

#[tokio::test]
async fn nothing_there_is_said() {
    let mut world = World::start().await;
    for (line, answer) in [
        ("/ecs services", "There is no service that you may see."),
        ("/ecs deployments", "Nothing is being deployed. With --recent I also show what is over."),
        ("/ecs deployments --recent", "Nothing was deployed in the last 24 hours."),
        ("/ecs failing", "No service lost a task within the last hour."),
        ("/ecs status orders", "There is no service orders. ecs services shows those you may see."),
    ] {
        assert_eq!(world.person("ana").asks("ops", line).await, answer, "{line}");
    }
    world.finish().await;
}

#[tokio::test]
async fn two_hundred_services_are_turned_page_by_page() {
    let mut world = World::start().await;
    world.aws.many_services(200).await;
    world.person("ana").types("ops", "/ecs services").await;
    let list = world.person("ana").reads("200 services, page 1 of 20").await;
    world.person("ana").clicks(&list, "Next ›").await;
    let next = world.person("ana").reads("200 services, page 2 of 20").await;
    assert_eq!(next.ts, list.ts, "the same message");
    world.person("ana").types("ops", "/ecs services --csv").await;
    let file = world.person("ana").reads("(file: services.csv)").await;
    world.person("ana").reads("200 services, as a file.").await;
    let content = String::from_utf8(world.slack.file(&file.files[0]).content.unwrap()).unwrap();
    assert_eq!(content.lines().count(), 201);
    assert_snapshot!(content.lines().next().unwrap(), @"");
    world.finish().await;
}

#[tokio::test]
async fn a_service_that_runs_well() {
    let mut world = World::start().await;
    world.aws.service("main", "orders").image("acme/orders:1.0").count(3).await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_canary_is_drawn_from_stage_to_stage() {
    let mut world = World::start().await;
    let service = world.aws.service("main", "orders").strategy(Strategy::Canary).canary(10.0, "5m").bake("10m");
    service.image("acme/orders:1.0").alarms(&["orders-5xx"]).count(3).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("2m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    world.advance("30m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_pause_says_until_when_it_waits() {
    let mut world = World::start().await;
    let service = world.aws.service("main", "orders").strategy(Strategy::BlueGreen);
    service.pauses("POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Rollback).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs deployments").await, @"");
    world.advance("2h").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs deployments --recent").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn codedeploys_waits_say_until_when_they_last() {
    let mut world = World::start().await;
    let service = world.aws.service("main", "checkout").strategy(Strategy::CodeDeploy).image("acme/checkout:7");
    service.ready_wait("1h").termination_wait("45m").await;
    world.aws.deploy("checkout", "acme/checkout:8").await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status checkout").await, @"");
    world.aws.answered_elsewhere("checkout", standins::aws::Answer::Continue).await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status checkout").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs deployments").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_rolling_deployment_that_fails_says_why() {
    let mut world = World::start().await;
    world.aws.service("main", "orders").image("acme/orders:1.0").count(3).await;
    world.aws.next_tasks_die("orders", Death::Exit(1)).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("3m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    world.advance("30m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn an_alarm_that_ended_a_deployment_is_named() {
    let mut world = World::start().await;
    world.aws.service("main", "orders").strategy(Strategy::BlueGreen).bake("30m").alarms(&["orders-5xx"]).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("15m").await;
    world.aws.alarm_fires("orders").await;
    world.advance("30m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn dying_tasks_are_grouped_by_what_they_die_of() {
    let mut world = World::start().await;
    shared(&world).await;
    world.aws.tasks_die("main/orders", Death::Exit(1)).await;
    world.aws.tasks_die("player", Death::OutOfMemory).await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs failing").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs failing --project media").await, @"");
    world.end().await;
}

#[tokio::test]
async fn which_one_is_asked_where_several_have_the_name() {
    let mut world = World::start().await;
    shared(&world).await;
    world.aws.service("batch", "blog").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status blog").await, @"");
    for (typed, place) in [
        ("batch/blog", "batch in shop-prod"),
        ("orders@shop-staging", "main in shop-staging"),
        ("main/orders@111122223333", "main in shop-prod"),
        ("arn:aws:ecs:eu-west-1:444455556666:service/main/orders", "main in shop-staging"),
    ] {
        let said = world.person("ana").asks("ops", &format!("/ecs status {typed}")).await;
        assert!(said.contains(place), "{typed}: {said}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_misspelt_name_is_answered_with_the_nearest() {
    let mut world = World::start().await;
    shared(&world).await;
    let said = world.person("ana").asks("ops", "/ecs status invoice").await;
    assert_eq!(said, "There is no service invoice. Did you mean invoices?");
    let said = world.person("ana").asks("ops", "/ecs status press/orders@media-prod").await;
    assert_snapshot!(said, @"");
    world.finish().await;
}

#[tokio::test]
async fn the_policy_is_asked_before_anything_is_told() {
    let closed = (
        "// Access to accounts. Whoever",
        "@id(\"media-only\") @says(\"Only media may look at media.\")\nforbid (principal, action in Action::\"ecs\", resource)\nwhen { resource has project && resource.project == \"media\" };\n\n// Access to accounts. Whoever",
    );
    let mut world = World::with(Choices::with_policy(&[closed])).await;
    shared(&world).await;
    world.aws.deploy("blog", "acme/blog:2").await;
    world.aws.tasks_die("player", Death::OutOfMemory).await;
    world.advance("5m").await;
    let said = world.person("ana").asks("ops", "/ecs services").await;
    assert!(said.contains("orders") && !said.contains("blog") && !said.contains("player"), "{said}");
    for line in ["/ecs deployments", "/ecs deployments --recent", "/ecs failing"] {
        let said = world.person("ana").asks("ops", line).await;
        assert!(!said.contains("blog") && !said.contains("player"), "{said}");
    }
    assert_eq!(world.person("ana").asks("ops", "/ecs status blog").await, "Only media may look at media.");
    let said = world.person("ana").asks("ops", "/ecs status blogg").await;
    assert!(!said.contains("Did you mean"), "{said}");
    world.end().await;
}

#[tokio::test]
async fn one_accounts_trouble_stands_beside_the_others() {
    let mut world = World::start().await;
    shared(&world).await;
    world.aws.fault(Fault::deny("ecs", "ListClusters").account(MEDIA)).await;
    let said = world.person("ana").asks("ops", "/ecs services").await;
    assert!(said.contains("invoices") && said.contains("may not call ecs:ListClusters") && !said.contains("player"), "{said}");
    world.aws.clear_faults().await;
    world.aws.refuse_role(PROD, "watchkeeper-ecs").await;
    let said = world.person("bea").asks("ops", "/ecs deployments --account shop-prod").await;
    assert!(said.starts_with("AWS does not let me take the role"), "{said}");
    let said = world.person("bea").asks("ops", "/ecs status invoices").await;
    assert!(said.starts_with("I found no service invoices, but could not look everywhere."), "{said}");
    world.end().await;
}

#[tokio::test]
async fn services_are_picked_in_a_form() {
    let mut world = World::start().await;
    shared(&world).await;
    world.person("ana").types("ops", "/ecs status").await;
    world.slack.person("ana").picks("Service", "invoices").await;
    world.person("ana").submits().await;
    world.person("ana").reads("batch in shop-prod").await;
    world.finish().await;
}
