//! Brings an alert to people, step by step, until somebody takes it.

use std::collections::BTreeMap;

use commands::context::MYSELF;
use commands::message::{Text, code};
use commands::oncall::{self, How, Recipient, Whom};
use commands::{PersonId, text};

use super::{Matter, card};
use crate::alert::Happening;
use crate::host::{Host, Trouble};
use crate::outbox::Saying;
use crate::platform::Target;

/// Whom one step can tell by name.
const TOLD: usize = 20;

/// Takes the step that is due, if one is. Where it reaches nobody the next one comes at once; a new round keeps its time, since
/// who can't be reached now may be then.
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
            let words: Text = "Nobody is left to tell.".into();
            let aside = Some(words.clone());
            return matter.must(Happening::Escalated { people: Vec::new(), words, aside, next: None }, &myself);
        };
        let reached = reach(matter, tell, rung).await?;
        let next = (rung + 1 < policy.rungs()).then(|| {
            let is_at_once = !reached.is_anybody() && !policy.is_again(rung + 1);
            if is_at_once { now } else { now + policy.wait(rung + 1) }
        });
        let words = reached.words();
        let aside = reached.is_aside.then(|| words.clone());
        matter.must(Happening::Escalated { people: reached.people, words, aside, next }, &myself)?;
    }
}

/// Whom a step reached.
#[derive(Debug, Default)]
struct Reached {
    people: Vec<PersonId>,
    channels: Vec<String>,
    /// Why somebody was not, a sentence each.
    missed: Vec<Text>,
    /// Whether the card's thread does not show it all: who is mentioned there needs no second word.
    is_aside: bool,
}

impl Reached {
    fn is_anybody(&self) -> bool {
        !self.people.is_empty() || !self.channels.is_empty()
    }

    /// `Told @ana and #ops. Nobody of shop is on call now.`
    fn words(&self) -> Text {
        let people = self.people.iter().map(|person| text![person]);
        let told: Vec<Text> = people.chain(self.channels.iter().map(|channel| text![channel.as_str()])).collect();
        let mut words = Text::default();
        for (at, one) in told.iter().enumerate() {
            let before = match at {
                0 => "Told ",
                _ if at + 1 == told.len() => " and ",
                _ => ", ",
            };
            words = words.then(before).then(one.clone());
        }
        let told = (!told.is_empty()).then(|| words.then("."));
        let mut all = Text::default();
        for sentence in told.into_iter().chain(self.missed.iter().cloned()) {
            let before = if all.is_empty() { "" } else { " " };
            all = all.then(before).then(sentence);
        }
        all
    }
}

/// Whom a step is about, each once.
#[derive(Debug, Default)]
struct Meant {
    mentioned: Vec<PersonId>,
    direct: Vec<PersonId>,
    channels: Vec<String>,
}

/// Adds what is not in it yet: whom a step names twice it tells once.
fn add<T: PartialEq>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// Whom a step is about now; why it is about nobody goes to `missed`.
async fn meant(host: &Host, tell: &[Recipient], missed: &mut Vec<Text>) -> Result<Meant, Trouble> {
    let overrides = crate::shifts::overrides(host).await?;
    let now = host.clock.now();
    let mut meant = Meant::default();
    for Recipient { whom, how } in tell {
        let people = match whom {
            Whom::Person(person) => vec![person.clone()],
            Whom::Rotation(name) => {
                let rotation = host.settings.oncall.rotations.iter().find(|rotation| rotation.name == *name);
                let turn = rotation.and_then(|rotation| oncall::rota::turn(rotation, &overrides, now));
                if turn.is_none() {
                    add(missed, [text![format!("Nobody of {name} is on call now.")]]);
                }
                turn.map(|turn| turn.who).into_iter().collect()
            }
            Whom::Group(group) => {
                let everybody = host.authority.people();
                let of: Vec<_> =
                    everybody.into_iter().filter(|person| person.groups.contains(group)).map(|person| person.id).collect();
                if of.is_empty() {
                    add(missed, [text![format!("Nobody is in {group}.")]]);
                }
                of.into_iter().take(TOLD).collect()
            }
            Whom::Channel(channel) => {
                add(&mut meant.channels, [channel.clone()]);
                Vec::new()
            }
        };
        match how {
            How::Mention => add(&mut meant.mentioned, people),
            How::Direct => add(&mut meant.direct, people),
        }
    }
    Ok(meant)
}

