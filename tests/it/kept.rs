//! Access that is given for good while a grant of it runs: it stays when the grant ends, and the records say who gave it.

use insta::assert_snapshot;
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World, at_every_commit};

const PROD: &str = "111122223333";
const STAGING: &str = "444455556666";

/// Everybody may do everything at once.
fn choices() -> Choices {
    let all = r#"@id("all") permit (principal, action, resource);"#.to_owned();
    Choices { policy: Some(all), config: IDENTITY_CENTER.to_owned(), ..Choices::default() }
}

/// Kai reads prod and staging for good; ana has nothing.
async fn people(world: &World) {
    world.aws.permission_set("ReadOnlyAccess").await;
    world.aws.user("kai", "kai@acme.example").named("Kai", "Lund").await;
    world.aws.user("ana", "ana@example.com").named("Ana", "Ruiz").await;
    world.aws.assigned("kai", "ReadOnlyAccess", PROD).await;
    world.aws.assigned("kai", "ReadOnlyAccess", STAGING).await;
}

/// Ana reads prod through a grant; its card.
async fn granted(world: &mut World, time: &str) -> Message {
    let line = format!("/access grant --account shop-prod --permission-set ReadOnlyAccess --for {time} --reason 'slow orders'");
    world.person("ana").types("ops", &line).await;
    let card = world.slack.channel("shop-ops").expect("CHG-1 · ").await;
    world.advance("30s").await;
    card
}

async fn world() -> World {
    let mut world = World::with(choices()).await;
    people(&world).await;
    // The roster is read anew.
    world.advance("6m").await;
    world
}

/// Asks for a change without approval; its card.
async fn asked(world: &mut World, line: &str, id: &str) -> Message {
    world.person("ana").types("ops", line).await;
    world.slack.channel("ops").expect(id).await
}

async fn holds(world: &World) -> Vec<String> {
    let all = world.aws.assignments().await.into_iter().filter(|one| one.principal == "ana");
    let mut all: Vec<String> = all.map(|one| one.account).collect();
    all.sort();
    all
}

/// How often AWS was asked to give and to take, and did.
async fn acts(world: &World) -> (usize, usize) {
    let writes = world.aws.writes().await;
    let count = |name: &str| writes.iter().filter(|call| call.operation == name && call.acted).count();
    (count("CreateAccountAssignment"), count("DeleteAccountAssignment"))
}

fn now(world: &World, channel: &str, card: &Message) -> String {
    world.slack.channel(channel).again(card).unwrap().plain().to_owned()
}

const ONBOARD: &str = "/access onboard ana@example.com --like kai";

#[tokio::test]
async fn what_is_onboarded_stays_when_a_grant_of_it_ends() {
    let mut world = world().await;
    let grant = granted(&mut world, "4h").await;
    let card = asked(&mut world, ONBOARD, "CHG-2").await;
    assert_snapshot!(card.plain(), @"
    CHG-2 · Onboard ana like kai
    🗓️ Scheduled. It takes no approval and starts today 10:06 AM.
    Asked by @ana
    Starts as soon as it may
    1. ana exists already and is given what is missing.
    2. Assign ReadOnlyAccess in shop-prod for good.
    3. Assign ReadOnlyAccess in shop-staging for good.
    4. ana has ReadOnlyAccess in shop-prod for a time, by @ana, CHG-1, until today 2:06 PM; after this it has no end.
    What can go wrong
    • What they are assigned stands for good: nobody takes it away by itself.
    [Details] [Reschedule] [Cancel]
    ");
    world.advance("1m").await;
    assert_snapshot!(now(&world, "ops", &card).lines().nth(1).unwrap(), @"✅ Done. 1 was there already, 0 memberships added, 1 assignment made, 1 assignment kept that was to end.");
    assert_snapshot!(world.status(&grant), @"✅ Done. @ana's ReadOnlyAccess in shop-prod stands for good now, so nothing is taken back.");
    world.advance("5h").await;
    assert_eq!((holds(&world).await, acts(&world).await), (vec![PROD.to_owned(), STAGING.to_owned()], (2, 0)));
    let again = world.person("ana").asks("ops", ONBOARD).await;
    assert_snapshot!(again, @"ana exists and has all of that already. There is nothing to do.");
    // What was kept goes like everything else.
    let card = asked(&mut world, "/access offboard ana", "CHG-3").await;
    world.advance("1m").await;
    assert!(now(&world, "ops", &card).contains("2 assignments removed"), "{}", now(&world, "ops", &card));
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (2, 2)));
    world.end().await;
}

