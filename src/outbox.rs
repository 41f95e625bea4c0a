//! Delivers committed messages: what to say is a record, so nothing is said that was not committed and nothing is
//! forgotten by a restart. Per channel one message a second; the latest edit wins.

use std::sync::Arc;

use commands::message::{Block, Message, code};
use commands::records::{Fact, Severity, Status};
use commands::text;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::fitting;
use crate::host::{Above, Host, TRIES, Trouble, contested};
use crate::platform::{MessageRef, SendError, Target};
use crate::store::{Commit, CommitError, Key, Kind, Row, Write};
use crate::{alerts, card, posted, waiting};

mod pace;
mod turns;

pub use pace::Pace;
pub use turns::{Turns, in_turn};

use turns::wait_below;

/// The longest pause between two looks for the message that another belongs under.
const LONGEST_GAP: SignedDuration = SignedDuration::from_mins(1);
/// How long delivery of an answer is tried; a card is tried for ever.
const STALE: SignedDuration = SignedDuration::from_hours(24);

/// What stands below an answer that was for all and reaches its asker alone.
const ALONE: &str = "I can't post in this channel, so only you see this. Invite me, and ask again with --share.";

/// A message to deliver, or one that was delivered and may be edited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saying {
    /// The platform's name.
    pub platform: String,
    /// Where it goes.
    pub target: Target,
    /// The slot of the message in whose thread it belongs, where it is one.
    pub under: Option<String>,
    /// Where it goes when it can't go there: an answer for all, to its asker alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<Target>,
    /// Its newest content.
    pub message: Message,
    /// Whether it stays on record to be edited.
    pub stays: Stays,
    /// Counts its contents from 1.
    pub wanted: u64,
    /// The content that was delivered last.
    pub delivered: u64,
    /// Where it was posted.
    pub at: Option<MessageRef>,
    /// When a delivery that is not known to have ended began.
    pub sending: Option<Timestamp>,
    /// When it was first to be said.
    pub since: Timestamp,
    /// Tries that failed in a row.
    pub tries: u32,
    /// Whether it goes before others of its channel until it is posted.
    #[serde(default)]
    pub rank: Rank,
    /// Its place among all that is said: what was committed first has the smaller number.
    #[serde(default)]
    pub turn: u64,
}

/// Whether a message goes before others of its channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// In its turn.
    #[default]
    Usual,
    /// Before all that is not as urgent.
    First,
}

/// Whether a message stays on record once it is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stays {
    /// To be edited later: a card.
    ForEdits,
    /// Said once.
    Not,
}

impl Saying {
    /// A message said once.
    pub fn once(platform: &str, target: Target, message: Message) -> Self {
        Self {
            platform: platform.to_owned(),
            target,
            under: None,
            instead: None,
            message,
            stays: Stays::Not,
            wanted: 1,
            delivered: 0,
            at: None,
            sending: None,
            since: Timestamp::UNIX_EPOCH,
            tries: 0,
            rank: Rank::Usual,
            turn: 0,
        }
    }

    /// A message that stays to be edited.
    pub fn card(platform: &str, channel: &str, message: Message) -> Self {
        let target = Target::Channel { channel: channel.to_owned(), thread: None };
        Self { stays: Stays::ForEdits, ..Self::once(platform, target, message) }
    }

    /// The same message, before all others of its channel where it is about something critical.
    #[must_use]
    pub fn ranked(self, severity: Severity) -> Self {
        let rank = if severity == Severity::Critical { Rank::First } else { Rank::Usual };
        Self { rank, ..self }
    }

    /// The same message, kept to be edited.
    #[must_use]
    pub fn for_edits(self) -> Self {
        Self { stays: Stays::ForEdits, ..self }
    }

    /// The same message, in the thread of the message of another slot.
    #[must_use]
    pub fn under(mut self, slot: &str) -> Self {
        self.under = Some(slot.to_owned());
        self
    }

    /// Whether it goes before others of its channel now. Edits never do: the card of a storm changes every second, and no
    /// other message would ever be said.
    fn urgency(&self) -> Rank {
        if self.at.is_some() { Rank::Usual } else { self.rank }
    }

