//! Reviews of access: row by row until a day, and what drifts from what is declared.

use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World, at_every_commit};

const PROD: &str = "111122223333";

fn choices() -> Choices {
    let config = format!("{IDENTITY_CENTER}administrators = \"admins\"\n");
    Choices { config, ..Choices::default() }
}

/// In prod: readers and kai may read, lea has all power, and so had somebody who was deleted.
async fn people(world: &mut World) {
    for group in ["readers", "admins"] {
        world.aws.group(group).await;
    }
    for set in ["ReadOnlyAccess", "PowerUserAccess"] {
        world.aws.permission_set(set).await;
    }
    world.aws.user("kai", "kai@acme.example").named("Kai", "Lund").groups(&["readers", "admins"]).await;
    world.aws.user("lea", "lea@acme.example").named("Lea", "Moon").groups(&["readers"]).await;
    world.aws.user("ana", "ana@example.com").named("Ana", "Ruiz").groups(&["readers"]).await;
    world.aws.user("old", "old@acme.example").named("Old", "One").await;
    world.aws.assigned("readers", "ReadOnlyAccess", PROD).await;
    world.aws.assigned("kai", "ReadOnlyAccess", PROD).await;
    world.aws.assigned("lea", "PowerUserAccess", PROD).await;
    world.aws.assigned("old", "PowerUserAccess", PROD).await;
    world.aws.assigned("ana", "PowerUserAccess", PROD).await;
    world.aws.remove_principal("old").await;
}

async fn world() -> World {
    let mut world = World::with(choices()).await;
    people(&mut world).await;
    // The roster is read anew.
    world.advance("6m").await;
    world
}

fn now(world: &World, channel: &str, card: &Message) -> String {
    world.slack.channel(channel).again(card).unwrap().plain().to_owned()
}

/// The ids AWS gave are different in each world.
fn known(words: &str) -> String {
    let words = words.split_inclusive([' ', '\n', ',', '.']);
    let same = |word: &str| word.matches('-').count() >= 4 && word.len() > 30;
    words.map(|word| if same(word) { format!("ID{}", &word[word.len() - 1..]) } else { word.to_owned() }).collect()
}

#[tokio::test]
async fn an_account_is_gone_through_row_by_row() {
    let mut world = world().await;
    let said = world.person("ana").asks("ops", "/access review --account shop-prod").await;
    insta::assert_snapshot!(said, @"");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    insta::assert_snapshot!(known(card.plain()), @"");
    let card = world.slack.channel("shop-ops").again(&card).unwrap();
    world.person("ana").clicks(&card, "Go through the rows").await;
    let rows = world.person("ana").reads("Review who has").await;
    insta::assert_snapshot!(known(rows.plain()), @"");
    let mut said = Vec::new();
    for line in ["keep CHG-1 4 5", "drop CHG-1 1", "drop CHG-1 2", "drop CHG-1 9", "keep CHG-2 1"] {
        said.push(world.person("ana").asks("ops", &format!("/access {line}")).await);
    }
    said.push(world.person("dev").asks("ops", "/access keep CHG-1 3").await);
    said.push(world.person("aud").asks("ops", "/access drop CHG-1 4").await);
    said.push(world.person("aud").asks("ops", "/access keep CHG-1 4").await);
    insta::assert_snapshot!(known(&said.join("\n")), @"");
    world.advance("96h").await;
    world.slack.channel("shop-ops").expect("unanswered").await;
    world.advance("96h").await;
    insta::assert_snapshot!(known(&world.slack.channel("shop-ops").transcript()), @"");
    let left: Vec<String> =
        world.aws.assignments().await.iter().map(|one| format!("{} {}", one.principal, one.permission_set)).collect();
    insta::assert_snapshot!(known(&left.join("\n")), @"");
    insta::assert_snapshot!(world.audit("told").await, @"");
    let late = world.person("ana").asks("ops", "/access keep CHG-1 3").await;
    insta::assert_snapshot!(late, @"");
    let file = world.person("aud").asks("ops", "/access rows CHG-1 --csv").await;
    insta::assert_snapshot!(file, @"");
    world.end().await;
}

