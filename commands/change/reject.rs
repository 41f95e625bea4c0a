//! `change reject`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{find, named, suggest_open};
use crate::message::code;
use crate::records::{ChangeId, Effect, Verdict};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Reject a change, which ends it; the same as reacting ❌ to its card
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Reject {
    /// The change, such as CHG-1042
    id: ChangeId,
}

impl Command for Reject {
    const NAME: &'static str = "change reject";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        named(self.id)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest_open(typed, cx).await
    }
}

impl Change for Reject {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let record = find(self.id, cx).await?;
        let (plan, reason) = (record.plan.digest.clone(), cx.reason.map(str::to_owned));
        let vote = Effect::Vote { change: self.id, verdict: Verdict::Reject, plan, reason };
        let id = code(self.id.to_string());
        let say = match &record.plan.gate {
            None => text!["You rejected ", id, ", which ends it. Nothing was changed in AWS."],
            Some(gate) => text!["You rejected ", id, format!(", which {}. Its card shows how that goes.", gate.rejecting)],
        };
        Ok(Plan::Records { resource: Box::new(record.as_resource()), effects: vec![vote], say: say.into() })
    }
}
