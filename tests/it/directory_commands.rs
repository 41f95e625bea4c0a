//! Users, groups and permission sets of IAM Identity Center by command.

use insta::assert_snapshot;
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World, at_every_commit};

/// Ana of sre asks, ben of dba approves: there is one sre alone here.
fn choices(more: &str) -> Choices {
    let rule = |group| format!("@id(\"change-people\")\n@approvals(\"1\")\n@approvers(\"{group}\")");
    let choices = Choices::with_policy(&[(rule("sre").as_str(), rule("dba").as_str())]);
    Choices { config: format!("{IDENTITY_CENTER}{more}"), ..choices }
}

async fn company() -> World {
    company_with("").await
}

/// The sample company, with more lines for `[identity_center]`.
async fn company_with(more: &str) -> World {
    let mut world = World::with(choices(more)).await;
    world.aws.directory().await;
    world.restart().await;
    world
}

/// Ana asks for a change; its card.
async fn asked(world: &mut World, line: &str) -> Message {
    world.person("ana").types("ops", line).await;
    world.person("ana").reads("waits for 1 approval of dba").await;
    world.slack.channel("ops").expect("React ✅").await
}

/// Ana asks for a change and ben approves it; its card as it ended.
async fn done(world: &mut World, line: &str) -> String {
    let card = asked(world, line).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("2m").await;
    status(world, &card)
}

/// What a card says of its change now: the line below the title.
fn status(world: &World, card: &Message) -> String {
    let now = world.slack.channel("ops").again(card).unwrap();
    now.plain().lines().nth(1).unwrap_or_default().to_owned()
}

/// The calls that changed something in AWS, by name.
async fn acts(world: &World) -> Vec<String> {
    let writes = world.aws.writes().await.into_iter().filter(|call| call.acted);
    writes.map(|call| call.operation).collect()
}

#[tokio::test]
async fn users_are_listed_in_pages_and_as_a_file() {
    let mut world = company().await;
    world.person("dev").types("ops", "/access user list").await;
    let list = world.person("dev").reads("users").await;
    assert_snapshot!(list.plain(), @"");
    world.person("dev").clicks(&list, "Next ›").await;
    assert_snapshot!(world.person("dev").reads("page 2").await.plain(), @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access user list --group dba --name bEn").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access user list --name nobody").await, @"");
    world.person("dev").types("ops", "/access user list --csv").await;
    world.person("dev").reads("15 users, as a file.").await;
    let file = world.person("dev").reads("(file: users.csv)").await;
    let content = String::from_utf8(world.slack.file(&file.files[0]).content.unwrap()).unwrap();
    assert_eq!(content.lines().count(), 16);
    assert!(content.contains("\r\nlee,Lee Novak,Lee,Novak,lee@example.com,Former data engineer,false,false,"), "{content}");
    world.finish().await;
}

#[tokio::test]
async fn a_user_is_shown_with_everything_about_them() {
    let mut world = company().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access user show lee").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access user show @ben").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access user show hugo@example.com").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn nobody_is_guessed() {
    let mut world = company().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access user show hugp").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access user show chan").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access group show dbas").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set show ReadOnly").await, @"");
    world.aws.user("ana2", "ana2@example.com").named("Ana", "Ruiz").await;
    world.restart().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access user show 'Ana Ruiz'").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn groups_are_listed_and_shown() {
    let mut world = company().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access group list").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access group show sre").await, @"");
    world.person("dev").types("ops", "/access group list --csv").await;
    assert_snapshot!(world.person("dev").reads("8 groups").await.plain(), @"");
    world.person("dev").reads("(file: groups.csv)").await;
    world.finish().await;
}

#[tokio::test]
async fn permission_sets_are_listed_and_shown() {
    let mut world = company().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set list").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set list --name bill").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set show DatabaseAdmin").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_user_is_created_after_approval_with_their_groups() {
    let mut world = company().await;
    let line = "/access user create nora.berg --email nora.berg@example.com --given Nora --family Berg --groups developers,sre \
                --reason 'starts on Monday'";
    let card = asked(&mut world, line).await;
    assert_snapshot!(card.plain(), @"");
    assert_eq!(acts(&world).await, Vec::<String>::new());
    world.person("ben").reacts("white_check_mark", &card).await;
    world.slack.channel("ops").read_all();
    assert_snapshot!(world.slack.channel("ops").transcript(), @"");
    let nora = world.aws.users().await.into_iter().find(|user| user.name == "nora.berg").unwrap();
    assert_eq!((nora.display_name.as_str(), nora.email.as_deref()), ("Nora Berg", Some("nora.berg@example.com")));
    assert_eq!(nora.groups, ["developers", "sre"]);
    assert_snapshot!(world.person("dev").asks("ops", "/access user show nora.berg").await, @"");
    assert_snapshot!(world.finish().await.audit(), @"");
}

