//! Services whose tasks keep dying: the bot raises an alert, which ends when they have recovered.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::everywhere::line;
use crate::context::{Context, Following, MYSELF};
use crate::ecs::aws::Ecs;
use crate::ecs::deployment::ServiceRef;
use crate::ecs::failure::{Cause, StoppedTask, grouped};
use crate::ecs::service::Service;
use crate::error::{Error, Result};
use crate::message::{count, lasting};
use crate::plan::hex;
use crate::records::{Condition, Severity, Signal};
use crate::watch::{News, What};

/// What is remembered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    /// The services that keep failing, by ARN.
    services: BTreeMap<String, Failing>,
    /// When stopped tasks were last looked at.
    looked: Option<Timestamp>,
}

/// A service that keeps failing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Failing {
    /// Which.
    service: ServiceRef,
    /// Since when that is known.
    since: Timestamp,
}

/// What a look found.
pub(super) struct Looked {
    pub(super) state: Known,
    pub(super) news: Vec<News>,
}

/// Looks at the tasks that stopped lately, no more often than accounts are looked at without a reason. What can't be looked
/// at now stays as it is known.
pub(super) async fn look(ecs: &Ecs, services: &[Service], known: Known, cx: &Context<'_>) -> Looked {
    let following = cx.settings.following.clone().unwrap_or_default();
    if known.looked.is_some_and(|looked| cx.now < looked + following.every) {
        return Looked { state: known, news: Vec::new() };
    }
    match stopped(ecs, services).await {
        Ok(stopped) => {
            let lately = |task: &StoppedTask| task.at.is_none_or(|at| cx.now.duration_since(at) <= following.within);
            let died = |service: &ServiceRef| {
                let own = |(cluster, name, task): &&(String, String, StoppedTask)| {
                    *cluster == service.cluster && *name == service.name && lately(task)
                };
                grouped(stopped.iter().filter(own).map(|(_, _, task)| task))
            };
            compare(services, known, &following, (cx.now, died))
        }
        Err(error) => {
            tracing::warn!(trouble = line(error).plain(), "stopped tasks can't be looked at");
            Looked { state: known, news: Vec::new() }
        }
    }
}

/// The tasks that stopped lately, with their clusters and services.
async fn stopped(ecs: &Ecs, services: &[Service]) -> Result<Vec<(String, String, StoppedTask)>> {
    let clusters: BTreeSet<&str> = services.iter().map(|service| service.at.cluster.as_str()).collect();
    let looks = clusters.into_iter().map(|cluster| async move {
        let stopped = ecs.stopped_tasks_of_cluster(cluster).await?;
        Ok::<_, Error>(stopped.into_iter().map(move |(service, task)| (cluster.to_owned(), service, task)))
    });
    Ok(try_join_all(looks).await?.into_iter().flatten().collect())
}

/// What has become worse, and what better. Pure.
fn compare(
    services: &[Service],
    known: Known,
    following: &Following,
    (now, died): (Timestamp, impl Fn(&ServiceRef) -> Vec<(Cause, usize)>),
) -> Looked {
    let mut state = Known { services: BTreeMap::new(), looked: Some(now) };
    let mut news = Vec::new();
    for service in services {
        let at = &service.at;
        let causes = died(at);
        let deaths: usize = causes.iter().map(|(_, count)| count).sum();
        let before = known.services.get(&at.arn);
        if deaths >= following.deaths || (before.is_some() && deaths > 0) {
            let since = before.map_or(now, |before| before.since);
            let serves = if service.tasks.running > 0 { Severity::Warning } else { Severity::Critical };
            let said = Signal { severity: serves, summary: failing(&causes, following), ..signal(at, since) };
            news.push(about(at, since, What::Raises(Box::new(said))));
            if before.is_none() {
                let causes: Vec<String> = causes.iter().map(|(cause, count)| format!("{count}× {}", cause.words())).collect();
                let detail = vec![("deaths", json!(deaths)), ("causes", json!(causes))];
                let resource = Box::new(at.resource());
                news.push(about(at, since, What::Notes { event: "tasks_keep_dying", resource, outcome: None, detail }));
            }
            state.services.insert(at.arn.clone(), Failing { service: at.clone(), since });
        }
    }
    for (arn, was) in known.services.iter().filter(|(arn, _)| !state.services.contains_key(*arn)) {
        let is_there = services.iter().any(|service| service.at.arn == *arn);
        let over = Signal { condition: Condition::Resolved, ..signal(&was.service, was.since) };
        news.push(about(&was.service, was.since, What::Raises(Box::new(over))));
        let resource = Box::new(was.service.resource());
        let outcome = Some(if is_there { "recovered" } else { "deleted" }.to_owned());
        let what = What::Notes { event: "tasks_no_longer_die", resource, outcome, detail: Vec::new() };
        news.push(about(&was.service, was.since, what));
    }
    Looked { state, news }
}

fn about(service: &ServiceRef, since: Timestamp, what: What) -> News {
    let thing = format!("dying/{}/{}", service.arn, since.as_second());
    News { thing, about: None, project: Some(service.project.clone()), what }
}

/// What the bot says of a service whose tasks keep dying, to be completed.
fn signal(service: &ServiceRef, since: Timestamp) -> Signal {
    let labels =
        [("service", &service.name), ("cluster", &service.cluster), ("project", &service.project), ("env", &service.env)];
    Signal {
        source: MYSELF.to_owned(),
        fingerprint: hex(digest(&SHA256, service.arn.as_bytes()).as_ref()),
        title: format!("{} keeps failing", service.name),
        since,
        account: Some(service.account.clone()),
        region: Some(service.region.clone()),
        resource: Some(service.arn.clone()),
        labels: labels.map(|(name, value)| (name.to_owned(), value.clone())).into(),
        ..Signal::default()
    }
}

/// Why its tasks died, in lines.
fn failing(causes: &[(Cause, usize)], following: &Following) -> String {
    let deaths: usize = causes.iter().map(|(_, count)| count).sum();
    let head = format!("{} died within {}:", count(deaths, "task"), lasting(following.within));
    causes.iter().take(5).fold(head, |all, (cause, count)| format!("{all}\n• {count}× {}", cause.words()))
}