    /// The write that makes this the newest content of `slot`, given the record as it stands.
    pub fn write(mut self, slot: &str, row: Option<&Row>, now: Timestamp) -> Result<Write, Trouble> {
        self.since = now;
        self.message = fitting::message(self.message);
        if let Some(row) = row {
            let known: Self = crate::host::read(row)?;
            let Self { message, rank, stays, .. } = self;
            // What is not posted yet keeps its place.
            let turn = if known.at.is_some() { self.turn } else { known.turn };
            self = Self { message, rank, stays, turn, wanted: known.wanted + 1, tries: 0, ..known };
        }
        let value = crate::host::json(&self)?;
        let expects = row.map_or(0, |row| row.version);
        Ok(Write { key: Key::new(Kind::Message, slot), expects, value: Some(value), due: Some(now) })
    }
}

/// Delivers one due message.
pub async fn deliver(host: &Arc<Host>, row: Row) -> Result<(), Trouble> {
    let mut saying: Saying = crate::host::read(&row)?;
    let now = host.clock.now();
    let Some(platform) = host.platform(&saying.platform) else {
        return give_up(host, &row, &saying, &format!("the platform {} is not connected", saying.platform)).await;
    };
    if let (Some(slot), None) = (&saying.under, &saying.at) {
        match host.above(slot).await? {
            Above::At(above) => saying.target = Target::Channel { channel: above.channel, thread: Some(above.message) },
            Above::OnItsWay if now.duration_since(saying.since) > STALE => {
                return give_up(host, &row, &saying, "the message it belongs under was not posted for a day").await;
            }
            Above::OnItsWay => return put_off(host, &row, now + wait_below(&saying, now)).await,
            // It was given up. The words are worth reading all the same.
            Above::Nowhere => {}
        }
    }
    if let Some(channel) = paced(&saying.target) {
        if let Some(at) = &saying.at {
            host.pace.learn(channel, &at.channel);
            if let Some(until) = host.pace.edits_held(channel, now) {
                // It asks for its moment anew.
                host.pace.gone(&row.key);
                return put_off(host, &row, until).await;
            }
        }
        let moment = host.pace.moment(&row.key, (channel, saying.urgency()), now);
        if moment > now {
            return put_off(host, &row, moment).await;
        }
    }
    let (mut row, mut saying) = (row, saying);
    if let Some(at) = &saying.at {
        let sent = platform.edit(at, &saying.message).await;
        return settle(host, row, saying.clone(), sent.map(|()| None)).await;
    }
    if let Some(since) = saying.sending {
        match platform.find(&saying.target, &row.key.id, since).await {
            Ok(None) => {}
            // What stands there may be an older content, so it counts as none and is edited.
            Ok(Some(at)) => return settle(host, row, Saying { wanted: 0, ..saying }, Ok(Some(at))).await,
            // Posting without having looked could say it twice.
            Err(error) => return settle(host, row, saying, Err(error)).await,
        }
    } else if can_be_found(&saying.target) {
        saying.sending = Some(now);
        let value = crate::host::json(&saying)?;
        let write = Write { key: row.key.clone(), expects: row.version, value: Some(value.clone()), due: row.due };
        host.commit_plain(Commit::at(now).write(write)).await?;
        row.version += 1;
        row.value = value;
    }
    let sent = platform.post(&saying.target, &saying.message, &row.key.id).await;
    settle(host, row, saying, sent.map(Some)).await
}

/// Whether a platform can tell afterwards that a message was posted; what one person alone sees is in no history.
fn can_be_found(target: &Target) -> bool {
    match target {
        Target::Channel { .. } | Target::Shared { .. } | Target::Direct { .. } => true,
        Target::Only { .. } => false,
    }
}

/// The channel whose pace a message keeps.
fn paced(target: &Target) -> Option<&str> {
    match target {
        Target::Channel { channel, .. } | Target::Shared { channel, .. } => Some(channel),
        Target::Only { .. } | Target::Direct { .. } => None,
    }
}

