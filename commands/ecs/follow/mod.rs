//! Follows every deployment of the configured accounts, whoever started it: one message each, from its beginning to its end. Where one
//! waits at a gate, the bot asks for `ecs continue`, which people approve or reject.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer::{Continue, lock, stands};
use super::aws::Ecs;
use super::deployment::{Deployment, Gate, GateKind, HookStatus, ServiceRef};
use super::service::Service;
use crate::Command as _;
use crate::aws::Caller;
use crate::aws::everywhere::{line, places};
use crate::context::{Account, Context, Following, Settings};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::records::{Freeze, Outcome};
use crate::text;
use crate::watch::{Look, News, Watch, What};

mod card;
mod dying;

/// How often a deployment that moves is looked at.
const MOVING: SignedDuration = SignedDuration::from_secs(15);
/// How often one that waits for people is.
const WAITING: SignedDuration = SignedDuration::from_mins(1);
/// How many are followed in one account and region: what is remembered of them has to fit into one record.
const FOLLOWED: usize = 80;

/// Follows deployments.
pub struct Follow;

/// What is remembered of one account and region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The deployments that are followed, by their ids.
    followed: BTreeMap<String, Followed>,
    /// Services that are known to keep failing.
    dying: dying::Known,
    /// When it was last looked at.
    looked: Option<Timestamp>,
}

/// What is remembered of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Followed {
    /// How it was last seen, without what is not needed again.
    seen: Deployment,
    /// The gate that people were asked about, by its lock.
    asked: Option<String>,
}

impl Watch for Follow {
    const NAME: &'static str = "ecs deployments";
    type State = Seen;

    fn posts(settings: &Settings) -> Vec<String> {
        let followed = settings.following.as_ref().map(|_| places(&settings.accounts)).unwrap_or_default();
        let with_role = followed.into_iter().filter(|(account, _)| account.roles.contains_key("ecs"));
        with_role.map(|(account, region)| format!("{}/{region}", account.id)).collect()
    }

    fn concerns(event: &Event) -> Option<String> {
        ["aws.ecs", "aws.codedeploy"].contains(&event.source.as_str()).then(|| format!("{}/{}", event.account, event.region))
    }

    async fn look(post: &str, seen: Seen, cx: &Context<'_>) -> Result<Look<Seen>> {
        let (Some((account, region)), Some(following)) = (place(post, &cx.settings.accounts), &cx.settings.following) else {
            return Err(Error::internal(format!("looking at {post}"), "it is not configured"));
        };
        let ecs = Ecs::open(cx.aws, &Caller::of(cx), account, region).await?;
        let services = ecs.services(None).await?;
        let freezes = cx.records.freezes().await?;
        let mut turn = Turn { ecs: &ecs, cx, freezes, news: Vec::new(), followed: BTreeMap::new() };
        for deployment in found(&ecs, &services, &seen).await? {
            let before = seen.followed.get(&deployment.id.to_string());
            turn.tell(deployment, before).await;
        }
        for (id, before) in &seen.followed {
            if turn.followed.contains_key(id) || turn.ended(id) {
                continue;
            }
            match ecs.deployment(&before.seen.id, &before.seen.service).await? {
                Some(deployment) => turn.tell(deployment, Some(before)).await,
                None => turn.forgotten(before),
            }
        }
        let known = dying::look(&ecs, &services, seen.dying, cx).await?;
        let Turn { mut news, followed, .. } = turn;
        news.extend(known.news);
        let next = next(&followed, following, cx.now);
        let looked = Some(cx.now).filter(|_| seen.looked.is_none() || !news.is_empty() || !followed.is_empty()).or(seen.looked);
        Ok(Look { state: Seen { followed, dying: known.state, looked }, next, news })
    }
}

fn place<'a>(post: &'a str, accounts: &'a [Account]) -> Option<(&'a Account, &'a str)> {
    let (id, region) = post.split_once('/')?;
    Some((accounts.iter().find(|account| account.id == id)?, region))
}

/// What is under way, and what began and ended since the last look.
async fn found(ecs: &Ecs, services: &[Service], seen: &Seen) -> Result<Vec<Deployment>> {
    let (own, by_codedeploy) = tokio::try_join!(ecs.under_way(services), ecs.under_way_by_codedeploy(services))?;
    let mut found: Vec<Deployment> = own.into_iter().chain(by_codedeploy).collect();
    let Some(since) = seen.looked else { return Ok(found) };
    let busy: BTreeSet<String> = found.iter().map(|deployment| deployment.service.arn.clone()).collect();
    for service in services.iter().filter(|service| service.was_deployed_since(since) && !busy.contains(&service.at.arn)) {
        let (own, by_codedeploy) = tokio::try_join!(ecs.recent(service, since), ecs.recent_by_codedeploy(service, since))?;
        found.extend(own.into_iter().chain(by_codedeploy));
    }
    Ok(found)
}

/// When to look again.
fn next(followed: &BTreeMap<String, Followed>, following: &Following, now: Timestamp) -> Timestamp {
    let of = |one: &Followed| match &one.seen.gate {
        Some(gate) => [Some(now + WAITING), gate.expires.filter(|at| *at > now)].into_iter().flatten().min(),
        None => Some(now + MOVING),
    };
    followed.values().filter_map(of).chain([now + following.every]).min().unwrap_or(now + following.every)
}

