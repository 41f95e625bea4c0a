//! `change freeze stop`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource;
use crate::error::Error;
use crate::message::code;
use crate::records::{Effect, Freeze};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Lift a freeze before its end
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Stop {
    /// The freeze, such as FRZ-3
    #[arg(value_parser = number)]
    id: u64,
}

fn number(typed: &str) -> std::result::Result<u64, String> {
    let digits = typed.trim().to_lowercase();
    digits.trim_start_matches("frz-").parse().map_err(|_| "freezes look like FRZ-3".to_owned())
}

impl Command for Stop {
    const NAME: &'static str = "change freeze stop";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("freeze", format!("FRZ-{}", self.id))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        let freezes = cx.records.freezes().await.unwrap_or_default();
        let label = |freeze: &Freeze| {
            format!("FRZ-{} {}: {}", freeze.id, freeze.project.as_deref().unwrap_or("all projects"), freeze.reason)
        };
        freezes
            .iter()
            .filter(|freeze| freeze.until > cx.now && cx.may(&resource(freeze.project.as_ref())))
            .map(|freeze| Choice { value: format!("FRZ-{}", freeze.id), label: label(freeze) })
            .filter(|choice| choice.label.to_lowercase().contains(&typed.to_lowercase()))
            .take(100)
            .collect()
    }
}

impl Change for Stop {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let freezes = cx.records.freezes().await?;
        let freeze = freezes.iter().find(|freeze| freeze.id == self.id && freeze.until > cx.now).ok_or_else(|| {
            let id = format!("FRZ-{}", self.id);
            Error::shown(text!["There is no freeze ", code(id), " now. ", code("change freeze list"), " shows those that hold."])
        })?;
        Ok(Plan::Records {
            resource: Box::new(resource(freeze.project.as_ref())),
            effects: vec![Effect::Thaw { id: self.id }],
            say: text![
                "The freeze ",
                code(format!("FRZ-{}", self.id)),
                " is lifted. Held changes start within minutes, unless their hour has passed."
            ]
            .into(),
        })
    }
}
