//! What dispatch, engine and outbox share.

use std::sync::Arc;

use commands::context::{Authority, Context, Settings};
use commands::message::{Message, Text, code};
use commands::records::{ChangeId, ChangeRecord, Fact, Told};
use commands::registry::Entry;
use commands::{Person, PersonId, text};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::activity::{Activity, Bell};
use crate::clock::Clock;
use crate::fitting;
use crate::metrics::Metrics;
use crate::outbox::{Pace, Saying, Turns};
use crate::outward::Outward;
use crate::platform::{MessageRef, Platform, SendError};
use crate::recognition::Recognition;
use crate::records::Ledger;
use crate::rules::Rules;
use crate::sources::Inbox;
use crate::store::{Commit, CommitError, Committed, Key, Kind, ReadError, Row, Store, Write};

/// How often something is tried anew, at once, when records change under its hands. More is no coincidence.
pub const TRIES: usize = 20;

/// What becomes of a commit whose record was changed by somebody else [`TRIES`] times in a row.
pub fn contested(key: &Key) -> CommitError {
    CommitError::Unwritable(format!("{}/{} was changed by somebody else {TRIES} times in a row", key.kind.name(), key.id))
}

/// What is said below a denial to somebody whose groups may not all have counted.
pub const UNHEARD: &str = " I could not look up all of your groups right now; try again in a minute.";

/// What dispatch, engine and outbox share.
pub struct Host {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Clock,
    /// The policy, with the people it knows.
    pub authority: Arc<dyn Authority>,
    /// Who is behind a chat account.
    pub people: Recognition,
    /// What commands may know of the configuration.
    pub settings: Settings,
    /// The host's own settings.
    pub rules: Rules,
    /// AWS.
    pub aws: commands::aws::Aws,
    /// The chat platforms.
    pub platforms: Vec<Arc<dyn Platform>>,
    /// Every command.
    pub commands: &'static [Entry],
    /// Everything the bot follows by itself.
    pub watches: &'static [commands::watch::Entry],
    /// Where what sources say comes in.
    pub inbox: Arc<dyn Inbox>,
    /// The way to what is neither AWS nor a chat.
    pub outward: Outward,
    /// What is in flight.
    pub activity: Activity,
    /// What wakes the loops.
    pub bells: Bells,
    /// Each channel's pace.
    pub pace: Pace,
    /// The order of what is said.
    pub turns: Turns,
    /// Counters.
    pub metrics: Metrics,
}

/// One bell for each loop.
#[derive(Debug)]
pub struct Bells {
    /// Commands that were asked.
    pub asked: Bell,
    /// Changes.
    pub changes: Bell,
    /// Messages.
    pub messages: Bell,
    /// What is followed.
    pub watches: Bell,
    /// Alerts.
    pub alerts: Bell,
    /// Words to other systems.
    pub hooks: Bell,
    /// Shifts.
    pub shifts: Bell,
    /// Swaps of shifts.
    pub swaps: Bell,
}

impl Bells {
    /// Bells whose rings count in `activity`.
    pub fn new(activity: &Activity) -> Self {
        let bell = || Bell::new(activity.clone());
        Self {
            asked: bell(),
            changes: bell(),
            messages: bell(),
            watches: bell(),
            alerts: bell(),
            hooks: bell(),
            shifts: bell(),
            swaps: bell(),
        }
    }

    /// Rings all: look whether anything is due.
    pub fn ring(&self) {
        self.asked.ring();
        self.changes.ring();
        self.messages.ring();
        self.watches.ring();
        self.alerts.ring();
        self.hooks.ring();
        self.shifts.ring();
        self.swaps.ring();
    }
}

/// Where a message is under which others may stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Above {
    /// It was posted there.
    At(MessageRef),
    /// It will be posted.
    OnItsWay,
    /// It was given up, or never was.
    Nowhere,
}

