//! Access of people who come and go: onboarding one or hundreds, offboarding with everything.

use standins::aws::{Assignment, Fault};
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World, at_every_commit, policy};

const PROD: &str = "111122223333";
const STAGING: &str = "444455556666";

/// A world with Identity Center in which ben and bea of dba approve, instead of a second person of sre. Access for good takes no
/// more than onboarding.
fn choices(more: &str) -> Choices {
    let rule = "@approvers(\"sre\")\npermit (principal in Group::\"sre\", action in [Action::\"access onboard\"";
    let for_good = "@id(\"access-for-good\")\n@approvals(\"2\")\n@approvers(\"sre\")";
    let as_much = "@id(\"access-for-good\")\n@approvals(\"1\")\n@approvers(\"dba\")";
    let policy = policy(&[(rule, &rule.replacen("sre", "dba", 1)), (for_good, as_much)]);
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
    steady(world.slack.channel("ops").again(card).unwrap().plain())
}

/// Without the ids of plans and requests, which differ from run to run.
fn steady(words: &str) -> String {
    let word = |word: &str| {
        let hex = word.chars().filter(char::is_ascii_hexdigit).count();
        let id = hex == 32 || (hex == 8 && word.trim_end().trim_end_matches('.').len() == 8);
        let end: String = word.chars().rev().take_while(|letter| !letter.is_ascii_hexdigit()).collect();
        if id { format!("…{}", end.chars().rev().collect::<String>()) } else { word.to_owned() }
    };
    words.split_inclusive([' ', '\n']).map(word).collect()
}

fn held_by(world_assignments: &[Assignment], name: &str) -> Vec<String> {
    let theirs = world_assignments.iter().filter(|one| one.principal == name);
    theirs.map(|one| format!("{} {}", one.permission_set, one.account)).collect()
}

