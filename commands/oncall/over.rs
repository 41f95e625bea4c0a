//! `oncall override`

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AHEAD, find, named, resource, rota, suggest};
use crate::args::{When, Who};
use crate::error::Error;
use crate::message::{Span, code};
use crate::records::{Effect, Shift};
use crate::{Change, Choice, Command, Context, PersonId, Plan, Resource, Result, text};

/// Let somebody stand in for whoever is on call for a while
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct StandIn {
    /// The rotation
    rotation: String,
    /// Who stands in, such as @ben
    #[arg(long)]
    who: Who,
    /// From when, such as "sat 09:00"; now if left out
    #[arg(long, value_name = "TIME")]
    from: Option<When>,
    /// Until when, such as "mon 09:00" or "in 4 hours"
    #[arg(long, value_name = "TIME")]
    until: When,
}

impl Command for StandIn {
    const NAME: &'static str = "oncall override";
    const PICKS: &'static [&'static str] = &["rotation", "who"];

    fn resource(&self) -> Resource {
        named(&self.rotation)
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        if arg == "who" { Who::suggest(typed, cx) } else { suggest(typed, cx) }
    }
}

impl Change for StandIn {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let rotation = find(&self.rotation, cx)?;
        let who = self.who.resolve(cx)?.id;
        let from = self.from.as_ref().map(|from| from.resolve(cx.now, &cx.person.zone)).transpose()?.unwrap_or(cx.now);
        let until = self.until.resolve(cx.now, &cx.person.zone)?;
        if until <= from {
            return Err(Error::shown(text!["It would end at ", until, ", before it begins. Nothing was changed."]));
        }
        if until.duration_since(cx.now) > SignedDuration::from_hours(24 * AHEAD) {
            let words =
                format!("That is more than {AHEAD} days ahead. Nothing was changed. For good, whoever runs me can change ");
            return Err(Error::shown(text![words, code("oncall.toml"), "."]));
        }
        let turns = rota::turns(rotation, &cx.records.overrides().await?, from, until);
        let name = || code(rotation.name.as_str());
        if turns.is_empty() {
            return Err(Error::shown(text![
                "Nobody is on call for ",
                name(),
                " in that time, so nobody can stand in. Nothing was changed. ",
                code("oncall list"),
                " shows the turns."
            ]));
        }
        let others: BTreeSet<&PersonId> = turns.iter().map(|turn| &turn.who).filter(|other| **other != who).collect();
        if others.is_empty() {
            return Err(Error::shown(text![&who, " is on call for ", name(), " then anyway. Nothing was changed."]));
        }
        let said = text![&who, " is on call for ", name(), " from ", from, " until ", until, " instead of "];
        let mut people: Vec<Span> = Vec::new();
        for (at, other) in others.iter().enumerate() {
            people.extend((at > 0).then(|| Span::from(" and ")));
            people.push((*other).into());
        }
        Ok(Plan::Records {
            resource: Box::new(resource(rotation)),
            effects: vec![Effect::Override {
                rotation: rotation.name.clone(),
                who: who.clone(),
                time: Shift { from, until },
                reason: cx.reason.map(str::to_owned),
            }],
            say: said
                .then(crate::Text(people))
                .then(text![". ", code("oncall list"), " shows its number, ", code("oncall end-override"), " takes it back."])
                .into(),
        })
    }
}
