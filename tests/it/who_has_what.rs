//! Who has what: in an account, of somebody, oneself, and as the access portal shows it.

use insta::assert_snapshot;
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World};

async fn company() -> World {
    let mut world = World::with(Choices { config: IDENTITY_CENTER.to_owned(), ..Choices::default() }).await;
    world.aws.directory().await;
    world.restart().await;
    world
}

#[tokio::test]
async fn an_account_is_told_with_everybody_who_has_it_and_through_what() {
    let mut world = company().await;
    world.person("aud").types("ops", "/access who --account shop-prod").await;
    let list = world.person("aud").reads("roles in shop-prod").await;
    assert_snapshot!(list.plain(), @"");
    world.person("aud").clicks(&list, "Next ›").await;
    assert_snapshot!(world.person("aud").reads("page 2").await.plain(), @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account 111122223333 --permission-set securityaudit").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account shop-prd").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account media-prod --permission-set Billin").await, @"");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account shop-staging --permission-set MediaDeploy").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn what_a_deleted_user_left_behind_is_told_too() {
    let mut world = company().await;
    world.aws.remove_principal("hugo").await;
    world.aws.group("empty").await;
    world.aws.assigned("empty", "SupportUser", "111122223333").await;
    let answer = world.person("ana").asks("ops", "/access who --account shop-prod --permission-set SupportUser").await;
    assert!(answer.contains("(deleted user ") && answer.contains("(nobody)     ") && answer.contains("empty"), "{answer}");
    world.finish().await;
}

#[tokio::test]
async fn an_account_with_many_permission_sets_is_told_whole() {
    let mut world = company().await;
    world.aws.pages_of(3).await;
    for at in 1..=30 {
        let set = format!("Set-{at:02}");
        world.aws.permission_set(&set).await;
        world.aws.assigned("kim", &set, "444455556666").await;
    }
    world.person("ana").types("ops", "/access who --account shop-staging --csv").await;
    world.person("ana").reads("roles in shop-staging, as a file.").await;
    let file = world.person("ana").reads("(file: roles.csv)").await;
    let content = String::from_utf8(world.slack.file(&file.files[0]).content.unwrap()).unwrap();
    let sets = content.lines().filter(|line| line.contains("Set-")).count();
    assert_eq!(sets, 30, "{content}");
    world.person("ana").types("ops", "/access of kim --csv").await;
    world.person("ana").reads("32 roles of kim, as a file.").await;
    world.person("ana").reads("(file: roles.csv)").await;
    world.finish().await;
}

