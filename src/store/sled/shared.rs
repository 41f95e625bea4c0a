//! What the writer and everybody who reads share.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;

use super::history::History;
use super::keys;
use super::leases::Leases;
use super::mark::{Mark, State};
use super::open::Folder;
use super::tree::Tree;
use crate::store::{Key, ReadError};

/// What must fit on the disk before commits are taken again after trouble: two of sled's segments.
const PROBE: usize = 1 << 20;

/// What readers and the writer share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: Folder,
    /// None while it is opened anew after trouble, and once it is closed.
    pub(super) tree: RwLock<Option<Arc<Tree>>>,
    pub(super) mark: Mark,
    pub(super) history: History,
    pub(super) leases: Mutex<Leases>,
    pub(super) trouble: Mutex<Option<String>>,
}

pub(super) const CLOSED: &str = "it is closed";

impl Shared {
    pub(super) fn tree(&self) -> Result<Arc<Tree>, ReadError> {
        let tree = unpoisoned(self.tree.read());
        tree.clone().ok_or_else(|| ReadError(self.trouble().unwrap_or_else(|| CLOSED.to_owned())))
    }

    pub(super) fn leases(&self) -> MutexGuard<'_, Leases> {
        unpoisoned(self.leases.lock())
    }

    /// Takes in anew what is due.
    pub(super) fn fill_leases(&self) -> Result<(), ReadError> {
        let dues = self.tree()?.under(keys::DUES).map(|pair| keys::due_of(&pair?.0));
        let dues: Vec<_> = dues.collect::<Result<_, _>>()?;
        self.leases().fill(dues);
        Ok(())
    }

    /// Says that records were written, with their due times before and after.
    pub(super) fn written(&self, dues: impl IntoIterator<Item = (Key, Option<Timestamp>, Option<Timestamp>)>) {
        let mut leases = self.leases();
        dues.into_iter().for_each(|(key, before, after)| leases.written(key, before, after));
    }

    pub(super) fn trouble(&self) -> Option<String> {
        unpoisoned(self.trouble.lock()).clone()
    }

    pub(super) fn set_trouble(&self, why: &str) {
        *unpoisoned(self.trouble.lock()) = Some(why.to_owned());
    }

    pub(super) fn clear_trouble(&self) {
        *unpoisoned(self.trouble.lock()) = None;
    }

    /// Whether the disk takes what a group may need.
    pub(super) fn probe(&self) -> io::Result<()> {
        let path = self.folder.dir().join("probe");
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(&vec![1; PROBE])?;
            file.sync_all()
        });
        let removed = std::fs::remove_file(&path);
        written.and(removed)
    }

    /// Brings some of what the journal holds into sled, and notes in the mark how far that goes. Whether there was any.
    pub(super) fn settle(&self) -> Result<bool, String> {
        let tree = self.tree().map_err(|error| error.0)?;
        tree.settle(|state| self.mark.set(state))
    }

    /// Brings everything that the journal holds into sled.
    pub(super) fn settle_all(&self) -> Result<(), String> {
        while self.settle()? {}
        Ok(())
    }

    /// Drops what is held in memory and opens the tree again from what is on disk, which is durable when this returns.
    pub(super) fn reopen(&self) -> Result<State, String> {
        // Whoever wants to read meanwhile is told at once, instead of waiting for the lock.
        let tree = unpoisoned(self.tree.write()).take();
        if let Some(tree) = tree {
            wait_for_readers(tree)?;
        }
        let tree = self.open_sled()?;
        let state = tree.state().map_err(|error| error.0)?;
        tree.sync()?;
        *unpoisoned(self.tree.write()) = Some(Arc::new(tree));
        Ok(state)
    }

    /// Opens sled, whose own threads may hold its lock for a moment after it was closed.
    fn open_sled(&self) -> Result<Tree, String> {
        let mut tries = 0;
        loop {
            match self.folder.open_sled().map_err(|error| error.to_string()) {
                Err(why) if tries < 200 && why.contains("could not acquire lock") => tries += 1,
                opened => return opened,
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
    }

    pub(super) fn close(&self) -> Result<(), String> {
        let tree = unpoisoned(self.tree.write()).take();
        if let Some(tree) = tree {
            tree.sync()?;
            tree.clear_journal().map_err(|cause| cause.to_string())?;
            wait_for_readers(tree)?;
        }
        if let Some(trouble) = self.trouble() {
            return Err(trouble);
        }
        self.folder.sync_sled().and_then(|()| self.folder.end()).map_err(|cause| cause.to_string())
    }
}

/// Closes the tree once the last reader is done with it: sled opens its files for one handle at a time.
fn wait_for_readers(mut tree: Arc<Tree>) -> Result<(), String> {
    for _ in 0..500 {
        match Arc::try_unwrap(tree) {
            Ok(tree) => {
                drop(tree);
                return Ok(());
            }
            Err(shared) => tree = shared,
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    Err("it is still being read".to_owned())
}

/// Nothing panics while it holds one of these locks, and what they hold is whole at any moment.
pub(super) fn unpoisoned<T>(locked: Result<T, PoisonError<T>>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}
