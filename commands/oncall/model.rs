//! Who answers for what, as it is configured: rotations, escalation policies and routes.

use std::collections::BTreeMap;
use std::fmt;

use jiff::SignedDuration;
use jiff::civil::{DateTime, Time, Weekday};

use crate::context::PersonId;
use crate::records::{Severity, Signal};

/// `oncall.toml`, as used. Names in it that mean something else in it are known to exist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnCall {
    /// Who is on call when.
    pub rotations: Vec<Rotation>,
    /// Who is told of an alert, step by step.
    pub policies: Vec<EscalationPolicy>,
    /// Where alerts go; the first that fits counts.
    pub routes: Vec<Route>,
}

/// People who are on call by turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Its name, one lower-case word.
    pub name: String,
    /// The project it answers for, where it is one's.
    pub project: Option<String>,
    /// Who, in the order of their turns.
    pub people: Vec<PersonId>,
    /// The IANA time zone its times are in, such as `Europe/Berlin`.
    pub zone: String,
    /// How long a turn is.
    pub turn: Turn,
    /// When the first turn of the first person begins; turns before it are counted back from it.
    pub starts: DateTime,
    /// The hours in which somebody is on call; none for all of them.
    pub hours: Option<Hours>,
    /// The channel where shifts are handed over, as configured.
    pub channel: Option<String>,
    /// The group of a chat that holds whoever is on call.
    pub user_group: Option<UserGroup>,
}

/// A group of people in a chat, such as those of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserGroup {
    /// The platform's name.
    pub platform: String,
    /// Its id there.
    pub id: String,
}

/// How long a turn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A day.
    Daily,
    /// Seven days.
    Weekly,
}

/// Business hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    /// On which days.
    pub days: Vec<Weekday>,
    /// From when.
    pub from: Time,
    /// Until when; later than `from`.
    pub until: Time,
}

impl fmt::Display for Hours {
    /// `mon tue wed 09:00–17:30`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: &Weekday| match day {
            Weekday::Monday => "mon",
            Weekday::Tuesday => "tue",
            Weekday::Wednesday => "wed",
            Weekday::Thursday => "thu",
            Weekday::Friday => "fri",
            Weekday::Saturday => "sat",
            Weekday::Sunday => "sun",
        };
        let days: Vec<&str> = self.days.iter().map(name).collect();
        let (from, until) = (self.from.strftime("%H:%M"), self.until.strftime("%H:%M"));
        write!(f, "{} {from}–{until}", days.join(" "))
    }
}

/// Who is told of an alert that nobody acknowledges, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationPolicy {
    /// Its name, one lower-case word.
    pub name: String,
    /// The steps, in order; at least one.
    pub steps: Vec<EscalationStep>,
    /// How often the steps are gone through again.
    pub repeat: u32,
    /// Whom to tell when all of that was in vain.
    pub last: Vec<Recipient>,
}

impl EscalationPolicy {
    /// How many times somebody is told in all: the steps of every round, and the last word.
    pub fn rungs(&self) -> usize {
        self.steps.len() * (self.repeat as usize + 1) + usize::from(!self.last.is_empty())
    }

    /// Whom to tell at a rung, counted from 0; none beyond the last.
    pub fn tell(&self, rung: usize) -> Option<&[Recipient]> {
        let rounds = self.steps.len() * (self.repeat as usize + 1);
        match rung {
            at if at < rounds => self.steps.get(at % self.steps.len()).map(|step| step.tell.as_slice()),
            at if at == rounds && !self.last.is_empty() => Some(&self.last),
            _ => None,
        }
    }

    /// Whether the steps are gone through again from this rung on.
    pub fn is_again(&self, rung: usize) -> bool {
        rung > 0 && rung < self.steps.len() * (self.repeat as usize + 1) && rung.is_multiple_of(self.steps.len())
    }

    /// How long after the rung before it a rung comes: a new round, and the last word, as long as the longest step waits, and at
    /// least five minutes.
    pub fn wait(&self, rung: usize) -> SignedDuration {
        // Whoever was just told has to have time to take it before anybody is told again.
        const LEAST: SignedDuration = SignedDuration::from_mins(5);
        let of_round = rung % self.steps.len().max(1);
        match self.steps.get(of_round) {
            Some(step) if of_round > 0 || rung == 0 => step.after,
            _ => self.steps.iter().map(|step| step.after).max().unwrap_or_default().max(LEAST),
        }
    }
}

/// One step of an escalation policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EscalationStep {
    /// How long after the step before; for the first, after the alert.
    pub after: SignedDuration,
    /// Whom to tell; at least one.
    pub tell: Vec<Recipient>,
}

/// Whom to tell, and how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// Whom.
    pub whom: Whom,
    /// How.
    pub how: How,
}

/// Whom an alert is brought to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// One person.
    Person(PersonId),
    /// Whoever is on call then.
    Rotation(String),
    /// Everybody in a group.
    Group(String),
    /// A channel, as configured; whoever reads it.
    Channel(String),
}

/// How somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// By name, in the alert's channel; a channel by a message in it.
    Mention,
    /// In a direct message.
    Direct,
}

/// Where the alerts go that fit it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    /// The source it is about; none for all.
    pub source: Option<String>,
    /// The project it is about; none for all.
    pub project: Option<String>,
    /// The severities it is about; none for all.
    pub severities: Vec<Severity>,
    /// The labels an alert must have; `*` stands for any text.
    pub labels: BTreeMap<String, String>,
    /// The project they belong to, where the route says so.
    pub into: Option<String>,
    /// The channel of their cards, as configured; none for the project's.
    pub channel: Option<String>,
    /// The escalation policy; none where nobody is told beyond the card.
    pub policy: Option<String>,
}

impl Route {
    /// Whether it is about an alert of this project.
    pub fn fits(&self, signal: &Signal, project: Option<&str>) -> bool {
        self.source.as_ref().is_none_or(|source| *source == signal.source)
            && self.project.as_deref().is_none_or(|own| Some(own) == project)
            && (self.severities.is_empty() || self.severities.contains(&signal.severity))
            && self.labels.iter().all(|(name, pattern)| signal.labels.get(name).is_some_and(|value| matches(pattern, value)))
    }
}

/// Whether a value is what a pattern says, in which `*` stands for any text.
pub fn matches(pattern: &str, value: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = value.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_rounds_and_before_the_last_word_there_is_time_to_take_it() {
        let waits = |minutes: &[i64]| {
            let step = |after: &i64| EscalationStep { after: SignedDuration::from_mins(*after), tell: Vec::new() };
            let last = vec![Recipient { whom: Whom::Channel("#ops".to_owned()), how: How::Mention }];
            let steps = minutes.iter().map(step).collect();
            let policy = EscalationPolicy { name: "shop".to_owned(), steps, repeat: 1, last };
            (0..policy.rungs()).map(|rung| policy.wait(rung).as_mins()).collect::<Vec<_>>()
        };
        assert_eq!(waits(&[0]), [0, 5, 5]);
        assert_eq!(waits(&[0, 2]), [0, 2, 5, 2, 5]);
        assert_eq!(waits(&[0, 10]), [0, 10, 10, 10, 10]);
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, value) in [("a", "a"), ("*", ""), ("a*", "abc"), ("*c", "abc"), ("a*c", "abbc"), ("a*b*c", "axbxc")] {
            assert!(matches(pattern, value), "{pattern} {value}");
        }
        for (pattern, value) in [("a", "ab"), ("a*", "ba"), ("a*c", "abcd"), ("ab*ba", "aba"), ("", "a")] {
            assert!(!matches(pattern, value), "{pattern} {value}");
        }
    }
}
