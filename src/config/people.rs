//! `people.toml`, person by person.

use std::collections::{BTreeMap, BTreeSet};

use commands::PersonId;
use commands::context::MYSELF;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::ConfigErrors;
use super::discord::snowflake;
use super::document::{Document, text, texts};
use crate::identity::{Member, Pairing, is_id};
use crate::platform::{Account, discord, slack};

pub(super) fn read(file: &str, content: &str) -> Result<Vec<Member>, ConfigErrors> {
    let document = Document::new(file, content);
    let parsed = document.parse()?;
    let top = document.top(&parsed);
    let mut seen = BTreeMap::new();
    let mut members = Vec::new();
    for table in top.tables("people") {
        let id = table
            .must("id", "a short lower-case word, such as \"ana\"", |value| text(value).filter(|id| is_id(id) && id != MYSELF));
        let name = table.must("name", "the name they go by", text);
        let email = table.get("email", "an e-mail address", |value| {
            text(value).filter(|email| email.contains('@') && !email.contains(char::is_whitespace))
        });
        let groups = table.get("groups", "a list of groups, such as [\"sre\"]", texts).unwrap_or_default();
        let zone = table.get("zone", "an IANA time zone, such as \"Europe/Berlin\"", |value| {
            text(value).filter(|zone| TimeZone::get(zone).is_ok())
        });
        let pairing =
            table.get("identity", "a user name of IAM Identity Center in quotes, or false", pairing).unwrap_or_default();
        let on_slack = table.get(slack::NAME, "the account's id in quotes, such as \"U024BE7LH\"", text);
        let on_discord = table.get(discord::NAME, "the account's id in quotes, such as \"80351110224678912\"", snowflake);
        let accounts: Vec<(&str, String)> =
            [(slack::NAME, on_slack), (discord::NAME, on_discord)].into_iter().filter_map(|(on, id)| Some((on, id?))).collect();
        table.done();
        let email = email.map(|email| email.to_lowercase());
        let user = match &pairing {
            Pairing::Named(name) => Some(name.to_lowercase()),
            Pairing::ByEmail | Pairing::Nobody => None,
        };
        let own = [("id", id.clone()), ("email", email.clone()), ("identity", user)]
            .into_iter()
            .filter_map(|(key, value)| Some((key, value?)));
        let claims: Vec<(&str, String)> = own.chain(accounts.iter().cloned()).collect();
        for claim in claims {
            if let Some(other) = seen.insert(claim.clone(), id.clone().unwrap_or_default()) {
                table.wrong(Some(claim.0), format!("{:?} already belongs to {other}.", claim.1));
            }
        }
        let (Some(id), Some(name)) = (id, name) else { continue };
        let groups = groups.into_iter().collect::<BTreeSet<_>>();
        let accounts = accounts.into_iter().map(|(platform, id)| Account { platform: platform.to_owned(), id }).collect();
        members.push(Member { id: PersonId(id), name, email, groups, zone, accounts, pairing });
    }
    top.done();
    document.errors().or(members)
}

fn pairing(value: &DeValue<'_>) -> Option<Pairing> {
    match value {
        DeValue::Boolean(false) => Some(Pairing::Nobody),
        other => text(other).map(Pairing::Named),
    }
}
