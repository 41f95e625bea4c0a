//! `ecs status`.

use clap::Args;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::aws::Ecs;
use super::deployment::{Deployment, Gate, Id, Side, Status as Standing, Watch, last_part};
use super::failure::{self, StoppedTask, Why, grouped};
use super::find::{Found, Wanted, find};
use super::service::Service;
use super::{deployments, inventory, picture};
use crate::aws::everywhere::line;
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Message, Text, bold, code, listed};
use crate::{Choice, Command, Query, text};

/// Events shown at most, the newest.
const EVENTS: usize = 5;
/// How far back the last deployment is looked for.
const BACK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Shows one service: its tasks, its deployment as a picture, and what happened lately.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Status {
    /// The service: its name, cluster/name, either with @account, or ARN
    service: String,
}

impl Command for Status {
    const NAME: &'static str = "ecs status";
    const PICKS: &'static [&'static str] = &["service"];

    fn resource(&self) -> Resource {
        Wanted::read(&self.service).resource()
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        inventory::choices(typed, cx).await
    }
}

impl Query for Status {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let Found { service, ecs, unseen } = find(&self.service, cx).await?;
        let (deployment, tasks) = tokio::join!(last(&ecs, &service, cx), ecs.stopped_tasks(&service.at));
        let mut troubles = unseen;
        let tasks = tasks.unwrap_or_else(|error| {
            troubles.push(line(error));
            Vec::new()
        });
        let deployment = deployment.unwrap_or_else(|error| {
            troubles.push(line(error));
            None
        });
        let mut message = Message::new().header(&*service.at.name).fields(fields(&service, &tasks));
        message = match &deployment {
            Some(it) => {
                let why = failure::why(it, &tasks, &service.events);
                let message = shown(message, it, why.as_ref(), cx);
                undone(&ecs, it, &tasks).await.into_iter().fold(message, Message::text)
            }
            None => message.text("It was not deployed within the last 7 days, as far as AWS knows."),
        };
        message = message.text(events(&service));
        Ok(troubles.into_iter().fold(message, Message::note))
    }
}

/// The deployment under way, else the last one, with the targets of its sides.
async fn last(ecs: &Ecs, service: &Service, cx: &Context<'_>) -> Result<Option<Deployment>> {
    let this = std::slice::from_ref(service);
    let (own, by_codedeploy) = tokio::try_join!(ecs.under_way(this), ecs.under_way_by_codedeploy(this))?;
    let mut found = own.into_iter().chain(by_codedeploy).next();
    if found.is_none() {
        let since = cx.now - BACK;
        let (own, by_codedeploy) = tokio::try_join!(ecs.recent(service, since), ecs.recent_by_codedeploy(service, since))?;
        found = own.into_iter().chain(by_codedeploy).max_by_key(|deployment| deployment.created);
    }
    match found {
        // Once more, with all that is known of this one.
        Some(found) => match ecs.deployment(&found.id, &service.at).await? {
            Some(whole) => ecs.with_health(whole).await.map(Some),
            None => Ok(Some(found)),
        },
        None => Ok(None),
    }
}

/// Why the deployment failed that this one of CodeDeploy takes back.
async fn undone(ecs: &Ecs, it: &Deployment, tasks: &[StoppedTask]) -> Option<Text> {
    let id = it.undoes.as_ref()?;
    // It is an addition: what cannot be read is left out.
    let other = ecs.deployment(&Id::CodeDeploy(id.clone()), &it.service).await.ok()??;
    let why = failure::why(&other, tasks, &[])?;
    Some(text!["Why ", code(id.as_str()), " is taken back: ", why.sentence()])
}

fn fields(service: &Service, tasks: &[StoppedTask]) -> Vec<(String, Text)> {
    let counts = service.tasks;
    let running = match counts.pending {
        0 => format!("{} running, {} wanted", counts.running, counts.wanted),
        pending => format!("{} running, {pending} pending, {} wanted", counts.running, counts.wanted),
    };
    let dead: Vec<String> = grouped(tasks).iter().map(|(cause, count)| format!("{count}× {}", cause.words())).collect();
    let fields: [(&str, Text); 6] = [
        ("Tasks", running.into()),
        ("State", text![bold(service.status.to_lowercase())]),
        ("Deployed", service.deployed().into()),
        ("Belongs to", format!("project {}, {}", service.at.project, service.at.env).into()),
        ("Where", service.at.place().into()),
        ("Tasks that died within the last hour", if dead.is_empty() { "none".into() } else { dead.join("; ").into() }),
    ];
    fields.map(|(label, value)| (label.to_owned(), value)).to_vec()
}

