//! Wrong input gets one clear sentence; what phones and habits make of a line is understood.

use insta::assert_snapshot;
use standins::slack::{Fault, User};
use standins::world::World;

/// What ana reads when she types a line.
async fn answer(world: &mut World, line: &str) -> String {
    world.person("ana").asks("ops", line).await
}

#[tokio::test]
async fn an_unknown_command_is_answered_with_the_nearest() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds upgarde orders").await, @"I don't know the command rds upgarde. Did you mean rds upgrade?");
    assert_snapshot!(answer(&mut world, "/rds frobnicate").await, @"I don't know the command rds frobnicate. help rds lists what there is.");
    assert_snapshot!(answer(&mut world, "/whomai").await, @"I don't know the command whomai. Did you mean whoami?");
    assert_snapshot!(world.finish().await.audit(), @"
    ana · refused · refused
    ana · refused · refused
    ana · refused · refused
    ");
}

#[tokio::test]
async fn a_capability_alone_shows_its_help() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds").await, @"
    rds
    /rds list — Lists databases over all accounts and regions, with version and end of support
    /rds show — Shows everything about one database
    /rds targets — Shows what a database can be upgraded to, and what AWS recommends
    /rds events — Shows what AWS says happened to a database
    /rds upgrade — Upgrades a database to another version, after a snapshot
    /help COMMAND explains one of them. What you may not run is left out; can me … says why.
    ");
    assert_snapshot!(answer(&mut world, "/rds upgrade --help").await, @"
    /rds upgrade — Upgrades a database to another version, after a snapshot. It changes something, so it is recorded and may need approval.
    Usage: /rds upgrade [OPTIONS] --to <VERSION> <ID>
    Arguments
    ID — The database: its name, name@account, or ARN
    --to VERSION — The version to upgrade to; rds targets shows which
    --at TIME — When to start: sat 02:00, tomorrow 3pm Asia/Taipei, in 2 hours; as soon as it may if left out
    --window — Start when the database's own maintenance window opens next
    --strategy STRATEGY — How it is done
    --class CLASS — An instance class to change to on the way, such as db.r7g.large
    --parameter-group GROUP — A parameter group for the new version; major upgrades away from a group of your own need one
    --reason WHY — Why, for the card and the audit log
    --emergency — Break the glass: at once, without approval, through freezes; reviewed later
    May you run it?
    • in prod of shop and prod of media: yes, after 1 approval of dba (rule upgrade-prod). Bea Ode or Ben Chen could approve.
    • in staging of shop: yes, after 1 approval of sre (rule upgrade-staging). Too few people could approve that now, so it would be refused.
    ");
    world.finish().await;
}

#[tokio::test]
async fn missing_arguments_are_named_where_no_form_can_open() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "@watchkeeper rds upgrade orders").await;
    assert_snapshot!(world.person("ana").reads("rds upgrade").await.plain(), @"rds upgrade still needs --to VERSION. help rds upgrade shows how it goes.");
    world.person("ana").types("ops", "@watchkeeper rds upgrade").await;
    assert_snapshot!(world.person("ana").reads("rds upgrade").await.plain(), @"rds upgrade still needs ID and --to VERSION. help rds upgrade shows how it goes.");
    world.finish().await;
}

#[tokio::test]
async fn a_malformed_argument_says_what_it_takes() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/change show 17x").await, @"17x does not fit ID: “17x” is not the id of a change; they look like CHG-1042.");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at 'next friday'").await, @"next friday does not fit --at: people read that in two ways; give a day and an hour, such as sat 02:00.");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at sometime").await, @"sometime does not fit --at: I can't read the hour; try sat 02:00, tomorrow 3pm, in 2 hours or 2026-11-28 02:00 UTC.");
    assert_snapshot!(answer(&mut world, "/rds list --page 0").await, @"0 does not fit --page: it takes a number from 1 to 1000.");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at 'sat 02:00' --window").await, @"--at can't be combined with --window.");
    assert_snapshot!(answer(&mut world, "/change list --waiting --running").await, @"--waiting can't be combined with --running.");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to").await, @"--to needs a value.");
    world.finish().await;
}

