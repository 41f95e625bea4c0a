//! Reviews of access: row by row until a day, and what drifts from what is declared.

use standins::aws::Fault;
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
    insta::assert_snapshot!(said, @"CHG-1 needs no approval and starts today 10:06 AM. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    insta::assert_snapshot!(known(card.plain()), @"
    CHG-1 · Review who has access to shop-prod: 5 rows
    🗓️ Scheduled. It takes no approval and starts today 10:06 AM.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts as soon as it may
    1. Go through 5 rows until Dec 2, 2026 10:06 AM: ana: PowerUserAccess, deleted user ID PowerUserAccess, lea: PowerUserAccess, kai: ReadOnlyAccess, group readers: ReadOnlyAccess.
    2. Remind this channel at half time and a day before the end of what nobody has answered.
    3. At the end remove what was marked, and nothing else. What nobody answered stays and is reported.
    What can go wrong
    • Whoever is removed loses that access when the review ends.
    [Details] [Reschedule] [Cancel]
    ");
    let card = world.slack.channel("shop-ops").again(&card).unwrap();
    world.person("ana").clicks(&card, "Go through the rows").await;
    let rows = world.person("ana").reads("Review who has").await;
    insta::assert_snapshot!(known(rows.plain()), @"
    Review who has access to shop-prod: 5 rows
    5 of 5 rows unanswered.
    1. ana: PowerUserAccess, not by me
    [Keep] [Remove]
    2. deleted user ID PowerUserAccess, not by me
    [Keep] [Remove]
    3. lea: PowerUserAccess, not by me
    [Keep] [Remove]
    4. kai: ReadOnlyAccess, not by me
    [Keep] [Remove]
    5. group readers: ReadOnlyAccess, not by me
    [Keep] [Remove]
    ");
    let mut said = Vec::new();
    for line in ["keep CHG-1 4 5", "drop CHG-1 1", "drop CHG-1 2", "drop CHG-1 9", "keep CHG-2 1"] {
        said.push(world.person("ana").asks("ops", &format!("/access {line}")).await);
    }
    said.push(world.person("dev").asks("ops", "/access keep CHG-1 3").await);
    said.push(world.person("aud").asks("ops", "/access drop CHG-1 4").await);
    said.push(world.person("aud").asks("ops", "/access keep CHG-1 4").await);
    insta::assert_snapshot!(known(&said.join("\n")), @"
    Each of the rows 4, 5 stays.
    The row “ana: PowerUserAccess” is about you, so somebody else has to answer it. Nothing was changed.
    Row 2 (deleted user ID PowerUserAccess) goes when the review ends. Until then it can be answered anew.
    9 is no row of this review: they are numbered from 1 to 5. Nothing was changed.
    CHG-2 is no review of access. change list shows the changes there are.
    You may not run access keep. No rule permits it. People in auditors or sre may run it. Ask Ana Ruiz or Aud Lie.
    Row 4 (kai: ReadOnlyAccess) goes when the review ends. Until then it can be answered anew.
    Row 4 (kai: ReadOnlyAccess) stays.
    ");
    world.advance("96h").await;
    world.slack.channel("shop-ops").expect("unanswered").await;
    world.advance("96h").await;
    insta::assert_snapshot!(known(&world.slack.channel("shop-ops").transcript()), @"
    watchkeeper: CHG-1 · Review who has access to shop-prod: 5 rows
      ✅ Done. Of 5 rows: 2 kept, 1 removed, 2 unanswered. What nobody answered stays as it is. access rows CHG-1 --csv has them all.
      Asked by @ana
      Where shop · prod · 111122223333
      Starts as soon as it may
      1. Go through 5 rows until yesterday 10:06 AM: ana: PowerUserAccess, deleted user ID PowerUserAccess, lea: PowerUserAccess, kai: ReadOnlyAccess, group readers: ReadOnlyAccess.
      2. Remind this channel at half time and a day before the end of what nobody has answered.
      3. At the end remove what was marked, and nothing else. What nobody answered stays and is reported.
      [Details]
        watchkeeper: Each of the rows 4, 5 stays, says @ana.
        watchkeeper: Row 2 (deleted user ID PowerUserAccess) goes, says @ana.
        watchkeeper: Row 4 (kai: ReadOnlyAccess) goes, says @aud.
        watchkeeper: Row 4 (kai: ReadOnlyAccess) stays, says @aud.
    watchkeeper: ⏰ CHG-1 (Review who has access to shop-prod: 5 rows): 2 of 5 rows are unanswered, and the review ends yesterday 10:06 AM. What nobody answers stays as it is.
      [Go through the rows] [Details]
    watchkeeper: ⏰ CHG-1 (Review who has access to shop-prod: 5 rows): 2 of 5 rows are unanswered, and the review ends yesterday 10:06 AM. What nobody answers stays as it is.
      [Go through the rows] [Details]
        watchkeeper: The review is over. What was marked is removed now.
        watchkeeper: @ana: Of 5 rows: 2 kept, 1 removed, 2 unanswered. What nobody answered stays as it is. access rows CHG-1 --csv has them all.
    ");
    let left: Vec<String> =
        world.aws.assignments().await.iter().map(|one| format!("{} {}", one.principal, one.permission_set)).collect();
    insta::assert_snapshot!(known(&left.join("\n")), @"
    ana PowerUserAccess
    lea PowerUserAccess
    readers ReadOnlyAccess
    kai ReadOnlyAccess
    ");
    insta::assert_snapshot!(world.audit("told").await, @"
    ana · told · CHG-1 · account shop-prod
    ana · told · CHG-1 · account shop-prod
    aud · told · CHG-1 · account shop-prod
    aud · told · CHG-1 · account shop-prod
    ");
    let late = world.person("ana").asks("ops", "/access keep CHG-1 3").await;
    insta::assert_snapshot!(late, @"CHG-1 ended yesterday 10:06 AM, so its rows can't be answered any more.");
    let file = world.person("aud").asks("ops", "/access rows CHG-1 --csv").await;
    insta::assert_snapshot!(file, @"
    5 rows of CHG-1, as a file.
    📎 CHG-1-rows.csv
    Only you may see it, so the file is in our direct messages.
    ");
    world.end().await;
}

#[tokio::test]
async fn a_group_is_gone_through_and_keeps_its_last_administrator() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/access review --group admins --until 'in 2 days'").await;
    let card = world.slack.channel("ops").expect("CHG-1").await;
    world.person("aud").asks("ops", "/access drop CHG-1 1").await;
    world.advance("72h").await;
    insta::assert_snapshot!(now(&world, "ops", &card), @"
    CHG-1 · Review who is in the group admins: 1 row
    ✅ Done. Of 1 row: 0 kept, 0 removed, 0 unanswered.
    Still there: kai. That would leave nobody in admins, which is protected (its members administer me). Nothing was changed. Leave somebody in it, or add somebody else first. access rows CHG-1 --csv has them all.
    Asked by @ana
    Starts as soon as it may
    1. Go through 1 row until yesterday 10:06 AM: kai.
    2. Remind this channel at half time and a day before the end of what nobody has answered.
    3. At the end remove what was marked, and nothing else. What nobody answered stays and is reported.
    [Details]
    ");
    assert_eq!(world.aws.members("admins").await, ["kai"]);
    world.person("ana").asks("ops", "/access review --group readers --until 'in 2 days'").await;
    let card = world.slack.channel("ops").expect("CHG-2").await;
    world.person("aud").asks("ops", "/access drop CHG-2 2,3").await;
    world.aws.no_member("lea", "readers").await;
    world.advance("72h").await;
    insta::assert_snapshot!(now(&world, "ops", &card), @"
    CHG-2 · Review who is in the group readers: 3 rows
    ✅ Done. Of 3 rows: 0 kept, 1 removed, 1 gone already, 1 unanswered. What nobody answered stays as it is. access rows CHG-2 --csv has them all.
    Asked by @ana
    Starts as soon as it may
    1. Go through 3 rows until yesterday 10:06 AM: ana, kai, lea.
    2. Remind this channel at half time and a day before the end of what nobody has answered.
    3. At the end remove what was marked, and nothing else. What nobody answered stays and is reported.
    [Details]
    ");
    assert_eq!(world.aws.members("readers").await, ["ana"]);
    world.end().await;
}

#[tokio::test]
async fn whoever_was_removed_before_aws_was_in_trouble_counts_as_removed() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/access review --group readers --until 'in 2 hours'").await;
    let card = world.slack.channel("ops").expect("CHG-1").await;
    world.person("aud").asks("ops", "/access drop CHG-1 2 3").await;
    // AWS removes the first, but its answer is lost, and then AWS is in trouble for the second.
    world.aws.fault(Fault::cut_after("identitystore", "DeleteGroupMembership").times(1)).await;
    world.advance("2h").await;
    world.aws.fault(Fault::error("identitystore", "DeleteGroupMembership", "InternalServerException", 500).times(6)).await;
    world.advance("2h").await;
    assert_eq!(world.aws.members("readers").await, ["ana"]);
    insta::assert_snapshot!(now(&world, "ops", &card).lines().nth(1).unwrap_or_default(), @"✅ Done. Of 3 rows: 0 kept, 2 removed, 1 unanswered. What nobody answered stays as it is. access rows CHG-1 --csv has them all.");
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
    insta::assert_snapshot!(said.join("\n\n"), @"
    Say what to review: --account shop-prod for everything assigned in an account, or --group sre for everybody in a group.

    I look after no account called shop-prd. Did you mean shop-prod?

    IAM Identity Center has no group nobody. access group list shows those there are.

    2026-11-24T10:00:00Z was yesterday 10:00 AM, which has passed. Give a time ahead.

    There is nothing to review: the list of who has access to media-prod is empty.

    You may not run access review. No rule permits it. People in sre may run it. Ask Ana Ruiz.
    ");
    world.person("ana").asks("ops", "/access review --account shop-prod").await;
    let twice = world.person("ana").asks("ops", "/access review --account shop-prod").await;
    insta::assert_snapshot!(twice, @"The account shop-prod is busy with CHG-1, and only one change at a time runs on it. Nothing was changed. change show CHG-1 shows how it stands.");
    assert!(world.end().await.writes.is_empty());
}

#[tokio::test]
async fn a_review_comes_to_the_same_end_wherever_the_bot_is_killed() {
    // The roster is read at the start alone: each time it is, the world stops.
    let config = IDENTITY_CENTER.replace("refresh = \"5m\"", "refresh = \"24h\"");
    at_every_commit(Choices { config, ..choices() }, async |mut world| {
        people(&mut world).await;
        world.restart().await;
        world.person("ana").types("ops", "/access review --account shop-prod --until 'in 3 hours'").await;
        world.slack.channel("shop-ops").expect("CHG-1").await;
        world.person("aud").types("ops", "/access drop CHG-1 2").await;
        world.advance("4h").await;
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
    insta::assert_snapshot!(known(&none), @"
    5 findings in 1 account

    What         Account    Who                                                Permission set
    unexplained  shop-prod  ana                                                PowerUserAccess
    unexplained  shop-prod  group readers                                      ReadOnlyAccess
    unexplained  shop-prod  kai                                                ReadOnlyAccess
    unexplained  shop-prod  lea                                                PowerUserAccess
    orphan       shop-prod  deleted user ID  PowerUserAccess

    An orphan is what was left behind by a user or group that was deleted. access review --account … removes them.
    No baseline is declared, so all that others gave counts as drift. Declare what should stand with [[assignments]] in access-baseline.toml, beside my configuration.
    ");
    let declared = "[[assignments]]\ngroup = \"readers\"\naccounts = [\"shop-prod\"]\npermission_set = \"ReadOnlyAccess\"\n\
                    [[assignments]]\nuser = \"kai\"\naccounts = [\"shop-staging\"]\npermission_set = \"ReadOnlyAccess\"\n";
    world.writes("access-baseline.toml", declared);
    world.restart().await;
    let all = world.person("ana").asks("ops", "/access drift").await;
    insta::assert_snapshot!(known(&all), @"
    5 findings in 3 accounts

    What         Account       Who                                                Permission set
    unexplained  shop-prod     ana                                                PowerUserAccess
    unexplained  shop-prod     kai                                                ReadOnlyAccess
    unexplained  shop-prod     lea                                                PowerUserAccess
    orphan       shop-prod     deleted user ID  PowerUserAccess
    missing      shop-staging  kai                                                ReadOnlyAccess

    An orphan is what was left behind by a user or group that was deleted. access review --account … removes them.
    ");
    let calm = world.person("ana").asks("ops", "/access drift --account media-prod").await;
    insta::assert_snapshot!(calm, @"Nothing drifts in 1 account: every assignment is declared or made by me.");
    let may_not = world.person("dev").asks("ops", "/access drift").await;
    insta::assert_snapshot!(may_not, @"You may not run access drift. No rule permits it. People in auditors or sre may run it. Ask Ana Ruiz or Aud Lie.");
    world.end().await;
}

#[tokio::test]
async fn a_grant_that_is_marked_is_told_to_end() {
    let all = r#"@id("all") permit (principal, action, resource);"#.to_owned();
    let mut world = World::with(Choices { policy: Some(all), ..choices() }).await;
    people(&mut world).await;
    world.advance("6m").await;
    let line = "/access grant --to kai --account shop-staging --permission-set ReadOnlyAccess --for 72h --reason 'slow orders'";
    let said = world.person("ana").asks("ops", line).await;
    assert!(said.starts_with("CHG-1"), "{said}");
    let grant = world.slack.channel("shop-ops").expect("CHG-1").await;
    world.advance("1m").await;
    world.person("ana").asks("ops", "/access review --account shop-staging --until 'in 2 days'").await;
    let card = world.slack.channel("shop-ops").expect("CHG-2").await;
    let rows = world.person("aud").asks("ops", "/access rows CHG-2").await;
    insta::assert_snapshot!(rows, @"
    Review who has access to shop-staging: 1 row
    1 of 1 row unanswered.
    1. kai: ReadOnlyAccess, since today 10:06 AM by @ana, CHG-1, until Nov 28, 2026 10:06 AM
    [Keep] [Remove]
    ");
    world.person("aud").asks("ops", "/access drop CHG-2 1").await;
    world.aws.assignments_take("5m").await;
    world.advance("48h").await;
    // AWS is still at it, so nothing is said to be taken back.
    assert!(world.aws.assignments().await.iter().any(|one| one.account != PROD));
    let waits = now(&world, "shop-ops", &card);
    assert!(waits.contains("Waiting for AWS to take back 1 row that grants of mine gave."), "{waits}");
    world.advance("10m").await;
    insta::assert_snapshot!(now(&world, "shop-ops", &card).lines().nth(1).unwrap_or_default(), @"✅ Done. Of 1 row: 0 kept, 0 removed, 1 taken back by ending my grants, 0 unanswered. access rows CHG-2 --csv has them all.");
    insta::assert_snapshot!(now(&world, "shop-ops", &grant).lines().nth(1).unwrap_or_default(), @"✅ Done. Kai Lund's ReadOnlyAccess in shop-staging was handed back by @ana. AWS confirms that it is gone.");
    assert!(world.aws.assignments().await.iter().all(|one| one.account == PROD));
    world.end().await;
}

#[tokio::test]
async fn a_review_with_somebody_deleted_is_answered_without_reading_everybody_again() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/access review --account shop-prod").await;
    world.slack.channel("shop-ops").expect("CHG-1").await;
    let before = lists(&world).await;
    for line in ["rows CHG-1", "keep CHG-1 3", "drop CHG-1 2", "rows CHG-1"] {
        world.person("aud").asks("ops", &format!("/access {line}")).await;
    }
    assert_eq!(lists(&world).await, before);
    world.end().await;
}

/// How often all users were listed.
async fn lists(world: &World) -> usize {
    world.aws.calls().await.iter().filter(|call| call.operation == "ListUsers").count()
}
