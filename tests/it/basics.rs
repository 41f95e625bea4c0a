//! The bot answers: help, whoami, in channels, by mention and in direct messages.

use insta::assert_snapshot;
use standins::world::World;

#[tokio::test]
async fn somebody_asks_who_they_are() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("ana").asks("ops", "/whoami").await, @"
    Name Ana Ruiz (@ana)
    Groups sre
    E-mail ana@example.com
    Accounts slack:U0000000ANA (by e-mail address)
    Time zone Europe/Berlin, where it is Wed 11:00
    You may ask access user list, access user show, access group list, access group show, access permission-set list, access permission-set show, access who, access of, access mine, access sign-out, access rows, access drift, rds list, rds show, rds targets, rds events, ecs services, ecs status, ecs deployments, ecs failing, alert list, alert show, alert mine, alert missed, oncall who, oncall list, change list, change show, change freeze list, audit search, audit show, audit verify, help, whoami, can
    You may change access user create, access user update, access user delete, access group create, access group delete, access group add, access group remove, access grant, access revoke, access done, access extend, access onboard, access offboard, access review, access keep, access drop, rds upgrade, ecs watch, ecs rollback, ecs stop, ecs continue, alert ack, alert unack, alert resolve, alert silence, alert escalate, alert note, oncall override, oncall end-override, oncall swap, oncall accept, oncall decline, change review, change approve, change reject, change cancel, change reschedule, change sign-off, change freeze start, change freeze stop, link, unlink
    help says what each does, can me … where and after which approval.
    ");
    assert_snapshot!(world.finish().await.audit(), @"
    ana · asked · whoami · person
    ana · answered · whoami · person · answered
    ");
}

