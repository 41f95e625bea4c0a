//! Approvals: whose vote counts, how it is cast and taken back, and what ends the waiting.

use insta::assert_snapshot;
use standins::slack::{EventIds, Fault, User, UserKind};
use standins::world::{Choices, World};

const LATER: &str = "--at 'sat 02:00'";

/// Two administrators have to approve, and only one may ask: ana.
fn two_of_dba() -> Choices {
    Choices::with_policy(&[("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")])
}

#[tokio::test]
async fn a_reaction_in_any_skin_tone_approves() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.person("ben").reacts("heavy_check_mark::skin-tone-4", &card).await;
    assert_snapshot!(world.status(&card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    assert_snapshot!(world.audit("CHG-1").await, @"
    ana · planned · CHG-1 · database orders
    ben · voted · CHG-1 · database orders
    watchkeeper · approved · CHG-1 · database orders
    ");
    world.end().await;
}

#[tokio::test]
async fn the_approve_button_approves() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.person("ben").clicks(&card, "Approve").await;
    let said = world.person("ben").reads("CHG-1").await;
    assert_snapshot!(said.plain(), @"Your approval of CHG-1 counts. Its card shows how it stands.");
    assert_snapshot!(world.status(&card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    world.end().await;
}

#[tokio::test]
async fn a_double_click_on_approve_is_one_approval() {
    let mut world = World::with(two_of_dba()).await;
    let card = world.upgrade(LATER).await;
    world.person("ben").clicks(&card, "Approve").await;
    world.person("ben").clicks(&card, "Approve").await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    assert_snapshot!(world.audit("voted").await, @"
    ben · voted · CHG-1 · database orders
    ben · voted · CHG-1 · database orders
    ");
    world.end().await;
}

#[tokio::test]
async fn change_approve_approves_and_says_why() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    let said = world.person("bea").asks("dba", "/change approve CHG-1 --reason 'tried it on staging'").await;
    assert_snapshot!(said, @"Your approval of CHG-1 counts. Its card shows how it stands.");
    let card = world.slack.channel("shop-ops").again(&card).unwrap();
    assert!(card.plain().contains("tried it on staging"), "{}", card.plain());
    world.end().await;
}

#[tokio::test]
async fn a_cross_rejects() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("x", &card).await;
    assert_snapshot!(world.status(&card), @"🚫 Rejected by @ben. Nothing was changed.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_rejection_with_a_reason_says_it_on_the_card_and_to_the_asker() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    let said = world.person("ben").asks("dba", "/change reject CHG-1 --reason 'not before the sale'").await;
    assert_snapshot!(said, @"You rejected CHG-1, which ends it. Nothing was changed in AWS.");
    assert_snapshot!(world.status(&card), @"🚫 Rejected by @ben: not before the sale. Nothing was changed.");
    let told = world.slack.channel("shop-ops").thread(&card);
    assert_snapshot!(told.last().unwrap().plain(), @"@ana: Rejected by @ben: not before the sale. Nothing was changed.");
    world.end().await;
}

#[tokio::test]
async fn the_askers_own_vote_does_not_count_and_they_hear_it_once() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ana").reacts("white_check_mark", &card).await;
    let word = world.person("ana").reads("does not count").await;
    assert_snapshot!(word.plain(), @"Your vote on CHG-1 does not count. You asked for it yourself, so somebody else has to approve it.");
    world.advance("1h").await;
    world.slack.channel("shop-ops").read_all();
    assert_snapshot!(world.audit("vote").await, @"watchkeeper · vote_refused · CHG-1 · database orders");
    world.finish().await;
}

#[tokio::test]
async fn the_asker_is_told_when_they_press_approve() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ana").clicks(&card, "Approve").await;
    assert_snapshot!(world.person("ana").reads("CHG-1").await.plain(), @"Your vote on CHG-1 does not count. You asked for it yourself, so somebody else has to approve it.");
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM.");
    world.end().await;
}

#[tokio::test]
async fn only_votes_of_approvers_count_and_each_other_hears_why() {
    let mut world = World::start().await;
    world.slack.add_person(User::named("robo").of_kind(UserKind::Bot)).joins("shop-ops").await;
    let card = world.upgrade("").await;
    for name in ["dev", "stranger", "guest", "robo"] {
        world.person(name).reacts("white_check_mark", &card).await;
    }
    assert_snapshot!(world.person("dev").reads("does not count").await.plain(), @"Your vote on CHG-1 does not count. This needs somebody of the group dba, which you are not in.");
    assert_snapshot!(world.person("stranger").reads("does not count").await.plain(), @"Your vote on CHG-1 does not count. I don't know you yet. Ask whoever looks after Watchkeeper to add you to people.toml with the e-mail address of this account.");
    assert_snapshot!(world.person("guest").reads("does not count").await.plain(), @"Your vote on CHG-1 does not count. Guests can't use Watchkeeper. Ask a colleague to do it for you.");
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM.");
    assert_snapshot!(world.audit("vote").await, @"
    watchkeeper · vote_refused · CHG-1 · database orders
    watchkeeper · vote_refused · CHG-1 · database orders
    watchkeeper · vote_refused · CHG-1 · database orders
    watchkeeper · vote_refused · CHG-1 · database orders
    ");
    world.end().await;
}

#[tokio::test]
async fn a_cross_of_somebody_else_ends_nothing() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("dev").reacts("x", &card).await;
    world.person("dev").clicks(&card, "Reject").await;
    assert_snapshot!(world.person("dev").reads("change reject").await.plain(), @"You may not run change reject. No rule permits it. People in dba or sre may run it. Ask Ana Ruiz, Bea Ode or Ben Chen.");
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM.");
    world.end().await;
}

#[tokio::test]
async fn a_deactivated_approvers_vote_does_not_count() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.slack.fail_next("reactions.get", Fault::Error("internal_error".to_owned()));
    world.person("ben").reacts("white_check_mark", &card).await;
    world.slack.change_person("ben", |ben| ben.kind = UserKind::Deactivated);
    world.advance("20m").await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM.");
    assert_snapshot!(world.audit("vote").await, @"watchkeeper · vote_refused · CHG-1 · database orders");
    world.end().await;
}

