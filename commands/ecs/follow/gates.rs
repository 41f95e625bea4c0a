//! Gates of deployments: asking people about one that is open, and settling what they were asked about one that no longer is.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Followed;
use crate::Command as _;
use crate::context::Context;
use crate::ecs::answer::{Continue, lock, stands};
use crate::ecs::deployment::{Deployment, Gate, GateKind, HookStatus, ServiceRef, Status};
use crate::ecs::failure::Why;
use crate::error::Result;
use crate::records::{ChangeRecord, Freeze, Outcome, Status as Stands};
use crate::text;
use crate::watch::What;

/// How long after an asking that came to nothing people are asked again; doubled each time up to an hour.
const AGAIN: SignedDuration = SignedDuration::from_mins(3);
/// Changes looked through for one about a gate, the newest.
const CHANGES: usize = 200;

/// What people were asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    /// About which gate: the id that its answer holds.
    lock: String,
    /// When, the last time.
    at: Timestamp,
    /// How often.
    times: u32,
}

/// What comes of a question.
pub(super) struct Asking {
    /// What to remember.
    pub(super) asked: Option<Asked>,
    /// The asking, where there is one now.
    pub(super) what: Option<What>,
}

/// A gate that is open, and what keeps people from being asked about it.
pub(super) struct Question {
    lock: String,
    args: Continue,
    freeze: Option<Freeze>,
    /// Whether a change about it is open, or somebody took one back: they know of it.
    known: bool,
}

impl Question {
    /// The question at a deployment's gate; none where it is at none.
    pub(super) async fn of(now: &Deployment, cx: &Context<'_>) -> Result<Option<Self>> {
        let Some(gate) = &now.gate else { return Ok(None) };
        let lock = lock(&now.id, &gate.kind);
        let freezes = cx.records.freezes().await?;
        let freeze = freezes.into_iter().find(|freeze| freeze.holds(Some(&now.service.project), cx.now));
        let knows = |change: &ChangeRecord| match change.status {
            Stands::AwaitingApproval { .. } | Stands::Scheduled { .. } | Stands::Running { .. } => true,
            Stands::Ended { outcome, .. } => outcome == Outcome::Cancelled,
        };
        let known = about(&lock, cx).await?.iter().any(knows);
        let args = Continue { deployment: now.id.to_string(), service: Some(now.service.arn.clone()) };
        Ok(Some(Self { lock, args, freeze, known }))
    }

    /// The freeze that keeps people from being asked.
    pub(super) fn freeze(&self) -> Option<&Freeze> {
        self.freeze.as_ref().filter(|_| !self.known)
    }

    /// Asks, unless people know already; again after a while where nothing came of it.
    pub(super) fn ask(self, before: Option<Asked>, now: Timestamp) -> Asking {
        let before = before.filter(|asked| asked.lock == self.lock);
        let waits = before.as_ref().is_some_and(|asked| now < asked.at + pause(asked.times));
        if self.known || self.freeze.is_some() || waits {
            return Asking { asked: before, what: None };
        }
        let args = serde_json::to_value(&self.args).unwrap_or(Value::Null);
        let reason = "The deployment waits for an answer.".to_owned();
        let times = before.map_or(0, |asked| asked.times).saturating_add(1);
        let asked = Some(Asked { lock: self.lock, at: now, times });
        Asking { asked, what: Some(What::Asks { command: Continue::NAME, args, reason }) }
    }
}

fn pause(times: u32) -> SignedDuration {
    SignedDuration::from_secs((AGAIN.as_secs() << times.saturating_sub(1).min(5)).min(3600))
}

/// The changes about a gate, newest first.
async fn about(lock: &str, cx: &Context<'_>) -> Result<Vec<ChangeRecord>> {
    let mut changes = cx.records.changes(CHANGES).await?;
    changes.retain(|change| change.plan.resource.id == lock);
    Ok(changes)
}

