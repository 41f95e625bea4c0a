//! The high-water mark: how far the store had come, kept apart from sled and synced by itself.
//!
//! sled's recovery may give back less than was acknowledged without a word. The mark is how that shows. It never claims
//! more than is durable; two slots are written in turn, so that a torn write leaves the one before. Its sync runs beside
//! the next group's work: before a group is acknowledged, the mark of the one before it is durable, so that it lags by one
//! group at most, and at rest by none.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

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
        let mark = Self { file };
        let slots = [mark.slot(0)?, mark.slot(1)?];
        let state = slots.into_iter().flatten().max_by_key(|state| state.group);
        Ok((mark, state))
    }

    fn slot(&self, which: u64) -> io::Result<Option<State>> {
        let mut slot = [0; SLOT];
        self.file.read_exact_at(&mut slot, which * APART)?;
        let (body, sum) = slot.split_at(BODY);
        Ok(if digest(&SHA256, body).as_ref() == sum { State::from_bytes(body) } else { None })
    }

    /// Writes and syncs `state`.
    pub(super) fn set(&self, state: State) -> io::Result<()> {
        let body = state.to_bytes();
        let slot = [&body[..], digest(&SHA256, &body).as_ref()].concat();
        self.file.write_all_at(&slot, state.group % 2 * APART)?;
        self.file.sync_data()
    }
}

/// The thread that syncs it.
#[derive(Debug)]
pub(super) struct Marker {
    states: Option<mpsc::Sender<State>>,
    outcomes: mpsc::Receiver<io::Result<()>>,
    running: bool,
    thread: Option<JoinHandle<()>>,
}

impl Marker {
    /// Starts the thread.
    pub(super) fn start(mark: Mark) -> io::Result<Self> {
        let (states, asked) = mpsc::channel();
        let (answer, outcomes) = mpsc::channel();
        let work = move || {
            for state in asked {
                if answer.send(mark.set(state)).is_err() {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-marker".to_owned()).spawn(work)?;
        Ok(Self { states: Some(states), outcomes, running: false, thread: Some(thread) })
    }

    /// Begins to write and sync `state`, after what was begun before.
    pub(super) fn begin(&mut self, state: State) -> io::Result<()> {
        self.finish()?;
        self.running = self.states.as_ref().is_some_and(|states| states.send(state).is_ok());
        if self.running { Ok(()) } else { Err(gone()) }
    }

    /// Waits until what was begun is durable.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.running) { self.outcomes.recv().unwrap_or_else(|_| Err(gone())) } else { Ok(()) }
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        self.states = None;
        if let Some(thread) = self.thread.take() {
            // Its panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the high-water mark's thread is gone")
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
