//! One alert while it is looked at: what happens to it is gathered and committed together.

use std::sync::Arc;

use commands::context::MYSELF;
use commands::message::{Button, Message, code};
use commands::records::{AlertRecord, Condition, Fact, Handling};
use commands::{PersonId, text};

use super::{card, fingerprint, gone, next_look, ways};
use crate::alert::{self, Happening, Illegal};
use crate::host::{Draft, Host, Trouble, json, read};
use crate::outbox::{Saying, Stays};
use crate::platform::Target;
use crate::store::{Key, Kind, Write};
use crate::{fitting, hooks, watching};

/// Calls a record keeps.
const CALLS: usize = 50;

/// One alert while it is looked at.
pub struct Matter<'h> {
    /// What all share.
    pub host: &'h Arc<Host>,
    /// The record as it will be committed.
    pub record: AlertRecord,
    version: u64,
    before: Option<AlertRecord>,
    facts: Vec<Fact>,
    says: Vec<(String, Saying)>,
    writes: Vec<Write>,
}

impl<'h> Matter<'h> {
    /// An alert as it stands in the store at `version`.
    pub fn new(host: &'h Arc<Host>, record: AlertRecord, version: u64) -> Self {
        let before = Some(record.clone());
        Self { host, record, version, before, facts: Vec::new(), says: Vec::new(), writes: Vec::new() }
    }

    /// An alert that is not on record yet, with the fact that it came in.
    pub fn opened(host: &'h Arc<Host>, record: AlertRecord, fact: Fact) -> Self {
        Self { host, record, version: 0, before: None, facts: vec![fact], says: Vec::new(), writes: Vec::new() }
    }

    /// Lets something happen.
    ///
    /// # Errors
    /// When it can't happen to the alert as it stands; a sentence to show.
    pub fn happen(&mut self, happening: Happening, by: &PersonId) -> Result<(), Illegal> {
        let hook = match &happening {
            Happening::Acknowledged { .. } => Some("acknowledged"),
            Happening::Unacknowledged | Happening::CameBack => Some("unacknowledged"),
            Happening::Silenced { .. } => Some("silenced"),
            Happening::Resolved { .. } => Some("resolved"),
            // A source that agrees with who resolved it is no news.
            // Nobody outside was told of a storm's alerts that nobody handled.
            Happening::Cleared { .. } if self.record.is_open() && self.is_known_outside() => Some("resolved"),
            Happening::Fired(..) if self.record.condition == Condition::Resolved && self.is_known_outside() => Some("reopened"),
            _ => None,
        };
        let (record, fact) = alert::happen(&self.record, happening, by, (ways(self.host), self.host.clock.now()))?;
        let told = hook.filter(|_| fact.is_some());
        self.record = record;
        self.facts.extend(fact);
        if let Some(what) = told {
            self.writes.extend(hooks::told(self.host, &self.record, what, by));
        }
        Ok(())
    }

    fn is_known_outside(&self) -> bool {
        self.record.storm.is_none() || self.record.first_handled.is_some()
    }

    /// Lets something happen that is always possible where the bot does it.
    ///
    /// # Errors
    /// When it is not after all, which is a fault of ours.
    pub fn must(&mut self, happening: Happening, by: &PersonId) -> Result<(), Trouble> {
        self.happen(happening, by).map_err(|illegal| Trouble::Shape {
            key: self.record.id.to_string(),
            cause: format!("an illegal transition: {}", illegal.0.plain()),
        })
    }

    /// Adds a message. `name` makes it one however often it is tried.
    pub fn say(&mut self, name: &str, saying: Saying) {
        self.says.push((self.word(name), saying));
    }

    /// Adds a message away from the card that asks somebody to act; it follows how the alert is handled.
    pub fn call(&mut self, name: &str, saying: Saying) {
        let slot = self.word(name);
        self.record.calls.push(slot.clone());
        let surplus = self.record.calls.len().saturating_sub(CALLS);
        self.record.calls.drain(..surplus);
        self.says.push((slot, saying.for_edits()));
    }

    fn word(&self, name: &str) -> String {
        format!("alert-word/{}/{name}", self.record.id)
    }

    /// Adds a write of another record.
    pub fn write(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// Whether anything happened that has to be committed.
    pub fn is_quiet(&self) -> bool {
        self.before.as_ref() == Some(&self.record) && self.facts.is_empty() && self.says.is_empty() && self.writes.is_empty()
    }

    /// The version its record has in the store.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// It was over for long enough: what its source calls by this name again is another alert.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn forget(&mut self) -> Result<(), Trouble> {
        let key = fingerprint(&self.record.signal.source, &self.record.signal.fingerprint);
        if let Some(row) = self.host.store.get(&key).await?
            && read::<u64>(&row)? == self.record.id.0
        {
            self.writes.push(gone(&row));
        }
        self.record.forgotten = true;
        Ok(())
    }

