//! The life of an alert: what becomes of it when something happens, and the fact that leaves in the audit log. Pure.

use commands::context::MYSELF;
use commands::message::{Text, code, lasting};
use commands::oncall::EscalationPolicy;
use commands::records::{
    AlertId, AlertRecord, AtSource, Condition, Did, Ends, Escalation, Fact, Handling, Origin, Ping, Quiet, Signal,
};
use commands::{PersonId, text};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

mod rungs;
mod said;
mod times;

pub use rungs::route;
pub use said::is_late;
pub use times::{announces, due};

use rungs::{climb, has_step};
use said::{cleared, fired};
use times::until;

/// Deeds a record keeps.
const DEEDS: usize = 50;
/// Pings a record keeps.
const PINGS: usize = 100;

/// What decides how alerts go on.
#[derive(Clone, Copy, Debug)]
pub struct Ways<'a> {
    /// The escalation policies.
    pub policies: &'a [EscalationPolicy],
    /// How soon something has to be wrong again to be the same alert.
    pub flapping: SignedDuration,
    /// How long a source has to agree that it is over, once a person has said so.
    pub settle: SignedDuration,
}

/// Something that happens to an alert.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The source says that it is wrong, and where that is routed now.
    Fired(Box<Signal>, Option<String>),
    /// The source says that it is right again.
    Cleared {
        /// As of when by its own clock, where it tells.
        as_of: Option<Timestamp>,
    },
    /// Somebody works on it.
    Acknowledged {
        /// When it comes back if it is still wrong.
        until: Timestamp,
    },
    /// Nobody works on it any more.
    Unacknowledged,
    /// Nobody is to hear of it for a while.
    Silenced {
        /// Until when.
        until: Timestamp,
    },
    /// Somebody says that it is over.
    Resolved {
        /// How it was fixed.
        note: Option<String>,
    },
    /// Somebody wrote something down.
    Noted(String),
    /// Somebody wants the next step of its escalation taken now.
    Raised,
    /// A step of its escalation was taken.
    Escalated {
        /// Whom it was brought to.
        people: Vec<PersonId>,
        /// In words, for the audit log.
        words: Text,
        /// The same for the card's thread, where that does not show it anyway.
        aside: Option<Text>,
        /// The step that comes next, counted from 0 over all rounds, and when; none after the last.
        next: Option<(u32, Timestamp)>,
    },
    /// Nobody is on call whom its escalation could still bring it to.
    Waits {
        /// The step that is taken then, counted from 0 over all rounds.
        step: u32,
        /// When somebody is.
        until: Timestamp,
        /// The same in words.
        words: Text,
    },
    /// Its time ran out, and it is still wrong.
    CameBack,
    /// Its silence is about to end, and whoever called it was told.
    Announced,
    /// The source is about to be kept quiet.
    Quieting(Quiet),
    /// The source is quiet about it.
    Quieted {
        /// What makes it so.
        quiet: Quiet,
        /// When to look at the source.
        look: Timestamp,
    },
    /// The source is no longer kept quiet.
    Unquieted,
    /// The source could not be reached.
    Unreached {
        /// What is in the way.
        why: String,
        /// When it is tried again; none where that would be in vain.
        next: Option<Timestamp>,
    },
    /// An emoji under its card was taken up, or is gone.
    Reacted(Vec<String>),
}

/// Something that can't happen to an alert as it stands; a whole sentence to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal(pub Text);

/// Where an alert goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Road {
    /// The project it belongs to.
    pub project: Option<String>,
    /// The environment it belongs to.
    pub env: Option<String>,
    /// The channel of its card, as configured.
    pub channel: String,
    /// Its escalation policy.
    pub policy: Option<String>,
}

