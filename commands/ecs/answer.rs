//! `ecs continue`: the answer to a deployment that waits at a gate. The bot asks for it by itself where one opens.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::aws::Ecs;
use super::deployment::{Deployment, Gate, GateKind, HookStatus, Id, OnTimeout, ServiceRef, Stage, Status};
use super::under_way::{self, Found};
use super::writes::{Answer, Then, Wait, Write};
use super::{inventory, safety};
use crate::aws::Caller;
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{self, Check, Permit, Plan, Runs, Step, Work};
use crate::{Change, Choice, Command, text};

/// How long a gate without an end is waited at.
const ENDLESS: SignedDuration = SignedDuration::from_hours(24);
/// How long after its start tries go on.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);
/// How long after an answer AWS is given to take it up, between looks.
const TAKES_UP: SignedDuration = SignedDuration::from_secs(5);
/// Lines of differences that stand on the card.
const DIFFERENCES: usize = 12;

/// Answers a deployment that waits at a gate: approved it goes on, rejected it is taken back
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Continue {
    /// The deployment: its id or the beginning of it, or its service
    pub(super) deployment: String,
    /// The service, where the id alone is not enough
    #[arg(long)]
    pub(super) service: Option<String>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The deployment.
    id: Id,
    /// Its service.
    service: ServiceRef,
    /// The gate.
    gate: GateKind,
}

/// The steps of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum State {
    /// Tells AWS to go on.
    Continue {
        /// At which gate.
        question: Question,
    },
    /// Tells AWS to take it back.
    RollBack {
        /// At which gate.
        question: Question,
    },
    /// Looks whether AWS took up the answer.
    Confirm {
        /// At which gate.
        question: Question,
        /// What was answered.
        answer: Answer,
    },
}

/// The id under which only one answer to a gate is under way.
pub(super) fn lock(id: &Id, gate: &GateKind) -> String {
    let gate = match gate {
        GateKind::Hook { id } => id.as_str(),
        GateKind::ReadyWait => "ready",
        GateKind::TerminationWait => "termination",
    };
    format!("{id}#{gate}")
}

impl Command for Continue {
    const NAME: &'static str = "ecs continue";
    const PICKS: &'static [&'static str] = &["service"];

    fn resource(&self) -> Resource {
        under_way::resource(&self.deployment, self.service.as_deref())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Change for Continue {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let Found { deployment, ecs } = under_way::one(&self.deployment, self.service.as_deref(), cx).await?;
        let Some(gate) = &deployment.gate else {
            let stands = stands(&deployment);
            return Err(Error::shown(text![
                code(deployment.id.short()),
                " of ",
                code(&*deployment.service.name),
                " waits at no gate: ",
                stands,
                " Nothing was changed."
            ]));
        };
        let (difference, health, why) =
            tokio::join!(ecs.difference(&deployment), ecs.with_health(deployment.clone()), ecs.why(&deployment));
        // What people should know must not keep them from deciding: the gate does not wait.
        let unseen = [
            difference.as_ref().err().map(|_| "the task definitions"),
            health.as_ref().err().map(|_| "targets"),
            why.as_ref().err().map(|_| "stopped tasks"),
        ];
        let mut checks = safety::checks(health.as_ref().unwrap_or(&deployment), why.as_ref().ok().and_then(Option::as_ref));
        checks.extend(unseen.into_iter().flatten().map(|what| Check::warn(what, "AWS could not be asked now")));
        let question = Question { id: deployment.id.clone(), service: deployment.service.clone(), gate: gate.kind.clone() };
        let (go_on, take_back) = (write(&question, Answer::Continue), write(&question, Answer::RollBack));
        let mut what = vec![
            Text::from("Approved: ").then(goes_on(&deployment, gate)).then("."),
            "Rejected: AWS takes the deployment back, and what ran before goes on alone.".into(),
        ];
        what.extend(changes(difference.ok().flatten().map(|difference| difference.lines()).unwrap_or_default()));
        Ok(Plan::Work(Box::new(Work {
            resource: Resource { id: lock(&question.id, &question.gate), ..deployment.service.resource() },
            runs: Runs::Alone,
            title: title(&deployment, gate),
            what,
            calls: vec![go_on.planned(), take_back.planned()],
            checks,
            risks: Vec::new(),
            start: None,
            patience: PATIENCE,
            offers: Vec::new(),
            gate: Some(until(gate, question.clone(), cx.now)),
            first: State::Continue { question },
        })))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        let (question, answer, asked) = match &state {
            State::Continue { question } => (question, Answer::Continue, false),
            State::RollBack { question } => (question, Answer::RollBack, false),
            State::Confirm { question, answer } => (question, *answer, true),
        };
        let ecs = Ecs::at(&question.service, cx.aws, &Caller::of(cx), &cx.settings.accounts).await?;
        let Some(now) = ecs.deployment(&question.id, &question.service).await? else {
            return Err(Error::shown(text![
                "AWS no longer knows ",
                code(question.id.short()),
                ", so there is nothing to answer."
            ]));
        };
        if now.gate.as_ref().is_some_and(|gate| gate.kind == question.gate) {
            if asked {
                let note = text!["AWS has the answer and takes it up."];
                return Ok(Step::Wait { state, until: cx.now + TAKES_UP, note });
            }
            let doing = format!("answering the gate of {}", question.service.name);
            return match ecs.make(permit, &write(question, answer)).await {
                Ok(()) => Ok(Step::Next {
                    state: State::Confirm { question: question.clone(), answer },
                    note: match answer {
                        Answer::Continue => "Told AWS to go on.".into(),
                        Answer::RollBack => "Told AWS to take it back.".into(),
                    },
                }),
                Err(fault) => Err(moved_on(fault.error(&doing))),
            };
        }
        ended(&now, question, answer)
    }
}

