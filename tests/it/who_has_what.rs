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
    assert_snapshot!(list.plain(), @"
    13 roles in shop-prod, page 1 of 2

    Permission set       Who    Through     Until (UTC)  By
    AdministratorAccess  lee    directly                 not by me
    Billing              gita   finance                  not by me
    PowerUserAccess      finn   directly                 not by me
    ReadOnlyAccess       ana    sre                      not by me
    ReadOnlyAccess       bea    dba                      not by me
    ReadOnlyAccess       ben    dba                      not by me
    ReadOnlyAccess       chloe  developers               not by me
    ReadOnlyAccess       dana   sre                      not by me
    ReadOnlyAccess       dev    developers               not by me
    ReadOnlyAccess       finn   developers               not by me

    [Next ›]
    ");
    world.person("aud").clicks(&list, "Next ›").await;
    assert_snapshot!(world.person("aud").reads("page 2").await.plain(), @"
    13 roles in shop-prod, page 2 of 2

    Permission set  Who   Through   Until (UTC)  By
    SecurityAudit   aud   auditors               not by me
    SecurityAudit   edda  auditors               not by me
    SupportUser     hugo  directly               not by me

    [‹ Previous]
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account 111122223333 --permission-set securityaudit").await, @"
    2 roles in shop-prod

    Permission set  Who   Through   Until (UTC)  By
    SecurityAudit   aud   auditors               not by me
    SecurityAudit   edda  auditors               not by me
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account shop-prd").await, @"I look after no account called shop-prd. Did you mean shop-prod?");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account media-prod --permission-set Billin").await, @"IAM Identity Center has no permission set Billin. Did you mean Billing?");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account shop-staging --permission-set MediaDeploy").await, @"Nobody has MediaDeploy in shop-staging through IAM Identity Center.");
    world.finish().await;
}

