//! `oncall.toml`: rotations, escalation policies and routes.

use std::collections::{BTreeMap, BTreeSet};

use commands::PersonId;
use commands::oncall::{Hours, OnCall, Rotation, Turn};
use commands::registry::nearest;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::ConfigErrors;
use super::discord::is_snowflake;
use super::document::{Document, Table, list, parsed, text, texts};
use super::written::channel;
use crate::identity::{Member, is_id};

mod policies;
mod routes;

pub(super) const CHANNEL: &str = "a channel, such as \"#ops\", or its id";

/// What names in the file must be among. None where the file that says so could not be read.
pub(super) struct Known<'k> {
    pub(super) people: Option<&'k [Member]>,
    pub(super) projects: Option<BTreeSet<&'k str>>,
    pub(super) sources: Option<BTreeSet<&'k str>>,
    /// Groups whose members only AWS knows.
    pub(super) groups: BTreeSet<&'k str>,
}

/// Reads the file.
pub(super) fn read(file: &str, content: &str, known: &Known<'_>) -> Result<OnCall, ConfigErrors> {
    let document = Document::new(file, content);
    let parsed_text = document.parse()?;
    let top = document.top(&parsed_text);
    let (rotations, names) = rotations(&top, known);
    let (policies, names) = policies::read(&top, known, &names);
    let routes = routes::read(&top, known, &names);
    top.done();
    document.errors().or(OnCall { rotations, policies, routes })
}

/// The names that stand in a file, whether or not the rest of what they name can be used.
type Names = BTreeSet<String>;

fn rotations(top: &Table<'_>, known: &Known<'_>) -> (Vec<Rotation>, Names) {
    let (mut names, mut groups) = (Names::new(), BTreeMap::new());
    let read = |table: Table<'_>| {
        let name = name(&table, &mut names);
        let people = table.must("people", "a list of people, such as [\"ana\", \"ben\"]", some);
        for one in people.iter().flatten() {
            person(&table, "people", one, known);
        }
        let zone = table.must("zone", "an IANA time zone, such as \"Europe/Berlin\"", |value| {
            text(value).filter(|zone| TimeZone::get(zone).is_ok())
        });
        let turn = table.must("turn", "\"weekly\" or \"daily\"", |value| match value.as_str()? {
            "weekly" => Some(Turn::Weekly),
            "daily" => Some(Turn::Daily),
            _ => None,
        });
        let starts = table.must("starts", "a date and an hour, such as \"2026-01-05 09:00\"", parsed);
        let project = project(&table, "project", known);
        let channel = table.get("channel", CHANNEL, channel);
        let user_group = table.get("user_group", "a user group's id, such as \"S0614TZR7\"", user_group);
        let hours = table.table("hours").map(|table| hours(&table));
        table.done();
        let name = name?;
        if let Some(id) = &user_group
            && let Some(other) = groups.insert(id.clone(), name.clone())
        {
            table.wrong(Some("user_group"), format!("{id} follows the rotation {other} already."));
        }
        let people = people?.into_iter().map(PersonId).collect();
        let hours = match hours {
            Some(hours) => Some(hours?),
            None => None,
        };
        Some(Rotation { name, project, people, zone: zone?, turn: turn?, starts: starts?, hours, channel, user_group })
    };
    let rotations = top.tables("rotations").into_iter().filter_map(read).collect();
    (rotations, names)
}

fn hours(table: &Table<'_>) -> Option<Hours> {
    const DAYS: &str = "a list of days, such as [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]";
    const HOUR: &str = "an hour, such as \"09:00\"";
    let days = table.must("days", DAYS, |value| list(value, weekday).filter(|days| !days.is_empty()));
    let twice = days.iter().flatten().enumerate().find(|(at, day)| days.iter().flatten().take(*at).any(|other| other == *day));
    if let Some((_, day)) = twice {
        table.wrong(Some("days"), format!("{day:?} is in it twice."));
    }
    let (from, until) = (table.must("from", HOUR, parsed::<Time>), table.must("until", HOUR, parsed::<Time>));
    table.done();
    let (days, from, until) = (days?, from?, until?);
    if until <= from {
        let words = "It has to be later than `from` on the same day. Hours over midnight take a rotation without hours.";
        table.wrong(Some("until"), words.to_owned());
    }
    Some(Hours { days, from, until })
}

fn weekday(value: &DeValue<'_>) -> Option<Weekday> {
    Some(match value.as_str()? {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

/// An id of Slack's user groups, which begin with an S, or of a role of Discord, a number.
fn user_group(value: &DeValue<'_>) -> Option<String> {
    let of_slack =
        |id: &str| id.starts_with('S') && id.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    text(value).filter(|id| id.len() > 6 && (of_slack(id) || is_snowflake(id)))
}

/// A list of texts that is not empty.
fn some(value: &DeValue<'_>) -> Option<Vec<String>> {
    texts(value).filter(|all| !all.is_empty())
}

/// The name of a rotation or a policy, which no other has.
fn name(table: &Table<'_>, seen: &mut Names) -> Option<String> {
    let name = table.must("name", "a short lower-case word, such as \"shop\"", |value| text(value).filter(|name| is_id(name)))?;
    if !seen.insert(name.clone()) {
        table.wrong(Some("name"), format!("{name:?} is the name of another one above."));
    }
    Some(name)
}

/// A project that an account or a channel belongs to.
fn project(table: &Table<'_>, key: &'static str, known: &Known<'_>) -> Option<String> {
    let project = table.get(key, "a project, such as \"shop\"", text)?;
    if let Some(projects) = &known.projects {
        among(table, key, ("No project is called", &project), projects.iter().copied());
    }
    Some(project)
}

/// Notes that nobody of this id is in `people.toml`.
fn person(table: &Table<'_>, key: &str, id: &str, known: &Known<'_>) {
    if let Some(people) = known.people {
        among(table, key, ("Nobody in people.toml is called", id), people.iter().map(|person| person.id.0.as_str()));
    }
}

/// Notes that a name is not among those that are known.
fn among<'k>(table: &Table<'_>, key: &str, (trouble, name): (&str, &str), known: impl Iterator<Item = &'k str> + Clone) {
    if known.clone().any(|one| one == name) {
        return;
    }
    let words = match nearest(name, known) {
        Some(close) => format!("{trouble} {name:?}. Did you mean {close:?}?"),
        None => format!("{trouble} {name:?}."),
    };
    table.wrong(Some(key), words);
}

#[cfg(test)]
mod tests;