#[tokio::test]
async fn help_shows_what_you_may_run_and_nothing_else() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("ana").asks("ops", "/help").await, @"
    Here is what you can run:
    access
    /access user list — Lists the users of IAM Identity Center
    /access user show — Shows a user: their groups, what they are assigned, the last change by me
    /access user create — Creates a user in IAM Identity Center, in groups where some are given
    /access user update — Changes a user of IAM Identity Center, or lets them sign in or not
    /access user delete — Deletes a user with everything they are assigned and all their memberships
    /access group list — Lists the groups of IAM Identity Center
    /access group show — Shows a group: its members, what it is assigned, the last change by me
    /access group create — Creates a group in IAM Identity Center, with nobody in it
    /access group delete — Deletes a group with everything it is assigned; its members stay users
    /access group add — Puts people into a group; several at once, one step a person
    /access group remove — Takes people out of a group; several at once, one step a person
    /access permission-set list — Lists the permission sets of IAM Identity Center
    /access permission-set show — Shows a permission set: its policies, how long sessions last, where it is provisioned
    /access who — Lists who has access to an account: through what, until when, given by whom
    /access of — Lists what somebody has access to: accounts and permission sets, through what, until when
    /access mine — Lists what you have access to yourself; with --portal as the AWS access portal shows it
    /access sign-out — Ends your sign-in to the AWS access portal, here and at AWS
    /access grant — Gives somebody access to an account, for a while or for good
    /access revoke — Takes access to an account away, whoever gave it
    /access done — Hands access back before its time is up
    /access extend — Lets access stand longer than it was given for
    /access onboard — Creates people, one or hundreds, with the groups and the access of somebody like them or of a profile
    /access offboard — Takes everything from somebody: grants, assignments, groups; then disables the user, or deletes it
    /access review — Has people go through who has access to an account, or who is in a group, and removes what they say
    /access rows — Goes through the rows of a review of access: who has what, and whether they should keep it
    /access keep — Says that rows of a review stay: that access is still needed
    /access drop — Says that rows of a review go: they are removed when it ends
    /access drift — Shows assignments that neither I made nor the configuration declares, and declared ones that are missing
    rds
    /rds list — Lists databases over all accounts and regions, with version and end of support
    /rds show — Shows everything about one database
    /rds targets — Shows what a database can be upgraded to, and what AWS recommends
    /rds events — Shows what AWS says happened to a database
    /rds upgrade — Upgrades a database to another version, after a snapshot
    ecs
    /ecs services — Lists services over all accounts, regions and clusters, with their tasks and what deploys them
    /ecs status — Shows one service: its tasks, its deployment as a picture, and what happened lately
    /ecs deployments — Lists deployments that are under way, whichever way they are carried out
    /ecs watch — Shows the deployment of a service here too, from now to its end: the one under way, or the next one within a day
    /ecs failing — Lists services whose tasks keep dying, with what they die of and how often
    /ecs rollback — Takes back a deployment that is under way: what ran before gets the traffic again
    /ecs stop — Stops a deployment of CodeDeploy where it stands, without taking it back
    /ecs continue — Answers a deployment that waits at a gate: approved it goes on, rejected it is taken back
    alert
    /alert list — List alerts, the worst and newest first; those that are not over unless you say otherwise
    /alert show — Show an alert: how it stands, what was done and by whom, its labels
    /alert mine — List the alerts you took or silenced, and those that were brought to you and nobody has taken
    /alert missed — List the alerts that were brought to you and that you did not take
    /alert ack — Take alerts: you work on them, and nobody else is told meanwhile; the same as reacting 👀
    /alert unack — Give alerts back, or end their silence: they climb again until somebody takes them
    /alert resolve — Call alerts over; the same as reacting ✅
    /alert silence — Hear nothing of alerts for a while; the same as reacting 🔕
    /alert escalate — Bring alerts to whoever comes next in their escalation policy, now
    /alert note — Write down what was found or done; on an alert that is over: how it was fixed
    oncall
    /oncall who — Say who is on call now, and who comes next
    /oncall list — List who is on call in the coming days
    /oncall override — Let somebody stand in for whoever is on call for a while
    /oncall end-override — End an override, or take it back before it begins
    /oncall swap — Offer somebody to swap shifts; nothing changes until they accept
    /oncall accept — Accept a swap of shifts that you were offered
    /oncall decline — Decline a swap of shifts, or take your own offer back
    change
    /change list — List changes, the newest first
    /change show — Show a change: its exact plan, API calls and parameters, votes, steps and digest
    /change review — Open the details of a change that waits, and tell the others that you are looking at it
    /change approve — Approve a change; the same as reacting ✅ to its card
    /change reject — Reject a change, which ends it; the same as reacting ❌ to its card
    /change cancel — Take a change back before it starts
    /change reschedule — Give a change another start; approvals for the old one become void
    /change sign-off — Say that you have reviewed a change for which somebody broke the glass
    /change freeze start — Call a freeze: no change of the project starts until it ends; a running step finishes
    /change freeze stop — Lift a freeze before its end
    /change freeze list — List the freezes that hold now
    audit
    /audit search — Search the audit log, the newest first
    /audit show — Show one entry of the audit log whole
    /audit verify — Walk the whole audit log and say whether anything was altered or removed
    general
    /help — What you can run here, and how
    /whoami — Who you are to me: your groups, your time zone and what you may run
    /can — Why somebody may or may not run something: the rule, where it holds, and who would have to approve
    /link — Make another chat account yours too, with a code that works once
    /unlink — Give up a chat account that was linked by a code
    /help COMMAND explains one of them. What you may not run is left out; can me … says why.
    ");
    assert_snapshot!(world.person("dev").asks("ops", "/help").await, @"
    Here is what you can run:
    access
    /access user list — Lists the users of IAM Identity Center
    /access user show — Shows a user: their groups, what they are assigned, the last change by me
    /access group list — Lists the groups of IAM Identity Center
    /access group show — Shows a group: its members, what it is assigned, the last change by me
    /access permission-set list — Lists the permission sets of IAM Identity Center
    /access permission-set show — Shows a permission set: its policies, how long sessions last, where it is provisioned
    /access mine — Lists what you have access to yourself; with --portal as the AWS access portal shows it
    /access sign-out — Ends your sign-in to the AWS access portal, here and at AWS
    /access grant — Gives somebody access to an account, for a while or for good
    /access done — Hands access back before its time is up
    /access extend — Lets access stand longer than it was given for
    rds
    /rds list — Lists databases over all accounts and regions, with version and end of support
    /rds show — Shows everything about one database
    /rds targets — Shows what a database can be upgraded to, and what AWS recommends
    /rds events — Shows what AWS says happened to a database
    ecs
    /ecs services — Lists services over all accounts, regions and clusters, with their tasks and what deploys them
    /ecs status — Shows one service: its tasks, its deployment as a picture, and what happened lately
    /ecs deployments — Lists deployments that are under way, whichever way they are carried out
    /ecs watch — Shows the deployment of a service here too, from now to its end: the one under way, or the next one within a day
    /ecs failing — Lists services whose tasks keep dying, with what they die of and how often
    alert
    /alert list — List alerts, the worst and newest first; those that are not over unless you say otherwise
    /alert show — Show an alert: how it stands, what was done and by whom, its labels
    /alert mine — List the alerts you took or silenced, and those that were brought to you and nobody has taken
    /alert missed — List the alerts that were brought to you and that you did not take
    oncall
    /oncall who — Say who is on call now, and who comes next
    /oncall list — List who is on call in the coming days
    /oncall swap — Offer somebody to swap shifts; nothing changes until they accept
    /oncall accept — Accept a swap of shifts that you were offered
    /oncall decline — Decline a swap of shifts, or take your own offer back
    change
    /change list — List changes, the newest first
    /change show — Show a change: its exact plan, API calls and parameters, votes, steps and digest
    /change review — Open the details of a change that waits, and tell the others that you are looking at it
    /change cancel — Take a change back before it starts
    /change reschedule — Give a change another start; approvals for the old one become void
    /change freeze list — List the freezes that hold now
    general
    /help — What you can run here, and how
    /whoami — Who you are to me: your groups, your time zone and what you may run
    /can — Why somebody may or may not run something: the rule, where it holds, and who would have to approve
    /link — Make another chat account yours too, with a code that works once
    /unlink — Give up a chat account that was linked by a code
    /help COMMAND explains one of them. What you may not run is left out; can me … says why.
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_mention_works_like_a_slash_command() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "hey @watchkeeper: rds upgrade orders --to 8.0.40").await;
    assert_snapshot!(world.person("ana").reads("CHG-1").await.plain(), @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.advance("2h").await;
    assert_eq!(world.aws.version("orders").await, "8.0.40");
    world.end().await;
}