#[tokio::test]
async fn people_get_what_somebody_like_them_has() {
    let mut world = world().await;
    let said = world.person("ana").asks("ops", "/access onboard mia.berg@acme.example lea@acme.example --like kai").await;
    insta::assert_snapshot!(said, @"CHG-1 waits for 1 approval of dba. Its card is in #ops.");
    let card = world.slack.channel("ops").expect("CHG-1").await;
    insta::assert_snapshot!(steady(card.plain()), @"
    CHG-1 · Onboard 2 people like kai
    ⏳ Waits for 1 approval of dba until today 6:06 PM.
    Asked by @ana
    Starts as soon as it may
    1. Create 1 user: mia.berg (Mia Berg, mia.berg@acme.example).
    2. lea exists already and is given what is missing.
    3. Add to the group readers (1 of 2).
    4. Add to the group sre.
    5. Assign ReadOnlyAccess in shop-prod for good.
    6. Assign ReadOnlyAccess in shop-staging for good.
    What can go wrong
    • 🚨 The group sre counts in my own policy: whoever is in may ask for, approve and see what that group may. Approve only if they should.
    • What they are assigned stands for good: nobody takes it away by itself.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan ….
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("2m").await;
    insta::assert_snapshot!(world.slack.channel("ops").transcript(), @"
    watchkeeper: CHG-1 · Onboard 2 people like kai
      ✅ Done. 1 user created, 1 was there already, 3 memberships added, 4 assignments made. AWS mails nobody by itself: have their passwords reset in the console, which mails them, and tell them to sign in at https://acme.awsapps.com/start.
      Asked by @ana
      Starts as soon as it may
      1. Create 1 user: mia.berg (Mia Berg, mia.berg@acme.example).
      2. lea exists already and is given what is missing.
      3. Add to the group readers (1 of 2).
      4. Add to the group sre.
      5. Assign ReadOnlyAccess in shop-prod for good.
      6. Assign ReadOnlyAccess in shop-staging for good.
      ✅ approved by @ben today 10:06 AM
      [Details]
        watchkeeper: @ana: 1 user created, 1 was there already, 3 memberships added, 4 assignments made. AWS mails nobody by itself: have their passwords reset in the console, which mails them, and tell them to sign in at https://acme.awsapps.com/start.
    ");
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
    insta::assert_snapshot!(again, @"lea exists and has all of that already. There is nothing to do.");
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
    insta::assert_snapshot!(said.join("\n\n"), @"
    Say what they get: --like @ben for all that Ben has, or --profile with one of these: developer.

    There is no profile developper. There is developer.

    new is no e-mail address. Nothing was changed. They look like kai.berg@example.com.

    --name names one person, and these are several. Nothing was changed. Leave it out: their names are made from their addresses.

    IAM Identity Center has no user nobody. access user list shows those there are.

    --like can't be combined with --profile.

    lea exists and has all of that already. There is nothing to do.

    You may not run access onboard. No rule permits it. People in sre may run it. Ask Ana Ruiz.
    ");
    assert!(world.end().await.writes.is_empty());
}

#[tokio::test]
async fn what_aws_fails_at_is_told_and_the_rest_stands() {
    let mut world = world().await;
    world.aws.assignment_fails("A role of that name exists already").await;
    let card = approved(&mut world, "/access onboard mia@acme.example --like kai --name 'Mia Berg'", "CHG-1").await;
    world.advance("2m").await;
    insta::assert_snapshot!(now(&world, &card), @"
    CHG-1 · Onboard mia like kai
    ❌ Failed. Everybody is there with their groups, but AWS failed at 1 of 2 assignments; the others stand.
    • ReadOnlyAccess in shop-prod: “A role of that name exists already” (request …)
    Mend what AWS names and ask for the same again: it adds only what is missing.
    Asked by @ana
    Starts as soon as it may
    1. Create 1 user: mia (Mia Berg, mia@acme.example).
    2. Add to the group readers.
    3. Add to the group sre.
    4. Assign ReadOnlyAccess in shop-prod for good.
    5. Assign ReadOnlyAccess in shop-staging for good.
    ✅ approved by @ben today 10:06 AM
    [Details]
    ");
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
    world.aws.keep_real_rate(300).await;
    world.aws.fault(Fault::throttle("identitystore", "CreateUser").times(2)).await;
    world.aws.fault(Fault::throttle("sso-admin", "CreateAccountAssignment").times(2)).await;
    let all: Vec<String> = (1..=200).map(|number| format!("u{number:03}@acme.example")).collect();
    let card = approved(&mut world, &format!("/access onboard {} --like kai", all.join(" ")), "CHG-1").await;
    world.advance("250s").await;
    let midway = now(&world, &card);
    let line = midway.lines().nth(1).unwrap_or_default().to_owned();
    assert!(line.contains(" of 400 assignments done, about ") && line.contains("In line at AWS: "), "{line}");
    world.kill().await;
    world.revive().await;
    world.advance("20m").await;
    insta::assert_snapshot!(now(&world, &card), @"
    CHG-1 · Onboard 200 people like kai
    ✅ Done. 200 users created, 400 memberships added, 400 assignments made. AWS mails nobody by itself: have their passwords reset in the console, which mails them, and tell them to sign in at https://acme.awsapps.com/start.
    Asked by @ana
    Starts as soon as it may
    1. Create 200 users: u001 (U001, u001@acme.example), u002 (U002, u002@acme.example), u003 (U003, u003@acme.example), u004 (U004, u004@acme.example), u005 (U005, u005@acme.example), u006 (U006, u006@acme.example), u007 (U007, u007@acme.example), u008 (U008, u008@acme.example), u009 (U009, u009@acme.example), u010 (U010, u010@acme.example) and 190 more.
    2. Add to the group readers.
    3. Add to the group sre.
    4. Assign ReadOnlyAccess in shop-prod for good.
    5. Assign ReadOnlyAccess in shop-staging for good.
    ✅ approved by @ben today 10:06 AM
    [Details]
    ");
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
    insta::assert_snapshot!(said, @"CHG-1 waits for 1 approval of dba. Its card is in #ops.");
    let card = world.slack.channel("ops").expect("CHG-1").await;
    insta::assert_snapshot!(steady(card.plain()), @"
    CHG-1 · Offboard Kai Lund (kai@acme.example): take everything and disable the user
    ⏳ Waits for 1 approval of dba until today 6:06 PM.
    Asked by @ana
    Starts as soon as it may
    1. Remove 2 assignments: ReadOnlyAccess in shop-prod, ReadOnlyAccess in shop-staging.
    2. Take out of 2 groups: readers, sre.
    3. Disable the user kai: nobody can sign in with it, and it can be enabled again.
    What can go wrong
    • Sessions that are open in AWS accounts last until their permission set lets them end.
    • It is reversible by hand: the record keeps what the user had.
    React ✅ or press Approve. ❌ or Reject ends it. Your vote is for plan ….
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("2m").await;
    insta::assert_snapshot!(now(&world, &card), @"
    CHG-1 · Offboard Kai Lund (kai@acme.example): take everything and disable the user
    ✅ Done. kai is disabled; 2 assignments removed, 2 memberships removed. To bring the user back: access user update kai --enable, then add the groups and assignments again that change show CHG-1 lists.
    Asked by @ana
    Starts as soon as it may
    1. Remove 2 assignments: ReadOnlyAccess in shop-prod, ReadOnlyAccess in shop-staging.
    2. Take out of 2 groups: readers, sre.
    3. Disable the user kai: nobody can sign in with it, and it can be enabled again.
    ✅ approved by @ben today 10:06 AM
    [Details]
    ");
    let users = world.aws.users().await;
    let kai = users.iter().find(|user| user.name == "kai").unwrap();
    assert!(!kai.enabled && kai.groups.is_empty());
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    let again = world.person("ana").asks("ops", "/access offboard kai").await;
    insta::assert_snapshot!(again, @"kai is disabled already and has nothing. There is nothing to do. --delete deletes the user.");
    world.end().await;
}

#[tokio::test]
async fn a_user_can_be_deleted_with_everything() {
    let mut world = world().await;
    let card = approved(&mut world, "/access offboard kai --delete", "CHG-1").await;
    world.advance("2m").await;
    insta::assert_snapshot!(now(&world, &card), @"
    CHG-1 · Offboard Kai Lund (kai@acme.example): take everything and delete the user
    ✅ Done. kai is deleted; 2 assignments removed, 2 memberships removed. It can't be undone. change show CHG-1 lists the groups and assignments that a new user would need.
    Asked by @ana
    Starts as soon as it may
    1. Remove 2 assignments: ReadOnlyAccess in shop-prod, ReadOnlyAccess in shop-staging.
    2. Take out of 2 groups: readers, sre.
    3. Delete the user kai.
    ✅ approved by @ben today 10:06 AM
    [Details]
    ");
    assert!(world.aws.users().await.iter().all(|user| user.name != "kai"));
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    world.end().await;
}

#[tokio::test]
async fn those_who_must_stay_stay() {
    let mut world = world().await;
    let protected = world.person("ana").asks("ops", "/access offboard root").await;
    insta::assert_snapshot!(protected, @"root is protected: the configuration says that no command of mine may delete, rename or disable this user. Nothing was changed. Whoever runs me can change that.");
    world.aws.user("last", "last@acme.example").named("Last", "One").groups(&["admins"]).await;
    world.aws.no_member("root", "admins").await;
    world.advance("6m").await;
    let last = world.person("ana").asks("ops", "/access offboard last").await;
    insta::assert_snapshot!(last, @"last is the last of admins who can sign in, and that group administers me: nobody could any more. Nothing was changed. Add somebody else to it first.");
    let unknown = world.person("ana").asks("ops", "/access offboard nobody").await;
    insta::assert_snapshot!(unknown, @"IAM Identity Center has no user nobody. access user list shows those there are.");
    let may_not = world.person("dev").asks("ops", "/access offboard kai").await;
    insta::assert_snapshot!(may_not, @"You may not run access offboard. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
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
    insta::assert_snapshot!(now(&world, &card).lines().nth(1).unwrap_or_default(), @"⚠️ Running, in trouble. The next try is today 10:07 AM.");
    world.advance("1h").await;
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    let loud = world.slack.channel("ops").messages();
    let loud = loud.iter().find(|message| message.plain().contains("I have tried several times")).unwrap();
    insta::assert_snapshot!(steady(loud.plain()), @"
    🚨 CHG-1 (Offboard Kai Lund (kai@acme.example): take everything and disable the user) can't go on, and I have tried several times: AWS could not take an assignment in 111122223333 away: “The role is in use” (request …). So it is with 1 more. It stood when I looked; I asked again and go on until it is gone. I try again today 10:09 AM. @ana, please have a look.
    [Details]
    ");
    assert!(now(&world, &card).contains("is disabled"));
    world.end().await;
}

#[tokio::test]
async fn a_removal_that_is_refused_keeps_nothing_else() {
    let mut world = world().await;
    let refused = Fault::error("sso-admin", "DeleteAccountAssignment", "ValidationException", 400);
    world.aws.fault(refused.message("The account is suspended.").resource(PROD)).await;
    let card = approved(&mut world, "/access offboard kai", "CHG-1").await;
    world.advance("2m").await;
    assert_eq!(held_by(&world.aws.assignments().await, "kai"), ["ReadOnlyAccess 111122223333"]);
    insta::assert_snapshot!(now(&world, &card).lines().nth(1).unwrap_or_default(), @"⚠️ Running, in trouble. The next try is today 10:09 AM.");
    world.advance("5m").await;
    let loud = world.slack.channel("ops").messages();
    let loud = loud.iter().find(|message| message.plain().contains("I have tried several times")).unwrap();
    insta::assert_snapshot!(steady(loud.plain()), @"
    🚨 CHG-1 (Offboard Kai Lund (kai@acme.example): take everything and disable the user) can't go on, and I have tried several times: AWS could not take an assignment in 111122223333 away: AWS refused asking for the end of an assignment: “The account is suspended” (ValidationException, request …). It changed nothing. It stood when I looked; I asked again and go on until it is gone. I try again today 10:09 AM. @ana, please have a look.
    [Details]
    ");
    world.aws.clear_faults().await;
    world.advance("1h").await;
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    insta::assert_snapshot!(now(&world, &card).lines().nth(1).unwrap_or_default(), @"✅ Done. kai is disabled; 2 assignments removed, 2 memberships removed. To bring the user back: access user update kai --enable, then add the groups and assignments again that change show CHG-1 lists.");
    world.end().await;
}

#[tokio::test]
async fn one_change_at_a_time_runs_on_a_user() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/access offboard kai").await;
    let twice = world.person("ana").asks("ops", "/access user update kai --disable").await;
    insta::assert_snapshot!(twice, @"The user kai is busy with CHG-1, and only one change at a time runs on it. Nothing was changed. change show CHG-1 shows how it stands.");
    assert!(world.end().await.writes.is_empty());
}

#[tokio::test]
async fn whoever_has_more_than_a_record_holds_loses_it_all() {
    let mut world = world().await;
    for number in 0..250 {
        let account = format!("{:012}", 200_000_000_000_u64 + number);
        world.aws.account(&account, &format!("acme-{number}")).await;
        world.aws.assigned("kai", "ReadOnlyAccess", &account).await;
    }
    let card = approved(&mut world, "/access offboard kai", "CHG-1").await;
    world.advance("20m").await;
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    insta::assert_snapshot!(now(&world, &card).lines().nth(1).unwrap_or_default(), @"✅ Done. kai is disabled; 252 assignments removed, 2 memberships removed. To bring the user back: access user update kai --enable, then add the groups and assignments again that change show CHG-1 lists.");
    world.end().await;
}

#[tokio::test]
async fn whoever_goes_loses_what_is_being_given_too() {
    let all = r#"@id("all") permit (principal, action, resource);"#.to_owned();
    let mut world = World::with(Choices { policy: Some(all), ..choices("") }).await;
    people(&mut world).await;
    world.advance("6m").await;
    let grant = |account: &str, length: &str| {
        format!("/access grant --to kai --account {account} --permission-set PowerUserAccess {length} --reason 'slow orders'")
    };
    // CHG-1 has given its access back and only ends open sessions; a colleague gave the same again.
    world.person("ana").asks("ops", &grant("shop-prod", "--for 1h --end-sessions")).await;
    world.aws.assigned("lea", "PowerUserAccess", PROD).await;
    world.advance("65m").await;
    world.aws.assigned("kai", "PowerUserAccess", PROD).await;
    // CHG-2 is for good, and AWS is at it; CHG-4 begins after CHG-2 was told to end.
    world.aws.assignments_take("1m").await;
    world.person("ana").asks("ops", &grant("shop-staging", "--permanent")).await;
    world.advance("10s").await;
    world.person("ana").asks("ops", "/access offboard kai").await;
    let card = world.slack.channel("ops").expect("CHG-3").await;
    world.advance("20s").await;
    world.person("ana").asks("ops", &grant("media-prod", "--for 4h")).await;
    world.advance("10m").await;
    insta::assert_snapshot!(now(&world, &card).lines().nth(1).unwrap_or_default(), @"✅ Done. kai is disabled; 2 grants ended, 3 assignments removed, 2 memberships removed. To bring the user back: access user update kai --enable, then add the groups and assignments again that change show CHG-3 lists.");
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    world.end().await;
}

#[tokio::test]
async fn what_was_granted_for_a_time_is_not_passed_on_and_ends_with_its_holder() {
    let all = r#"@id("all") permit (principal, action, resource);"#.to_owned();
    let mut world = World::with(Choices { policy: Some(all), ..choices("") }).await;
    people(&mut world).await;
    world.advance("6m").await;
    let line = "/access grant --to kai --account shop-prod --permission-set PowerUserAccess --for 4h --reason 'slow orders'";
    world.person("ana").asks("ops", line).await;
    let grant = world.slack.channel("shop-ops").expect("CHG-1").await;
    world.advance("1m").await;
    assert_eq!(held_by(&world.aws.assignments().await, "kai").len(), 3);
    world.person("ana").asks("ops", "/access onboard zoe@acme.example --like kai").await;
    let card = world.slack.channel("ops").expect("CHG-2").await;
    insta::assert_snapshot!(steady(card.plain()), @"
    CHG-2 · Onboard zoe like kai
    🗓️ Scheduled. It takes no approval and starts today 10:07 AM.
    Asked by @ana
    Starts as soon as it may
    1. Create 1 user: zoe (Zoe, zoe@acme.example).
    2. Add to the group readers.
    3. Add to the group sre.
    4. Assign ReadOnlyAccess in shop-prod for good.
    5. Assign ReadOnlyAccess in shop-staging for good.
    6. Left out: PowerUserAccess in shop-prod, which kai holds for a time (by @ana, CHG-1, until today 2:06 PM).
    What can go wrong
    • 🚨 The group sre counts in my own policy: whoever is in may ask for, approve and see what that group may. Approve only if they should.
    • What they are assigned stands for good: nobody takes it away by itself.
    [Details] [Reschedule] [Cancel]
    ");
    world.advance("1m").await;
    assert_eq!(held_by(&world.aws.assignments().await, "zoe").len(), 2);
    world.person("ana").asks("ops", "/access offboard kai").await;
    let card = world.slack.channel("ops").expect("CHG-3").await;
    insta::assert_snapshot!(steady(card.plain()), @"
    CHG-3 · Offboard Kai Lund (kai@acme.example): take everything and disable the user
    🗓️ Scheduled. It takes no approval and starts today 10:08 AM.
    Asked by @ana
    Starts as soon as it may
    1. End 1 grant early: CHG-1; wait until AWS has taken the access back.
    2. Remove 2 assignments: ReadOnlyAccess in shop-prod, ReadOnlyAccess in shop-staging.
    3. Take out of 2 groups: readers, sre.
    4. Disable the user kai: nobody can sign in with it, and it can be enabled again.
    What can go wrong
    • Sessions that are open in AWS accounts last until their permission set lets them end.
    • It is reversible by hand: the record keeps what the user had.
    • What was granted for a time is not given back by enabling the user again.
    [Details] [Reschedule] [Cancel]
    ");
    world.advance("2m").await;
    insta::assert_snapshot!(now(&world, &card).lines().nth(1).unwrap_or_default(), @"✅ Done. kai is disabled; 1 grant ended, 2 assignments removed, 2 memberships removed. To bring the user back: access user update kai --enable, then add the groups and assignments again that change show CHG-3 lists.");
    let grant = world.slack.channel("shop-ops").again(&grant).unwrap();
    insta::assert_snapshot!(grant.plain().lines().nth(1).unwrap_or_default(), @"✅ Done. kai's PowerUserAccess in shop-prod was handed back by @ana. AWS confirms that it is gone.");
    assert!(held_by(&world.aws.assignments().await, "kai").is_empty());
    let writes = world.end().await.writes;
    let taken = writes.iter().filter(|call| call.operation == "DeleteAccountAssignment").count();
    assert_eq!(taken, 3, "each once");
}

#[tokio::test]
async fn nobody_passes_on_what_they_could_not_grant_for_good() {
    let rule = "permit (principal in Group::\"sre\", action in [Action::\"access onboard\"";
    let onboard = policy(&[(&format!("@approvers(\"sre\")\n{rule}"), &format!("@approvers(\"dba\")\n{rule}"))]);
    let never = "\n@id(\"never\") forbid (principal, action == Action::\"access grant\", resource)\n\
        when { resource has env && resource.env == \"staging\" };\n";
    let mut world = World::with(Choices { policy: Some(onboard + never), ..choices("") }).await;
    people(&mut world).await;
    world.aws.user("kim", "kim@acme.example").named("Kim", "Roe").await;
    world.aws.assigned("kim", "ReadOnlyAccess", PROD).await;
    world.advance("6m").await;
    let mut said = Vec::new();
    said.push(world.person("ana").asks("ops", "/access onboard lea@acme.example --like kim").await);
    approved(&mut world, "/access onboard mia@acme.example lea@acme.example --like kai", "CHG-1").await;
    world.advance("2m").await;
    let card = world.slack.channel("ops").messages().into_iter().find(|message| message.plain().contains("CHG-1 ·")).unwrap();
    said.push(steady(card.plain()));
    insta::assert_snapshot!(said.join("\n\n"), @"
    lea exists and has all that I could give already, so there is nothing to do.
    • Left out: ReadOnlyAccess in shop-prod, since it takes 2 approvals of sre for good; ask for it with access grant.

    CHG-1 · Onboard 2 people like kai
    ✅ Done. 1 user created, 1 was there already, 3 memberships added. AWS mails nobody by itself: have their passwords reset in the console, which mails them, and tell them to sign in at https://acme.awsapps.com/start.
    Asked by @ana
    Starts as soon as it may
    1. Create 1 user: mia (Mia, mia@acme.example).
    2. lea exists already and is given what is missing.
    3. Add to the group readers (1 of 2).
    4. Add to the group sre.
    5. Left out: ReadOnlyAccess in shop-prod, since it takes 2 approvals of sre for good; ask for it with access grant.
    6. Left out: ReadOnlyAccess in shop-staging, since the policy does not let you give it for good: The rule never forbids it.
    ✅ approved by @ben today 10:06 AM
    [Details]
    ");
    assert!(held_by(&world.aws.assignments().await, "mia").is_empty());
    world.end().await;
}

#[tokio::test]
async fn what_a_freeze_holds_is_not_passed_on() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/change freeze start --project shop --until 'in 2 days' --reason 'sale'").await;
    world.person("ana").asks("ops", "/access onboard mia@acme.example --like kai").await;
    let card = world.slack.channel("ops").expect("CHG-1").await;
    let left_out: Vec<&str> = card.plain().lines().filter(|line| line.contains("Left out")).collect();
    insta::assert_snapshot!(left_out.join("\n"), @"
    4. Left out: ReadOnlyAccess in shop-prod, since the freeze FRZ-1 of @ana holds until Nov 27, 2026 10:06 AM: sale.
    5. Left out: ReadOnlyAccess in shop-staging, since the freeze FRZ-1 of @ana holds until Nov 27, 2026 10:06 AM: sale.
    ");
    world.end().await;
}

#[tokio::test]
async fn more_people_than_a_plan_can_hold_are_refused_with_how_many_fit() {
    let groups: Vec<String> = (1..=6).map(|number| format!("department-of-testing-{number}")).collect();
    let profile = format!("[identity_center.profiles.tester]\ngroups = {groups:?}\n");
    let mut world = World::with(choices(&profile)).await;
    for group in &groups {
        world.aws.group(group).await;
    }
    world.advance("6m").await;
    let line = |count: usize| {
        let all: Vec<String> = (1..=count).map(|number| format!("max.featherstone{number:03}@acme.example")).collect();
        format!("/access onboard {} --profile tester", all.join(" "))
    };
    let said = world.person("ana").asks("ops", &line(250)).await;
    let words = "That is 250 people with all that each of them gets, more than I can keep in one plan: about ";
    assert!(said.starts_with(words) && said.ends_with(" of them fit. Nothing was changed. Give me them in parts."), "{said}");
    let fit = said.split("about ").nth(1).and_then(|rest| rest.split(' ').next()).and_then(|count| count.parse().ok()).unwrap();
    let said = world.person("ana").asks("ops", &line(fit)).await;
    assert!(said.starts_with("CHG-1 waits for 1 approval"), "{said}");
    world.slack.channel("ops").expect("CHG-1").await;
    world.end().await;
}
