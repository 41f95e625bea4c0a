//! `change approve`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{find, named, suggest_open};
use crate::error::Error;
use crate::message::code;
use crate::records::{ChangeId, Effect, Verdict};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Approve a change; the same as reacting ✅ to its card
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Approve {
    /// The change, such as CHG-1042
    id: ChangeId,
    /// The plan you mean, as its card names it: your vote counts for no other
    #[arg(long, value_name = "DIGEST")]
    plan: Option<String>,
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
        let plan = record.plan.digest.clone();
        if self.plan.as_ref().is_some_and(|meant| !plan.starts_with(meant.as_str())) {
            return Err(Error::shown(text![
                code(self.id.to_string()),
                " has another plan than the one you looked at, so your approval does not count. Its newest card shows what it would \
                 do now."
            ]));
        }
        let reason = cx.reason.map(str::to_owned);
        let vote = Effect::Vote { change: self.id, verdict: Verdict::Approve, plan, reason };
        Ok(Plan::Records {
            resource: Box::new(record.as_resource()),
            effects: vec![vote],
            say: text!["Your approval of ", code(self.id.to_string()), " counts. Its card shows how it stands."].into(),
        })
    }
}
