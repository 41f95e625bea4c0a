//! `whoami`

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::message::{code, lasting};
use crate::registry::{Entry, Kind};
use crate::{Command, Context, Message, Query, Resource, Result, Text, help, text};

/// Who you are to me: your groups, your time zone and what you may run
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Whoami {}

impl Command for Whoami {
    const NAME: &'static str = "whoami";

    fn resource(&self) -> Resource {
        Resource::named("person", "")
    }
}

impl Query for Whoami {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let person = cx.person;
        let mut fields = vec![
            ("Name".to_owned(), text![person.name.as_str(), " (", code(format!("@{}", person.id)), ")"]),
            ("Groups".to_owned(), groups(cx)),
            ("E-mail".to_owned(), or_none(person.email.clone().unwrap_or_default(), "not known")),
            ("Time zone".to_owned(), zone(cx)),
        ];
        let may = help::allowed(cx);
        for (label, kind) in [("You may ask", Kind::Query), ("You may change", Kind::Change)] {
            let names: Vec<_> = may.iter().filter(|entry| entry.kind == kind).map(Entry::name).collect();
            fields.push((label.to_owned(), or_none(names.join(", "), "nothing")));
        }
        let note = text![code("help"), " says what each does, ", code("can me …"), " where and after which approval."];
        Ok(Message::new().fields(fields).note(note))
    }
}

/// The groups, and where they come from for people of Identity Center.
fn groups(cx: &Context<'_>) -> Text {
    let listed = |groups: &BTreeSet<String>| groups.iter().cloned().collect::<Vec<_>>().join(", ");
    let origin = cx.authority.origin(&cx.person.id);
    let Some(center) = origin.center else { return or_none(listed(&cx.person.groups), "none") };
    let age = SignedDuration::from_mins(cx.now.duration_since(center.at).as_mins());
    let age = if age.is_zero() { "just now".to_owned() } else { format!("{} ago", lasting(age)) };
    let of = text![" (IAM Identity Center, as of ", age, ")"];
    let there = or_none(listed(&center.groups), "none").then(of);
    match origin.people_toml.filter(|groups| !groups.is_empty()) {
        Some(groups) => text![listed(&groups), " (people.toml), "].then(there),
        None => there,
    }
}

fn or_none(words: String, none: &str) -> Text {
    if words.is_empty() { none.into() } else { words.into() }
}

fn zone(cx: &Context<'_>) -> Text {
    let name = &cx.person.zone;
    match TimeZone::get(name) {
        Ok(zone) => format!("{name}, where it is {}", cx.now.to_zoned(zone).strftime("%a %H:%M")).into(),
        Err(_) => name.as_str().into(),
    }
}
