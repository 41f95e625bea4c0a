//! Services whose tasks keep dying: told loudly once, and again when they have recovered.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::everywhere::line;
use crate::context::{Context, Following};
use crate::ecs::aws::Ecs;
use crate::ecs::deployment::ServiceRef;
use crate::ecs::failure::{Cause, StoppedTask, grouped};
use crate::ecs::service::Service;
use crate::error::{Error, Result};
use crate::message::{Button, Message, bold, count, lasting};
use crate::text;
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
    for service in services.iter().map(|service| &service.at) {
        let causes = died(service);
        let deaths: usize = causes.iter().map(|(_, count)| count).sum();
        let before = known.services.get(&service.arn);
        if deaths >= following.deaths || (before.is_some() && deaths > 0) {
            let since = before.map_or(now, |before| before.since);
            news.push(about(service, since, What::Shows(failing(service, &causes, following))));
            if before.is_none() {
                let causes: Vec<String> = causes.iter().map(|(cause, count)| format!("{count}× {}", cause.words())).collect();
                let detail = vec![("deaths", json!(deaths)), ("causes", json!(causes))];
                let resource = Box::new(service.resource());
                news.push(about(service, since, What::Notes { event: "tasks_keep_dying", resource, outcome: None, detail }));
            }
            state.services.insert(service.arn.clone(), Failing { service: service.clone(), since });
        }
    }
    for (arn, was) in known.services.iter().filter(|(arn, _)| !state.services.contains_key(*arn)) {
        let is_there = services.iter().any(|service| service.at.arn == *arn);
        news.push(about(&was.service, was.since, What::Shows(recovered(was, is_there, now))));
        let resource = Box::new(was.service.resource());
        let outcome = Some(if is_there { "recovered" } else { "deleted" }.to_owned());
        news.push(about(
            &was.service,
            was.since,
            What::Notes { event: "tasks_no_longer_die", resource, outcome, detail: Vec::new() },
        ));
    }
    Looked { state, news }
}

fn about(service: &ServiceRef, since: Timestamp, what: What) -> News {
    let thing = format!("dying/{}/{}", service.arn, since.as_second());
    News { thing, about: None, project: Some(service.project.clone()), what }
}

fn failing(service: &ServiceRef, causes: &[(Cause, usize)], following: &Following) -> Message {
    let deaths: usize = causes.iter().map(|(_, count)| count).sum();
    let head = text![bold(count(deaths, "task")), format!(" died within {}:", lasting(following.within))];
    let lines = causes.iter().take(5).fold(head, |all, (cause, count)| all.then(format!("\n• {count}× {}", cause.words())));
    Message::new()
        .header(format!("🔥 {} keeps failing · {}/{}", service.name, service.project, service.env))
        .text(lines)
        .note(service.place())
        .buttons(vec![Button::new("Status", format!("ecs status {}", service.arn))])
}

fn recovered(was: &Failing, is_there: bool, now: Timestamp) -> Message {
    let service = &was.service;
    let lasted = lasting(now.duration_since(was.since));
    let words = if is_there {
        format!("Its tasks no longer die. They did for about {lasted}.")
    } else {
        format!("The service is gone. Its tasks kept dying for about {lasted}.")
    };
    let sign = if is_there { "✅" } else { "❔" };
    Message::new()
        .header(format!("{sign} {} kept failing · {}/{}", service.name, service.project, service.env))
        .text(words.as_str())
        .note(service.place())
}