/// What AWS refuses may have been answered this moment: the next try looks again, and says what happened.
fn moved_on(error: Error) -> Error {
    match error {
        Error::Shown(say) => Error::Outside { cause: say.plain(), say },
        other => other,
    }
}

/// The gate is answered: well, if it is as it should be; otherwise somebody else was quicker.
fn ended(now: &Deployment, question: &Question, answer: Answer) -> Result<Step<State>> {
    let by_hook = match &question.gate {
        GateKind::Hook { id } => now.hooks.iter().find(|hook| hook.id == *id).map(|hook| &hook.status),
        GateKind::ReadyWait | GateKind::TerminationWait => None,
    };
    let went_back = matches!(
        now.status,
        Status::RollingBack | Status::RolledBack | Status::RollbackFailed | Status::Stopping | Status::Stopped | Status::Failed
    );
    let timed_out = by_hook == Some(&HookStatus::TimedOut);
    match answer {
        Answer::Continue if !went_back && !timed_out => Ok(Step::Done(text!["It goes on: ", stands(now)])),
        Answer::RollBack if went_back && !timed_out => Ok(Step::Done(text!["Rejected: ", stands(now)])),
        Answer::Continue | Answer::RollBack => Err(Error::shown(text![
            "The gate was answered otherwise before this could be: ",
            stands(now),
            " Nothing was changed by this."
        ])),
    }
}

/// How a deployment stands, a sentence.
pub(super) fn stands(it: &Deployment) -> String {
    let state = super::deployments::state(it);
    match it.status {
        _ if it.gate.is_some() => format!("the deployment {state}."),
        Status::Succeeded | Status::Failed => format!("the deployment has {state}."),
        Status::RollbackFailed => "the deployment could not be rolled back.".to_owned(),
        _ => format!("the deployment is {state}."),
    }
}

fn write(question: &Question, answer: Answer) -> Write {
    let deployment = question.id.to_string();
    let wait = |wait| match answer {
        Answer::Continue => Write::ContinueWait { deployment: deployment.clone(), wait },
        Answer::RollBack => Write::Stop { deployment: deployment.clone(), then: Then::RollBack },
    };
    match &question.gate {
        GateKind::Hook { id } => Write::AnswerHook { deployment, hook: id.clone(), answer },
        GateKind::ReadyWait => wait(Wait::Ready),
        GateKind::TerminationWait => wait(Wait::Termination),
    }
}

fn title(it: &Deployment, gate: &Gate) -> String {
    let name = &it.service.name;
    match &gate.kind {
        GateKind::Hook { .. } => {
            format!("{name}: go on with {}?", it.green.as_ref().map_or("the deployment", |green| green.name()))
        }
        GateKind::ReadyWait => format!("{name}: move production traffic to green?"),
        GateKind::TerminationWait => format!("{name}: end blue's tasks?"),
    }
}

/// What comes next where it goes on.
fn goes_on(it: &Deployment, gate: &Gate) -> Text {
    match &gate.kind {
        GateKind::Hook { .. } => match it.stage.as_ref().map(Stage::words) {
            Some(stage) => text!["AWS goes on from “", stage, "”"],
            None => "AWS goes on".into(),
        },
        GateKind::ReadyWait => "AWS moves the production traffic to green".into(),
        GateKind::TerminationWait => "AWS ends the tasks that ran before; there is no quick way back then".into(),
    }
}

/// The first differences, and how many more there are.
fn changes(lines: Vec<String>) -> Vec<Text> {
    let more = lines.len().saturating_sub(DIFFERENCES);
    let mut shown: Vec<Text> = lines.into_iter().take(DIFFERENCES).map(Text::from).collect();
    if more > 0 {
        shown.push(format!("and {more} more differences").into());
    }
    shown
}

fn until(gate: &Gate, question: Question, now: Timestamp) -> plan::Gate<State> {
    let since = gate.opened.unwrap_or(now);
    let otherwise = match (&gate.expires, &gate.on_timeout) {
        (None, _) => "it goes on waiting at AWS".to_owned(),
        (Some(_), OnTimeout::Continue) => "AWS goes on by itself".to_owned(),
        (Some(_), OnTimeout::RollBack) => "AWS rolls it back".to_owned(),
        (Some(_), OnTimeout::Stop) => "AWS stops it".to_owned(),
        (Some(_), OnTimeout::Other(word)) => format!("AWS does what it calls {word}"),
    };
    plan::Gate {
        since,
        until: gate.expires.unwrap_or(since + ENDLESS),
        rejecting: "takes it back".to_owned(),
        otherwise,
        rejected: State::RollBack { question },
    }
}
