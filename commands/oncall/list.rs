//! `oncall list`

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rota::{self, TurnOf};
use super::{Rotation, meant, named, nobody, suggest};
use crate::message::{Message, Table, Text, code};
use crate::page::{Listing, Paging, words};
use crate::{Choice, Command, Context, Query, Resource, Result, text};

/// No turn is longer.
const A_TURN: SignedDuration = SignedDuration::from_hours(24 * 8);

/// List who is on call in the coming days
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct List {
    /// The rotation; without it, all of them
    rotation: Option<String>,
    /// Only your own turns
    #[arg(long)]
    mine: bool,
    /// How many days ahead
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u16).range(1..=366))]
    days: u16,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for List {
    const NAME: &'static str = "oncall list";
    const PICKS: &'static [&'static str] = &["rotation"];

    fn resource(&self) -> Resource {
        named(self.rotation.as_deref().unwrap_or("all"))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest(typed, cx)
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let rotations = meant(self.rotation.as_ref(), cx)?;
        if rotations.is_empty() {
            return Ok(nobody().into());
        }
        let overrides = cx.records.overrides().await?;
        let until = cx.now + SignedDuration::from_hours(24 * i64::from(self.days));
        let mut turns: Vec<(&str, TurnOf)> = Vec::new();
        for rotation in &rotations {
            // A turn of which some days are over is shown from its first one, and one that goes on to its last.
            let all = rota::turns(rotation, &overrides, cx.now - A_TURN, until + A_TURN);
            let near = rota::without_nights(all).into_iter().filter(|turn| turn.until > cx.now && turn.from < until);
            let wanted = near.filter(|turn| !self.mine || turn.who == cx.person.id);
            turns.extend(wanted.map(|turn| (rotation.name.as_str(), turn)));
        }
        turns.sort_by(|(name, a), (other, b)| (a.from, name).cmp(&(b.from, other)));
        let shown = if self.paging.csv { &turns[..] } else { self.paging.shown(&turns) };
        let of = format!(" in the coming {}", if self.days == 1 { "day".to_owned() } else { format!("{} days", self.days) });
        let mut command = words(Self::NAME, [("days", Some(self.days.to_string().as_str()))]);
        command.extend(self.mine.then(|| "--mine".to_owned()));
        command.extend(self.rotation.clone());
        let nothing = if self.mine { "You are not on call in that time." } else { "Nobody is on call in that time." };
        let listing = Listing { noun: "turn", of: &of, command, nothing, total: turns.len() };
        let answer = self.paging.answer(&listing, table(shown, &cx.person.zone));
        if turns.is_empty() || self.paging.csv {
            return Ok(answer);
        }
        let hours =
            |rotation: &&Rotation| Some(text![format!("{}: {} {}. ", rotation.name, rotation.hours.as_ref()?, rotation.zone)]);
        let hours = rotations.iter().filter_map(hours).fold(Text::default(), Text::then);
        Ok(answer.note(hours.then(text![code("oncall swap"), " swaps turns with somebody."])))
    }
}

fn table(turns: &[(&str, TurnOf)], zone: &str) -> Table {
    let here = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let shown = |at: Timestamp| at.to_zoned(here.clone()).strftime("%a %-d %b %H:%M").to_string();
    let mut table = Table { columns: Vec::new(), rows: Vec::new() };
    table.columns = ["rotation", "who", &format!("from ({zone})"), "until", "instead of"].map(str::to_owned).to_vec();
    for (rotation, turn) in turns {
        let instead = match (&turn.instead_of, turn.by) {
            (Some(person), Some(id)) => format!("{person}, {id}"),
            _ => String::new(),
        };
        table.row([(*rotation).to_owned(), turn.who.to_string(), shown(turn.from), shown(turn.until), instead]);
    }
    table
}
