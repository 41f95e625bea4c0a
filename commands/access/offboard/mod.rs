//! `access offboard`: everything somebody has, taken away in one plan.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pick;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command};

mod plan;
mod steps;

/// Takes everything from somebody: grants, assignments, groups; then disables the user, or deletes it.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Offboard {
    /// Who: @ana, a user name or an e-mail address
    #[arg(value_name = "WHO")]
    who: String,
    /// Delete the user too; without it the user is disabled and can come back
    #[arg(long)]
    delete: bool,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(steps::Stage);

impl Command for Offboard {
    const NAME: &'static str = "access offboard";
    const PICKS: &'static [&'static str] = &["who"];

    fn resource(&self) -> Resource {
        Resource::named("user", self.who.trim_start_matches('@'))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::users(typed, cx).await
    }
}

impl Change for Offboard {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        Ok(Plan::Work(Box::new(plan::plan(self, cx).await?)))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        steps::step(state.0, permit, cx).await
    }
}
