//! sled 0.34.7 as it must be used: one tree, behind a journal, and a sync of its file that sled itself leaves out on Linux.
//!
//! A group of commits is durable once the journal has it. Until sled has it too it lies in a layer in memory, over what is
//! in sled. [`Tree::settle`] brings a layer into sled, many groups at once: what was written and removed again meanwhile,
//! as most records of a command are, never gets there.

#![expect(clippy::disallowed_types, reason = "this is the file that knows sled")]

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use sled::{Batch, Config, Db, IVec};

use super::journal::Journal;
use super::keys;
use super::layers::{Layer, Layers, Merged, Pair};
use super::mark::State;
use super::open::sync_dir;
use super::shared::unpoisoned;
use crate::store::{Key, ReadError};

/// Records are small and few, and old entries lie elsewhere: a small cache holds what is asked for.
const CACHE: u64 = 16 << 20;
/// Changes that go into sled at once. Whoever reads waits meanwhile, so they are few.
const BATCH: usize = 64;

/// New values by key; none removes.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The open tree.
#[derive(Debug)]
pub(super) struct Tree {
    db: Db,
    file: File,
    blobs: PathBuf,
    synced_blobs: Mutex<HashSet<OsString>>,
    journal: Mutex<Journal>,
    layers: RwLock<Layers>,
    /// Held while a layer is brought into sled.
    settling: Mutex<()>,
}

/// Why it was not opened.
#[derive(Debug)]
pub(super) enum Unopened {
    /// A file can't be read or written.
    Io(io::Error),
    /// What is in them is not what sled wrote.
    Damaged(String),
}

impl Tree {
    /// Opens sled in `path`. It may panic on damage.
    pub(super) fn open(path: &Path) -> Result<Self, Unopened> {
        // No background flusher: only what the writer thread flushes is acknowledged.
        let db = Config::new().path(path).cache_capacity(CACHE).flush_every_ms(None).open().map_err(|cause| match cause {
            sled::Error::Io(cause) => Unopened::Io(cause),
            cause => Unopened::Damaged(cause.to_string()),
        })?;
        let file = File::open(path.join("db")).map_err(Unopened::Io)?;
        let damaged = |error: ReadError| Unopened::Damaged(error.0);
        let settled = db.get(keys::STATE).map_err(read).and_then(state_of).map_err(damaged)?;
        let (journal, ahead) = Journal::open(path, settled.group).map_err(|cause| match cause.kind() {
            io::ErrorKind::InvalidData => Unopened::Damaged(cause.to_string()),
            _ => Unopened::Io(cause),
        })?;
        let layer = |changes| {
            let layer = Layer::default();
            layer.take(&changes, |_| true);
            Arc::new(layer)
        };
        let layers = RwLock::new(Layers { front: layer(ahead.front), back: ahead.back.map(layer) });
        Ok(Self {
            db,
            file,
            blobs: path.join("blobs"),
            synced_blobs: Mutex::default(),
            journal: Mutex::new(journal),
            layers,
            settling: Mutex::default(),
        })
    }

    fn layers(&self) -> Layers {
        unpoisoned(self.layers.read()).clone()
    }

    pub(super) fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>, ReadError> {
        match self.layers().get(key.as_ref()) {
            Some(value) => Ok(value),
            None => self.db.get(key).map_err(read),
        }
    }

    /// All keys and values whose keys begin with `prefix`, by key.
    pub(super) fn under(&self, prefix: &[u8]) -> impl Iterator<Item = Result<Pair, ReadError>> + use<> {
        let above = self.above(prefix);
        Merged::ascending(above.into_iter(), self.db.scan_prefix(prefix).map(|pair| pair.map_err(read)))
    }

    /// All keys and values whose keys begin with `prefix`, the greatest key first.
    pub(super) fn under_descending(&self, prefix: &[u8]) -> impl Iterator<Item = Result<Pair, ReadError>> + use<> {
        let above = self.above(prefix);
        Merged::descending(above.into_iter().rev(), self.db.scan_prefix(prefix).rev().map(|pair| pair.map_err(read)))
    }

    /// What the layers have under `prefix`. It is taken before sled is read: what is settled in between is in sled then.
    fn above(&self, prefix: &[u8]) -> BTreeMap<IVec, Option<IVec>> {
        let end = keys::after(prefix);
        self.layers().between(prefix, end.as_deref().map_or(Bound::Unbounded, Bound::Excluded))
    }

    /// All keys and values from `first` up to, not with, `end`, by key.
    pub(super) fn between(&self, first: &[u8], end: &[u8]) -> impl Iterator<Item = Result<Pair, ReadError>> + use<> {
        let above = self.layers().between(first, Bound::Excluded(end));
        Merged::ascending(above.into_iter(), self.db.range(first..end).map(|pair| pair.map_err(read)))
    }

