//! One change while it is looked at: what happens to it is gathered and committed together.

use std::sync::Arc;

use commands::context::MYSELF;
use commands::message::Text;
use commands::plan::{MadeCall, Runs};
use commands::records::{ChangeRecord, Fact, Outcome, Status};
use commands::{Message, PersonId, text};
use jiff::{SignedDuration, Timestamp};

use crate::card;
use crate::change::{self, Happening};
use crate::glass;
use crate::host::{Draft, Host, Trouble};
use crate::outbox::Saying;
use crate::platform::{Account, Target};
use crate::store::{Key, Kind, Write};

/// One change while it is looked at.
pub struct Case<'h> {
    /// What the engine shares.
    pub host: &'h Arc<Host>,
    /// The record as it will be committed.
    pub record: ChangeRecord,
    version: u64,
    round: u32,
    told: usize,
    open: bool,
    counted: bool,
    facts: Vec<Fact>,
    says: Vec<(String, Saying)>,
    glass: Option<Message>,
}

impl<'h> Case<'h> {
    /// A change as it stands in the store at `version`.
    pub fn new(host: &'h Arc<Host>, record: ChangeRecord, version: u64) -> Self {
        let (told, round) = (record.notes.len(), record.round);
        let open = !matches!(record.status, Status::Ended { .. });
        let glass = glass::message(&record);
        Self { host, record, version, round, told, open, counted: false, facts: Vec::new(), says: Vec::new(), glass }
    }

    /// Lets something happen that the bot itself decides.
    pub fn happen(&mut self, happening: Happening) -> Result<(), Trouble> {
        let by = match &happening {
            Happening::Voted(vote) => vote.by.clone(),
            Happening::Withdrawn(person) => person.clone(),
            _ => PersonId(MYSELF.to_owned()),
        };
        self.happen_by(happening, &by).map_err(|illegal| Trouble::Shape {
            key: self.record.id.to_string(),
            cause: format!("an illegal transition: {}", illegal.0.plain()),
        })
    }

    /// Lets something happen that a person does.
    ///
    /// # Errors
    /// When it can't happen to the change as it stands; a sentence to show.
    pub fn happen_by(&mut self, happening: Happening, by: &PersonId) -> Result<(), change::Illegal> {
        let (record, fact) = change::happen(&self.record, happening, by, self.host.clock.now())?;
        self.record = record;
        self.facts.push(fact);
        Ok(())
    }

    /// Shows on the card how much time is left. It is no fact, only the time of day.
    pub fn count_down(&mut self, left: Text) {
        if self.record.so_far.as_ref() != Some(&left) {
            self.record.so_far = Some(left);
            self.counted = true;
        }
    }

    /// Adds a fact that is not a transition.
    pub fn fact(&mut self, fact: Fact) {
        self.facts.push(fact);
    }

    /// Says something in the card's thread. `name` makes it one message however often it is tried.
    pub fn tell(&mut self, name: &str, message: Message) {
        let saying = Saying::once(&self.record.place.platform, self.channel(), message).under(&card::slot(&self.record));
        self.says.push((format!("thread/{}/{name}", self.record.id), saying));
    }

    /// Reminds the channel of the start, which may be nearer than `before` seconds: after a late approval, or an outage.
    pub fn remind(&mut self, before: i64, at: Timestamp) {
        let left = SignedDuration::from_mins((at.duration_since(self.host.clock.now()).as_secs() + 59) / 60);
        let saying = Saying::once(&self.record.place.platform, self.channel(), card::reminder(&self.record, left, at));
        self.says.push((format!("reminder/{}/{}/{before}", self.record.id, self.record.round), saying));
    }

    /// Tells the channel that a step can't be taken, try after try.
    pub fn alarm(&mut self, step: &str, why: &Text, next: Timestamp) {
        let saying = Saying::once(&self.record.place.platform, self.channel(), card::alarm(&self.record, why, next));
        self.says.push((format!("alarm/{}/{step}", self.record.id), saying));
    }

    /// Says something in the channel itself on behalf of a step. The record's version makes it one message however often the
    /// step is tried.
    pub fn call(&mut self, step: &str, words: &Text) {
        let saying = Saying::once(&self.record.place.platform, self.channel(), card::call(&self.record, words));
        self.says.push((format!("call/{}/{step}/{}", self.record.id, self.version), saying));
    }

