//! Access to accounts: given for a while or for good, extended, handed back, taken away; never twice, and never forgotten.

use futures_util::future::join_all;
use insta::assert_snapshot;
use standins::aws::{Assignment, Fault};
use standins::slack::Message;
use standins::world::{Choices, IDENTITY_CENTER, World, at_every_commit, policy};

const PROD: &str = "111122223333";

/// Everybody may do everything at once.
const ALL: &str = r#"@id("all") permit (principal, action, resource);"#;

/// Access for good and as administrator takes one approval in place of two, since there is one other person of sre here.
fn lenient() -> Choices {
    Choices { policy: Some(policy(&[("@approvals(\"2\")", "@approvals(\"1\")")])), ..choices() }
}

fn choices() -> Choices {
    Choices { config: IDENTITY_CENTER.replace("eu-central-1", "eu-west-1"), ..Choices::default() }
}

/// What Identity Center holds in these conversations.
async fn seed(world: &World) {
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
    with(choices()).await
}

async fn with(choices: Choices) -> World {
    let world = World::with(choices).await;
    seed(&world).await;
    world
}

/// Ben asks for power in shop-prod with these options; its card.
async fn asked(world: &mut World, options: &str) -> Message {
    let line = format!("/access grant --account shop-prod --permission-set PowerUserAccess --reason 'slow orders' {options}");
    let said = world.person("ben").asks("ops", &line).await;
    let id = said.split(' ').next().unwrap_or_default();
    assert!(id.starts_with("CHG-"), "no card: {said}");
    world.slack.channel("shop-ops").expect(&format!("{id} · ")).await
}

async fn approved(world: &mut World, card: &Message) {
    world.person("ana").reacts("white_check_mark", card).await;
    world.advance("10s").await;
}

/// Ben has power in shop-prod for a while.
async fn granted(world: &mut World, options: &str) -> Message {
    let card = asked(world, options).await;
    approved(world, &card).await;
    assert_eq!(holds(world).await, [BEN], "{}", world.status(&card));
    card
}

const BEN: &str = "ben PowerUserAccess 111122223333";

async fn holds(world: &World) -> Vec<String> {
    let line = |one: Assignment| format!("{} {} {}", one.principal, one.permission_set, one.account);
    world.aws.assignments().await.into_iter().map(line).collect()
}

/// How often AWS was asked to give and to take, and did.
async fn acts(world: &World) -> (usize, usize) {
    let writes = world.aws.writes().await;
    let count = |name: &str| writes.iter().filter(|call| call.operation == name && call.acted).count();
    (count("CreateAccountAssignment"), count("DeleteAccountAssignment"))
}