async fn put_off(host: &Host, row: &Row, until: Timestamp) -> Result<(), Trouble> {
    host.store.put_off(&row.key, until).await;
    Ok(())
}

/// Commits what became of a delivery. A newer content that came in between stays due.
async fn settle(host: &Host, row: Row, saying: Saying, sent: Result<Option<MessageRef>, SendError>) -> Result<(), Trouble> {
    host.pace.gone(&row.key);
    let now = host.clock.now();
    let error = match sent {
        Ok(at) => {
            if let (Some(channel), Some(at)) = (paced(&saying.target), &at) {
                host.pace.learn(channel, &at.channel);
            }
            host.metrics.delivered();
            return delivered(host, row, saying, at).await;
        }
        Err(error) => error,
    };
    if let SendError::Never(why) = &error {
        return give_up(host, &row, &saying, why).await;
    }
    if saying.stays == Stays::Not && now.duration_since(saying.since) > STALE {
        return give_up(host, &row, &saying, "it could not be delivered for a day").await;
    }
    let wait = match &error {
        SendError::Wait(wait) => {
            match paced(&saying.target) {
                Some(channel) if saying.at.is_some() => host.pace.hold_edits(channel, now + *wait),
                Some(channel) => host.pace.hold(channel, now + *wait),
                None => {}
            }
            *wait
        }
        SendError::Again(_) | SendError::Never(_) => SignedDuration::from_secs(1 << saying.tries.min(7)),
    };
    host.metrics.retried();
    tracing::warn!(slot = row.key.id, %error, tries = saying.tries, "a message could not be delivered yet");
    amend(host, row, (now + wait, None), |known| known.tries += 1).await
}

async fn delivered(host: &Host, row: Row, saying: Saying, at: Option<MessageRef>) -> Result<(), Trouble> {
    let wanted = saying.wanted;
    if saying.stays == Stays::Not {
        let gone = Write { key: row.key.clone(), expects: row.version, value: None, due: None };
        let mut commit = Commit::at(host.clock.now()).write(gone);
        if let Some(at) = &saying.at {
            commit.writes.extend(posted::forgotten(host, at).await?);
        }
        host.commit_plain(commit).await?;
        return Ok(());
    }
    let slot = row.key.id.clone();
    let noted = match &at {
        Some(at) => posted::noted(host, at, &slot).await?,
        None => None,
    };
    amend(host, row, (host.clock.now(), noted), |known| {
        known.delivered = wanted;
        known.sending = None;
        known.tries = 0;
        if let Some(at) = &at {
            known.at = Some(at.clone());
        }
    })
    .await?;
    if at.is_some() {
        for below in host.pace.posted(&slot) {
            host.store.wake(&below, host.clock.now()).await;
        }
        host.bells.messages.ring();
        // A vote may have been cast before this was on record, when nobody could tell yet whose card it is.
        waiting::nudge(host, &slot).await?;
        alerts::nudge(host, &slot).await?;
    }
    Ok(())
}

/// Changes the record of a message, over whatever was written to it meanwhile.
async fn amend(
    host: &Host,
    mut row: Row,
    (due, also): (Timestamp, Option<Write>),
    change: impl Fn(&mut Saying),
) -> Result<(), Trouble> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut saying: Saying = crate::host::read(&row)?;
        change(&mut saying);
        let due = (saying.wanted > saying.delivered).then_some(due);
        let value = Some(crate::host::json(&saying)?);
        let write = Write { key: row.key.clone(), expects: row.version, value, due };
        let mut commit = Commit::at(host.clock.now()).write(write);
        commit.writes.extend(also.clone());
        match host.commit_plain(commit).await {
            Err(CommitError::Conflict(key)) if tries == TRIES => return Err(contested(&key).into()),
            Err(CommitError::Conflict(_)) => match host.store.get(&row.key).await? {
                Some(newer) => row = newer,
                None => return Ok(()),
            },
            other => return other.map(|_| ()).map_err(Trouble::from),
        }
    }
}

