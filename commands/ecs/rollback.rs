//! `ecs rollback`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::deployment::Id;
use super::ending::{self, State, Words};
use super::writes::{Then, Write};
use super::{inventory, under_way};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command};

/// Takes back a deployment that is under way: what ran before gets the traffic again
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Rollback {
    /// The deployment: its id or the beginning of it, or its service
    deployment: String,
    /// The service, where the id alone is not enough
    #[arg(long)]
    service: Option<String>,
}

impl Command for Rollback {
    const NAME: &'static str = "ecs rollback";
    const PICKS: &'static [&'static str] = &["service"];

    fn resource(&self) -> Resource {
        under_way::resource(&self.deployment, self.service.as_deref())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Change for Rollback {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let found = under_way::one(&self.deployment, self.service.as_deref(), cx).await?;
        let write = match &found.deployment.id {
            Id::Ecs(arn) => Write::RollBack { deployment: arn.clone() },
            Id::CodeDeploy(id) => Write::Stop { deployment: id.clone(), then: Then::RollBack },
        };
        let words = Words {
            title: "roll back",
            what: vec!["Stop the deployment and give all traffic back to what ran before.".into()],
            risks: vec!["What the new version has changed elsewhere, such as in a database, stays changed.".into()],
        };
        Ok(Plan::Work(Box::new(ending::plan(&found, write, words)?)))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        ending::step(state, permit, cx).await
    }
}
