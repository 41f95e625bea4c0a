//! `alert silence`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{does, named};
use crate::args::Length;
use crate::records::{AlertId, Deed};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Hear nothing of alerts for a while; the same as reacting 🔕
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Silence {
    /// The alerts, such as ALR-88
    #[arg(required = true)]
    alerts: Vec<AlertId>,
    /// For how long, such as 2h
    #[arg(long = "for", value_name = "LENGTH")]
    lasts: Option<Length>,
}

impl Command for Silence {
    const NAME: &'static str = "alert silence";
    const PICKS: &'static [&'static str] = &["alerts"];

    fn resource(&self) -> Resource {
        named(&self.alerts)
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        super::suggest(arg, typed, given, cx).await
    }
}

impl Change for Silence {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let lasts = self.lasts.map_or(cx.settings.alerting.silenced, Length::duration);
        let deed = Deed::Silence { lasts };
        let say =
            |alerts| text!["Silence for "].then(alerts).then(text![" until ", cx.now + lasts, ". You are told before it ends."]);
        does(&self.alerts, (deed, say), cx).await
    }
}
