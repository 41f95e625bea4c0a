//! `alert resolve`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_note, does, named};
use crate::message::lasting;
use crate::records::{AlertId, Deed};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Call alerts over; the same as reacting ✅
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Resolve {
    /// The alerts, such as ALR-88
    #[arg(required = true)]
    alerts: Vec<AlertId>,
    /// How it was fixed, for those who see it next time
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

impl Command for Resolve {
    const NAME: &'static str = "alert resolve";
    const PICKS: &'static [&'static str] = &["alerts"];

    fn resource(&self) -> Resource {
        named(&self.alerts)
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        super::suggest(arg, typed, given, cx).await
    }
}

impl Change for Resolve {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        self.note.as_deref().map_or(Ok(()), check_note)?;
        let deed = Deed::Resolve { note: self.note.clone() };
        let say = |alerts| {
            text!["I closed "].then(alerts).then(text![
                ". Should its source still say that it is wrong in ",
                lasting(cx.settings.alerting.settle),
                ", it comes back."
            ])
        };
        does(&self.alerts, (deed, say), cx).await
    }
}
