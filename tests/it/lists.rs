//! Lists fit the screen: ten rows a page, turned by buttons in place, the whole as a file.

use insta::assert_snapshot;
use standins::world::World;

/// Databases `db-001` and so on in all accounts.
async fn fleet(world: &World, count: usize) {
    let accounts = ["111122223333", "444455556666", "777788889999"];
    let databases: Vec<String> = (1..=count)
        .map(|at| {
            let account = accounts[at % accounts.len()];
            format!(r#"{{"id":"db-{at:03}","engine":"mysql","version":"8.0.35","account":"{account}"}}"#)
        })
        .collect();
    world.aws.estate(&format!(r#"{{"databases":[{}]}}"#, databases.join(","))).await;
}

#[tokio::test]
async fn a_list_is_turned_in_place() {
    let mut world = World::start().await;
    fleet(&world, 23).await;
    world.person("ana").types("ops", "/rds list --env prod").await;
    let list = world.person("ana").reads("databases").await;
    assert_snapshot!(list.plain(), @"
    15 databases, page 1 of 2

    Database  Version       Belongs to  Account     Support
    db-002    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31
    db-003    mysql 8.0.35  shop/prod   shop-prod   extended to 2029-07-31
    db-005    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31
    db-006    mysql 8.0.35  shop/prod   shop-prod   extended to 2029-07-31
    db-008    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31
    db-009    mysql 8.0.35  shop/prod   shop-prod   extended to 2029-07-31
    db-011    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31
    db-012    mysql 8.0.35  shop/prod   shop-prod   extended to 2029-07-31
    db-014    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31
    db-015    mysql 8.0.35  shop/prod   shop-prod   extended to 2029-07-31

    [Next ›]
    ");
    world.person("ana").clicks(&list, "Next ›").await;
    let next = world.person("ana").reads("page 2").await;
    assert_snapshot!(next.plain(), @"
    15 databases, page 2 of 2

    Database  Version       Belongs to  Account     Support
    db-017    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31
    db-018    mysql 8.0.35  shop/prod   shop-prod   extended to 2029-07-31
    db-020    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31
    db-021    mysql 8.0.35  shop/prod   shop-prod   extended to 2029-07-31
    db-023    mysql 8.0.35  media/prod  media-prod  extended to 2029-07-31

    [‹ Previous]
    ");
    assert_eq!(next.ts, list.ts, "the same message");
    world.person("ana").clicks(&list, "‹ Previous").await;
    world.person("ana").reads("page 1").await;
    world.finish().await;
}

#[tokio::test]
async fn the_whole_list_comes_as_a_file() {
    let mut world = World::start().await;
    fleet(&world, 12).await;
    world.person("ana").types("ops", "/rds list --csv").await;
    let answer = world.person("ana").reads("12 databases").await;
    assert_snapshot!(answer.plain(), @"
    12 databases, as a file.
    📎 databases.csv
    Only you may see it, so the file is in our direct messages.
    ");
    let file = world.person("ana").reads("(file: databases.csv)").await;
    let content = world.slack.file(&file.files[0]).content.unwrap();
    assert_snapshot!(String::from_utf8(content).unwrap().lines().take(3).collect::<Vec<_>>().join("\n"), @r#"
    database,kind,engine,version,class,multi_az,status,project,env,account,account_id,region,window_utc,global_cluster,standard_support_ends,extended_support_ends,standing,arn
    db-001,instance,mysql,8.0.35,db.t4g.medium,false,available,shop,staging,shop-staging,444455556666,eu-west-1,sun:04:00-sun:04:30,,2026-07-31,2029-07-31,"ended 2026-07-31, extended until 2029-07-31",arn:aws:rds:eu-west-1:444455556666:db:db-001
    db-002,instance,mysql,8.0.35,db.t4g.medium,false,available,media,prod,media-prod,777788889999,eu-west-1,sun:04:00-sun:04:30,,2026-07-31,2029-07-31,"ended 2026-07-31, extended until 2029-07-31",arn:aws:rds:eu-west-1:777788889999:db:db-002
    "#);
    world.finish().await;
}

#[tokio::test]
async fn three_hundred_databases_are_listed() {
    let mut world = World::start().await;
    fleet(&world, 300).await;
    let list = world.person("ana").asks("ops", "/rds list --page 30").await;
    assert!(list.contains("300 databases, page 30 of 30") && list.contains("db-300"), "{list}");
    world.finish().await;
}

#[tokio::test]
async fn a_list_says_what_is_old_and_what_could_not_be_seen() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "5.7.44").await;
    world.aws.database("users", "mysql", "8.4.9").await;
    world.aws.database("films", "mysql", "8.0.35").account("777788889999").await;
    world.aws.refuse_role("777788889999", "watchkeeper-rds").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds list").await, @"
    2 databases

    Database  Version       Belongs to  Account    Support
    orders    mysql 5.7.44  shop/prod   shop-prod  extended to 2027-02-28
    users     mysql 8.4.9   shop/prod   shop-prod  until 2029-07-31

    AWS does not let me take the role arn:aws:iam::777788889999:role/watchkeeper-rds in media-prod. Nothing was changed. Ask whoever looks after IAM there to check that the role exists and trusts me.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/rds list --outdated").await, @"
    1 database

    Database  Version       Belongs to  Account    Support
    orders    mysql 5.7.44  shop/prod   shop-prod  extended to 2027-02-28

    AWS does not let me take the role arn:aws:iam::777788889999:role/watchkeeper-rds in media-prod. Nothing was changed. Ask whoever looks after IAM there to check that the role exists and trusts me.
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/rds list --project nothing").await, @"
    No database fits that. Leave an option out to see more.
    AWS does not let me take the role arn:aws:iam::777788889999:role/watchkeeper-rds in media-prod. Nothing was changed. Ask whoever looks after IAM there to check that the role exists and trusts me.
    ");
    world.finish().await;
}

#[tokio::test]
async fn one_database_is_shown_with_its_targets() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.44").multi_az().tag("team", "shop").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds show orders").await, @"
    orders
    Engine mysql 8.0.44
    State available
    Kind instance
    Class db.t4g.medium
    Multi-AZ yes
    Storage 100 GiB gp3
    Belongs to project shop, prod
    Where shop-prod, 111122223333, eu-west-1
    Maintenance window sun:04:00-sun:04:30 UTC
    Backups kept for 7 days
    Deletion protection on
    Pending changes none
    Parameter group default.mysql8.0 (in-sync)
    Read replicas none
    Parameter family mysql8.0
    Pending maintenance none
    Proxies none
    Support standard support ended on 2026-07-31; extended support, at extra cost, until 2029-07-31. Source: AWS's table of major versions (DescribeDBMajorEngineVersions), read today 10:00 AM
    [Targets] [Upgrade]
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/rds targets orders").await, @"
    orders in shop-prod (eu-west-1) runs mysql 8.0.44. It can be upgraded to:

    Version  Step   Standard support
    8.0.46   minor  ended 2026-07-31, extended until 2029-07-31  recommended
    8.0.45   minor  ended 2026-07-31, extended until 2029-07-31
    8.4.9    major  until 2029-07-31
    8.4.8    major  until 2029-07-31
    8.4.7    major  until 2029-07-31
    8.4.6    major  until 2029-07-31
    8.4.5    major  until 2029-07-31
    8.4.4    major  until 2029-07-31
    8.4.3    major  until 2029-07-31

    [Upgrade to 8.0.46] [Upgrade to 8.4.9] [Upgrade to 8.4.8] [Upgrade to 8.4.7]
    Support dates: AWS's table of major versions (DescribeDBMajorEngineVersions).
    ");
    world.finish().await;
}

#[tokio::test]
async fn changes_page_too() {
    let mut world = World::start().await;
    for at in 1..=12 {
        world.aws.database(&format!("db-{at:02}"), "mysql", "8.0.35").await;
        world.person("ana").asks("ops", &format!("/rds upgrade db-{at:02} --to 8.0.40")).await;
    }
    world.person("ana").types("ops", "/change list --waiting").await;
    let list = world.person("ana").reads("Changes (12)").await;
    world.person("ana").clicks(&list, "Older").await;
    assert_snapshot!(world.person("ana").reads("Page 2").await.plain(), @"
    Changes (12)

    id     what                          status              by   starts
    CHG-2  db-02: mysql 8.0.35 → 8.0.40  waits for approval  ana
    CHG-1  db-01: mysql 8.0.35 → 8.0.40  waits for approval  ana

    Page 2 of 2. change show CHG-n shows one.
    [Newer]
    ");
    world.end().await;
}

#[tokio::test]
async fn events_of_a_database_are_shown_the_newest_first() {
    let mut world = World::start().await;
    world.aws.database("billing", "mysql", "8.0.35").await;
    assert_snapshot!(world.person("dev").asks("ops", "/rds events billing").await, @"AWS says nothing of billing since yesterday 10:00 AM.");
    let card = world.upgrade("").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("1h").await;
    assert_snapshot!(world.person("dev").asks("ops", "/rds events orders --since 3h").await, @"
    Events of orders
    today 10:18 AM orders The engine version upgrade finished.
    today 10:18 AM orders The post-upgrade tasks are in progress.
    today 10:16 AM orders DB instance restarted
    today 10:14 AM orders DB instance shutdown
    today 10:14 AM orders The downtime started for the DB instance.
    today 10:14 AM orders Finished DB Instance backup
    today 10:06 AM orders The engine version upgrade started.
    today 10:06 AM orders Backing up DB instance
    today 10:06 AM orders The pre-check finished for the DB engine version upgrade.
    today 10:06 AM orders The pre-check started for the DB engine version upgrade.
    today 10:06 AM orders Finished DB Instance backup
    today 10:00 AM orders Backing up DB instance
    ");
    world.slack.channel("shop-ops").read_all();
    world.finish().await;
}
