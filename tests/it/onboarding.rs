//! Access of people who come and go: onboarding one or hundreds, offboarding with everything.

use standins::aws::{Assignment, Fault};
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World, at_every_commit, policy};

const PROD: &str = "111122223333";
const STAGING: &str = "444455556666";

/// A world with Identity Center in which ben and bea of dba approve, instead of a second person of sre.
fn choices(more: &str) -> Choices {
    let rule = "@approvers(\"sre\")\npermit (principal in Group::\"sre\", action in [Action::\"access onboard\"";
    let policy = policy(&[(rule, &rule.replacen("sre", "dba", 1))]);
    Choices { policy: Some(policy), config: format!("{IDENTITY_CENTER}{more}"), ..Choices::default() }
}

/// Kai of sre and readers, who reads prod and staging; a profile with two groups.
async fn world() -> World {
    let more = "protected_users = [\"root\"]\nadministrators = \"admins\"\n\
                [identity_center.profiles.developer]\ngroups = [\"readers\"]\n";
    let mut world = World::with(choices(more)).await;
    people(&mut world).await;
    // The roster is read anew.
    world.advance("6m").await;
    world
}

async fn people(world: &mut World) {
    for group in ["sre", "readers", "admins"] {
        world.aws.group(group).await;
    }
    for set in ["ReadOnlyAccess", "PowerUserAccess"] {
        world.aws.permission_set(set).await;
    }
    world.aws.user("kai", "kai@acme.example").named("Kai", "Lund").groups(&["sre", "readers"]).await;
    world.aws.user("lea", "lea@acme.example").named("Lea", "Moon").groups(&["readers"]).await;
    world.aws.user("root", "root@acme.example").named("Root", "Root").groups(&["admins"]).await;
    world.aws.assigned("kai", "ReadOnlyAccess", PROD).await;
    world.aws.assigned("kai", "ReadOnlyAccess", STAGING).await;
}

async fn approved(world: &mut World, line: &str, id: &str) -> Message {
    world.person("ana").asks("ops", line).await;
    let card = world.slack.channel("ops").expect(id).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    card
}

fn now(world: &World, card: &Message) -> String {
    world.slack.channel("ops").again(card).unwrap().plain().to_owned()
}

fn held_by(world_assignments: &[Assignment], name: &str) -> Vec<String> {
    let theirs = world_assignments.iter().filter(|one| one.principal == name);
    theirs.map(|one| format!("{} {}", one.permission_set, one.account)).collect()
}

#[tokio::test]
async fn people_get_what_somebody_like_them_has() {
    let mut world = world().await;
    let said = world.person("ana").asks("ops", "/access onboard mia.berg@acme.example lea@acme.example --like kai").await;
    insta::assert_snapshot!(said, @"");
    let card = world.slack.channel("ops").expect("CHG-1").await;
    insta::assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("2m").await;
    insta::assert_snapshot!(world.slack.channel("ops").transcript(), @"");
    let users = world.aws.users().await;
    let mia = users.iter().find(|user| user.name == "mia.berg").unwrap();
    assert_eq!((&*mia.display_name, mia.email.as_deref()), ("Mia Berg", Some("mia.berg@acme.example")));
    for name in ["mia.berg", "lea"] {
        let user = users.iter().find(|user| user.name == name).unwrap();
        let mut groups = user.groups.clone();
        groups.sort();
        assert_eq!(groups, ["readers", "sre"]);
        assert_eq!(held_by(&world.aws.assignments().await, name).len(), 2);
    }
    let again = world.person("ana").asks("ops", "/access onboard lea@acme.example --like kai").await;
    insta::assert_snapshot!(again, @"");
    world.end().await;
}

#[tokio::test]
async fn onboarding_is_refused_with_the_way_forward() {
    let mut world = world().await;
    let mut said = Vec::new();
    for words in [
        "new@acme.example",
        "new@acme.example --profile developper",
        "new --profile developer",
        "a@acme.example b@acme.example --name 'A B' --profile developer",
        "new@acme.example --like nobody",
        "new@acme.example --like root2 --profile developer",
        "lea@acme.example --profile developer",
    ] {
        said.push(world.person("ana").asks("ops", &format!("/access onboard {words}")).await);
    }
    said.push(world.person("dev").asks("ops", "/access onboard new@acme.example --profile developer").await);
    insta::assert_snapshot!(said.join("\n\n"), @"");
    assert!(world.end().await.writes.is_empty());
}

#[tokio::test]
async fn what_aws_fails_at_is_told_and_the_rest_stands() {
    let mut world = world().await;
    world.aws.assignment_fails("A role of that name exists already").await;
    let card = approved(&mut world, "/access onboard mia@acme.example --like kai --name 'Mia Berg'", "CHG-1").await;
    world.advance("2m").await;
    insta::assert_snapshot!(now(&world, &card), @"");
    assert_eq!(held_by(&world.aws.assignments().await, "mia").len(), 1);
    approved(&mut world, "/access onboard mia@acme.example --like kai", "CHG-2").await;
    world.advance("2m").await;
    assert_eq!(held_by(&world.aws.assignments().await, "mia").len(), 2);
    world.end().await;
}

