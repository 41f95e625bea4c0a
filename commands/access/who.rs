//! `access who`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::aws::Identity;
use super::holding::{Holding, Names, end};
use super::model::{Assignment, Membership, PrincipalKind};
use super::{find, permitted, pick};
use crate::context::{Account, Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table};
use crate::page::{Listing, Paging, words};
use crate::{Choice, Command, Query};

/// Lists who has access to an account: through what, until when, given by whom.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Who {
    /// The AWS account, by name or number, such as shop-prod
    #[arg(long)]
    account: String,
    /// Only this permission set
    #[arg(long)]
    permission_set: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for Who {
    const NAME: &'static str = "access who";
    const PICKS: &'static [&'static str] = &["account", "permission_set"];

    fn resource(&self) -> Resource {
        Resource::named("account", &*self.account)
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        match arg {
            "account" => pick::accounts(typed, cx),
            "permission_set" => pick::permission_sets(typed, cx).await,
            _ => Vec::new(),
        }
    }
}

impl Query for Who {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let account = find::account(&self.account, cx)?;
        permitted::to_see(&resource(account), cx)?;
        let identity = Identity::open(cx).await?;
        let assignments = match &self.permission_set {
            Some(typed) => {
                let set = find::permission_set(typed, cx, &identity).await?;
                identity.assignments(&account.id, &set.arn).await?
            }
            None => identity.assignments_in(&account.id).await?,
        };
        let holdings = holdings(&assignments, &identity, cx).await?;
        let listing = Listing {
            noun: "role",
            of: &format!(" in {}", account.name),
            command: words(Self::NAME, [("account", Some(&*account.name)), ("permission-set", self.permission_set.as_deref())]),
            nothing: &self.nothing(account),
            total: holdings.len(),
        };
        let table = if self.paging.csv { csv(&holdings) } else { table(self.paging.shown(&holdings)) };
        Ok(self.paging.answer(&listing, table))
    }
}

impl Who {
    fn nothing(&self, account: &Account) -> String {
        let what = self.permission_set.as_deref().unwrap_or("any access");
        format!("Nobody has {what} in {} through IAM Identity Center.", account.name)
    }
}

/// An account as policy sees it.
fn resource(account: &Account) -> Resource {
    Resource {
        id: account.id.clone(),
        account: Some(account.id.clone()),
        project: Some(account.project.clone()),
        env: Some(account.env.clone()),
        ..Resource::named("account", &*account.name)
    }
}

/// A row for each user, also for those in groups, and for each group without members.
async fn holdings(assignments: &[Assignment], identity: &Identity, cx: &Context<'_>) -> Result<Vec<Holding>> {
    let groups = assignments.iter().map(|one| &one.principal).filter(|one| one.kind == PrincipalKind::Group);
    let mut groups: Vec<String> = groups.map(|group| group.id.clone()).collect();
    groups.sort();
    groups.dedup();
    let members: Vec<Membership> = identity.each(&groups, |id| identity.members(id)).await?.into_iter().flatten().collect();
    let names = Names::of(assignments, &members, identity, cx).await?;
    let mut holdings = Vec::new();
    for assignment in assignments {
        let id = &assignment.principal.id;
        match assignment.principal.kind {
            PrincipalKind::User => holdings.push(names.holding(assignment, names.user(id), "directly")),
            PrincipalKind::Group => {
                let group = names.group(id);
                let before = holdings.len();
                for member in members.iter().filter(|member| member.group == *id) {
                    holdings.push(names.holding(assignment, names.user(&member.user), &group));
                }
                if holdings.len() == before {
                    holdings.push(names.holding(assignment, "(nobody)".to_owned(), &group));
                }
            }
        }
    }
    holdings.sort();
    Ok(holdings)
}

fn table(holdings: &[Holding]) -> Table {
    let mut table = Table::new(["Permission set", "Who", "Through", "Until (UTC)", "By"]);
    for one in holdings {
        table.row([one.permission_set.clone(), one.who.clone(), one.through.clone(), end(one.until), one.by.clone()]);
    }
    table
}

pub(super) fn csv(holdings: &[Holding]) -> Table {
    let mut table = Table::new(["account", "account_id", "permission_set", "user", "through", "until", "by"]);
    for one in holdings {
        table.row([
            one.account.clone(),
            one.account_id.clone(),
            one.permission_set.clone(),
            one.who.clone(),
            one.through.clone(),
            one.until.map(|until| until.to_string()).unwrap_or_default(),
            one.by.clone(),
        ]);
    }
    table
}
