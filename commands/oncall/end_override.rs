//! `oncall end-override`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource_of;
use crate::error::Error;
use crate::message::code;
use crate::records::{Effect, Override, OverrideId};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// End an override, or take it back before it begins
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct EndOverride {
    /// The override, such as OVR-3
    id: OverrideId,
}

impl Command for EndOverride {
    const NAME: &'static str = "oncall end-override";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("override", self.id.to_string())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        let overrides = cx.records.overrides().await.unwrap_or_default();
        let label = |one: &Override| {
            let until = one.until.strftime("%a %-d %b %H:%M UTC");
            format!("{} @{} for {} until {until}", one.id, one.who, one.rotation)
        };
        overrides
            .iter()
            .filter(|one| one.until > cx.now && cx.may(&resource_of(one, cx)))
            .map(|one| Choice { value: one.id.to_string(), label: label(one) })
            .filter(|choice| choice.label.to_lowercase().contains(&typed.to_lowercase()))
            .take(100)
            .collect()
    }
}

impl Change for EndOverride {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let overrides = cx.records.overrides().await?;
        let one = overrides.iter().find(|one| one.id == self.id && one.until > cx.now).ok_or_else(|| {
            let id = code(self.id.to_string());
            Error::shown(text!["There is no override ", id, " now or to come. ", code("oncall list"), " shows those there are."])
        })?;
        let id = code(self.id.to_string());
        let (who, rotation) = (&one.who, code(one.rotation.as_str()));
        let half = one.swap.map(|swap| text![" It was one half of ", code(swap.to_string()), "; the other half stays."]);
        let say = if one.from <= cx.now {
            text![id, " ends now: ", who, " no longer stands in for ", rotation, "."]
        } else {
            text![id, " is taken back: ", who, " does not stand in for ", rotation, " from ", one.from, "."]
        };
        Ok(Plan::Records {
            resource: Box::new(resource_of(one, cx)),
            effects: vec![Effect::EndOverride { id: self.id }],
            say: say.then(half.unwrap_or_default()).into(),
        })
    }
}