#[tokio::test]
async fn a_direct_message_works_like_a_slash_command() {
    let mut world = World::start().await;
    world.person("ana").types("@watchkeeper", "can me rds upgrade orders").await;
    let answer = world.person("ana").reads("Ana Ruiz").await;
    assert_snapshot!(answer.plain(), @"
    Ana Ruiz may run rds upgrade on orders:
    • in prod of shop and prod of media: yes, after 1 approval of dba (rule upgrade-prod). Bea Ode or Ben Chen could approve.
    • in staging of shop: yes, after 1 approval of sre (rule upgrade-staging). Too few people could approve that now, so it would be refused.
    ");
    world.person("ana").types("@watchkeeper", "thanks!").await;
    assert_snapshot!(world.person("ana").reads("thanks").await.plain(), @"I don't know the command thanks!. help lists what you can run.");
    world.finish().await;
}

#[tokio::test]
async fn talk_that_is_not_meant_for_the_bot_is_left_alone() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "rds upgrade orders --to 8.0.40, shall we?").await;
    assert_eq!(world.finish().await.audit(), "");
}

#[tokio::test]
async fn an_answer_can_be_shared_with_the_channel() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "/rds list --share").await;
    let shared = world.slack.channel("ops").expect("orders").await;
    assert_snapshot!(shared.plain(), @"
    1 database

    Database  Version       Belongs to  Account    Support
    orders    mysql 8.0.35  shop/prod   shop-prod  extended to 2029-07-31
    ");
    assert_eq!(world.slack.ephemerals("ana").len(), 0);
    world.person("ana").types("ops", "@watchkeeper rds targets nothing --share").await;
    assert_snapshot!(world.person("ana").reads("nothing").await.plain(), @"There is no database nothing. rds list shows those you may see.");
    world.finish().await;
}