    /// Tells whoever silenced it that the silence ends soon, with a way to extend it.
    ///
    /// # Errors
    /// When it is no silence after all, which is a fault of ours.
    pub fn announce(&mut self) -> Result<(), Trouble> {
        let Handling::Silenced { by, until, .. } = self.record.handling.clone() else { return Ok(()) };
        self.must(Happening::Announced, &PersonId(MYSELF.to_owned()))?;
        let id = self.record.id;
        let message = Message::new()
            .text(text![
                "🔕 Your silence of ",
                code(id.to_string()),
                format!(" ({}) ends ", self.record.signal.title),
                until,
                ". If it is still wrong then, it comes back."
            ])
            .buttons(vec![
                Button::new("Extend by 1 h", format!("alert silence {id} --for 1h")),
                Button::new("Extend by 8 h", format!("alert silence {id} --for 8h")),
            ]);
        for platform in &self.host.platforms {
            let Some(account) = self.host.people.account(platform.name(), &by) else { continue };
            let target = Target::Direct { account: account.id };
            let name = format!("ends/{}/{}", platform.name(), until.as_second());
            self.call(&name, Saying::once(platform.name(), target, message.clone()));
        }
        Ok(())
    }

    /// All that happened, as a draft to be committed with something else.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn draft(mut self) -> Result<Draft, Trouble> {
        let host = Arc::clone(self.host);
        let now = host.clock.now();
        let mut draft = Draft::at(now);
        for (slot, saying) in self.answered().await? {
            draft = draft.say(slot, saying);
        }
        if self.record.storm.is_none() {
            draft = self.shown(draft).await?;
        }
        let due = next_look(&host, &self.record);
        self.record = fitting::alert(self.record);
        let key = Key::numbered(Kind::Alert, self.record.id.0);
        draft = draft.write(Write { key, expects: self.version, value: Some(json(&self.record)?), due });
        for write in std::mem::take(&mut self.writes) {
            draft = draft.write(write);
        }
        for fact in self.facts {
            draft = draft.fact(fact);
        }
        for (slot, saying) in self.says {
            draft = draft.say(slot, saying);
        }
        Ok(draft)
    }

    /// What messages that asked somebody to act say, now that it is handled otherwise. Once it is over they stay as they are.
    async fn answered(&mut self) -> Result<Vec<(String, Saying)>, Trouble> {
        let Some(before) = self.before.as_ref().filter(|before| before.handling != self.record.handling) else {
            return Ok(Vec::new());
        };
        let stays = if self.record.is_open() { Stays::ForEdits } else { Stays::Not };
        let mut answered = Vec::new();
        for slot in &before.calls {
            if let Some(row) = self.host.store.get(&Key::new(Kind::Message, slot.as_str())).await? {
                let message = card::elsewhere(&self.record);
                answered.push((slot.clone(), Saying { message, stays, ..read(&row)? }));
            }
        }
        if stays == Stays::Not {
            self.record.calls.clear();
        }
        Ok(answered)
    }

    /// Commits all that happened.
    ///
    /// # Errors
    /// When the store can't be read or refuses it.
    pub async fn commit(self) -> Result<(), Trouble> {
        let host = Arc::clone(self.host);
        let draft = self.draft().await?;
        host.commit(draft).await?;
        host.bells.alerts.ring();
        host.bells.asked.ring();
        host.bells.hooks.ring();
        Ok(())
    }

    /// The card as it stands now, and what was done below it.
    async fn shown(&self, mut draft: Draft) -> Result<Draft, Trouble> {
        let around = super::around::of(self.host, &self.record).await?;
        let message = card::card(&self.record, &around);
        let told = self.before.as_ref().map_or(0, |before| before.deeds);
        let fresh = (self.record.deeds - told).min(self.record.done.len() as u32) as usize;
        let news = self.record.done.iter().skip(self.record.done.len() - fresh);
        for platform in &self.host.platforms {
            let slot = card::slot(platform.name(), self.record.id);
            let channel = &self.record.channel;
            let card = Saying::card(platform.name(), channel, message.clone()).ranked(self.record.signal.severity);
            draft = watching::shown(self.host, draft, slot.clone(), card).await?;
            for (at, did) in news.clone().enumerate() {
                let target = Target::Channel { channel: channel.clone(), thread: None };
                // After the card, however grave it is: that shows who has it.
                let word = Saying::once(platform.name(), target, did.what.clone().into()).under(&slot);
                let number = told as usize + at;
                draft = draft.say(format!("alert-note/{}/{}/{number}", platform.name(), self.record.id), word);
            }
        }
        Ok(draft)
    }
}
