//! `change cancel`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{find, named, suggest_open};
use crate::message::code;
use crate::records::{ChangeId, Effect};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Take a change back before it starts
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Cancel {
    /// The change, such as CHG-1042
    id: ChangeId,
}

impl Command for Cancel {
    const NAME: &'static str = "change cancel";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        named(self.id)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest_open(typed, cx).await
    }
}

impl Change for Cancel {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let record = find(self.id, cx).await?;
        let cancel = Effect::Cancel { change: self.id, reason: cx.reason.map(str::to_owned) };
        Ok(Plan::Records {
            resource: Box::new(record.as_resource()),
            effects: vec![cancel],
            say: text![code(self.id.to_string()), " is cancelled. Nothing was changed in AWS."].into(),
        })
    }
}
