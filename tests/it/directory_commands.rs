//! Users, groups and permission sets of IAM Identity Center by command.

use insta::assert_snapshot;
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World, at_every_commit, policy};

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
    assert_snapshot!(list.plain(), @"
    15 users, page 1 of 2

    User      Name          E-mail                State
    ana       Ana Ruiz      ana@example.com
    aud       Aud Lie       aud@example.com
    bea       Bea Ode       bea@example.com
    ben       Ben Chen      ben@example.com
    ben.chan  Ben Chan      ben.chan@example.com
    chloe     Chloe Martin  chloe@example.com
    dana      Dana Okafor   dana@example.com
    dev       Dev Rao       dev@example.com
    edda      Edda Lind     edda@example.com
    finn      Finn Weber    finn@example.com

    [Next ›]
    ");
    world.person("dev").clicks(&list, "Next ›").await;
    assert_snapshot!(world.person("dev").reads("page 2").await.plain(), @"
    15 users, page 2 of 2

    User  Name        E-mail            State
    gita  Gita Patel  gita@example.com
    hugo  Hugo Silva  hugo@example.com
    ines  Ines Costa  ines@example.com
    kim   Kim Park    kim@example.com
    lee   Lee Novak   lee@example.com   disabled

    [‹ Previous]
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/access user list --group dba --name bEn").await, @"
    1 user in dba

    User  Name      E-mail           State
    ben   Ben Chen  ben@example.com
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/access user list --name nobody").await, @"No user fits that. Leave an option out to see more.");
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
    assert_snapshot!(world.person("dev").asks("ops", "/access user show lee").await, @"
    Lee Novak
    User name lee
    E-mail lee@example.com
    Title Former data engineer
    State disabled: they can't sign in
    Groups none
    Assigned directly AdministratorAccess in shop-prod
    Last change by me none that I know of
    ");
    assert_snapshot!(world.person("ana").asks("ops", "/access user show @ben").await, @"
    Ben Chen
    User name ben
    E-mail ben@example.com
    Title Database administrator
    State enabled
    Groups dba
    Assigned directly none
    Last change by me none that I know of
    [Everything they have]
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/access user show hugo@example.com").await, @"
    Hugo Silva
    User name hugo
    E-mail hugo@example.com
    Title Head of platform
    State enabled
    Groups platform-admins
    Assigned directly SupportUser in shop-prod
    Last change by me none that I know of
    ");
    world.finish().await;
}

#[tokio::test]
async fn nobody_is_guessed() {
    let mut world = company().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access user show hugp").await, @"IAM Identity Center has no user hugp. Did you mean hugo?");
    assert_snapshot!(world.person("dev").asks("ops", "/access user show chan").await, @"IAM Identity Center has no user chan. Did you mean ben.chan?");
    assert_snapshot!(world.person("dev").asks("ops", "/access group show dbas").await, @"IAM Identity Center has no group dbas. Did you mean dba?");
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set show ReadOnly").await, @"IAM Identity Center has no permission set ReadOnly. Did you mean ReadOnlyAccess?");
    world.aws.user("ana2", "ana2@example.com").named("Ana", "Ruiz").await;
    world.restart().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access user show 'Ana Ruiz'").await, @"2 users of IAM Identity Center could be Ana Ruiz: ana@example.com (Ana Ruiz, ana) and ana2@example.com (Ana Ruiz, ana2). Which one? Their e-mail addresses and user names tell them apart.");
    world.finish().await;
}

#[tokio::test]
async fn groups_are_listed_and_shown() {
    let mut world = company().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access group list").await, @"
    8 groups

    Group            Members  Description
    auditors         2        Looks, never touches
    contractors      1        People from outside, for a while
    dba              2        Looks after the databases
    developers       3        Builds the shop
    finance          1        Pays the bills
    media            2        Builds magazine and streaming
    platform-admins  2        Administers the organization
    sre              2        Keeps everything running
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/access group show sre").await, @"
    sre
    Description Keeps everything running
    Members 2 users: ana and dana
    Assigned ReadOnlyAccess in shop-prod, ReadOnlyAccess in shop-staging and ReadOnlyAccess in media-prod
    Last change by me none that I know of
    In my policy who is in it counts as being in the group of the same name
    [All members]
    ");
    world.person("dev").types("ops", "/access group list --csv").await;
    assert_snapshot!(world.person("dev").reads("8 groups").await.plain(), @"
    8 groups, as a file.
    📎 groups.csv
    Members are counted as of today 10:00 AM.
    Only you may see it, so the file is in our direct messages.
    ");
    world.person("dev").reads("(file: groups.csv)").await;
    world.finish().await;
}

#[tokio::test]
async fn permission_sets_are_listed_and_shown() {
    let mut world = company().await;
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set list").await, @"
    9 permission sets

    Permission set       Session  Description
    AdministratorAccess  1 h      Everything in an account
    Billing              2 h      Bills, budgets and cost reports
    DatabaseAdmin        4 h      RDS, its snapshots and its metrics
    MediaDeploy          2 h      Deploy magazine and streaming
    PowerUserAccess      4 h      Everything but identities
    ReadOnlyAccess       8 h      Look at everything
    RootAdministrator    1 h      Everything in the management account
    SecurityAudit        8 h      Look at settings, not at data
    SupportUser          8 h      Open and follow support cases
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set list --name bill").await, @"
    1 permission set

    Permission set  Session  Description
    Billing         2 h      Bills, budgets and cost reports
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/access permission-set show DatabaseAdmin").await, @"
    DatabaseAdmin
    Description RDS, its snapshots and its metrics
    Sessions last 4 h
    AWS's policies AmazonRDSFullAccess and CloudWatchReadOnlyAccess
    Policies of the accounts none
    Inline policy none
    Provisioned in media-prod and shop-staging
    Last change by me none that I know of
    ARN arn:aws:sso:::permissionSet/ssoins-7223a1b2c3d4e5f6/ps-20d48d964dbee1a5
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_user_is_created_after_approval_with_their_groups() {
    let mut world = company().await;
    let line = "/access user create nora.berg --email nora.berg@example.com --given Nora --family Berg --groups developers,sre \
                --reason 'starts on Monday'";
    let card = asked(&mut world, line).await;
    assert_snapshot!(card.plain(), @"
    CHG-1 · create user nora.berg
    ⏳ Waits for 1 approval of dba until today 6:00 PM.
    Asked by @ana
    Starts as soon as it may
    Why starts on Monday
    1. Create the user nora.berg: Nora Berg, nora.berg@example.com.
    2. Put them into developers and sre.
    Prechecks
    ✅ user name free · e-mail address free
    What can go wrong
    • My policy goes by who is in sre: they may do what it says then.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 234e7bb2.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    assert_eq!(acts(&world).await, Vec::<String>::new());
    world.person("ben").reacts("white_check_mark", &card).await;
    world.slack.channel("ops").read_all();
    assert_snapshot!(world.slack.channel("ops").transcript(), @"
    watchkeeper: CHG-1 · create user nora.berg
      ✅ Done. The user nora.berg (Nora Berg, nora.berg@example.com) stands, in developers and sre. AWS sends them no invitation: they get a password from whoever looks after IAM Identity Center, or a one-time password by e-mail where that is switched on.
      Asked by @ana
      Starts as soon as it may
      Why starts on Monday
      1. Create the user nora.berg: Nora Berg, nora.berg@example.com.
      2. Put them into developers and sre.
      ✅ approved by @ben today 10:00 AM
      [Details]
        watchkeeper: AWS created the user nora.berg.
        watchkeeper: @ana: The user nora.berg (Nora Berg, nora.berg@example.com) stands, in developers and sre. AWS sends them no invitation: they get a password from whoever looks after IAM Identity Center, or a one-time password by e-mail where that is switched on.
    ");
    let nora = world.aws.users().await.into_iter().find(|user| user.name == "nora.berg").unwrap();
    assert_eq!((nora.display_name.as_str(), nora.email.as_deref()), ("Nora Berg", Some("nora.berg@example.com")));
    assert_eq!(nora.groups, ["developers", "sre"]);
    assert_snapshot!(world.person("dev").asks("ops", "/access user show nora.berg").await, @"
    Nora Berg
    User name nora.berg
    E-mail nora.berg@example.com
    Title none
    State enabled
    Groups developers and sre
    Assigned directly none
    Last change by me CHG-1 by @ana, today 10:00 AM: create user nora.berg (succeeded)
    ");
    assert_snapshot!(world.finish().await.audit(), @"
    ana · matched · person ana
    ana · asked · access user create · user nora.berg
    ana · planned · CHG-1 · user nora.berg
    ana · answered · access user create · user nora.berg · planned
    ben · matched · person ben
    ben · voted · CHG-1 · user nora.berg
    watchkeeper · approved · CHG-1 · user nora.berg
    watchkeeper · started · CHG-1 · user nora.berg
    watchkeeper · step · CHG-1 · user nora.berg
    watchkeeper · step · CHG-1 · user nora.berg
    watchkeeper · step · CHG-1 · user nora.berg
    watchkeeper · ended · CHG-1 · user nora.berg · succeeded
    dev · matched · person dev
    dev · asked · access user show · user nora.berg
    dev · answered · access user show · user nora.berg · answered
    ");
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
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create ben --email new@example.com {rest}")).await, @"The user name ben belongs to ben (Ben Chen) already. Nothing was changed. access user show ben shows them.");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create ben --email new {rest}")).await, @"new does not fit --email: an e-mail address looks like ana@example.com.");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create 'ben chen' --email new@example.com {rest}")).await, @"A user name is one word without blanks that does not begin with @, and ben chen is not. Nothing was changed. ana.silva would do.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group create sre").await, @"There is a group sre already. Nothing was changed. access group show sre shows it.");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access user create ben2 --email new@example.com {rest} --groups srx")).await, @"IAM Identity Center has no group srx. Did you mean sre?");
    world.finish().await;
}

#[tokio::test]
async fn who_took_the_name_meanwhile_keeps_it() {
    let mut world = company().await;
    let card = asked(&mut world, "/access user create nora --email nora@example.com --given Nora --family Berg").await;
    world.aws.user("nora", "other@example.com").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"🚫 Void. The user name nora belongs to nora (Nora Example) already. Nothing was changed. access user show nora shows them.");
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
    assert_snapshot!(card.plain(), @"
    CHG-1 · update user kim
    ⏳ Waits for 1 approval of dba until today 6:00 PM.
    Asked by @ana
    Starts as soon as it may
    1. User name of kim: kim → kim.park
    2. Name of kim: Kim Park → Kim S. Park
    3. E-mail of kim: kim@example.com → kim.park@example.com
    4. Title of kim: Contractor, search → Engineer
    5. kim can't sign in any more. Groups and assignments stay.
    What can go wrong
    • Sessions they have in accounts go on until they end by themselves.
    • They sign in by the new user name from then on; where they are known by the old one, that breaks.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 026f757f.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"✅ Done. AWS has changed kim.park, who can't sign in any more.");
    let kim = world.aws.users().await.into_iter().find(|user| user.name == "kim.park").unwrap();
    assert_eq!(kim.email.as_deref(), Some("kim.park@example.com"));
    assert_eq!((kim.display_name.as_str(), kim.title.as_deref(), kim.enabled), ("Kim S. Park", Some("Engineer"), false));
    assert_eq!(acts(&world).await, ["UpdateUser"]);
    assert_snapshot!(done(&mut world, "/access user update kim.park --enable").await, @"✅ Done. AWS has changed kim.park, who can sign in.");
    assert_snapshot!(world.person("ana").asks("ops", "/access user update kim.park --enable").await, @"kim.park is so already: there is nothing to change.");
    assert_snapshot!(world.person("ana").asks("ops", "/access user update kim.park").await, @"Say what to change of kim.park: --email, --name, --title, --disable … help access user update lists all. Nothing was changed.");
    world.end().await;
}

#[tokio::test]
async fn a_user_goes_with_everything_they_have_and_no_orphan_stays() {
    let mut world = company().await;
    world.aws.member("finn", "media").await;
    world.aws.assigned("finn", "ReadOnlyAccess", "777788889999").await;
    let card = asked(&mut world, "/access user delete finn").await;
    assert_snapshot!(card.plain(), @"
    CHG-1 · delete user finn
    ⏳ Waits for 1 approval of dba until today 6:00 PM.
    Asked by @ana
    Starts as soon as it may
    1. End 2 assignments: PowerUserAccess in shop-prod and ReadOnlyAccess in media-prod.
    2. Take them out of 2 groups: developers and media.
    3. Delete the user finn: Finn Weber, finn@example.com.
    What can go wrong
    • AWS can't take it back: a new user of the same name has another id and none of this.
    • Sessions they have in accounts go on until they end by themselves.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 88ef8527.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("1m").await;
    assert_snapshot!(status(&world, &card), @"✅ Done. AWS deleted the user finn, after 2 assignments and 2 memberships had ended.");
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
async fn a_user_stays_until_aws_has_ended_every_assignment() {
    let mut world = company().await;
    for _ in 0..5 {
        world.aws.revocation_fails("Internal failure").await;
    }
    let card = asked(&mut world, "/access user delete finn").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("1m").await;
    assert!(status(&world, &card).starts_with("⚠️ Running, in trouble."), "{}", status(&world, &card));
    assert!(world.aws.users().await.iter().any(|user| user.name == "finn"));
    world.advance("10m").await;
    let loud = world.slack.channel("ops").expect("I have tried several times").await;
    assert!(loud.plain().contains("“Internal failure”"), "{}", loud.plain());
    world.advance("1h").await;
    assert_snapshot!(status(&world, &card), @"✅ Done. AWS deleted the user finn, after 1 assignment and 1 membership had ended.");
    assert!(world.aws.users().await.iter().all(|user| user.name != "finn"));
    world.end().await;
}

/// Sre may put people into groups in an emergency alone.
const EMERGENCY: &str = r#"
@id("group-emergency")
@emergency("yes")
permit (principal in Group::"sre", action == Action::"access group add", resource);
"#;

#[tokio::test]
async fn what_only_an_emergency_allows_is_planned_in_one() {
    let ordinary = "Action::\"access group delete\",\n         Action::\"access group add\",\n";
    let without = policy(&[(ordinary, "Action::\"access group delete\",\n")]);
    let choices = Choices { policy: Some(without + EMERGENCY), config: IDENTITY_CENTER.to_owned(), ..Choices::default() };
    let mut world = World::with(choices).await;
    world.aws.directory().await;
    world.restart().await;
    let line = "/access group add dba @finn";
    assert_snapshot!(world.person("ana").asks("ops", line).await, @"You may not run access group add on the group dba. No rule lets anybody run access group add. Whoever keeps the policy can add one.");
    let said = world.person("ana").asks("ops", &format!("{line} --emergency --reason 'nobody of dba is awake'")).await;
    assert_snapshot!(said, @"🚨 CHG-1 starts at once, without approval. It is posted in #security, and a second person has to review it. Its card is in #ops.");
    world.slack.channel("security").expect("Break-glass: CHG-1").await;
    world.advance("10s").await;
    assert!(world.aws.members("dba").await.contains(&"finn".to_owned()));
    let may_not = world.person("ben").asks("ops", &format!("{line} --emergency --reason 'I want to'")).await;
    assert_snapshot!(may_not, @"You may not run access group add. No rule lets anybody run access group add. Whoever keeps the policy can add one.");
    world.slack.channel("security").read_all();
    world.end().await;
}

#[tokio::test]
async fn a_group_is_created_filled_emptied_and_deleted() {
    let mut world = company().await;
    assert_snapshot!(done(&mut world, "/access group create 'on call' --description 'Who answers at night'").await, @"✅ Done. AWS created the group on call. access group add 'on call' puts people into it.");
    let card = asked(&mut world, "/access group add 'on call' @ana chloe ben.chan@example.com @ana").await;
    assert_snapshot!(card.plain(), @"
    CHG-2 · group on call: add 3 users
    ⏳ Waits for 1 approval of dba until today 6:02 PM.
    Asked by @ana
    Starts as soon as it may
    1. Add to on call: ana, ben.chan and chloe.
    2. It has 0 members today and 3 then.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 4ff44994.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"✅ Done. 3 users are in on call now.");
    assert_eq!(world.aws.members("on call").await, ["ana", "ben.chan", "chloe"]);
    let card = asked(&mut world, "/access group add 'on call' chloe dana").await;
    assert_snapshot!(card.plain(), @"
    CHG-3 · group on call: add dana
    ⏳ Waits for 1 approval of dba until today 6:02 PM.
    Asked by @ana
    Starts as soon as it may
    1. Add to on call: dana.
    2. In it already: chloe. Nothing changes for them.
    3. It has 3 members today and 4 then.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 91de84d1.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.person("ana").asks("ops", "/access group add 'on call' chloe dana").await, @"chloe and dana are in on call already: there is nothing to change.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove 'on call' hugo").await, @"hugo is not in on call: there is nothing to change.");
    let card = asked(&mut world, "/access group remove 'on call' chloe hugo").await;
    assert_snapshot!(card.plain(), @"
    CHG-4 · group on call: remove chloe
    ⏳ Waits for 1 approval of dba until today 6:02 PM.
    Asked by @ana
    Starts as soon as it may
    1. Remove from on call: chloe.
    2. Not in it: hugo. Nothing changes for them.
    3. It has 4 members today and 3 then.
    What can go wrong
    • Sessions they have in accounts go on until they end by themselves.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 3c2ce7ef.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"✅ Done. chloe is out of on call now.");
    world.aws.assigned("on call", "ReadOnlyAccess", "111122223333").await;
    let card = asked(&mut world, "/access group delete 'on call'").await;
    assert_snapshot!(card.plain(), @"
    CHG-5 · delete group on call
    ⏳ Waits for 1 approval of dba until today 6:02 PM.
    Asked by @ana
    Starts as soon as it may
    1. End 1 assignment: ReadOnlyAccess in shop-prod.
    2. Delete the group on call. 3 users lose what it gave: ana, ben.chan and dana.
    What can go wrong
    • AWS can't take it back: a new group of the same name has another id and none of this.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 91fd4075.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("1m").await;
    assert_snapshot!(status(&world, &card), @"✅ Done. AWS deleted the group on call, after 1 assignment had ended.");
    assert!(world.aws.assignments().await.iter().all(|one| one.principal != "on call"));
    assert!(!world.aws.groups().await.contains(&"on call".to_owned()));
    world.end().await;
}

#[tokio::test]
async fn the_protected_and_the_last_administrator_stay() {
    let more = "administrators = \"platform-admins\"\nprotected_users = [\"hugo\"]\nprotected_groups = [\"finance\"]\n";
    let mut world = company_with(more).await;
    assert_snapshot!(world.person("ana").asks("ops", "/access user delete hugo").await, @"hugo is protected: the configuration says that no command of mine may delete, rename or disable this user. Nothing was changed. Whoever runs me can change that.");
    assert_snapshot!(world.person("ana").asks("ops", "/access user update hugo --disable").await, @"hugo is protected: the configuration says that no command of mine may delete, rename or disable this user. Nothing was changed. Whoever runs me can change that.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete finance").await, @"finance is protected by the configuration, so no command of mine may delete it. Nothing was changed. Whoever runs me can change that.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete dba").await, @"dba is protected (my policy goes by who is in it), so no command of mine may delete it. Nothing was changed. Whoever runs me can change that.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete platform-admins").await, @"platform-admins is protected (its members administer me), so no command of mine may delete it. Nothing was changed. Whoever runs me can change that.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove finance gita").await, @"That would leave nobody in finance, which is protected by the configuration. Nothing was changed. Leave somebody in it, or add somebody else first.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove dba ben bea").await, @"That would leave nobody in dba, which is protected (my policy goes by who is in it). Nothing was changed. Leave somebody in it, or add somebody else first.");
    assert_snapshot!(world.person("ana").asks("ops", "/access group remove platform-admins dana hugo").await, @"They are the last of platform-admins who can sign in, and that group administers me: nobody could any more. Nothing was changed. Add somebody else to it first.");
    world.aws.alter_user("hugo", serde_json::json!({ "UserStatus": "DISABLED" })).await;
    assert_snapshot!(world.person("ana").asks("ops", "/access user update dana --disable").await, @"dana is the last of platform-admins who can sign in, and that group administers me: nobody could any more. Nothing was changed. Add somebody else to it first.");
    assert_snapshot!(world.person("ana").asks("ops", "/access user delete dana").await, @"dana is the last of platform-admins who can sign in, and that group administers me: nobody could any more. Nothing was changed. Add somebody else to it first.");
    let becomes = "/access user update ben --email mallory@example.com";
    assert_snapshot!(world.person("ana").asks("ops", becomes).await, @"ben is in dba, and being in it counts in my policy: by another e-mail address or user name somebody else could become them. Nothing was changed. Change it in the console, or take them out of the group first.");
    assert_eq!(acts(&world).await, Vec::<String>::new());
    world.finish().await;
}

