//! Claimed records. One process owns a sled store, so leases live in memory; a restart gives every record back.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::store::Key;

#[derive(Debug, Default)]
pub(super) struct Leases(HashMap<Key, Timestamp>);

impl Leases {
    /// Until when `key` is claimed, if it is.
    pub(super) fn until(&self, key: &Key) -> Option<Timestamp> {
        self.0.get(key).copied()
    }

    pub(super) fn claim(&mut self, key: Key, until: Timestamp) {
        self.0.insert(key, until);
    }

    pub(super) fn release(&mut self, key: &Key) {
        self.0.remove(key);
    }
}
