//! `[ecs]` of `watchkeeper.toml`: how deployments are followed; and `[[events]]`, the queues that say when to look.

use std::collections::BTreeMap;

use commands::context::{Account, EventQueue, Following};
use commands::events::CAPABILITY;
use jiff::SignedDuration;

use super::document::{Table, text, texts};
use super::written::{DIGITS, Everywhere, REGION, ROLE, digits, duration, role};
use crate::sources::eventbridge::SERVICES;

/// Accounts are not looked at more often than this without a reason: each look takes a call for ten services.
const SHORTEST: SignedDuration = SignedDuration::from_secs(15);

/// Reads `[ecs]`; without the table nothing is followed.
pub(super) fn following(table: Option<Table<'_>>) -> Option<Following> {
    let table = table?;
    let usual = Following::default();
    let every = table.get("every", "a duration of fifteen seconds or more, such as \"1m\"", |value| {
        duration(value).filter(|gap| *gap >= SHORTEST)
    });
    let deaths = table.get("deaths", "a number from 2 to 1000", |value| {
        let number = value.as_integer()?;
        usize::from_str_radix(number.as_str(), number.radix()).ok().filter(|count| (2..=1000).contains(count))
    });
    let within = table.get("within", "a duration, such as \"10m\"", duration);
    table.done();
    Some(Following {
        every: every.unwrap_or(usual.every),
        deaths: deaths.unwrap_or(usual.deaths),
        within: within.unwrap_or(usual.within),
    })
}

/// Reads the tables under `[[events]]`.
pub(super) fn queues(tables: Vec<Table<'_>>, aws: &Everywhere, accounts: &[Account]) -> Vec<EventQueue> {
    tables.into_iter().filter_map(|table| queue(&table, aws, accounts)).collect()
}

fn queue(table: &Table<'_>, aws: &Everywhere, accounts: &[Account]) -> Option<EventQueue> {
    const URL: &str = "a queue's URL, such as \"https://sqs.eu-west-1.amazonaws.com/111122223333/watchkeeper\"";
    let url =
        table.must("queue", URL, |value| text(value).filter(|url| url.starts_with("https://") || url.starts_with("http://")));
    let id = table.must("account", DIGITS, digits);
    let region = match (table.get("region", REGION, text), &aws.region) {
        (Some(region), _) => Some(region),
        (None, Some(region)) => Some(region.clone()),
        (None, None) => table.must("region", REGION, text),
    };
    let own = table.get("role", ROLE, role);
    let alerts = table.get("alerts", &format!("a list of services out of {}", SERVICES.join(", ")), |value| {
        texts(value).filter(|services| services.iter().all(|service| SERVICES.contains(&service.as_str())))
    });
    table.done();
    let id = id?;
    let Some(arn) = own.or_else(|| aws.role(&id, CAPABILITY)) else {
        table.wrong(Some("role"), format!("This key is missing, and [aws] gives no `role` either: it takes {ROLE}."));
        return None;
    };
    let known = accounts.iter().find(|account| account.id == id);
    let home = Account {
        name: known.map_or_else(|| id.clone(), |account| account.name.clone()),
        project: known.map(|account| account.project.clone()).unwrap_or_default(),
        env: known.map(|account| account.env.clone()).unwrap_or_default(),
        regions: vec![region?],
        roles: BTreeMap::from([(CAPABILITY.to_owned(), arn)]),
        id,
    };
    Some(EventQueue { url: url?, home, alerts: alerts.unwrap_or_default() })
}