#[tokio::test]
async fn a_grant_that_ends_while_many_are_onboarded_leaves_its_access_to_that() {
    let mut world = world().await;
    let grant = granted(&mut world, "1m").await;
    // The other assignment keeps the onboarding busy beyond the end of the grant.
    world.aws.assignments_take("1m").await;
    let card = asked(&mut world, ONBOARD, "CHG-2").await;
    world.advance("45s").await;
    assert_snapshot!(world.status(&grant), @"✅ Done. @ana's ReadOnlyAccess in shop-prod goes on through CHG-2; this grant of it has ended.");
    assert!(now(&world, "ops", &card).contains("▶️ Running"));
    world.advance("1m").await;
    assert!(now(&world, "ops", &card).contains("✅ Done."), "{}", now(&world, "ops", &card));
    assert_eq!((holds(&world).await, acts(&world).await), (vec![PROD.to_owned(), STAGING.to_owned()], (2, 0)));
    world.end().await;
}

#[tokio::test]
async fn what_a_grant_is_taking_back_is_given_once_that_is_done() {
    let mut world = world().await;
    let grant = granted(&mut world, "5m").await;
    world.aws.assignments_take("1m").await;
    world.advance("5m").await;
    let card = asked(&mut world, ONBOARD, "CHG-2").await;
    world.advance("20s").await;
    assert!(world.status(&grant).starts_with("▶️ Running"), "{}", world.status(&grant));
    assert_snapshot!(now(&world, "ops", &card).lines().nth(1).unwrap(), @"▶️ Running since today 10:11 AM. 0 of 2 assignments done. Waits for CHG-1, which is taking the same access back.");
    world.advance("5m").await;
    assert_snapshot!(world.status(&grant), @"✅ Done. @ana's ReadOnlyAccess in shop-prod has ended. AWS confirms that it is gone.");
    assert!(now(&world, "ops", &card).contains("2 assignments made"), "{}", now(&world, "ops", &card));
    assert_eq!((holds(&world).await, acts(&world).await), (vec![PROD.to_owned(), STAGING.to_owned()], (3, 1)));
    world.end().await;
}

#[tokio::test]
async fn a_grant_that_begins_while_somebody_is_onboarded_takes_nothing_back() {
    let mut world = world().await;
    world.aws.assignments_take("1m").await;
    let card = asked(&mut world, ONBOARD, "CHG-1").await;
    world.advance("20s").await;
    let line = "/access grant --account shop-prod --permission-set ReadOnlyAccess --for 30m --reason 'slow orders'";
    world.person("ana").types("ops", line).await;
    let grant = world.slack.channel("shop-ops").expect("CHG-2").await;
    world.advance("2m").await;
    assert!(now(&world, "ops", &card).contains("✅ Done."), "{}", now(&world, "ops", &card));
    world.advance("1h").await;
    assert_snapshot!(world.status(&grant), @"✅ Done. @ana's ReadOnlyAccess in shop-prod stands for good now, so nothing is taken back.");
    assert_eq!((holds(&world).await, acts(&world).await.1), (vec![PROD.to_owned(), STAGING.to_owned()], 0));
    world.end().await;
}

#[tokio::test]
async fn what_is_revoked_while_somebody_is_onboarded_is_gone_in_the_end() {
    let mut world = world().await;
    let grant = granted(&mut world, "4h").await;
    world.aws.assignments_take("1m").await;
    let card = asked(&mut world, ONBOARD, "CHG-2").await;
    world.advance("20s").await;
    let line = "/access revoke --from ana --account shop-prod --permission-set ReadOnlyAccess";
    world.person("ana").types("ops", line).await;
    let revoke = world.slack.channel("shop-ops").expect("CHG-3").await;
    world.advance("10m").await;
    assert!(now(&world, "ops", &card).contains("✅ Done."), "{}", now(&world, "ops", &card));
    assert_snapshot!(world.status(&revoke), @"✅ Done. @ana's ReadOnlyAccess in shop-prod was taken away by @ana. AWS confirms that it is gone.");
    assert!(world.status(&grant).starts_with("✅ Done."), "{}", world.status(&grant));
    assert_eq!((holds(&world).await, acts(&world).await.1), (vec![STAGING.to_owned()], 1));
    world.end().await;
}

