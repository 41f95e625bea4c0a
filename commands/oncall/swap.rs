//! `oncall swap`

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rota::{self, Run};
use super::{AHEAD, find, named, resource, suggest};
use crate::args::{When, Who};
use crate::error::Error;
use crate::message::code;
use crate::records::{Effect, Shift};
use crate::{Change, Choice, Command, Context, PersonId, Plan, Resource, Result, text};

/// Offer somebody to swap shifts; nothing changes until they accept
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Swap {
    /// The rotation
    rotation: String,
    /// With whom, such as @ben
    #[arg(long)]
    with: Who,
    /// A time in the shift you give, such as "sat 12:00"; your next one if left out
    #[arg(long, value_name = "TIME")]
    give: Option<When>,
    /// A time in the shift you take; their next one if left out
    #[arg(long, value_name = "TIME")]
    take: Option<When>,
}

impl Command for Swap {
    const NAME: &'static str = "oncall swap";
    const PICKS: &'static [&'static str] = &["rotation", "with"];

    fn resource(&self) -> Resource {
        named(&self.rotation)
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        if arg == "with" { Who::suggest(typed, cx) } else { suggest(typed, cx) }
    }
}

impl Change for Swap {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let rotation = find(&self.rotation, cx)?;
        let other = self.with.resolve(cx)?.id;
        if other == cx.person.id {
            return Err(Error::shown("That is you. Nothing was changed. Say with whom you would like to swap."));
        }
        let until = cx.now + SignedDuration::from_hours(24 * AHEAD);
        let runs = rota::runs(&rota::turns(rotation, &cx.records.overrides().await?, cx.now, until));
        let name = rotation.name.as_str();
        let gives = shift(&runs, (&cx.person.id, "You have"), self.at(&self.give, cx)?, (name, cx.now))?;
        let theirs = format!("@{other} has");
        let takes = shift(&runs, (&other, &theirs), self.at(&self.take, cx)?, (name, cx.now))?;
        let say = text![
            "I ask ",
            &other,
            " to take your shift in ",
            code(name),
            " from ",
            gives.from,
            " until ",
            gives.until,
            " and to give you theirs from ",
            takes.from,
            " until ",
            takes.until,
            ". Nothing changes until they accept, which they can until ",
            gives.from.min(takes.from),
            "."
        ];
        let reason = cx.reason.map(str::to_owned);
        Ok(Plan::Records {
            resource: Box::new(resource(rotation)),
            effects: vec![Effect::ProposeSwap { rotation: rotation.name.clone(), other, gives, takes, reason }],
            say: say.into(),
        })
    }
}

impl Swap {
    fn at(&self, when: &Option<When>, cx: &Context<'_>) -> Result<Option<Timestamp>> {
        when.as_ref().map(|when| when.resolve(cx.now, &cx.person.zone)).transpose()
    }
}

/// Somebody's shift around an instant, or their next one. It has not begun.
fn shift(
    runs: &[Run],
    (person, has): (&PersonId, &str),
    at: Option<Timestamp>,
    (rotation, now): (&str, Timestamp),
) -> Result<Shift> {
    let ahead = |run: &&Run| run.who == *person && run.time.from > now;
    let found = match at {
        Some(at) => runs.iter().filter(ahead).find(|run| run.time.from <= at && at < run.time.until),
        None => runs.iter().find(ahead),
    };
    found.map(|run| run.time).ok_or_else(|| {
        let no = match at {
            Some(at) => text![has, " no shift in ", code(rotation), " at ", at, " that has not begun. "],
            None => text![has, " no shift in ", code(rotation), format!(" that begins in the coming {AHEAD} days. ")],
        };
        Error::shown(no.then(text!["Nothing was changed. ", code("oncall list"), " shows the turns."]))
    })
}
