//! What `ecs rollback` and `ecs stop` have in common: one call, and following what comes of it.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::answer::stands;
use super::aws::Ecs;
use super::deployment::{Deployment, Id, ServiceRef, Status};
use super::deployments;
use super::under_way::Found;
use super::writes::Write;
use crate::aws::Caller;
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Permit, Runs, Step, Work};
use crate::text;

/// How long after its start tries go on: a rollback may have to start tasks first.
const PATIENCE: SignedDuration = SignedDuration::from_hours(3);
/// How often what comes of it is looked at.
const EVERY: SignedDuration = SignedDuration::from_secs(20);

/// What is ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The deployment.
    id: Id,
    /// Its service.
    service: ServiceRef,
    /// The call that ends it.
    write: Write,
}

/// The steps of an ending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum State {
    /// Tells AWS to end it.
    End {
        /// What.
        target: Target,
    },
    /// Follows it to its end.
    Follow {
        /// What.
        target: Target,
    },
}

/// The words of one kind of ending.
pub(super) struct Words {
    /// `roll back`.
    pub(super) title: &'static str,
    /// What happens, line by line.
    pub(super) what: Vec<Text>,
    /// What can go wrong.
    pub(super) risks: Vec<Text>,
}

/// The plan to end a deployment by `write`.
pub(super) fn plan(found: &Found, write: Write, words: Words) -> Result<Work<State>> {
    let it = &found.deployment;
    if it.is_over() {
        return Err(over(it));
    }
    let target = Target { id: it.id.clone(), service: it.service.clone(), write };
    Ok(Work {
        resource: Resource { id: it.id.to_string(), ..it.service.resource() },
        runs: Runs::Alone,
        title: format!("{}: {} {}", it.service.name, words.title, it.id.short()),
        what: words.what,
        calls: vec![target.write.planned()],
        checks: Vec::new(),
        risks: words.risks,
        start: None,
        patience: PATIENCE,
        offers: Vec::new(),
        gate: None,
        first: State::End { target },
    })
}

fn over(it: &Deployment) -> Error {
    let before = it.blue.as_ref().map(|blue| format!(" What ran before was {}.", blue.name())).unwrap_or_default();
    Error::shown(text![
        code(it.id.short()),
        " of ",
        code(&*it.service.name),
        format!(" is over: it {}.", deployments::state(it)),
        " AWS takes back only what is under way, so deploy the version you want the usual way.",
        before,
        " Nothing was changed."
    ])
}

pub(super) async fn step(state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let (State::End { target } | State::Follow { target }) = &state;
    let ecs = Ecs::at(&target.service, cx.aws, &Caller::of(cx), &cx.settings.accounts).await?;
    let Some(now) = ecs.deployment(&target.id, &target.service).await? else {
        return Err(Error::shown(text!["AWS no longer knows ", code(target.id.short()), ", so nothing is left to end."]));
    };
    let ending = matches!(now.status, Status::Stopping | Status::RollingBack);
    if let State::End { target } = &state
        && !ending
        && !now.is_over()
    {
        let doing = format!("ending the deployment of {}", target.service.name);
        ecs.make(permit, &target.write).await.map_err(|fault| fault.error(&doing))?;
        let state = State::Follow { target: target.clone() };
        return Ok(Step::Next { state, note: "AWS has been told. I follow it to its end.".into() });
    }
    if !now.is_over() {
        let state = State::Follow { target: target.clone() };
        return Ok(Step::Wait { state, until: cx.now + EVERY, note: sentence(&now).into() });
    }
    finished(&ecs, now, target).await
}

/// What became of it. CodeDeploy takes a deployment back by another one, which is followed too.
async fn finished(ecs: &Ecs, now: Deployment, target: &Target) -> Result<Step<State>> {
    let by = now.rollback.as_ref().and_then(|rollback| rollback.to.clone()).filter(|to| to.starts_with("d-"));
    if let (Id::CodeDeploy(_), Some(by)) = (&now.id, by) {
        let id = Id::CodeDeploy(by);
        if let Some(back) = ecs.deployment(&id, &target.service).await? {
            let target = Target { id, ..target.clone() };
            let note = text!["It is stopped. CodeDeploy takes it back by ", code(back.id.short()), "."];
            return Ok(Step::Next { state: State::Follow { target }, note });
        }
    }
    match now.status {
        Status::RolledBack | Status::Stopped => Ok(Step::Done(sentence(&now).into())),
        Status::Succeeded if now.undoes.is_some() => Ok(Step::Done("It is taken back: what ran before has the traffic.".into())),
        _ => Err(Error::shown(text![
            sentence(&now),
            " Look at it with ",
            code(format!("ecs status {}", target.service.name)),
            "."
        ])),
    }
}

fn sentence(it: &Deployment) -> String {
    let words = stands(it);
    words.get(..1).map(str::to_uppercase).unwrap_or_default() + words.get(1..).unwrap_or_default()
}
