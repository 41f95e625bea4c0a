//! `alert ack`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{does, named};
use crate::args::Length;
use crate::records::{AlertId, Deed};
use crate::{Change, Choice, Command, Context, Plan, Resource, Result, text};

/// Take alerts: you work on them, and nobody else is told meanwhile; the same as reacting 👀
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Ack {
    /// The alerts, such as ALR-88
    #[arg(required = true)]
    alerts: Vec<AlertId>,
    /// For how long, such as 2h; after that they come back if they are still wrong
    #[arg(long = "for", value_name = "LENGTH")]
    lasts: Option<Length>,
}

impl Command for Ack {
    const NAME: &'static str = "alert ack";
    const PICKS: &'static [&'static str] = &["alerts"];

    fn resource(&self) -> Resource {
        named(&self.alerts)
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        super::suggest(arg, typed, given, cx).await
    }
}

impl Change for Ack {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let lasts = self.lasts.map_or(cx.settings.alerting.acknowledged, Length::duration);
        let deed = Deed::Acknowledge { lasts };
        let say = |alerts| {
            text!["You have "].then(alerts).then(text![" until ", cx.now + lasts, ". If it is still wrong then, it comes back."])
        };
        does(&self.alerts, (deed, say), cx).await
    }
}
