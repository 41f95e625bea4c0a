//! `ecs stop`.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::deployment::Id;
use super::ending::{self, State, Words};
use super::writes::{Then, Write};
use super::{inventory, under_way};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::code;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command, text};

/// Stops a deployment of CodeDeploy where it stands, without taking it back
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Stop {
    /// The deployment: its id or the beginning of it, or its service
    deployment: String,
    /// The service, where the id alone is not enough
    #[arg(long)]
    service: Option<String>,
}

impl Command for Stop {
    const NAME: &'static str = "ecs stop";
    const PICKS: &'static [&'static str] = &["service"];

    fn resource(&self) -> Resource {
        under_way::resource(&self.deployment, self.service.as_deref())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Change for Stop {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let found = under_way::one(&self.deployment, self.service.as_deref(), cx).await?;
        let Id::CodeDeploy(id) = &found.deployment.id else {
            return Err(Error::shown(text![
                "ECS stops a deployment of its own only by taking it back. Nothing was changed. ",
                code(format!("ecs rollback {}", found.deployment.id.short())),
                " does that."
            ]));
        };
        let write = Write::Stop { deployment: id.clone(), then: Then::Leave };
        let words = Words {
            title: "stop",
            what: vec!["Stop the deployment where it stands. Traffic stays where it is now.".into()],
            risks: vec!["Both versions may go on running side by side until the next deployment.".into()],
        };
        Ok(Plan::Work(Box::new(ending::plan(&found, write, words)?)))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        ending::step(state, permit, cx).await
    }
}
