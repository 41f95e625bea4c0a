//! `change show`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{find, named, standing, suggest_open};
use crate::error::Error;
use crate::message::{Message, Text, bold, code};
use crate::plan::Finding;
use crate::records::{ChangeId, ChangeRecord, Emergency, PlannedCall, Reviewed, Status, Verdict};
use crate::{Choice, Command, Context, Query, Resource, Result, text};

/// Show a change: its exact plan, API calls and parameters, votes, steps and digest
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Show {
    /// The change, such as CHG-1042
    id: ChangeId,
}

impl Command for Show {
    const NAME: &'static str = "change show";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        named(self.id)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        suggest_open(typed, cx).await
    }
}

impl Query for Show {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let record = find(self.id, cx).await?;
        if !cx.may(&record.as_resource()) {
            return Err(Error::shown("You may not see the changes of that project."));
        }
        Ok(details(&record))
    }
}

/// Everything about a change.
pub(super) fn details(record: &ChangeRecord) -> Message {
    let plan = &record.plan;
    let mut fields = vec![
        ("Status".to_owned(), standing(record).into()),
        ("Asked by".to_owned(), text![&record.asker, " ", record.asked]),
        ("Command".to_owned(), text![code(record.command.as_str())]),
        ("Resource".to_owned(), text![code(plan.resource.id.as_str())]),
        ("Starts".to_owned(), plan.start.map_or_else(|| "as soon as it may".into(), |at| text![at])),
        ("Rule".to_owned(), text![code(record.rule.as_str())]),
    ];
    if let Some(requirement) = &record.requires {
        fields.push(("Approvals".to_owned(), format!("{} of {}", requirement.approvals, requirement.group).into()));
    }
    if let Some(reason) = &record.reason {
        fields.push(("Why".to_owned(), reason.as_str().into()));
    }
    if let Some(emergency) = &record.emergency {
        fields.push(("Emergency".to_owned(), review(emergency)));
    }
    let mut message = Message::new().header(format!("{} · {}", record.id, plan.title)).fields(fields);
    message = message.text(listed("What happens", &plan.what));
    message = message.text(plan.calls.iter().fold(text![bold("Calls to AWS")], |all, call| all.then("\n").then(call_line(call))));
    if !plan.checks.is_empty() {
        message = message.text(plan.checks.iter().fold(text![bold("Prechecks")], |all, check| {
            let sign = match check.finding {
                Finding::Pass => "✅",
                Finding::Warn => "⚠️",
                Finding::Fail => "❌",
            };
            all.then(format!("\n{sign} {}: {}", check.name, check.words))
        }));
    }
    if !plan.risks.is_empty() {
        message = message.text(listed("What can go wrong", &plan.risks));
    }
    if !record.votes.is_empty() {
        message = message.text(record.votes.iter().fold(text![bold("Votes")], |all, vote| {
            let verdict = if vote.verdict == Verdict::Approve { "✅ " } else { "❌ " };
            let line = text!["\n", verdict, &vote.by, " ", vote.at];
            let reason = vote.reason.iter().fold(Text::default(), |all, reason| all.then(": ").then(reason.as_str()));
            all.then(line).then(reason)
        }));
    }
    if !record.notes.is_empty() {
        message = message.text(
            record
                .notes
                .iter()
                .fold(text![bold("What happened")], |all, note| all.then(text!["\n", note.at, ": "]).then(note.text.clone())),
        );
    }
    if let Status::Ended { said, .. } = &record.status {
        message = message.text(text![bold("The end"), "\n"].then(said.clone()));
    }
    message.note(text!["Digest ", code(plan.digest.as_str())])
}

/// Who has reviewed an emergency.
fn review(emergency: &Emergency) -> Text {
    let Some(Reviewed { by, at, note }) = &emergency.reviewed else {
        return "run without approval; a second person has to review it".into();
    };
    let told = text!["run without approval; reviewed by ", by, " ", *at];
    note.iter().fold(told, |told, note| told.then(": ").then(note.as_str()))
}

fn listed(title: &str, lines: &[Text]) -> Text {
    lines.iter().fold(text![bold(title)], |all, line| all.then("\n• ").then(line.clone()))
}

fn call_line(call: &PlannedCall) -> Text {
    let parameters: Vec<String> = call.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    text![code(call.api.as_str()), " ", parameters.join(", ")]
}
