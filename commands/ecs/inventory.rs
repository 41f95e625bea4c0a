//! Services as pickers offer them: from a cache, renewed behind the scenes. Nothing is decided from it. And what else is
//! remembered for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use aws_sdk_codedeploy::types::TrafficRoutingConfig;
use jiff::Timestamp;

use super::codedeploy::Group;
use super::deployment::ServiceRef;
use super::find::name;
use super::fleet;
use crate::Choice;
use crate::aws::Caller;
use crate::aws::cache::Cache;
use crate::aws::everywhere::line;
use crate::context::{Account, Context};

/// How many values a picker offers: Slack's limit for a menu.
const OFFERED: usize = 100;

/// What is remembered.
#[derive(Default)]
pub(crate) struct Caches {
    services: Cache<(), Vec<ServiceRef>>,
    /// CodeDeploy's groups by account and region.
    pub(super) groups: Mutex<HashMap<(String, String), Groups>>,
    /// How CodeDeploy's configurations move traffic, by account, region and name.
    pub(super) routings: Mutex<HashMap<(String, String, String), Option<TrafficRoutingConfig>>>,
}

/// CodeDeploy's groups in one place, as they were read.
pub(super) struct Groups {
    pub(super) read: Timestamp,
    pub(super) groups: Arc<Vec<Group>>,
}

/// The services the asker may run this command on, as they were within about a minute.
async fn services(cx: &Context<'_>) -> Vec<ServiceRef> {
    let (aws, accounts, now) = (cx.aws.clone(), cx.settings.accounts.clone(), cx.now);
    let renew = async move {
        let accounts: Vec<&Account> = accounts.iter().collect();
        let looked = fleet::look(&aws, &Caller::background("inventory", now), &accounts, None).await;
        looked.map_err(line).ok().map(|found| found.what.into_iter().map(|service| service.at).collect())
    };
    let known: Arc<Vec<ServiceRef>> = cx.aws.ecs().services.get((), cx.now, renew).await.unwrap_or_default();
    known.iter().filter(|service| cx.may(&service.resource())).cloned().collect()
}

/// Services whose name or place holds what was typed.
pub(super) async fn choices(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let typed = typed.trim().to_lowercase();
    let known = services(cx).await;
    let label = |service: &ServiceRef| {
        format!("{} · {} · {}/{} · {}", service.name, service.cluster, service.project, service.env, service.account_name)
    };
    known
        .iter()
        .filter(|service| label(service).to_lowercase().contains(&typed))
        .take(OFFERED)
        .map(|service| Choice { value: name(service, &known), label: label(service) })
        .collect()
}
