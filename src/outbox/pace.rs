//! The pace of each channel: when a message may go there.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::Rank;
use crate::store::Key;

/// Slack allows about one message a second in a channel ("Rate limits", chat.postMessage).
pub(super) const GAP: SignedDuration = SignedDuration::from_secs(1);

/// Keeps each channel to its pace.
#[derive(Debug, Default)]
pub struct Pace(Mutex<Paces>);

#[derive(Debug, Default)]
struct Paces {
    /// The ids of channels by the names that messages are sent to: threads and edits know the id alone.
    ids: HashMap<String, String>,
    /// The next free moment of each channel.
    free: HashMap<String, Timestamp>,
    /// When messages of each channel may be edited again.
    edits: HashMap<String, Timestamp>,
    /// The moments given out, each in its channel.
    given: HashMap<Key, Given>,
    /// What waits for the message of a slot to be posted.
    below: HashMap<String, BTreeSet<Key>>,
}

/// A moment that was given out.
#[derive(Debug)]
struct Given {
    channel: String,
    moment: Timestamp,
    rank: Rank,
}

impl Paces {
    /// The earliest moment in a channel that was given to something less urgent, which has to ask for another.
    fn take_from_others(&mut self, id: &str, now: Timestamp) -> Option<Timestamp> {
        let others =
            self.given.iter().filter(|(_, given)| given.channel == id && given.rank == Rank::Usual && given.moment > now);
        let (key, moment) = others.min_by_key(|(_, given)| given.moment).map(|(key, given)| (key.clone(), given.moment))?;
        self.given.remove(&key);
        Some(moment)
    }

    fn id(&self, channel: &str) -> String {
        self.ids.get(channel).map_or(channel, String::as_str).to_owned()
    }

    /// Nothing new goes to the channel of this id before `until`.
    fn keep_free(&mut self, id: String, until: Timestamp) {
        let free = self.free.entry(id).or_insert(until);
        *free = until.max(*free);
    }
}

impl Pace {
    /// The moment at which a message may go to a channel; the same answer until [`Pace::gone`] or [`Pace::hold`].
    pub(super) fn moment(&self, key: &Key, (channel, rank): (&str, Rank), now: Timestamp) -> Timestamp {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(given) = paces.given.get(key) {
            return given.moment;
        }
        let id = paces.id(channel);
        let taken = if rank == Rank::First { paces.take_from_others(&id, now) } else { None };
        let moment = match taken {
            Some(moment) => moment,
            None => {
                let moment = paces.free.get(&id).copied().unwrap_or(now).max(now);
                paces.keep_free(id.clone(), moment + GAP);
                moment
            }
        };
        paces.given.insert(key.clone(), Given { channel: id, moment, rank });
        moment
    }

    /// The message was sent, or its try has failed.
    pub(super) fn gone(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).given.remove(key);
    }

    /// Nothing goes to a channel before `until`: moments given out before are given anew.
    pub(super) fn hold(&self, channel: &str, until: Timestamp) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = paces.id(channel);
        paces.given.retain(|_, given| given.channel != held || given.moment >= until);
        paces.keep_free(held, until);
    }

    /// No message of a channel is edited before `until`. What is to be posted goes on: platforms count it apart.
    pub(super) fn hold_edits(&self, channel: &str, until: Timestamp) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = paces.id(channel);
        let free = paces.edits.entry(held).or_insert(until);
        *free = until.max(*free);
    }

    /// When messages of a channel may be edited again, where that is not now.
    pub(super) fn edits_held(&self, channel: &str, now: Timestamp) -> Option<Timestamp> {
        let paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paces.edits.get(&paces.id(channel)).copied().filter(|until| *until > now)
    }

    /// What a channel is sent to as `name` goes to the channel of this id.
    pub(super) fn learn(&self, name: &str, id: &str) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if name == id || paces.ids.get(name).is_some_and(|known| known == id) {
            return;
        }
        paces.ids.insert(name.to_owned(), id.to_owned());
        if let Some(free) = paces.free.remove(name) {
            paces.keep_free(id.to_owned(), free);
        }
    }

    /// Messages wait for that of a slot.
    pub(super) fn waits(&self, slot: &str, keys: Vec<Key>) {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paces.below.entry(slot.to_owned()).or_default().extend(keys);
    }

    /// The message of a slot was posted, or never will be: what waited for it.
    pub(super) fn posted(&self, slot: &str) -> BTreeSet<Key> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).below.remove(slot).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use commands::records::Severity;

    use super::super::{Saying, paced};
    use super::*;
    use crate::platform::MessageRef;
    use crate::store::Kind;

    #[test]
    fn what_is_critical_goes_first_when_it_is_posted_but_its_edits_wait_their_turn() {
        let pace = Pace::default();
        let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let when = |slot: &str, saying: &Saying| {
            let key = Key::new(Kind::Message, slot);
            pace.moment(&key, (paced(&saying.target).unwrap(), saying.urgency()), start).duration_since(start).as_secs()
        };
        let usual = Saying::card("slack", "#ops", "usual".into());
        let critical = usual.clone().ranked(Severity::Critical);
        let at = MessageRef { platform: "slack".to_owned(), channel: "C1".to_owned(), message: "1.0".to_owned() };
        let edit = Saying { at: Some(at), ..critical.clone() };
        assert_eq!([when("a", &usual), when("b", &usual), when("c", &usual)], [0, 1, 2]);
        assert_eq!(when("d", &edit), 3, "an edit takes nobody's turn");
        assert_eq!(when("e", &critical), 1);
        assert_eq!(when("b", &usual), 4, "it asks for another");
    }
}
