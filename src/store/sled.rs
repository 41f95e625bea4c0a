//! The embedded store: sled, with the guards it needs. One process, one writer.
//!
//! Reading order: `open` says what must be true at the start, `writer` how a commit becomes durable, `keys` how things
//! lie in the tree, `tree` is the file that knows sled, `mark` how a loss shows, `leases` who works on what.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use commands::records::{AuditPage, AuditQuery, Entry, Fact, Verification};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use self::history::{History, readable};
use self::keys::Stored;
use self::leases::Leases;
use self::mark::{Marker, State};
pub use self::open::OpenError;
use self::open::{Folder, Found, Loss};
use self::tree::Tree;
use self::writer::{Indexed, Job, Writer};
use super::{Commit, CommitError, Committed, Key, Kind, ReadError, Row, Store};
use crate::audit::{Head, Terms, hex};
use crate::platform::Health;

mod bits;
mod history;
mod keys;
mod leases;
mod mark;
mod open;
mod recent;
mod segment;
mod tree;
mod writer;

/// Commits that may wait for the writer; who comes later waits to hand its commit over.
const QUEUE: usize = 1024;
/// Entries in a sealed file. More make searches faster, and memory and start time larger.
const SEAL: usize = 8_192;
/// What must fit on the disk before commits are taken again after trouble: two of sled's segments.
const PROBE: usize = 1 << 20;

/// The store. Dropped without [`SledStore::close`] it counts as stopped uncleanly.
#[derive(Debug)]
pub struct SledStore {
    shared: Arc<Shared>,
    /// None only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

/// What readers and the writer share.
#[derive(Debug)]
struct Shared {
    folder: Folder,
    /// None while it is opened anew after trouble, and once it is closed.
    tree: RwLock<Option<Arc<Tree>>>,
    history: History,
    leases: Mutex<Leases>,
    trouble: Mutex<Option<String>>,
}

impl SledStore {
    /// Opens the store in the folder `dir`, or creates it. `now` stamps the entry that says that a loss was accepted.
    ///
    /// # Errors
    /// See [`OpenError`]: its sentence says what to do. Nothing was changed then but a copy made.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, OpenError> {
        Self::open_sealing(dir, now, SEAL)
    }

    /// Opens the store so that it seals audit entries in files of `seal`.
    fn open_sealing(dir: &Path, now: Timestamp, seal: usize) -> Result<Self, OpenError> {
        let damaged = |why| OpenError::Damaged { dir: dir.to_owned(), why };
        let folder = Folder::lock(dir)?;
        folder.begin()?;
        let tree = folder.open_sled()?;
        let history = folder.open_history()?;
        let Found { mark, state, loss } = folder.compare(&tree, &history)?;
        let tree = RwLock::new(Some(Arc::new(tree)));
        let shared = Arc::new(Shared { folder, tree, history, leases: Mutex::default(), trouble: Mutex::default() });
        let starting = |cause| OpenError::Io { doing: "starting the threads of", path: dir.to_owned(), cause };
        let marker = Marker::start(mark).map_err(starting)?;
        let mut writer = Writer::new(Arc::clone(&shared), marker, state, seal).map_err(|error| damaged(error.0))?;
        if let Some(loss) = loss {
            let said = writer.answers(&[indexed(Commit::at(now).fact(loss_accepted(loss)))]);
            if let Some(Err(error)) = said.into_iter().next() {
                return Err(damaged(error.to_string()));
            }
            shared.folder.forget_acceptance()?;
        }
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let answers = jobs.downgrade();
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(waiting, &answers))
            .map_err(starting)?;
        Ok(Self { shared, jobs: Some(jobs), writer: Some(writer) })
    }

    /// Stops writing and says in the folder that the stop was clean. Commits after it are refused.
    ///
    /// # Errors
    /// Why it counts as stopped uncleanly; nothing that was acknowledged is lost by that.
    pub async fn close(&self) -> Result<(), String> {
        let (answer, closed) = oneshot::channel();
        self.send(Job::Close(answer)).await?;
        closed.await.unwrap_or_else(|_| Err(CLOSED.to_owned()))
    }

    /// The bytes it takes on disk, copies of itself included: for health.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn size_on_disk(&self) -> std::io::Result<u64> {
        open::size_of(self.shared.folder.dir())
    }

    /// Why it can't be written at the moment; none when it can, as far as it knows: for health.
    pub fn trouble(&self) -> Option<String> {
        self.shared.trouble()
    }

    async fn send(&self, job: Job) -> Result<(), String> {
        let jobs = self.jobs.as_ref().ok_or(CLOSED)?;
        jobs.send(job).await.map_err(|_| CLOSED.to_owned())
    }

    /// Looks where it may take long, away from the threads that must not wait.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Shared) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let shared = Arc::clone(&self.shared);
        let looked = tokio::task::spawn_blocking(move || look(&shared)).await;
        looked.unwrap_or_else(|cause| Err(ReadError(cause.to_string())))
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // The writer's own panic was reported where it happened.
            let _ = writer.join();
        }
    }
}

