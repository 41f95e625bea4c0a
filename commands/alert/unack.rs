//! `alert unack`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{does, named};
use crate::records::{AlertId, Deed};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Give alerts back, or end their silence: they climb again until somebody takes them
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Unack {
    /// The alerts, such as ALR-88
    #[arg(required = true)]
    alerts: Vec<AlertId>,
}

impl Command for Unack {
    const NAME: &'static str = "alert unack";
    const PICKS: &'static [&'static str] = &["alerts"];

    fn resource(&self) -> Resource {
        named(&self.alerts)
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        super::suggest(arg, typed, given, cx).await
    }
}

impl Change for Unack {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let deed = Deed::Unacknowledge;
        let say = |alerts| text!["Nobody has "].then(alerts).then(text![" in hand now; it is brought to people again."]);
        does(&self.alerts, (deed, say), cx).await
    }
}