#[tokio::test]
async fn what_is_taken_is_told_before_anybody_has_to_approve() {
    let mut world = company().await;
    let rest = "--given Ben --family Chen";
    for (line, sentence) in [
        (format!("/access user create Ben --email new@example.com {rest}"), "user name"),
        (format!("/access user create ben.two --email Ben@example.com {rest}"), "e-mail"),
        ("/access user update kim --email hugo@example.com".to_owned(), "e-mail"),
        ("/access user update kim --rename hugo".to_owned(), "user name"),
        ("/access group create sre".to_owned(), "group"),
    ] {
        let answer = world.person("ana").asks("ops", &line).await;
        assert!(answer.contains("already. Nothing was changed.") && answer.contains(sentence), "{line}: {answer}");
    }
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create ben --email new@example.com {rest}")).await, @"");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create ben --email new {rest}")).await, @"");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create 'ben chen' --email new@example.com {rest}")).await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group create sre").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create ben2 --email new@example.com {rest} --groups srx")).await, @"");
    world.finish().await;
}

#[tokio::test]
async fn who_took_the_name_meanwhile_keeps_it() {
    let mut world = company().await;
    let card = asked(&mut world, "/access user create nora --email nora@example.com --given Nora --family Berg").await;
    world.aws.user("nora", "other@example.com").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"");
    assert_eq!(acts(&world).await, Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn a_user_is_changed_as_the_card_says() {
    let mut world = company().await;
    let card = asked(
        &mut world,
        "/access user update kim --email kim.park@example.com --title Engineer --name 'Kim S. Park' --rename kim.park --disable",
    )
    .await;
    assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"");
    let kim = world.aws.users().await.into_iter().find(|user| user.name == "kim.park").unwrap();
    assert_eq!(kim.email.as_deref(), Some("kim.park@example.com"));
    assert_eq!((kim.display_name.as_str(), kim.title.as_deref(), kim.enabled), ("Kim S. Park", Some("Engineer"), false));
    assert_eq!(acts(&world).await, ["UpdateUser"]);
    assert_snapshot!(done(&mut world, "/access user update kim.park --enable").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access user update kim.park --enable").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access user update kim.park").await, @"");
    world.end().await;
}

#[tokio::test]
async fn a_user_goes_with_everything_they_have_and_no_orphan_stays() {
    let mut world = company().await;
    world.aws.member("finn", "media").await;
    world.aws.assigned("finn", "ReadOnlyAccess", "777788889999").await;
    let card = asked(&mut world, "/access user delete finn").await;
    assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("1m").await;
    assert_snapshot!(status(&world, &card), @"");
    assert!(world.aws.users().await.iter().all(|user| user.name != "finn"));
    let names: Vec<String> = world.aws.users().await.into_iter().map(|user| user.name).collect();
    let orphans =
        world.aws.assignments().await.into_iter().filter(|one| one.principal_kind == standins::aws::PrincipalKind::User);
    assert!(orphans.into_iter().all(|one| names.contains(&one.principal)), "an assignment without its user");
    assert_eq!(
        acts(&world).await,
        ["DeleteAccountAssignment", "DeleteAccountAssignment", "DeleteGroupMembership", "DeleteGroupMembership", "DeleteUser"]
    );
    world.end().await;
}

#[tokio::test]
async fn an_assignment_that_aws_does_not_end_keeps_the_user() {
    let mut world = company().await;
    for _ in 0..5 {
        world.aws.revocation_fails("Internal failure").await;
    }
    let card = asked(&mut world, "/access user delete finn").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("10s").await;
    let now = world.slack.channel("ops").again(&card).unwrap();
    assert!(now.plain().contains("AWS failed to end an assignment of finn in shop-prod: “Internal failure”"), "{}", now.plain());
    world.advance("2h").await;
    let said = status(&world, &card);
    assert!(
        said.starts_with("❌ Failed. AWS failed to end an assignment of finn in shop-prod: “Internal failure” (request "),
        "{said}"
    );
    assert!(said.ends_with("Nothing was changed, and finn was not deleted. Ask again once AWS can."), "{said}");
    assert!(world.aws.users().await.iter().any(|user| user.name == "finn"));
    world.end().await;
}

