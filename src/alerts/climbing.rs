//! Brings an alert to people, step by step, until somebody takes it.

use commands::context::MYSELF;
use commands::message::{Button, Message, Style, Text, code};
use commands::oncall::{self, How, Recipient, Whom};
use commands::{PersonId, text};

use super::{Matter, card};
use crate::alert::Happening;
use crate::host::Trouble;
use crate::outbox::Saying;
use crate::platform::Target;

/// Whom one step can tell by name.
const TOLD: usize = 20;

/// Takes the step that is due, if one is; where it reaches nobody, the next one at once.
///
/// # Errors
/// When the store can't be read.
pub async fn climb(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let host = std::sync::Arc::clone(matter.host);
    let now = host.clock.now();
    loop {
        let Some(escalation) = matter.record.escalation.clone() else { return Ok(()) };
        if !matter.record.is_open() || escalation.next.is_none_or(|next| next > now) {
            return Ok(());
        }
        let policy = host.settings.oncall.policies.iter().find(|policy| policy.name == escalation.policy);
        let rung = escalation.step as usize;
        let myself = PersonId(MYSELF.to_owned());
        let Some((policy, tell)) = policy.and_then(|policy| Some((policy, policy.tell(rung)?))) else {
            // Its last step was taken, or its policy is no longer configured.
            return matter
                .must(Happening::Escalated { people: Vec::new(), words: "nobody is left to tell".into(), next: None }, &myself);
        };
        let reached = reach(matter, tell, rung).await?;
        let then = (rung + 1 < policy.rungs()).then(|| policy.wait(rung + 1));
        let wait = if reached.is_anybody { then } else { then.map(|_| jiff::SignedDuration::ZERO) };
        let next = wait.map(|wait| now + wait);
        matter.must(Happening::Escalated { people: reached.people, words: reached.words, next }, &myself)?;
    }
}

/// Whom a step reached.
struct Reached {
    people: Vec<PersonId>,
    is_anybody: bool,
    words: Text,
}

async fn reach(matter: &mut Matter<'_>, tell: &[Recipient], rung: usize) -> Result<Reached, Trouble> {
    let host = std::sync::Arc::clone(matter.host);
    let overrides = super::overrides(&host).await?;
    let now = host.clock.now();
    let (mut mentioned, mut direct, mut channels, mut nobody) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for Recipient { whom, how } in tell {
        let people = match whom {
            Whom::Person(person) => vec![person.clone()],
            Whom::Rotation(name) => {
                let rotation = host.settings.oncall.rotations.iter().find(|rotation| rotation.name == *name);
                let turn = rotation.and_then(|rotation| oncall::rota::turn(rotation, &overrides, now));
                if turn.is_none() {
                    nobody.push(format!("nobody of {name} is on call now"));
                }
                turn.map(|turn| turn.who).into_iter().collect()
            }
            Whom::Group(group) => {
                let everybody = host.authority.people();
                let of: Vec<_> =
                    everybody.into_iter().filter(|person| person.groups.contains(group)).map(|person| person.id).collect();
                if of.is_empty() {
                    nobody.push(format!("nobody is in {group}"));
                }
                of.into_iter().take(TOLD).collect()
            }
            Whom::Channel(channel) => {
                channels.push(channel.clone());
                Vec::new()
            }
        };
        match how {
            How::Mention => mentioned.extend(people),
            How::Direct => direct.extend(people),
        }
    }
    mentioned.dedup();
    direct.dedup();
    let record = matter.record.clone();
    // The record's own count of what was told makes each word one, however often the step is tried.
    let name = format!("step/{}/{}/{rung}", record.times, matter.version());
    let what = format!(" {} · {}", record.signal.severity, record.signal.title);
    let words = |to: Text| to.then(text![code(record.id.to_string()), what.as_str(), " needs somebody. "]);
    for person in &mentioned {
        // Whoever never wrote to the bot is looked for, so that they are mentioned by account and not by name alone.
        if crate::shifts::account(&host, person).await.is_none() {
            nobody.push(format!("@{person} has no chat account I can find"));
        }
    }
    for platform in &host.platforms {
        let slot = card::slot(platform.name(), record.id);
        if !mentioned.is_empty() {
            let to = mentioned.iter().fold(text!["🔔 "], |all, person| all.then(text![person, " "]));
            let target = Target::Channel { channel: record.channel.clone(), thread: None };
            let said = words(to).then("React 👀 to its card, or press Acknowledge, to take it.");
            let saying = Saying::once(platform.name(), target, said.into()).under(&slot).ranked(record.signal.severity);
            matter.say(&format!("{name}/{}", platform.name()), saying);
        }
        for channel in &channels {
            let target = Target::Channel { channel: channel.clone(), thread: None };
            let message = offered(words(text!["🔔 "]), &record);
            matter.say(
                &format!("{name}/{}/{channel}", platform.name()),
                Saying::once(platform.name(), target, message).ranked(record.signal.severity),
            );
        }
    }
    for person in &direct {
        let Some(account) = crate::shifts::account(&host, person).await else {
            nobody.push(format!("@{person} has no chat account I can find"));
            continue;
        };
        let message = offered(words(text!["🔔 "]), &record);
        let saying = Saying::once(&account.platform, Target::Direct { account: account.id }, message);
        matter.say(&format!("{name}/@{person}"), saying);
    }
    let mut told: Vec<String> = mentioned.iter().chain(&direct).map(|person| format!("@{person}")).collect();
    told.extend(channels.iter().cloned());
    told.extend(nobody);
    let people: Vec<PersonId> = mentioned.into_iter().chain(direct).collect();
    let is_anybody = !people.is_empty() || !channels.is_empty();
    Ok(Reached { people, is_anybody, words: told.join(", ").into() })
}

/// A word far from the card, with what is needed to act.
fn offered(words: Text, record: &commands::records::AlertRecord) -> Message {
    let id = record.id;
    let message = Message::new().text(words);
    let message = if record.signal.summary.is_empty() { message } else { message.text(record.signal.summary.as_str()) };
    message.buttons(vec![
        Button::new("Acknowledge", format!("alert ack {id}")).style(Style::Primary),
        Button::new("Escalate", format!("alert escalate {id}")),
        Button::new("Details", format!("alert show {id}")),
    ])
}
