//! `alert missed`

use serde::{Deserialize, Serialize};

use super::NEWEST;
use crate::args::Since;
use crate::message::{Message, Table};
use crate::page::{Listing, Paging, words};
use crate::records::{AlertHead, Handling};
use crate::{Command, Context, Person, Query, Resource, Result};

/// List the alerts that were brought to you and that you did not take
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Missed {
    /// Since when they were, such as 2h or monday; a day ago unless you say so
    #[arg(long, default_value = "24h")]
    since: Since,
    #[command(flatten)]
    paging: Paging,
}

impl Command for Missed {
    const NAME: &'static str = "alert missed";

    fn resource(&self) -> Resource {
        Resource::named("alert", "missed")
    }
}

impl Query for Missed {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let since = self.since.resolve(cx.now, &cx.person.zone)?;
        let mut alerts = cx.records.alerts(NEWEST).await?;
        alerts.retain(|alert| {
            let told = alert.pings.iter().any(|ping| ping.person == cx.person.id && ping.at >= since);
            told && !is_taken_by(alert, cx.person)
        });
        let alerts = cx.allowed(alerts, AlertHead::as_resource);
        let mut table = Table::new(["id", "severity", "what", "brought to you", "what became of it"]);
        for alert in if self.paging.csv { &alerts[..] } else { self.paging.shown(&alerts) } {
            let first = alert.pings.iter().find(|ping| ping.person == cx.person.id && ping.at >= since);
            table.row([
                alert.id.to_string(),
                alert.signal.severity.to_string(),
                alert.signal.title.clone(),
                first.map(|ping| ping.at.strftime("%d %b %H:%M UTC").to_string()).unwrap_or_default(),
                super::standing(&alert.handling),
            ]);
        }
        let since = self.since.to_string();
        let listing = Listing {
            noun: "alert",
            of: " that you did not take",
            command: words(Self::NAME, [("since", Some(since.as_str()))]),
            nothing: "You missed nothing.",
            total: alerts.len(),
        };
        Ok(self.paging.answer(&listing, table))
    }
}

/// Whether this person had it in hand at any time.
fn is_taken_by(alert: &AlertHead, person: &Person) -> bool {
    let now = match &alert.handling {
        Handling::Acknowledged { by, .. } | Handling::Silenced { by, .. } => *by == person.id,
        Handling::Resolved { by, .. } => by.as_ref() == Some(&person.id),
        Handling::Open => false,
    };
    now || alert.done.iter().any(|did| did.by == person.id)
}
