//! `ecs services`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::fleet::{self, Filter};
use super::service::Service;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table};
use crate::page::{Listing, Paging, words};
use crate::{Command, Query};

/// Lists services over all accounts, regions and clusters, with their tasks and what deploys them.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Services {
    #[command(flatten)]
    #[serde(flatten)]
    filter: Filter,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

impl Command for Services {
    const NAME: &'static str = "ecs services";

    fn resource(&self) -> Resource {
        self.filter.resource()
    }
}

impl Query for Services {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let found = fleet::services(&self.filter, cx).await?;
        let table = if self.paging.csv { csv(&found.what) } else { table(self.paging.shown(&found.what)) };
        let nothing = if self.filter == Filter::default() {
            "There is no service that you may see."
        } else {
            "No service fits that. Leave an option out to see more."
        };
        let command = words(Self::NAME, self.filter.options());
        let listing = Listing { noun: "service", of: "", command, nothing, total: found.what.len() };
        Ok(found.unseen.into_iter().fold(self.paging.answer(&listing, table), Message::note))
    }
}

/// Kept narrow: what does not fit stands in `ecs status` and in the CSV file.
fn table(services: &[Service]) -> Table {
    let mut table = Table::new(["Service", "Cluster", "Tasks", "Runs", "Belongs to", "Account", "Deployed"]);
    for service in services {
        let status = if service.status == "ACTIVE" { String::new() } else { format!(" ({})", service.status.to_lowercase()) };
        table.row([
            format!("{}{status}", service.at.name),
            service.at.cluster.clone(),
            format!("{}/{}", service.tasks.running, service.tasks.wanted),
            runs(service),
            format!("{}/{}", service.at.project, service.at.env),
            service.at.account_name.clone(),
            service.deployed(),
        ]);
    }
    table
}

/// The task definition; where task sets have their own, that of the primary one.
fn runs(service: &Service) -> String {
    let primary = service.task_sets.iter().find(|set| set.status() == Some("PRIMARY")).and_then(|set| set.task_definition());
    let primary = primary.map(|arn| super::deployment::last_part(arn).to_owned());
    primary.or_else(|| service.task_definition.clone()).unwrap_or_default()
}

fn csv(services: &[Service]) -> Table {
    let mut table = Table::new([
        "service",
        "cluster",
        "status",
        "running",
        "pending",
        "wanted",
        "task_definition",
        "launch",
        "deployed",
        "project",
        "env",
        "account",
        "account_id",
        "region",
        "arn",
    ]);
    for service in services {
        let at = &service.at;
        table.row([
            at.name.clone(),
            at.cluster.clone(),
            service.status.clone(),
            service.tasks.running.to_string(),
            service.tasks.pending.to_string(),
            service.tasks.wanted.to_string(),
            runs(service),
            service.launch.clone(),
            service.deployed(),
            at.project.clone(),
            at.env.clone(),
            at.account_name.clone(),
            at.account.clone(),
            at.region.clone(),
            at.arn.clone(),
        ]);
    }
    table
}
