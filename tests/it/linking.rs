//! An account that nobody knows becomes somebody's by a code: once, for a quarter of an hour, for one person.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use standins::slack::User;
use standins::world::{Chat, Chats, Choices, IDENTITY_CENTER, World, at_every_commit};

/// A world with `anna`, an account whose e-mail address nobody vouches for.
async fn with_anna() -> World {
    with(Choices::default(), &["anna"]).await
}

async fn with(choices: Choices, names: &[&str]) -> World {
    let world = World::with(choices).await;
    for name in names {
        world.slack.add_person(User::named(name).without_email());
        world.slack.person(name).joins("ops").await;
    }
    world
}

/// The code in an answer.
fn code(said: &str) -> String {
    let found = said.split_whitespace().find(|word| word.len() == 14 && word.matches('-').count() == 2);
    found.unwrap_or_else(|| panic!("no code in {said:?}")).to_owned()
}

/// A code that somebody is given for a line.
async fn given(world: &mut World, name: &str, line: &str) -> String {
    code(&world.person(name).asks("ops", line).await)
}

/// The lines of `/whoami` that say who it is.
async fn whoami(world: &mut World, name: &str) -> String {
    let said = world.person(name).asks("ops", "/whoami").await;
    said.lines().take(4).collect::<Vec<_>>().join("\n")
}

const WRONG: &str = "That code links nothing: it is wrong, was used, or is too old. Nothing was changed. Say link where I know \
                     you: it gives you a new one, good for 15 minutes.";

