//! Looking everywhere at once: all services over accounts and regions, and what is under way there.

use clap::Args;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::aws::Ecs;
use super::deployment::{Deployment, ServiceRef};
use super::service::Service;
use crate::aws::everywhere::{line, no_account, places, sorted};
use crate::aws::{Aws, Caller};
use crate::context::{Account, Context, Resource};
use crate::error::Result;
use crate::message::Text;

/// Which services are meant: what lists have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
pub(super) struct Filter {
    /// Only this cluster
    #[arg(long)]
    pub(super) cluster: Option<String>,
    /// Only this project
    #[arg(long)]
    pub(super) project: Option<String>,
    /// Only this environment, such as prod
    #[arg(long)]
    pub(super) env: Option<String>,
    /// Only this AWS account, by name or number
    #[arg(long)]
    pub(super) account: Option<String>,
}

/// What was found in many places, and what could not be looked at.
pub(super) struct Found<T> {
    pub(super) what: Vec<T>,
    /// One line for each account and trouble.
    pub(super) unseen: Vec<Text>,
}

impl Filter {
    /// The accounts to look in.
    pub(super) fn accounts<'a>(&self, cx: &'a Context<'_>) -> Result<Vec<&'a Account>> {
        let meant = |account: &&Account| {
            self.account.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&account.name) || *name == account.id)
        };
        let accounts: Vec<&Account> = cx.settings.accounts.iter().filter(meant).collect();
        if accounts.is_empty() { Err(no_account(self.account.as_deref(), cx)) } else { Ok(accounts) }
    }

    /// Whether this service is meant.
    pub(super) fn wants(&self, service: &ServiceRef) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
        fits(&self.cluster, &service.cluster) && fits(&self.project, &service.project) && fits(&self.env, &service.env)
    }

    /// What a list acts on before AWS has been asked.
    pub(super) fn resource(&self) -> Resource {
        Resource { project: self.project.clone(), env: self.env.clone(), ..Resource::named("service", "all") }
    }

    /// The options that were given, for a button that lists the same again.
    pub(super) fn options(&self) -> [(&'static str, Option<&str>); 4] {
        [
            ("cluster", self.cluster.as_deref()),
            ("project", self.project.as_deref()),
            ("env", self.env.as_deref()),
            ("account", self.account.as_deref()),
        ]
    }
}

/// The services meant by `filter` that the asker may see with this command, sorted by name and place.
///
/// # Errors
/// Only when no place at all could be looked at.
pub(super) async fn services(filter: &Filter, cx: &Context<'_>) -> Result<Found<Service>> {
    let accounts = filter.accounts(cx)?;
    let mut found = look(cx.aws, &Caller::of(cx), &accounts, filter.cluster.as_deref()).await?;
    found.what.retain(|service| filter.wants(&service.at) && cx.may(&service.at.resource()));
    Ok(found)
}

/// All services of `accounts`; with `cluster` only those in clusters of that name.
///
/// # Errors
/// Only when no place at all could be looked at.
pub(super) async fn look(aws: &Aws, caller: &Caller, accounts: &[&Account], cluster: Option<&str>) -> Result<Found<Service>> {
    let looks = places(accounts.iter().copied()).into_iter().map(|(account, region)| async move {
        let looked = async { Ecs::open(aws, caller, account, region).await?.services(cluster).await };
        (account, region, looked.await)
    });
    let (found, unseen) = sorted(join_all(looks).await)?;
    let mut what: Vec<Service> = found.into_iter().flatten().collect();
    what.sort_by(|a, b| place(&a.at).cmp(&place(&b.at)));
    Ok(Found { what, unseen })
}

fn place(service: &ServiceRef) -> [&str; 4] {
    [&service.name, &service.account_name, &service.region, &service.cluster]
}

/// The deployments of both APIs meant by `filter` that the asker may see, newest first: those under way; with `since` also
/// those asked for since then.
///
/// # Errors
/// Only when no place at all could be looked at.
pub(super) async fn deployments(filter: &Filter, since: Option<Timestamp>, cx: &Context<'_>) -> Result<Found<Deployment>> {
    let accounts = filter.accounts(cx)?;
    let caller = Caller::of(cx);
    let looks = places(accounts.iter().copied()).into_iter().map(|(account, region)| {
        let caller = &caller;
        let look = async move {
            let ecs = Ecs::open(cx.aws, caller, account, region).await?;
            let mut services = ecs.services(filter.cluster.as_deref()).await?;
            services.retain(|service| filter.wants(&service.at) && cx.may(&service.at.resource()));
            Ok(of_place(&ecs, &services, since).await)
        };
        async move { (account, region, look.await) }
    });
    let (found, mut unseen) = sorted(join_all(looks).await)?;
    let mut what = Vec::new();
    for half in found.into_iter().flatten() {
        match half {
            Ok(deployments) => what.extend(deployments),
            Err(error) => unseen.push(line(error)),
        }
    }
    unseen.dedup();
    what.sort_by(|a: &Deployment, b| b.created.cmp(&a.created).then_with(|| place(&a.service).cmp(&place(&b.service))));
    what.dedup_by(|a, b| a.id == b.id);
    Ok(Found { what, unseen })
}

/// What ECS knows, and what CodeDeploy knows: one may fail without the other.
async fn of_place(ecs: &Ecs, services: &[Service], since: Option<Timestamp>) -> [Result<Vec<Deployment>>; 2] {
    let own = async {
        let mut all = ecs.under_way(services).await?;
        if let Some(since) = since {
            let looks = services.iter().map(|service| ecs.recent(service, since));
            all.extend(futures_util::future::try_join_all(looks).await?.into_iter().flatten());
        }
        Ok(all)
    };
    let by_codedeploy = async {
        let mut all = ecs.under_way_by_codedeploy(services).await?;
        if let Some(since) = since {
            let looks = services.iter().map(|service| ecs.recent_by_codedeploy(service, since));
            all.extend(futures_util::future::try_join_all(looks).await?.into_iter().flatten());
        }
        Ok(all)
    };
    let (own, by_codedeploy) = tokio::join!(own, by_codedeploy);
    [own, by_codedeploy]
}
