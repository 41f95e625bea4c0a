//! The order of what is said: what was committed first goes first, and what waits for another message waits together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};

use super::pace::GAP;
use super::{LONGEST_GAP, STALE, Saying, paced};
use crate::host::{Above, Host, Trouble, read};
use crate::store::{Key, Kind, Row, Store};

/// Numbers what is said, in order: by the time in microseconds, or the next number where that is taken.
#[derive(Debug)]
pub struct Turns(AtomicU64);

impl Turns {
    /// Numbers after those of all that is still to be said.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn after(store: &dyn Store) -> Result<Self, Trouble> {
        let mut last = 0;
        for row in store.pending(Kind::Message).await? {
            last = read::<Saying>(&row).map_or(last, |saying| saying.turn.max(last));
        }
        Ok(Self(AtomicU64::new(last)))
    }

    /// The number of the next thing that is said.
    pub fn next(&self, now: Timestamp) -> u64 {
        let least = u64::try_from(now.as_microsecond()).unwrap_or_default();
        let next = |last: u64| Some(least.max(last + 1));
        // The closure always gives a number.
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default();
        least.max(last + 1)
    }
}

/// Gives messages that are due together their moments in the order in which they were said, the urgent ones first, so that
/// those of one channel go out so. What waits for the message above it is put off, all of it until that is posted.
pub async fn in_turn(host: &Host, rows: Vec<Row>) -> Vec<Row> {
    let now = host.clock.now();
    // One that can't be read is told of where it is delivered.
    let known = |row: Row| (read::<Saying>(&row).ok(), row);
    let mut due: Vec<_> = rows.into_iter().map(known).collect();
    due.sort_by_key(|(saying, _)| saying.as_ref().map(|saying| (std::cmp::Reverse(saying.urgency()), saying.turn)));
    let waits = waiting_below(host, &due, now).await;
    let mut ready = Vec::with_capacity(due.len());
    for (saying, row) in due {
        let Some(saying) = saying else {
            ready.push(row);
            continue;
        };
        let above = match (&saying.under, &saying.at) {
            (Some(slot), None) => host.above(slot).await.ok(),
            _ => None,
        };
        if below(&saying, now).is_some_and(|slot| waits.contains(slot)) {
            host.store.put_off(&row.key, now + wait_below(&saying, now)).await;
            host.store.done(&row.key).await;
            continue;
        }
        let channel = match &above {
            Some(Above::At(above)) => Some(above.channel.as_str()),
            Some(Above::OnItsWay) => None,
            Some(Above::Nowhere) | None => paced(&saying.target),
        };
        if let Some(channel) = channel {
            if let Some(at) = &saying.at {
                host.pace.learn(channel, &at.channel);
            }
            if saying.at.is_none() || host.pace.edits_held(channel, now).is_none() {
                host.pace.moment(&row.key, (channel, saying.urgency()), now);
            }
        }
        ready.push(row);
    }
    ready
}

/// The slot of the message that a message belongs under, while it waits for that.
fn below(saying: &Saying, now: Timestamp) -> Option<&String> {
    let waits = saying.at.is_none() && now.duration_since(saying.since) <= STALE;
    saying.under.as_ref().filter(|_| waits)
}

/// The slots whose messages are on their way and under which something waits; that is woken once they are posted.
async fn waiting_below(host: &Host, due: &[(Option<Saying>, Row)], now: Timestamp) -> BTreeSet<String> {
    let mut all: BTreeMap<&String, Vec<Key>> = BTreeMap::new();
    for (saying, row) in due {
        if let Some(slot) = saying.as_ref().and_then(|saying| below(saying, now)) {
            all.entry(slot).or_default().push(row.key.clone());
        }
    }
    let mut waiting = BTreeSet::new();
    for (slot, keys) in all {
        if !matches!(host.above(slot).await, Ok(Above::OnItsWay)) {
            continue;
        }
        // Noted before it is looked once more: what is posted in between wakes what is noted.
        host.pace.waits(slot, keys);
        if matches!(host.above(slot).await, Ok(Above::OnItsWay)) {
            waiting.insert(slot.clone());
        } else {
            host.pace.posted(slot);
        }
    }
    waiting
}

/// How long a message waits at most for the one above it before it is looked again: soon at first, then ever more seldom.
pub(super) fn wait_below(saying: &Saying, now: Timestamp) -> SignedDuration {
    (now.duration_since(saying.since) / 8).clamp(GAP, LONGEST_GAP)
}
