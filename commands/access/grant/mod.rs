//! `access grant`: assign, wait, take back. `access extend` and `access revoke` take the same steps.
//!
//! `plan` looks and says what would be done, `state` is what is committed between steps, `steps` gives the access, `ending` takes
//! it back, `overlap` decides between several grants of the same access, `sessions` is the policy that ends open sessions,
//! `denying` puts it there and lifts it again.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::given::History;
use crate::access::pick;
use crate::args::Length;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command};

mod denying;
mod ending;
pub(crate) mod overlap;
pub(crate) mod plan;
pub(crate) mod sessions;
pub(crate) mod state;
pub(crate) mod steps;

use state::Job;
pub use state::State;

/// The commands whose changes are grants: their states are [`State`].
pub(crate) const COMMANDS: [&str; 3] = [Grant::NAME, super::extend::Extend::NAME, super::revoke::Revoke::NAME];

/// Gives somebody access to an account, for a while or for good.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Grant {
    /// Whom: @ana, a user name, an e-mail address, or group NAME; you if left out
    #[arg(long, value_name = "WHO", num_args = 1..=2)]
    to: Vec<String>,
    /// The account, by name or number
    #[arg(long)]
    account: String,
    /// The permission set
    #[arg(long, value_name = "NAME")]
    permission_set: String,
    /// For how long: 4h, 90m; counted from when AWS has given it
    #[arg(long = "for", value_name = "TIME", conflicts_with = "permanent")]
    lasts: Option<Length>,
    /// For good
    #[arg(long)]
    permanent: bool,
    /// The ticket it is for
    #[arg(long)]
    ticket: Option<String>,
    /// End open sessions too when it ends
    #[arg(long)]
    end_sessions: bool,
}

impl Command for Grant {
    const NAME: &'static str = "access grant";
    const PICKS: &'static [&'static str] = &["to", "account", "permission_set"];

    fn resource(&self) -> Resource {
        Resource::named("account", self.account.as_str())
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest(arg, typed, cx).await
    }
}

impl Change for Grant {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        Ok(Plan::Work(Box::new(plan::plan(self, cx).await?)))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        steps::step(state, permit, cx).await
    }
}

/// What the pickers of commands about access offer.
pub(crate) async fn suggest(arg: &str, typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    match arg {
        "to" | "from" => pick::principals(typed, cx).await,
        "account" => pick::accounts(typed, cx),
        "permission_set" => pick::permission_sets(typed, cx).await,
        _ => Vec::new(),
    }
}

/// Whether another change has given the same access for good since this one began.
async fn given_for_good(job: &Job, cx: &Context<'_>) -> Result<bool> {
    let history = History::newest(REMEMBERED, cx).await?;
    Ok(history.for_good_since(job.began, &job.assignment, &job.principal.name).is_some())
}

/// How far back changes are looked at.
const REMEMBERED: usize = 5000;
