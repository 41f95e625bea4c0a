//! Who works on what, in this process's memory: sled has one process, and a new one works on nothing yet.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::store::{Key, Kind};

/// The records whose due time is not the one the store keeps.
#[derive(Debug, Default)]
pub(super) struct Leases(HashMap<Key, Hold>);

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
    },
    /// Nobody works on it, and it is due then.
    Due(Timestamp),
}

impl Leases {
    /// When a record that the store has as due at `due` may be claimed.
    pub(super) fn when(&self, key: &Key, due: Timestamp) -> Timestamp {
        match self.0.get(key) {
            None => due,
            Some(Hold::Claimed { until, .. }) => *until,
            Some(Hold::Due(at)) => *at,
        }
    }

    /// The records of a kind that are due at another time than the store has, nobody working on them.
    pub(super) fn moved(&self, kind: Kind) -> impl Iterator<Item = (Timestamp, &Key)> {
        self.0.iter().filter(move |(key, _)| key.kind == kind).filter_map(|(key, hold)| match hold {
            Hold::Due(at) => Some((*at, key)),
            Hold::Claimed { .. } => None,
        })
    }

    pub(super) fn claim(&mut self, key: Key, until: Timestamp) {
        self.0.insert(key, Hold::Claimed { until, put_off: None, woken: None });
    }

    pub(super) fn put_off(&mut self, key: &Key, until: Timestamp) {
        match self.0.get_mut(key) {
            Some(Hold::Claimed { put_off, .. }) => *put_off = Some(until),
            Some(Hold::Due(at)) => *at = until,
            None => {
                self.0.insert(key.clone(), Hold::Due(until));
            }
        }
    }

    pub(super) fn wake(&mut self, key: &Key, at: Timestamp) {
        match self.0.get_mut(key) {
            Some(Hold::Claimed { woken, .. }) => *woken = Some(woken.map_or(at, |other| other.min(at))),
            Some(Hold::Due(other)) => *other = at.min(*other),
            None => {
                self.0.insert(key.clone(), Hold::Due(at));
            }
        }
    }

    pub(super) fn done(&mut self, key: &Key) {
        if let Some(Hold::Claimed { put_off, woken, .. }) = self.0.remove(key)
            && let Some(at) = woken.or(put_off)
        {
            self.0.insert(key.clone(), Hold::Due(at));
        }
    }

    /// The record was written: its due time is the store's again. Whoever works on it goes on.
    pub(super) fn written(&mut self, key: &Key) {
        match self.0.get_mut(key) {
            Some(Hold::Claimed { put_off, .. }) => *put_off = None,
            Some(Hold::Due(_)) => {
                self.0.remove(key);
            }
            None => {}
        }
    }

    pub(super) fn forget(&mut self, key: &Key) {
        self.0.remove(key);
    }
}
