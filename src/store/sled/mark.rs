//! The high-water mark: how far the store had come, kept apart from sled and synced by itself.
//!
//! sled's recovery may give back less than it had without a word. The mark is how that shows. It never claims more than is
//! durable; two slots are written in turn, so that a torn write leaves the one before. It is set whenever groups have gone
//! from the journal into sled, before the journal forgets them: what sled loses is either still there, or under the mark.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::digest::{SHA256, digest};

use crate::audit::Head;

/// How far the store has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// How many groups of commits were written.
    pub(super) group: u64,
    /// Where the audit log ends.
    pub(super) head: Head,
}

const BODY: usize = 48;
const SLOT: usize = BODY + 32;
/// Slots lie in sectors of their own, so that a torn write of one leaves the other alone.
const APART: u64 = 4096;

impl State {
    pub(super) fn to_bytes(self) -> [u8; BODY] {
        let mut bytes = [0; BODY];
        bytes[..8].copy_from_slice(&self.group.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.head.number.to_be_bytes());
        bytes[16..].copy_from_slice(&self.head.hash);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (group, rest) = bytes.split_first_chunk()?;
        let (number, hash) = rest.split_first_chunk()?;
        let head = Head { number: u64::from_be_bytes(*number), hash: hash.try_into().ok()? };
        Some(Self { group: u64::from_be_bytes(*group), head })
    }
}

/// The file that holds it.
#[derive(Debug)]
pub(super) struct Mark {
    file: File,
    /// The slot that was written last.
    last: AtomicU64,
}

impl Mark {
    /// Opens the file, or creates it, and reads what stands there. None when nothing does.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Option<State>)> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        if file.metadata()?.len() < 2 * APART {
            // Written out, so that a sync later has no size or extent to record.
            file.write_all_at(&vec![0; 2 * APART as usize], 0)?;
            file.sync_all()?;
        }
        let mark = Self { file, last: AtomicU64::new(0) };
        let slots = [(0, mark.slot(0)?), (1, mark.slot(1)?)];
        let newest = slots.into_iter().filter_map(|(slot, state)| Some((slot, state?))).max_by_key(|(_, state)| state.group);
        mark.last.store(newest.map_or(0, |(slot, _)| slot), Ordering::Relaxed);
        Ok((mark, newest.map(|(_, state)| state)))
    }

    fn slot(&self, which: u64) -> io::Result<Option<State>> {
        let mut slot = [0; SLOT];
        self.file.read_exact_at(&mut slot, which * APART)?;
        let (body, sum) = slot.split_at(BODY);
        Ok(if digest(&SHA256, body).as_ref() == sum { State::from_bytes(body) } else { None })
    }

    /// Writes and syncs `state`. One at a time.
    pub(super) fn set(&self, state: State) -> io::Result<()> {
        let other = 1 - self.last.load(Ordering::Relaxed);
        let body = state.to_bytes();
        let slot = [&body[..], digest(&SHA256, &body).as_ref()].concat();
        self.file.write_all_at(&slot, other * APART)?;
        self.file.sync_data()?;
        self.last.store(other, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_write_leaves_the_mark_before() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("high-water");
        let at = |group| State { group, head: Head { number: 2 * group, hash: [group as u8; 32] } };
        let (mark, nothing) = Mark::open(&path).unwrap();
        assert_eq!(nothing, None);
        mark.set(at(1)).unwrap();
        mark.set(at(2)).unwrap();
        assert_eq!(Mark::open(&path).unwrap().1, Some(at(2)));
        mark.file.write_all_at(&[9; 20], 0).unwrap();
        assert_eq!(Mark::open(&path).unwrap().1, Some(at(1)));
    }
}