async fn reach(matter: &mut Matter<'_>, tell: &[Recipient], rung: usize) -> Result<Reached, Trouble> {
    let host = std::sync::Arc::clone(matter.host);
    let mut reached = Reached::default();
    let Meant { mentioned, direct, channels } = meant(&host, tell, &mut reached.missed).await?;
    let mut accounts = BTreeMap::new();
    for person in mentioned.iter().chain(&direct) {
        // Whoever never wrote to the bot is looked for, so that they are mentioned by account and not by name alone.
        match crate::shifts::account(&host, person).await {
            Some(account) => {
                accounts.insert(person.clone(), account);
                add(&mut reached.people, [person.clone()]);
            }
            None => add(&mut reached.missed, [text![person, " has no chat account I can find."]]),
        }
    }
    reached.channels.clone_from(&channels);
    reached.is_aside = !(channels.is_empty() && direct.is_empty() && reached.missed.is_empty());
    let record = matter.record.clone();
    // The record's own count of what was told makes each word one, however often the step is tried.
    let name = format!("step/{}/{}/{rung}", record.times, matter.version());
    let what = format!(" {} · {}", record.signal.severity, record.signal.title);
    let words = |to: Text| to.then(text![code(record.id.to_string()), what.as_str(), " needs somebody. "]);
    let called = mentioned.iter().filter(|person| accounts.contains_key(person));
    let called = called.fold(Text::default(), |all, person| all.then(text![person, " "]));
    for platform in &host.platforms {
        let slot = card::slot(platform.name(), record.id);
        if !called.is_empty() {
            let target = Target::Channel { channel: record.channel.clone(), thread: None };
            let said = words(text!["🔔 "].then(called.clone()));
            let said = said.then("React 👀 to its card, or press Acknowledge, to take it.");
            let saying = Saying::once(platform.name(), target, said.into()).under(&slot).ranked(record.signal.severity);
            matter.say(&format!("{name}/{}", platform.name()), saying);
        }
        for channel in &channels {
            let target = Target::Channel { channel: channel.clone(), thread: None };
            let message = card::elsewhere(&record);
            matter.call(
                &format!("{name}/{}/{channel}", platform.name()),
                Saying::once(platform.name(), target, message).ranked(record.signal.severity),
            );
        }
    }
    for person in &direct {
        let Some(account) = accounts.get(person) else { continue };
        let message = card::elsewhere(&record);
        let target = Target::Direct { account: account.id.clone() };
        matter.call(&format!("{name}/@{person}"), Saying::once(&account.platform, target, message));
    }
    Ok(reached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_tells_on_record_whom_it_reached_and_whom_not() {
        let person = |name: &str| PersonId(name.to_owned());
        let told = |people: &[&str], channels: &[&str], missed: Vec<Text>| {
            let people = people.iter().map(|name| person(name)).collect();
            Reached { people, channels: channels.iter().map(|name| (*name).to_owned()).collect(), missed, is_aside: false }
                .words()
                .plain()
        };
        assert_eq!(told(&["ana"], &["#ops"], Vec::new()), "Told @ana and #ops.");
        assert_eq!(told(&["ana", "ben"], &["#ops"], Vec::new()), "Told @ana, @ben and #ops.");
        let nobody = text!["Nobody of shop is on call now."];
        assert_eq!(told(&["ben"], &[], vec![nobody.clone()]), "Told @ben. Nobody of shop is on call now.");
        let lost = text![&person("bea"), " has no chat account I can find."];
        let both = "Nobody of shop is on call now. @bea has no chat account I can find.";
        assert_eq!(told(&[], &[], vec![nobody, lost]), both);
    }
}