#[tokio::test]
async fn a_group_is_created_filled_emptied_and_deleted() {
    let mut world = company().await;
    assert_snapshot!(done(&mut world, "/access group create 'on call' --description 'Who answers at night'").await, @"");
    let card = asked(&mut world, "/access group add 'on call' @ana chloe ben.chan@example.com @ana").await;
    assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"");
    assert_eq!(world.aws.members("on call").await, ["ana", "ben.chan", "chloe"]);
    let card = asked(&mut world, "/access group add 'on call' chloe dana").await;
    assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.person("ana").asks("ops", "/access group add 'on call' chloe dana").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove 'on call' hugo").await, @"");
    let card = asked(&mut world, "/access group remove 'on call' chloe hugo").await;
    assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"");
    world.aws.assigned("on call", "ReadOnlyAccess", "111122223333").await;
    let card = asked(&mut world, "/access group delete 'on call'").await;
    assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("1m").await;
    assert_snapshot!(status(&world, &card), @"");
    assert!(world.aws.assignments().await.iter().all(|one| one.principal != "on call"));
    assert!(!world.aws.groups().await.contains(&"on call".to_owned()));
    world.end().await;
}

#[tokio::test]
async fn the_protected_and_the_last_administrator_stay() {
    let more = "administrators = \"platform-admins\"\nprotected_users = [\"hugo\"]\nprotected_groups = [\"finance\"]\n";
    let mut world = company_with(more).await;
    assert_snapshot!(world.person("ana").asks("ops", "/access user delete hugo").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access user update hugo --disable").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete finance").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete dba").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete platform-admins").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove finance gita").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove dba ben bea").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove platform-admins dana hugo").await, @"");
    world.aws.alter_user("hugo", serde_json::json!({ "UserStatus": "DISABLED" })).await;
    assert_snapshot!(world.person("ana").asks("ops", "/access user update dana --disable").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access user delete dana").await, @"");
    assert_eq!(acts(&world).await, Vec::<String>::new());
    world.finish().await;
}

