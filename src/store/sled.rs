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

use self::keys::Stored;
use self::leases::Leases;
use self::mark::State;
pub use self::open::OpenError;
use self::open::{Folder, Loss};
use self::tree::Tree;
use self::writer::{Job, Writer};
use super::{Commit, CommitError, Committed, Key, Kind, ReadError, Row, Store};
use crate::audit::{Filter, Head, hex, verify_links};
use crate::platform::Health;

mod keys;
mod leases;
mod mark;
mod open;
mod tree;
mod writer;

/// Commits that may wait for the writer; who comes later waits to hand its commit over.
const QUEUE: usize = 1024;
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
    leases: Mutex<Leases>,
    head: Mutex<Head>,
    trouble: Mutex<Option<String>>,
}

impl SledStore {
    /// Opens the store in the folder `dir`, or creates it. `now` stamps the entry that says that a loss was accepted.
    ///
    /// # Errors
    /// See [`OpenError`]: its sentence says what to do. Nothing was changed then but a copy made.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, OpenError> {
        let folder = Folder::lock(dir)?;
        folder.begin()?;
        let tree = folder.open_sled()?;
        let (mark, state, loss) = folder.compare(&tree)?;
        let shared = Arc::new(Shared {
            folder,
            tree: RwLock::new(Some(Arc::new(tree))),
            leases: Mutex::default(),
            head: Mutex::new(state.head),
            trouble: Mutex::default(),
        });
        let mut writer = Writer { shared: Arc::clone(&shared), mark, state, stale: false };
        if let Some(loss) = loss {
            let said = writer.answers(&[Commit::at(now).fact(loss_accepted(loss))]);
            if let Some(Err(error)) = said.into_iter().next() {
                return Err(OpenError::Damaged { dir: dir.to_owned(), why: error.to_string() });
            }
        }
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|cause| OpenError::Io { doing: "starting the writer of", path: dir.to_owned(), cause })?;
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
        self.send(Job::Commit(Box::new(commit), answer)).await.map_err(CommitError::Unwritable)?;
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
        self.look(move |shared| shared.search(&query)).await
    }

    async fn entry(&self, number: u64) -> Result<Option<Entry>, ReadError> {
        self.look(move |shared| shared.entries(number, 1)?.next().transpose()).await
    }

    async fn entries(&self, first: u64, limit: usize) -> Result<Vec<Entry>, ReadError> {
        self.look(move |shared| shared.entries(first, limit)?.collect()).await
    }

    fn health(&self) -> Health {
        match self.trouble() {
            None => Health { ok: true, words: "it can be written".to_owned() },
            Some(why) => Health { ok: false, words: format!("it can't be written: {why}") },
        }
    }

    async fn verify(&self) -> Result<Verification, ReadError> {
        self.look(|shared| {
            let head = *lock(&shared.head);
            let tree = shared.tree()?;
            let end = keys::entry(head.number + 1);
            let links = tree.between(&keys::entry(0), &end).map(|pair| {
                let (key, value) = pair?;
                tree::link(keys::entry_number(&key)?, &value)
            });
            let mut failed = None;
            let verdict = verify_links(links.map_while(|link| link.map_err(|error| failed = Some(error)).ok()).map(Ok), head);
            failed.map_or(Ok(verdict), Err)
        })
        .await
    }
}

const CLOSED: &str = "it is closed";

impl Shared {
    fn tree(&self) -> Result<Arc<Tree>, ReadError> {
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        tree.clone().ok_or_else(|| ReadError(self.trouble().unwrap_or_else(|| CLOSED.to_owned())))
    }

    fn leases(&self) -> MutexGuard<'_, Leases> {
        lock(&self.leases)
    }

    /// Due times of a kind, earliest first.
    fn due(&self, kind: Kind) -> Result<impl Iterator<Item = Result<(Timestamp, Key), ReadError>> + use<>, ReadError> {
        Ok(self.tree()?.under(&keys::dues(kind)).map(move |pair| keys::due_of(kind, &pair?.0)))
    }

    /// Entries from `first` on, oldest first, none that is not durable.
    fn entries(
        &self,
        first: u64,
        limit: usize,
    ) -> Result<impl DoubleEndedIterator<Item = Result<Entry, ReadError>> + use<>, ReadError> {
        let end = (lock(&self.head).number + 1).min(first.saturating_add(limit as u64));
        let pairs = self.tree()?.between(&keys::entry(first.min(end)), &keys::entry(end));
        Ok(pairs.map(|pair| {
            let (key, value) = pair?;
            let link = tree::link(keys::entry_number(&key)?, &value)?;
            link.entry().map_err(|cause| ReadError(format!("audit entry #{} can't be read: {cause}", link.head.number)))
        }))
    }

    fn search(&self, query: &AuditQuery) -> Result<AuditPage, ReadError> {
        let filter = Filter::new(query);
        let mut page = AuditPage::default();
        for entry in self.entries(1, usize::MAX)?.rev() {
            let entry = entry?;
            if !filter.matches(&entry) {
                continue;
            }
            if page.entries.len() == query.limit {
                page.more = true;
                break;
            }
            page.entries.push(entry);
        }
        Ok(page)
    }

    /// Says that a group is durable and gives its records back.
    fn written<'a>(&self, head: Head, keys: impl IntoIterator<Item = &'a Key>) {
        *lock(&self.head) = head;
        let mut leases = self.leases();
        keys.into_iter().for_each(|key| leases.written(key));
    }

    fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    fn set_trouble(&self, why: &str) {
        *lock(&self.trouble) = Some(why.to_owned());
    }

    fn clear_trouble(&self) {
        *lock(&self.trouble) = None;
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
        let mut slot = self.tree.write().unwrap_or_else(PoisonError::into_inner);
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
        let tree = self.tree.write().unwrap_or_else(PoisonError::into_inner).take();
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

/// Nothing panics while it holds one of these locks, and what they hold is whole at any moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