#[tokio::test]
async fn a_vote_taken_back_before_the_quorum_is_withdrawn() {
    let mut world = World::with(two_of_dba()).await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("ben").unreacts("white_check_mark", &card).await;
    world.person("bea").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.audit("vote").await, @"
    ben · voted · CHG-1 · database orders
    ben · vote_withdrawn · CHG-1 · database orders
    bea · voted · CHG-1 · database orders
    ben · voted · CHG-1 · database orders
    ");
    assert!(!world.aws.writes().await.is_empty(), "it began");
    world.end().await;
}

#[tokio::test]
async fn a_quorum_of_two_takes_two() {
    let mut world = World::with(two_of_dba()).await;
    let card = world.upgrade(LATER).await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba until today 6:00 PM.");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    world.person("bea").asks("dba", "/change approve chg-1").await;
    assert_snapshot!(world.status(&card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    world.end().await;
}

#[tokio::test]
async fn one_rejection_outweighs_an_approval() {
    let mut world = World::with(two_of_dba()).await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("bea").clicks(&card, "Reject").await;
    assert_snapshot!(world.status(&card), @"🚫 Rejected by @bea. Nothing was changed.");
    world.end().await;
}

#[tokio::test]
async fn approvers_are_reminded_with_growing_gaps_until_it_expires() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.advance("7h 59m").await;
    assert_snapshot!(world.audit("reminded").await.lines().count(), @"5");
    world.advance("2m").await;
    let times: Vec<String> = world
        .entries()
        .await
        .iter()
        .filter(|entry| ["approvers_reminded", "ended"].contains(&entry.fact.event.as_str()))
        .map(|entry| format!("{} {}", entry.at.strftime("%H:%M"), entry.fact.event))
        .collect();
    assert_snapshot!(times.join("\n"), @"
    10:30 approvers_reminded
    11:30 approvers_reminded
    13:30 approvers_reminded
    15:30 approvers_reminded
    17:30 approvers_reminded
    18:00 ended
    ");
    let thread = world.slack.channel("shop-ops").thread(&card);
    assert_snapshot!(thread[1].plain(), @"⏳ CHG-1 still waits for 1 approval. Bea Ode or Ben Chen could give it.");
    assert_snapshot!(world.status(&card), @"⌛ Expired. It was not approved in time. Nothing was changed. Ask for it again.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_start_that_comes_before_the_approval_ends_it() {
    let mut world = World::start().await;
    let card = world.upgrade("--at 'in 20 minutes'").await;
    world.advance("30m").await;
    assert_snapshot!(world.status(&card), @"⌛ Expired. It was not approved in time. Nothing was changed. Ask for it again.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn details_tell_the_others_who_is_looking() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.person("ben").clicks(&card, "Details").await;
    assert_snapshot!(world.person("ben").reads("CHG-1").await.plain(), @"
    CHG-1 · orders: mysql 8.0.35 → 8.0.40
    Status waits for approval
    Asked by @ana today 10:00 AM
    Command rds upgrade
    Resource arn:aws:rds:eu-west-1:111122223333:db:orders
    Starts Nov 28, 2026 1:00 AM
    Rule upgrade-prod
    Approvals 1 of dba
    What happens
    • Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    • Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    • Follow it to the end, verify version and state, and report how long it was unavailable.
    Calls to AWS
    rds:CreateDBSnapshot DBInstanceIdentifier=orders, DBSnapshotIdentifier=wk-orders-8-0-40, Tags=watchkeeper:operation and watchkeeper:person of this change
    rds:ModifyDBInstance ApplyImmediately=true, DBInstanceIdentifier=orders, EngineVersion=8.0.40
    Prechecks
    ✅ Target: 8.0.35 → 8.0.40 is a minor upgrade that AWS offers
    ✅ State: available
    ✅ Pending changes: none
    ✅ Backups: on, kept for 7 days
    ✅ Parameter group: default.mysql8.0 stays
    ✅ Replicas: none
    ⚠️ Free storage: 100 GiB that do not grow by themselves; see FreeStorageSpace in CloudWatch
    ⚠️ Downtime: expect some minutes
    ✅ Deletion protection: on
    ⚠️ Support: 8.0.40: ended 2026-07-31, extended until 2029-07-31
    ✅ Instance class: db.t4g.medium stays
    What can go wrong
    • Connections are dropped while the engine restarts; applications must reconnect.
    • AWS can't take an upgrade back. The way back is to restore the snapshot into a new database, without what was written since.
    Digest 6cff12b4898c36a972bea274062213adca0f533f8992599b499b631db383bb36
    ");
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM. @ben is looking at it.");
    world.person("dev").clicks(&card, "Details").await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM. @ben is looking at it.");
    world.end().await;
}

#[tokio::test]
async fn what_nobody_could_approve_is_refused_when_asked() {
    let mut world = World::with(Choices::with_policy(&[(
        "@approvals(\"1\")\n@approvers(\"dba\")",
        "@approvals(\"3\")\n@approvers(\"dba\")",
    )]))
    .await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @"It takes 3 approvals of dba, your own not counted, and only 2 people could give one. Nothing was changed. Whoever keeps the list of people can add somebody.");
    assert_snapshot!(world.finish().await.audit(), @"
    ana · asked · rds upgrade · database orders
    ana · answered · rds upgrade · database orders · refused
    ");
}

#[tokio::test]
async fn a_redelivered_reaction_is_one_vote() {
    let mut world = World::with(two_of_dba()).await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.slack.redeliver_last(EventIds::Same).await;
    world.slack.redeliver_last(EventIds::New).await;
    world.settle().await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    assert_snapshot!(world.audit("voted").await, @"ben · voted · CHG-1 · database orders");
    world.end().await;
}

#[tokio::test]
async fn a_redelivered_command_is_one_change() {
    let mut world = World::start().await;
    world.upgrade("").await;
    world.slack.redeliver_last(EventIds::New).await;
    world.settle().await;
    assert_snapshot!(world.person("ana").asks("ops", "/change list").await, @"
    Changes (1)

    id     what                           status              by   starts
    CHG-1  orders: mysql 8.0.35 → 8.0.40  waits for approval  ana

    Page 1 of 1. change show CHG-n shows one.
    ");
    world.finish().await;
}

#[tokio::test]
async fn votes_after_the_end_do_nothing() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("x", &card).await;
    world.person("bea").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.person("bea").asks("dba", "/change approve CHG-1").await, @"CHG-1 ended already, rejected today 10:00 AM. Nothing was changed by this.");
    assert_snapshot!(world.status(&card), @"🚫 Rejected by @ben. Nothing was changed.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_button_pressed_late_says_where_the_change_stands() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    world.person("ben").reacts("x", &card).await;
    world.slack.person("bea").clicks_late(&card, "Approve").await;
    world.settle().await;
    assert_snapshot!(world.person("bea").reads("CHG-1").await.plain(), @"CHG-1 ended already, rejected today 10:00 AM. Nothing was changed by this.");
    world.end().await;
}

#[tokio::test]
async fn an_emoji_on_another_message_is_no_vote() {
    let mut world = World::start().await;
    let card = world.upgrade("").await;
    let talk = world.person("ana").types("shop-ops", "CHG-1, anybody?").await.message().clone();
    world.person("ben").reacts("white_check_mark", &talk).await;
    world.person("ben").reacts("tada", &card).await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 1 approval of dba until today 6:00 PM.");
    assert_snapshot!(world.audit("vote").await, @"");
    world.end().await;
}
