//! `alert`: what is wrong, who has it in hand, and how it was fixed. Alerts come from the configured sources; the host keeps
//! them and brings to their sources what people decide here; `cloudwatch` is how it reaches alarms of AWS.

use serde_json::Value;

use crate::context::{Context, Decision};
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::records::{AlertHead, AlertId, AlertRecord, Deed, Effect, Handling, Severity};
use crate::{Choice, Message, Plan, Resource, text};

mod ack;
pub mod cloudwatch;
mod escalate;
mod list;
mod mine;
mod missed;
mod note;
mod resolve;
mod show;
mod silence;
#[cfg(test)]
mod tests;
mod unack;

pub use ack::Ack;
pub use escalate::Escalate;
pub use list::List;
pub use mine::Mine;
pub use missed::Missed;
pub use note::Note;
pub use resolve::Resolve;
pub use show::Show;
pub use silence::Silence;
pub use unack::Unack;

/// How many alerts one command handles.
const AT_ONCE: usize = 20;
/// The letters of the longest note: it stands on the card and in the audit log.
const LONGEST_NOTE: usize = 2000;
/// The newest alerts that lists look through.
pub(crate) const NEWEST: usize = 20_000;

/// The alerts a command is about, as a resource.
fn named(alerts: &[AlertId]) -> Resource {
    let names: Vec<String> = alerts.iter().map(ToString::to_string).collect();
    Resource::named("alert", names.join(", "))
}

async fn find(id: AlertId, cx: &Context<'_>) -> Result<AlertRecord> {
    match cx.records.alert(id).await? {
        Some(record) => Ok(record),
        None => {
            Err(Error::shown(text!["There is no ", code(id.to_string()), ". ", code("alert list"), " shows those there are."]))
        }
    }
}

/// Does something about alerts, each of which the asker has to be allowed to handle.
async fn does(alerts: &[AlertId], (deed, say): (Deed, impl Fn(Text) -> Text), cx: &Context<'_>) -> Result<Plan<()>> {
    let mut meant = alerts.to_vec();
    meant.sort();
    meant.dedup();
    if meant.len() > AT_ONCE {
        return Err(Error::shown(format!(
            "That are {} alerts; I take up to {AT_ONCE} at once. Nothing was changed.",
            meant.len()
        )));
    }
    let mut records = Vec::new();
    for id in &meant {
        let record = find(*id, cx).await?;
        let resource = record.as_resource();
        crate::context::check(&resource, cx)?;
        if let Decision::Allowed { rule, requires: Some(_) } = cx.authority.decide(cx.person, cx.action, &resource) {
            return Err(Error::shown(text![
                "The rule ",
                code(rule),
                " asks for an approval for ",
                code(id.to_string()),
                ", and this can't wait for one. Nothing was changed."
            ]));
        }
        records.push(record);
    }
    let Some(first) = records.first() else {
        return Err(Error::shown("Say which alert you mean, such as ALR-88. Nothing was changed."));
    };
    // Each was judged by itself; the answer is about the first of them, or about all where they are of one project.
    let resource = Resource { name: named(&meant).name, ..first.as_resource() };
    let mut names = Text::default();
    for (at, id) in meant.iter().enumerate() {
        let before = if at == 0 { "" } else { ", " };
        names = names.then(before).then(text![code(id.to_string())]);
    }
    Ok(Plan::Records {
        resource: Box::new(resource),
        effects: vec![Effect::Alerts { alerts: meant, deed }],
        say: Message::from(say(names)),
    })
}

/// Open alerts for a picker.
async fn suggest_open(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let Ok(alerts) = cx.records.alerts(500).await else { return Vec::new() };
    let typed = typed.to_lowercase();
    let seen = cx.allowed(alerts.into_iter().filter(AlertHead::is_open), AlertHead::as_resource);
    let labelled = seen.into_iter().map(|alert| {
        let label = format!("{} · {} · {}", alert.id, alert.signal.severity, alert.signal.title);
        Choice { value: alert.id.to_string(), label }
    });
    labelled.filter(|choice| choice.label.to_lowercase().contains(&typed)).take(100).collect()
}

/// Refuses what is too long to be written down.
fn check_note(words: &str) -> Result<()> {
    let letters = words.chars().count();
    if letters <= LONGEST_NOTE {
        return Ok(());
    }
    Err(Error::shown(format!(
        "Your note has {letters} letters; I keep up to {LONGEST_NOTE}. Nothing was changed. Say it in fewer, or link to where it stands."
    )))
}

/// Whether a picker is for alerts.
async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
    match arg {
        "alerts" | "alert" => suggest_open(typed, cx).await,
        _ => Vec::new(),
    }
}

/// How an alert stands, in a word or two.
pub(crate) fn standing(handling: &Handling) -> String {
    match handling {
        Handling::Open => "open".to_owned(),
        Handling::Acknowledged { by, .. } => format!("taken by {by}"),
        Handling::Silenced { by, .. } => format!("silenced by {by}"),
        Handling::Resolved { by: Some(by), .. } => format!("resolved by {by}"),
        Handling::Resolved { by: None, .. } => "resolved".to_owned(),
    }
}

/// A severity as it is typed.
fn severity(typed: &str) -> std::result::Result<Severity, String> {
    match typed.to_lowercase().as_str() {
        "critical" => Ok(Severity::Critical),
        "warning" => Ok(Severity::Warning),
        "info" => Ok(Severity::Info),
        _ => Err(format!("“{typed}” is no severity; there are critical, warning and info")),
    }
}
