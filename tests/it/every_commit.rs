//! The whole upgrade, the bot killed at each of its commits: nothing lost, nothing twice.

use std::collections::BTreeMap;

use commands::records::Verification;
use standins::world::{Choices, World, at_every_commit};

/// What must be the same whenever the bot died.
#[derive(Debug, PartialEq)]
struct End {
    version: String,
    /// The calls that changed something in AWS.
    writes: Vec<String>,
    /// The first lines of what stands in the channel itself, and what stands in threads, with how often.
    channel: BTreeMap<String, usize>,
    /// What the channel has more than once.
    card: String,
    /// What is on record, with how often; reads and tries aside.
    facts: BTreeMap<String, usize>,
    answered: bool,
    whole: bool,
}

/// Facts that are there once, whatever happens.
const ONCE: [&str; 7] = ["asked", "planned", "answered", "voted", "approved", "started", "ended"];

async fn upgrade(mut world: World) -> End {
    world.aws.durations(&[("snapshot", 20.0), ("minor_upgrade", 40.0), ("minor_downtime", 20.0)]).await;
    world.aws.database("orders", "mysql", "8.0.35").await;
    world.person("ana").types("ops", "/rds upgrade orders --to 8.0.40 --at 2026-11-25T10:15:00Z").await;
    let card = world.slack.channel("shop-ops").expect("CHG-1").await;
    world.person("ben").reacts("white_check_mark", &card).await;
    world.restart().await;
    world.advance("20m").await;
    let shop = world.slack.channel("shop-ops");
    let mut channel = BTreeMap::new();
    for message in shop.messages() {
        let line = message.plain().lines().next().unwrap_or_default().to_owned();
        *channel.entry(line).or_default() += 1;
    }
    let mut facts = BTreeMap::new();
    for entry in world.entries().await {
        let fact = entry.fact;
        if ONCE.contains(&fact.event.as_str()) {
            *facts.entry([fact.event, fact.outcome.unwrap_or_default()].join(" ")).or_default() += 1;
        }
    }
    let card = shop.again(&card).map(|card| card.plain().to_owned()).unwrap_or_default();
    End {
        version: world.aws.version("orders").await,
        channel,
        card: card.lines().nth(1).unwrap_or_default().chars().take(40).collect(),
        facts,
        answered: world.slack.person("ana").ephemerals().iter().any(|message| message.plain().contains("CHG-1 waits")),
        whole: matches!(world.verify().await, Verification::Whole { .. }),
        writes: world.end().await.writes.into_iter().map(|call| call.operation).collect(),
    }
}

#[tokio::test]
async fn an_upgrade_comes_to_the_same_end_wherever_the_bot_is_killed() {
    let config = "[changes]\nremind = [\"10m\"]\n".to_owned();
    let commits = at_every_commit(Choices { config, ..Choices::default() }, upgrade).await;
    assert!(commits > 20, "only {commits} commits were tried");
}

#[tokio::test]
async fn an_upgrade_ends_well_when_nobody_disturbs_it() {
    let config = "[changes]\nremind = [\"10m\"]\n".to_owned();
    let end = upgrade(World::with(Choices { config, ..Choices::default() }).await).await;
    assert_eq!(end.version, "8.0.40");
    assert_eq!(end.writes, ["CreateDBSnapshot", "ModifyDBInstance"]);
    assert!(end.answered && end.whole && end.channel.values().all(|count| *count == 1), "{end:#?}");
    assert!(end.facts.values().all(|count| *count == 1), "{end:#?}");
}
