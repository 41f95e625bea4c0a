//! `audit show`

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::log;
use crate::message::{Button, Message, Text, code};
use crate::records::Entry;
use crate::{Command, Context, Error, Query, Resource, Result, text};

/// Show one entry of the audit log whole
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Show {
    /// The entry, such as #1042
    #[arg(value_name = "#N")]
    entry: Number,
}

/// The number of an entry, typed as `#12` or `12`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Number(u64);

impl FromStr for Number {
    type Err = String;

    fn from_str(typed: &str) -> std::result::Result<Self, Self::Err> {
        let number = typed.trim().trim_start_matches('#').parse().ok().filter(|number| *number > 0);
        number.map(Self).ok_or_else(|| format!("“{typed}” is not the number of an entry; they look like #1042"))
    }
}

impl Command for Show {
    const NAME: &'static str = "audit show";

    fn resource(&self) -> Resource {
        log(None)
    }
}

impl Query for Show {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let number = self.entry.0;
        let Some(entry) = cx.records.entry(number).await? else {
            return Err(Error::shown(text![
                format!("There is no entry #{number} yet. "),
                code("audit search"),
                " shows the newest ones."
            ]));
        };
        if !cx.may(&log(entry.fact.project.as_deref())) {
            return Err(Error::shown(match entry.fact.project {
                Some(_) => "You may not see the audit log of that project.",
                None => "That entry belongs to no project; only who may see the whole audit log may see it.",
            }));
        }
        Ok(whole(&entry))
    }
}

fn whole(entry: &Entry) -> Message {
    let fact = &entry.fact;
    let field = |label: &str, text: Text| (label.to_owned(), text);
    let literal = |words: &str| text![code(words)];
    let mut fields = vec![field("When", text![entry.at]), field("Who", fact.person.as_str().into())];
    let optional = [
        ("Account", &fact.account),
        ("Where", &fact.place),
        ("Command", &fact.action),
        ("On", &fact.resource),
        ("Project", &fact.project),
        ("Outcome", &fact.outcome),
    ];
    fields.extend(optional.into_iter().filter_map(|(label, value)| Some(field(label, literal(value.as_ref()?)))));
    fields.extend(fact.change.map(|change| field("Change", literal(&change.to_string()))));
    fields.push(field("Operation", literal(&fact.operation)));
    let mut message = Message::new().header(format!("#{} · {}", entry.number, fact.event)).fields(fields);
    if !fact.detail.is_empty() {
        let lines = fact.detail.iter().map(|(name, value)| text![format!("{name}: "), code(words(value))]);
        let text = lines.reduce(|all, line| all.then("\n").then(line));
        message = message.text(text.unwrap_or_default());
    }
    let change = fact.change.map(|change| Button::new(change.to_string(), format!("change show {change}")));
    let search = Button::new("All of this operation", format!("audit search {}", fact.operation));
    message.note(format!("SHA-256 {}", entry.hash)).buttons(change.into_iter().chain([search]).collect())
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