#[tokio::test]
async fn what_a_deleted_user_left_behind_is_told_too() {
    let mut world = company().await;
    world.aws.remove_principal("hugo").await;
    world.aws.group("empty").await;
    world.aws.assigned("empty", "SupportUser", "111122223333").await;
    world.restart().await;
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
    assert_snapshot!(world.person("ana").asks("ops", "/access of finn").await, @"
    3 roles of finn

    Account       Permission set   Through     Until (UTC)  By
    shop-prod     PowerUserAccess  directly                 not by me
    shop-prod     ReadOnlyAccess   developers               not by me
    shop-staging  PowerUserAccess  developers               not by me
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/access of @ben").await, @"
    2 roles of ben

    Account       Permission set  Through  Until (UTC)  By
    shop-prod     ReadOnlyAccess  dba                   not by me
    shop-staging  DatabaseAdmin   dba                   not by me
    ");
    assert_snapshot!(world.person("aud").asks("ops", "/access of 'group platform-admins'").await, @"
    1 role of group platform-admins

    Account       Permission set     Through   Until (UTC)  By
    999988887777  RootAdministrator  directly               not by me
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/access mine").await, @"
    2 roles of yours

    Account       Permission set   Through     Until (UTC)  By
    shop-prod     ReadOnlyAccess   developers               not by me
    shop-staging  PowerUserAccess  developers               not by me
    ");
    world.aws.user("new", "new@example.com").await;
    assert_snapshot!(world.person("ana").asks("ops", "/access of new").await, @"new has access to no account through IAM Identity Center.");
    world.finish().await;
}

#[tokio::test]
async fn who_has_no_user_is_told_so() {
    let mut world = company().await;
    world.aws.remove_principal("aud").await;
    world.restart().await;
    assert_snapshot!(world.person("aud").asks("ops", "/access mine").await, @"Your user in IAM Identity Center was deleted, so I do nothing for you. If you have a new one, ask whoever looks after Watchkeeper to write it and this account down in people.toml.");
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
    assert_snapshot!(world.person("aud").asks("ops", "/access mine").await, @"
    3 roles of yours

    Account       Permission set  Through   Until (UTC)  By
    media-prod    SecurityAudit   auditors               not by me
    shop-prod     SecurityAudit   auditors               declared
    shop-staging  SecurityAudit   auditors               not by me
    ");
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
    assert_snapshot!(world.person("dev").asks("ops", "/access sign-out").await, @"You were not signed in, so there was nothing to end. access mine --portal signs you in.");
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

#[tokio::test]
async fn what_i_gave_is_told_with_its_end_and_its_change() {
    let policy =
        standins::world::policy(&[("@id(\"change-people\")\n@approvals(\"1\")\n@approvers(\"sre\")", "@id(\"change-people\")")]);
    let choices = Choices { config: IDENTITY_CENTER.to_owned(), policy: Some(policy), ..Choices::default() };
    let mut world = World::with(choices).await;
    world.aws.directory().await;
    world.restart().await;
    let line = "/access grant --to ben --account shop-prod --permission-set PowerUserAccess --for 4h --reason 'slow orders'";
    world.person("ben").asks("ops", line).await;
    let card = world.slack.channel("shop-ops").expect("CHG-1 · ").await;
    world.person("ana").reacts("white_check_mark", &card).await;
    world.advance("10s").await;
    assert_snapshot!(world.person("ben").asks("ops", "/access mine").await, @"
    3 roles of yours

    Account       Permission set   Through   Until (UTC)       By
    shop-prod     PowerUserAccess  directly  Wed 25 Nov 14:00  CHG-1 by @ben
    shop-prod     ReadOnlyAccess   dba                         not by me
    shop-staging  DatabaseAdmin    dba                         not by me
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/access who --account shop-prod --permission-set PowerUserAccess").await, @"
    2 roles in shop-prod

    Permission set   Who   Through   Until (UTC)       By
    PowerUserAccess  ben   directly  Wed 25 Nov 14:00  CHG-1 by @ben
    PowerUserAccess  finn  directly                    not by me
    ");
    let shown = world.person("ana").asks("ops", "/access user show ben").await;
    assert!(shown.contains("Last change by me CHG-1 by @ben"), "{shown}");
    // The grant goes with the user.
    world.person("ana").asks("ops", "/access user delete ben").await;
    let deletion = world.slack.channel("ops").expect("CHG-2 · delete user ben").await;
    assert!(deletion.plain().contains("1. End my grants to them: CHG-1."), "{}", deletion.plain());
    world.advance("1m").await;
    let now = world.slack.channel("ops").again(&deletion).unwrap();
    assert!(now.plain().contains("✅ Done. AWS deleted the user ben"), "{}", now.plain());
    assert!(
        world
            .aws
            .assignments()
            .await
            .iter()
            .all(|one| one.permission_set != "PowerUserAccess" || one.account != "111122223333" || one.principal == "finn")
    );
    assert!(world.slack.channel("shop-ops").again(&card).unwrap().plain().contains("✅ Done."));
    let ends =
        world.aws.writes().await.into_iter().filter(|call| call.acted && call.operation == "DeleteAccountAssignment").count();
    assert_eq!(ends, 1);
    world.end().await;
}

/// Ana, ben and bea of the chat, with other addresses in Identity Center, where others have their user names.
async fn namesakes() -> World {
    let mut world = World::with(Choices { config: IDENTITY_CENTER.to_owned(), ..Choices::default() }).await;
    for set in ["ReadOnlyAccess", "PowerUserAccess"] {
        world.aws.permission_set(set).await;
    }
    world.aws.user("ana.ruiz", "a.ruiz@acme.example").named("Ana", "Ruiz").await;
    world.aws.user("ana", "a.olsen@acme.example").named("Ana", "Olsen").await;
    world.aws.user("ben", "b.stone@acme.example").named("Ben", "Stone").await;
    world.aws.user("b.ode", "b.ode@acme.example").named("Bea", "Ode").await;
    world.aws.assigned("ana.ruiz", "ReadOnlyAccess", "111122223333").await;
    world.aws.assigned("ana", "PowerUserAccess", "111122223333").await;
    let people = world.people().replace("id = \"ana\"", "id = \"ana\"\nidentity = \"ana.ruiz\"");
    world.writes("people.toml", &people.replace("id = \"bea\"", "id = \"bea\"\nidentity = \"b.ode\""));
    world.restart().await;
    world
}

#[tokio::test]
async fn a_mention_is_the_persons_own_user_whoever_else_is_called_so() {
    let mut world = namesakes().await;
    let mut said = Vec::new();
    for (who, line) in [
        ("dev", "user show @ana"),
        ("dev", "user show ana"),
        ("dev", "user show @ben"),
        ("dev", "user show ben"),
        ("dev", "user show a.olsen@acme.example"),
        ("ana", "mine"),
    ] {
        let answer = world.person(who).asks("ops", &format!("/access {line}")).await;
        said.push(format!("{line}: {}", answer.lines().filter(|line| !line.is_empty()).take(3).collect::<Vec<_>>().join(" | ")));
    }
    world.aws.remove_principal("ana.ruiz").await;
    world.advance("1h").await;
    said.push(world.person("dev").asks("ops", "/access user show @ana").await);
    assert_snapshot!(said.join("\n"), @"
    user show @ana: Ana Ruiz | User name ana.ruiz | E-mail a.ruiz@acme.example
    user show ana: 2 users of IAM Identity Center could be ana: a.olsen@acme.example (Ana Olsen, ana) and a.ruiz@acme.example (Ana Ruiz, ana.ruiz). Which one? Their e-mail addresses and user names tell them apart.
    user show @ben: IAM Identity Center has no user for Ben Chen that I know of, and ben is Ben Stone. Nothing was changed. Say whom you mean by user name or e-mail address.
    user show ben: Ben Stone | User name ben | E-mail b.stone@acme.example
    user show a.olsen@acme.example: Ana Olsen | User name ana | E-mail a.olsen@acme.example
    mine: 1 role of yours | Account    Permission set  Through   Until (UTC)  By | shop-prod  ReadOnlyAccess  directly               not by me
    The user of @ana, ana.ruiz, is no longer in IAM Identity Center. Nothing was changed. If they have a new one, name it by its user name or e-mail address.
    ");
    world.end().await;
}

#[tokio::test]
async fn what_is_somebodys_own_goes_by_their_user() {
    let mut world = namesakes().await;
    world.person("ana").types("ops", "/access review --account shop-prod --until 'in 2 days'").await;
    world.slack.channel("shop-ops").expect("CHG-1").await;
    let mut said = Vec::new();
    for row in [1, 2] {
        said.push(world.person("ana").asks("ops", &format!("/access keep CHG-1 {row}")).await);
    }
    let line = "/access grant --to @bea --account shop-prod --permission-set ReadOnlyAccess --for 1h --reason 'slow orders'";
    world.person("ben").asks("ops", line).await;
    let card = world.slack.channel("shop-ops").expect("CHG-2").await;
    world.person("ana").reacts("white_check_mark", &card).await;
    world.advance("10s").await;
    said.push(world.person("bea").asks("ops", "/access done CHG-2").await);
    world.advance("10s").await;
    said.push(world.status(&card));
    assert_snapshot!(said.join("\n"), @"
    Row 1 (ana: PowerUserAccess) stays.
    The row “ana.ruiz: ReadOnlyAccess” is about you, so somebody else has to answer it. Nothing was changed.
    CHG-2: ReadOnlyAccess in shop-prod is handed back. Its card says when AWS has taken it.
    ✅ Done. @bea's ReadOnlyAccess in shop-prod was handed back by @bea. AWS confirms that it is gone.
    ");
    world.end().await;
}
