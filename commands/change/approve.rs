//! `change approve`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{find, named, suggest_open};
use crate::message::code;
use crate::records::{ChangeId, Effect, Verdict};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Approve a change; the same as reacting ✅ to its card
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Approve {
    /// The change, such as CHG-1042
    id: ChangeId,
}

impl Command for Approve {
    const NAME: &'static str = "change approve";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        named(self.id)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest_open(typed, cx).await
    }
}

impl Change for Approve {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let record = find(self.id, cx).await?;
        let vote = Effect::Vote { change: self.id, verdict: Verdict::Approve, reason: cx.reason.map(str::to_owned) };
        Ok(Plan::Records {
            resource: Box::new(record.as_resource()),
            effects: vec![vote],
            say: text!["Your approval of ", code(self.id.to_string()), " counts. Its card shows how it stands."].into(),
        })
    }
}
