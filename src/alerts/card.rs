//! The message that stands for an alert: derived from its record and what is known around it.

use commands::message::{Button, Message, Span, Style, Text, bold, code, lasting};
use commands::records::{AlertId, AlertRecord, Handling, Severity, Signal};
use commands::text;
use jiff::SignedDuration;

use super::around::Around;

/// Labels a card shows.
const LABELS: usize = 12;
/// Lines of a runbook a card shows.
const STEPS: usize = 12;
/// Letters of a label's value a card shows.
const VALUE: usize = 60;

/// The slot of an alert's card on a platform.
pub fn slot(platform: &str, id: AlertId) -> String {
    format!("alert/{platform}/{id}")
}

/// The alert whose card has a slot.
pub fn alert_of(slot: &str) -> Option<AlertId> {
    slot.strip_prefix("alert/")?.split_once('/')?.1.parse().ok()
}

/// The card.
pub fn card(record: &AlertRecord, around: &Around) -> Message {
    let signal = &record.signal;
    let mut card =
        Message::new().header(format!("{} {} · {}", sign(record), record.id, signal.title)).text(status(record, &around.on_call));
    if !signal.summary.is_empty() && signal.summary != signal.title {
        card = card.text(signal.summary.as_str());
    }
    card = card.fields(fields(record));
    if let Some(trouble) = &record.at_source.trouble {
        let further = if record.at_source.next.is_some() { " I keep trying." } else { "" };
        card = card.text(format!("⚠️ {} does not know of this: {trouble}{further}", signal.source));
    }
    if let Some(runbook) = around.runbook.as_ref().filter(|_| record.is_open()) {
        card = card.text(steps(&runbook.name, &runbook.steps));
    }
    if !around.lately.is_empty() {
        let head = text![bold("Changed lately")];
        card = card.text(around.lately.iter().fold(head, |all, line| all.then("\n• ").then(line.clone())));
    }
    if let Some(links) = links(signal) {
        card = card.text(links);
    }
    if let Some(labels) = labels(signal) {
        card = card.note(labels);
    }
    if let Some(last) = record.done.last() {
        card = card.note(text!["Last: "].then(last.what.clone()));
    }
    let actions = around.runbook.as_ref().filter(|_| record.is_open()).map(|runbook| runbook.buttons.clone());
    card.buttons(buttons(record)).buttons(actions.unwrap_or_default())
}

/// What stands away from the card, where somebody is asked to act: what is needed to do so, and afterwards how it stands.
pub fn elsewhere(record: &AlertRecord) -> Message {
    let id = record.id;
    let show = Button::new("Details", format!("alert show {id}"));
    if record.handling != Handling::Open {
        let head = text![code(id.to_string()), format!(" · {}. ", record.signal.title)];
        return Message::new().text(head.then(status(record, &[]))).buttons(vec![show]);
    }
    let what = format!(" {} · {} needs somebody.", record.signal.severity, record.signal.title);
    let message = Message::new().text(text!["🔔 ", code(id.to_string()), what]);
    let message = if record.signal.summary.is_empty() { message } else { message.text(record.signal.summary.as_str()) };
    let take = Button::new("Acknowledge", format!("alert ack {id}")).style(Style::Primary);
    let escalate = record.escalation.as_ref().map(|_| Button::new("Escalate", format!("alert escalate {id}")));
    message.buttons([Some(take), escalate, Some(show)].into_iter().flatten().collect())
}

fn sign(record: &AlertRecord) -> &'static str {
    match (&record.handling, record.signal.severity) {
        (Handling::Resolved { .. }, _) => "✅",
        (Handling::Acknowledged { .. }, _) => "👀",
        (Handling::Silenced { .. }, _) => "🔕",
        (Handling::Open, Severity::Critical) => "🔴",
        (Handling::Open, Severity::Warning) => "🟠",
        (Handling::Open, Severity::Info) => "🔵",
    }
}

