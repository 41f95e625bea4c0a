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
    assert_snapshot!(world.person("ana").asks("ops", "/ecs services").await, @"
    6 services

    Service   Cluster  Tasks  Runs        Belongs to    Account       Deployed
    blog      main     2/2    blog:1      media/prod    shop-prod     blue/green
    checkout  main     2/2    checkout:1  shop/prod     shop-prod     blue/green by CodeDeploy
    invoices  batch    2/2    invoices:1  shop/prod     shop-prod     canary
    orders    main     3/3    orders:1    shop/prod     shop-prod     rolling
    orders    main     2/2    orders:1    shop/staging  shop-staging  rolling
    player    press    2/2    player:1    media/prod    media-prod    linear
    ");
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
    assert_snapshot!(content.lines().next().unwrap(), @"service,cluster,status,running,pending,wanted,task_definition,launch,deployed,project,env,account,account_id,region,arn");
    world.finish().await;
}

#[tokio::test]
async fn a_service_that_runs_well() {
    let mut world = World::start().await;
    world.aws.service("main", "orders").image("acme/orders:1.0").count(3).await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 3 running, 3 wanted
    State active
    Deployed rolling
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment CGAXgQ_b, rolling: succeeded, ended Nov 22, 2026 10:08 AM.

    replaced   [####################] 3 of 3 tasks
    tasks                                 running pending  wanted
    green      orders:1                         3       0       3

    Circuit breaker: done watching, 0 of 3 failed tasks.
    Targets: green 3 healthy.
    Green runs
    orders: acme/orders:1.0 (d6a31f9eedeb)
    Last events
    today 10:00 AM (service orders) has reached a steady state.
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_canary_is_drawn_from_stage_to_stage() {
    let mut world = World::start().await;
    let service = world.aws.service("main", "orders").strategy(Strategy::Canary).canary(10.0, "5m").bake("10m");
    service.image("acme/orders:1.0").alarms(&["orders-5xx"]).count(3).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("2m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 6 running, 3 wanted
    State active
    Deployed canary
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment bVFZf0na, canary, 10 % first, the rest after 5 min: running, moving production traffic, begun today 10:00 AM.

    [x] start green  [x] test  [>] shift  [ ] bake  [ ] end blue
    production [##..................]    10 % green, 90 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         3       0       3
    green      orders:2                         3       0       3
    bake       10 min

    Alarms (orders-5xx): watching. Circuit breaker: watching, 0 of 3 failed tasks.
    Targets: blue 3 healthy; green 3 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:01 AM (service orders) has reached a steady state.
    today 10:00 AM (service orders) has started 3 tasks: (task 01d3d0c37c98e08ceeeaff4283d7b5f8) (task 302a66fd66d2148431b03303859ccf37) (task 980507e39d939308c48aabd1e78b5e43).
    today 10:00 AM (service orders) has reached a steady state.
    ");
    world.advance("30m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 3 running, 3 wanted
    State active
    Deployed canary
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment bVFZf0na, canary, 10 % first, the rest after 5 min: succeeded, ended today 10:18 AM.

    [x] start green  [x] test  [x] shift  [x] bake  [x] end blue
    production [####################]   100 % green, 0 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         0       0       0
    green      orders:2                         3       0       3

    Alarms (orders-5xx): done watching. Circuit breaker: done watching, 0 of 3 failed tasks.
    Targets: green 3 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:18 AM (service orders) (deployment ecs-svc/2842969304358490683) deployment completed.
    today 10:17 AM (service orders) has stopped 3 running tasks: (task afec26666ad4395d8b42ecbb92e75965) (task 8b5113a929822bb57320fff30e5a5c61) (task 30b0bda8bc05010eab049a7da7c472fe).
    today 10:17 AM (service orders) has begun draining connections on 3 tasks.
    today 10:01 AM (service orders) has reached a steady state.
    today 10:00 AM (service orders) has started 3 tasks: (task 01d3d0c37c98e08ceeeaff4283d7b5f8) (task 302a66fd66d2148431b03303859ccf37) (task 980507e39d939308c48aabd1e78b5e43).
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_pause_says_until_when_it_waits() {
    let mut world = World::start().await;
    let service = world.aws.service("main", "orders").strategy(Strategy::BlueGreen);
    service.pauses("POST_TEST_TRAFFIC_SHIFT", "30m", Timeout::Rollback).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 4 running, 2 wanted
    State active
    Deployed blue/green
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment bVFZf0na, blue/green: waits at a pause hook, begun today 10:00 AM.

    [x] start green  [>] test  [ ] shift  [ ] bake  [ ] end blue
    production [....................]     0 % green, 100 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         2       0       2
    bake       10 min

    It waits at a pause hook. Unless somebody answers, AWS rolls it back today 10:31 AM.
    Circuit breaker: watching, 0 of 3 failed tasks.
    Targets: blue 2 healthy; green 2 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:01 AM (service orders) has reached a steady state.
    today 10:00 AM (service orders) has started 2 tasks: (task 30b0bda8bc05010eab049a7da7c472fe) (task 01d3d0c37c98e08ceeeaff4283d7b5f8).
    today 10:00 AM (service orders) has reached a steady state.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs deployments").await, @"
    1 deployment under way

    Deployment  Service  Cluster  Belongs to  Strategy    State                  For
    bVFZf0na    orders   main     shop/prod   blue/green  waits at a pause hook  9 min 55 s
    ");
    world.advance("2h").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 2 running, 2 wanted
    State active
    Deployed blue/green
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment bVFZf0na, blue/green: rolled back, ended today 10:32 AM.

    production [....................]     0 % green, 100 % blue
    test       [....................]     0 % green, 100 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         0       0       0

    Nobody answered its gate in time.
    AWS went back to orders:1.
    Circuit breaker: done watching, 0 of 3 failed tasks.
    Targets: green 2 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:32 AM (service orders) (deployment ecs-svc/6885741138178440850) deployment completed.
    today 10:32 AM (service orders) has stopped 2 running tasks: (task 30b0bda8bc05010eab049a7da7c472fe) (task 01d3d0c37c98e08ceeeaff4283d7b5f8).
    today 10:32 AM (service orders) has begun draining connections on 2 tasks.
    today 10:31 AM (service orders) rolling back to deployment ecs-svc/6885741138178440850.
    today 10:31 AM (service orders) (deployment ecs-svc/2842969304358490683) deployment failed: Service deployment rolled back because the lifecycle hook at POST_TEST_TRAFFIC_SHIFT timed out.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs deployments --recent").await, @"
    1 deployment of the last 24 hours

    Deployment  Service  Cluster  Belongs to  Strategy    State        For
    bVFZf0na    orders   main     shop/prod   blue/green  rolled back  32 min 25 s
    ");
    world.finish().await;
}

#[tokio::test]
async fn codedeploys_waits_say_until_when_they_last() {
    let mut world = World::start().await;
    let service = world.aws.service("main", "checkout").strategy(Strategy::CodeDeploy).image("acme/checkout:7");
    service.ready_wait("1h").termination_wait("45m").await;
    world.aws.deploy("checkout", "acme/checkout:8").await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status checkout").await, @"
    checkout
    Tasks 4 running, 2 wanted
    State active
    Deployed blue/green by CodeDeploy
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment d-7N5RDXJ7P, blue/green: waits to move production traffic, begun today 10:00 AM.

    [x] start green  [x] test  [ ] shift  [ ] bake  [ ] end blue
    production [....................]     0 % green, 100 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       checkout:1                       2       0       2
    green      checkout:2                       2       0       2
    bake       45 min

    It waits to move production traffic. Unless somebody answers, AWS stops it today 11:02 AM.
    Targets: blue 2 healthy; green 2 healthy.
    Green runs
    checkout: acme/checkout:8 (9e39927198c3)
    Last events
    today 10:01 AM (service checkout) has reached a steady state.
    today 10:00 AM (service checkout) has started 2 tasks: (task 0f0f7346992879b93e0c7f65e0338077) (task 6f564eb8e40632e654f5b3188287b372).
    today 10:00 AM (service checkout) has reached a steady state.
    ");
    world.aws.answered_elsewhere("checkout", standins::aws::Answer::Continue).await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status checkout").await, @"
    checkout
    Tasks 4 running, 2 wanted
    State active
    Deployed blue/green by CodeDeploy
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment d-7N5RDXJ7P, blue/green: waits to end blue's tasks, begun today 10:00 AM.

    [x] start green  [x] test  [x] shift  [>] bake  [ ] end blue
    production [####################]   100 % green, 0 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       checkout:1                       2       0       2
    green      checkout:2                       2       0       2
    bake       35 min 25 s left of 45 min

    It waits to end blue's tasks. Unless somebody answers, AWS goes on today 10:55 AM.
    Targets: blue 2 healthy; green 2 healthy.
    Green runs
    checkout: acme/checkout:8 (9e39927198c3)
    Last events
    today 10:01 AM (service checkout) has reached a steady state.
    today 10:00 AM (service checkout) has started 2 tasks: (task 0f0f7346992879b93e0c7f65e0338077) (task 6f564eb8e40632e654f5b3188287b372).
    today 10:00 AM (service checkout) has reached a steady state.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs deployments").await, @"
    1 deployment under way

    Deployment   Service   Cluster  Belongs to  Strategy                 State                      For
    d-7N5RDXJ7P  checkout  main     shop/prod   blue/green (CodeDeploy)  waits to end blue's tasks  19 min 55 s
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_rolling_deployment_that_fails_says_why() {
    let mut world = World::start().await;
    world.aws.service("main", "orders").image("acme/orders:1.0").count(3).await;
    world.aws.next_tasks_die("orders", Death::Exit(1)).await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("3m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 3 running, 3 wanted
    State active
    Deployed rolling
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour 3× the container orders exited with code 1
    Deployment bVFZf0na, rolling: rolled back, ended today 10:01 AM.

    tasks                                 running pending  wanted
    blue       orders:1                         3       0       3
    green      orders:2                         0       0       0

    The circuit breaker opened: the container orders exited with code 1 (3 tasks).
    AWS went back to orders:1.
    Circuit breaker: triggered, 3 of 3 failed tasks.
    Targets: green 3 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:01 AM (service orders) (deployment ecs-svc/6885741138178440850) deployment completed.
    today 10:01 AM (service orders) rolling back to deployment ecs-svc/6885741138178440850.
    today 10:01 AM (service orders) (deployment ecs-svc/2842969304358490683) deployment failed: tasks failed to start.
    today 10:01 AM (service orders) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.
    today 10:01 AM (service orders) has stopped 1 running tasks: (task 980507e39d939308c48aabd1e78b5e43).
    ");
    world.advance("30m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 3 running, 3 wanted
    State active
    Deployed rolling
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour 3× the container orders exited with code 1
    Deployment bVFZf0na, rolling: rolled back, ended today 10:01 AM.

    tasks                                 running pending  wanted
    blue       orders:1                         3       0       3
    green      orders:2                         0       0       0

    The circuit breaker opened: the container orders exited with code 1 (3 tasks).
    AWS went back to orders:1.
    Circuit breaker: triggered, 3 of 3 failed tasks.
    Targets: green 3 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:01 AM (service orders) (deployment ecs-svc/6885741138178440850) deployment completed.
    today 10:01 AM (service orders) rolling back to deployment ecs-svc/6885741138178440850.
    today 10:01 AM (service orders) (deployment ecs-svc/2842969304358490683) deployment failed: tasks failed to start.
    today 10:01 AM (service orders) is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.
    today 10:01 AM (service orders) has stopped 1 running tasks: (task 980507e39d939308c48aabd1e78b5e43).
    ");
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
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 2 running, 2 wanted
    State active
    Deployed blue/green
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment bVFZf0na, blue/green: rolled back, ended today 10:15 AM.

    production [....................]     0 % green, 100 % blue
    test       [....................]     0 % green, 100 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         0       0       0

    The alarm orders-5xx went off.
    AWS went back to orders:1.
    Alarms (orders-5xx): triggered. Circuit breaker: done watching, 0 of 3 failed tasks.
    Targets: green 2 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:15 AM (service orders) (deployment ecs-svc/6885741138178440850) deployment completed.
    today 10:15 AM (service orders) has stopped 2 running tasks: (task 30b0bda8bc05010eab049a7da7c472fe) (task 01d3d0c37c98e08ceeeaff4283d7b5f8).
    today 10:15 AM (service orders) has begun draining connections on 2 tasks.
    today 10:15 AM (service orders) rolling back to deployment ecs-svc/6885741138178440850.
    today 10:15 AM (service orders) (deployment ecs-svc/2842969304358490683) deployment failed: ECS deployment failed: alarm detected.
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_linear_deployment_that_is_taken_back_says_so() {
    let mut world = World::start().await;
    world.aws.service("main", "orders").strategy(Strategy::Linear).linear(25.0, "10m").await;
    world.aws.deploy("orders", "acme/orders:1.1").await;
    world.advance("15m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"
    orders
    Tasks 4 running, 2 wanted
    State active
    Deployed linear
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment bVFZf0na, linear, 25 % at a time, every 10 min: running, moving production traffic, begun today 10:00 AM.

    [x] start green  [x] test  [>] shift  [ ] bake  [ ] end blue
    production [##########..........]    50 % green, 50 % blue
    test       [####################]   100 % green, 0 % blue
    tasks                                 running pending  wanted
    blue       orders:1                         2       0       2
    green      orders:2                         2       0       2
    bake       10 min

    Circuit breaker: watching, 0 of 3 failed tasks.
    Targets: blue 2 healthy; green 2 healthy.
    Green runs
    orders: acme/orders:1.1 (6c1c9d3c469e)
    Last events
    today 10:01 AM (service orders) has reached a steady state.
    today 10:00 AM (service orders) has started 2 tasks: (task 30b0bda8bc05010eab049a7da7c472fe) (task 01d3d0c37c98e08ceeeaff4283d7b5f8).
    today 10:00 AM (service orders) has reached a steady state.
    ");
    world.aws.stopped_elsewhere("orders").await;
    world.advance("1h").await;
    let said = world.person("ana").asks("ops", "/ecs status orders").await;
    assert!(said.contains("rolled back") && said.contains("It was stopped by hand."), "{said}");
    world.finish().await;
}

#[tokio::test]
async fn what_codedeploy_stopped_says_who_takes_it_back() {
    let mut world = World::start().await;
    let service = world.aws.service("main", "checkout").strategy(Strategy::CodeDeploy);
    service.rolls_back_on(&["DEPLOYMENT_FAILURE"]).await;
    world.aws.lifecycle_event_fails("checkout", "AfterAllowTestTraffic").await;
    world.aws.deploy("checkout", "acme/checkout:8").await;
    world.advance("2h").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs deployments --recent").await, @"
    2 deployments of the last 24 hours

    Deployment   Service   Cluster  Belongs to  Strategy                 State      For
    d-H9YXEM0K9  checkout  main     shop/prod   blue/green (CodeDeploy)  succeeded  35 s
    d-7N5RDXJ7P  checkout  main     shop/prod   blue/green (CodeDeploy)  failed     1 min 55 s
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status checkout").await, @"
    checkout
    Tasks 2 running, 2 wanted
    State active
    Deployed blue/green by CodeDeploy
    Belongs to project shop, prod
    Where main in shop-prod (eu-west-1)
    Tasks that died within the last hour none
    Deployment d-H9YXEM0K9, blue/green: succeeded, ended today 10:02 AM.

    [x] shift
    production [....................]     0 % green, 100 % blue
    tasks                                 running pending  wanted
    blue       checkout:1                       2       0       2
    green      0727582480798383908              0       0       0

    It takes back d-7N5RDXJ7P.
    Targets: blue 2 healthy.
    Why d-7N5RDXJ7P is taken back: The lifecycle hook AfterAllowTestTraffic failed.
    Last events
    today 10:02 AM (service checkout) has stopped 2 running tasks: (task 0f0f7346992879b93e0c7f65e0338077) (task 6f564eb8e40632e654f5b3188287b372).
    today 10:02 AM (service checkout) has begun draining connections on 2 tasks.
    today 10:01 AM (service checkout) has reached a steady state.
    today 10:00 AM (service checkout) has started 2 tasks: (task 0f0f7346992879b93e0c7f65e0338077) (task 6f564eb8e40632e654f5b3188287b372).
    today 10:00 AM (service checkout) has reached a steady state.
    ");
    world.finish().await;
}

#[tokio::test]
async fn dying_tasks_are_grouped_by_what_they_die_of() {
    let mut world = World::start().await;
    shared(&world).await;
    world.aws.tasks_die("invoices", Death::Exit(1)).await;
    world.aws.tasks_die("player", Death::OutOfMemory).await;
    world.advance("10m").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs failing").await, @"
    2 reasons why tasks die, in 2 services

    Service   Cluster  Belongs to  Account     Tasks  Died in 1 h  Because
    invoices  batch    shop/prod   shop-prod   0/2    10           the container invoices exited with code 1
    player    press    media/prod  media-prod  0/2    10           the container player ran out of memory
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs failing --project media").await, @"
    1 reason why tasks die, in 1 service

    Service  Cluster  Belongs to  Account     Tasks  Died in 1 h  Because
    player   press    media/prod  media-prod  0/2    10           the container player ran out of memory
    ");
    world.end().await;
}

#[tokio::test]
async fn which_one_is_asked_where_several_have_the_name() {
    let mut world = World::start().await;
    shared(&world).await;
    world.aws.service("batch", "blog").await;
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status orders").await, @"There are 2 services called orders. Which one: orders@shop-prod or orders@shop-staging?");
    assert_snapshot!(world.person("ana").asks("ops", "/ecs status blog").await, @"There are 2 services called blog. Which one: main/blog or batch/blog?");
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
    assert_snapshot!(said, @"There is no service orders in the cluster press in media-prod. Did you mean orders@shop-prod or orders@shop-staging?");
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
    world.aws.fault(Fault::throttle("ecs", "*").account(PROD)).await;
    let said = world.person("ana").asks("ops", "/ecs status invoices@shop-prod").await;
    assert!(said.starts_with("AWS is throttling calls in shop-prod while I am listing services"), "{said}");
    world.aws.clear_faults().await;
    world.aws.fault(Fault::deny("codedeploy", "*").account(PROD)).await;
    world.aws.deploy("invoices", "acme/invoices:2").await;
    let said = world.person("ana").asks("ops", "/ecs deployments").await;
    assert!(said.contains("invoices") && said.contains("may not call codedeploy:ListDeployments"), "{said}");
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
