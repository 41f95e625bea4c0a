//! Break-glass: at once, without approval, through freezes; loudly, and open until a second person has reviewed it.

use std::collections::BTreeMap;
use std::time::Duration;

use commands::records::Verification;
use insta::assert_snapshot;
use standins::aws::Fault;
use standins::slack::{Message, Submitted};
use standins::world::{Choices, World, at_every_commit, policy};

/// Sre may break the glass for upgrades in production.
const RULE: &str = r#"
@id("upgrade-emergency")
@emergency("yes")
permit (principal in Group::"sre", action == Action::"rds upgrade", resource)
when { resource has env && resource.env == "prod" };
"#;

const ASK: &str = "/rds upgrade orders --to 8.0.40 --emergency --reason 'checkout is down'";

fn choices() -> Choices {
    Choices { policy: Some(policy(&[]) + RULE), ..Choices::default() }
}

/// A world with the rule and the database `orders`, whose upgrade takes a minute.
async fn world() -> World {
    let world = World::with(choices()).await;
    prepare(&world).await;
    world
}

async fn prepare(world: &World) {
    world.aws.durations(&[("snapshot", 20.0), ("minor_upgrade", 40.0), ("minor_downtime", 20.0)]).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
}

/// Ana broke the glass, and it has ended; what was said loudly then.
async fn ended(world: &mut World) -> Message {
    world.person("ana").asks("ops", ASK).await;
    world.advance("5m").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.slack.channel("security").expect("has ended").await
}

async fn count(world: &World, event: &str) -> usize {
    world.entries().await.into_iter().filter(|entry| entry.fact.event == event).count()
}

