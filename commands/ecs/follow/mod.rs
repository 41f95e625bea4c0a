//! Follows every deployment of the configured accounts, whoever started it: one message each, from its beginning to its end.
//! Where one waits at a gate, the bot asks for `ecs continue`, which people approve or reject (`gates`). `card` is the message,
//! `dying` tells of services that keep failing.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::gates::{Asked, Question};
use super::aws::Ecs;
use super::deployment::{Deployment, ServiceRef, Stage};
use super::service::Service;
use crate::aws::Caller;
use crate::aws::everywhere::{line, places};
use crate::context::{Account, Context, Following, Settings};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::watch::{Look, News, Watch, What};

mod around;
mod card;
mod dying;
mod gates;

/// How often a deployment that moves is looked at.
const MOVING: SignedDuration = SignedDuration::from_secs(15);
/// How often one that bakes, or waits for people, is.
const WAITING: SignedDuration = SignedDuration::from_mins(1);
/// How many are followed in one account and region: what is remembered of them has to fit into one record.
const FOLLOWED: usize = 40;
/// A pause between looks from which on deployments are looked for that began and ended in it: the bot was away.
const AWAY: i32 = 3;
/// What was begun this shortly before a look may have been missed by it.
const SKEW: SignedDuration = SignedDuration::from_secs(1);
/// What makes it look. Task State Change does not: every task of every batch job would.
const TELLING: [&str; 4] = [
    "ECS Deployment State Change",
    "ECS Hook State Change",
    "ECS Service Action",
    "CodeDeploy Deployment State-change Notification",
];

/// Follows deployments.
pub struct Follow;

/// What is remembered of one account and region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// The deployments that are followed, by their ids.
    followed: BTreeMap<String, Followed>,
    /// Services that are known to keep failing.
    dying: dying::Known,
    /// When it was last looked at, give or take [`Following::every`].
    looked: Option<Timestamp>,
}

/// What is remembered of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Followed {
    /// How it was last seen, without what is not needed again.
    seen: Deployment,
    /// What people were asked.
    asked: Option<Asked>,
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
        TELLING.contains(&event.about.as_str()).then(|| format!("{}/{}", event.account, event.region))
    }

    async fn look(post: &str, seen: Seen, cx: &Context<'_>) -> Result<Look<Seen>> {
        let (Some((account, region)), Some(following)) = (place(post, &cx.settings.accounts), &cx.settings.following) else {
            return Err(Error::internal(format!("looking at {post}"), "it is not configured"));
        };
        let ecs = Ecs::open(cx.aws, &Caller::of(cx), account, region).await?;
        let services = ecs.services(None).await?;
        let mut turn = Turn { ecs: &ecs, cx, news: Vec::new(), followed: BTreeMap::new() };
        let mut new = Vec::new();
        for deployment in found(&ecs, &services, &seen, (following, cx.now)).await? {
            match seen.followed.get(&deployment.id.to_string()) {
                Some(before) => turn.tell(deployment, Some(before)).await?,
                None => new.push(deployment),
            }
        }
        for (id, before) in seen.followed.iter().filter(|(id, _)| !turn.has(id)).collect::<Vec<_>>() {
            match ecs.deployment(&before.seen.id, &before.seen.service).await {
                Ok(Some(deployment)) => turn.tell(deployment, Some(before)).await?,
                Ok(None) => turn.forgotten(before),
                Err(error) => {
                    tracing::warn!(deployment = id, trouble = line(error).plain(), "a deployment can't be looked at");
                    turn.followed.insert(id.clone(), before.clone());
                }
            }
        }
        for deployment in new {
            if turn.followed.len() < FOLLOWED {
                turn.tell(deployment, None).await?;
            } else {
                tracing::warn!(deployment = %deployment.id, "too many at once; this one is followed when another has ended");
            }
        }
        let Turn { mut news, followed, .. } = turn;
        let dying = dying::look(&ecs, &services, seen.dying, cx).await;
        news.extend(dying.news);
        let looked = seen.looked.filter(|looked| cx.now < *looked + following.every && news.is_empty()).unwrap_or(cx.now);
        let next = next(&followed, following, cx.now);
        Ok(Look { state: Seen { followed, dying: dying.state, looked: Some(looked) }, next, news })
    }
}

