//! `ecs deployments`.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::deployment::{Deployment, Id, Status};
use super::fleet::{self, Filter};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table, lasting};
use crate::page::{Listing, Paging, words};
use crate::{Command, Query};

/// How far back `--recent` looks.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// Lists deployments that are under way, whichever way they are carried out.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Deployments {
    #[command(flatten)]
    #[serde(flatten)]
    filter: Filter,
    /// Also those of the last 24 hours that are over
    #[arg(long)]
    recent: bool,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for Deployments {
    const NAME: &'static str = "ecs deployments";

    fn resource(&self) -> Resource {
        self.filter.resource()
    }
}

impl Query for Deployments {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let since = self.recent.then_some(cx.now - RECENT);
        let found = fleet::deployments(&self.filter, since, cx).await?;
        let table = if self.paging.csv { csv(&found.what) } else { table(self.paging.shown(&found.what), cx.now) };
        let mut command = words(Self::NAME, self.filter.options());
        command.extend(self.recent.then(|| "--recent".to_owned()));
        let (of, nothing) = if self.recent {
            (" of the last 24 hours", "Nothing was deployed in the last 24 hours.")
        } else {
            (" under way", "Nothing is being deployed. With --recent I also show what is over.")
        };
        let listing = Listing { noun: "deployment", of, command, nothing, total: found.what.len() };
        Ok(found.unseen.into_iter().fold(self.paging.answer(&listing, table), Message::note))
    }
}

fn table(deployments: &[Deployment], now: Timestamp) -> Table {
    let mut table = Table::new(["Deployment", "Service", "Cluster", "Belongs to", "Strategy", "State", "For"]);
    for it in deployments {
        table.row([
            it.id.short().to_owned(),
            it.service.name.clone(),
            it.service.cluster.clone(),
            format!("{}/{}", it.service.project, it.service.env),
            strategy(it),
            state(it),
            it.started.or(it.created).map(|from| lasting(it.finished.unwrap_or(now).duration_since(from))).unwrap_or_default(),
        ]);
    }
    table
}

/// The strategy, and whose it is where that is not ECS.
fn strategy(it: &Deployment) -> String {
    let name = it.strategy.name();
    match it.id {
        Id::Ecs(_) => name.to_owned(),
        Id::CodeDeploy(_) => format!("{name} (CodeDeploy)"),
    }
}

/// Where it stands, with its stage while it runs and its gate while it waits.
pub(super) fn state(it: &Deployment) -> String {
    let words = it.status.words();
    match (&it.gate, &it.stage) {
        (Some(gate), _) => format!("waits {}", gate.kind.words()),
        (_, Some(stage)) if it.status == Status::Running => format!("{words}, {}", stage.words()),
        _ => words.to_owned(),
    }
}

fn csv(deployments: &[Deployment]) -> Table {
    let mut table = Table::new([
        "deployment",
        "service",
        "cluster",
        "strategy",
        "status",
        "stage",
        "from",
        "to",
        "green_production_percent",
        "reason",
        "created_utc",
        "started_utc",
        "finished_utc",
        "project",
        "env",
        "account",
        "account_id",
        "region",
    ]);
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    for it in deployments {
        let name = |side: &Option<super::deployment::Side>| side.as_ref().map(|side| side.name().to_owned()).unwrap_or_default();
        let share = it.green.as_ref().and_then(|green| green.production);
        table.row([
            it.id.to_string(),
            it.service.name.clone(),
            it.service.cluster.clone(),
            it.strategy.words(),
            it.status.words().to_owned(),
            it.stage.as_ref().map(|stage| stage.words().to_owned()).unwrap_or_default(),
            name(&it.blue),
            name(&it.green),
            share.map(|share| share.to_string().trim_end_matches(" %").to_owned()).unwrap_or_default(),
            it.reason.as_ref().map(|reason| reason.words.clone()).unwrap_or_default(),
            at(it.created),
            at(it.started),
            at(it.finished),
            it.service.project.clone(),
            it.service.env.clone(),
            it.service.account_name.clone(),
            it.service.account.clone(),
            it.service.region.clone(),
        ]);
    }
    table
}