#[tokio::test]
async fn a_person_is_told_with_all_they_have() {
    let mut world = company().await;
    assert_snapshot!(world.person("ana").asks("ops", "/access of finn").await, @"");
    assert_snapshot!(world.person("aud").asks("ops", "/access of @ben").await, @"");
    assert_snapshot!(world.person("aud").asks("ops", "/access of 'group platform-admins'").await, @"");
    assert_snapshot!(world.person("dev").asks("ops", "/access mine").await, @"");
    world.aws.user("new", "new@example.com").await;
    assert_snapshot!(world.person("ana").asks("ops", "/access of new").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn who_has_no_user_is_told_so() {
    let mut world = company().await;
    world.aws.remove_principal("aud").await;
    assert_snapshot!(world.person("aud").asks("ops", "/access mine").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn what_is_declared_is_told_as_declared() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("assignments.toml");
    let declared = "[[assignments]]\ngroup = \"auditors\"\npermission_set = \"SecurityAudit\"\naccounts = [\"shop-prod\"]\n";
    std::fs::write(&file, declared).unwrap();
    let config = format!("{IDENTITY_CENTER}baseline = {:?}\n", file.to_str().unwrap());
    let mut world = World::with(Choices { config, ..Choices::default() }).await;
    world.aws.directory().await;
    assert_snapshot!(world.person("aud").asks("ops", "/access mine").await, @"");
    world.finish().await;
}

/// The code of the invitation.
fn code(invitation: &Message) -> String {
    let line = invitation.plain().lines().find(|line| line.contains("shows the code")).unwrap();
    line.split_whitespace().find(|word| word.len() == 9 && word.contains('-')).unwrap().to_owned()
}

async fn invited(world: &mut World, person: &str) -> Message {
    world.person(person).types("ops", "/access mine --portal").await;
    world.person(person).reads("Sign in at AWS").await
}

#[tokio::test]
async fn the_portal_is_shown_to_who_has_signed_in() {
    let mut world = company().await;
    let invitation = invited(&mut world, "dev").await;
    assert_snapshot!(invitation.plain().replace(&code(&invitation), "CODE"), @"
    To see your access portal, sign in as yourself.
    1. Sign in at AWS, until today 10:10 AM.
    2. Check that the page shows the code CODE and allow it.
    3. Come back and press the button.
    [I have signed in]
    Give the link to nobody: I would see the portal of whoever uses it, and show it to you.
    ");
    world.advance("10s").await;
    world.person("dev").clicks(&invitation, "I have signed in").await;
    assert_snapshot!(world.person("dev").reads("AWS does not know").await.plain().replace(&code(&invitation), "CODE"), @"
    AWS does not know of it yet. Finish in the browser, then press the button again.
    1. Sign in at AWS, until today 10:10 AM.
    2. Check that the page shows the code CODE and allow it.
    3. Come back and press the button.
    [I have signed in]
    Give the link to nobody: I would see the portal of whoever uses it, and show it to you.
    ");
    world.aws.confirm_device(&code(&invitation), "dev").await;
    world.advance("10s").await;
    world.person("dev").clicks(&invitation, "I have signed in").await;
    assert_snapshot!(world.person("dev").reads("in your access portal").await.plain(), @"
    2 roles in your access portal

    Account       Number        Role
    shop-prod     111122223333  ReadOnlyAccess
    shop-staging  444455556666  PowerUserAccess

    I keep your sign-in in memory alone. access sign-out ends it.
    ");
    let calls = world.aws.calls().await;
    assert!(calls.iter().any(|call| call.operation == "ListAccountRoles" && call.session == "dev"), "as dev");
    // Signed in, it is shown at once, until the sign-out.
    assert_snapshot!(world.person("dev").asks("ops", "/access mine --portal").await, @"
    2 roles in your access portal

    Account       Number        Role
    shop-prod     111122223333  ReadOnlyAccess
    shop-staging  444455556666  PowerUserAccess

    I keep your sign-in in memory alone. access sign-out ends it.
    ");
    assert_eq!(world.aws.signed_in().await, ["dev"]);
    assert_snapshot!(world.person("dev").asks("ops", "/access sign-out").await, @"You are signed out: AWS has ended your sign-in and I have forgotten it.");
    assert_eq!(world.aws.signed_in().await, Vec::<String>::new());
    assert_snapshot!(world.person("dev").asks("ops", "/access sign-out").await, @"You were not signed in, so there was nothing to end. access mine --portal signs you in.");
    invited(&mut world, "dev").await;
    world.finish().await;
}

#[tokio::test]
async fn an_invitation_is_never_shared() {
    let mut world = company().await;
    world.person("dev").types("ops", "/access mine --portal --share").await;
    let invitation = world.person("dev").reads("Sign in at AWS").await;
    assert!(world.slack.channel("ops").messages().iter().all(|message| !message.plain().contains(&code(&invitation))));
    world.finish().await;
}

#[tokio::test]
async fn who_says_no_or_comes_too_late_is_told_kindly() {
    let mut world = company().await;
    let invitation = invited(&mut world, "dev").await;
    world.aws.deny_device(&code(&invitation)).await;
    world.advance("10s").await;
    world.person("dev").clicks(&invitation, "I have signed in").await;
    assert_snapshot!(world.person("dev").reads("You said no").await.plain(), @"You said no in the browser, so I looked at nothing and keep nothing. access mine --portal begins anew.");
    let invitation = invited(&mut world, "dev").await;
    world.advance("11m").await;
    world.person("dev").clicks(&invitation, "I have signed in").await;
    let again = world.person("dev").reads("That code no longer holds").await;
    assert_snapshot!(again.plain().lines().next().unwrap(), @"That code no longer holds: it ran out, or I was started anew since. Here is a new one.");
    assert_ne!(code(&again), code(&invitation));
    world.finish().await;
}

#[tokio::test]
async fn a_restart_forgets_who_signed_in_and_nothing_of_it_was_written() {
    let mut world = company().await;
    let invitation = invited(&mut world, "dev").await;
    world.aws.confirm_device(&code(&invitation), "dev").await;
    world.advance("10s").await;
    world.person("dev").clicks(&invitation, "I have signed in").await;
    world.person("dev").reads("in your access portal").await;
    world.restart().await;
    world.person("dev").types("ops", "/access mine --portal --invited").await;
    world.person("dev").reads("That code no longer holds").await;
    assert_snapshot!(world.person("dev").asks("ops", "/access sign-out").await, @"");
    world.finish().await;
}

#[tokio::test]
async fn a_sign_in_that_ended_at_aws_begins_anew() {
    let mut world = company().await;
    let invitation = invited(&mut world, "dev").await;
    world.aws.confirm_device(&code(&invitation), "dev").await;
    world.advance("10s").await;
    world.person("dev").clicks(&invitation, "I have signed in").await;
    world.person("dev").reads("in your access portal").await;
    world.advance("9h").await;
    invited(&mut world, "dev").await;
    world.finish().await;
}
