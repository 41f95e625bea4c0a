//! `alert show`

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{find, named};
use crate::context::check;
use crate::message::{Message, Text, bold, code, lasting};
use crate::records::{AlertId, AlertRecord, Handling};
use crate::{Choice, Command, Context, Query, Resource, Result, text};

/// Labels it shows.
const LABELS: usize = 40;

/// Show an alert: how it stands, what was done and by whom, its labels
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Show {
    /// The alert, such as ALR-88
    alert: AlertId,
}

impl Command for Show {
    const NAME: &'static str = "alert show";
    const PICKS: &'static [&'static str] = &["alert"];

    fn resource(&self) -> Resource {
        named(&[self.alert])
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        super::suggest(arg, typed, given, cx).await
    }
}

impl Query for Show {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let alert = find(self.alert, cx).await?;
        check(&alert.as_resource(), cx)?;
        let signal = &alert.signal;
        let mut message = Message::new().header(format!("{} · {}", alert.id, signal.title)).text(standing(&alert));
        if !signal.summary.is_empty() {
            message = message.text(signal.summary.as_str());
        }
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not told".to_owned());
        let times = match alert.times {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        let mut fields = vec![
            ("Severity".to_owned(), signal.severity.name().into()),
            ("Source".to_owned(), signal.source.as_str().into()),
            ("Value".to_owned(), or(&signal.value).into()),
            ("Threshold".to_owned(), or(&signal.threshold).into()),
            ("What".to_owned(), or(&signal.resource).into()),
            ("Wrong".to_owned(), times.into()),
            ("Came in".to_owned(), text![alert.opened]),
            ("First taken".to_owned(), alert.first_handled.map_or_else(|| "never".into(), |at| after(&alert, at))),
        ];
        let quiet = alert.at_source.stands.as_ref().map(|quiet| text!["quiet until ", quiet.until]);
        fields.extend(quiet.map(|words| ("At its source".to_owned(), words)));
        message = message.fields(fields);
        if !alert.done.is_empty() {
            let head = text![bold("What was done")];
            let lines = alert.done.iter().fold(head, |all, did| all.then(text!["\n• ", did.at, " "]).then(did.what.clone()));
            message = message.text(lines);
        }
        if !alert.pings.is_empty() {
            let head = text![bold("Brought to")];
            let told = alert.pings.iter().fold(head, |all, ping| all.then(text!["\n• ", &ping.person, " ", ping.at]));
            message = message.text(told);
        }
        let labels: Vec<String> = signal.labels.iter().take(LABELS).map(|(name, value)| format!("{name} = {value}")).collect();
        message = message.drawing(labels);
        if signal.left_out > 0 {
            message = message.note(format!("{} labels are longer or more than I keep.", signal.left_out));
        }
        if let Some(storm) = alert.storm {
            message =
                message.note(text!["It came in the storm ", code(AlertId(storm).to_string()), " and has no card of its own."]);
        }
        Ok(message)
    }
}

fn standing(alert: &AlertRecord) -> Text {
    match &alert.handling {
        Handling::Open => text!["Wrong since ", alert.signal.since, ". Nobody has taken it yet."],
        Handling::Acknowledged { by, at, until } => text![by, " has had it since ", *at, ", until ", *until, "."],
        Handling::Silenced { by, at, until } => text!["Silenced by ", by, " since ", *at, ", until ", *until, "."],
        Handling::Resolved { by, at, note } => {
            let who = by.as_ref().map_or_else(|| text!["its source"], |by| text![by]);
            let told = text!["Resolved by "].then(who).then(text![" ", *at, ", "]).then(after(alert, *at)).then(".");
            match note {
                Some(note) => told.then(format!(" {note}")),
                None => told,
            }
        }
    }
}

/// How long after it came in something happened.
fn after(alert: &AlertRecord, at: jiff::Timestamp) -> Text {
    let length = SignedDuration::from_secs(at.duration_since(alert.opened).as_secs().max(0));
    format!("after {}", lasting(length)).into()
}
