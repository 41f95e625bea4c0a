//! `access group remove`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::members::{self, State, Way};
use crate::access::pick;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command};

/// Takes people out of a group; several at once, one step a person.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Remove {
    /// The group, such as payments-oncall
    group: String,
    /// The people: @ana, user names or e-mail addresses, such as @ana @ben
    #[arg(required = true, value_name = "PEOPLE")]
    people: Vec<String>,
}

impl Command for Remove {
    const NAME: &'static str = "access group remove";
    const PICKS: &'static [&'static str] = &["group"];

    fn resource(&self) -> Resource {
        Resource::named("group", &*self.group)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::groups(typed, cx).await
    }
}

impl Change for Remove {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        members::plan(Way::Out, &self.group, &self.people, cx).await
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        members::step(Way::Out, state, permit, cx).await
    }
}
