//! The audit log in chat: who did what, shown to those the policy lets see it, and reading it is on record too.

use insta::assert_snapshot;
use standins::world::{Choices, World, policy};

/// Two upgrades, one approved and one rejected, and a denial.
async fn history(world: &mut World) {
    let card = world.upgrade("--at 'sat 02:00' --reason 'end of support'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.aws.database("films", "mysql", "8.0.35").account("777788889999").await;
    world.person("ben").asks("dba", "/rds upgrade films --to 8.0.41").await;
    world.person("bea").asks("dba", "/change reject CHG-2 --reason 'not this week'").await;
    world.person("dev").asks("ops", "/rds upgrade orders --to 8.0.40").await;
}

#[tokio::test]
async fn the_log_answers_who_did_what() {
    let mut world = World::start().await;
    history(&mut world).await;
    assert_snapshot!(world.person("aud").asks("ops", "/audit search").await, @"

    #   when (UTC)       who          what                             on
    14  25 Nov 10:00:03  aud          audit search: asked              audit log
    13  25 Nov 10:00:03  dev          rds upgrade: denied              database orders
    12  25 Nov 10:00:01  watchkeeper  rds upgrade: ended (rejected)    CHG-2 database films
    11  25 Nov 10:00:01  bea          change reject: answered          change CHG-2
    10  25 Nov 10:00:01  bea          rds upgrade: voted               CHG-2 database films
    9   25 Nov 10:00:01  bea          change reject: asked             change CHG-2
    8   25 Nov 10:00:01  ben          rds upgrade: answered (planned)  database films
    7   25 Nov 10:00:01  ben          rds upgrade: planned             CHG-2 database films
    6   25 Nov 10:00:01  ben          rds upgrade: asked               database films
    5   25 Nov 10:00:00  watchkeeper  rds upgrade: approved            CHG-1 database orders

    audit show #14 shows one entry whole.
    [Older] [As a file]
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search --change CHG-2").await, @"

    #   when (UTC)       who          what                           on
    12  25 Nov 10:00:01  watchkeeper  rds upgrade: ended (rejected)  CHG-2 database films
    10  25 Nov 10:00:01  bea          rds upgrade: voted             CHG-2 database films
    7   25 Nov 10:00:01  ben          rds upgrade: planned           CHG-2 database films

    audit show #12 shows one entry whole.
    [As a file]
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search --by @ben --on orders").await, @"

    #  when (UTC)       who  what                on
    4  25 Nov 10:00:00  ben  rds upgrade: voted  CHG-1 database orders

    audit show #4 shows one entry whole.
    [As a file]
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search --outcome denied").await, @"

    #   when (UTC)       who  what                 on
    13  25 Nov 10:00:03  dev  rds upgrade: denied  database orders

    audit show #13 shows one entry whole.
    [As a file]
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search end of support --action 'rds upgrade'").await, @"

    #  when (UTC)       who  what                  on
    2  25 Nov 10:00:00  ana  rds upgrade: planned  CHG-1 database orders
    1  25 Nov 10:00:00  ana  rds upgrade: asked    database orders

    audit show #2 shows one entry whole.
    [As a file]
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search --since '2 hours ago' --by @bea").await, @"

    #   when (UTC)       who  what                     on
    11  25 Nov 10:00:01  bea  change reject: answered  change CHG-2
    10  25 Nov 10:00:01  bea  rds upgrade: voted       CHG-2 database films
    9   25 Nov 10:00:01  bea  change reject: asked     change CHG-2

    audit show #11 shows one entry whole.
    [As a file]
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search --until yesterday").await, @"No entry that you may see is like that. Words are found whole: orders finds orders-prod, ord does not.");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search nothing-like-it").await, @"

    #   when (UTC)       who  what                 on
    28  25 Nov 10:00:03  aud  audit search: asked  audit log

    audit show #28 shows one entry whole.
    [As a file]
    ");
    world.end().await;
}

#[tokio::test]
async fn people_can_be_mentioned_in_a_search() {
    let mut world = World::start().await;
    history(&mut world).await;
    world.person("aud").types("ops", "@watchkeeper audit search --by @bea --outcome answered").await;
    assert_snapshot!(world.person("aud").reads("bea").await.plain(), @"

    #   when (UTC)       who  what                     on
    11  25 Nov 10:00:01  bea  change reject: answered  change CHG-2

    audit show #11 shows one entry whole.
    [As a file]
    ");
    world.end().await;
}

#[tokio::test]
async fn one_entry_is_shown_whole() {
    let mut world = World::start().await;
    history(&mut world).await;
    let number = world.entries().await.iter().find(|entry| entry.fact.event == "approved").unwrap().number;
    let shown = world.person("aud").asks("ops", &format!("/audit show #{number}")).await;
    assert_snapshot!(without_hash(&shown), @r#"
    #5 · approved
    When today 10:00 AM
    Who watchkeeper
    Command rds upgrade
    On database orders
    Project shop
    Change CHG-1
    Operation CHG-1
    digest: 6cff12b4898c36a972bea274062213adca0f533f8992599b499b631db383bb36
    starts: 2026-11-28T01:00:00Z
    votes: [{"at":"2026-11-25T10:00:00Z","by":"ben","cast":"reaction","reason":null,"verdict":"approve"}]
    [CHG-1] [All of this operation]
    "#);
    assert_snapshot!(world.person("aud").asks("ops", "/audit show #999").await, @"There is no entry #999 yet. audit search shows the newest ones.");
    assert_snapshot!(world.person("aud").asks("ops", "/audit show x").await, @"x does not fit #N: “x” is not the number of an entry; they look like #1042.");
    world.end().await;
}

/// The words without the line that holds the hash.
fn without_hash(shown: &str) -> String {
    shown.lines().filter(|line| !line.starts_with("SHA-256")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn the_log_pages_in_place_and_comes_as_a_file() {
    let mut world = World::start().await;
    history(&mut world).await;
    world.person("aud").types("ops", "/audit search").await;
    let newest = world.person("aud").reads("who").await;
    world.person("aud").clicks(&newest, "Older").await;
    let older = world.person("aud").reads("Newest").await;
    assert_snapshot!(older.plain(), @"

    #  when (UTC)       who  what                             on
    4  25 Nov 10:00:00  ben  rds upgrade: voted               CHG-1 database orders
    3  25 Nov 10:00:00  ana  rds upgrade: answered (planned)  database orders
    2  25 Nov 10:00:00  ana  rds upgrade: planned             CHG-1 database orders
    1  25 Nov 10:00:00  ana  rds upgrade: asked               database orders

    audit show #4 shows one entry whole.
    [Newest] [As a file]
    ");
    assert_eq!(older.ts, newest.ts, "the same message");
    world.person("aud").clicks(&older, "As a file").await;
    let file = world.person("aud").reads("(file: audit.csv)").await;
    let content = String::from_utf8(world.slack.file(&file.files[0]).content.unwrap()).unwrap();
    assert_eq!(content.lines().next().unwrap().split(',').next(), Some("number"), "{content}");
    world.end().await;
}

#[tokio::test]
async fn the_log_is_whole_and_says_so() {
    let mut world = World::start().await;
    history(&mut world).await;
    let said = world.person("aud").asks("ops", "/audit verify").await;
    assert_snapshot!(said.lines().next().unwrap(), @"The audit log is whole. Each of its 14 entries follows from the one before, and none is missing at the end.");
    world.end().await;
}

#[tokio::test]
async fn reading_the_log_is_on_record() {
    let mut world = World::start().await;
    world.person("aud").asks("ops", "/audit search --by @ana").await;
    world.person("aud").asks("ops", "/audit verify").await;
    assert_snapshot!(world.person("aud").asks("ops", "/audit search --by @aud").await, @"

    #  when (UTC)       who  what                    on
    5  25 Nov 10:00:00  aud  audit search: asked     audit log
    4  25 Nov 10:00:00  aud  audit verify: answered  audit log
    3  25 Nov 10:00:00  aud  audit verify: asked     audit log
    2  25 Nov 10:00:00  aud  audit search: answered  audit log
    1  25 Nov 10:00:00  aud  audit search: asked     audit log

    audit show #5 shows one entry whole.
    [As a file]
    ");
    assert_snapshot!(world.finish().await.audit(), @"
    aud · asked · audit search · audit log
    aud · answered · audit search · audit log · answered
    aud · asked · audit verify · audit log
    aud · answered · audit verify · audit log · answered
    aud · asked · audit search · audit log
    aud · answered · audit search · audit log · answered
    ");
}

#[tokio::test]
async fn who_may_not_read_the_log_is_told_whom_to_ask() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("dev").asks("ops", "/audit search").await, @"You may not run audit search. No rule permits it. People in auditors or sre may run it. Ask Ana Ruiz or Aud Lie.");
    assert_snapshot!(world.person("ben").asks("ops", "/audit show 1").await, @"You may not run audit show. No rule permits it. People in auditors or sre may run it. Ask Ana Ruiz or Aud Lie.");
    assert_snapshot!(world.finish().await.audit(), @"
    dev · denied · audit search · audit log · denied
    ben · denied · audit show · audit log · denied
    ");
}

#[tokio::test]
async fn the_log_of_other_projects_stays_hidden() {
    let only_shop = "@id(\"shop-log\") permit (principal == Person::\"dev\", action in Action::\"audit\", resource) \
                     when { resource has project && resource.project == \"shop\" };";
    let rules = policy(&[]) + only_shop;
    let mut world = World::with(Choices { policy: Some(rules), ..Choices::default() }).await;
    history(&mut world).await;
    let seen = world.person("dev").asks("ops", "/audit search --action 'rds upgrade' --outcome rejected").await;
    assert_snapshot!(seen, @"No entry that you may see is like that. Words are found whole: orders finds orders-prod, ord does not.");
    let films = world.entries().await.iter().find(|entry| entry.fact.project.as_deref() == Some("media")).unwrap().number;
    assert_snapshot!(world.person("dev").asks("ops", &format!("/audit show {films}")).await, @"You may not see the audit log of that project.");
    assert_snapshot!(world.person("dev").asks("ops", "/audit show 1").await, @"That entry belongs to no project; only who may see the whole audit log may see it.");
    let seen = world.person("dev").asks("ops", "/audit search --change CHG-1").await;
    assert!(seen.contains("CHG-1"), "{seen}");
    let whole = world.person("aud").asks("ops", "/audit search --action 'rds upgrade' --outcome rejected").await;
    assert!(whole.contains("CHG-2"), "{whole}");
    world.end().await;
}

#[tokio::test]
async fn a_search_can_be_shared_and_its_times_have_to_make_sense() {
    let mut world = World::start().await;
    history(&mut world).await;
    world.person("aud").types("ops", "/audit search --change CHG-1 --share").await;
    assert!(world.slack.channel("ops").expect("CHG-1").await.plain().contains("approved"));
    let line = "/audit search --since today --until yesterday";
    assert_snapshot!(world.person("aud").asks("ops", line).await, @"From today 12:00 AM until yesterday 12:00 AM there is no time. Turn them round, or leave one out.");
    assert_snapshot!(world.person("aud").asks("ops", "/audit search --since sometime").await, @"sometime does not fit --since: try 7d, 3 hours ago, yesterday 14:00, mon 09:00 or 2026-11-20.");
    world.end().await;
}