    /// Where it stands.
    pub(super) fn state(&self) -> Result<State, ReadError> {
        self.get(keys::STATE).and_then(state_of)
    }

    /// The version of a record, 0 when there is none, with its due time.
    pub(super) fn stored(&self, key: &Key) -> Result<Option<keys::Stored>, ReadError> {
        self.get(keys::record(key))?.map(|bytes| keys::Stored::from_bytes(&bytes)).transpose()
    }

    /// Makes a group of changes durable, then shows all of it. Returns how many bytes wait for [`Tree::settle`] with it.
    /// After an error what is on the disk decides: open it anew.
    pub(super) fn commit(&self, changes: &Changes) -> Result<u64, String> {
        // Held to the end: a layer holds exactly what stands in its file.
        let mut journal = unpoisoned(self.journal.lock());
        journal.append(changes).map_err(|cause| cause.to_string())?;
        self.apply(changes)?;
        Ok(journal.length())
    }

    /// Shows `changes`, which nothing makes durable but the next [`Tree::settle`].
    pub(super) fn apply(&self, changes: &Changes) -> Result<(), String> {
        let Layers { front, back } = self.layers();
        // Where sled can't tell, the removal is kept: it does no harm.
        let below = |key: &[u8]| match back.as_ref().and_then(|back| back.get(key)) {
            Some(value) => value.is_some(),
            None => self.db.contains_key(key).unwrap_or(true),
        };
        front.take(changes, below);
        Ok(())
    }

    /// Brings the oldest layer into sled. Once it is durable there and `settled` has noted how far it goes, its file of the
    /// journal is free. Whether there was one.
    pub(super) fn settle(&self, settled: impl FnOnce(State) -> io::Result<()>) -> Result<bool, String> {
        let _one_at_a_time = unpoisoned(self.settling.lock());
        let Some(layer) = self.oldest_layer() else { return Ok(false) };
        let changes = layer.changes();
        let (state, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(key, _)| key == keys::STATE);
        // The state goes last: with it, all that it stands for is there.
        for part in changes.chunks(BATCH).chain([&state[..]]) {
            let mut batch = Batch::default();
            for (key, value) in part {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            self.db.apply_batch(batch).map_err(|cause| cause.to_string())?;
        }
        self.sync()?;
        if let Some((_, state)) = state.into_iter().next() {
            let state = state_of(state).map_err(|error| error.0)?;
            settled(state).map_err(|cause| cause.to_string())?;
        }
        unpoisoned(self.layers.write()).back = None;
        Ok(true)
    }

    /// Empties the journal at a clean stop. What sled has not got yet stays.
    pub(super) fn clear_journal(&self) -> io::Result<()> {
        let mut journal = unpoisoned(self.journal.lock());
        let Layers { front, back } = self.layers();
        if back.is_none() && front.is_empty() { journal.clear() } else { Ok(()) }
    }

    /// The layer to settle next. New groups go to another layer, and to the other file of the journal, from now on.
    fn oldest_layer(&self) -> Option<Arc<Layer>> {
        let mut journal = unpoisoned(self.journal.lock());
        let mut layers = unpoisoned(self.layers.write());
        if layers.back.is_none() && !layers.front.is_empty() {
            journal.turn();
            layers.back = Some(std::mem::take(&mut layers.front));
        }
        layers.back.clone()
    }

    /// Makes durable what sled has. Its own `flush` writes and calls `sync_file_range`, which outlives no power cut (its
    /// issues 1351, 1452), and its blob files are never synced at all.
    pub(super) fn sync(&self) -> Result<(), String> {
        self.db.flush().map_err(|cause| cause.to_string())?;
        self.sync_blobs().and_then(|()| self.file.sync_data()).map_err(|cause| cause.to_string())
    }

    fn sync_blobs(&self) -> io::Result<()> {
        let mut synced = unpoisoned(self.synced_blobs.lock());
        let mut present = HashSet::new();
        for blob in fs::read_dir(&self.blobs)? {
            let name = blob?.file_name();
            if !synced.contains(&name) {
                match File::open(self.blobs.join(&name)) {
                    Ok(blob) => blob.sync_all()?,
                    // sled removes blobs that nothing points to any more.
                    Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
                    Err(cause) => return Err(cause),
                }
            }
            present.insert(name);
        }
        if !present.is_subset(&synced) {
            sync_dir(&self.blobs)?;
        }
        *synced = present;
        Ok(())
    }
}

fn state_of(bytes: Option<IVec>) -> Result<State, ReadError> {
    let Some(bytes) = bytes else { return Ok(State::default()) };
    State::from_bytes(&bytes).ok_or_else(|| keys::unreadable("the store's state"))
}

fn read(cause: sled::Error) -> ReadError {
    ReadError(cause.to_string())
}
