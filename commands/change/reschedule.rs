//! `change reschedule`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{find, named, suggest_open};
use crate::args::When;
use crate::error::Error;
use crate::message::code;
use crate::records::{ChangeId, Effect};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Give a change another start; approvals for the old one become void
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Reschedule {
    /// The change, such as CHG-1042
    id: ChangeId,
    /// The new start, such as "sat 02:00" or "tomorrow 3pm Asia/Taipei"
    #[arg(long, value_name = "TIME")]
    at: When,
}

impl Command for Reschedule {
    const NAME: &'static str = "change reschedule";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        named(self.id)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest_open(typed, cx).await
    }
}

impl Change for Reschedule {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let record = find(self.id, cx).await?;
        let at = self.at.resolve(cx.now, &cx.person.zone)?;
        let freezes = cx.records.freezes().await?;
        if let Some(freeze) = freezes.iter().find(|freeze| freeze.holds(record.plan.resource.project.as_deref(), at)) {
            return Err(Error::shown(freeze.refuses()));
        }
        let say = match record.requires {
            Some(_) => {
                text![code(self.id.to_string()), " starts ", at, " once it is approved again: a new start needs new approvals."]
            }
            None => text![code(self.id.to_string()), " starts ", at, "."],
        };
        Ok(Plan::Records {
            resource: Box::new(record.as_resource()),
            effects: vec![Effect::Reschedule { change: self.id, at }],
            say: say.into(),
        })
    }
}
