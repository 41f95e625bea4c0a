//! The message that stands for a change: derived from its record alone.

use commands::context::MYSELF;
use commands::message::{Block, Button, Message, Style, Text, bold, code, lasting};
use commands::plan::{Check, Finding};
use commands::records::{ChangeId, ChangeRecord, Note, Outcome, Status, Verdict};
use commands::{Person, text};

use crate::change::step_name;
use crate::glass;

/// The slot of a change's current card.
pub fn slot(record: &ChangeRecord) -> String {
    slot_of(record, record.round)
}

/// The slot of one of a change's cards.
pub fn slot_of(record: &ChangeRecord, round: u32) -> String {
    format!("card/{}/{round}", record.id)
}

/// The change whose card has a slot.
pub fn change_of(slot: &str) -> Option<ChangeId> {
    slot.strip_prefix("card/")?.split('/').next()?.parse().ok()
}

/// The card.
pub fn card(record: &ChangeRecord) -> Message {
    let sign = if record.emergency.is_some() { "🚨 " } else { "" };
    let mut card = Message::new()
        .header(format!("{sign}{} · {}", record.id, record.plan.title))
        .text(status(record))
        .fields(fields(record))
        .text(numbered(&record.plan.what));
    let is_ahead = matches!(record.status, Status::AwaitingApproval { .. } | Status::Scheduled { .. });
    if is_ahead && !record.plan.checks.is_empty() {
        card = card.text(checks(&record.plan.checks));
    }
    if is_ahead && !record.plan.risks.is_empty() {
        card = card.text(lines("What can go wrong", &record.plan.risks));
    }
    if let Some(votes) = votes(record) {
        card = card.text(votes);
    }
    if let Some(review) = glass::review(record) {
        card = card.text(review);
    }
    if let Some(last) = record.notes.last().filter(|last| is_news(record, last)) {
        card = card.note(text!["Last: "].then(last.text.clone()));
    }
    if matches!(record.status, Status::AwaitingApproval { .. }) {
        let rejecting = record.plan.gate.as_ref().map_or("ends it", |gate| gate.rejecting.as_str());
        card = card.note(text![
            "React ✅ or press Approve. ❌ or Reject ",
            rejecting,
            ". Your vote is for plan ",
            code(short(&record.plan.digest)),
            "."
        ]);
    }
    card.buttons(buttons(record))
}

/// Whether a note says how the change stands: how it goes, or why it has not begun although its time has come.
fn is_news(record: &ChangeRecord, note: &Note) -> bool {
    match record.status {
        Status::Running { .. } => true,
        Status::Scheduled { at } => note.at >= at,
        Status::AwaitingApproval { .. } | Status::Ended { .. } => false,
    }
}

/// The first card of a change that was given another start.
pub fn replaced(record: &ChangeRecord) -> Message {
    Message::new().header(format!("{} · {}", record.id, record.plan.title)).text(text![
        "↪️ It was given another start, so earlier votes are void. Its new card is further down; votes here count no more."
    ])
}

/// The part of a digest that people compare.
pub fn short(digest: &str) -> &str {
    digest.get(..8).unwrap_or(digest)
}

