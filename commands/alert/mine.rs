//! `alert mine`

use serde::{Deserialize, Serialize};

use super::{NEWEST, standing};
use crate::message::{Message, Table, code};
use crate::records::{AlertHead, Handling};
use crate::{Command, Context, Query, Resource, Result, text};

/// List the alerts you took or silenced, and those that were brought to you and nobody has taken
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Mine {}

impl Command for Mine {
    const NAME: &'static str = "alert mine";

    fn resource(&self) -> Resource {
        Resource::named("alert", "mine")
    }
}

impl Query for Mine {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let me = &cx.person.id;
        let is_mine = |alert: &AlertHead| match &alert.handling {
            Handling::Acknowledged { by, .. } | Handling::Silenced { by, .. } => by == me,
            Handling::Open => alert.pings.iter().any(|ping| ping.person == *me),
            Handling::Resolved { .. } => false,
        };
        let mut alerts = cx.records.alerts(NEWEST).await?;
        alerts.retain(is_mine);
        let mut alerts = cx.allowed(alerts, AlertHead::as_resource);
        alerts.sort_by_key(|alert| (alert.signal.severity, std::cmp::Reverse(alert.id)));
        if alerts.is_empty() {
            return Ok(text!["No alert is yours. ", code("alert list"), " shows all that are not over."].into());
        }
        let mut table = Table::new(["id", "severity", "what", "how it stands", "since"]);
        for alert in alerts.iter().take(50) {
            table.row([
                alert.id.to_string(),
                alert.signal.severity.to_string(),
                alert.signal.title.clone(),
                standing(&alert.handling),
                alert.signal.since.strftime("%d %b %H:%M UTC").to_string(),
            ]);
        }
        Ok(Message::new().header(format!("Your alerts ({})", alerts.len())).table(table))
    }
}
