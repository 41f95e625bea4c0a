//! Who is who where people come from IAM Identity Center: matched once by e-mail address, by their user from then on.

use insta::assert_snapshot;
use serde_json::json;
use standins::aws::Fault;
use standins::slack::User;
use standins::world::{Choices, IDENTITY_CENTER, World, policy};

const LATER: &str = "--at 'sat 02:00'";

/// A world with an Identity Center in which nobody is.
async fn with_center() -> World {
    World::with(Choices { config: IDENTITY_CENTER.to_owned(), ..Choices::default() }).await
}

/// Two administrators have to approve.
async fn with_quorum() -> World {
    let policy = policy(&[("@approvals(\"1\")\n@approvers(\"dba\")", "@approvals(\"2\")\n@approvers(\"dba\")")]);
    World::with(Choices { config: IDENTITY_CENTER.to_owned(), policy: Some(policy), ..Choices::default() }).await
}

/// Sam Rivers, who is in Identity Center alone and uses the account `stranger`, in these groups.
async fn sam(world: &mut World, groups: &[&str]) {
    for group in groups {
        world.aws.group(group).await;
    }
    world.aws.user("Sam.Rivers", "stranger@example.com").named("Sam", "Rivers").groups(groups).await;
    world.restart().await;
}

/// The first three lines of `/whoami`, or the only one.
async fn whoami(world: &mut World, name: &str) -> String {
    let said = world.person(name).asks("ops", "/whoami").await;
    said.lines().take(3).collect::<Vec<_>>().join("\n")
}

/// Sees what AWS has now.
async fn refreshed(world: &mut World) {
    world.advance("1h").await;
}

#[tokio::test]
async fn somebody_is_matched_by_email_once_and_by_their_user_from_then_on() {
    let mut world = with_center().await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"I don't know you yet. Ask for a user in IAM Identity Center with the e-mail address of this account, or ask whoever looks after Watchkeeper to add you to people.toml.");
    sam(&mut world, &["dba"]).await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"
    Name Sam Rivers (@sam.rivers)
    Groups dba (IAM Identity Center, as of just now)
    E-mail stranger@example.com
    ");
    world.slack.change_person("stranger", |user| user.email = Some("sam.new@example.com".to_owned()));
    let moved = json!({ "Emails": [{ "Value": "sam@elsewhere.example.com", "Primary": true }] });
    world.aws.alter_user("Sam.Rivers", moved).await;
    refreshed(&mut world).await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"
    Name Sam Rivers (@sam.rivers)
    Groups dba (IAM Identity Center, as of just now)
    E-mail sam@elsewhere.example.com
    ");
    world.restart().await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"
    Name Sam Rivers (@sam.rivers)
    Groups dba (IAM Identity Center, as of just now)
    E-mail sam@elsewhere.example.com
    ");
    assert_snapshot!(world.audit("matched").await, @"sam.rivers · matched · person sam.rivers");
    world.end().await;
}

#[tokio::test]
async fn somebody_in_both_is_one_person_with_the_groups_of_both() {
    let mut world = with_center().await;
    world.aws.group("dba").await;
    world.aws.group("wheel").await;
    world.aws.user("ana.ruiz", "ana@example.com").groups(&["dba", "wheel"]).await;
    world.aws.user("b.ode", "beatrice@example.com").groups(&["dba"]).await;
    let people = world.people().replace("id = \"bea\"", "id = \"bea\"\nidentity = \"B.Ode\"");
    world.writes("people.toml", &people);
    world.restart().await;
    assert_snapshot!(whoami(&mut world, "ana").await, @"
    Name Ana Ruiz (@ana)
    Groups sre (people.toml), dba (IAM Identity Center, as of just now)
    E-mail ana@example.com
    ");
    assert_snapshot!(whoami(&mut world, "bea").await, @"
    Name Bea Ode (@bea)
    Groups dba (people.toml), dba (IAM Identity Center, as of just now)
    E-mail bea@example.com
    ");
    assert_snapshot!(whoami(&mut world, "ben").await, @"
    Name Ben Chen (@ben)
    Groups dba
    E-mail ben@example.com
    ");
    world.advance("20m").await;
    assert!(whoami(&mut world, "ana").await.contains("as of 20 min ago"));
    world.end().await;
}

#[tokio::test]
async fn whoever_is_disabled_or_deleted_in_identity_center_is_a_stranger() {
    let mut world = with_center().await;
    world.aws.user("ana.ruiz", "ana@example.com").await;
    sam(&mut world, &["dba"]).await;
    whoami(&mut world, "stranger").await;
    world.aws.alter_user("Sam.Rivers", json!({ "UserStatus": "DISABLED" })).await;
    world.aws.alter_user("ana.ruiz", json!({ "UserStatus": "DISABLED" })).await;
    refreshed(&mut world).await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"Your user in IAM Identity Center is disabled, so I do nothing for you. If that is a mistake, ask whoever looks after Identity Center to enable it; I notice by myself.");
    assert_snapshot!(whoami(&mut world, "ana").await, @"Your user in IAM Identity Center is disabled, so I do nothing for you. If that is a mistake, ask whoever looks after Identity Center to enable it; I notice by myself.");
    world.aws.alter_user("Sam.Rivers", json!({ "UserStatus": "ENABLED" })).await;
    refreshed(&mut world).await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"
    Name Sam Rivers (@sam.rivers)
    Groups dba (IAM Identity Center, as of just now)
    E-mail stranger@example.com
    ");
    world.aws.remove_principal("Sam.Rivers").await;
    refreshed(&mut world).await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"Your user in IAM Identity Center was deleted, so I do nothing for you. If you have a new one, ask whoever looks after Watchkeeper to write it and this account down in people.toml.");
    world.restart().await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"Your user in IAM Identity Center was deleted, so I do nothing for you. If you have a new one, ask whoever looks after Watchkeeper to write it and this account down in people.toml.");
    world.end().await;
}

