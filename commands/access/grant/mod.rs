//! `access grant`: assign, wait, take back. `access extend` and `access revoke` take the same steps.
//!
//! `plan` looks and says what would be done, `state` is what is committed between steps, `steps` gives the access, `ending` takes
//! it back, `overlap` decides between several grants of the same access, `sessions` is the policy that ends open sessions,
//! `denying` puts it there and lifts it again.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::pick;
use crate::args::Length;
use crate::context::{Context, PersonId, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::records::{ChangeId, Outcome, Status};
use crate::{Change, Choice, Command};

mod denying;
mod ending;
pub(crate) mod overlap;
pub(crate) mod plan;
pub(crate) mod sessions;
pub(crate) mod state;
pub(crate) mod steps;

use super::model::{Assignment, Principal};
pub use state::State;
pub(crate) use state::resource_id;

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

/// Access that stands through a change of the bot.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// The change.
    pub(crate) change: ChangeId,
    /// Who asked for it.
    pub(crate) asker: PersonId,
    /// Why, in their words.
    pub(crate) reason: Option<String>,
    /// Who has it.
    pub(crate) principal: Principal,
    /// What and where.
    pub(crate) assignment: Assignment,
    /// When it ends; none while that is not settled, or where it has no end.
    pub(crate) end: Option<jiff::Timestamp>,
}

/// All access that stands through changes that still run, or is being given by them.
pub(crate) async fn standing(cx: &Context<'_>) -> Result<Vec<Standing>> {
    let running = overlap::running(cx).await?.into_iter();
    Ok(running
        .filter_map(|(record, state)| {
            let overlap::Phase::Stands { end } = overlap::phase(&state, &record.told, cx.now) else { return None };
            let State { job, .. } = state;
            let (principal, assignment) = (job.principal, job.assignment);
            Some(Standing { change: record.id, asker: record.asker, reason: record.reason, principal, assignment, end })
        })
        .collect())
}

/// The change that gave this access for good since `since`, if no other has taken it away again.
pub(crate) async fn given_for_good(
    assignment: &Assignment,
    since: jiff::Timestamp,
    cx: &Context<'_>,
) -> Result<Option<ChangeId>> {
    let id = resource_id(assignment);
    let changes = cx.records.changes(REMEMBERED).await?;
    let ended = changes.iter().filter_map(|record| {
        let Status::Ended { outcome: Outcome::Succeeded, at, .. } = &record.status else { return None };
        let access = record.plan.resource.access.as_ref()?;
        let lasting = access.minutes.is_none() && COMMANDS.contains(&&*record.command) && record.plan.resource.id == id;
        (lasting && *at >= since).then_some((*at, record))
    });
    let newest = ended.max_by_key(|(at, _)| *at).map(|(_, record)| record);
    Ok(newest.filter(|record| record.command == Grant::NAME).map(|record| record.id))
}

/// How far back changes are looked at.
const REMEMBERED: usize = 5000;
