//! `alert escalate`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{does, named};
use crate::records::{AlertId, Deed};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Bring alerts to whoever comes next in their escalation policy, now
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Escalate {
    /// The alerts, such as ALR-88
    #[arg(required = true)]
    alerts: Vec<AlertId>,
}

impl Command for Escalate {
    const NAME: &'static str = "alert escalate";
    const PICKS: &'static [&'static str] = &["alerts"];

    fn resource(&self) -> Resource {
        named(&self.alerts)
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        super::suggest(arg, typed, given, cx).await
    }
}

impl Change for Escalate {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let deed = Deed::Escalate;
        let say = |alerts| text!["The next step for "].then(alerts).then(text![" is taken now; its card shows who was told."]);
        does(&self.alerts, (deed, say), cx).await
    }
}
