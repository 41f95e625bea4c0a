//! `access permission-set list`.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::access::aws::Identity;
use crate::access::words::session;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table};
use crate::page::{Listing, Paging, words};
use crate::{Command, Query};

/// Lists the permission sets of IAM Identity Center.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct List {
    /// Part of the name or the description
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for List {
    const NAME: &'static str = "access permission-set list";

    fn resource(&self) -> Resource {
        Resource::named("permission set", "all")
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let mut sets = Identity::open(cx).await?.permission_sets().await?;
        let wanted = self.name.as_deref().unwrap_or_default().to_lowercase();
        sets.retain(|set| {
            let words = [Some(&set.name), set.description.as_ref()];
            words.into_iter().flatten().any(|words| words.to_lowercase().contains(&wanted))
        });
        sets.sort_by_cached_key(|set| set.name.to_lowercase());
        let listing = Listing {
            noun: "permission set",
            of: "",
            command: words(Self::NAME, [("name", self.name.as_deref())]),
            nothing: "No permission set fits that. Leave an option out to see more.",
            total: sets.len(),
        };
        let description = |words: &Option<String>| words.clone().unwrap_or_default();
        let table = if self.paging.csv {
            let mut table = Table::new(["permission_set", "session", "description", "arn"]);
            for set in &sets {
                let length = set.session_duration.clone().unwrap_or_default();
                table.row([set.name.clone(), length, description(&set.description), set.arn.clone()]);
            }
            table
        } else {
            let mut table = Table::new(["Permission set", "Session", "Description"]);
            for set in self.paging.shown(&sets) {
                let length = session(set.session_duration.as_deref());
                table.row([set.name.clone(), length, description(&set.description)]);
            }
            table
        };
        Ok(self.paging.answer(&listing, table))
    }
}
