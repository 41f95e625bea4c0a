//! `change sign-off`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{choices, find, named};
use crate::message::code;
use crate::records::{ChangeId, Effect, Status};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Say that you have reviewed a change for which somebody broke the glass
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct SignOff {
    /// The change, such as CHG-1042
    id: ChangeId,
    /// What you found, for the card and the audit log
    #[arg(long, value_name = "WORDS")]
    note: Option<String>,
}

impl Command for SignOff {
    const NAME: &'static str = "change sign-off";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        named(self.id)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        choices(typed, cx, |record| record.is_unreviewed() && matches!(record.status, Status::Ended { .. })).await
    }
}

impl Change for SignOff {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let record = find(self.id, cx).await?;
        let id = code(self.id.to_string());
        let note = self.note.clone().or_else(|| cx.reason.map(str::to_owned));
        Ok(Plan::Records {
            resource: Box::new(record.as_resource()),
            effects: vec![Effect::SignOff { change: self.id, note }],
            say: text!["You reviewed ", id, ", the emergency of ", &record.asker, ". That closes it. Thank you."].into(),
        })
    }
}
