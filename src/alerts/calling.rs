//! Tells whom one step of an escalation is about.

use std::collections::BTreeMap;

use commands::message::{Text, code};
use commands::oncall::{How, Recipient, Whom};
use commands::{PersonId, text};

use super::climbing::Watch;
use super::{Matter, card};
use crate::outbox::Saying;
use crate::platform::Target;

/// How many of a group one step tells.
const TOLD: usize = 50;
/// How many people are named of those who can't be reached.
const NAMED: usize = 5;

/// Whom a step reached.
#[derive(Debug, Default)]
pub(super) struct Reached {
    pub(super) people: Vec<PersonId>,
    channels: Vec<String>,
    /// Why somebody was not, a sentence each.
    missed: Vec<Text>,
    /// Whether the card's thread does not show it all: who is mentioned there needs no second word.
    pub(super) is_aside: bool,
}

impl Reached {
    pub(super) fn is_anybody(&self) -> bool {
        !self.people.is_empty() || !self.channels.is_empty()
    }

    /// `Told @ana and #ops. Nobody of shop is on call now.`
    pub(super) fn words(&self) -> Text {
        let people = self.people.iter().map(|person| text![person]);
        let told: Vec<Text> = people.chain(self.channels.iter().map(|channel| text![channel.as_str()])).collect();
        let told = (!told.is_empty()).then(|| text!["Told "].then(listed(&told)).then("."));
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
fn meant(watch: &Watch<'_>, tell: &[Recipient], missed: &mut Vec<Text>) -> Meant {
    let mut meant = Meant::default();
    for Recipient { whom, how } in tell {
        let people = match whom {
            Whom::Person(person) => vec![person.clone()],
            Whom::Rotation(name) => {
                let who = watch.on_call(name);
                if who.is_none() {
                    add(missed, [text![format!("Nobody of {name} is on call now.")]]);
                }
                who.into_iter().collect()
            }
            Whom::Group(group) => {
                let everybody = watch.host.authority.people().into_iter();
                let mut of: Vec<_> = everybody.filter(|person| person.groups.contains(group)).map(|person| person.id).collect();
                match of.len() {
                    0 => add(missed, [text![format!("Nobody is in {group}.")]]),
                    many if many > TOLD => {
                        let more = many - TOLD;
                        add(
                            missed,
                            [text![format!("{more} more of {group} were not told: a step tells {TOLD} of a group at most.")]],
                        );
                    }
                    _ => {}
                }
                of.truncate(TOLD);
                of
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
    meant
}

/// Tells whom a step is about now.
pub(super) async fn reach(matter: &mut Matter<'_>, watch: &Watch<'_>, (tell, rung): (&[Recipient], usize)) -> Reached {
    let host = std::sync::Arc::clone(matter.host);
    let mut reached = Reached::default();
    let Meant { mentioned, direct, channels } = meant(watch, tell, &mut reached.missed);
    let (mut accounts, mut lost) = (BTreeMap::new(), Vec::new());
    for person in mentioned.iter().chain(&direct) {
        // Whoever never wrote to the bot is looked for, so that they are mentioned by account and not by name alone.
        match crate::shifts::account(&host, person).await {
            Some(account) => {
                accounts.insert(person.clone(), account);
                add(&mut reached.people, [person.clone()]);
            }
            None => add(&mut lost, [person.clone()]),
        }
    }
    reached.missed.extend(out_of_reach(&lost));
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
    reached
}

/// `@ana and @ben have no chat account I can find.`
fn out_of_reach(people: &[PersonId]) -> Option<Text> {
    let mut named: Vec<Text> = people.iter().take(NAMED).map(|person| text![person]).collect();
    let others = people.len() - named.len();
    if others > 0 {
        named.push(text![format!("{others} others")]);
    }
    let have = if people.len() == 1 { "has" } else { "have" };
    (!named.is_empty()).then(|| listed(&named).then(format!(" {have} no chat account I can find.")))
}

/// `@ana, @ben and #ops`
fn listed(all: &[Text]) -> Text {
    all.iter().enumerate().fold(Text::default(), |words, (at, one)| {
        let before = match at {
            0 => "",
            _ if at + 1 == all.len() => " and ",
            _ => ", ",
        };
        words.then(before).then(one.clone())
    })
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