/// The deployment: a line, the picture, and what else there is to say.
pub(super) fn shown(message: Message, it: &Deployment, why: Option<&Why>, cx: &Context<'_>) -> Message {
    let mut head = text!["Deployment ", code(it.id.short()), ", ", it.strategy.words(), ": ", bold(deployments::state(it))];
    if let Some(at) = it.finished.or(it.started).or(it.created) {
        head = head.then(text![if it.finished.is_some() { ", ended " } else { ", begun " }, at]);
    }
    let message = message.text(head.then(".")).drawing(picture::picture(it, cx.now));
    let lines = [
        why.map(|why| why.sentence().into()),
        it.gate.as_ref().map(waiting),
        taken_back(it),
        it.undoes.as_ref().map(|undone| text!["It takes back ", code(undone.as_str()), "."]),
        watches(it),
        health(it),
        images(it),
    ];
    lines.into_iter().flatten().fold(message, Message::text)
}

fn waiting(gate: &Gate) -> Text {
    let words = format!("It waits {}.", gate.kind.words());
    match gate.expires {
        Some(expires) => text![words, format!(" Unless somebody answers, AWS {} ", gate.on_timeout.words()), expires, "."],
        None => words.into(),
    }
}

/// What runs instead of a deployment that was taken back.
fn taken_back(it: &Deployment) -> Option<Text> {
    let to = it.rollback.as_ref()?.to.as_deref()?;
    let goes = match it.status {
        Standing::RolledBack => "AWS went back to ",
        Standing::RollbackFailed => "AWS could not go back to ",
        _ => "AWS goes back to ",
    };
    Some(match (&it.id, &it.blue) {
        (Id::CodeDeploy(_), _) => text!["The deployment ", code(to), " takes it back."],
        (Id::Ecs(_), Some(blue)) if blue.id == to => text![goes, code(blue.name()), "."],
        (Id::Ecs(_), _) => text![goes, "the service revision ", code(last_part(to)), "."],
    })
}

/// Alarms and circuit breaker, where they are on.
fn watches(it: &Deployment) -> Option<Text> {
    let alarms = it.alarms.as_ref().filter(|alarms| alarms.watch != Watch::Off).map(|alarms| {
        let names = if alarms.names.is_empty() { String::new() } else { format!(" ({})", listed(&alarms.names)) };
        format!("Alarms{names}: {}.", alarms.watch.words())
    });
    let breaker = it.breaker.as_ref().filter(|breaker| breaker.watch != Watch::Off).map(|breaker| {
        format!("Circuit breaker: {}, {} of {} failed tasks.", breaker.watch.words(), breaker.failures, breaker.threshold)
    });
    let parts: Vec<String> = alarms.into_iter().chain(breaker).collect();
    (!parts.is_empty()).then(|| parts.join(" ").into())
}

fn health(it: &Deployment) -> Option<Text> {
    let words = |label: &str, side: &Option<Side>| {
        let health = side.as_ref()?.health.as_ref()?;
        let why = health.reasons.first().map(|first| format!(" ({first})")).unwrap_or_default();
        Some(format!("{label} {}{why}", health.words()))
    };
    let parts: Vec<String> = [words("blue", &it.blue), words("green", &it.green)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("Targets: {}.", parts.join("; ")).into())
}

/// Green's images, with the beginning of their digests.
fn images(it: &Deployment) -> Option<Text> {
    let images = &it.green.as_ref()?.images;
    let digest = |digest: &Option<String>| match digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:")) {
        Some(digest) => format!(" ({})", digest.chars().take(12).collect::<String>()),
        None => String::new(),
    };
    let lines: Vec<Text> = images
        .iter()
        .map(|image| text![format!("{}: ", image.container), code(image.image.as_str()), digest(&image.digest)])
        .collect();
    let all = lines.into_iter().reduce(|all, line| all.then("\n").then(line))?;
    Some(Text::from("Green runs\n").then(all))
}

fn events(service: &Service) -> Text {
    let newest = service.events.iter().take(EVENTS).map(|event| text![event.at, " ", event.words.as_str()]);
    match newest.reduce(|all, line| all.then("\n").then(line)) {
        Some(lines) => Text::from("Last events\n").then(lines),
        None => "ECS has no events of it.".into(),
    }
}
