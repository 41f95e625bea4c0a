//! The engine's own commands: what changes there are, votes, cancellations, new starts, freezes.

use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::code;
use crate::records::{ChangeId, ChangeRecord, Status};
use crate::{Choice, text};

pub mod approve;
pub mod cancel;
pub mod freeze;
pub mod list;
pub mod reject;
pub mod reschedule;
pub mod review;
pub mod show;
pub mod sign_off;

/// The resource that stands for a change before it is looked up.
fn named(id: ChangeId) -> Resource {
    Resource::named("change", id.to_string())
}

async fn find(id: ChangeId, cx: &Context<'_>) -> Result<ChangeRecord> {
    cx.records.change(id).await?.ok_or_else(|| {
        Error::shown(text!["There is no ", code(id.to_string()), ". ", code("change list"), " shows those there are."])
    })
}

/// Where a change stands, in a few words.
pub(crate) fn standing(record: &ChangeRecord) -> String {
    let stands = match &record.status {
        Status::AwaitingApproval { .. } => "waits for approval".to_owned(),
        Status::Scheduled { .. } => "scheduled".to_owned(),
        Status::Running { tries: 0, .. } => "running".to_owned(),
        Status::Running { .. } => "running, in trouble".to_owned(),
        Status::Ended { outcome, .. } => outcome.to_string(),
    };
    if record.is_unreviewed() { format!("{stands}, needs a review") } else { stands }
}

/// Changes that have not ended whose id or title fits what was typed.
async fn suggest_open(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    choices(typed, cx, |record| !matches!(record.status, Status::Ended { .. })).await
}

/// Of the open changes those that are `wanted` and whose id or title fits what was typed.
async fn choices(typed: &str, cx: &Context<'_>, wanted: impl Fn(&ChangeRecord) -> bool) -> Vec<Choice> {
    let typed = typed.to_lowercase();
    let open = cx.records.open_changes().await.unwrap_or_default();
    open.iter()
        .filter(|record| wanted(record) && cx.may(&record.as_resource()))
        .map(|record| Choice { value: record.id.to_string(), label: format!("{} · {}", record.id, record.plan.title) })
        .filter(|choice| choice.label.to_lowercase().contains(&typed))
        .take(100)
        .collect()
}