/// Something of ours went wrong; to be logged once, with an id.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The store refused a commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The store could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record does not have the shape it should.
    #[error("the record {key} can't be read: {cause}")]
    Shape {
        /// Which.
        key: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// The state of a record.
pub fn read<T: DeserializeOwned>(row: &Row) -> Result<T, Trouble> {
    T::deserialize(&row.value)
        .map_err(|cause| Trouble::Shape { key: format!("{}/{}", row.key.kind.name(), row.key.id), cause: cause.to_string() })
}

/// A state as a record keeps it.
pub fn json<T: Serialize>(state: &T) -> Result<Value, Trouble> {
    serde_json::to_value(state).map_err(|cause| Trouble::Shape { key: "a new record".to_owned(), cause: cause.to_string() })
}

/// A commit in the making: messages still by slot, since their records change while they are delivered.
#[derive(Debug)]
pub struct Draft {
    commit: Commit,
    says: Vec<(String, Saying)>,
}

impl Draft {
    /// An empty one.
    pub fn at(at: Timestamp) -> Self {
        Self { commit: Commit::at(at), says: Vec::new() }
    }

    /// The same draft, refused when `key` was used before.
    #[must_use]
    pub fn once(mut self, key: &str) -> Self {
        self.commit = self.commit.once(key);
        self
    }

    /// Adds a write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.commit.writes.push(write);
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, fact: Fact) -> Self {
        self.commit.facts.push(fact);
        self
    }

    /// Adds a message, or the newest content of one. Of several for one slot the last counts: a commit that writes a record
    /// twice conflicts with itself, for ever.
    #[must_use]
    pub fn say(mut self, slot: impl Into<String>, saying: Saying) -> Self {
        let slot = slot.into();
        match self.says.iter_mut().find(|(known, _)| *known == slot) {
            Some((_, stands)) => *stands = saying,
            None => self.says.push((slot, saying)),
        }
        self
    }

    /// Adds all of another draft.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.commit.writes.extend(other.commit.writes);
        self.commit.facts.extend(other.commit.facts);
        other.says.into_iter().fold(self, |draft, (slot, saying)| draft.say(slot, saying))
    }

    /// Adds the new state of a change.
    pub fn change(self, record: &ChangeRecord, expects: u64, due: Option<Timestamp>) -> Result<Self, Trouble> {
        let key = Key::numbered(Kind::Change, record.id.0);
        let value = Some(json(&fitting::change(record.clone()))?);
        Ok(self.write(Write { key, expects, value, due }))
    }
}

impl Host {
    /// Commits a draft; deliveries that go on meanwhile do not get in its way.
    pub async fn commit(&self, draft: Draft) -> Result<Committed, CommitError> {
        let mut tries = 0;
        let mut draft = draft;
        for (_, saying) in &mut draft.says {
            saying.turn = self.turns.next(draft.commit.at);
        }
        loop {
            tries += 1;
            let mut commit = draft.commit.clone();
            for (slot, saying) in &draft.says {
                let row = self
                    .store
                    .get(&Key::new(Kind::Message, slot.as_str()))
                    .await
                    .map_err(|error| CommitError::Unwritable(error.0))?;
                let write = saying.clone().write(slot, row.as_ref(), commit.at);
                commit.writes.push(write.map_err(|trouble| CommitError::Unwritable(trouble.to_string()))?);
            }
            match self.commit_plain(commit).await {
                Err(CommitError::Conflict(key)) if key.kind == Kind::Message && tries < TRIES => {}
                Err(CommitError::Conflict(key)) if key.kind == Kind::Message => return Err(contested(&key)),
                other => {
                    if other.is_ok() {
                        self.bells.messages.ring();
                    }
                    return other;
                }
            }
        }
    }

    /// Commits what holds no message that may be on its way.
    pub async fn commit_plain(&self, commit: Commit) -> Result<Committed, CommitError> {
        let committed = self.store.commit(commit).await;
        if committed.is_ok() {
            self.metrics.committed();
        }
        committed
    }

    /// The platform of this name.
    pub fn platform(&self, name: &str) -> Option<&Arc<dyn Platform>> {
        self.platforms.iter().find(|platform| platform.name() == name)
    }

    /// Asks the platforms anew for the groups they gave people, where what they said is no longer believed. What it finds
    /// counts from then on: see [`Authority::person`].
    ///
    /// # Errors
    /// When a platform does not answer: the groups it gave do not count meanwhile.
    pub async fn renew(&self, people: &[&PersonId]) -> Result<(), SendError> {
        self.people.renew(&self.platforms, people, self.clock.now()).await
    }

