//! What is due and who works on what, in this process's memory: the store has one process, and a new one works on nothing
//! yet. Due times are the tree's, read once at the start and followed since: looking for due work is what the bot does most.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use crate::store::{Key, Kind};

/// Due times as the store keeps them, and the records whose due time is another one.
#[derive(Debug, Default)]
pub(super) struct Leases {
    dues: BTreeMap<Kind, BTreeSet<(Timestamp, Key)>>,
    holds: HashMap<Key, Hold>,
}

#[derive(Clone, Copy, Debug)]
enum Hold {
    /// Somebody works on it.
    Claimed {
        /// Until then at most.
        until: Timestamp,
        /// Put off until then, once it is done.
        put_off: Option<Timestamp>,
        /// Woken meanwhile: due then, once it is done.
        woken: Option<Timestamp>,
        /// Whether it was written meanwhile: what whoever works on it saw is no longer so.
        written: bool,
    },
    /// Nobody works on it, and it is due then.
    Due(Timestamp),
}

impl Leases {
    /// Takes in anew what is due according to the tree.
    pub(super) fn fill(&mut self, dues: impl IntoIterator<Item = (Timestamp, Key)>) {
        self.dues.clear();
        dues.into_iter().for_each(|(at, key)| self.add(at, key));
    }

    fn add(&mut self, at: Timestamp, key: Key) {
        self.dues.entry(key.kind).or_default().insert((at, key));
    }

    /// Due times of a kind as the store keeps them, earliest first.
    pub(super) fn due(&self, kind: Kind) -> impl Iterator<Item = &(Timestamp, Key)> {
        self.dues.get(&kind).into_iter().flatten()
    }

    /// When a record that the store has as due at `due` may be claimed.
    pub(super) fn when(&self, key: &Key, due: Timestamp) -> Timestamp {
        match self.holds.get(key) {
            None => due,
            Some(Hold::Claimed { until, .. }) => *until,
            Some(Hold::Due(at)) => *at,
        }
    }

    /// The records of a kind that are due at another time than the store has, nobody working on them.
    pub(super) fn moved(&self, kind: Kind) -> impl Iterator<Item = (Timestamp, &Key)> {
        self.holds.iter().filter(move |(key, _)| key.kind == kind).filter_map(|(key, hold)| match hold {
            Hold::Due(at) => Some((*at, key)),
            Hold::Claimed { .. } => None,
        })
    }

    pub(super) fn claim(&mut self, key: Key, until: Timestamp) {
        self.holds.insert(key, Hold::Claimed { until, put_off: None, woken: None, written: false });
    }

    pub(super) fn put_off(&mut self, key: &Key, until: Timestamp) {
        match self.holds.get_mut(key) {
            Some(Hold::Claimed { written: true, .. }) => {}
            Some(Hold::Claimed { put_off, .. }) => *put_off = Some(until),
            Some(Hold::Due(at)) => *at = until,
            None => {
                self.holds.insert(key.clone(), Hold::Due(until));
            }
        }
    }

    pub(super) fn wake(&mut self, key: &Key, at: Timestamp) {
        match self.holds.get_mut(key) {
            Some(Hold::Claimed { woken, .. }) => *woken = Some(woken.map_or(at, |other| other.min(at))),
            Some(Hold::Due(other)) => *other = at.min(*other),
            None => {
                self.holds.insert(key.clone(), Hold::Due(at));
            }
        }
    }

    pub(super) fn done(&mut self, key: &Key) {
        if let Some(Hold::Claimed { put_off, woken, .. }) = self.holds.remove(key)
            && let Some(at) = woken.or(put_off)
        {
            self.holds.insert(key.clone(), Hold::Due(at));
        }
    }

    /// The record was written, which changed its due time from `before` to `after`; it is the store's again. Whoever works
    /// on it goes on.
    pub(super) fn written(&mut self, key: Key, before: Option<Timestamp>, after: Option<Timestamp>) {
        self.end_hold(&key);
        if before == after {
            return;
        }
        if let (Some(before), Some(dues)) = (before, self.dues.get_mut(&key.kind)) {
            dues.remove(&(before, key.clone()));
        }
        if let Some(after) = after {
            self.add(after, key);
        }
    }

    fn end_hold(&mut self, key: &Key) {
        match self.holds.get_mut(key) {
            Some(Hold::Claimed { put_off, written, .. }) => (*put_off, *written) = (None, true),
            Some(Hold::Due(_)) => {
                self.holds.remove(key);
            }
            None => {}
        }
    }

    pub(super) fn forget(&mut self, key: &Key) {
        self.holds.remove(key);
    }
}