fn place<'a>(post: &'a str, accounts: &'a [Account]) -> Option<(&'a Account, &'a str)> {
    let (id, region) = post.split_once('/')?;
    Some((accounts.iter().find(|account| account.id == id)?, region))
}

/// What is under way, and what began and ended since the last look.
async fn found(
    ecs: &Ecs,
    services: &[Service],
    seen: &Seen,
    (following, now): (&Following, Timestamp),
) -> Result<Vec<Deployment>> {
    let (own, by_codedeploy) = tokio::try_join!(ecs.under_way(services), ecs.under_way_by_codedeploy(services))?;
    let mut found: Vec<Deployment> = own.into_iter().chain(by_codedeploy).collect();
    if let Some(since) = seen.looked {
        // What was taken back has left no trace at its service, so after a longer pause every service is asked.
        let away = now.duration_since(since) > following.every * AWAY;
        let since = since - SKEW;
        let meant = services.iter().filter(|service| away || service.was_deployed_since(since));
        let looks = meant.map(|service| async move {
            let (own, by_codedeploy) = tokio::try_join!(ecs.recent(service, since), ecs.recent_by_codedeploy(service, since))?;
            Ok::<_, Error>(own.into_iter().chain(by_codedeploy))
        });
        found.extend(try_join_all(looks).await?.into_iter().flatten());
    }
    found.sort_by(|a, b| (a.created, &a.id).cmp(&(b.created, &b.id)));
    found.dedup_by(|a, b| a.id == b.id);
    Ok(found)
}

/// When to look again.
fn next(followed: &BTreeMap<String, Followed>, following: &Following, now: Timestamp) -> Timestamp {
    let of = |one: &Followed| match &one.seen.gate {
        Some(gate) => [Some(now + WAITING), gate.expires.filter(|at| *at > now)].into_iter().flatten().min(),
        None if one.seen.stage == Some(Stage::Bake) => Some(now + WAITING),
        None => Some(now + MOVING),
    };
    followed.values().filter_map(of).chain([now + following.every]).min().unwrap_or(now + following.every)
}

/// One look, as far as it has got.
struct Turn<'a> {
    ecs: &'a Ecs,
    cx: &'a Context<'a>,
    news: Vec<News>,
    followed: BTreeMap<String, Followed>,
}

impl Turn<'_> {
    fn has(&self, id: &str) -> bool {
        self.followed.contains_key(id) || self.news.iter().any(|news| news.thing == id && matches!(news.what, What::Ends))
    }

    fn add(&mut self, of: &Deployment, what: What) {
        let ServiceRef { project, arn, .. } = &of.service;
        self.news.push(News { thing: of.id.to_string(), about: Some(arn.clone()), project: Some(project.clone()), what });
    }

    /// What is new about a deployment.
    async fn tell(&mut self, deployment: Deployment, before: Option<&Followed>) -> Result<()> {
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
        let question = Question::of(&now, self.cx).await?;
        if let Some(before) = before {
            let settled = gates::settled(&now, before, (why.as_ref(), question.as_ref()), self.cx).await?;
            settled.into_iter().for_each(|what| self.add(&now, what));
        }
        let alerts = around::alerts(&now, self.cx).await?;
        let message = card::card(&now, why.as_ref(), (question.as_ref().and_then(Question::freeze), alerts), self.cx);
        self.add(&now, What::Shows(message));
        if now.is_over() {
            self.add(&now, What::Ends);
            return Ok(());
        }
        let asked = before.and_then(|before| before.asked.clone());
        let asked = match question {
            Some(question) => question.ask(asked, self.cx.now),
            None => gates::Asking { asked: None, what: None },
        };
        if let Some(what) = asked.what {
            self.add(&now, what);
        }
        self.followed.insert(now.id.to_string(), Followed { seen: lean(now), asked: asked.asked });
        Ok(())
    }

    /// AWS no longer knows it: its service was deleted.
    fn forgotten(&mut self, before: &Followed) {
        let gone = &before.seen;
        if let Some(what) = gates::forgotten(gone) {
            self.add(gone, what);
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

/// What is needed of it at the next look: what stands in a record is kept small.
fn lean(it: Deployment) -> Deployment {
    Deployment { hooks: Vec::new(), blue: None, green: None, alarms: None, breaker: None, reason: None, rollback: None, ..it }
}
