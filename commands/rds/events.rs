//! `rds events`.

use clap::Args;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::find::{Wanted, find};
use super::{check, inventory};
use crate::args::Since;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, bold, code};
use crate::{Choice, Command, Query, text};

/// Events shown at most, the newest.
const SHOWN: usize = 30;
/// How far back is looked when nobody says.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Shows what AWS says happened to a database.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Events {
    /// The database: its name, name@account, or ARN
    id: String,
    /// How far back, such as 3h or yesterday; a day if you leave it out. AWS keeps 14 days
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
}

impl Command for Events {
    const NAME: &'static str = "rds events";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Wanted::read(&self.id).resource()
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Query for Events {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let found = find(&self.id, cx).await?;
        check(&found.database.resource(), cx)?;
        let since = match &self.since {
            Some(since) => since.resolve(cx.now, &cx.person.zone)?,
            None => cx.now - DAY,
        };
        let events = found.rds.events(&found.database, since).await?;
        if events.is_empty() {
            return Ok(text!["AWS says nothing of ", code(found.database.id()), " since ", since, "."].into());
        }
        let newest = events.iter().rev().take(SHOWN);
        let lines = newest.map(|event| text![event.at, " ", bold(&*event.source), " ", event.message.as_str()]);
        let lines = lines.reduce(|all, line| all.then("\n").then(line)).unwrap_or_default();
        let left_out = events.len().saturating_sub(SHOWN);
        let message = Message::new().header(format!("Events of {}", found.database.id())).text(lines);
        Ok(if left_out == 0 { message } else { message.note(format!("{left_out} older ones are left out.")) })
    }
}
