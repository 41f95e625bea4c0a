//! `oncall who`

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::Rotation;
use super::rota::{self, TurnOf};
use super::{AHEAD, meant, named, nobody, suggest};
use crate::message::{Message, Text, bold, code};
use crate::records::Override;
use crate::{Choice, Command, Context, Query, Resource, Result, text};

/// Say who is on call now, and who comes next
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Who {
    /// The rotation; without it, all of them
    rotation: Option<String>,
}

impl Command for Who {
    const NAME: &'static str = "oncall who";
    const PICKS: &'static [&'static str] = &["rotation"];

    fn resource(&self) -> Resource {
        named(self.rotation.as_deref().unwrap_or("all"))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest(typed, cx)
    }
}

impl Query for Who {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let rotations = meant(self.rotation.as_ref(), cx)?;
        if rotations.is_empty() {
            return Ok(nobody().into());
        }
        let overrides = cx.records.overrides().await?;
        let lines = rotations.iter().map(|rotation| line(rotation, &overrides, cx));
        let message = lines.fold(Message::new().header("On call"), Message::text);
        Ok(message.note(text![code("oncall list"), " shows the coming two weeks."]))
    }
}

fn line(rotation: &Rotation, overrides: &[Override], cx: &Context<'_>) -> Text {
    let ahead = cx.now + SignedDuration::from_hours(24 * AHEAD);
    let turns = rota::turns(rotation, overrides, cx.now, ahead);
    let mut turns = turns.iter();
    let head = text!["📟 ", bold(rotation.name.as_str()), ": "];
    match turns.next() {
        None => head.then("nobody."),
        Some(next) if next.from > cx.now => head.then(text!["nobody until ", next.from, ", then ", &next.who, "."]),
        Some(now) => {
            let said = head.then(text![&now.who, " until ", now.until]).then(instead(now)).then(".");
            match turns.find(|turn| turn.who != now.who) {
                Some(next) if next.from == now.until => said.then(text![" Then ", &next.who, "."]),
                Some(next) => said.then(text![" ", &next.who, " takes over ", next.from, "."]),
                None => said,
            }
        }
    }
}

/// ` instead of @ana (OVR-3)`, for somebody who stands in.
fn instead(turn: &TurnOf) -> Text {
    match (&turn.instead_of, turn.by) {
        (Some(person), Some(id)) => text![" instead of ", person, " (", code(id.to_string()), ")"],
        _ => Text::default(),
    }
}