#[tokio::test]
async fn two_hundred_people_come_in_one_command_within_the_limits() {
    let more = "[identity_center.profiles.developer]\ngroups = [\"readers\"]\n";
    let config = IDENTITY_CENTER.replace("calls_per_second = 1000", "calls_per_second = 200");
    let mut world = World::with(Choices { config: format!("{config}{more}"), ..choices("") }).await;
    people(&mut world).await;
    world.advance("6m").await;
    world.aws.keep_real_rate(200).await;
    world.aws.fault(Fault::throttle("identitystore", "CreateUser").times(2)).await;
    world.aws.fault(Fault::throttle("sso-admin", "CreateAccountAssignment").times(2)).await;
    let all: Vec<String> = (1..=200).map(|number| format!("u{number:03}@acme.example")).collect();
    let card = approved(&mut world, &format!("/access onboard {} --like kai", all.join(" ")), "CHG-1").await;
    world.advance("150s").await;
    let midway = now(&world, &card);
    let line = midway.lines().nth(1).unwrap_or_default().to_owned();
    assert!(line.contains(" of 400 assignments done, about ") && line.contains("In line at AWS: "), "{line}");
    world.kill().await;
    world.revive().await;
    world.advance("20m").await;
    insta::assert_snapshot!(now(&world, &card), @"");
    let users = world.aws.users().await;
    let new: Vec<_> = users.iter().filter(|user| user.name.starts_with('u')).collect();
    assert_eq!(new.len(), 200);
    assert!(new.iter().all(|user| user.groups.len() == 2));
    assert_eq!(world.aws.assignments().await.iter().filter(|one| one.principal.starts_with('u')).count(), 400);
    assert_eq!(world.aws.most_outstanding().await, 10);
    let channel = world.slack.channel("ops").messages();
    assert_eq!(channel.iter().filter(|message| message.plain().contains("CHG-1 ·")).count(), 1, "one message, edited");
    let writes = world.end().await.writes;
    let acted = |operation: &str| writes.iter().filter(|call| call.operation == operation && call.acted).count();
    assert_eq!((acted("CreateUser"), acted("CreateGroupMembership"), acted("CreateAccountAssignment")), (200, 400, 400));
}

#[tokio::test]
async fn an_onboarding_comes_to_the_same_end_wherever_the_bot_is_killed() {
    at_every_commit(choices(""), async |mut world| {
        people(&mut world).await;
        world.person("ana").types("ops", "/access onboard mia@acme.example --like kai").await;
        let card = world.slack.channel("ops").expect("CHG-1").await;
        world.person("ben").reacts("white_check_mark", &card).await;
        world.advance("2m").await;
        let mut users: Vec<(String, usize)> =
            world.aws.users().await.into_iter().map(|user| (user.name, user.groups.len())).collect();
        users.sort();
        let assignments = world.aws.assignments().await;
        let writes = world.end().await.writes;
        let writes: Vec<(String, bool)> = writes.into_iter().map(|call| (call.operation, call.acted)).collect();
        (users, assignments, writes)
    })
    .await;
}

#[tokio::test]
async fn whoever_goes_loses_everything_and_can_come_back() {
    let mut world = world().await;
    let said = world.person("ana").asks("ops", "/access offboard kai").await;
    insta::assert_snapshot!(said, @"");
    let card = world.slack.channel("ops").expect("CHG-1").await;
    insta::assert_snapshot!(card.plain(), @"");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("2m").await;
    insta::assert_snapshot!(now(&world, &card), @"");
    let users = world.aws.users().await;
    let kai = users.iter().find(|user| user.name == "kai").unwrap();
    assert!(!kai.enabled && kai.groups.is_empty());
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    let again = world.person("ana").asks("ops", "/access offboard kai").await;
    insta::assert_snapshot!(again, @"");
    world.end().await;
}

#[tokio::test]
async fn a_user_can_be_deleted_with_everything() {
    let mut world = world().await;
    let card = approved(&mut world, "/access offboard kai --delete", "CHG-1").await;
    world.advance("2m").await;
    insta::assert_snapshot!(now(&world, &card), @"");
    assert!(world.aws.users().await.iter().all(|user| user.name != "kai"));
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    world.end().await;
}

#[tokio::test]
async fn those_who_must_stay_stay() {
    let mut world = world().await;
    let protected = world.person("ana").asks("ops", "/access offboard root").await;
    insta::assert_snapshot!(protected, @"");
    world.aws.user("last", "last@acme.example").named("Last", "One").groups(&["admins"]).await;
    world.aws.no_member("root", "admins").await;
    world.advance("6m").await;
    let last = world.person("ana").asks("ops", "/access offboard last").await;
    insta::assert_snapshot!(last, @"");
    let unknown = world.person("ana").asks("ops", "/access offboard nobody").await;
    insta::assert_snapshot!(unknown, @"");
    let may_not = world.person("dev").asks("ops", "/access offboard kai").await;
    insta::assert_snapshot!(may_not, @"");
    assert!(world.end().await.writes.is_empty());
}

#[tokio::test]
async fn a_removal_that_fails_is_tried_until_it_succeeds() {
    let mut world = world().await;
    for _ in 0..8 {
        world.aws.revocation_fails("The role is in use").await;
    }
    let card = approved(&mut world, "/access offboard kai", "CHG-1").await;
    world.advance("1m").await;
    insta::assert_snapshot!(now(&world, &card).lines().nth(1).unwrap_or_default(), @"");
    world.advance("1h").await;
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    let loud = world.slack.channel("ops").messages();
    let loud = loud.iter().find(|message| message.plain().contains("I have tried several times")).unwrap();
    insta::assert_snapshot!(loud.plain(), @"");
    assert!(now(&world, &card).contains("is disabled"));
    world.end().await;
}