#[tokio::test]
async fn an_unknown_flag_and_a_word_too_many_are_named() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --tp 8.0.40").await, @"rds upgrade has no --tp. Did you mean --to?");
    assert_snapshot!(answer(&mut world, "/rds list --colour red").await, @"rds list has no --colour. help rds list shows what it takes.");
    assert_snapshot!(answer(&mut world, "/rds show orders users").await, @"users is a word too many for rds show. help rds show shows what it takes.");
    world.finish().await;
}

#[tokio::test]
async fn an_unknown_database_is_answered_with_the_nearest() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("orders-archive", "mysql", "8.0.35").account("777788889999").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade ordres --to 8.0.40").await, @"There is no database ordres. Did you mean orders or orders-archive?");
    assert_snapshot!(answer(&mut world, "/rds show nothing-like-it").await, @"There is no database nothing-like-it. rds list shows those you may see.");
    assert_snapshot!(answer(&mut world, "/rds show orders@shop").await, @"I look after no account called shop. The ones I know are shop-prod, shop-staging and media-prod.");
    world.finish().await;
}

#[tokio::test]
async fn a_name_in_two_accounts_is_asked_about() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.aws.database("orders", "mysql", "8.0.36").account("444455556666").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40").await, @"There are 2 databases called orders. Which one: orders@shop-prod or orders@shop-staging?");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders@shop-prod --to 8.0.40").await, @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    world.end().await;
}

#[tokio::test]
async fn an_invalid_target_is_answered_with_the_valid_ones() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.44").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 9.9").await, @"orders runs 8.0.44 and can't be upgraded to 9.9. It can be upgraded to 8.0.46, 8.0.45, 8.4.9, 8.4.8, 8.4.7, 8.4.6, 8.4.5, 8.4.4 or 8.4.3.");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40").await, @"orders runs 8.0.44, and AWS can't take a database back to 8.0.40: that takes restoring a snapshot. It can be upgraded to 8.0.46, 8.0.45, 8.4.9, 8.4.8, 8.4.7, 8.4.6, 8.4.5, 8.4.4 or 8.4.3.");
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.44").await, @"orders already runs mysql 8.0.44. There is nothing to do.");
    world.finish().await;
}

#[tokio::test]
async fn a_quote_that_never_closes_is_named() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders --to 8.0.40 --at \"sat 02:00").await, @"A quote is opened and never closed. Close it, or leave it out.");
    world.finish().await;
}

#[tokio::test]
async fn dashes_and_quotes_of_phones_are_understood() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    assert_snapshot!(answer(&mut world, "/rds upgrade orders —to 8.0.40 —at “sat 02:00”").await, @"CHG-1 waits for 1 approval of dba. Its card is in #shop-ops.");
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    assert!(card.plain().contains("Starts Nov 28, 2026 1:00 AM"), "{}", card.plain());
    world.end().await;
}

#[tokio::test]
async fn capital_letters_and_extra_spaces_do_not_matter() {
    let mut world = World::start().await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "@watchkeeper  Rds   Show  Orders ").await;
    let shown = world.person("ana").reads("orders").await;
    assert!(shown.plain().contains("8.0.35"), "{}", shown.plain());
    world.finish().await;
}

