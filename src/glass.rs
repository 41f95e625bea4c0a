//! Break-glass: what the security channel reads of it, until a second person has reviewed it.
//!
//! One message follows an emergency from its start to its review. Its start, its end and each day without a review are
//! messages of their own, since an edit makes no noise.

use commands::change::sign_off::SignOff;
use commands::context::{Authority, Decision};
use commands::message::{Button, Message, Style, Text, bold, code};
use commands::records::{ChangeRecord, Reviewed, Status};
use commands::{Command, Person, PersonId, Resource, text};
use jiff::{SignedDuration, Timestamp};

use crate::card;
use crate::case::Case;
use crate::change::Happening;
use crate::host::Trouble;

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How many of those who could review are named.
const NAMED: usize = 3;

/// The slot of the message that follows an emergency.
pub fn slot(record: &ChangeRecord) -> String {
    format!("glass/{}", record.id)
}

/// The message that follows an emergency; none of what goes the ordinary way.
pub fn message(record: &ChangeRecord) -> Option<Message> {
    record.emergency.as_ref()?;
    let (what, reason) = (&record.plan.resource, record.reason.as_deref().unwrap_or_default());
    let mut fields = vec![("Who".to_owned(), text![&record.asker]), ("Why".to_owned(), reason.into())];
    let place: Vec<&str> = [&what.project, &what.env, &what.account].into_iter().filter_map(Option::as_deref).collect();
    if !place.is_empty() {
        fields.push(("Where".to_owned(), place.join(" · ").into()));
    }
    fields.push(("Command".to_owned(), text![code(record.command.as_str())]));
    fields.push(("Rule".to_owned(), text![code(record.rule.as_str())]));
    let message = Message::new()
        .header(format!("🚨 Break-glass: {} · {}", record.id, record.plan.title))
        .text(text![&record.asker, " runs this at once, without approval, and through any freeze."])
        .fields(fields)
        .text(card::status(record));
    Some(message.text(review(record)?).buttons(buttons(record)))
}

/// Where the review of an emergency stands.
pub fn review(record: &ChangeRecord) -> Option<Text> {
    let emergency = record.emergency.as_ref()?;
    Some(match (&emergency.reviewed, &record.status) {
        (Some(Reviewed { by, at, note }), _) => {
            let told = text!["✔️ ", bold("Reviewed"), " by ", by, " ", *at];
            note.iter().fold(told, |told, note| told.then(": ").then(note.as_str()))
        }
        (None, Status::Ended { .. }) => text!["👀 ", bold("Needs a review by a second person.")],
        (None, _) => text!["👀 ", bold("Needs a review by a second person"), " once it has ended."],
    })
}

fn buttons(record: &ChangeRecord) -> Vec<Button> {
    let id = record.id;
    let details = Button::new("Details", format!("change show {id}"));
    if !record.is_unreviewed() || !matches!(record.status, Status::Ended { .. }) {
        return vec![details];
    }
    vec![Button::new("Reviewed", format!("{} {id}", SignOff::NAME)).style(Style::Primary), details]
}

/// When people are next reminded that nobody has reviewed an emergency: every day after its end.
pub fn next_reminder(record: &ChangeRecord) -> Option<Timestamp> {
    let (Status::Ended { at, .. }, Some(emergency)) = (&record.status, &record.emergency) else { return None };
    let days = i32::try_from(emergency.reminded + 1).unwrap_or(i32::MAX);
    emergency.reviewed.is_none().then(|| *at + DAY * days)
}

/// Looks at a change that has ended: reminds of a review that is missing.
pub async fn look(mut case: Case<'_>, ended: Timestamp) -> Result<(), Trouble> {
    let now = case.host.clock.now();
    let missed = next_reminder(&case.record).is_some_and(|due| due <= now);
    if missed {
        // After an outage one reminder speaks for all the days.
        let days = now.duration_since(ended).as_hours() / 24;
        let could = could_review(&case.record.asker, &case.record.as_resource(), &*case.host.authority);
        case.loud(&format!("day/{days}"), reminder(&case.record, days, &could));
        case.happen(Happening::ReviewMissed { days })?;
    }
    let next = next_reminder(&case.record);
    case.commit(next).await
}

/// Who could review an emergency of `asker` now; `change` is the change as a resource.
pub fn could_review(asker: &PersonId, change: &Resource, authority: &dyn Authority) -> Vec<Person> {
    let may = |person: &Person| {
        let decision = authority.decide(person, SignOff::NAME, change);
        person.id != *asker && matches!(decision, Decision::Allowed { .. })
    };
    authority.people().into_iter().filter(may).collect()
}

/// Said loudly when an emergency ended.
pub fn ended(record: &ChangeRecord, said: &Text) -> Message {
    let told = named(record).then(" has ended: ").then(said.clone());
    Message::new().text(told).text(text!["👀 ", bold("Needs a review by a second person.")]).buttons(buttons(record))
}

fn reminder(record: &ChangeRecord, days: i64, could: &[Person]) -> Message {
    let days = if days == 1 { "for a day".to_owned() } else { format!("for {days} days") };
    let told = named(record).then(format!(" has waited {days} for a review by a second person."));
    let told = match could {
        [] => told.then(" Nobody else may give it now; whoever keeps the policy can let somebody."),
        could => told.then(" ").then(card::any_of(&could[..could.len().min(NAMED)])).then(" could give it."),
    };
    Message::new().text(told).buttons(buttons(record))
}

/// `🚨 CHG-7 (orders: mysql 8.0.35 → 8.0.40), the emergency of @ana,`
fn named(record: &ChangeRecord) -> Text {
    let title = record.plan.title.as_str();
    text!["🚨 ", code(record.id.to_string()), " (", title, "), the emergency of ", &record.asker, ","]
}
