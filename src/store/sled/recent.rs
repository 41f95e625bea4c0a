//! The index over the newest entries, those that still lie in the tree; in memory, made anew at each start.

use std::collections::HashMap;

use jiff::Timestamp;

use super::bits::Bits;
use crate::audit::{Term, Terms};

#[derive(Debug)]
pub(super) struct Recent {
    /// The number of its first entry.
    first: u64,
    having: HashMap<Term, Vec<u32>>,
    times: Vec<i64>,
}

impl Recent {
    /// An index whose first entry will have the number `first`.
    pub(super) fn starting(first: u64) -> Self {
        Self { first, having: HashMap::new(), times: Vec::new() }
    }

    pub(super) fn first(&self) -> u64 {
        self.first
    }

    pub(super) fn count(&self) -> usize {
        self.times.len()
    }

    /// Adds the entry after the last.
    pub(super) fn add(&mut self, at: Timestamp, terms: &Terms) {
        let place = self.times.len() as u32;
        for term in &terms.0 {
            self.having.entry(*term).or_insert_with(|| Vec::with_capacity(1)).push(place);
        }
        self.times.push(at.as_millisecond());
    }

    /// Forgets the entries before the one with the number `first`.
    pub(super) fn forget_before(&mut self, first: u64) {
        let gone = u32::try_from(first.saturating_sub(self.first)).unwrap_or(u32::MAX).min(self.times.len() as u32);
        self.having.retain(|_, places| {
            places.retain(|place| *place >= gone);
            places.iter_mut().for_each(|place| *place -= gone);
            places.shrink_to_fit();
            !places.is_empty()
        });
        self.having.shrink_to_fit();
        self.times.drain(..gone as usize);
        self.times.shrink_to_fit();
        self.first += u64::from(gone);
    }

    /// The entries that have `term`, counted from the first.
    pub(super) fn having(&self, term: Term) -> Bits {
        let mut bits = Bits::none(self.count());
        self.having.get(&term).into_iter().flatten().for_each(|place| bits.add(*place as usize));
        bits
    }

    /// When each entry was made, in milliseconds since the epoch.
    pub(super) fn times(&self) -> &[i64] {
        &self.times
    }
}