#[tokio::test]
async fn who_administers_me_stays_even_if_the_others_left_after_the_plan() {
    let mut world = company_with("administrators = \"platform-admins\"\n").await;
    let card = asked(&mut world, "/access user delete dana").await;
    world.aws.no_member("hugo", "platform-admins").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"🚫 Void. dana is the last of platform-admins who can sign in, and that group administers me: nobody could any more. Nothing was changed. Add somebody else to it first.");
    assert_eq!(acts(&world).await, Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn what_is_assigned_in_the_management_account_is_out_of_reach() {
    let mut world = company().await;
    assert_snapshot!(world.person("ana").asks("ops", "/access group delete platform-admins").await, @"platform-admins is assigned something in 999988887777, the management account, and I work from a delegated administrator: AWS lets me change nothing there, and a deletion would leave it behind. Nothing was changed. Whoever looks after the management account ends it first.");
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
    assert_snapshot!(world.person("dev").asks("ops", "/access group add sre @dev").await, @"You may not run access group add. No rule permits it. People in sre may run it. Ask Ana Ruiz or Dana Okafor.");
    world.finish().await;
}

#[tokio::test]
async fn without_identity_center_it_is_said_kindly() {
    let mut world = World::start().await;
    for line in ["/access user list", "/access mine", "/access sign-out", "/access group create x"] {
        let answer = world.person("ana").asks("ops", line).await;
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
    assert_snapshot!(card.plain(), @"
    CHG-1 · group everybody: add 200 users
    ⏳ Waits for 1 approval of dba until today 6:00 PM.
    Asked by @ana
    Starts as soon as it may
    1. Add to everybody: user-0001, user-0002, user-0003, user-0004, user-0005, user-0006, user-0007, user-0008, user-0009, user-0010 and 190 more.
    2. It has 0 members today and 200 then.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan 83716fba.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").clicks(&card, "Details").await;
    world.person("ben").reads("CHG-1").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(status(&world, &card), @"✅ Done. 200 users are in everybody now.");
    assert_eq!(world.aws.members("everybody").await.len(), 200);
    assert_eq!(acts(&world).await.len(), 200);
    let progress = world.audit("step · CHG-1").await.lines().count();
    assert!(progress >= 200, "{progress} steps");
    world.end().await;
}

#[tokio::test]
async fn names_with_markup_mention_nobody() {
    let mut world = company().await;
    world.aws.user("evil", "evil@example.com").named("<!channel>", "*`x`*").await;
    world.aws.group("<!here> *g*").await;
    for line in
        ["/access user list --name evil", "/access user show evil", "/access group list", "/access group show '<!here> *g*'"]
    {
        world.person("ana").asks("ops", line).await;
    }
    let card = asked(&mut world, "/access group add '<!here> *g*' evil").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    let card = asked(&mut world, "/access user update evil --title '<!channel> *boss* <https://evil.example|here>'").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("ana").asks("ops", "/access of evil").await;
    let versions = world.slack.bot_messages().into_iter().flat_map(|message| message.versions);
    let said: Vec<String> =
        versions.map(|version| format!("{} {}", version.text, serde_json::Value::from(version.blocks))).collect();
    // What a button runs is no text that anybody is shown.
    let said: Vec<String> = said.iter().map(|said| said.replace("'--group=<!here> *g*'", "")).collect();
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