    /// Says something in the security channel, which must be seen there or, where it can't, in the default channel.
    pub fn loud(&mut self, name: &str, message: Message) {
        let channel = &self.host.rules.channels.security;
        let saying = Saying::card(&self.record.place.platform, channel, message);
        self.says.push((format!("{}/{name}", glass::slot(&self.record)), saying));
    }

    /// A word to one account alone.
    pub fn whisper(&mut self, name: &str, account: &Account, message: Message) {
        let saying = Saying::once(&account.platform, Target::Direct { account: account.id.clone() }, message);
        self.says.push((format!("word/{}/{name}", self.record.id), saying));
    }

    /// Whether anything happened that has to be committed.
    pub fn is_quiet(&self) -> bool {
        self.facts.is_empty() && self.says.is_empty() && !self.counted
    }

    /// Ends it without a call to AWS.
    pub async fn end(self, outcome: Outcome, said: Text) -> Result<(), Trouble> {
        self.end_with(outcome, said, Vec::new()).await
    }

    /// Ends it.
    pub async fn end_with(mut self, outcome: Outcome, said: Text, calls: Vec<MadeCall>) -> Result<(), Trouble> {
        self.happen(Happening::Ended { outcome, said, calls })?;
        let due = glass::next_reminder(&self.record);
        self.commit(due).await
    }

    /// Leaves it as it is until `until`.
    pub async fn look_again(self, until: Timestamp) -> Result<(), Trouble> {
        self.host.store.put_off(&Key::numbered(Kind::Change, self.record.id.0), until).await;
        Ok(())
    }

    /// Commits all that happened, with the card and what is to be said.
    pub async fn commit(self, due: Option<Timestamp>) -> Result<(), Trouble> {
        let host = Arc::clone(self.host);
        host.commit(self.draft(due)?).await?;
        host.bells.changes.ring();
        Ok(())
    }

    /// All that happened as a draft, to be committed with something else.
    pub fn draft(mut self, due: Option<Timestamp>) -> Result<Draft, Trouble> {
        let now = self.host.clock.now();
        let notes = self.record.notes.clone();
        for (at, note) in notes.iter().enumerate().skip(self.told) {
            self.tell(&format!("note/{at}"), note.text.clone().into());
        }
        let mut draft = Draft::at(now).change(&self.record, self.version, due)?;
        if let (true, Status::Ended { said, .. }) = (self.open, self.record.status.clone()) {
            let to = match &self.record.asker {
                asker if asker.0 == MYSELF => Text::default(),
                asker => text![asker, ": "],
            };
            self.tell("end", to.then(said.clone()).into());
            if self.record.emergency.is_some() {
                self.loud("end", glass::ended(&self.record, &said));
            }
            if self.record.plan.runs == Runs::Alone {
                let key = Key::new(Kind::Lock, self.record.plan.resource.id.as_str());
                draft = draft.write(Write { key, expects: 1, value: None, due: None });
            }
        }
        let platform = self.record.place.platform.clone();
        if let Some(message) = glass::message(&self.record).filter(|now| self.glass.as_ref() != Some(now)) {
            let security = &self.host.rules.channels.security;
            draft = draft.say(glass::slot(&self.record), Saying::card(&platform, security, message));
        }
        let channel = self.host.rules.channels.of(self.record.plan.resource.project.as_deref()).to_owned();
        if self.round != self.record.round {
            let old = Saying::card(&platform, &channel, card::replaced(&self.record));
            draft = draft.say(card::slot_of(&self.record, self.round), old);
        }
        draft = draft.say(card::slot(&self.record), Saying::card(&platform, &channel, card::card(&self.record)));
        for fact in self.facts {
            draft = draft.fact(fact);
        }
        for (slot, saying) in self.says {
            draft = draft.say(slot, saying);
        }
        Ok(draft)
    }

    fn channel(&self) -> Target {
        let channel = self.host.rules.channels.of(self.record.plan.resource.project.as_deref()).to_owned();
        Target::Channel { channel, thread: None }
    }
}
