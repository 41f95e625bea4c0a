//! AWS works on at most ten assignment writes of an organisation at once. Steps that want to write take a slot, or learn their
//! place in line and come back; a slot is held until AWS's status is final. By the bot's clock, since steps go by it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How long an assignment takes while nothing has been measured: AWS usually needs a few seconds.
const GUESS: SignedDuration = SignedDuration::from_secs(5);
/// Who held a slot and was not heard of for so long has lost it: statuses are final long before.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(15);
/// Who stood in line and did not come back has left it.
const LEFT: SignedDuration = SignedDuration::from_mins(2);
/// How soon to come back: those who may be next, and all others.
const SOON: SignedDuration = SignedDuration::from_secs(2);
const LATER: SignedDuration = SignedDuration::from_secs(10);

/// Which write a slot is for: the change, and which of its writes. The same whenever a step is repeated.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct WriteKey(String);

/// Permission to have one assignment write under way.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(super) key: WriteKey,
}

/// A place in line instead of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InLine {
    /// One for whoever is next.
    pub(crate) position: usize,
    /// About when it is this one's turn.
    pub(crate) eta: Timestamp,
    /// When to ask again: who does not come back for two minutes loses the place.
    pub(crate) again: Timestamp,
}

/// The slots and the line before them.
#[derive(Debug)]
pub(crate) struct Slots {
    most: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: HashMap<WriteKey, Held>,
    /// First come first; with when they last asked.
    line: Vec<(WriteKey, Timestamp)>,
    /// How long writes take, the later ones counting more.
    usual: Option<SignedDuration>,
}

#[derive(Debug)]
struct Held {
    since: Timestamp,
    seen: Timestamp,
}

impl WriteKey {
    /// The write `item` of a change, such as `WriteKey::new(permit.change(), "grant")`.
    pub(crate) fn new(change: &str, item: &str) -> Self {
        Self(format!("{change}/{item}"))
    }
}

impl Slots {
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), state: Mutex::default() }
    }

    /// A slot for `key`, the one it holds if it has one; otherwise its place in line, which it keeps.
    pub(crate) fn take(&self, key: &WriteKey, now: Timestamp) -> Result<Slot, InLine> {
        let mut state = self.state(now);
        if let Some(held) = state.held.get_mut(key) {
            held.seen = now;
            return Ok(Slot { key: key.clone() });
        }
        let place = match state.line.iter_mut().position(|(waiting, _)| waiting == key) {
            Some(place) => place,
            None => {
                state.line.push((key.clone(), now));
                state.line.len() - 1
            }
        };
        let free = self.most.saturating_sub(state.held.len());
        if place < free {
            state.line.remove(place);
            state.held.insert(key.clone(), Held { since: now, seen: now });
            return Ok(Slot { key: key.clone() });
        }
        state.line[place].1 = now;
        let usual = state.usual.unwrap_or(GUESS);
        let rounds = i32::try_from(place / self.most + 1).unwrap_or(i32::MAX);
        let eta = usual.checked_mul(rounds).and_then(|wait| now.checked_add(wait).ok()).unwrap_or(Timestamp::MAX);
        let again = now.saturating_add(if place < self.most { SOON } else { LATER }).unwrap_or(Timestamp::MAX);
        Err(InLine { position: place + 1, eta, again })
    }

    /// Takes note that the write of `key` is under way, as who follows one knows best: after a restart nobody else does.
    pub(crate) fn hold(&self, key: &WriteKey, now: Timestamp) {
        let mut state = self.state(now);
        state.line.retain(|(waiting, _)| waiting != key);
        state.held.entry(key.clone()).or_insert(Held { since: now, seen: now }).seen = now;
    }

    /// Gives the slot of `key` back, or its place in line: AWS is done with it, or never began.
    pub(crate) fn release(&self, key: &WriteKey, now: Timestamp) {
        let mut state = self.state(now);
        state.line.retain(|(waiting, _)| waiting != key);
        if let Some(held) = state.held.remove(key) {
            let took = now.duration_since(held.since).max(SignedDuration::ZERO);
            state.usual = Some(state.usual.map_or(took, |usual| (usual * 3 + took) / 4));
        }
    }

    fn state(&self, now: Timestamp) -> std::sync::MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.held.retain(|_, held| now.duration_since(held.seen) < FORGOTTEN);
        state.line.retain(|(_, asked)| now.duration_since(*asked) < LEFT);
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(item: usize) -> WriteKey {
        WriteKey::new("CHG-7", &item.to_string())
    }

    fn at(second: i64) -> Timestamp {
        "2026-11-25T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
    }

    #[test]
    fn a_repeated_step_finds_its_slot_again() {
        let slots = Slots::new(1);
        assert!(slots.take(&key(1), at(0)).is_ok());
        assert!(slots.take(&key(1), at(1)).is_ok());
        assert_eq!(slots.take(&key(2), at(1)).unwrap_err().position, 1);
    }

    #[test]
    fn those_in_line_are_served_in_order() {
        let slots = Slots::new(2);
        assert!(slots.take(&key(1), at(0)).is_ok() && slots.take(&key(2), at(0)).is_ok());
        assert_eq!(slots.take(&key(3), at(0)).unwrap_err().position, 1);
        assert_eq!(slots.take(&key(4), at(0)).unwrap_err().position, 2);
        assert_eq!(slots.take(&key(5), at(0)).unwrap_err().position, 3);
        slots.release(&key(1), at(8));
        assert_eq!(slots.take(&key(5), at(8)).unwrap_err().position, 3, "it came last");
        assert_eq!(slots.take(&key(4), at(8)).unwrap_err().position, 2);
        assert!(slots.take(&key(3), at(8)).is_ok());
        let in_line = slots.take(&key(4), at(8)).unwrap_err();
        assert_eq!(in_line, InLine { position: 1, eta: at(16), again: at(10) }, "a write takes 8 s, as measured");
    }

    #[test]
    fn after_a_restart_who_follows_a_write_holds_its_slot() {
        let slots = Slots::new(1);
        slots.hold(&key(1), at(0));
        assert!(slots.take(&key(2), at(0)).is_err());
        slots.release(&key(1), at(1));
        assert!(slots.take(&key(2), at(1)).is_ok());
    }

    #[test]
    fn who_never_comes_back_blocks_nobody() {
        let slots = Slots::new(1);
        assert!(slots.take(&key(1), at(0)).is_ok());
        assert!(slots.take(&key(2), at(0)).is_err());
        assert_eq!(slots.take(&key(3), at(100)).unwrap_err().position, 2);
        assert_eq!(slots.take(&key(3), at(121)).unwrap_err().position, 1, "the second left the line");
        assert_eq!(slots.take(&key(3), at(230)).unwrap_err().position, 1);
        assert!(slots.take(&key(3), at(900)).is_ok_and(|slot| slot.key == key(3)), "the first was lost");
    }
}