/// How an alert stands, in a sentence or two.
fn status(record: &AlertRecord, on_call: &[String]) -> Text {
    let since = record.signal.since;
    let wrong = text![bold(capital(record.signal.severity.name())), ", wrong since ", since, ". "];
    match &record.handling {
        Handling::Open if on_call.is_empty() => wrong.then("Nobody has taken it yet."),
        Handling::Open => wrong.then(format!("Nobody has taken it yet. On call: {}.", on_call.join(" and "))),
        Handling::Acknowledged { by, at, until } => {
            wrong.then(text!["👀 ", by, " has had it since ", *at, ", until ", *until, "."])
        }
        Handling::Silenced { by, at: _, until } => wrong.then(text!["🔕 Silenced by ", by, " until ", *until, "."]),
        Handling::Resolved { by, at, note } => {
            let after = lasting(SignedDuration::from_secs(at.duration_since(record.opened).as_secs().max(0)));
            let who = match by {
                Some(by) => text!["✅ ", bold("Resolved"), " by ", by, " ", *at],
                None => text!["✅ ", bold("Resolved"), " by its source ", *at],
            };
            let told = who.then(format!(", {after} after it came."));
            let told = match note {
                Some(note) => told.then(format!(" “{note}”")),
                None => told,
            };
            if record.waits_for_source() { told.then(" Its source has not said so yet.") } else { told }
        }
    }
}

fn fields(record: &AlertRecord) -> Vec<(String, Text)> {
    let signal = &record.signal;
    let mut fields: Vec<(String, Text)> = Vec::new();
    let mut field = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.push((name.to_owned(), value.into()));
        }
    };
    field("Value", signal.value.clone());
    field("Threshold", signal.threshold.clone());
    let place: Vec<&str> =
        [&record.project, &record.env, &signal.account, &signal.region].into_iter().filter_map(Option::as_deref).collect();
    field("Where", Some(place.join(" · ")));
    field("What", signal.resource.clone());
    field("Source", Some(signal.source.clone()));
    field("Times", (record.times > 1).then(|| format!("{}, flapping", record.times)));
    fields
}

fn steps(name: &str, steps: &[String]) -> Text {
    let head = text![bold("Runbook"), " ", code(name)];
    let shown = steps.iter().take(STEPS).fold(head, |all, line| all.then(format!("\n{line}")));
    match steps.len().saturating_sub(STEPS) {
        0 => shown,
        more => shown.then(format!("\n… and {more} more lines in its file.")),
    }
}

fn links(signal: &Signal) -> Option<Text> {
    let graph = signal.graph.iter().map(|url| ("Graph", url.as_str()));
    let others = signal.links.iter().map(|link| (link.label.as_str(), link.url.as_str()));
    let mut all = Text::default();
    for (at, (label, url)) in graph.chain(others).enumerate() {
        all = if at == 0 { all } else { all.then(" · ") };
        all.0.push(Span::Link { url: url.to_owned(), label: label.to_owned() });
    }
    (!all.is_empty()).then_some(all)
}

fn labels(signal: &Signal) -> Option<String> {
    let shown: Vec<String> = signal.labels.iter().take(LABELS).map(|(name, value)| format!("{name}={}", short(value))).collect();
    let more = signal.labels.len().saturating_sub(LABELS) + signal.left_out as usize;
    match (shown.is_empty(), more) {
        (true, 0) => None,
        (_, 0) => Some(shown.join(" · ")),
        (_, more) => Some(format!("{} · and {more} more", shown.join(" · "))),
    }
}

fn short(value: &str) -> String {
    match value.char_indices().nth(VALUE) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

fn buttons(record: &AlertRecord) -> Vec<Button> {
    let id = record.id;
    let run = |label: &str, line: String| Button::new(label, line);
    let resolve = run("Resolve", format!("alert resolve {id}"));
    let escalate = (record.escalation.is_some()).then(|| run("Escalate", format!("alert escalate {id}")));
    let silence = run("Silence 1 h", format!("alert silence {id} --for 1h"));
    let show = run("Details", format!("alert show {id}"));
    let mut buttons = match &record.handling {
        Handling::Open => {
            vec![run("Acknowledge", format!("alert ack {id}")).style(Style::Primary), resolve, silence]
        }
        Handling::Acknowledged { .. } => {
            vec![resolve.style(Style::Primary), run("Give back", format!("alert unack {id}")), silence]
        }
        Handling::Silenced { .. } => vec![resolve, run("End silence", format!("alert unack {id}"))],
        Handling::Resolved { note: None, .. } => return vec![run("How was it fixed?", format!("alert note {id}")), show],
        Handling::Resolved { .. } => return vec![show],
    };
    buttons.extend(escalate.filter(|_| !matches!(record.handling, Handling::Silenced { .. })));
    if record.gathers.is_some() {
        buttons.push(run("List them", format!("alert list --storm {id}")));
    }
    buttons.push(show);
    buttons
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}