/// What is to be said of a gate that was open at the last look and is no longer.
pub(super) async fn settled(
    now: &Deployment,
    before: &Followed,
    (why, open): (Option<&Why>, Option<&Question>),
    cx: &Context<'_>,
) -> Result<Vec<What>> {
    let Some(gate) = &before.seen.gate else { return Ok(Vec::new()) };
    let held = lock(&before.seen.id, &gate.kind);
    if open.is_some_and(|open| open.lock == held) {
        return Ok(Vec::new());
    }
    let ours = about(&held, cx).await?.into_iter().any(|change| match change.status {
        Stands::Running { .. } => true,
        Stands::Ended { outcome, .. } => matches!(outcome, Outcome::Succeeded | Outcome::Rejected),
        Stands::AwaitingApproval { .. } | Stands::Scheduled { .. } => false,
    });
    if ours {
        return Ok(Vec::new());
    }
    let (outcome, said) = match passed(now, gate, cx.now) {
        Passed::TimedOut => (Outcome::Expired, text!["Nobody decided in time, so AWS did: ", stands(now)]),
        Passed::TimeUp => (Outcome::Expired, text!["Its time was up before anybody decided here: ", stands(now)]),
        Passed::WentBack => {
            let why = why.map(|why| format!(" {}", why.sentence())).unwrap_or_default();
            (Outcome::Void, text!["It went back before anybody decided: ", stands(now), why, " Nothing was changed by this."])
        }
        Passed::Answered => (Outcome::Void, text!["It was answered elsewhere: ", stands(now), " Nothing was changed by this."]),
    };
    let mut news = vec![What::Settles { resource: held, outcome, said: said.clone() }];
    if outcome == Outcome::Expired {
        news.push(What::Notes {
            event: "gate_timed_out",
            resource: Box::new(now.service.resource()),
            outcome: Some("expired".to_owned()),
            detail: vec![("deployment", now.id.to_string().into()), ("said", said.plain().into())],
        });
    }
    Ok(news)
}

/// How a gate came to be no longer open.
enum Passed {
    /// AWS says that its time was up.
    TimedOut,
    /// Its time is up; AWS does not say whether somebody was quicker.
    TimeUp,
    /// The deployment was taken back or stopped at it.
    WentBack,
    /// Somebody answered it.
    Answered,
}

fn passed(now: &Deployment, gate: &Gate, at: Timestamp) -> Passed {
    let hook = match &gate.kind {
        GateKind::Hook { id } => now.hooks.iter().find(|hook| hook.id == *id).map(|hook| &hook.status),
        GateKind::ReadyWait | GateKind::TerminationWait if gate.expires.is_some_and(|expires| expires <= at) => {
            return Passed::TimeUp;
        }
        GateKind::ReadyWait | GateKind::TerminationWait => None,
    };
    let back = now.is_failure() || matches!(now.status, Status::RollingBack | Status::Stopping);
    match hook {
        Some(HookStatus::TimedOut) => Passed::TimedOut,
        Some(HookStatus::Succeeded) => Passed::Answered,
        _ if back => Passed::WentBack,
        _ => Passed::Answered,
    }
}

/// What is to be said of the gate of a deployment that AWS has forgotten.
pub(super) fn forgotten(gone: &Deployment) -> Option<What> {
    let resource = lock(&gone.id, &gone.gate.as_ref()?.kind);
    let ServiceRef { name, .. } = &gone.service;
    let said =
        text!["AWS no longer knows this deployment of ", name.as_str(), ", so there is nothing to answer. Nothing was changed."];
    Some(What::Settles { resource, outcome: Outcome::Void, said })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        let args = Continue { deployment: "d-A1B2C3D4E".to_owned(), service: None };
        Question { lock: "d-A1B2C3D4E#ready".to_owned(), args, freeze: None, known: false }
    }

    #[test]
    fn people_are_asked_again_where_asking_came_to_nothing() {
        let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let (mut asked, mut asks) = (None, Vec::new());
        for minute in 0..180 {
            let now = start + SignedDuration::from_mins(minute);
            let asking = question().ask(asked, now);
            asks.extend(asking.what.map(|_| minute));
            asked = asking.asked;
        }
        assert_eq!(asks, [0, 3, 9, 21, 45, 93, 153]);
        let known = Question { known: true, ..question() }.ask(asked.clone(), start + SignedDuration::from_hours(9));
        assert!(known.what.is_none() && known.asked == asked);
        let next = Question { lock: "d-A1B2C3D4E#termination".to_owned(), ..question() }.ask(asked, start);
        assert!(next.what.is_some(), "another gate is another question");
    }
}