    /// Whether groups of a person do not count now because a platform that gave some does not answer.
    pub fn is_unheard(&self, person: &PersonId) -> bool {
        let accounts = self.people.unheard(person, self.clock.now());
        accounts.iter().any(|account| self.platform(&account.platform).is_some())
    }

    /// Where the message of a slot was posted.
    pub async fn posted(&self, slot: &str) -> Result<Option<MessageRef>, Trouble> {
        Ok(match self.above(slot).await? {
            Above::At(at) => Some(at),
            Above::OnItsWay | Above::Nowhere => None,
        })
    }

    /// Where the message of a slot is, for what belongs under it.
    pub async fn above(&self, slot: &str) -> Result<Above, Trouble> {
        let Some(row) = self.store.get(&Key::new(Kind::Message, slot)).await? else { return Ok(Above::Nowhere) };
        Ok(read::<Saying>(&row)?.at.map_or(Above::OnItsWay, Above::At))
    }

    /// A change with its record's version.
    pub async fn change(&self, id: ChangeId) -> Result<Option<(ChangeRecord, u64)>, Trouble> {
        match self.store.get(&Key::numbered(Kind::Change, id.0)).await? {
            Some(row) => Ok(Some((read(&row)?, row.version))),
            None => Ok(None),
        }
    }

    /// The change that holds a resource.
    pub async fn holder(&self, resource: &str) -> Result<Option<ChangeId>, Trouble> {
        match self.store.get(&Key::new(Kind::Lock, resource)).await? {
            Some(row) => Ok(Some(read(&row)?)),
            None => Ok(None),
        }
    }

    /// The command of this name.
    pub fn command(&self, name: &str) -> Option<Entry> {
        self.commands.iter().find(|entry| entry.name() == name).copied()
    }

    /// What a command is given.
    pub fn context<'a>(&'a self, asked: &Asking<'a>, ledger: &'a Ledger) -> Context<'a> {
        Context {
            now: self.clock.now(),
            person: asked.person,
            operation: asked.operation,
            action: asked.action,
            reason: asked.reason,
            starts: asked.starts,
            told: asked.told,
            settings: &self.settings,
            aws: &self.aws,
            authority: &*self.authority,
            records: ledger,
            commands: self.commands,
        }
    }

    /// Logs what went wrong once, and gives the sentence that people see: what was being done, and the id to ask with.
    pub fn broke(&self, doing: &str, changed: &str, cause: &dyn std::fmt::Display) -> Message {
        let now = self.clock.now().as_nanosecond().to_string();
        let digest = ring::digest::digest(&ring::digest::SHA256, format!("{now}{doing}{cause}").as_bytes());
        let id: String = commands::plan::hex(digest.as_ref()).chars().take(6).collect();
        tracing::error!(id, doing, %cause, "something broke");
        Message::from(broken(doing, changed, &id))
    }
}

fn broken(doing: &str, changed: &str, id: &str) -> Text {
    text!["Something broke while ", doing, ". ", changed, " Ask with ", code(id), "."]
}

/// Who asks for what, as a command's context needs it.
#[derive(Clone, Copy)]
pub struct Asking<'a> {
    /// Who.
    pub person: &'a Person,
    /// The operation's id.
    pub operation: &'a str,
    /// The command's name.
    pub action: &'static str,
    /// Why.
    pub reason: Option<&'a str>,
    /// The start an approved change was given.
    pub starts: Option<Timestamp>,
    /// What a running change was told.
    pub told: &'a [Told],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_messages_for_one_slot_the_last_counts() {
        let said = |words: &str| Saying::card("slack", "#ops", words.into());
        let later = Draft::at(Timestamp::UNIX_EPOCH).say("b", said("newer")).say("c", said("third"));
        let draft =
            Draft::at(Timestamp::UNIX_EPOCH).say("a", said("old")).say("b", said("other")).say("a", said("new")).and(later);
        let says: Vec<_> = draft.says.iter().map(|(slot, saying)| (slot.as_str(), saying.message.plain())).collect();
        assert_eq!(says, [("a", "new".to_owned()), ("b", "newer".to_owned()), ("c", "third".to_owned())]);
    }
}