/// Where a change stands.
pub fn status(record: &ChangeRecord) -> Text {
    match &record.status {
        Status::AwaitingApproval { expires } => {
            let (approvals, group) =
                record.requires.as_ref().map_or((1, "somebody"), |need| (need.approvals, need.group.as_str()));
            let noun = if approvals == 1 { "approval" } else { "approvals" };
            let given = record.votes.iter().filter(|vote| vote.verdict == Verdict::Approve).count();
            let given = if given == 0 { String::new() } else { format!(" ({given} so far)") };
            let text = text!["⏳ Waits for ", bold(format!("{approvals} {noun} of {group}")), given, " until ", *expires, "."];
            let text = match &record.claimed {
                Some(person) => text.then(text![" ", person, " is looking at it."]),
                None => text,
            };
            match &record.so_far {
                Some(left) => text.then(" ").then(left.clone()),
                None => text,
            }
        }
        Status::Scheduled { at } if record.notes.last().is_some_and(|last| is_news(record, last)) => {
            text!["⏸️ ", bold("Held."), " It was to start ", *at, "."]
        }
        Status::Scheduled { .. } if record.emergency.is_some() => text!["🚨 ", bold("Emergency."), " Starts at once."],
        Status::Scheduled { at } if record.requires.is_none() => {
            text!["🗓️ ", bold("Scheduled."), " It takes no approval and starts ", *at, "."]
        }
        Status::Scheduled { at } => text!["🗓️ ", bold("Approved."), " Starts ", *at, "."],
        Status::Running { since, tries: 0, .. } => {
            let running = text!["▶️ ", bold("Running"), " since ", *since, "."];
            match &record.so_far {
                Some(so_far) => running.then(" ").then(so_far.clone()),
                None => running,
            }
        }
        Status::Running { next, .. } => text!["⚠️ ", bold("Running, in trouble."), " The next try is ", *next, "."],
        Status::Ended { outcome, said, .. } => {
            let (sign, word) = match outcome {
                Outcome::Succeeded => ("✅ ", "Done."),
                Outcome::Failed => ("❌ ", "Failed."),
                // Their last words begin with what they are.
                Outcome::Rejected | Outcome::Cancelled => return text!["🚫 "].then(said.clone()),
                Outcome::Expired => ("⌛ ", "Expired."),
                Outcome::Void => ("🚫 ", "Void."),
            };
            text![sign, bold(word), " "].then(said.clone())
        }
    }
}

fn fields(record: &ChangeRecord) -> Vec<(String, Text)> {
    let mut fields = vec![("Asked by".to_owned(), text![&record.asker])];
    let resource = &record.plan.resource;
    let place: Vec<&str> =
        [&resource.project, &resource.env, &resource.account].into_iter().filter_map(Option::as_deref).collect();
    if !place.is_empty() {
        fields.push(("Where".to_owned(), place.join(" · ").into()));
    }
    if record.plan.gate.is_none() {
        fields.push(("Starts".to_owned(), starts(record)));
    }
    if let Some(reason) = &record.reason {
        fields.push(("Why".to_owned(), reason.as_str().into()));
    }
    fields
}

fn starts(record: &ChangeRecord) -> Text {
    let soon = if record.emergency.is_some() { "at once, without approval" } else { "as soon as it may" };
    record.plan.start.map_or_else(|| soon.into(), |at| text![at])
}

fn numbered(what: &[Text]) -> Text {
    what.iter().enumerate().fold(Text::default(), |all, (at, line)| {
        let begin = if at == 0 { "1. ".to_owned() } else { format!("\n{}. ", at + 1) };
        all.then(begin).then(line.clone())
    })
}

fn lines(title: &str, what: &[Text]) -> Text {
    what.iter().fold(text![bold(title)], |all, line| all.then("\n• ").then(line.clone()))
}

/// What needs thought, a line each; what is fine in one line. Details tells all.
fn checks(checks: &[Check]) -> Text {
    let (fine, doubtful): (Vec<&Check>, Vec<&Check>) = checks.iter().partition(|check| check.finding == Finding::Pass);
    let text = doubtful.into_iter().fold(text![bold("Prechecks")], |all, check| {
        let sign = if check.finding == Finding::Fail { "\n❌ " } else { "\n⚠️ " };
        all.then(sign).then(check.name.as_str()).then(": ").then(check.words.as_str())
    });
    if fine.is_empty() {
        return text;
    }
    let names: Vec<&str> = fine.iter().map(|check| check.name.as_str()).collect();
    text.then(format!("\n✅ {}", names.join(" · ")))
}

fn votes(record: &ChangeRecord) -> Option<Text> {
    let lines = record.votes.iter().map(|vote| {
        let word = match vote.verdict {
            Verdict::Approve => "✅ approved by ",
            Verdict::Reject => "❌ rejected by ",
        };
        let line = text![word, &vote.by, " ", vote.at];
        match &vote.reason {
            Some(reason) => line.then(": ").then(reason.as_str()),
            None => line,
        }
    });
    lines.reduce(|all, line| all.then("\n").then(line))
}

