//! `access group list`.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::access::aws::Identity;
use crate::access::roster;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table};
use crate::page::{Listing, Paging, words};
use crate::{Command, Query, text};

/// Lists the groups of IAM Identity Center.
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
    const NAME: &'static str = "access group list";

    fn resource(&self) -> Resource {
        Resource::named("group", "all")
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let identity = Identity::open(cx).await?;
        let mut groups = identity.groups().await?;
        let wanted = self.name.as_deref().unwrap_or_default().to_lowercase();
        groups.retain(|group| {
            let words = [Some(&group.name), group.description.as_ref()];
            words.into_iter().flatten().any(|words| words.to_lowercase().contains(&wanted))
        });
        groups.sort_by_cached_key(|group| group.name.to_lowercase());
        let listing = Listing {
            noun: "group",
            of: "",
            command: words(Self::NAME, [("name", self.name.as_deref())]),
            nothing: "No group fits that. Leave an option out to see more.",
            total: groups.len(),
        };
        let or_empty = |words: &Option<String>| words.clone().unwrap_or_default();
        if self.paging.csv {
            // To ask AWS for the members of each would take a minute for a thousand groups.
            let roster = roster::known(cx).await?;
            let mut table = Table::new(["group", "members", "description", "from_elsewhere", "id"]);
            for group in &groups {
                let members = roster.members_of(&group.id).count().to_string();
                let external = group.external.to_string();
                table.row([group.name.clone(), members, or_empty(&group.description), external, group.id.clone()]);
            }
            return Ok(self.paging.answer(&listing, table).note(text!["Members are counted as of ", roster.at, "."]));
        }
        let shown = self.paging.shown(&groups);
        let ids: Vec<String> = shown.iter().map(|group| group.id.clone()).collect();
        let members = identity.each(&ids, |id| identity.members(id)).await?;
        let mut table = Table::new(["Group", "Members", "Description"]);
        for (group, members) in shown.iter().zip(members) {
            table.row([group.name.clone(), members.len().to_string(), or_empty(&group.description)]);
        }
        Ok(self.paging.answer(&listing, table))
    }
}
