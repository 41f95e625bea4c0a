//! `ecs failing`.

use std::collections::BTreeSet;

use clap::Args;
use futures_util::future::{join_all, try_join_all};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::aws::Ecs;
use super::failure::{Cause, StoppedTask, grouped};
use super::fleet::{Filter, Found};
use super::service::Service;
use crate::aws::Caller;
use crate::aws::everywhere::{places, sorted};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Table, count};
use crate::page::{Listing, Paging, words};
use crate::{Command, Query};

/// What the rate is counted over. ECS forgets stopped tasks after about an hour.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Lists services whose tasks keep dying, with what they die of and how often.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Failing {
    #[command(flatten)]
    #[serde(flatten)]
    filter: Filter,
    #[command(flatten)]
    #[serde(flatten)]
    paging: Paging,
}

/// A service whose tasks die.
#[derive(Clone, Debug)]
pub(super) struct Dying {
    service: Service,
    /// What they died of within the last hour, most frequent first, with how many.
    causes: Vec<(Cause, usize)>,
}

impl Dying {
    /// Tasks that died within the last hour.
    fn rate(&self) -> usize {
        self.causes.iter().map(|(_, count)| count).sum()
    }
}

impl Command for Failing {
    const NAME: &'static str = "ecs failing";

    fn resource(&self) -> Resource {
        self.filter.resource()
    }
}

impl Query for Failing {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let found = look(&self.filter, cx).await?;
        let rows: Vec<(&Dying, usize)> =
            found.what.iter().flat_map(|dying| (0..dying.causes.len()).map(move |at| (dying, at))).collect();
        let shown = if self.paging.csv { &rows[..] } else { self.paging.shown(&rows) };
        let command = words(Self::NAME, self.filter.options());
        let nothing = "No service lost a task within the last hour.";
        let of = format!(" why tasks die, in {}", count(found.what.len(), "service"));
        let listing = Listing { noun: "reason", of: &of, command, nothing, total: rows.len() };
        let message = self.paging.answer(&listing, table(shown));
        Ok(found.unseen.into_iter().fold(message, Message::note))
    }
}

/// The services meant by `filter` whose tasks died within the last hour, the worst first.
async fn look(filter: &Filter, cx: &Context<'_>) -> Result<Found<Dying>> {
    let caller = Caller::of(cx);
    let looks = places(filter.accounts(cx)?).into_iter().map(|(account, region)| {
        let caller = &caller;
        let look = async move {
            let ecs = Ecs::open(cx.aws, caller, account, region).await?;
            let mut services = ecs.services(filter.cluster.as_deref()).await?;
            services.retain(|service| filter.wants(&service.at) && cx.may(&service.at.resource()));
            of_place(&ecs, services, cx.now).await
        };
        async move { (account, region, look.await) }
    });
    let (found, unseen) = sorted(join_all(looks).await)?;
    let mut what: Vec<Dying> = found.into_iter().flatten().collect();
    what.sort_by_key(|dying| (std::cmp::Reverse(dying.rate()), dying.service.at.name.clone(), dying.service.at.arn.clone()));
    Ok(Found { what, unseen })
}

/// Stopped tasks are read a cluster at a time: that is fewer calls than a service at a time.
async fn of_place(ecs: &Ecs, services: Vec<Service>, now: Timestamp) -> Result<Vec<Dying>> {
    let clusters: BTreeSet<&str> = services.iter().map(|service| service.at.cluster.as_str()).collect();
    let looks = clusters
        .into_iter()
        .map(|cluster| async move { Ok::<_, crate::Error>((cluster.to_owned(), ecs.stopped_tasks_of_cluster(cluster).await?)) });
    let stopped = try_join_all(looks).await?;
    Ok(services.into_iter().filter_map(|service| dying(service, &stopped, now)).collect())
}

fn dying(service: Service, stopped: &[(String, Vec<(String, StoppedTask)>)], now: Timestamp) -> Option<Dying> {
    let (_, tasks) = stopped.iter().find(|(cluster, _)| *cluster == service.at.cluster)?;
    let lately = |task: &StoppedTask| task.at.is_none_or(|at| now.duration_since(at) <= HOUR);
    let own = tasks.iter().filter(|(name, task)| *name == service.at.name && lately(task)).map(|(_, task)| task);
    let causes = grouped(own);
    (!causes.is_empty()).then_some(Dying { service, causes })
}

fn table(rows: &[(&Dying, usize)]) -> Table {
    let mut table = Table::new(["Service", "Cluster", "Belongs to", "Account", "Tasks", "Died in 1 h", "Because"]);
    for (dying, at) in rows {
        let service = &dying.service.at;
        let (cause, count) = &dying.causes[*at];
        table.row([
            service.name.clone(),
            service.cluster.clone(),
            format!("{}/{}", service.project, service.env),
            service.account_name.clone(),
            format!("{}/{}", dying.service.tasks.running, dying.service.tasks.wanted),
            count.to_string(),
            cause.words(),
        ]);
    }
    table
}