fn buttons(record: &ChangeRecord) -> Vec<Button> {
    let id = record.id;
    let review = Button::new("Details", format!("change review {id}"));
    let cancel = Button::new("Cancel", format!("change cancel {id}")).style(Style::Danger);
    let reschedule = Button::new("Reschedule", format!("change reschedule {id}"));
    match record.status {
        Status::AwaitingApproval { .. } if record.plan.gate.is_some() => {
            let approve = format!("change approve {id} --plan {}", short(&record.plan.digest));
            let reject = Button::new("Reject", format!("change reject {id}")).style(Style::Danger);
            vec![Button::new("Approve", approve).style(Style::Primary), reject, review]
        }
        Status::AwaitingApproval { .. } => vec![
            Button::new("Approve", format!("change approve {id} --plan {}", short(&record.plan.digest))).style(Style::Primary),
            Button::new("Reject", format!("change reject {id}")).style(Style::Danger),
            review,
            reschedule,
            Button::new("Cancel", format!("change cancel {id}")),
        ],
        Status::Scheduled { .. } if record.emergency.is_some() || record.plan.gate.is_some() => vec![review, cancel],
        Status::Scheduled { .. } => vec![review, reschedule, cancel],
        Status::Running { .. } => offers(record),
        Status::Ended { .. } => vec![Button::new("Details", format!("change show {id}"))],
    }
}

/// The buttons of a change that runs: what it offers as it stands, and its details.
fn offers(record: &ChangeRecord) -> Vec<Button> {
    let id = record.id;
    let step = match &record.status {
        Status::Running { state, .. } => step_name(state),
        _ => String::new(),
    };
    let of_use = record.plan.offers.iter().filter(|offer| offer.is_of_use(&step));
    let offers = of_use.map(|offer| Button::new(&offer.label, format!("{} {id}", offer.command)));
    offers.chain([Button::new("Details", format!("change show {id}"))]).collect()
}

/// Some people, any of whom would do: `@ana, @ben or @bea`.
pub fn any_of(people: &[Person]) -> Text {
    people.iter().enumerate().fold(Text::default(), |told, (at, person)| {
        let between = if at == 0 {
            ""
        } else if at + 1 == people.len() {
            " or "
        } else {
            ", "
        };
        told.then(text![between, &person.id])
    })
}

/// Said in the channel when a step failed several times in a row.
pub fn alarm(record: &ChangeRecord, why: &Text, next: jiff::Timestamp) -> Message {
    let id = record.id;
    Message::new()
        .text(
            text![
                "🚨 ",
                code(id.to_string()),
                " (",
                record.plan.title.as_str(),
                ") can't go on, and I have tried several times: "
            ]
            .then(why.clone())
            .then(text![" I try again ", next, ". "])
            .then(match &record.asker {
                asker if asker.0 == MYSELF => "Please have a look.".into(),
                asker => text![asker, ", please have a look."],
            }),
        )
        .block(Block::Buttons(vec![Button::new("Details", format!("change show {id}"))]))
}

/// Said in the channel when a running change asks something of people.
pub fn call(record: &ChangeRecord, words: &Text) -> Message {
    let title = record.plan.title.as_str();
    Message::new().text(text!["⏰ ", code(record.id.to_string()), " (", title, "): "].then(words.clone())).buttons(offers(record))
}

/// Said in the channel when `left` remains until the start.
pub fn reminder(record: &ChangeRecord, left: jiff::SignedDuration, at: jiff::Timestamp) -> Message {
    let id = record.id;
    Message::new()
        .text(text![
            "⏰ ",
            code(id.to_string()),
            " (",
            record.plan.title.as_str(),
            ")",
            format!(" starts in {}: ", lasting(left)),
            at,
            "."
        ])
        .block(Block::Buttons(vec![
            Button::new("Reschedule", format!("change reschedule {id}")),
            Button::new("Cancel", format!("change cancel {id}")).style(Style::Danger),
        ]))
}
