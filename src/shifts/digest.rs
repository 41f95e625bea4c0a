//! The hand-over digest: what whoever takes over a shift has to know of its alerts. Pure.

use commands::message::{Message, Text, bold, code};
use commands::oncall::{EscalationPolicy, OnCall, Rotation, Whom};
use commands::records::{AlertHead, Handling};
use commands::text;
use jiff::{SignedDuration, Timestamp};

/// An acknowledged alert that nobody did anything about for this long is told.
const IDLE: SignedDuration = SignedDuration::from_hours(4);
/// How many alerts of a kind are listed; the rest is counted.
const LISTED: usize = 10;
/// Letters of a note how an alert was resolved.
const NOTE: usize = 200;

/// What a shift hands over.
#[derive(Debug, Default)]
pub(super) struct Digest<'a> {
    /// Alerts nobody has taken.
    pub(super) open: Vec<&'a AlertHead>,
    /// Alerts somebody has acknowledged and done nothing about for four hours.
    pub(super) idle: Vec<&'a AlertHead>,
    /// How many others are acknowledged or silenced.
    pub(super) in_hand: usize,
    /// Alerts that were resolved during the shift with a note how, and the note.
    pub(super) resolved: Vec<(&'a AlertHead, &'a str)>,
}

impl<'a> Digest<'a> {
    /// What of `alerts` a rotation hands over at `now`, after a shift that began at `since`. The worst and the oldest first.
    pub(super) fn of(
        alerts: &'a [AlertHead],
        (on_call, rotation): (&OnCall, &Rotation),
        since: Timestamp,
        now: Timestamp,
    ) -> Self {
        let mut digest = Self::default();
        for alert in alerts.iter().filter(|alert| concerns(alert, on_call, rotation)) {
            match &alert.handling {
                Handling::Open => digest.open.push(alert),
                Handling::Acknowledged { at, .. } => {
                    let last = alert.done.last().map_or(*at, |did| did.at.max(*at));
                    if now.duration_since(last) >= IDLE { digest.idle.push(alert) } else { digest.in_hand += 1 }
                }
                Handling::Silenced { .. } => digest.in_hand += 1,
                Handling::Resolved { at, note: Some(note), .. } if *at >= since => digest.resolved.push((alert, note)),
                Handling::Resolved { .. } => {}
            }
        }
        let order = |alert: &AlertHead| (alert.signal.severity, alert.opened, alert.id);
        digest.open.sort_by_key(|alert| order(alert));
        digest.idle.sort_by_key(|alert| order(alert));
        digest.resolved.sort_by_key(|(alert, _)| alert.id);
        digest
    }

    /// Adds it to a message.
    pub(super) fn add_to(&self, message: Message) -> Message {
        let since = |alert: &&AlertHead| text![" since ", alert.opened];
        let held = |alert: &&AlertHead| match &alert.handling {
            Handling::Acknowledged { by, at, .. } => text![", acknowledged by ", by, " ", *at],
            _ => Text::default(),
        };
        let mut message = message;
        if self.open.is_empty() {
            message = message.text("No alert is open.");
        } else {
            let lines = self.open.iter().map(|alert| line(alert).then(since(alert)));
            message = message.text(list(format!("Open ({})", self.open.len()), lines));
        }
        if !self.idle.is_empty() {
            let lines = self.idle.iter().map(|alert| line(alert).then(held(alert)));
            message = message.text(list(format!("Acknowledged, and nothing done for 4 hours ({})", self.idle.len()), lines));
        }
        if !self.resolved.is_empty() {
            let lines = self.resolved.iter().map(|(alert, note)| line(alert).then(text![": ", short(note)]));
            message = message.text(list(format!("Resolved in this shift ({})", self.resolved.len()), lines));
        }
        match self.in_hand {
            0 => message,
            1 => message.note("One more is acknowledged or silenced."),
            more => message.note(format!("{more} more are acknowledged or silenced.")),
        }
    }
}

/// `• ALR-7 critical: orders 5xx`
fn line(alert: &AlertHead) -> Text {
    let (severity, title) = (alert.signal.severity, alert.signal.title.as_str());
    text!["\n• ", code(alert.id.to_string()), format!(" {severity}: "), title]
}

/// What a note begins with.
fn short(note: &str) -> String {
    match note.char_indices().nth(NOTE) {
        None => note.to_owned(),
        Some(_) => note.chars().take(NOTE - 1).chain(['…']).collect(),
    }
}

/// The first lines under a title, and how many more there are.
fn list(title: String, lines: impl ExactSizeIterator<Item = Text>) -> Text {
    let more = lines.len().saturating_sub(LISTED);
    let told = lines.take(LISTED).fold(text![bold(title)], Text::then);
    if more == 0 { told } else { told.then(text![format!("\n… and {more} more: "), code("alert list")]) }
}

/// Whether whoever is on call in a rotation answers for an alert: it is of the rotation's project, or it is brought to the
/// rotation. A rotation without a project that no policy names answers for all.
fn concerns(alert: &AlertHead, on_call: &OnCall, rotation: &Rotation) -> bool {
    let brings = |policy: &EscalationPolicy| {
        let told = policy.steps.iter().flat_map(|step| &step.tell).chain(&policy.last);
        told.into_iter().any(|recipient| recipient.whom == Whom::Rotation(rotation.name.clone()))
    };
    let mut policies = on_call.policies.iter().filter(|policy| brings(policy)).peekable();
    if rotation.project.is_none() && policies.peek().is_none() {
        return true;
    }
    let escalated = alert.escalation.as_ref().map(|escalation| &escalation.policy);
    rotation.project.is_some() && alert.project == rotation.project || policies.any(|policy| escalated == Some(&policy.name))
}

#[cfg(test)]
mod tests;