#[async_trait]
impl Store for SledStore {
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Commit(Box::new(indexed(commit)), answer)).await.map_err(CommitError::Unwritable)?;
        answered.await.unwrap_or_else(|_| Err(CommitError::Unwritable(CLOSED.to_owned())))
    }

    async fn get(&self, key: &Key) -> Result<Option<Row>, ReadError> {
        self.shared.tree()?.stored(key)?.map(|stored| stored.row(key.clone())).transpose()
    }

    async fn newest(&self, kind: Kind, limit: usize) -> Result<Vec<Row>, ReadError> {
        self.look(move |shared| {
            let rows = shared.tree()?.under(&keys::records(kind)).rev().take(limit).map(|pair| {
                let (key, value) = pair?;
                Stored::from_bytes(&value)?.row(Key { kind, id: keys::record_id(&key)? })
            });
            rows.collect()
        })
        .await
    }

    async fn pending(&self, kind: Kind) -> Result<Vec<Row>, ReadError> {
        self.look(move |shared| {
            let tree = shared.tree()?;
            let mut rows = Vec::new();
            for due in shared.due(kind)? {
                let (at, key) = due?;
                rows.extend(due_row(&tree, at, key)?);
            }
            Ok(rows)
        })
        .await
    }

    async fn claim(&self, kinds: &[Kind], now: Timestamp, lease: SignedDuration, limit: usize) -> Result<Vec<Row>, ReadError> {
        let tree = self.shared.tree()?;
        let mut leases = self.shared.leases();
        let mut found = Vec::new();
        for kind in kinds {
            let mut moved: Vec<_> = leases.moved(*kind).filter(|(at, _)| *at <= now).map(|(at, key)| (at, key.clone())).collect();
            let mut taken = 0;
            for due in self.shared.due(*kind)? {
                let (at, key) = due?;
                if at > now || taken == limit {
                    break;
                }
                if leases.when(&key, at) <= now && !moved.iter().any(|(_, other)| *other == key) {
                    taken += 1;
                    found.push((at, key));
                }
            }
            found.append(&mut moved);
        }
        found.sort();
        let mut rows = Vec::new();
        for (_, key) in found {
            if rows.len() == limit {
                break;
            }
            match tree.stored(&key)?.filter(|stored| stored.due.is_some()) {
                Some(stored) => {
                    leases.claim(key.clone(), now.checked_add(lease).unwrap_or(Timestamp::MAX));
                    rows.push(stored.row(key)?);
                }
                None => leases.forget(&key),
            }
        }
        Ok(rows)
    }

    async fn put_off(&self, key: &Key, until: Timestamp) {
        self.shared.leases().put_off(key, until);
    }

    async fn wake(&self, key: &Key, at: Timestamp) {
        self.shared.leases().wake(key, at);
    }

    async fn done(&self, key: &Key) {
        self.shared.leases().done(key);
    }

    /// A claimed record counts from when its lease ends, so that work whose worker died is not slept over.
    async fn next_due(&self, kinds: &[Kind]) -> Result<Option<Timestamp>, ReadError> {
        let leases = self.shared.leases();
        let mut earliest: Option<Timestamp> = None;
        let mut consider = |at: Timestamp| earliest = Some(earliest.map_or(at, |earliest| earliest.min(at)));
        for kind in kinds {
            leases.moved(*kind).for_each(|(at, _)| consider(at));
            for due in self.shared.due(*kind)? {
                let (at, key) = due?;
                let when = leases.when(&key, at);
                consider(when);
                if when == at {
                    break;
                }
            }
        }
        Ok(earliest)
    }

    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ReadError> {
        let query = query.clone();
        self.look(move |shared| shared.history.search(&*shared.tree()?, &query)).await
    }

    async fn entry(&self, number: u64) -> Result<Option<Entry>, ReadError> {
        self.look(move |shared| shared.history.link(&*shared.tree()?, number)?.map(|link| readable(&link)).transpose()).await
    }

    async fn entries(&self, first: u64, limit: usize) -> Result<Vec<Entry>, ReadError> {
        self.look(move |shared| {
            let tree = shared.tree()?;
            let mut entries: Vec<Entry> = Vec::new();
            let mut next = first.max(1);
            while entries.len() < limit {
                let links = shared.history.chunk(&tree, next, limit - entries.len())?;
                let Some(last) = links.last() else { break };
                next = last.head.number + 1;
                for link in &links {
                    entries.push(readable(link)?);
                }
            }
            Ok(entries)
        })
        .await
    }

    fn health(&self) -> Health {
        match self.trouble() {
            None => Health { ok: true, words: "it can be written".to_owned() },
            Some(why) => Health { ok: false, words: format!("it can't be written: {why}") },
        }
    }

    async fn verify(&self) -> Result<Verification, ReadError> {
        self.look(|shared| shared.history.verify(&*shared.tree()?)).await
    }
}