#[tokio::test]
async fn who_administers_me_stays_even_if_the_others_left_after_the_plan() {
    let mut world = company_with("administrators = \"platform-admins\"\n").await;
    let card = asked(&mut world, "/access user delete dana").await;
    world.aws.no_member("hugo", "platform-admins").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"");
    assert_eq!(acts(&world).await, Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn what_is_assigned_in_the_management_account_is_out_of_reach() {
    let mut world = company().await;
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete platform-admins").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn only_those_the_policy_names_change_people() {
    let mut world = company().await;
    for line in [
        "/access user create x --email x@example.com --given X --family Y",
        "/access user update kim --title Engineer",
        "/access user delete kim",
        "/access group create x",
        "/access group delete finance",
        "/access group add finance @dev",
        "/access group remove finance gita",
        "/access who --account shop-prod",
        "/access of kim",
    ] {
        let answer = world.person("dev").asks("ops", line).await;
        assert!(answer.starts_with("You may not run access "), "{line}: {answer}");
    }
    assert_snapshot!(world.person("dev").asks("ops", "/access group add sre @dev").await, @"You may not run access group add. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    world.finish().await;
}

#[tokio::test]
async fn without_identity_center_it_is_said_kindly() {
    let mut world = World::start().await;
    for line in ["/access user list", "/access mine", "/access sign-out", "/access group create x"] {
        let answer = world.person("ana").asks("ops", line).await;
        println!("{line}: {answer}");
        assert!(answer.starts_with("IAM Identity Center is not configured") || line.ends_with("sign-out"), "{line}: {answer}");
    }
    world.finish().await;
}

#[tokio::test]
async fn two_hundred_people_join_within_awss_limits() {
    let mut world = World::with(choices("")).await;
    world.aws.crowd(200, 2).await;
    world.aws.group("everybody").await;
    let people: Vec<String> = (1..=200).map(|at| format!("user-{at:04}")).collect();
    let card = asked(&mut world, &format!("/access group add everybody {}", people.join(" "))).await;
    assert_snapshot!(card.plain(), @"");
    world.person("ben").clicks(&card, "Details").await;
    world.person("ben").reads("CHG-1").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"");
    assert_eq!(world.aws.members("everybody").await.len(), 200);
    assert_eq!(acts(&world).await.len(), 200);
    let progress = world.audit("step · CHG-1").await.lines().count();
    assert!(progress >= 200, "{progress} steps");
    world.end().await;
}

#[tokio::test]
async fn names_with_markup_mention_nobody() {
    let mut world = company().await;
    world.aws.user("evil", "evil@example.com").named("<!channel>", "*`x`* <https://evil.example|here>").await;
    world.aws.group("<!here> *g*").await;
    for line in
        ["/access user list --name evil", "/access user show evil", "/access group list", "/access group show '<!here> *g*'"]
    {
        world.person("ana").asks("ops", line).await;
    }
    let card = asked(&mut world, "/access group add '<!here> *g*' evil").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    let card = asked(&mut world, "/access user update evil --title '<!channel> *boss*'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("ana").asks("ops", "/access of evil").await;
    let versions = world.slack.bot_messages().into_iter().flat_map(|message| message.versions);
    let said: Vec<String> =
        versions.map(|version| format!("{} {}", version.text, serde_json::Value::from(version.blocks))).collect();
    for mention in ["<!channel>", "<!here>", "<https://evil.example"] {
        assert!(!said.iter().any(|said| said.contains(mention)), "{mention} in {said:#?}");
    }
    world.end().await;
}

/// What must be the same whenever the bot died.
async fn end(world: World) -> (Vec<String>, Vec<String>, Vec<String>) {
    let ended = world.entries().await.into_iter().filter(|entry| entry.fact.event == "ended");
    let ended = ended.map(|entry| entry.fact.outcome.unwrap_or_default()).collect();
    let members = world.aws.members("media").await;
    let mut writes: Vec<String> = acts(&world).await;
    writes.sort();
    world.end().await;
    (ended, members, writes)
}

#[tokio::test]
async fn a_user_is_created_once_wherever_the_bot_is_killed() {
    let commits = at_every_commit(choices(""), async |mut world| {
        world.aws.group("media").await;
        let line = "/access user create nora --email nora@example.com --given Nora --family Berg --groups media";
        world.person("ana").types("ops", line).await;
        let card = world.slack.channel("ops").expect("React ✅").await;
        world.person("ben").reacts("white_check_mark", &card).await;
        world.advance("2m").await;
        assert_eq!(world.aws.users().await.len(), 1);
        end(world).await
    })
    .await;
    assert!(commits > 10, "only {commits} commits were tried");
}

#[tokio::test]
async fn people_join_once_wherever_the_bot_is_killed() {
    let commits = at_every_commit(choices(""), async |mut world| {
        world.aws.group("media").await;
        world.aws.user("kim", "kim@example.com").await;
        world.aws.user("lee", "lee@example.com").await;
        world.person("ana").types("ops", "/access group add media kim lee").await;
        let card = world.slack.channel("ops").expect("React ✅").await;
        world.person("ben").reacts("white_check_mark", &card).await;
        world.advance("2m").await;
        end(world).await
    })
    .await;
    assert!(commits > 10, "only {commits} commits were tried");
}

#[tokio::test]
async fn a_deletion_that_was_cut_off_repeats_nothing() {
    let mut world = company().await;
    let card = asked(&mut world, "/access user delete finn").await;
    world.aws.fault(standins::aws::Fault::cut_after("sso-admin", "DeleteAccountAssignment").times(1)).await;
    world.aws.fault(standins::aws::Fault::cut_after("identitystore", "DeleteGroupMembership").times(1)).await;
    world.aws.fault(standins::aws::Fault::cut_after("identitystore", "DeleteUser").times(1)).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("10m").await;
    assert_eq!(acts(&world).await, ["DeleteAccountAssignment", "DeleteGroupMembership", "DeleteUser"]);
    assert!(status(&world, &card).starts_with("✅ Done. AWS deleted the user finn"), "{}", status(&world, &card));
    world.end().await;
}
