//! `access done`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::grant::overlap::{self, Phase, word};
use super::grant::state::{At, Job};
use crate::message::{Button, Message, Text, code};
use crate::records::{ChangeId, ChangeRecord, Effect, Status};
use crate::{Change, Choice, Command, Context, Error, Plan, Resource, Result, text};

/// Hands access back before its time is up.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Done {
    /// The grant, such as CHG-1042; the only one you have if left out
    id: Option<ChangeId>,
}

impl Command for Done {
    const NAME: &'static str = "access done";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("change", self.id.map(|id| id.to_string()).unwrap_or_default())
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        choices(typed, cx).await
    }
}

impl Change for Done {
    type State = ();

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<()>> {
        let (record, job) = match self.id {
            Some(id) => running(id, cx).await?,
            None => {
                let mut own = own(cx).await?;
                match (own.pop(), own.is_empty()) {
                    (Some(only), true) => only,
                    (None, _) => {
                        return Err(Error::shown("No access stands through a grant of yours, so there is nothing to hand back."));
                    }
                    (Some(last), false) => {
                        own.push(last);
                        return Ok(Plan::Records {
                            resource: Box::new(self.resource()),
                            effects: Vec::new(),
                            say: which(&own, cx),
                        });
                    }
                }
            }
        };
        if !is_own(&record, &job, cx) {
            let id = code(record.id.to_string());
            return Err(Error::shown(text![
                id,
                " is not yours: whoever it was given to hands it back, or ",
                &record.asker,
                ", who asked for it. ",
                code("access revoke"),
                " takes it away."
            ]));
        }
        if overlap::state_of(&record).is_some_and(|state| matches!(state.at, At::Settle | At::Settled)) {
            return Err(Error::shown(text![
                code(record.id.to_string()),
                " stands for good by now. Nothing was changed. ",
                code("access revoke"),
                " takes it away."
            ]));
        }
        let note = text![&cx.person.id, " hands it back."];
        let effect = Effect::Tell { change: record.id, what: word::END.to_owned(), detail: Value::Null, note };
        let say = text![code(record.id.to_string()), ": "]
            .then(job.what())
            .then(" is handed back. Its card says when AWS has taken it.");
        Ok(Plan::Records { resource: Box::new(record.as_resource()), effects: vec![effect], say: say.into() })
    }
}

/// Whether a grant is for the asker, or was asked for by them.
pub(super) fn is_own(record: &ChangeRecord, job: &Job, cx: &Context<'_>) -> bool {
    record.asker == cx.person.id || job.is_for(cx.person, cx)
}

/// The grants that stand and are the asker's own.
async fn own(cx: &Context<'_>) -> Result<Vec<(ChangeRecord, Job)>> {
    let running = overlap::running(cx).await?.into_iter();
    let stand = running.filter(|(record, state)| {
        matches!(overlap::phase(state, &record.told, cx.now), Phase::Stands { .. }) && is_own(record, &state.job, cx)
    });
    Ok(stand.map(|(record, state)| (record, state.job)).collect())
}

/// The grants of the asker's own whose id or title fits what was typed.
pub(super) async fn choices(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let typed = typed.to_lowercase();
    let own = own(cx).await.unwrap_or_default().into_iter();
    own.map(|(record, _)| Choice { value: record.id.to_string(), label: format!("{} · {}", record.id, record.plan.title) })
        .filter(|choice| choice.label.to_lowercase().contains(&typed))
        .take(100)
        .collect()
}

/// A grant that runs.
///
/// # Errors
/// One to show, with how it stands instead.
pub(super) async fn running(id: ChangeId, cx: &Context<'_>) -> Result<(ChangeRecord, Job)> {
    let name = code(id.to_string());
    let Some(record) = cx.records.change(id).await? else {
        return Err(Error::shown(text!["There is no ", name, ". ", code("access mine"), " shows what you have."]));
    };
    let active = overlap::state_of(&record)
        .filter(|state| !state.job.removes() && overlap::phase(state, &record.told, cx.now) != Phase::Past);
    if let Some(state) = active {
        return Ok((record, state.job));
    }
    let of_access = super::grant::COMMANDS.contains(&&*record.command);
    let why: Text = match &record.status {
        _ if !of_access => text![name, " is no grant of access."],
        Status::AwaitingApproval { .. } | Status::Scheduled { .. } => {
            text![name, " has given nothing yet. ", code(format!("change cancel {id}")), " takes it back before it does."]
        }
        Status::Running { .. } => text![name, " has ended already; its card says how."],
        Status::Ended { outcome, at, .. } => {
            text![name, format!(" ended already, {outcome} "), *at, ". Nothing was changed by this."]
        }
    };
    Err(Error::shown(why))
}

fn which(own: &[(ChangeRecord, Job)], cx: &Context<'_>) -> Message {
    let line = |(record, _): &(ChangeRecord, Job)| text!["\n• ", code(record.id.to_string()), " ", record.plan.title.as_str()];
    let shown = &own[..own.len().min(BUTTONS)];
    let listed = shown.iter().fold(text!["Which of them do you hand back?"], |all, one| all.then(line(one)));
    let more = own.len() - shown.len();
    let listed = if more > 0 { listed.then(format!("\nand {more} more")) } else { listed };
    let buttons = shown.iter().map(|(record, _)| Button::new(record.id.to_string(), format!("{} {}", cx.action, record.id)));
    Message::new().text(listed).buttons(buttons.collect())
}

/// As many buttons as fit in a row.
const BUTTONS: usize = 5;