const CLOSED: &str = "it is closed";

impl Shared {
    fn tree(&self) -> Result<Arc<Tree>, ReadError> {
        let tree = unpoisoned(self.tree.read());
        tree.clone().ok_or_else(|| ReadError(self.trouble().unwrap_or_else(|| CLOSED.to_owned())))
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        unpoisoned(self.leases.lock())
    }

    /// Due times of a kind, earliest first.
    fn due(&self, kind: Kind) -> Result<impl Iterator<Item = Result<(Timestamp, Key), ReadError>> + use<>, ReadError> {
        Ok(self.tree()?.under(&keys::dues(kind)).map(move |pair| keys::due_of(kind, &pair?.0)))
    }

    /// Says that records were written: their due times are the store's again.
    fn written<'a>(&self, keys: impl IntoIterator<Item = &'a Key>) {
        let mut leases = self.leases();
        keys.into_iter().for_each(|key| leases.written(key));
    }

    fn trouble(&self) -> Option<String> {
        unpoisoned(self.trouble.lock()).clone()
    }

    fn set_trouble(&self, why: &str) {
        *unpoisoned(self.trouble.lock()) = Some(why.to_owned());
    }

    fn clear_trouble(&self) {
        *unpoisoned(self.trouble.lock()) = None;
    }

    /// Whether the disk takes what a group may need.
    fn probe(&self) -> std::io::Result<()> {
        let path = self.folder.dir().join("probe");
        let written = std::fs::File::create(&path).and_then(|mut file| {
            file.write_all(&vec![1; PROBE])?;
            file.sync_all()
        });
        let removed = std::fs::remove_file(&path);
        written.and(removed)
    }

    /// Drops what sled holds in memory and opens it again from what is on disk, which is durable when this returns.
    fn reopen(&self) -> Result<State, String> {
        let mut slot = unpoisoned(self.tree.write());
        if let Some(tree) = slot.take() {
            wait_for_readers(tree)?;
        }
        let tree = self.folder.open_sled().map_err(|error| error.to_string())?;
        let state = tree.state().map_err(|error| error.0)?;
        tree.sync()?;
        *slot = Some(Arc::new(tree));
        Ok(state)
    }

    fn close(&self) -> Result<(), String> {
        let tree = unpoisoned(self.tree.write()).take();
        if let Some(tree) = tree {
            tree.sync()?;
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

/// The record that is due at `at`, unless it was written since.
fn due_row(tree: &Tree, at: Timestamp, key: Key) -> Result<Option<Row>, ReadError> {
    let stored = tree.stored(&key)?.filter(|stored| stored.due == Some(at));
    stored.map(|stored| stored.row(key)).transpose()
}

fn loss_accepted(loss: Loss) -> Fact {
    let mut detail = std::collections::BTreeMap::from([("found".to_owned(), json!(loss.found))]);
    if let Some(Head { number, hash }) = loss.reached {
        detail.insert("reached".to_owned(), json!(number));
        detail.insert("reached_hash".to_owned(), json!(hex(&hash)));
    }
    Fact {
        operation: "store".to_owned(),
        event: "loss_accepted".to_owned(),
        person: "watchkeeper".to_owned(),
        detail,
        ..Fact::default()
    }
}

/// A commit with the terms of its facts.
fn indexed(commit: Commit) -> Indexed {
    let terms = commit.facts.iter().map(Terms::of).collect();
    (commit, terms)
}

/// Nothing panics while it holds one of these locks, and what they hold is whole at any moment.
fn unpoisoned<T>(locked: Result<T, PoisonError<T>>) -> T {
    locked.unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
