//! `rds upgrade`: snapshot, modify, follow, verify.
//!
//! `plan` looks and says what would be done, `checks` judges what it found, `steps` does it, `follow` reads the signs, `says`
//! tells.

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::find::Wanted;
use super::inventory;
use crate::args::When;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command};

mod checks;
mod follow;
mod plan;
mod says;
mod steps;

pub use steps::State;

/// Upgrades a database to another version, after a snapshot.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Upgrade {
    /// The database: its name, name@account, or ARN
    id: String,
    /// The version to upgrade to; `rds targets` shows which
    #[arg(long, value_name = "VERSION")]
    to: String,
    /// When to start: `sat 02:00`, `tomorrow 3pm Asia/Taipei`, `in 2 hours`; as soon as it may if left out
    #[arg(long, value_name = "TIME", conflicts_with = "window")]
    at: Option<When>,
    /// Start when the database's own maintenance window opens next
    #[arg(long)]
    window: bool,
    /// How it is done
    #[arg(long, value_enum, default_value_t = Strategy::InPlace)]
    strategy: Strategy,
    /// An instance class to change to on the way, such as db.r7g.large
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// A parameter group for the new version; major upgrades away from a group of your own need one
    #[arg(long, value_name = "GROUP")]
    parameter_group: Option<String>,
}

/// How an upgrade is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Strategy {
    /// In place, with some minutes of downtime
    #[default]
    InPlace,
    /// On a copy that takes over
    #[value(hide = true)]
    BlueGreen,
}

impl Command for Upgrade {
    const NAME: &'static str = "rds upgrade";
    const PICKS: &'static [&'static str] = &["id", "to"];

    fn resource(&self) -> Resource {
        Wanted::read(&self.id).resource()
    }

    async fn suggest(arg: &str, typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        match arg {
            "id" => inventory::choices(typed, cx).await,
            "to" => inventory::targets(typed, given, cx).await,
            _ => Vec::new(),
        }
    }
}

impl Change for Upgrade {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        Ok(Plan::Work(Box::new(plan::plan(self, cx).await?)))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        steps::step(state, permit, cx).await
    }
}
