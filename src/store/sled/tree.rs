//! sled 0.34.7 as it must be used: one tree, batches, and a sync of its file that sled itself leaves out on Linux.

#![expect(clippy::disallowed_types, reason = "this is the file that knows sled")]

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sled::{Batch, Config, Db, IVec};

use super::keys;
use super::mark::State;
use super::open::sync_dir;
use crate::store::{Key, ReadError};

/// Records are small and few, and old entries lie elsewhere: a small cache holds what is asked for.
const CACHE: u64 = 16 << 20;

/// New values by key; none removes.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// The open tree.
#[derive(Debug)]
pub(super) struct Tree {
    db: Db,
    file: File,
    blobs: PathBuf,
    synced_blobs: Mutex<HashSet<OsString>>,
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
        Ok(Self { db, file, blobs: path.join("blobs"), synced_blobs: Mutex::default() })
    }

    pub(super) fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<IVec>, ReadError> {
        self.db.get(key).map_err(read)
    }

    /// All keys and values whose keys begin with `prefix`, by key.
    pub(super) fn under(&self, prefix: &[u8]) -> impl DoubleEndedIterator<Item = Result<(IVec, IVec), ReadError>> + use<> {
        self.db.scan_prefix(prefix).map(|pair| pair.map_err(read))
    }

    /// All keys and values from `first` up to, not with, `end`, by key.
    pub(super) fn between(
        &self,
        first: &[u8],
        end: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(IVec, IVec), ReadError>> + use<> {
        self.db.range(first..end).map(|pair| pair.map_err(read))
    }

    /// Where it stands.
    pub(super) fn state(&self) -> Result<State, ReadError> {
        match self.get(keys::STATE)? {
            None => Ok(State::default()),
            Some(bytes) => State::from_bytes(&bytes).ok_or_else(|| keys::unreadable("the store's state")),
        }
    }

    /// The version of a record, 0 when there is none, with its due time.
    pub(super) fn stored(&self, key: &Key) -> Result<Option<keys::Stored>, ReadError> {
        self.get(keys::record(key))?.map(|bytes| keys::Stored::from_bytes(&bytes)).transpose()
    }

    /// Applies all `changes` or none. Not durable before [`Tree::sync`].
    pub(super) fn apply(&self, changes: &Changes) -> Result<(), String> {
        let mut batch = Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        self.db.apply_batch(batch).map_err(|cause| cause.to_string())
    }

    /// Makes durable what was applied. sled's `flush` writes and calls `sync_file_range`, which outlives no power cut
    /// (its issues 1351, 1452), and its blob files are never synced at all.
    pub(super) fn sync(&self) -> Result<(), String> {
        self.db.flush().map_err(|cause| cause.to_string())?;
        self.sync_blobs().and_then(|()| self.file.sync_data()).map_err(|cause| cause.to_string())
    }

    fn sync_blobs(&self) -> io::Result<()> {
        let mut synced = self.synced_blobs.lock().unwrap_or_else(PoisonError::into_inner);
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

fn read(cause: sled::Error) -> ReadError {
    ReadError(cause.to_string())
}