#[tokio::test]
async fn whoever_takes_over_an_address_and_a_user_name_is_somebody_else() {
    let mut world = with_center().await;
    sam(&mut world, &["dba"]).await;
    whoami(&mut world, "stranger").await;
    world.slack.change_person("stranger", |user| user.email = Some("sam.old@example.com".to_owned()));
    world.slack.add_person(User::named("newcomer").with_email("stranger@example.com"));
    world.slack.person("newcomer").joins("ops").await;
    world.advance("6m").await;
    assert_snapshot!(whoami(&mut world, "newcomer").await, @"The e-mail address of this account belongs to somebody who uses another account here. If that is you, say “link” to me with that one: it gives you a code to say here. If you have lost it, ask whoever looks after Watchkeeper for a code.");
    world.aws.remove_principal("Sam.Rivers").await;
    world.aws.user("Sam.Rivers", "stranger@example.com").named("Samuel", "Rivers").await;
    refreshed(&mut world).await;
    assert_snapshot!(whoami(&mut world, "newcomer").await, @"
    Name Samuel Rivers (@sam.rivers-2)
    Groups none (IAM Identity Center, as of 6 min ago)
    E-mail stranger@example.com
    ");
    assert_snapshot!(whoami(&mut world, "stranger").await, @"Your user in IAM Identity Center was deleted, so I do nothing for you. If you have a new one, ask whoever looks after Watchkeeper to write it and this account down in people.toml.");
    assert_snapshot!(world.audit("matched").await, @"
    sam.rivers · matched · person sam.rivers
    sam.rivers-2 · matched · person sam.rivers-2
    ");
    world.end().await;
}

#[tokio::test]
async fn groups_in_identity_center_make_approvers_as_soon_as_they_are_read() {
    let mut world = with_quorum().await;
    sam(&mut world, &[]).await;
    world.aws.group("dba").await;
    let card = world.upgrade(LATER).await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.person("stranger").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.person("stranger").reads("does not count").await.plain(), @"Your vote on CHG-1 does not count. This needs somebody of the group dba, which you are not in.");
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    world.aws.member("Sam.Rivers", "dba").await;
    refreshed(&mut world).await;
    assert_snapshot!(world.status(&card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    world.end().await;
}

#[tokio::test]
async fn whoever_leaves_a_group_in_identity_center_no_longer_counts() {
    let mut world = with_quorum().await;
    sam(&mut world, &["dba"]).await;
    let card = world.upgrade(LATER).await;
    world.person("stranger").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    world.aws.no_member("Sam.Rivers", "dba").await;
    refreshed(&mut world).await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba until today 6:00 PM.");
    world.person("ben").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.status(&card), @"⏳ Waits for 2 approvals of dba (1 so far) until today 6:00 PM.");
    world.end().await;
}

#[tokio::test]
async fn a_group_that_is_not_listed_gives_nothing_whatever_its_name() {
    let mut world = with_center().await;
    sam(&mut world, &["auditors"]).await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"
    Name Sam Rivers (@sam.rivers)
    Groups none (IAM Identity Center, as of just now)
    E-mail stranger@example.com
    ");
    assert_snapshot!(world.person("stranger").asks("ops", "/audit search").await, @"You may not run audit search. No rule permits it. People in auditors or sre may run it. Ask Ana Ruiz or Aud Lie.");
    world.end().await;
}

#[tokio::test]
async fn a_start_while_aws_is_away_knows_everybody_who_was_known() {
    let mut world = with_center().await;
    sam(&mut world, &["dba"]).await;
    whoami(&mut world, "stranger").await;
    let card = world.upgrade(LATER).await;
    world.stop().await;
    world.aws.fault(Fault::down()).await;
    world.revive().await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"
    Name Sam Rivers (@sam.rivers)
    Groups dba (IAM Identity Center, as of just now)
    E-mail stranger@example.com
    ");
    world.person("stranger").reacts("white_check_mark", &card).await;
    assert_snapshot!(world.status(&card), @"🗓️ Approved. Starts Nov 28, 2026 1:00 AM.");
    assert_snapshot!(health(&world).await, @"200 1 user of Identity Center, as of just now; reading them again went wrong: AWS gave no answer while I was opening a session in identity. Nothing was changed. This usually passes within minutes.");
    world.aws.clear_faults().await;
    world.advance("2m").await;
    assert_snapshot!(health(&world).await, @"200 1 user of Identity Center, as of 1 min ago");
    world.end().await;
}

#[tokio::test]
async fn before_identity_center_was_ever_read_people_toml_counts_and_nothing_is_voided() {
    let mut world = with_center().await;
    sam(&mut world, &["sre", "dba"]).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("stranger").asks("ops", "/rds upgrade orders --to 8.0.40 --at 'today 12:00'").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    // What is known of one Identity Center says nothing about another.
    let path = world.folder().join("watchkeeper.toml");
    let config = std::fs::read_to_string(&path).unwrap();
    world.stop().await;
    world.writes(
        "watchkeeper.toml",
        &config.replace(
            "region = \"eu-west-1\"\nrole = \"arn:aws:iam::888877776666",
            "region = \"eu-north-1\"\nrole = \"arn:aws:iam::888877776666",
        ),
    );
    world.aws.fault(Fault::down()).await;
    world.revive().await;
    assert_snapshot!(whoami(&mut world, "ana").await, @"
    Name Ana Ruiz (@ana)
    Groups sre
    E-mail ana@example.com
    ");
    assert_snapshot!(whoami(&mut world, "stranger").await, @"I could not read the people of IAM Identity Center yet, so I don't know who you are. Nothing was done. Try again in a few minutes.");
    assert_snapshot!(health(&world).await, @"503 the people of Identity Center were never read yet: AWS gave no answer while I was opening a session in identity. Nothing was changed. This usually passes within minutes.");
    world.advance("2h 1m").await;
    assert_snapshot!(world.status(&card), @"⏸️ Held. It was to start today 12:00 PM.");
    world.stop().await;
    world.aws.clear_faults().await;
    world.writes("watchkeeper.toml", &config);
    world.revive().await;
    world.advance("10m").await;
    assert_snapshot!(world.status(&card), @"▶️ Running since today 12:05 PM.");
    world.end().await;
}

#[tokio::test]
async fn people_without_a_written_account_are_still_mentioned_after_a_restart() {
    let mut world = World::start().await;
    let card = world.upgrade(LATER).await;
    world.restart().await;
    world.person("ben").reacts("white_check_mark", &card).await;
    let card = world.slack.channel("shop-ops").again(&card).unwrap().body().to_string();
    assert!(card.contains("<@U0000000ANA>"), "{card}");
    world.end().await;
}

#[tokio::test]
async fn five_thousand_users_are_read_kept_and_loaded() {
    let mut world = with_center().await;
    world.aws.crowd(5_000, 40).await;
    sam(&mut world, &["dba"]).await;
    world.stop().await;
    world.aws.fault(Fault::down()).await;
    world.revive().await;
    assert_snapshot!(whoami(&mut world, "stranger").await, @"
    Name Sam Rivers (@sam.rivers)
    Groups dba (IAM Identity Center, as of just now)
    E-mail stranger@example.com
    ");
    assert!(health(&world).await.contains("5001 users"), "{}", health(&world).await);
    world.aws.clear_faults().await;
    world.end().await;
}

/// What `/health/ready` says of the directory.
async fn health(world: &World) -> String {
    let answer = reqwest::get(format!("{}/health/ready", world.bot_url())).await.unwrap();
    let (status, parts) = (answer.status(), answer.json::<serde_json::Value>().await.unwrap());
    format!("{} {}", status.as_u16(), parts["directory"]["words"].as_str().unwrap())
}
