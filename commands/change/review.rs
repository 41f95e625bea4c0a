//! `change review`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::approve::Approve;
use super::{find, named, resource, show, suggest_open};
use crate::context::Decision;
use crate::records::{ChangeId, Effect, Status};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result};

/// Open the details of a change that waits, and tell the others that you are looking at it
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Review {
    /// The change, such as CHG-1042
    id: ChangeId,
}

impl Command for Review {
    const NAME: &'static str = "change review";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        named(self.id)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest_open(typed, cx).await
    }
}

impl Change for Review {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let record = find(self.id, cx).await?;
        let waits = matches!(record.status, Status::AwaitingApproval { .. });
        let resource = resource(&record);
        let approver = record.requires.as_ref().is_some_and(|requires| cx.person.groups.contains(&requires.group))
            && matches!(cx.authority.decide(cx.person, Approve::NAME, &resource), Decision::Allowed { .. });
        let claims = waits && approver && record.claimed.is_none() && record.asker != cx.person.id;
        Ok(Plan::Records {
            resource: Box::new(resource),
            effects: if claims { vec![Effect::Claim { change: self.id }] } else { Vec::new() },
            say: show::details(&record),
        })
    }
}
