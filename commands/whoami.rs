//! `whoami`

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::context::{ChatAccount, Known};
use crate::message::{capitalised, code, lasting};
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
            ("Accounts".to_owned(), accounts(cx)),
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

/// The groups, and where they come from where that is not `people.toml` alone.
fn groups(cx: &Context<'_>) -> Text {
    let listed = |groups: &BTreeSet<String>| groups.iter().cloned().collect::<Vec<_>>().join(", ");
    let origin = cx.authority.origin(&cx.person.id);
    let vouched: Vec<&ChatAccount> = origin.accounts.iter().filter(|one| !one.groups.is_empty()).collect();
    if origin.center.is_none() && vouched.is_empty() {
        return or_none(listed(&cx.person.groups), "none");
    }
    let written = origin.people_toml.filter(|groups| !groups.is_empty());
    let mut parts: Vec<Text> = written.iter().map(|groups| text![listed(groups), " (people.toml)"]).collect();
    if let Some(center) = origin.center {
        let of = text![" (IAM Identity Center, as of ", age(center.at, cx), ")"];
        parts.push(or_none(listed(&center.groups), "none").then(of));
    }
    parts.extend(vouched.into_iter().map(|one| {
        let platform = capitalised(&one.platform);
        match one.at {
            Some(at) => text![listed(&one.groups), " (", platform, ", as of ", age(at, cx), ")"],
            None => text![listed(&one.groups), " (", platform, ", which gives no answer: they don't count now)"],
        }
    }));
    joined(parts)
}

/// How long ago an instant is.
fn age(at: Timestamp, cx: &Context<'_>) -> String {
    let age = SignedDuration::from_mins(cx.now.duration_since(at).as_mins());
    if age.is_zero() { "just now".to_owned() } else { format!("{} ago", lasting(age)) }
}

/// The chat accounts by which they are known.
fn accounts(cx: &Context<'_>) -> Text {
    let account = |one: ChatAccount| {
        let how = match one.known {
            Known::Written => " (people.toml)",
            Known::ByAddress => " (by e-mail address)",
            Known::ByCode => " (linked by a code)",
        };
        text![code(one.account), how]
    };
    joined(cx.authority.origin(&cx.person.id).accounts.into_iter().map(account).collect())
}

fn joined(parts: Vec<Text>) -> Text {
    let separated = |(at, part): (usize, Text)| if at == 0 { part } else { text![", "].then(part) };
    let all = parts.into_iter().enumerate().map(separated).reduce(Text::then);
    all.unwrap_or_else(|| "none".into())
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
