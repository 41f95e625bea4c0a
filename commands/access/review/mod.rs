//! `access review`: who has access, gone through row by row until a day, then what nobody should keep is removed.
//!
//! `rows` is what is reviewed and what people said to it, read from the change's record; `plan` begins a review, `steps` reminds,
//! removes and reports. `access rows` shows them, `access keep` and `access drop` answer.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pick;
use crate::args::When;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command};

mod answer;
mod plan;
mod rows;
mod show;
mod steps;

pub(super) use rows::{removed, who};

pub use answer::{Drop, Keep};
pub use show::Rows;

/// Has people go through who has access to an account, or who is in a group, and removes what they say.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Review {
    /// The account, by name or number: everything that is assigned in it
    #[arg(long, conflicts_with = "group")]
    account: Option<String>,
    /// The group: everybody who is in it
    #[arg(long)]
    group: Option<String>,
    /// Only this permission set of the account
    #[arg(long, value_name = "NAME", conflicts_with = "group")]
    permission_set: Option<String>,
    /// When it ends, such as `fri 17:00`; in 7 days if left out
    #[arg(long, value_name = "TIME")]
    until: Option<When>,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(steps::Stage);

impl Command for Review {
    const NAME: &'static str = "access review";
    const PICKS: &'static [&'static str] = &["account", "group", "permission_set"];

    fn resource(&self) -> Resource {
        match (&self.account, &self.group) {
            (Some(account), _) => Resource::named("account", account.as_str()),
            (None, group) => Resource::named("group", group.clone().unwrap_or_default()),
        }
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        match arg {
            "account" => pick::accounts(typed, cx),
            "group" => pick::groups(typed, cx).await,
            "permission_set" => pick::permission_sets(typed, cx).await,
            _ => Vec::new(),
        }
    }
}

impl Change for Review {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        Ok(Plan::Work(Box::new(plan::plan(self, cx).await?)))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        steps::step(state.0, permit, cx).await
    }
}
