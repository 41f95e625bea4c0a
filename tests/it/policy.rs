//! Who may do what: denied by default, told why, and asked again right before the start.

use insta::assert_snapshot;
use standins::world::{Choices, World, policy};

const LATER: &str = "--at 'sat 02:00'";

#[tokio::test]
async fn what_no_rule_permits_is_denied_with_the_way_forward() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    assert_snapshot!(world.person("dev").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"You may not run rds upgrade. No rule permits it. People in dba or sre may run it. Ask Ana Ruiz, Bea Ode or Ben Chen.");
    assert_snapshot!(world.finish().await.audit(), @"dev · denied · rds upgrade · database orders · denied");
}

#[tokio::test]
async fn a_right_in_one_place_is_none_in_another() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").account("444455556666").await;
    assert_snapshot!(world.person("ben").asks("dba", "/rds upgrade orders --to 8.0.40").await, @"You may not run rds upgrade on the database orders in staging of shop. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    assert_snapshot!(world.finish().await.audit(), @"
    ben · asked · rds upgrade · database orders
    ben · answered · rds upgrade · database orders · denied
    ");
}

#[tokio::test]
async fn staging_takes_a_colleague_of_sre() {
    let mut world = World::start().await;
    world.writes("people.toml", &world.people().replace("groups = []", "groups = [\"sre\"]"));
    world.restart().await;
    world.aws.database("orders", "mysql", "8.0.35").account("444455556666").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"CHG-1 waits for 1 approval of sre. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.person("ben").reads("CHG-1").await.plain(), @"Your vote on CHG-1 does not count. This needs somebody of the group sre, which you are not in.");
    world.person("dev").reacts("white_check_mark", &card).await;
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn dev_needs_no_approval() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").tag("env", "dev").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"CHG-1 needs no approval and starts today 10:00 AM. Its card is in #shop-ops.");
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn rights_lost_before_the_start_void_the_change() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.writes("people.toml", &world.people().replace("groups = [\"sre\"]", "groups = []"));
    world.restart().await;
    world.advance_to("2026-11-28T02:00:00Z".parse().unwrap()).await;
    assert_snapshot!(world.status(&card), @"🚫 Void. The policy no longer allows it. No rule permits it. People in dba or sre may run it. Ask Bea Ode or Ben Chen. Nothing was changed.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn an_asker_who_left_takes_the_change_with_them() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.writes("people.toml", &world.people().replace("id = \"ana\"", "id = \"anna\""));
    world.restart().await;
    world.advance_to("2026-11-28T02:00:00Z".parse().unwrap()).await;
    assert_snapshot!(world.status(&card), @"🚫 Void. @ana is no longer in the directory, so this does not run. Nothing was changed.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn an_approver_who_left_no_longer_counts() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.writes("people.toml", &world.people().replace("id = \"ben\"", "id = \"benno\""));
    world.restart().await;
    world.advance_to("2026-11-28T02:00:00Z".parse().unwrap()).await;
    assert_snapshot!(world.status(&card), @"🚫 Void. Its approvals no longer suffice under today's policy. Nothing was changed. Ask for it again.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_stricter_policy_voids_what_was_approved_under_the_old_one() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    let stricter = policy(&[("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")]);
    world.writes("policy.cedar", &stricter);
    world.restart().await;
    world.advance_to("2026-11-28T02:00:00Z".parse().unwrap()).await;
    assert_snapshot!(world.status(&card), @"🚫 Void. Its approvals no longer suffice under today's policy. Nothing was changed. Ask for it again.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_rule_that_forbids_says_its_own_sentence() {
    let mut world = World::start().await;
    world.writes("people.toml", &world.people().replace("groups = [\"sre\"]", "groups = [\"sre\", \"contractors\"]"));
    world.restart().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"You may not run rds upgrade on the database orders in prod of shop. People in contractors change nothing in prod. Ask somebody in sre to do it with you.");
    assert_snapshot!(world.person("ben").asks("ops", "/can @ana rds upgrade orders").await, @"
    Ana Ruiz may run rds upgrade on orders:
    • in staging of shop: yes, after 1 approval of sre (rule upgrade-staging). Too few people could approve that now, so it would be refused.
    • in prod of shop and prod of media: no (rule contractors-stay-out-of-prod). People in contractors change nothing in prod. Ask somebody in sre to do it with you.
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_policy_may_let_the_asker_approve() {
    let counts = ("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"1\")\n@approvers(\"dba\")\n@self_approval(\"counts\")");
    let mut world = World::with(Choices::with_policy(&[counts])).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ben").asks("dba", "/rds upgrade orders --to 8.0.40").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn can_explains_the_rule_and_who_could_approve() {
    let mut world = World::start().await;
    world.upgrade("").await;
    assert_snapshot!(world.person("dev").asks("ops", "/can me rds upgrade orders").await, @"
    Dev Rao may not run rds upgrade on orders:
    • in prod of shop and prod of media: No rule permits it. People in dba or sre may run it. Ask Ana Ruiz, Bea Ode or Ben Chen.
    • in staging of shop: No rule permits it. People in sre may run it. Ask Ana Ruiz.
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/can @bea change approve CHG-1").await, @"
    Bea Ode may run change approve on CHG-1:
    • yes, at once (rule vote).
    • It takes approval of dba; they are in it.
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/can @ana change approve CHG-1").await, @"
    Ana Ruiz may run change approve on CHG-1:
    • yes, at once (rule vote).
    • Their own approval would not count: they asked for it.
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/can @ana change cancel CHG-1").await, @"
    Ana Ruiz may run change cancel on CHG-1:
    • yes, at once (rule own-changes).
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/can @ana rds explode").await, @"I don't know the command rds explode. help rds lists what there is.");
    world.end().await;
}

#[tokio::test]
async fn what_you_may_not_see_is_not_listed() {
    let only_shop = ("         Action::\"rds list\",\n", "");
    let shop = "@id(\"list-shop\") permit (principal, action == Action::\"rds list\", resource) when { resource has project && resource.project == \"shop\" };";
    let rules = policy(&[only_shop]) + shop;
    let mut world = World::with(Choices { policy: Some(rules), ..Choices::default() }).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("films", "mysql", "8.0.35").account("777788889999").await;
    let listed = world.person("dev").asks("ops", "/rds list").await;
    assert!(listed.contains("orders") && !listed.contains("films"), "{listed}");
    world.finish().await;
}