/// One look, as far as it has got.
struct Turn<'a> {
    ecs: &'a Ecs,
    cx: &'a Context<'a>,
    freezes: Vec<Freeze>,
    news: Vec<News>,
    followed: BTreeMap<String, Followed>,
}

impl Turn<'_> {
    fn ended(&self, id: &str) -> bool {
        self.news.iter().any(|news| news.thing == id && matches!(news.what, What::Ends))
    }

    fn add(&mut self, of: &Deployment, what: What) {
        let ServiceRef { project, arn, .. } = &of.service;
        self.news.push(News { thing: of.id.to_string(), about: Some(arn.clone()), project: Some(project.clone()), what });
    }

    /// What is new about a deployment.
    async fn tell(&mut self, deployment: Deployment, before: Option<&Followed>) {
        if before.is_none() && self.followed.len() >= FOLLOWED {
            tracing::warn!(deployment = %deployment.id, "too many deployments at once; this one is followed when another has ended");
            return;
        }
        let mut now = match before {
            Some(before) => deployment.seen_after(&before.seen),
            None => deployment,
        };
        if !now.is_over() {
            now = match self.ecs.with_health(now.clone()).await {
                Ok(now) => now,
                Err(error) => {
                    tracing::warn!(deployment = %now.id, trouble = line(error).plain(), "its targets can't be looked at");
                    now
                }
            };
        }
        let why = if goes_badly(&now) { self.ecs.why(&now).await.ok().flatten() } else { None };
        let before_asked = before.and_then(|before| before.asked.as_ref());
        let asked = self.gate(&now, before, before_asked);
        let freeze = now.gate.as_ref().filter(|_| asked.is_none()).and_then(|_| self.freeze(&now)).cloned();
        let message = card::card(&now, why.as_ref(), freeze.as_ref(), self.cx);
        self.add(&now, What::Shows(message));
        if now.is_over() {
            self.add(&now, What::Ends);
        } else {
            self.followed.insert(now.id.to_string(), Followed { seen: lean(now), asked });
        }
    }

    fn freeze(&self, of: &Deployment) -> Option<&Freeze> {
        self.freezes.iter().find(|freeze| freeze.holds(Some(&of.service.project), self.cx.now))
    }

    /// Asks people about a gate that has opened, and settles what they were asked about one that is answered. What people
    /// are asked about now.
    fn gate(&mut self, now: &Deployment, before: Option<&Followed>, asked: Option<&String>) -> Option<String> {
        let open = now.gate.as_ref().map(|gate| lock(&now.id, &gate.kind));
        if let (Some(asked), Some(before)) = (asked, before)
            && open.as_ref() != Some(asked)
        {
            self.settle(now, before, asked);
        }
        let open = open?;
        if asked == Some(&open) {
            return Some(open);
        }
        if self.freeze(now).is_some() {
            return None;
        }
        let command = Continue { deployment: now.id.to_string(), service: Some(now.service.arn.clone()) };
        let args = serde_json::to_value(&command).unwrap_or(Value::Null);
        let reason = "The deployment waits for an answer.".to_owned();
        self.add(now, What::Asks { command: Continue::NAME, args, reason });
        Some(open)
    }

    fn settle(&mut self, now: &Deployment, before: &Followed, asked: &str) {
        let timed_out = before.seen.gate.as_ref().is_some_and(|gate| timed_out(now, gate, self.cx.now));
        let (outcome, said) = if timed_out {
            (Outcome::Expired, text!["Nobody decided in time, so AWS did: ", stands(now)])
        } else {
            (Outcome::Void, text!["It was answered elsewhere: ", stands(now), " Nothing was changed by this."])
        };
        self.add(now, What::Settles { resource: asked.to_owned(), outcome, said });
        if timed_out {
            let detail = vec![("deployment", now.id.to_string().into()), ("now", stands(now).into())];
            let resource = Box::new(now.service.resource());
            self.add(now, What::Notes { event: "gate_timed_out", resource, outcome: Some("expired".to_owned()), detail });
        }
    }

    /// AWS no longer knows it: its service was deleted.
    fn forgotten(&mut self, before: &Followed) {
        let gone = &before.seen;
        if let Some(asked) = &before.asked {
            let said = text!["AWS no longer knows this deployment, so there is nothing to answer. Nothing was changed."];
            self.add(gone, What::Settles { resource: asked.clone(), outcome: Outcome::Void, said });
        }
        self.add(gone, What::Shows(card::forgotten(gone)));
        self.add(gone, What::Ends);
    }
}

/// Whether it is worth asking why.
fn goes_badly(it: &Deployment) -> bool {
    let short = it.green.as_ref().is_some_and(|green| green.tasks.running < green.tasks.wanted);
    it.is_failure() || it.rollback.is_some() || (short && !it.is_over())
}

/// Whether nobody answered a gate that is no longer open.
fn timed_out(now: &Deployment, gate: &Gate, at: Timestamp) -> bool {
    match &gate.kind {
        GateKind::Hook { id } => now.hooks.iter().any(|hook| hook.id == *id && hook.status == HookStatus::TimedOut),
        GateKind::ReadyWait | GateKind::TerminationWait => gate.expires.is_some_and(|expires| expires <= at),
    }
}

/// What is needed of it at the next look: what stands in a record is kept small.
fn lean(it: Deployment) -> Deployment {
    let (steps, hooks) = (Vec::new(), Vec::new());
    Deployment { steps, hooks, blue: None, green: None, alarms: None, breaker: None, reason: None, rollback: None, ..it }
}