#[tokio::test]
async fn a_group_is_gone_through_and_keeps_its_last_administrator() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/access review --group admins --until 'in 2 days'").await;
    let card = world.slack.channel("ops").expect("CHG-1").await;
    world.person("aud").asks("ops", "/access drop CHG-1 1").await;
    world.advance("72h").await;
    insta::assert_snapshot!(now(&world, "ops", &card), @"");
    assert_eq!(world.aws.members("admins").await, ["kai"]);
    world.person("ana").asks("ops", "/access review --group readers --until 'in 2 days'").await;
    let card = world.slack.channel("ops").expect("CHG-2").await;
    world.person("aud").asks("ops", "/access drop CHG-2 2,3").await;
    world.aws.no_member("lea", "readers").await;
    world.advance("72h").await;
    insta::assert_snapshot!(now(&world, "ops", &card), @"");
    assert_eq!(world.aws.members("readers").await, ["ana"]);
    world.end().await;
}

#[tokio::test]
async fn reviews_are_refused_with_the_way_forward() {
    let mut world = world().await;
    let mut said = Vec::new();
    for words in
        ["", "--account shop-prd", "--group nobody", "--account shop-prod --until 2026-11-24T10:00:00Z", "--account media-prod"]
    {
        said.push(world.person("ana").asks("ops", format!("/access review {words}").trim()).await);
    }
    said.push(world.person("aud").asks("ops", "/access review --account shop-prod").await);
    insta::assert_snapshot!(said.join("\n\n"), @"");
    world.person("ana").asks("ops", "/access review --account shop-prod").await;
    let twice = world.person("ana").asks("ops", "/access review --account shop-prod").await;
    insta::assert_snapshot!(twice, @"");
    assert!(world.end().await.writes.is_empty());
}

#[tokio::test]
async fn a_review_comes_to_the_same_end_wherever_the_bot_is_killed() {
    at_every_commit(choices(), async |mut world| {
        people(&mut world).await;
        world.person("ana").types("ops", "/access review --account shop-prod --until 'in 3 days'").await;
        world.slack.channel("shop-ops").expect("CHG-1").await;
        world.person("aud").types("ops", "/access drop CHG-1 2").await;
        world.advance("96h").await;
        let channel = world.slack.channel("shop-ops").messages();
        let reminders = channel.iter().filter(|message| message.plain().starts_with('⏰')).count();
        let left: Vec<String> =
            world.aws.assignments().await.iter().map(|one| format!("{:?} {}", one.principal_kind, one.permission_set)).collect();
        let writes = world.end().await.writes;
        let writes: Vec<(String, bool)> = writes.into_iter().map(|call| (call.operation, call.acted)).collect();
        (reminders, left, writes)
    })
    .await;
}

#[tokio::test]
async fn what_drifts_is_told() {
    let mut world = world().await;
    let none = world.person("aud").asks("ops", "/access drift --account shop-prod").await;
    insta::assert_snapshot!(known(&none), @"");
    let declared = "[[assignments]]\ngroup = \"readers\"\naccounts = [\"shop-prod\"]\npermission_set = \"ReadOnlyAccess\"\n\
                    [[assignments]]\nuser = \"kai\"\naccounts = [\"shop-staging\"]\npermission_set = \"ReadOnlyAccess\"\n";
    world.writes("access-baseline.toml", declared);
    world.restart().await;
    let all = world.person("ana").asks("ops", "/access drift").await;
    insta::assert_snapshot!(known(&all), @"");
    let calm = world.person("ana").asks("ops", "/access drift --account media-prod").await;
    insta::assert_snapshot!(calm, @"");
    let may_not = world.person("dev").asks("ops", "/access drift").await;
    insta::assert_snapshot!(may_not, @"");
    world.end().await;
}
