//! `[[policies]]` of `oncall.toml`: who is told of an alert, step by step.

use std::collections::BTreeSet;

use commands::PersonId;
use commands::oncall::{EscalationPolicy, EscalationStep, How, Recipient, Whom};
use jiff::SignedDuration;
use toml::de::DeValue;

use super::super::document::{Table, list, parsed, text};
use super::super::written::channel;
use super::{Known, Names, among, name, person};

/// How long a step may be after the one before.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn read(top: &Table<'_>, known: &Known<'_>, rotations: &Names) -> (Vec<EscalationPolicy>, Names) {
    let mut names = Names::new();
    let read = |table: Table<'_>| {
        let name = name(&table, &mut names);
        let tables = table.tables("steps");
        if tables.is_empty() {
            table.wrong(None, "It has no step: it takes at least one under [[policies.steps]].".to_owned());
        }
        let steps = tables.iter().enumerate().filter_map(|(at, table)| step(table, at, (known, rotations))).collect();
        let repeat = table.get("repeat", "a number from 0 to 10", |value| {
            let number = value.as_integer()?;
            u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|count| *count <= 10)
        });
        let last = table.table("last").map(|table| {
            let last = recipients(&table, (known, rotations));
            table.done();
            last
        });
        table.done();
        Some(EscalationPolicy { name: name?, steps, repeat: repeat.unwrap_or(0), last: last.unwrap_or_default() })
    };
    let policies = top.tables("policies").into_iter().filter_map(read).collect();
    (policies, names)
}

fn step(table: &Table<'_>, at: usize, names: (&Known<'_>, &Names)) -> Option<EscalationStep> {
    let after = table.must("after", "a duration of at most 24 hours, such as \"10m\"", |value| {
        parsed::<SignedDuration>(value).filter(|after| !after.is_negative() && *after <= LONGEST)
    });
    if at > 0 && after.is_some_and(|after| after.is_zero()) {
        table.wrong(Some("after"), "Only the first step can come at once. What comes together is one step.".to_owned());
    }
    let tell = recipients(table, names);
    table.done();
    Some(EscalationStep { after: after?, tell })
}

/// Whom `tell` and `direct` name: at least one.
fn recipients(table: &Table<'_>, names: (&Known<'_>, &Names)) -> Vec<Recipient> {
    const TELL: &str = "a list of \"@ana\", \"rotation shop\", \"group sre\" or \"#ops\"";
    const DIRECT: &str = "a list of \"@ana\", \"rotation shop\" or \"group sre\"";
    let tell = table.get("tell", TELL, |value| list(value, whom));
    let direct =
        table.get("direct", DIRECT, |value| list(value, |one| whom(one).filter(|whom| !matches!(whom, Whom::Channel(_)))));
    let both = [("tell", How::Mention, tell), ("direct", How::Direct, direct)];
    if both.iter().all(|(key, _, all)| all.as_ref().map_or(!table.has(key), Vec::is_empty)) {
        table.wrong(None, format!("Whom to tell is missing: give it `tell`, {TELL}, or `direct`."));
    }
    let mut recipients = Vec::new();
    for (key, how, all) in both {
        for whom in all.into_iter().flatten() {
            check(table, key, &whom, names);
            let one = Recipient { whom, how };
            if recipients.contains(&one) {
                table.wrong(Some(key), "Somebody is in it twice.".to_owned());
            }
            recipients.push(one);
        }
    }
    recipients
}

fn whom(value: &DeValue<'_>) -> Option<Whom> {
    if let Some(channel) = channel(value) {
        return Some(Whom::Channel(channel));
    }
    let written = text(value)?;
    if let Some(id) = written.strip_prefix('@') {
        return Some(Whom::Person(PersonId(id.to_owned())));
    }
    match written.split_once(' ')? {
        ("rotation", name) => Some(Whom::Rotation(name.trim().to_owned())),
        ("group", name) => Some(Whom::Group(name.trim().to_owned())),
        _ => None,
    }
}

/// Notes that somebody is not there to be told.
fn check(table: &Table<'_>, key: &str, whom: &Whom, (known, rotations): (&Known<'_>, &Names)) {
    match whom {
        Whom::Person(id) => person(table, key, &id.0, known),
        Whom::Rotation(name) => among(table, key, ("No rotation above is called", name), rotations.iter().map(String::as_str)),
        Whom::Group(name) => {
            if let Some(people) = known.people {
                let groups = people.iter().flat_map(|person| &person.groups).map(String::as_str);
                let groups: BTreeSet<&str> = groups.chain(known.groups.iter().copied()).collect();
                among(table, key, ("Nobody is in the group", name), groups.iter().copied());
            }
        }
        Whom::Channel(_) => {}
    }
}