async fn give_up(host: &Host, row: &Row, saying: &Saying, why: &str) -> Result<(), Trouble> {
    host.pace.gone(&row.key);
    host.metrics.given_up();
    tracing::error!(slot = row.key.id, why, "a message can't be delivered");
    let mut fact = Fact {
        operation: row.key.id.clone(),
        event: "undelivered".to_owned(),
        person: commands::context::MYSELF.to_owned(),
        outcome: Some("undelivered".to_owned()),
        ..Fact::default()
    };
    fact.detail.insert("why".to_owned(), why.into());
    fact.detail.insert("said".to_owned(), saying.message.plain().chars().take(500).collect::<String>().into());
    let now = host.clock.now();
    let instead = another_way(saying, &host.rules.channels.default);
    let due = instead.as_ref().map(|_| now);
    let value = instead.as_ref().map(crate::host::json).transpose()?;
    let write = Write { key: row.key.clone(), expects: row.version, value, due };
    let mut commit = Commit::at(now).write(write).fact(fact);
    if let (None, Some((slot, word))) = (&instead, unposted(host, row, saying, why).await?) {
        let before = host.store.get(&Key::new(Kind::Message, slot.as_str())).await?;
        commit = commit.write(word.write(&slot, before.as_ref(), now)?);
    }
    match host.commit_plain(commit).await {
        Ok(_) => {
            host.bells.messages.ring();
            Ok(())
        }
        Err(CommitError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// What the asker of a change reads whose card is nowhere to be seen, and in which slot.
async fn unposted(host: &Host, row: &Row, saying: &Saying, why: &str) -> Result<Option<(String, Saying)>, Trouble> {
    let id = card::change_of(&row.key.id);
    let Some(id) = id.filter(|_| saying.stays == Stays::ForEdits) else { return Ok(None) };
    let Some((record, _)) = host.change(id).await? else { return Ok(None) };
    if matches!(record.status, Status::Ended { .. }) {
        return Ok(None);
    }
    let Some(account) = host.people.account(&saying.platform, &record.asker) else { return Ok(None) };
    let channel = paced(&saying.target).unwrap_or_default();
    let words = text![
        "I can't post the card of ",
        code(id.to_string()),
        " in ",
        channel,
        format!(": {why}. The change stands without it: "),
        code(format!("change show {id}")),
        " shows it, and those who approve it can type ",
        code(format!("change approve {id}")),
        ". Whoever runs me can invite me there."
    ];
    Ok(Some((format!("nocard/{id}"), Saying::once(&saying.platform, Target::Direct { account: account.id }, words.into()))))
}

/// Another way for a message that can't be delivered as it is.
fn another_way(saying: &Saying, default: &str) -> Option<Saying> {
    let fresh = Saying { at: None, sending: None, tries: 0, ..saying.clone() };
    if let Some(instead) = &saying.instead {
        let message = match instead {
            Target::Channel { .. } | Target::Shared { .. } => saying.message.clone(),
            Target::Direct { .. } | Target::Only { .. } => saying.message.clone().note(ALONE),
        };
        return Some(Saying { target: instead.clone(), instead: None, message, ..fresh });
    }
    match &saying.target {
        Target::Only { account, .. } => {
            let target = Target::Direct { account: account.clone() };
            Some(Saying { target, message: plainly(&saying.message), ..fresh })
        }
        _ if saying.stays == Stays::Not => None,
        _ if saying.at.is_some() => Some(fresh),
        Target::Channel { channel, .. } if channel != default => {
            Some(Saying { target: Target::Channel { channel: default.to_owned(), thread: None }, ..fresh })
        }
        Target::Channel { .. } | Target::Shared { .. } | Target::Direct { .. } => None,
    }
}

/// A message in plain words, with its files: what refuses its blocks may take these.
fn plainly(message: &Message) -> Message {
    let (files, words): (Vec<Block>, Vec<Block>) =
        message.blocks.iter().cloned().partition(|block| matches!(block, Block::File(_)));
    let words = Message { blocks: words, ..Message::default() }.plain();
    files.into_iter().fold(Message::from(words.as_str()), Message::block)
}
