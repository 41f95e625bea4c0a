//! `access of`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::aws::Identity;
use super::holding::{Holding, Names, end};
use super::model::{Principal, PrincipalKind};
use super::{find, permitted, pick, who};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table};
use crate::page::{Listing, Paging, words};
use crate::{Choice, Command, Query};

/// Lists what somebody has access to: accounts and permission sets, through what, until when.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Of {
    /// The user, or a group as "group sre": @ana, a user name or an e-mail address
    principal: String,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for Of {
    const NAME: &'static str = "access of";
    const PICKS: &'static [&'static str] = &["principal"];

    fn resource(&self) -> Resource {
        match find::group_in(&self.principal) {
            Some(group) => Resource::named("group", group),
            None => Resource::named("user", self.principal.trim_start_matches('@')),
        }
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::principals(typed, cx).await
    }
}

impl Query for Of {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let identity = Identity::open(cx).await?;
        let principal = find::principal(&self.principal, cx, &identity).await?;
        let kind = principal.kind.to_string();
        permitted::to_see(&Resource { id: format!("{kind} {}", principal.id), ..Resource::named(&kind, &*principal.name) }, cx)?;
        let holdings = holdings(&principal, &identity, cx).await?;
        let typed = match principal.kind {
            PrincipalKind::User => principal.name.clone(),
            PrincipalKind::Group => format!("group {}", principal.name),
        };
        let mut command = words(Self::NAME, []);
        command.push(typed);
        let nothing = format!("{principal} has access to no account through IAM Identity Center.");
        Ok(listed(&holdings, &self.paging, (&format!(" of {principal}"), command, &nothing)))
    }
}

/// Everything somebody has, their groups' included.
pub(super) async fn holdings(principal: &Principal, identity: &Identity, cx: &Context<'_>) -> Result<Vec<Holding>> {
    let assignments = identity.assignments_of(&principal.assignee()).await?;
    let names = Names::of(&assignments, &[], identity, cx).await?;
    let mut holdings: Vec<Holding> = assignments
        .iter()
        .map(|assignment| {
            let through = match assignment.principal.kind {
                _ if assignment.principal == principal.assignee() => "directly".to_owned(),
                PrincipalKind::User => names.user(&assignment.principal.id),
                PrincipalKind::Group => names.group(&assignment.principal.id),
            };
            names.holding(assignment, principal.name.clone(), &through)
        })
        .collect();
    holdings.sort();
    holdings.dedup();
    Ok(holdings)
}

/// The answer: what is told behind the count, the command that lists it, and what to say where there is nothing.
pub(super) fn listed(holdings: &[Holding], paging: &Paging, (of, command, nothing): (&str, Vec<String>, &str)) -> Message {
    let listing = Listing { noun: "role", of, command, nothing, total: holdings.len() };
    if paging.csv {
        return paging.answer(&listing, who::csv(holdings));
    }
    let mut table = Table::new(["Account", "Permission set", "Through", "Until (UTC)", "By"]);
    for one in paging.shown(holdings) {
        table.row([one.account.clone(), one.permission_set.clone(), one.through.clone(), end(one.until), one.by.clone()]);
    }
    paging.answer(&listing, table)
}