/// The record of an alert that comes in for the first time, with its fact.
pub fn open(id: AlertId, signal: Signal, road: Road, (ways, now): (Ways<'_>, Timestamp)) -> (AlertRecord, Fact) {
    let Road { project, env, channel, policy } = road;
    let escalation = policy.map(|policy| Escalation { policy, step: 0, next: None });
    let (as_of, is_old) = (said::tells_as_of(&signal, now), said::is_old(&signal, now));
    let mut record = AlertRecord {
        id,
        signal,
        condition: Condition::Firing,
        as_of,
        said: now,
        opened: now,
        times: 1,
        project,
        env,
        channel,
        handling: Handling::Open,
        held: None,
        first_handled: None,
        escalation,
        pings: Vec::new(),
        calls: Vec::new(),
        at_source: AtSource::default(),
        done: Vec::new(),
        deeds: 0,
        storm: None,
        gathers: None,
        forgotten: false,
        doubted: None,
        reacted: Vec::new(),
    };
    climb(&mut record, ways, now);
    if is_old {
        said::ask(&mut record, now);
    }
    let mut fact = fact(&record, "alert_opened", MYSELF);
    fact.detail.insert("title".to_owned(), record.signal.title.as_str().into());
    fact.detail.insert("severity".to_owned(), record.signal.severity.name().into());
    fact.detail.insert("source".to_owned(), record.signal.source.as_str().into());
    fact.detail.insert("fingerprint".to_owned(), record.signal.fingerprint.as_str().into());
    (record, fact)
}

/// What an alert becomes when something happens, and the fact that goes into the audit log, where it is one.
///
/// # Errors
/// When that can't happen to it as it stands; nothing changed then.
pub fn happen(
    record: &AlertRecord,
    happening: Happening,
    by: &PersonId,
    (ways, now): (Ways<'_>, Timestamp),
) -> Result<(AlertRecord, Option<Fact>), Illegal> {
    let mut next = record.clone();
    let event = match happening {
        Happening::Fired(signal, policy) => return Ok(fired(next, (*signal, policy), (ways, now))),
        Happening::Cleared { as_of } => return Ok(cleared(next, as_of, now)),
        Happening::Acknowledged { until } => {
            over(record)?;
            if matches!(&record.handling, Handling::Acknowledged { by: other, until: stands, .. } if other == by && same(*stands, until))
            {
                return Err(Illegal(text![code(record.id.to_string()), " is yours already."]));
            }
            next.handling = Handling::Acknowledged { by: by.clone(), at: now, until };
            handled(&mut next, until, now);
            did(&mut next, by, now, text!["👀 ", by, " takes it until ", until, "."]);
            "alert_acknowledged"
        }
        Happening::Unacknowledged => {
            over(record)?;
            if matches!(record.handling, Handling::Open) {
                return Err(Illegal(text![code(record.id.to_string()), " is nobody's yet, so there is nothing to give back."]));
            }
            next.handling = Handling::Open;
            want(&mut next, None, now);
            climb(&mut next, ways, now);
            did(&mut next, by, now, text![by, " gave it back. Somebody else has to take it."]);
            "alert_unacknowledged"
        }
        Happening::Silenced { until } => {
            over(record)?;
            if matches!(&record.handling, Handling::Silenced { by: other, until: stands, .. } if other == by && same(*stands, until))
            {
                return Err(Illegal(text![code(record.id.to_string()), " is silenced by you already, until ", until, "."]));
            }
            next.handling = Handling::Silenced { by: by.clone(), at: now, until };
            handled(&mut next, until, now);
            did(&mut next, by, now, text!["🔕 ", by, " silenced it until ", until, "."]);
            "alert_silenced"
        }
        Happening::Resolved { note } => {
            over(record)?;
            let after = lasting(whole(now.duration_since(record.opened)));
            let said = text!["✅ ", by, format!(" resolved it after {after}")];
            did(
                &mut next,
                by,
                now,
                match &note {
                    Some(note) => said.then(text![": ", note.as_str()]),
                    None => said.then("."),
                },
            );
            next.handling = Handling::Resolved { by: Some(by.clone()), at: now, note };
            next.held = None;
            // Whose source never says so, or has said nothing since it was doubted and can't be asked: people decide.
            let asked_in_vain = record.signal.origin == Origin::Nowhere && record.doubted.is_some_and(|at| record.said <= at);
            if record.signal.ends == Ends::ByPeople || asked_in_vain {
                next.condition = Condition::Resolved;
            }
            rest(&mut next, now);
            "alert_resolved"
        }
        Happening::Noted(words) => {
            did(&mut next, by, now, text!["📝 ", by, ": ", words.as_str()]);
            if let Handling::Resolved { note: note @ None, .. } = &mut next.handling {
                *note = Some(words);
            }
            "alert_noted"
        }
        Happening::Raised => {
            over(record)?;
            let Some(escalation) = &mut next.escalation else {
                return Err(Illegal(text![
                    "No escalation policy is routed to ",
                    code(record.id.to_string()),
                    ", so I don't know whom to tell. ",
                    code("oncall who"),
                    " shows who is on call."
                ]));
            };
            if escalation.next.is_none() && !has_step(escalation, ways) {
                escalation.step = 0;
            }
            escalation.next = Some(now);
            did(&mut next, by, now, text!["⏫ ", by, " escalated it."]);
            "alert_raised"
        }
        Happening::Escalated { people, words, aside, next: then } => {
            if let Some(escalation) = &mut next.escalation {
                escalation.step = then.map_or(escalation.step + 1, |(step, _)| step);
                escalation.next = then.map(|(_, at)| at).filter(|_| matches!(record.handling, Handling::Open));
            }
            next.pings.extend(people.into_iter().map(|person| Ping { person, at: now }));
            let surplus = next.pings.len().saturating_sub(PINGS);
            next.pings.drain(..surplus);
            let mut fact = fact(&next, "alert_escalated", &by.0);
            fact.detail.insert("told".to_owned(), words.plain().into());
            if let Some(aside) = aside {
                did(&mut next, by, now, aside);
            }
            return Ok((next, Some(fact)));
        }
        Happening::Waits { step, until, words } => {
            if let Some(escalation) = &mut next.escalation {
                (escalation.step, escalation.next) = (step, Some(until));
            }
            did(&mut next, by, now, words);
            "alert_waits"
        }
        Happening::CameBack => {
            let words = match &record.handling {
                Handling::Acknowledged { by, .. } => {
                    text!["⏰ It is still wrong, and the time that ", by, " took for it is over."]
                }
                Handling::Silenced { by, .. } => text!["⏰ It is still wrong, and the silence of ", by, " is over."],
                Handling::Resolved { by: Some(by), .. } => {
                    next.doubted = Some(now);
                    text!["⏰ ", by, " resolved it, but its source has not agreed."]
                }
                Handling::Resolved { by: None, .. } | Handling::Open => return Ok((next, None)),
            };
            next.handling = Handling::Open;
            want(&mut next, None, now);
            climb(&mut next, ways, now);
            did(&mut next, by, now, words);
            "alert_came_back"
        }
        Happening::Announced => {
            next.at_source.announced = Some(until(record).unwrap_or(now));
            return Ok((next, None));
        }
        Happening::Quieting(quiet) => {
            let mut fact = fact(&next, "alert_quieting_source", &by.0);
            fact.detail.insert("until".to_owned(), quiet.until.to_string().into());
            next.at_source.begun = Some(quiet);
            next.at_source.next = Some(now);
            return Ok((next, Some(fact)));
        }
        Happening::Quieted { quiet, look } => {
            let mut fact = fact(&next, "alert_source_quiet", &by.0);
            fact.detail.insert("until".to_owned(), quiet.until.to_string().into());
            fact.detail.insert("handle".to_owned(), quiet.handle.as_str().into());
            let announced = next.at_source.announced;
            next.at_source = AtSource {
                wanted: next.at_source.wanted,
                begun: None,
                stands: Some(quiet),
                tries: 0,
                next: Some(look),
                trouble: None,
                announced,
            };
            return Ok((next, Some(fact)));
        }
        Happening::Unquieted => {
            let AtSource { wanted, announced, .. } = next.at_source;
            // What it became while it was quiet was told by nobody: it is asked once more.
            next.at_source = AtSource { wanted, next: Some(now), announced, ..AtSource::default() };
            "alert_source_loud"
        }
        Happening::Unreached { why, next: again } => {
            let first = next.at_source.tries == 0;
            let mut fact = fact(&next, "alert_source_unreached", &by.0);
            fact.detail.insert("why".to_owned(), why.as_str().into());
            next.at_source.tries += 1;
            next.at_source.next = again;
            next.at_source.trouble = Some(why);
            return Ok((next, first.then_some(fact)));
        }
        Happening::Reacted(reacted) => {
            next.reacted = reacted;
            return Ok((next, None));
        }
    };
    let mut fact = fact(&next, event, &by.0);
    if let Some(last) = next.done.last().filter(|last| last.at == now) {
        fact.detail.insert("words".to_owned(), last.what.plain().into());
    }
    Ok((next, Some(fact)))
}

fn over(record: &AlertRecord) -> Result<(), Illegal> {
    match &record.handling {
        Handling::Resolved { by: Some(by), at, .. } => {
            Err(Illegal(text![code(record.id.to_string()), " is over: ", by, " resolved it ", *at, "."]))
        }
        Handling::Resolved { by: None, at, .. } => {
            Err(Illegal(text![code(record.id.to_string()), " is over: its source says so since ", *at, "."]))
        }
        Handling::Open | Handling::Acknowledged { .. } | Handling::Silenced { .. } => Ok(()),
    }
}

/// Whether two ends are the same to people: a second click is no second decision.
fn same(stands: Timestamp, asked: Timestamp) -> bool {
    asked.duration_since(stands).abs() < SignedDuration::from_mins(1)
}

/// Somebody has it in hand until then.
fn handled(next: &mut AlertRecord, until: Timestamp, now: Timestamp) {
    next.first_handled.get_or_insert(now);
    if let Some(escalation) = &mut next.escalation {
        escalation.next = None;
    }
    want(next, Some(until), now);
}

/// Nothing more is to come of it, unless it is soon wrong again.
fn rest(next: &mut AlertRecord, now: Timestamp) {
    if let Some(escalation) = &mut next.escalation {
        escalation.next = None;
    }
    want(next, None, now);
}

/// From here on its source is to be quiet until then, or loud again.
fn want(next: &mut AlertRecord, until: Option<Timestamp>, now: Timestamp) {
    let until = until.filter(|_| next.signal.origin != Origin::Nowhere);
    let AtSource { begun, stands, next: look, announced, .. } = std::mem::take(&mut next.at_source);
    let is_so = begun.is_none() && stands.as_ref().map(|quiet| quiet.until) == until;
    let look = if is_so { look.filter(|_| stands.is_some()) } else { Some(now) };
    next.at_source = AtSource { wanted: until, begun, stands, tries: 0, next: look, trouble: None, announced };
}

fn did(next: &mut AlertRecord, by: &PersonId, at: Timestamp, what: Text) {
    next.done.push(Did { at, by: by.clone(), what });
    next.deeds += 1;
    let surplus = next.done.len().saturating_sub(DEEDS);
    next.done.drain(..surplus);
}

fn fact(record: &AlertRecord, event: &str, person: &str) -> Fact {
    Fact {
        operation: record.id.to_string(),
        event: event.to_owned(),
        person: person.to_owned(),
        resource: Some(record.as_resource().to_string()),
        project: record.project.clone(),
        detail: [("alert".to_owned(), Value::from(record.id.to_string()))].into(),
        ..Fact::default()
    }
}

/// Without the part of a second.
fn whole(length: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs(length.as_secs().max(0))
}

fn nth(times: u32) -> String {
    let ending = match (times % 10, times % 100) {
        (1, hundred) if hundred != 11 => "st",
        (2, hundred) if hundred != 12 => "nd",
        (3, hundred) if hundred != 13 => "rd",
        _ => "th",
    };
    format!("{times}{ending}")
}

#[cfg(test)]
mod tests;