#[tokio::test]
async fn an_account_is_linked_by_a_code_and_given_up_again() {
    let mut world = with_anna().await;
    assert_snapshot!(whoami(&mut world, "anna").await, @"I don't know whose account this is yet. If I know you elsewhere, say “link” to me there: it gives you a code to say here. If I don't, ask whoever looks after Watchkeeper for a code.");
    let said = world.person("ana").asks("ops", "/link").await;
    let code = code(&said);
    assert_snapshot!(said.replace(&code, "(code)"), @"Write link (code) to me with your other account: as a command or in a direct message. It works once, within 15 min. Whoever does that is you to me, so show it to nobody.");
    assert_snapshot!(world.person("anna").asks("ops", &format!("/link {code}")).await, @"🔗 This account is yours now: you are Ana Ruiz (@ana). whoami says what I know of you, unlink gives the account up.");
    assert_snapshot!(world.person("ana").reads("takes the place").await.plain(), @"🔗 The account slack:U000000ANNA (anna) takes the place of this one: it was linked by a code of Ana Ruiz, so I no longer know this one. If that is not meant to be, tell whoever looks after Watchkeeper at once.");
    assert_snapshot!(whoami(&mut world, "anna").await, @"
    Name Ana Ruiz (@ana)
    Groups sre
    E-mail ana@example.com
    Accounts slack:U000000ANNA (linked by a code)
    ");
    assert_snapshot!(whoami(&mut world, "ana").await, @"The e-mail address of this account belongs to somebody who uses another account here. If that is you, say “link” to me with that one: it gives you a code to say here. If you have lost it, ask whoever looks after Watchkeeper for a code.");
    world.restart().await;
    assert_snapshot!(world.person("anna").asks("ops", "/link ABCD-EFGH-JKMN").await, @"I know this account already: you are Ana Ruiz. A code is for an account that I don't know. Nothing was changed.");
    assert_snapshot!(world.person("anna").asks("ops", "/unlink").await, @"The account slack:U000000ANNA is linked no longer: I don't know whoever uses it as you any more. link makes a new code.");
    assert!(whoami(&mut world, "anna").await.contains("I don't know whose account this is"));
    assert!(whoami(&mut world, "ana").await.contains("Ana Ruiz"));
    assert_snapshot!(world.person("ana").asks("ops", "/unlink").await, @"No account of yours was linked by a code. Nothing was changed. whoami shows yours.");
    let entries = format!("{:?}", world.entries().await);
    assert!(!entries.contains(&code) && entries.contains("••••"), "{entries}");
    assert_snapshot!(world.finish().await.audit(), @"
    refused · refused
    ana · asked · link · person
    ana · code_made · link · person ana
    ana · answered · link · person · answered
    ana · linked · link · person ana
    ana · asked · whoami · person
    ana · answered · whoami · person · answered
    refused · refused
    ana · asked · link · person
    ana · answered · link · person · refused
    ana · asked · unlink · person
    ana · unlinked · unlink · person ana
    ana · answered · unlink · person · answered
    refused · refused
    ana · asked · whoami · person
    ana · answered · whoami · person · answered
    ana · asked · unlink · person
    ana · answered · unlink · person · refused
    ");
}

#[tokio::test]
async fn wrong_used_and_late_codes_read_alike_and_not_for_long() {
    let mut world = with(Choices::default(), &["anna", "eve"]).await;
    let late = given(&mut world, "dev", "/link").await;
    world.advance("15m").await;
    assert_eq!(world.person("anna").asks("ops", &format!("/link {late}")).await, WRONG);
    let void = given(&mut world, "dev", "/link").await;
    let used = given(&mut world, "dev", "/link").await;
    assert_eq!(world.person("anna").asks("ops", &format!("/link {void}")).await, WRONG, "a newer one was made");
    assert!(world.person("anna").asks("ops", &format!("/link {}", used.to_lowercase())).await.contains("is yours now"));
    world.person("dev").reads("takes the place").await;
    assert_eq!(world.person("eve").asks("ops", &format!("/link {used}")).await, WRONG);
    for guess in ["1234", "ABCD-EFGH-JKMN", "--", "“quoted"] {
        world.person("eve").asks("ops", &format!("/link {guess}")).await;
    }
    let good = given(&mut world, "ben", "/link").await;
    world.person("eve").asks("ops", "/link hello").await;
    assert_snapshot!(world.person("eve").asks("ops", &format!("/link {good}")).await, @"Too many codes were wrong, so I look at no other one before today 10:30 AM. Nothing was changed.");
    assert_snapshot!(world.person("eve").asks("ops", &format!("/lnik {good}")).await, @"I don't know whose account this is yet. If I know you elsewhere, say “link” to me there: it gives you a code to say here. If I don't, ask whoever looks after Watchkeeper for a code.");
    world.advance("15m").await;
    let good = given(&mut world, "ben", "/link").await;
    assert!(world.person("eve").asks("ops", &format!("/link {good}")).await.contains("is yours now"));
    world.person("ben").reads("takes the place").await;
    let entries = format!("{:?}", world.entries().await);
    assert!([&late, &void, &used, &good].iter().all(|code| !entries.contains(code.as_str())), "{entries}");
    world.finish().await;
}

#[tokio::test]
async fn a_code_is_taken_in_a_mention_and_in_a_direct_message() {
    let mut world = with(Choices::default(), &["anna", "eve"]).await;
    let code = given(&mut world, "dev", "/link").await;
    world.person("anna").types("ops", &format!("@watchkeeper link {}", code.replace('-', " "))).await;
    world.person("anna").reads("is yours now").await;
    world.person("dev").reads("takes the place").await;
    let code = given(&mut world, "anna", "/link").await;
    world.person("eve").types("@watchkeeper", &format!("link {code}")).await;
    world.person("eve").reads("is yours now").await;
    world.person("anna").reads("takes the place").await;
    assert_snapshot!(whoami(&mut world, "eve").await, @"
    Name Dev Rao (@dev)
    Groups none
    E-mail dev@example.com
    Accounts slack:U0000000EVE (linked by a code)
    ");
    world.finish().await;
}

#[tokio::test]
async fn sre_makes_codes_for_others_and_everybody_is_told() {
    let mut world = with_anna().await;
    assert_snapshot!(world.person("ben").asks("ops", "/link --for @dev").await, @"You may not run link on the person dev. No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    assert_snapshot!(world.person("ben").asks("ops", "/unlink --for @dev").await, @"No rule permits it. People in sre may run it. Ask Ana Ruiz.");
    let said = world.person("ana").asks("ops", "/link --for @dev").await;
    let code = code(&said);
    assert_snapshot!(said.replace(&code, "(code)"), @"@dev has to write link (code) to me with the other account: as a command or in a direct message. It works once, within 15 min. Whoever does that is them to me, so give it to nobody else. I tell them, and the security channel, that you made it.");
    world.person("dev").reads("@ana had a code made").await;
    assert_snapshot!(world.slack.channel("security").expect("had a code made").await.plain(), @"🔗 @ana had a code made that links a chat account to @dev, good until today 10:15 AM. Whoever types it is them to me. If that is not meant to be, tell whoever looks after Watchkeeper.");
    assert!(world.person("anna").asks("ops", &format!("/link {code}")).await.contains("is yours now"));
    world.person("dev").reads("takes the place").await;
    assert_snapshot!(world.slack.channel("security").expect("to me from now on").await.plain(), @"🔗 The account slack:U000000ANNA (anna) is Dev Rao to me from now on: it was linked by a code that @ana had made. If that is not meant to be, unlink slack --for @dev takes it back.");
    assert_snapshot!(world.person("ana").asks("ops", "/unlink slack --for @dev").await, @"The account slack:U000000ANNA is linked no longer: I don't know whoever uses it as Dev Rao any more. link makes a new code.");
    assert_snapshot!(world.person("anna").reads("unlinked").await.plain(), @"🔗 @ana unlinked the account slack:U000000ANNA from Dev Rao.");
    assert!(whoami(&mut world, "anna").await.contains("I don't know whose account this is"));
    assert_snapshot!(world.person("ana").asks("ops", "/unlink --for @dev").await, @"No account of Dev Rao was linked by a code. Nothing was changed.");
    assert_snapshot!(world.finish().await.audit(), @"
    ben · asked · link · person dev
    ben · answered · link · person dev · denied
    ben · asked · unlink · person dev
    ben · answered · unlink · person dev · refused
    ana · asked · link · person dev
    ana · code_made · link · person dev
    ana · answered · link · person dev · answered
    dev · linked · link · person dev
    ana · asked · unlink · person dev
    ana · unlinked · unlink · person dev
    ana · answered · unlink · person dev · answered
    refused · refused
    ana · asked · unlink · person dev
    ana · answered · unlink · person dev · refused
    ");
}

#[tokio::test]
async fn an_account_on_discord_is_linked_by_a_code_from_slack() {
    let mut world = World::with(Choices { chats: Chats::Both, ..Choices::default() }).await;
    let written = format!("discord = \"{}\"\n", world.discord().person("dev").id());
    world.writes("people.toml", &world.people().replace(&written, ""));
    world.restart().await;
    let said = world.on(Chat::Discord, "dev").asks("ops", "/whoami").await;
    assert!(said.starts_with("I don't know whose account this is"), "{said}");
    let code = code(&world.on(Chat::Slack, "dev").asks("ops", "/link").await);
    let said = world.on(Chat::Discord, "dev").asks("ops", &format!("/link {code}")).await;
    assert_snapshot!(said, @"🔗 This account is yours now: you are Dev Rao (@dev). whoami says what I know of you, unlink gives the account up.");
    assert_snapshot!(world.on(Chat::Slack, "dev").reads("to me from now on").await.plain(), @"🔗 The account discord:200000000000141532 (Dev) is Dev Rao to me from now on: it was linked by their code. If that is not meant to be, unlink discord takes it back.");
    let said = world.on(Chat::Discord, "dev").asks("ops", "/whoami").await;
    assert_snapshot!(said.lines().take(4).collect::<Vec<_>>().join("\n"), @"
    Name Dev Rao (@dev)
    Groups none
    E-mail dev@example.com
    Accounts discord:200000000000141532 (linked by a code), slack:U0000000DEV (by e-mail address)
    ");
    assert_snapshot!(world.on(Chat::Discord, "dev").asks("ops", "/unlink").await, @"The account discord:200000000000141532 is linked no longer: I don't know whoever uses it as you any more. link makes a new code.");
    world.on(Chat::Discord, "dev").types("@watchkeeper", "whoami").await;
    assert_snapshot!(world.on(Chat::Discord, "dev").reads("").await.plain(), @"I don't know whose account this is yet. If I know you elsewhere, say “link” to me there: it gives you a code to say here. If I don't, ask whoever looks after Watchkeeper for a code.");
    assert!(!format!("{:?}", world.entries().await).contains(&code));
    world.end().await;
}

#[tokio::test]
async fn what_is_written_down_outranks_a_code() {
    let mut world = with_anna().await;
    let dev = world.slack.person("dev").id().to_owned();
    world.writes("people.toml", &world.people().replace("id = \"dev\"", &format!("id = \"dev\"\nslack = \"{dev}\"")));
    world.restart().await;
    let code = given(&mut world, "dev", "/link").await;
    assert_snapshot!(world.person("anna").asks("ops", &format!("/link {code}")).await, @"Another account here is written down for Dev Rao in people.toml, so no code links this one. Ask whoever looks after Watchkeeper to write this one down instead.");
    assert!(whoami(&mut world, "dev").await.contains("(people.toml)"));
    let code = given(&mut world, "ben", "/link").await;
    assert!(world.person("guest").asks("ops", &format!("/link {code}")).await.starts_with("Guests can't use"));
    assert!(world.person("anna").asks("ops", &format!("/link {code}")).await.contains("is yours now"));
    world.person("ben").reads("takes the place").await;
    world.end().await;
}

#[tokio::test]
async fn whoever_is_gone_is_gone_on_the_linked_account_too() {
    let choices = Choices { config: IDENTITY_CENTER.to_owned(), ..Choices::default() };
    let mut world = with(choices, &["anna"]).await;
    world.aws.user("Sam.Rivers", "stranger@example.com").named("Sam", "Rivers").await;
    world.restart().await;
    let code = given(&mut world, "stranger", "/link").await;
    assert!(world.person("anna").asks("ops", &format!("/link {code}")).await.contains("Sam Rivers"));
    world.person("stranger").reads("takes the place").await;
    world.advance("55m").await;
    let late = given(&mut world, "anna", "/link").await;
    world.aws.remove_principal("Sam.Rivers").await;
    world.advance("6m").await;
    assert!(whoami(&mut world, "anna").await.starts_with("Your user in IAM Identity Center was deleted"));
    world.slack.add_person(User::named("eve").without_email());
    world.slack.person("eve").joins("ops").await;
    assert_eq!(world.person("eve").asks("ops", &format!("/link {late}")).await, WRONG);
    world.end().await;
}

#[tokio::test]
async fn a_code_typed_twice_at_once_links_one_account() {
    let mut world = with(Choices::default(), &["anna", "eve"]).await;
    let code = given(&mut world, "dev", "/link").await;
    let line = format!("/link {code}");
    let (anna, eve) = (world.slack.person("anna"), world.slack.person("eve"));
    tokio::join!(anna.types("ops", &line), eve.types("ops", &line));
    world.settle().await;
    let linked =
        [&anna, &eve].map(|person| person.ephemerals().iter().filter(|said| said.plain().contains("is yours now")).count());
    assert_eq!(linked.iter().sum::<usize>(), 1);
    assert_eq!(world.audit("linked").await.lines().count(), 1);
    world.end().await;
}

/// What must be the same whenever the bot died.
async fn linked(world: World) -> (String, BTreeMap<String, usize>) {
    let mut world = world;
    world.slack.add_person(User::named("anna").without_email());
    world.slack.person("anna").joins("ops").await;
    world.person("dev").types("ops", "/link").await;
    let said = world.slack.person("dev").ephemerals();
    // A bot that died may have made a second code; the newest one counts.
    let code = code(said.iter().rev().find(|said| said.plain().contains("link ")).unwrap().plain());
    world.person("anna").types("ops", &format!("/link {code}")).await;
    world.person("anna").types("ops", "/whoami").await;
    let anna = world.person("anna").reads("Name ").await.plain().lines().take(4).collect::<Vec<_>>().join("\n");
    let mut facts = BTreeMap::new();
    for entry in world.entries().await {
        if ["code_made", "linked"].contains(&entry.fact.event.as_str()) {
            *facts.entry(entry.fact.event).or_default() += 1;
        }
    }
    world.end().await;
    (anna, facts)
}

#[tokio::test]
async fn a_link_comes_to_the_same_end_wherever_the_bot_is_killed() {
    let commits = at_every_commit(Choices::default(), linked).await;
    assert!(commits > 4, "only {commits} commits were tried");
}
