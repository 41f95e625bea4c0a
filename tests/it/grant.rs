//! Access to accounts: given for a while or for good, extended, handed back, taken away; never twice, and never forgotten.

use standins::aws::{Assignment, PrincipalKind};
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World};

const PROD: &str = "111122223333";
const STAGING: &str = "444455556666";

/// Ana and sam of sre, who approve; ben and bea of dba, who ask.
const PEOPLE: &str = r#"
[[people]]
id = "sam"
name = "Sam Ito"
email = "sam@example.com"
groups = ["sre"]
"#;

fn choices() -> Choices {
    Choices { config: IDENTITY_CENTER.replace("eu-central-1", "eu-west-1"), ..Choices::default() }
}

/// What Identity Center holds in these conversations.
async fn seed(world: &mut World) {
    for name in ["sre", "dba"] {
        world.aws.group(name).await;
    }
    world.aws.user("ana", "ana@example.com").named("Ana", "Ruiz").groups(&["sre"]).await;
    world.aws.user("ben", "ben@example.com").named("Ben", "Chen").groups(&["dba"]).await;
    world.aws.user("bea", "bea@example.com").named("Bea", "Ode").groups(&["dba"]).await;
    for set in ["ReadOnlyAccess", "PowerUserAccess", "AdministratorAccess"] {
        world.aws.permission_set(set).await;
    }
}

async fn world() -> World {
    let mut world = World::with(choices()).await;
    seed(&mut world).await;
    world
}

/// Ben asks for access of four hours in production; its card.
async fn asked(world: &mut World, options: &str) -> Message {
    let line = format!("/access grant --account shop-prod --permission-set PowerUserAccess --reason 'slow orders' {options}");
    let before = world.slack.channel("shop-ops").messages().len();
    world.person("ben").asks("ops", line.trim()).await;
    world.slack.channel("shop-ops").messages().into_iter().nth(before).expect("there is a card")
}

async fn approved(world: &mut World, card: &Message) {
    world.person("ana").reacts("white_check_mark", card).await;
}

async fn holds(world: &World) -> Vec<(String, String, String)> {
    let all = world.aws.assignments().await.into_iter();
    all.map(|one: Assignment| (one.principal, one.permission_set, one.account)).collect()
}

async fn count(world: &World, operation: &str) -> usize {
    world.aws.writes().await.into_iter().filter(|call| call.operation == operation && call.acted).count()
}

/// How often AWS was asked to give and to take, and did.
async fn acts(world: &World) -> (usize, usize) {
    (count(world, "CreateAccountAssignment").await, count(world, "DeleteAccountAssignment").await)
}

#[tokio::test]
async fn access_is_given_for_a_while_and_ends_by_itself() {
    let mut world = world().await;
    let said = world
        .person("ben")
        .asks(
            "ops",
            "/access grant --account shop-prod --permission-set poweruseraccess --for 4h --ticket OPS-12 --reason 'slow orders'",
        )
        .await;
    insta::assert_snapshot!(said, @"CHG-1 waits for 1 approval of sre. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("PowerUserAccess in shop-prod").await;
    insta::assert_snapshot!(card.plain(), @"
    CHG-1 · ben: PowerUserAccess in shop-prod for 4 h
    ⏳ Waits for 1 approval of sre until today 6:00 PM.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why slow orders
    1. Give ben (Ben Chen (ben@example.com)) the permission set PowerUserAccess in shop-prod (111122223333).
    2. Take it back 4 h after AWS has confirmed it.
    3. Today: ben has no access to this account.
    4. It is for the ticket OPS-12.
    Prechecks
    ✅ Permission set · Account · Who
    What can go wrong
    • A session that is open when it ends goes on up to 1 h, until it runs out. --end-sessions ends it.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 765361f3.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    approved(&mut world, &card).await;
    assert_eq!(holds(&world).await, [("ben".to_owned(), "PowerUserAccess".to_owned(), PROD.to_owned())]);
    insta::assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"");
    world.restart().await;
    world.advance("3h 59m").await;
    assert_eq!(acts(&world).await, (1, 0));
    world.advance("2m").await;
    assert_eq!(holds(&world).await, []);
    assert_eq!(acts(&world).await, (1, 1));
    insta::assert_snapshot!(world.slack.channel("shop-ops").transcript(), @"");
    world.slack.channel("shop-ops").read_all();
    insta::assert_snapshot!(world.finish().await.audit(), @"");
}