#[tokio::test]
async fn an_emergency_runs_at_once_through_a_freeze_and_is_posted_loudly() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/change freeze start --until 'fri 08:00' --reason 'Black Friday'").await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await, @r#"A freeze holds then: FRZ-1 by @ana until Nov 27, 2026 7:00 AM, because: Black Friday. Nothing was changed. Choose a time after it, or ask @ana to lift it. If it can't wait, break the glass: add --emergency --reason "…"."#);
    assert_snapshot!(world.person("ana").asks("ops", ASK).await, @"🚨 CHG-1 starts at once, without approval. It is posted in #security, and a second person has to review it. Its card is in #shop-ops.");
    assert_snapshot!(world.slack.channel("security").expect("Break-glass").await.plain(), @"
    🚨 Break-glass: CHG-1 · orders: mysql 8.0.35 → 8.0.40
    @ana runs this at once, without approval, and through any freeze.
    Who @ana
    Why checkout is down
    Where shop · prod · 111122223333
    Command rds upgrade
    Rule upgrade-emergency
    🚨 Emergency. Starts at once.
    👀 Needs a review by a second person once it has ended.
    [Details]
    ");
    assert_snapshot!(world.slack.channel("shop-ops").expect("CHG-1").await.plain(), @"
    🚨 CHG-1 · orders: mysql 8.0.35 → 8.0.40
    🚨 Emergency. Starts at once.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts at once, without approval
    Why checkout is down
    1. Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    2. Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    3. Follow it to the end, verify version and state, and report how long it was unavailable.
    Prechecks
    ⚠️ Free storage: 100 GiB that do not grow by themselves; see FreeStorageSpace in CloudWatch
    ⚠️ Downtime: expect some minutes
    ⚠️ Support: 8.0.40: ended 2026-07-31, extended until 2029-07-31
    ✅ Target · State · Pending changes · Backups · Parameter group · Replicas · Deletion protection · Instance class
    What can go wrong
    • Connections are dropped while the engine restarts; applications must reconnect.
    • AWS can't take an upgrade back. The way back is to restore the snapshot into a new database, without what was written since.
    👀 Needs a review by a second person once it has ended.
    [Details] [Cancel]
    ");
    world.advance("5m").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    assert_snapshot!(world.slack.channel("security").transcript(), @"
    watchkeeper: 🚨 Break-glass: CHG-1 · orders: mysql 8.0.35 → 8.0.40
      @ana runs this at once, without approval, and through any freeze.
      Who @ana
      Why checkout is down
      Where shop · prod · 111122223333
      Command rds upgrade
      Rule upgrade-emergency
      ✅ Done. orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 1 min 30 s; unavailable for 20 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
      👀 Needs a review by a second person.
      [Reviewed] [Details]
    watchkeeper: 🚨 CHG-1 (orders: mysql 8.0.35 → 8.0.40), the emergency of @ana, has ended: orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 1 min 30 s; unavailable for 20 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
      👀 Needs a review by a second person.
      [Reviewed] [Details]
    ");
    assert_snapshot!(world.slack.channel("shop-ops").messages()[0].plain(), @"
    🚨 CHG-1 · orders: mysql 8.0.35 → 8.0.40
    ✅ Done. orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 1 min 30 s; unavailable for 20 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts at once, without approval
    Why checkout is down
    1. Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    2. Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    3. Follow it to the end, verify version and state, and report how long it was unavailable.
    👀 Needs a review by a second person.
    [Details]
    ");
    world.slack.channel("shop-ops").read_all();
    world.slack.channel("security").read_all();
    assert_snapshot!(world.finish().await.audit(), @"
    ana · asked · change freeze start · freeze all
    ana · freeze_started · change freeze start · freeze all
    ana · answered · change freeze start · freeze all · answered
    ana · asked · rds upgrade · database orders
    ana · answered · rds upgrade · database orders · refused
    ana · asked · rds upgrade · database orders
    ana · planned · CHG-1 · database orders
    ana · broke_glass · CHG-1 · database orders
    ana · answered · rds upgrade · database orders · planned
    watchkeeper · started · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · step · CHG-1 · database orders
    watchkeeper · ended · CHG-1 · database orders · succeeded
    ");
}

#[tokio::test]
async fn a_second_person_reviews_it_with_the_button() {
    let mut world = world().await;
    let loud = ended(&mut world).await;
    assert_snapshot!(world.person("ben").asks("dba", "/change list --unreviewed").await, @"
    Changes (1)

    id     what                           status                     by   starts
    CHG-1  orders: mysql 8.0.35 → 8.0.40  succeeded, needs a review  ana

    Page 1 of 1. change show CHG-n shows one.
    ");
    world.person("aud").clicks(&loud, "Reviewed").await;
    assert_snapshot!(world.person("aud").reads("CHG-1").await.plain(), @"You reviewed CHG-1, the emergency of @ana. That closes it. Thank you.");
    assert_snapshot!(world.slack.channel("security").messages()[0].plain(), @"
    🚨 Break-glass: CHG-1 · orders: mysql 8.0.35 → 8.0.40
    @ana runs this at once, without approval, and through any freeze.
    Who @ana
    Why checkout is down
    Where shop · prod · 111122223333
    Command rds upgrade
    Rule upgrade-emergency
    ✅ Done. orders runs mysql 8.0.40 (before: 8.0.35) and is available. It took 1 min 30 s; unavailable for 20 s by AWS's events. The snapshot wk-orders-8-0-40 is kept.
    ✔️ Reviewed by @aud today 10:05 AM
    [Details]
    ");
    let card = world.slack.channel("shop-ops").messages().remove(0);
    assert!(card.plain().contains("Reviewed by"), "{}", card.plain());
    assert_snapshot!(world.person("ben").asks("dba", "/change list --unreviewed").await, @"No changes like that. change list shows all.");
    let shown = world.person("ben").asks("dba", "/change show CHG-1").await;
    assert!(shown.contains("run without approval; reviewed by"), "{shown}");
    world.advance("50h").await;
    assert_eq!(count(&world, "review_reminded").await, 0, "what was reviewed is closed");
    assert_snapshot!(world.person("aud").asks("ops", "/change sign-off CHG-1").await, @"CHG-1 was reviewed already, by @aud Nov 25, 2026 10:05 AM. Nothing was changed.");
    assert_eq!(count(&world, "reviewed").await, 1);
    world.end().await;
}

#[tokio::test]
async fn a_note_says_what_was_found() {
    let mut world = world().await;
    ended(&mut world).await;
    world.person("aud").asks("ops", "/change sign-off CHG-1 --note 'right call; the graphs agree'").await;
    let card = world.slack.channel("security").messages().remove(0);
    assert_snapshot!(card.plain().lines().find(|line| line.contains("Reviewed")).unwrap_or_default(), @"✔️ Reviewed by @aud today 10:05 AM: right call; the graphs agree");
    let entries = world.entries().await;
    let fact = entries.iter().map(|entry| &entry.fact).find(|fact| fact.event == "reviewed").unwrap();
    assert_eq!(fact.person, "aud");
    assert_eq!(fact.detail["reviewed"]["note"], "right call; the graphs agree");
    world.end().await;
}

#[tokio::test]
async fn a_review_that_is_missing_is_asked_for_every_day() {
    let mut world = world().await;
    ended(&mut world).await;
    world.advance("23h").await;
    assert_eq!(count(&world, "review_reminded").await, 0);
    world.advance("2h").await;
    assert_snapshot!(world.slack.channel("security").expect("for a day").await.plain(), @"
    🚨 CHG-1 (orders: mysql 8.0.35 → 8.0.40), the emergency of @ana, has waited for a day for a review by a second person. Aud Lie could give it.
    [Reviewed] [Details]
    ");
    world.restart().await;
    world.advance("24h").await;
    world.slack.channel("security").expect("for 2 days").await;
    world.stop().await;
    world.pass("2026-12-02T09:00:00Z".parse().unwrap()).await;
    world.revive().await;
    let last = world.slack.channel("security").expect("for 6 days").await;
    assert_eq!(count(&world, "review_reminded").await, 3, "after an outage one speaks for all the days");
    world.advance("2h").await;
    world.slack.channel("security").expect("for 7 days").await;
    world.person("aud").clicks(&last, "Reviewed").await;
    world.advance("72h").await;
    assert_eq!(count(&world, "review_reminded").await, 4);
    world.end().await;
}

#[tokio::test]
async fn the_asker_can_not_review_it() {
    let mut world = world().await;
    let loud = ended(&mut world).await;
    world.person("ana").clicks(&loud, "Reviewed").await;
    assert_snapshot!(world.person("ana").reads("CHG-1").await.plain(), @"You broke the glass for CHG-1 yourself, so somebody else has to review it.");
    assert_snapshot!(world.person("ben").asks("dba", "/change sign-off CHG-1").await, @"You may not run change sign-off. No rule permits it. People in auditors or sre may run it. Ask Ana Ruiz or Aud Lie.");
    assert_eq!(count(&world, "reviewed").await, 0);
    world.end().await;
}

#[tokio::test]
async fn it_is_reviewed_once_it_has_ended_and_only_if_it_was_an_emergency() {
    let mut world = world().await;
    world.person("ana").asks("ops", ASK).await;
    assert_snapshot!(world.person("aud").asks("ops", "/change sign-off CHG-1").await, @"CHG-1 has not ended yet. Review it once it has: you will see then what came of it.");
    world.advance("5m").await;
    world.aws.database("blog", "mysql", "8.0.35").await;
    world.person("ana").asks("ops", "/rds upgrade blog --to 8.0.40 --at 'sat 02:00'").await;
    assert_snapshot!(world.person("aud").asks("ops", "/change sign-off CHG-2").await, @"CHG-2 was no emergency, so there is nothing to sign off. Nothing was changed.");
    assert_snapshot!(world.person("aud").asks("ops", "/change sign-off CHG-9").await, @"There is no CHG-9. change list shows those there are.");
    world.person("aud").types("ops", "/change sign-off").await;
    let aud = world.slack.person("aud");
    assert_snapshot!(aud.offered_for("Change", "").await.join("\n"), @"CHG-1 · orders: mysql 8.0.35 → 8.0.40");
    world.end().await;
}

#[tokio::test]
async fn whoever_may_not_break_the_glass_is_told_the_way_forward() {
    let mut world = world().await;
    world.aws.database("blog", "mysql", "8.0.35").account("444455556666").await;
    assert_snapshot!(world.person("ben").asks("dba", ASK).await, @"You may not run rds upgrade --emergency on the database orders in prod of shop. No rule permits it. People in sre may break the glass for it. Ask Ana Ruiz. Without --emergency you may run it after 1 approval of dba.");
    let line = "/rds upgrade blog --to 8.0.40 --emergency --reason 'checkout is down'";
    assert_snapshot!(world.person("ana").asks("ops", line).await, @"You may not run rds upgrade --emergency on the database blog in staging of shop. No rule lets anybody break the glass for it; whoever keeps the policy can add one. Without --emergency you may run it after 1 approval of sre.");
    assert_snapshot!(world.person("dev").asks("ops", ASK).await, @"You may not run rds upgrade. No rule permits it. People in dba or sre may run it. Ask Ana Ruiz, Bea Ode or Ben Chen.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn an_emergency_needs_a_reason_and_takes_no_start() {
    let mut world = world().await;
    assert_snapshot!(world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40 --emergency").await, @r#"Say why you break the glass: add --reason "…". Whoever reviews it will read it. Nothing was changed."#);
    assert_snapshot!(world.person("ana").asks("ops", &format!("{ASK} --at 'sat 02:00'")).await, @"An emergency runs at once, and this is to start Nov 28, 2026 1:00 AM. Nothing was changed. Ask without a start, or without --emergency.");
    assert_snapshot!(world.person("ana").asks("ops", "/change freeze start --until 'fri 08:00' --emergency").await, @"change freeze start has no --emergency. help change freeze start shows what it takes.");
    assert_eq!(count(&world, "broke_glass").await, 0);
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_failed_precheck_or_another_change_keeps_an_emergency_from_running_too() {
    let mut world = world().await;
    world.aws.alter("orders", serde_json::json!({ "status": "stopped" })).await;
    assert_snapshot!(world.person("ana").asks("ops", ASK).await, @"
    “orders: mysql 8.0.35 → 8.0.40” can't run like this. Nothing was changed.
    ❌ State: stopped; AWS upgrades only what is available
    ");
    world.aws.alter("orders", serde_json::json!({ "status": "available" })).await;
    world.person("ana").asks("ops", "/rds upgrade orders --to 8.0.40").await;
    assert_snapshot!(world.person("ana").asks("ops", ASK).await, @"The database orders is busy with CHG-1, and only one change at a time runs on it. Nothing was changed. change show CHG-1 shows how it stands.");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn a_form_is_filled_in_with_the_reason() {
    let mut world = world().await;
    world.person("ana").types("ops", "/rds upgrade orders --emergency").await;
    let ana = world.slack.person("ana");
    assert_snapshot!(ana.sees_form().await.plain(), @"
    rds upgrade
    Upgrades a database to another version, after a snapshot
    Database: [orders]
    Version to upgrade to: []
    Why: []
    When to start: []
    Window: []
    Instance class to change to on the way: []
    Parameter group for the new version: []
    Emergency: [Break the glass: at once, without approval, through freezes; reviewed later]
    ");
    ana.picks("Version to upgrade to", "8.0.40").await;
    ana.fills("Why", " ").await;
    let Submitted::Errors(errors) = world.person("ana").submits().await else { panic!("a blank is no reason") };
    assert_snapshot!(errors.iter().map(|error| format!("{}: {}", error.label, error.text)).collect::<Vec<_>>().join("\n"), @r#"Why: Say why you break the glass: add --reason "…". Whoever reviews it will read it. Nothing was changed."#);
    ana.fills("Why", "checkout is down").await;
    world.person("ana").submits().await;
    world.person("ana").reads("CHG-1 starts at once").await;
    world.advance("5m").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn help_and_can_say_who_may_break_the_glass() {
    let mut world = world().await;
    assert_snapshot!(world.person("dev").asks("ops", "/can @ana rds upgrade orders").await, @"
    Ana Ruiz may run rds upgrade on orders:
    • in prod of shop and prod of media: yes, after 1 approval of dba (rule upgrade-prod). Bea Ode or Ben Chen could approve.
    • in staging of shop: yes, after 1 approval of sre (rule upgrade-staging). Too few people could approve that now, so it would be refused.
    • in an emergency, in prod of shop and prod of media: yes, at once with --emergency (rule upgrade-emergency); somebody else has to review it afterwards.
    ");
    let help = world.person("ana").asks("ops", "/help rds upgrade").await;
    assert!(help.contains("--emergency — Break the glass") && help.contains("• in an emergency"), "{help}");
    let help = world.person("ben").asks("dba", "/help rds upgrade").await;
    assert!(!help.contains("• in an emergency"), "{help}");
    world.finish().await;
}

/// An emergency that AWS keeps from starting; its card.
async fn held(world: &mut World) -> Message {
    // Time enough to cut the line between the plan and the start.
    world.aws.fault(Fault::delay("sts", "AssumeRole").lasting(Duration::from_millis(500))).await;
    world.slack.person("ana").types("ops", ASK).await;
    world.until(async |world| count(world, "broke_glass").await == 1).await;
    world.aws.fault(Fault::down()).await;
    world.settle().await;
    world.slack.channel("shop-ops").expect("CHG-1").await
}

#[tokio::test]
async fn a_rule_that_is_gone_before_the_start_voids_it_whatever_the_ordinary_way_allows() {
    let mut world = world().await;
    let card = held(&mut world).await;
    world.writes("policy.cedar", &policy(&[]).replace("@approvals(\"1\")\n@approvers(\"dba\")\n", ""));
    world.aws.clear_faults().await;
    world.restart().await;
    world.advance("10m").await;
    assert_snapshot!(world.status(&card), @"🚫 Void. The policy no longer allows it. No rule lets anybody break the glass for it; whoever keeps the policy can add one. Without --emergency you may run it at once. Nothing was changed.");
    assert_snapshot!(world.slack.channel("security").transcript(), @"
    watchkeeper: 🚨 Break-glass: CHG-1 · orders: mysql 8.0.35 → 8.0.40
      @ana runs this at once, without approval, and through any freeze.
      Who @ana
      Why checkout is down
      Where shop · prod · 111122223333
      Command rds upgrade
      Rule upgrade-emergency
      🚫 Void. The policy no longer allows it. No rule lets anybody break the glass for it; whoever keeps the policy can add one. Without --emergency you may run it at once. Nothing was changed.
      👀 Needs a review by a second person.
      [Reviewed] [Details]
    watchkeeper: 🚨 CHG-1 (orders: mysql 8.0.35 → 8.0.40), the emergency of @ana, has ended: The policy no longer allows it. No rule lets anybody break the glass for it; whoever keeps the policy can add one. Without --emergency you may run it at once. Nothing was changed.
      👀 Needs a review by a second person.
      [Reviewed] [Details]
    ");
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn an_emergency_that_has_to_wait_for_aws_is_not_put_off_and_can_be_taken_back() {
    let mut world = world().await;
    let card = held(&mut world).await;
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    🚨 CHG-1 · orders: mysql 8.0.35 → 8.0.40
    ⏸️ Held. It was to start today 10:00 AM.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts at once, without approval
    Why checkout is down
    1. Take the snapshot wk-orders-8-0-40 of orders in shop-prod (eu-west-1) and wait for it.
    2. Upgrade in place from 8.0.35 to 8.0.40: a minor upgrade.
    3. Follow it to the end, verify version and state, and report how long it was unavailable.
    Prechecks
    ⚠️ Free storage: 100 GiB that do not grow by themselves; see FreeStorageSpace in CloudWatch
    ⚠️ Downtime: expect some minutes
    ⚠️ Support: 8.0.40: ended 2026-07-31, extended until 2029-07-31
    ✅ Target · State · Pending changes · Backups · Parameter group · Replicas · Deletion protection · Instance class
    What can go wrong
    • Connections are dropped while the engine restarts; applications must reconnect.
    • AWS can't take an upgrade back. The way back is to restore the snapshot into a new database, without what was written since.
    👀 Needs a review by a second person once it has ended.
    Last: AWS gave no answer while I was looking at orders in shop-prod (eu-west-1). This usually passes within minutes. I try every 5 minutes until today 11:00 AM.
    [Details] [Cancel]
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/change reschedule CHG-1 --at 'sat 02:00'").await, @"CHG-1 is an emergency and starts as soon as it can. Nothing was changed. change cancel CHG-1 takes it back.");
    world.person("ana").clicks(&card, "Cancel").await;
    world.person("ana").reads("CHG-1 is cancelled").await;
    world.slack.channel("security").expect("has ended: Cancelled by").await;
    world.person("aud").asks("ops", "/change sign-off CHG-1").await;
    assert_eq!(count(&world, "reviewed").await, 1);
    world.aws.clear_faults().await;
    assert_eq!(world.end().await.writes, []);
}

#[tokio::test]
async fn what_can_not_be_posted_in_the_security_channel_is_posted_in_the_default_one() {
    let mut world = world().await;
    let config = std::fs::read_to_string(world.folder().join("watchkeeper.toml")).unwrap();
    world.writes("watchkeeper.toml", &config.replace("#security", "#nowhere"));
    world.restart().await;
    world.person("ana").asks("ops", ASK).await;
    world.slack.channel("ops").expect("Break-glass").await;
    world.advance("25h").await;
    world.slack.channel("ops").expect("has ended").await;
    let loud = world.slack.channel("ops").expect("for a day").await;
    world.person("aud").clicks(&loud, "Reviewed").await;
    assert_eq!(count(&world, "reviewed").await, 1);
    world.end().await;
}

/// What must be the same whenever the bot died.
#[derive(Debug, PartialEq)]
struct End {
    version: String,
    writes: Vec<String>,
    /// The first lines of what stands in the security channel, with how often.
    security: BTreeMap<String, usize>,
    facts: BTreeMap<String, usize>,
    whole: bool,
}

const ONCE: [&str; 7] = ["asked", "planned", "broke_glass", "started", "ended", "review_reminded", "reviewed"];

async fn emergency(mut world: World) -> End {
    prepare(&world).await;
    world.person("ana").types("ops", ASK).await;
    world.advance("5m").await;
    let loud = world.slack.channel("security").expect("has ended").await;
    world.advance("25h").await;
    world.person("aud").clicks(&loud, "Reviewed").await;
    world.advance("25h").await;
    let mut security = BTreeMap::new();
    for message in world.slack.channel("security").messages() {
        // A bot that was started anew may not have met these people yet, and names them instead of mentioning them.
        let told = message.plain().replace("@ana", "Ana Ruiz").replace("@aud", "Aud Lie");
        *security.entry(told.lines().next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    let mut facts = BTreeMap::new();
    for fact in world.entries().await.into_iter().map(|entry| entry.fact) {
        if ONCE.contains(&fact.event.as_str()) {
            *facts.entry([fact.event, fact.person].join(" ")).or_default() += 1;
        }
    }
    End {
        version: world.aws.version("orders").await,
        security,
        facts,
        whole: matches!(world.verify().await, Verification::Whole { .. }),
        writes: world.end().await.writes.into_iter().map(|call| call.operation).collect(),
    }
}

#[tokio::test]
async fn an_emergency_comes_to_the_same_end_wherever_the_bot_is_killed() {
    let commits = at_every_commit(choices(), emergency).await;
    assert!(commits > 15, "only {commits} commits were tried");
}

#[tokio::test]
async fn an_emergency_ends_well_when_nobody_disturbs_it() {
    let end = emergency(World::with(choices()).await).await;
    assert_eq!(end.version, "8.0.40");
    assert_eq!(end.writes, ["CreateDBSnapshot", "ModifyDBInstance"]);
    assert!(end.whole && end.security.values().all(|count| *count == 1), "{end:#?}");
    assert_eq!(end.security.values().sum::<usize>(), 3, "its start, its end and one reminder: {end:#?}");
    assert_eq!(end.facts.values().sum::<usize>(), ONCE.len() + 1, "each once, and two askings: {end:#?}");
}
