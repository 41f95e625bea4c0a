//! `access user list`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::aws::Identity;
use crate::access::model::User;
use crate::access::{find, pick};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table};
use crate::page::{Listing, Paging, words};
use crate::{Choice, Command, Query};

/// Lists the users of IAM Identity Center.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct List {
    /// Only those in this group
    #[arg(long)]
    group: Option<String>,
    /// Part of a name: of the user name, the name or the e-mail address
    #[arg(long, value_name = "WORDS")]
    name: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for List {
    const NAME: &'static str = "access user list";
    const PICKS: &'static [&'static str] = &["group"];

    fn resource(&self) -> Resource {
        Resource::named("user", "all")
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::groups(typed, cx).await
    }
}

impl Query for List {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let identity = Identity::open(cx).await?;
        let mut users = identity.users().await?;
        let mut of = String::new();
        if let Some(typed) = &self.group {
            let group = find::group(typed, cx, &identity).await?;
            let members = identity.members(&group.id).await?;
            users.retain(|user| members.iter().any(|member| member.user == user.id));
            of = format!(" in {}", group.name);
        }
        users.retain(|user| self.wants(user));
        users.sort_by_cached_key(|user| user.name.to_lowercase());
        let listing = Listing {
            noun: "user",
            of: &of,
            command: words(Self::NAME, [("group", self.group.as_deref()), ("name", self.name.as_deref())]),
            nothing: "No user fits that. Leave an option out to see more.",
            total: users.len(),
        };
        let table = if self.paging.csv { csv(&users) } else { table(self.paging.shown(&users)) };
        Ok(self.paging.answer(&listing, table))
    }
}

impl List {
    fn wants(&self, user: &User) -> bool {
        let Some(wanted) = self.name.as_ref().map(|name| name.to_lowercase()) else { return true };
        let names = [Some(&user.name), Some(&user.display_name), user.email.as_ref()];
        names.into_iter().flatten().any(|name| name.to_lowercase().contains(&wanted))
    }
}

fn table(users: &[User]) -> Table {
    let mut table = Table::new(["User", "Name", "E-mail", "State"]);
    for user in users {
        let state = if user.active { "" } else { "disabled" };
        table.row([user.name.clone(), user.display_name.clone(), user.email.clone().unwrap_or_default(), state.to_owned()]);
    }
    table
}

fn csv(users: &[User]) -> Table {
    let mut table = Table::new(["user", "name", "given", "family", "email", "title", "enabled", "from_elsewhere", "id"]);
    let or_empty = |value: &Option<String>| value.clone().unwrap_or_default();
    for user in users {
        table.row([
            user.name.clone(),
            user.display_name.clone(),
            or_empty(&user.given),
            or_empty(&user.family),
            or_empty(&user.email),
            or_empty(&user.title),
            user.active.to_string(),
            user.external.to_string(),
            user.id.clone(),
        ]);
    }
    table
}
