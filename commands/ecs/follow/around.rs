//! What is wrong in a deployment's project while it goes on: alerts that came since it began, or shortly before.

use jiff::SignedDuration;

use crate::context::Context;
use crate::ecs::deployment::Deployment;
use crate::error::Result;
use crate::message::{Text, bold, code};
use crate::records::AlertHead;
use crate::text;

/// How long before a deployment an alert may have something to do with it.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);
/// The newest alerts that are looked through.
const NEWEST: usize = 200;
/// How many are named.
const SHOWN: usize = 3;

/// The alerts of a deployment's project that came since it began, or shortly before and are not over; the worst first. None
/// where there are none.
pub(super) async fn alerts(it: &Deployment, cx: &Context<'_>) -> Result<Option<Text>> {
    let begun = it.started.or(it.created).unwrap_or(cx.now);
    let until = it.finished.unwrap_or(cx.now);
    let mut alerts = cx.records.alerts(NEWEST).await?;
    alerts.retain(|alert| {
        let came = alert.opened >= begun && alert.opened <= until;
        let stood = alert.opened >= begun - BEFORE && alert.opened < begun && alert.is_open();
        alert.project.as_ref() == Some(&it.service.project) && (came || stood)
    });
    alerts.sort_by_key(|alert| (!alert.is_open(), alert.signal.severity, alert.id));
    if alerts.is_empty() {
        return Ok(None);
    }
    let lines = alerts
        .iter()
        .take(SHOWN)
        .fold(text!["🔔 ", bold("Alerts of the project meanwhile")], |all, alert| all.then(line(alert)));
    Ok(Some(match alerts.len().saturating_sub(SHOWN) {
        0 => lines,
        more => lines.then(text![format!("\n… and {more} more: "), code(format!("alert list --project {}", it.service.project))]),
    }))
}

fn line(alert: &AlertHead) -> Text {
    let over = if alert.is_open() { "" } else { ", over" };
    text![
        "\n• ",
        code(alert.id.to_string()),
        format!(" {} · {}{over}, ", alert.signal.severity, alert.signal.title),
        alert.opened
    ]
}