#[tokio::test]
async fn what_is_onboarded_stays_wherever_the_bot_is_killed() {
    at_every_commit(choices(), async |mut world| {
        people(&world).await;
        // One grant ends as the onboarding begins, the other is told to keep what it gave.
        for (account, time) in [("shop-staging", "5m"), ("shop-prod", "20m")] {
            let options = format!("--account {account} --permission-set ReadOnlyAccess --for {time} --reason 'slow orders'");
            world.person("ana").types("ops", &format!("/access grant {options}")).await;
        }
        world.advance("4m 59s").await;
        let card = asked(&mut world, ONBOARD, "CHG-3").await;
        world.advance("30m").await;
        let done = now(&world, "ops", &card).contains("✅ Done.");
        let (holds, (made, taken)) = (holds(&world).await, acts(&world).await);
        world.end().await;
        (done, holds, made - taken)
    })
    .await;
}

#[tokio::test]
async fn what_was_given_to_many_at_once_is_told_with_its_change() {
    let mut world = world().await;
    let card = asked(&mut world, "/access onboard mia@acme.example ana@example.com --like kai", "CHG-1").await;
    world.advance("2m").await;
    assert!(now(&world, "ops", &card).contains("4 assignments made"), "{}", now(&world, "ops", &card));
    let mut said = Vec::new();
    for line in ["of mia", "who --account shop-prod", "drift --account shop-prod"] {
        said.push(world.person("ana").asks("ops", &format!("/access {line}")).await);
    }
    assert_snapshot!(said.join("\n\n"), @"
    2 roles of mia

    Account       Permission set  Through   Until (UTC)  By
    shop-prod     ReadOnlyAccess  directly               CHG-1 by @ana
    shop-staging  ReadOnlyAccess  directly               CHG-1 by @ana


    3 roles in shop-prod

    Permission set  Who  Through   Until (UTC)  By
    ReadOnlyAccess  ana  directly               CHG-1 by @ana
    ReadOnlyAccess  kai  directly               not by me
    ReadOnlyAccess  mia  directly               CHG-1 by @ana


    1 finding in 1 account

    What         Account    Who  Permission set
    unexplained  shop-prod  kai  ReadOnlyAccess

    No baseline is declared, so all that others gave counts as drift. Declare what should stand with [[assignments]] in access-baseline.toml, beside my configuration.
    ");
    // What a review kept is still told with its change, what it removed and somebody else gave again is not.
    world.person("ana").types("ops", "/access review --account shop-staging --until 'in 2 hours'").await;
    world.advance("10s").await;
    let rows = world.person("ben").asks("ops", "/access rows CHG-2").await;
    assert_snapshot!(rows, @"
    Review who has access to shop-staging: 3 rows
    3 of 3 rows unanswered.
    1. ana: ReadOnlyAccess, since today 10:06 AM by @ana, CHG-1
    [Keep] [Remove]
    2. kai: ReadOnlyAccess, not by me
    [Keep] [Remove]
    3. mia: ReadOnlyAccess, since today 10:06 AM by @ana, CHG-1
    [Keep] [Remove]
    ");
    world.person("ben").asks("ops", "/access drop CHG-2 3").await;
    world.advance("3h").await;
    world.aws.assigned("mia", "ReadOnlyAccess", STAGING).await;
    let who = world.person("ana").asks("ops", "/access who --account shop-staging").await;
    assert_snapshot!(who, @"
    3 roles in shop-staging

    Permission set  Who  Through   Until (UTC)  By
    ReadOnlyAccess  ana  directly               CHG-1 by @ana
    ReadOnlyAccess  kai  directly               not by me
    ReadOnlyAccess  mia  directly               not by me
    ");
    world.end().await;
}
