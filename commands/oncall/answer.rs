//! `oncall accept` and `oncall decline`: what becomes of a swap that was offered.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::named;
use crate::error::Error;
use crate::message::code;
use crate::records::{Effect, Swap, SwapAnswer, SwapId, SwapStatus};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// How many swaps are looked through for those that wait.
const NEWEST: usize = 200;

/// Accept a swap of shifts that you were offered
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Accept {
    /// The swap, such as SWP-2
    id: SwapId,
}

/// Decline a swap of shifts, or take your own offer back
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Decline {
    /// The swap, such as SWP-2
    id: SwapId,
}

impl Command for Accept {
    const NAME: &'static str = "oncall accept";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("swap", self.id.to_string())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest(typed, cx, |swap| swap.other == cx.person.id).await
    }
}

impl Command for Decline {
    const NAME: &'static str = "oncall decline";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("swap", self.id.to_string())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest(typed, cx, |swap| swap.other == cx.person.id || swap.asker == cx.person.id).await
    }
}

impl Change for Accept {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let swap = open(self.id, cx).await?;
        if swap.other != cx.person.id {
            return Err(Error::shown(text![
                code(self.id.to_string()),
                " was offered to ",
                &swap.other,
                ", so only they can accept it. Nothing was changed."
            ]));
        }
        let say = text![
            "🔁 Swapped: you are on call for ",
            code(swap.rotation.as_str()),
            " from ",
            swap.gives.from,
            " until ",
            swap.gives.until,
            ", and ",
            &swap.asker,
            " from ",
            swap.takes.from,
            " until ",
            swap.takes.until,
            "."
        ];
        Ok(Plan::Records {
            resource: Box::new(resource(&swap, cx)),
            effects: vec![Effect::AnswerSwap { id: self.id, answer: SwapAnswer::Accept }],
            say: say.into(),
        })
    }
}

impl Change for Decline {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let swap = open(self.id, cx).await?;
        let id = code(self.id.to_string());
        let say = if swap.other == cx.person.id {
            text!["You declined ", id, ". Everybody keeps their shifts."]
        } else if swap.asker == cx.person.id {
            text!["You took ", id, " back. Everybody keeps their shifts."]
        } else {
            return Err(Error::shown(text![id, " is between ", &swap.asker, " and ", &swap.other, ". Nothing was changed."]));
        };
        let answer = SwapAnswer::Decline { reason: cx.reason.map(str::to_owned) };
        Ok(Plan::Records {
            resource: Box::new(resource(&swap, cx)),
            effects: vec![Effect::AnswerSwap { id: self.id, answer }],
            say: say.into(),
        })
    }
}

/// The swap of this number, which nobody has answered.
async fn open(id: SwapId, cx: &Context<'_>) -> Result<Swap> {
    let said = code(id.to_string());
    let Some(swap) = cx.records.swap(id).await? else {
        return Err(Error::shown(text!["There is no swap ", said, ". They are offered with ", code("oncall swap"), "."]));
    };
    match swap.closed(cx.now) {
        None => Ok(swap),
        Some(why) => Err(Error::shown(why)),
    }
}

fn resource(swap: &Swap, cx: &Context<'_>) -> Resource {
    let rotation = cx.settings.oncall.rotations.iter().find(|rotation| rotation.name == swap.rotation);
    let known = rotation.map_or_else(|| named(&swap.rotation), super::resource);
    Resource { asker: Some(swap.asker.clone()), ..known }
}

async fn suggest(typed: &str, cx: &Context<'_>, concerns: impl Fn(&Swap) -> bool) -> Vec<Choice> {
    let swaps = cx.records.swaps(NEWEST).await.unwrap_or_default();
    let waits = |swap: &&Swap| swap.status == SwapStatus::Offered && swap.expires() > cx.now && concerns(swap);
    let label = |swap: &Swap| format!("{} @{} and @{} in {}", swap.id, swap.asker, swap.other, swap.rotation);
    let choices = swaps.iter().filter(waits).map(|swap| Choice { value: swap.id.to_string(), label: label(swap) });
    choices.filter(|choice| choice.label.to_lowercase().contains(&typed.to_lowercase())).take(100).collect()
}