#[tokio::test]
async fn people_can_be_mentioned() {
    let mut world = World::start().await;
    // The bot knows ben's account once it has met him.
    world.person("ben").asks("dba", "/whoami").await;
    world.person("ana").types("ops", "@watchkeeper can @ben rds upgrade orders").await;
    assert_snapshot!(world.person("ana").reads("Ben Chen").await.plain(), @"
    Ben Chen may run rds upgrade on orders:
    • in prod of shop and prod of media: yes, after 1 approval of dba (rule upgrade-prod). Bea Ode could approve.
    • in staging of shop: No rule permits it. People in sre may run it. Ask Ana Ruiz.
    ");
    assert_snapshot!(answer(&mut world, "/can @nobody rds list").await, @"I don't know @nobody. People are known by what stands in people.toml.");
    world.finish().await;
}

#[tokio::test]
async fn a_person_the_bot_has_not_met_can_be_mentioned() {
    let mut world = World::start().await;
    world.person("ana").types("ops", "@watchkeeper can @ben rds upgrade orders").await;
    assert_snapshot!(world.person("ana").reads("Ben Chen").await.plain(), @"
    Ben Chen may run rds upgrade on orders:
    • in prod of shop and prod of media: yes, after 1 approval of dba (rule upgrade-prod). Bea Ode could approve.
    • in staging of shop: No rule permits it. People in sre may run it. Ask Ana Ruiz.
    ");
    world.finish().await;
}

#[tokio::test]
async fn a_change_that_does_not_exist_is_named() {
    let mut world = World::start().await;
    assert_snapshot!(answer(&mut world, "/change show CHG-99").await, @"There is no CHG-99. change list shows those there are.");
    assert_snapshot!(answer(&mut world, "/change approve 99").await, @"There is no CHG-99. change list shows those there are.");
    world.finish().await;
}

#[tokio::test]
async fn a_line_that_is_too_long_is_refused_by_its_length() {
    let mut world = World::start().await;
    let line = format!("@watchkeeper rds list --reason {}", "話".repeat(39_000));
    world.person("ana").types("ops", &line).await;
    assert_snapshot!(world.person("ana").reads("letters").await.plain(), @"That has 39018 letters, and I read 10000 at most. Nothing was done. Say it in fewer.");
    world.finish().await;
}

#[tokio::test]
async fn people_of_another_company_are_not_ours_whatever_their_address() {
    let mut world = World::start().await;
    world.slack.add_person(User::named("mallory").with_email("ana@example.com").of_team("T0000000099"));
    world.slack.add_person(User::named("anna").with_email("ana@example.com").unconfirmed());
    let elsewhere = User::named("eve").with_email("ben@example.com").of_team("T0000000099").of_enterprise("E0000000099");
    world.slack.add_person(elsewhere);
    for name in ["mallory", "anna", "eve"] {
        world.slack.person(name).joins("ops").await;
    }
    assert_snapshot!(world.person("mallory").asks("ops", "/rds list").await, @"Guests can't use Watchkeeper. Ask a colleague to do it for you.");
    assert_snapshot!(world.person("eve").asks("ops", "/rds list").await, @"Guests can't use Watchkeeper. Ask a colleague to do it for you.");
    assert_snapshot!(world.person("anna").asks("ops", "/rds list").await, @"I don't know whose account this is yet. If I know you elsewhere, say “link” to me there: it gives you a code to say here. If I don't, ask whoever looks after Watchkeeper for a code.");
    let card = world.upgrade("").await;
    world.slack.person("eve").joins("shop-ops").await;
    world.person("eve").reacts("white_check_mark", &card).await;
    assert!(world.status(&card).contains("Waits for 1 approval"), "{}", world.status(&card));
    world.end().await;
}

#[tokio::test]
async fn until_slack_says_whose_workspace_it_is_nobody_is_known() {
    let mut world = World::start().await;
    world.stop().await;
    world.slack.fail_all("auth.test", Fault::Status(500));
    world.revive().await;
    assert_snapshot!(world.person("ana").asks("ops", "/whoami").await, @"I can't look up who you are right now, so I did nothing. Try again in a minute.");
    world.slack.heal();
    assert!(world.person("ana").asks("ops", "/whoami").await.contains("Ana Ruiz"));
    world.end().await;
}

#[tokio::test]
async fn strangers_and_guests_are_told_whom_to_ask() {
    let mut world = World::start().await;
    assert_snapshot!(world.person("stranger").asks("ops", "/rds list").await, @"I don't know you yet. Ask whoever looks after Watchkeeper to add you to people.toml with the e-mail address of this account.");
    assert_snapshot!(world.person("guest").asks("ops", "/rds list").await, @"Guests can't use Watchkeeper. Ask a colleague to do it for you.");
    assert_snapshot!(world.finish().await.audit(), @"
    refused · refused
    refused · refused
    ");
}