/// What stands on a card, but for the digest of its plan: ids in AWS differ from world to world.
fn words(card: &Message) -> String {
    let lines = card.plain().lines().filter(|line| !line.contains("Your vote is for plan"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What stands in the thread of a card.
fn thread(world: &World, card: &Message) -> String {
    let thread = world.slack.channel("shop-ops").thread(card);
    thread.iter().map(|message| message.plain().to_owned()).collect::<Vec<_>>().join("\n")
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
    assert_snapshot!(said, @"CHG-1 waits for 1 approval of sre. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("PowerUserAccess in shop-prod").await;
    assert_snapshot!(words(&card), @"
    CHG-1 · ben: PowerUserAccess in shop-prod for 4 h
    ⏳ Waits for 1 approval of sre until today 6:00 PM.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why slow orders
    1. Give ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod (111122223333).
    2. Take it back 4 h after AWS has confirmed it.
    3. Today: ben has no access to this account.
    4. It is for the ticket OPS-12.
    Prechecks
    ✅ Permission set · Account · Who
    What can go wrong
    • A session that is open when it ends goes on up to 1 h, until it runs out. --end-sessions ends it.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    approved(&mut world, &card).await;
    assert_eq!(holds(&world).await, [BEN]);
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · ben: PowerUserAccess in shop-prod for 4 h
    ▶️ Running since today 10:00 AM.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why slow orders
    1. Give ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod (111122223333).
    2. Take it back 4 h after AWS has confirmed it.
    3. Today: ben has no access to this account.
    4. It is for the ticket OPS-12.
    ✅ approved by @ana today 10:00 AM
    Last: Granted: @ben has PowerUserAccess in shop-prod until today 2:00 PM. Sign in at https://acme.awsapps.com/start.
    [Hand back] [Extend] [Details]
    ");
    world.restart().await;
    world.advance("3h 59m").await;
    assert_eq!(acts(&world).await, (1, 0));
    world.advance("2m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert_snapshot!(world.slack.channel("shop-ops").transcript(), @"
    watchkeeper: CHG-1 · ben: PowerUserAccess in shop-prod for 4 h
      ✅ Done. @ben's PowerUserAccess in shop-prod has ended. AWS confirms that it is gone.
      Asked by @ben
      Where shop · prod · 111122223333
      Starts as soon as it may
      Why slow orders
      1. Give ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod (111122223333).
      2. Take it back 4 h after AWS has confirmed it.
      3. Today: ben has no access to this account.
      4. It is for the ticket OPS-12.
      ✅ approved by @ana today 10:00 AM
      [Details]
        watchkeeper: AWS took the request for @ben's PowerUserAccess in shop-prod.
        watchkeeper: Granted: @ben has PowerUserAccess in shop-prod until today 2:00 PM. Sign in at https://acme.awsapps.com/start.
        watchkeeper: Its time is up.
        watchkeeper: AWS took the request to take back @ben's PowerUserAccess in shop-prod.
        watchkeeper: @ben: @ben's PowerUserAccess in shop-prod has ended. AWS confirms that it is gone.
    ");
    world.slack.channel("shop-ops").read_all();
    assert_snapshot!(world.finish().await.audit(), @"
    ben · asked · access grant · account shop-prod
    ben · planned · CHG-1 · account shop-prod
    ben · answered · access grant · account shop-prod · planned
    ana · voted · CHG-1 · account shop-prod
    watchkeeper · approved · CHG-1 · account shop-prod
    watchkeeper · started · CHG-1 · account shop-prod
    watchkeeper · step · CHG-1 · account shop-prod
    watchkeeper · step · CHG-1 · account shop-prod
    watchkeeper · step · CHG-1 · account shop-prod
    watchkeeper · step · CHG-1 · account shop-prod
    watchkeeper · ended · CHG-1 · account shop-prod · succeeded
    ");
}

#[tokio::test]
async fn what_can_not_be_given_is_refused_with_the_way_forward() {
    let mut world = world().await;
    world.aws.user("lee", "lee@example.com").disabled().await;
    world.aws.assigned("bea", "PowerUserAccess", PROD).await;
    // By now the names are read anew, for those that are nearest.
    world.advance("6m").await;
    let mut said = Vec::new();
    for options in [
        "--account shop-prod --permission-set PowerUserAccess --for 4h",
        "--account shop-prod --permission-set PowerUserAccess --reason x",
        "--account shop-prod --permission-set PowerUserAccess --for 4 --reason x",
        "--account shop-prd --permission-set PowerUserAccess --for 4h --reason x",
        "--account shop-prod --permission-set PowerUser --for 4h --reason x",
        "--to bene --account shop-prod --permission-set PowerUserAccess --for 4h --reason x",
        "--to lee --account shop-prod --permission-set PowerUserAccess --for 4h --reason x",
        "--to group dbas --account shop-prod --permission-set PowerUserAccess --for 4h --reason x",
        "--to bea --account shop-prod --permission-set PowerUserAccess --for 4h --reason x",
        "--account shop-prod --permission-set PowerUserAccess --for 6h --reason x",
        "--account shop-staging --permission-set PowerUserAccess --for 2d --reason x",
        "--account shop-prod --permission-set AdministratorAccess --for 2h --reason x",
        "--account shop-prod --permission-set PowerUserAccess --permanent --reason x",
    ] {
        said.push(world.person("ben").asks("ops", &format!("/access grant {options}")).await);
    }
    assert_snapshot!(said.join("\n"), @r#"
    Say why, for those who approve and for the audit log: add --reason "…".
    Say for how long: --for 4h, or --permanent for good.
    4 does not fit --for: “4” is not a length of time; they look like 4h, 90m or 1h 30m.
    I look after no account called shop-prd. Did you mean shop-prod?
    IAM Identity Center has no permission set PowerUser. Did you mean PowerUserAccess?
    IAM Identity Center has no user bene. access user list shows those there are.
    lee is disabled in IAM Identity Center and can't sign in, so access would be of no use. Nothing was changed.
    IAM Identity Center has no group dbas. access group list shows those there are.
    bea has PowerUserAccess in shop-prod for good already, and not through a grant of mine that would end. Nothing was changed.
    The policy lets you have PowerUserAccess in shop-prod for at most 4 h. Nothing was changed. Ask with --for 4h.
    The policy lets you have PowerUserAccess in shop-staging for at most 8 h. Nothing was changed. Ask with --for 8h.
    The policy lets you have AdministratorAccess in shop-prod for at most 1 h. Nothing was changed. Ask with --for 1h.
    The policy lets you have PowerUserAccess in shop-prod for at most 4 h. Nothing was changed. Ask with --for 4h.
    "#);
    assert_eq!(acts(&world).await, (0, 0));
    world.end().await;
}

#[tokio::test]
async fn a_management_account_is_refused_from_a_delegated_administrator() {
    let root = "[[accounts]]\nid = \"999988887777\"\nname = \"acme-root\"\nproject = \"acme\"\nenv = \"prod\"\nregions = [\"eu-west-1\"]\n";
    let mut world = with(Choices { config: format!("{root}{}", choices().config), ..choices() }).await;
    let line = "/access grant --account acme-root --permission-set ReadOnlyAccess --for 1h --reason x";
    assert_snapshot!(world.person("ben").asks("ops", line).await, @"acme-root is the management account, and I work from identity, a delegated administrator: AWS lets me change nothing there. Whoever looks after the management account can do it in IAM Identity Center's console.");
    world.end().await;
}

#[tokio::test]
async fn access_is_handed_back_by_whom_it_is_for_or_who_asked() {
    let mut world = world().await;
    assert_snapshot!(world.person("ben").asks("ops", "/access done").await, @"No access stands through a grant of yours, so there is nothing to hand back.");
    let card = asked(&mut world, "--for 4h").await;
    assert_snapshot!(world.person("ben").asks("ops", "/access done CHG-1").await, @"CHG-1 has given nothing yet. change cancel CHG-1 takes it back before it does.");
    approved(&mut world, &card).await;
    assert_snapshot!(world.person("bea").asks("ops", "/access done CHG-1").await, @"CHG-1 is not yours: whoever it was given to hands it back, or @ben, who asked for it. access revoke takes it away.");
    assert_snapshot!(world.person("ben").asks("ops", "/access done CHG-9").await, @"There is no CHG-9. access mine shows what you have.");
    world.person("ben").clicks(&card, "Hand back").await;
    world.slack.person("ben").expect("is handed back").await;
    world.advance("10s").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert_snapshot!(world.status(&card), @"✅ Done. @ben's PowerUserAccess in shop-prod was handed back by @ben. AWS confirms that it is gone.");
    assert_snapshot!(world.person("ben").asks("ops", "/access done CHG-1").await, @"CHG-1 ended already, succeeded today 10:00 AM. Nothing was changed by this.");
    let second = asked(&mut world, "--for 4h").await;
    approved(&mut world, &second).await;
    let line = "/access grant --to bea --account shop-prod --permission-set ReadOnlyAccess --for 1h --reason 'look with me'";
    world.person("ben").asks("ops", line).await;
    let third = world.slack.channel("shop-ops").expect("CHG-3").await;
    approved(&mut world, &third).await;
    assert_snapshot!(world.person("ben").asks("ops", "/access done").await, @"
    Which of them do you hand back?
    • CHG-2 ben: PowerUserAccess in shop-prod for 4 h
    • CHG-3 bea: ReadOnlyAccess in shop-prod for 1 h
    [CHG-2] [CHG-3]
    ");
    assert_snapshot!(world.person("bea").asks("ops", "/access done").await, @"CHG-3: ReadOnlyAccess in shop-prod is handed back. Its card says when AWS has taken it.");
    world.advance("10s").await;
    assert_eq!(holds(&world).await, [BEN]);
    world.end().await;
}

#[tokio::test]
async fn an_extension_is_a_new_approval_and_takes_the_place_of_the_old() {
    let mut world = world().await;
    let card = granted(&mut world, "--for 2h").await;
    world.advance("1h").await;
    assert_snapshot!(world.person("bea").asks("ops", "/access extend CHG-1 --for 2h").await, @"CHG-1 is not yours. Ask for access of your own with access grant.");
    assert_snapshot!(world.person("ben").asks("ops", "/access extend CHG-1 --for 5h").await, @"The policy lets you have PowerUserAccess in shop-prod for at most 4 h. Nothing was changed. Ask with --for 4h.");
    assert_snapshot!(world.person("ben").asks("ops", "/access extend CHG-1 --for 2h --reason 'still slow'").await, @"CHG-2 waits for 1 approval of sre. Its card is in #shop-ops.");
    let more = world.slack.channel("shop-ops").expect("CHG-2").await;
    assert_snapshot!(words(&more), @"
    CHG-2 · ben: PowerUserAccess in shop-prod for 2 h more
    ⏳ Waits for 1 approval of sre until today 7:00 PM.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why still slow
    1. Leave ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod until today 2:00 PM.
    2. Today: it ends today 12:00 PM, through CHG-1, which ends now instead.
    Prechecks
    ✅ CHG-1
    What can go wrong
    • A session that is open when it ends goes on up to 1 h, until it runs out. --end-sessions ends it.
    [Approve] [Reject] [Details] [Reschedule] [Cancel]
    ");
    approved(&mut world, &more).await;
    assert_snapshot!(world.status(&card), @"✅ Done. @ben's PowerUserAccess in shop-prod goes on through CHG-2 until today 2:00 PM; this grant of it was extended.");
    world.advance("2h 30m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (vec![BEN.to_owned()], (1, 0)));
    world.advance("40m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert_snapshot!(world.status(&more), @"✅ Done. @ben's PowerUserAccess in shop-prod has ended. AWS confirms that it is gone.");
    world.end().await;
}

#[tokio::test]
async fn access_is_taken_away_with_every_grant_of_it() {
    let mut world = world().await;
    world.aws.assigned("bea", "PowerUserAccess", PROD).await;
    let card = granted_beside(&mut world).await;
    let revoke = "--account shop-prod --permission-set PowerUserAccess";
    assert_snapshot!(world.person("ben").asks("ops", &format!("/access revoke --from bea {revoke}")).await, @"You may not run access revoke. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access revoke --from ben {revoke} --reason 'it is enough'")).await, @"CHG-2 needs no approval and starts today 10:00 AM. Its card is in #shop-ops.");
    let taken = world.slack.channel("shop-ops").expect("CHG-2").await;
    world.advance("30s").await;
    assert_snapshot!(thread(&world, &card), @"
    CHG-1 · ben: PowerUserAccess in shop-prod for 4 h
    ✅ Done. @ben's PowerUserAccess in shop-prod is taken back by CHG-2; this grant of it was taken away by @ana.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why slow orders
    1. Give ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod (111122223333).
    2. Take it back 4 h after AWS has confirmed it.
    3. Today: ben has no access to this account.
    ✅ approved by @ana today 10:00 AM
    [Details]
    AWS took the request for @ben's PowerUserAccess in shop-prod.
    Granted: @ben has PowerUserAccess in shop-prod until today 2:00 PM. Sign in at https://acme.awsapps.com/start.
    @ana takes the access away with CHG-2.
    It ends early.
    @ben: @ben's PowerUserAccess in shop-prod is taken back by CHG-2; this grant of it was taken away by @ana.
    ");
    assert_snapshot!(thread(&world, &taken), @"
    CHG-2 · ben: PowerUserAccess in shop-prod taken away
    ✅ Done. @ben's PowerUserAccess in shop-prod was taken away by @ana. AWS confirms that it is gone.
    Asked by @ana
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why it is enough
    1. Take the permission set PowerUserAccess in shop-prod (111122223333) away from ben (Ben Chen, ben@example.com).
    2. Today: they have it through CHG-1, which ends with it.
    [Details]
    @ana takes the access away with CHG-2.
    Waits for CHG-1, which ends too.
    AWS took the request to take back @ben's PowerUserAccess in shop-prod.
    @ana: @ben's PowerUserAccess in shop-prod was taken away by @ana. AWS confirms that it is gone.
    ");
    world.person("ana").asks("ops", &format!("/access revoke --from bea {revoke}")).await;
    world.advance("30s").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 2)));
    let again = world.person("ana").asks("ops", &format!("/access revoke --from bea {revoke}")).await;
    assert_snapshot!(again, @"bea has no PowerUserAccess of their own in shop-prod, so there is nothing to take away.");
    world.end().await;
}

/// As [`granted`], where others have access too.
async fn granted_beside(world: &mut World) -> Message {
    let card = asked(world, "--for 4h").await;
    approved(world, &card).await;
    assert!(holds(world).await.contains(&BEN.to_owned()), "{}", world.status(&card));
    card
}

#[tokio::test]
async fn of_two_grants_of_the_same_the_later_end_counts() {
    let mut world = world().await;
    let first = granted(&mut world, "--for 2h").await;
    world.advance("30m").await;
    let second = asked(&mut world, "--for 1h").await;
    assert!(second.plain().contains("they have it through CHG-1 until"), "{}", second.plain());
    approved(&mut world, &second).await;
    world.advance("1h 5m").await;
    assert_snapshot!(world.status(&second), @"✅ Done. @ben's PowerUserAccess in shop-prod goes on through CHG-1 until today 12:00 PM; this grant of it has ended.");
    assert_eq!(holds(&world).await, [BEN]);
    world.advance("30m").await;
    assert_snapshot!(world.status(&first), @"✅ Done. @ben's PowerUserAccess in shop-prod has ended. AWS confirms that it is gone.");
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    world.end().await;
}

#[tokio::test]
async fn what_stands_for_good_is_not_taken_back_by_a_grant_that_ends() {
    let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
    let timed = asked(&mut world, "--for 2h").await;
    world.advance("10s").await;
    let good = asked(&mut world, "--permanent").await;
    assert_snapshot!(good.plain(), @"
    CHG-2 · ben: PowerUserAccess in shop-prod for good
    🗓️ Scheduled. It takes no approval and starts today 10:00 AM.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why slow orders
    1. Give ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod (111122223333).
    2. Leave it there: it has no end. access revoke takes it away.
    3. Today: they have it through CHG-1 until today 12:00 PM; it ends when the later of the two does.
    Prechecks
    ✅ Permission set · Account · Who
    What can go wrong
    • Nothing takes it back by itself.
    [Details] [Reschedule] [Cancel]
    ");
    world.advance("10s").await;
    assert_snapshot!(world.status(&timed), @"✅ Done. @ben's PowerUserAccess in shop-prod stands for good now, so nothing is taken back.");
    assert_snapshot!(world.status(&good), @"✅ Done. Granted: @ben has PowerUserAccess in shop-prod for good. Sign in at https://acme.awsapps.com/start.");
    world.advance("3h").await;
    assert_eq!((holds(&world).await, acts(&world).await), (vec![BEN.to_owned()], (1, 0)));
    world.end().await;
}

#[tokio::test]
async fn what_the_baseline_declares_stays_when_a_grant_of_it_ends() {
    let mut world = World::with(choices()).await;
    seed(&world).await;
    let baseline = "[[assignments]]\nuser = \"ben\"\npermission_set = \"PowerUserAccess\"\naccounts = [\"shop-prod\"]\n";
    world.writes("access-baseline.toml", baseline);
    world.restart().await;
    let card = granted(&mut world, "--for 1h").await;
    world.advance("2h").await;
    assert_snapshot!(world.status(&card), @"✅ Done. @ben's PowerUserAccess in shop-prod is declared in the configuration, so it stays; this grant of it has ended.");
    assert_eq!((holds(&world).await, acts(&world).await), (vec![BEN.to_owned()], (1, 0)));
    world.end().await;
}

#[tokio::test]
async fn an_assignment_that_fails_says_so_and_promises_nothing() {
    let mut world = world().await;
    world.aws.assignment_fails("The role is at its limit of policies.").await;
    let card = asked(&mut world, "--for 4h").await;
    approved(&mut world, &card).await;
    let said = world.status(&card);
    assert!(
        said.starts_with(
            "❌ Failed. AWS could not give @ben's PowerUserAccess in shop-prod: “The role is at its limit of policies” (request "
        ),
        "{said}"
    );
    assert!(!thread(&world, &card).contains("Granted"));
    world.advance("5h").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 0)));
    world.end().await;
}

#[tokio::test]
async fn what_aws_gave_unseen_is_taken_back() {
    let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
    let status = "DescribeAccountAssignmentCreationStatus";
    world.aws.fault(Fault::error("sso-admin", status, "ValidationException", 400)).await;
    let card = asked(&mut world, "--for 4h").await;
    world.advance("59m").await;
    assert_eq!(holds(&world).await, [BEN]);
    assert!(world.status(&card).starts_with("⚠️ Running, in trouble."), "{}", world.status(&card));
    world.advance("30m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert_snapshot!(world.status(&card), @"❌ Failed. AWS took the request for @ben's PowerUserAccess in shop-prod, but for an hour I could not see what came of it, and gave up. @ben's PowerUserAccess in shop-prod could not be given. AWS confirms that nothing of it stands.");
    assert_snapshot!(thread(&world, &card).lines().rev().take(3).collect::<Vec<_>>().join("\n"), @"
    @ben: AWS took the request for @ben's PowerUserAccess in shop-prod, but for an hour I could not see what came of it, and gave up. @ben's PowerUserAccess in shop-prod could not be given. AWS confirms that nothing of it stands.
    AWS took the request to take back @ben's PowerUserAccess in shop-prod.
    AWS took the request for @ben's PowerUserAccess in shop-prod, but for an hour I could not see what came of it, and gave up. What AWS may have given all the same is taken back.
    ");
    // The same where it is not even known whether AWS took the request.
    world.aws.clear_faults().await;
    world.aws.fault(Fault::cut_after("sso-admin", "CreateAccountAssignment")).await;
    world.aws.fault(Fault::error("sso-admin", "ListAccountAssignmentCreationStatus", "InternalServerException", 500)).await;
    let card = asked(&mut world, "--for 4h").await;
    world.advance("10s").await;
    world.aws.assigned("ben", "PowerUserAccess", PROD).await;
    world.advance("90m").await;
    assert!(world.status(&card).starts_with("⚠️ Running, in trouble."), "{}", world.status(&card));
    world.aws.clear_faults().await;
    world.advance("15m").await;
    assert_eq!(holds(&world).await, Vec::<String>::new());
    assert_snapshot!(world.status(&card), @"❌ Failed. For an hour I could not have AWS give @ben's PowerUserAccess in shop-prod, and gave up. @ben's PowerUserAccess in shop-prod could not be given. AWS confirms that nothing of it stands.");
    world.end().await;
}

#[tokio::test]
async fn an_extension_whose_time_passed_before_it_began_does_not_wait_for_what_it_extends() {
    let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
    let card = asked(&mut world, "--for 2h").await;
    world.advance("1h 59m").await;
    world.aws.fault(Fault::error("sso-admin", "ListAccountAssignmentCreationStatus", "InternalServerException", 500)).await;
    let said = world.person("ben").asks("ops", "/access extend CHG-1 --for 1m --reason more").await;
    assert!(said.starts_with("CHG-2"), "{said}");
    let more = world.slack.channel("shop-ops").expect("CHG-2").await;
    world.stop().await;
    world.pass("2026-11-25T12:05:00Z".parse().unwrap()).await;
    world.revive().await;
    world.advance("10s").await;
    world.aws.clear_faults().await;
    world.advance("30m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert!(world.status(&card).starts_with("✅ Done."), "{}", world.status(&card));
    assert!(world.status(&more).starts_with("✅ Done."), "{}", world.status(&more));
    world.end().await;
}

#[tokio::test]
async fn what_is_handed_back_while_it_is_given_for_good_goes() {
    let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
    world.aws.assignments_take("1m").await;
    let card = asked(&mut world, "--permanent").await;
    world.advance("10s").await;
    assert_snapshot!(world.person("ben").asks("ops", "/access done CHG-1").await, @"CHG-1: PowerUserAccess in shop-prod is handed back. Its card says when AWS has taken it.");
    world.advance("5m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert_snapshot!(world.status(&card), @"✅ Done. @ben's PowerUserAccess in shop-prod was handed back by @ben. AWS confirms that it is gone.");
    world.end().await;
}

#[tokio::test]
async fn a_revocation_that_fails_is_tried_until_it_succeeds_and_is_loud() {
    let mut world = world().await;
    let card = granted(&mut world, "--for 1h").await;
    for _ in 0..4 {
        world.aws.revocation_fails("AWS is not well.").await;
    }
    world.advance("1h 30s").await;
    assert_eq!(holds(&world).await, [BEN]);
    assert!(world.status(&card).starts_with("⚠️ Running, in trouble."), "{}", world.status(&card));
    world.advance("3m").await;
    let loud = world.slack.channel("shop-ops").expect("I have tried several times").await;
    assert!(loud.plain().contains("“AWS is not well”"), "{}", loud.plain());
    // After a start it is looked at before anything else, not at its time.
    let tries = world.audit("step_failed").await.lines().count();
    world.restart().await;
    assert!(world.audit("step_failed").await.lines().count() > tries || holds(&world).await.is_empty());
    world.advance("20m").await;
    assert_eq!(holds(&world).await, Vec::<String>::new());
    assert_snapshot!(world.status(&card), @"✅ Done. @ben's PowerUserAccess in shop-prod has ended. AWS confirms that it is gone.");
    world.end().await;
}

#[tokio::test]
async fn a_revocation_that_failed_is_first_in_line_at_the_start() {
    let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
    for name in ["orders", "users"] {
        world.aws.database(name, "mysql", "8.0.35").await;
    }
    for _ in 0..8 {
        world.aws.revocation_fails("AWS is not well.").await;
    }
    // CHG-1 ends at 11:00 and fails again and again; after 11:08 it would be tried next at a quarter past.
    let card = asked(&mut world, "--for 1h").await;
    world.advance_to("2026-11-25T11:08:00Z".parse().unwrap()).await;
    assert!(world.audit("step_failed").await.lines().count() >= 3);
    // What comes due while the bot is away: the end of what CHG-2 gives, and the upgrades CHG-3 and CHG-4.
    let more = "/access grant --to bea --account shop-staging --permission-set ReadOnlyAccess --for 3m --reason audit";
    world.person("bea").asks("ops", more).await;
    for (name, minute) in [("orders", 12), ("users", 13)] {
        world.person("ana").asks("ops", &format!("/rds upgrade {name} --to 8.0.40 --at 2026-11-25T11:{minute}:00Z")).await;
    }
    world.stop().await;
    let before = world.aws.calls().await.len();
    world.pass("2026-11-25T11:14:00Z".parse().unwrap()).await;
    world.revive().await;
    let calls = world.aws.calls().await.split_off(before);
    // For which change each call was made, neighbours folded. The people are read for none.
    let changes = calls.iter().filter_map(|call| Some(call.tags.get("watchkeeper:operation")?.as_str()));
    let mut order: Vec<&str> = changes.filter(|operation| operation.starts_with("CHG-")).collect();
    order.dedup();
    assert_eq!(order.first(), Some(&"CHG-1"), "{order:?}");
    assert!(!order[1..].contains(&"CHG-1"), "its try is over before anything else begins: {order:?}");
    assert!(["CHG-2", "CHG-3", "CHG-4"].iter().all(|other| order.contains(other)), "{order:?}");
    assert!(world.status(&card).starts_with("⚠️ Running, in trouble."), "{}", world.status(&card));
    world.end().await;
}

#[tokio::test]
async fn a_revocation_that_is_overdue_comes_first_after_a_start() {
    let mut world = world().await;
    let card = granted(&mut world, "--for 1h").await;
    world.stop().await;
    world.pass("2026-11-25T14:00:00Z".parse().unwrap()).await;
    world.revive().await;
    world.advance("10s").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert!(world.status(&card).starts_with("✅ Done."), "{}", world.status(&card));
    world.end().await;
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_and_not_asked_again() {
    let mut world = world().await;
    world.aws.fault(Fault::cut_after("sso-admin", "CreateAccountAssignment").times(1)).await;
    let card = asked(&mut world, "--for 1h").await;
    approved(&mut world, &card).await;
    world.advance("2m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (vec![BEN.to_owned()], (1, 0)));
    world.aws.fault(Fault::cut_after("sso-admin", "DeleteAccountAssignment").times(1)).await;
    world.advance("1h 5m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert!(world.status(&card).starts_with("✅ Done."), "{}", world.status(&card));
    world.end().await;
}

#[tokio::test]
async fn fifty_votes_and_clicks_at_once_give_once_and_take_once() {
    let mut world = world().await;
    let card = asked(&mut world, "--for 4h").await;
    let (ana, card) = (&world.slack.person("ana"), &card);
    let clicks = join_all((0..49).map(|_| ana.clicks(card, "Approve")));
    let (_, reaction) = tokio::join!(clicks, ana.reacts("white_check_mark", card));
    assert!(reaction.deliveries.iter().all(standins::slack::Delivery::acknowledged));
    world.settle().await;
    world.advance("10s").await;
    assert_eq!((holds(&world).await, acts(&world).await), (vec![BEN.to_owned()], (1, 0)));
    let ben = world.slack.person("ben");
    let card = &world.slack.channel("shop-ops").again(card).unwrap();
    let ben = &ben;
    join_all((0..50).map(|_| async move { ben.clicks(card, "Hand back").await })).await;
    world.settle().await;
    world.advance("1m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    world.end().await;
}

#[tokio::test]
async fn a_grant_comes_to_the_same_end_wherever_the_bot_is_killed() {
    let commits = at_every_commit(choices(), async |mut world| {
        seed(&world).await;
        let line = "/access grant --account shop-prod --permission-set PowerUserAccess --for 20m --reason 'slow orders'";
        world.person("ben").types("ops", line).await;
        let card = world.slack.channel("shop-ops").expect("CHG-1").await;
        world.person("ana").reacts("white_check_mark", &card).await;
        world.advance("2m").await;
        let between = holds(&world).await;
        world.advance("30m").await;
        let threads = world.slack.channel("shop-ops").thread(&card).len();
        let end: String = world.status(&card).chars().take(60).collect();
        let entries = world.entries().await.into_iter();
        let ends: Vec<_> = entries.filter(|entry| entry.fact.event == "ended").map(|entry| entry.fact.outcome).collect();
        let after = holds(&world).await;
        let acts = acts(&world).await;
        world.end().await;
        (between, after, acts, threads, end, ends)
    })
    .await;
    assert!(commits > 10, "only {commits} commits were tried");
}

#[tokio::test]
async fn a_freeze_holds_a_grant_and_an_emergency_goes_through() {
    let mut world = world().await;
    world.person("ana").asks("ops", "/change freeze start --project shop --until 'fri 08:00' --reason 'Black Friday'").await;
    let options = "--account shop-prod --permission-set AdministratorAccess --for 30m --reason 'orders are down'";
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access grant {options}")).await, @r#"A freeze holds then: FRZ-1 by @ana until Nov 27, 2026 7:00 AM, because: Black Friday. Nothing was changed. Choose a time after it, or ask @ana to lift it. If it can't wait, break the glass: add --emergency --reason "…"."#);
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access grant {options} --emergency")).await, @"🚨 CHG-1 starts at once, without approval. It is posted in #security, and a second person has to review it. Its card is in #shop-ops.");
    world.advance("10s").await;
    assert_eq!(holds(&world).await, ["ana AdministratorAccess 111122223333"]);
    world.slack.channel("security").expect("Break-glass: CHG-1").await;
    world.advance("40m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    let long = options.replace("30m", "2h");
    assert_snapshot!(world.person("ana").asks("ops", &format!("/access grant {long} --emergency")).await, @"The policy lets you have AdministratorAccess in shop-prod for at most 1 h. Nothing was changed. Ask with --for 1h.");
    world.end().await;
}

#[tokio::test]
async fn fifteen_grants_at_once_keep_to_ten_under_way() {
    let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
    world.aws.crowd(15, 2).await;
    world.aws.assignments_take("20s").await;
    let ben = world.slack.person("ben");
    let ask = |user: usize| {
        let ben = ben.clone();
        let options = "--account shop-staging --permission-set ReadOnlyAccess --for 1h --reason audit";
        async move { ben.types("ops", &format!("/access grant --to user-{user:04} {options}")).await }
    };
    join_all((1..=15).map(ask)).await;
    world.settle().await;
    world.advance("2m").await;
    assert_eq!((holds(&world).await.len(), acts(&world).await), (15, (15, 0)));
    assert_eq!(world.aws.most_outstanding().await, 10);
    world.advance("1h 5m").await;
    assert_eq!((holds(&world).await.len(), acts(&world).await), (0, (15, 15)));
    assert_eq!(world.aws.most_outstanding().await, 10);
    world.end().await;
}

#[tokio::test]
async fn who_waits_for_aws_sees_the_place_in_line_and_about_how_long_on_the_card() {
    let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
    world.aws.crowd(15, 2).await;
    world.aws.assignments_take("5m").await;
    let ask = |user: usize| {
        let options = "--account shop-staging --permission-set ReadOnlyAccess --for 8h --reason audit";
        format!("/access grant --to user-{user:04} {options}")
    };
    // From the first one it is known how long AWS takes.
    world.person("ben").asks("ops", &ask(1)).await;
    world.advance("6m").await;
    for user in 2..=14 {
        world.person("ben").asks("ops", &ask(user)).await;
    }
    let shop = world.slack.channel("shop-ops");
    let cards =
        [11, 12, 13, 14].map(|id| shop.messages().into_iter().find(|one| one.plain().starts_with(&format!("CHG-{id} ·"))));
    let [under_way, next, second, third] = cards.map(Option::unwrap);
    let line =
        |card: &Message| shop.again(card).unwrap().plain().lines().find(|line| line.contains("ine for AWS")).map(str::to_owned);
    let lines = [&under_way, &next, &second].map(|card| line(card).unwrap_or_else(|| "none".to_owned()));
    assert_snapshot!(lines.join("\n"), @"
    none
    ▶️ Running since today 10:06 AM. In line for AWS: It is next.
    ▶️ Running since today 10:06 AM. In line for AWS: 1 before it, about 5 min.
    ");
    assert_snapshot!(shop.again(&third).unwrap().plain(), @"
    CHG-14 · user-0014: ReadOnlyAccess in shop-staging for 8 h
    ▶️ Running since today 10:06 AM. In line for AWS: 2 before it, about 5 min.
    Asked by @ben
    Where shop · staging · 444455556666
    Starts as soon as it may
    Why audit
    1. Give user-0014 (User-0014 0014, user-0014@example.com) the permission set ReadOnlyAccess in shop-staging (444455556666).
    2. Take it back 8 h after AWS has confirmed it.
    3. Today: user-0014 has no access to this account.
    [Hand back] [Extend] [Details]
    ");
    assert_eq!(thread(&world, &third).matches("In line").count(), 1, "it stands on the card and nowhere else");
    world.advance("5m").await;
    assert_snapshot!(shop.again(&third).unwrap().plain(), @"
    CHG-14 · user-0014: ReadOnlyAccess in shop-staging for 8 h
    ▶️ Running since today 10:06 AM.
    Asked by @ben
    Where shop · staging · 444455556666
    Starts as soon as it may
    Why audit
    1. Give user-0014 (User-0014 0014, user-0014@example.com) the permission set ReadOnlyAccess in shop-staging (444455556666).
    2. Take it back 8 h after AWS has confirmed it.
    3. Today: user-0014 has no access to this account.
    Last: AWS took the request for user-0014's ReadOnlyAccess in shop-staging.
    [Hand back] [Extend] [Details]
    ");
    world.advance("5m").await;
    assert_snapshot!(shop.again(&third).unwrap().plain(), @"
    CHG-14 · user-0014: ReadOnlyAccess in shop-staging for 8 h
    ▶️ Running since today 10:06 AM.
    Asked by @ben
    Where shop · staging · 444455556666
    Starts as soon as it may
    Why audit
    1. Give user-0014 (User-0014 0014, user-0014@example.com) the permission set ReadOnlyAccess in shop-staging (444455556666).
    2. Take it back 8 h after AWS has confirmed it.
    3. Today: user-0014 has no access to this account.
    Last: Granted: user-0014 has ReadOnlyAccess in shop-staging until today 6:16 PM. Sign in at https://acme.awsapps.com/start.
    [Hand back] [Extend] [Details]
    ");
    let posted = shop.messages().iter().filter(|message| message.plain().starts_with("CHG-14 ·")).count();
    assert_eq!(posted, 1, "one message, edited");
    assert_eq!((holds(&world).await.len(), world.aws.most_outstanding().await), (14, 10));
    world.end().await;
}

#[tokio::test]
async fn open_sessions_end_too_when_that_was_asked_for() {
    let mut world = world().await;
    world.aws.assigned("bea", "PowerUserAccess", PROD).await;
    let card = asked(&mut world, "--for 1h --end-sessions").await;
    assert!(card.plain().contains("end their open sessions too"), "{}", card.plain());
    approved(&mut world, &card).await;
    assert_eq!(world.aws.inline_policy("PowerUserAccess").await, None);
    world.advance("1h 1m").await;
    let ben = world.aws.users().await.into_iter().find(|user| user.name == "ben").unwrap().id;
    let denied = world.aws.provisioned_policy("PowerUserAccess", PROD).await.unwrap();
    assert_snapshot!(denied.replace(&ben, "BEN"), @r#"{"Version":"2012-10-17","Statement":[{"Sid":"WatchkeeperCHG1","Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"identitystore:userId":["BEN"]},"DateLessThan":{"aws:TokenIssueTime":"2026-11-25T11:00:12Z"}}}]}"#);
    assert_snapshot!(world.slack.channel("shop-ops").again(&card).unwrap().plain(), @"
    CHG-1 · ben: PowerUserAccess in shop-prod for 1 h
    ▶️ Running since today 10:00 AM.
    Asked by @ben
    Where shop · prod · 111122223333
    Starts as soon as it may
    Why slow orders
    1. Give ben (Ben Chen, ben@example.com) the permission set PowerUserAccess in shop-prod (111122223333).
    2. Take it back 1 h after AWS has confirmed it.
    3. Then end their open sessions too: the inline policy of PowerUserAccess denies them, and is put back as it was after 12 h.
    4. Today: ben has no access to this account.
    ✅ approved by @ana today 10:00 AM
    Last: Open sessions of @ben's PowerUserAccess in shop-prod are ended. The policy that denies them is lifted today 11:00 PM, when the longest has run out.
    [Details]
    ");
    world.restart().await;
    world.advance("13h").await;
    assert_eq!(world.aws.inline_policy("PowerUserAccess").await, None);
    assert_eq!(world.aws.provisioned_policy("PowerUserAccess", PROD).await, None);
    assert_snapshot!(world.status(&card), @"✅ Done. @ben's PowerUserAccess in shop-prod has ended. Open sessions were ended, and the policy that denied them is lifted.");
    assert_eq!(holds(&world).await, ["bea PowerUserAccess 111122223333"]);
    world.end().await;
}

#[tokio::test]
async fn access_ends_although_whoever_asked_and_has_it_has_left() {
    let mut world = world().await;
    let card = granted(&mut world, "--for 1h").await;
    let people = world.people().replace("id = \"ben\"", "id = \"benno\"").replace("ben@example.com", "benno@example.com");
    world.writes("people.toml", &people);
    world.aws.remove_principal("ben").await;
    world.restart().await;
    world.advance("1h 5m").await;
    assert_eq!((holds(&world).await, acts(&world).await), (Vec::new(), (1, 1)));
    assert_snapshot!(world.status(&card), @"✅ Done. ben's PowerUserAccess in shop-prod has ended. AWS confirms that it is gone.");
    world.end().await;
}

#[tokio::test]
async fn a_group_is_given_access_like_a_person() {
    let mut world = with(lenient()).await;
    let card = asked(&mut world, "--to group dba --for 4h").await;
    assert_snapshot!(card.plain().lines().nth(6).unwrap(), @"1. Give group dba the permission set PowerUserAccess in shop-prod (111122223333).");
    approved(&mut world, &card).await;
    assert_eq!(holds(&world).await, ["dba PowerUserAccess 111122223333"]);
    let again = asked(&mut world, "--for 1h").await;
    assert!(again.plain().contains("⚠️ Held already: through dba"), "{}", again.plain());
    world.person("ana").asks("ops", "/access revoke --from group:dba --account shop-prod --permission-set PowerUserAccess").await;
    world.advance("30s").await;
    assert_eq!(holds(&world).await, Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn grants_that_overlap_in_any_way_stand_until_the_last_of_them_ends() {
    for seed in [7_u64, 42, 99] {
        let mut world = with(Choices { policy: Some(ALL.to_owned()), ..choices() }).await;
        let mut random = seed;
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        // Begins and ends at whole steps of five minutes; looks two minutes behind them.
        let grants: Vec<(u64, u64)> = (0..4).map(|_| (next(6), 1 + next(5))).collect();
        for step in 0..12 {
            for (_, length) in grants.iter().filter(|(begin, _)| *begin == step) {
                asked(&mut world, &format!("--for {}m", length * 5)).await;
            }
            world
                .advance_to(
                    "2026-11-25T10:00:00Z".parse::<jiff::Timestamp>().unwrap()
                        + jiff::SignedDuration::from_mins(step as i64 * 5 + 2),
                )
                .await;
            let stands = grants.iter().any(|(begin, length)| *begin <= step && step < begin + length);
            assert_eq!(!holds(&world).await.is_empty(), stands, "seed {seed}, step {step}, {grants:?}");
            if step == 3 {
                world.restart().await;
            }
            world
                .advance_to(
                    "2026-11-25T10:00:00Z".parse::<jiff::Timestamp>().unwrap()
                        + jiff::SignedDuration::from_mins(step as i64 * 5 + 5),
                )
                .await;
        }
        let (made, taken) = acts(&world).await;
        assert_eq!(made, taken, "seed {seed}, {grants:?}");
        world.end().await;
    }
}

#[tokio::test]
async fn whoever_may_not_revoke_there_does_not_learn_who_has_what() {
    let rule = "permit (principal in Group::\"sre\", action == Action::\"access revoke\", resource)";
    let only_dev = policy(&[(rule, &format!("{rule} when {{ resource has env && resource.env == \"dev\" }}"))]);
    let mut world = with(Choices { policy: Some(only_dev), ..choices() }).await;
    world.aws.assigned("bea", "PowerUserAccess", PROD).await;
    let mut said = Vec::new();
    for set in ["PowerUserAccess", "ReadOnlyAccess"] {
        let line = format!("/access revoke --from bea --account shop-prod --permission-set {set}");
        said.push(world.person("ana").asks("ops", &line).await);
    }
    assert_snapshot!(said.join("\n"), @"
    You may not run access revoke. No rule lets anybody run access revoke. Whoever keeps the policy can add one.
    You may not run access revoke. No rule lets anybody run access revoke. Whoever keeps the policy can add one.
    ");
    world.end().await;
}

#[tokio::test]
async fn access_whose_grant_is_ending_is_told_as_such_when_it_is_taken_away() {
    let mut world = world().await;
    let card = granted(&mut world, "--for 2h").await;
    for _ in 0..4 {
        world.aws.revocation_fails("The role is in use").await;
    }
    world.advance("2h").await;
    assert_eq!(holds(&world).await, [BEN], "{}", world.status(&card));
    let line = "/access revoke --from ben --account shop-prod --permission-set PowerUserAccess";
    world.person("ana").asks("ops", line).await;
    let taken = world.slack.channel("shop-ops").expect("CHG-2").await;
    let today: Vec<&str> = taken.plain().lines().filter(|line| line.contains("Today")).collect();
    assert_snapshot!(today.join("\n"), @"2. Today: they still have it through CHG-1, which is ending already.");
    world.advance("2h").await;
    assert!(holds(&world).await.is_empty());
    world.end().await;
}
