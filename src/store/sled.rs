//! The embedded store: sled, with the guards it needs. One process, one writer.
//!
//! Reading order: `open` says what must be true at the start, `writer` how commits are decided, `journal` where they become
//! durable, `settler` when they go into sled, `keys` how things lie in the tree, `tree` is the file that knows sled, `layers`
//! what lies over it, `history` how the audit log is searched and where it goes when it is old, `mark` how a loss shows,
//! `leases` who works on what.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use std::thread::JoinHandle;

use async_trait::async_trait;
use commands::records::{AuditPage, AuditQuery, Entry, Fact, Verification};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use self::history::readable;
use self::keys::Stored;
pub use self::open::OpenError;
use self::open::{Folder, Found, Loss};
use self::settler::Settler;
use self::shared::{CLOSED, Shared};
use self::tree::Tree;
use self::writer::{Indexed, Job, Writer};
use super::{Commit, CommitError, Committed, Key, Kind, ReadError, Row, Skim, Store, Which};
use crate::audit::{Head, Terms, hex};
use crate::health::Health;

mod bits;
mod history;
mod journal;
mod keys;
mod layers;
mod leases;
mod mark;
mod open;
mod recent;
mod segment;
mod settler;
mod shared;
mod tree;
mod writer;

/// Commits that may wait for the writer; who comes later waits to hand its commit over.
const QUEUE: usize = 1024;
/// Records that are read where they are asked for, not away from the threads that must not wait.
const FEW: usize = 16;
/// Entries in a sealed file. More make searches faster, and memory and start time larger.
const SEAL: usize = 8_192;

/// The store. Dropped without [`SledStore::close`] it counts as stopped uncleanly.
#[derive(Debug)]
pub struct SledStore {
    shared: Arc<Shared>,
    /// None only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
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
        let shared = Arc::new(Shared { folder, tree, mark, history, leases: Mutex::default(), trouble: Mutex::default() });
        let starting = |cause| OpenError::Io { doing: "starting the threads of", path: dir.to_owned(), cause };
        shared.fill_leases().map_err(|error| damaged(error.0))?;
        let settler = Settler::start(Arc::clone(&shared)).map_err(starting)?;
        let mut writer = Writer::new(Arc::clone(&shared), settler, state, seal).map_err(|error| damaged(error.0))?;
        if let Some(loss) = loss {
            let said = writer.answers(&[indexed(Commit::at(now).fact(loss_accepted(loss)))]);
            if let Some(Err(error)) = said.into_iter().next() {
                return Err(damaged(error.to_string()));
            }
            // sled must not stay behind what the mark knows, or the next start would find the loss again.
            writer.settle().map_err(damaged)?;
            shared.folder.forget_acceptance()?;
        }
        shared.folder.opened()?;
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
        // A few are read here at once; one more than that tells that they are many.
        let rows = newest(&self.shared, kind, limit.min(FEW + 1))?;
        if rows.len() <= FEW || limit == rows.len() {
            return Ok(rows);
        }
        self.look(move |shared| newest(shared, kind, limit)).await
    }

    async fn pending(&self, kind: Kind) -> Result<Vec<Row>, ReadError> {
        self.look(move |shared| {
            let tree = shared.tree()?;
            let mut rows = Vec::new();
            let dues: Vec<_> = shared.leases().due(kind).cloned().collect();
            for (at, key) in dues {
                rows.extend(due_row(&tree, at, key)?);
            }
            Ok(rows)
        })
        .await
    }

    async fn skim(&self, kind: Kind, which: Which, see: Skim) -> Result<(), ReadError> {
        self.look(move |shared| skim(shared, kind, which, see)).await
    }

    async fn claim(&self, kinds: &[Kind], now: Timestamp, lease: SignedDuration, limit: usize) -> Result<Vec<Row>, ReadError> {
        let tree = self.shared.tree()?;
        let mut leases = self.shared.leases();
        let mut found = Vec::new();
        for kind in kinds {
            let mut moved: Vec<_> = leases.moved(*kind).filter(|(at, _)| *at <= now).map(|(at, key)| (at, key.clone())).collect();
            let mut taken = 0;
            for (at, key) in leases.due(*kind) {
                if *at > now || taken == limit {
                    break;
                }
                if leases.when(key, *at) <= now && !moved.iter().any(|(_, other)| other == key) {
                    taken += 1;
                    found.push((*at, key.clone()));
                }
            }
            found.append(&mut moved);
        }
        found.sort();
        let until = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let mut rows = Vec::new();
        for (_, key) in found {
            if rows.len() == limit {
                break;
            }
            let bytes = match tree.get(keys::record(&key)) {
                Ok(bytes) => bytes,
                Err(error) if rows.is_empty() => return Err(error),
                // What was claimed already is not kept from being looked at.
                Err(_) => break,
            };
            let stored = bytes.map(|bytes| Stored::from_bytes(&bytes)).transpose();
            let due = stored.map(|stored| stored.filter(|stored| stored.due.is_some()));
            match due.and_then(|due| due.map(|stored| stored.row(key.clone())).transpose()) {
                Ok(Some(row)) => {
                    leases.claim(key, until);
                    rows.push(row);
                }
                Ok(None) => leases.forget(&key),
                Err(error) => {
                    // The others must not wait for it.
                    tracing::error!(%error, kind = key.kind.name(), record = key.id, "a record that is due is put aside");
                    leases.claim(key, until);
                }
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
            for (at, key) in leases.due(*kind) {
                let when = leases.when(key, *at);
                consider(when);
                if when == *at {
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
            let mut entries: Vec<Entry> = Vec::new();
            let mut next = first.max(1);
            while entries.len() < limit {
                let links = shared.history.chunk(&*shared.tree()?, next, limit - entries.len())?;
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
        self.look(|shared| shared.history.verify(|| shared.tree())).await
    }
}

fn newest(shared: &Shared, kind: Kind, limit: usize) -> Result<Vec<Row>, ReadError> {
    let rows = shared.tree()?.under_descending(&keys::records(kind)).take(limit).map(|pair| {
        let (key, value) = pair?;
        Stored::from_bytes(&value)?.row(Key { kind, id: keys::record_id(&key)? })
    });
    rows.collect()
}

fn skim(shared: &Shared, kind: Kind, which: Which, mut see: Skim) -> Result<(), ReadError> {
    let tree = shared.tree()?;
    match which {
        Which::Newest(limit) => {
            for pair in tree.under_descending(&keys::records(kind)).take(limit) {
                let (key, value) = pair?;
                see(&keys::record_id(&key)?, Stored::peek(&value)?.1);
            }
        }
        Which::Numbered { first, last } => {
            let [first, end] = [first, last.saturating_add(1)].map(|number| keys::record(&Key::numbered(kind, number)));
            for pair in tree.between(&first, &end) {
                let (key, value) = pair?;
                see(&keys::record_id(&key)?, Stored::peek(&value)?.1);
            }
        }
        Which::Pending => {
            let dues: Vec<_> = shared.leases().due(kind).cloned().collect();
            for (at, key) in dues {
                let Some(value) = tree.get(keys::record(&key))? else { continue };
                let (due, json) = Stored::peek(&value)?;
                if due == Some(at) {
                    see(&key.id, json);
                }
            }
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests;
