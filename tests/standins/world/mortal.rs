//! A store that can't be written while its disk is full, and whose bot dies at a chosen commit: right after it is durable,
//! or right before it would have been.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use commands::records::{AuditPage, AuditQuery, Entry, Verification};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use watchkeeper::health::Health;
use watchkeeper::store::{Commit, CommitError, Committed, Key, Kind, ReadError, Row, Skim, Store, Which};

/// When a bot dies by itself. Clones count the same commits, over restarts too.
#[derive(Clone, Debug, Default)]
pub struct Life(Option<Arc<Clockwork>>);

#[derive(Debug)]
struct Clockwork {
    made: AtomicU64,
    /// The commit at which it ends, and on which side of it.
    end: Option<(u64, Moment)>,
}

/// Which side of a commit a bot dies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// It is durable, and nobody was told.
    After,
    /// What led to it was done, and it is not on record.
    Before,
}

impl Life {
    /// A life without end whose commits are counted.
    pub(super) fn counted() -> Self {
        Self(Some(Arc::new(Clockwork { made: AtomicU64::new(0), end: None })))
    }

    /// A life that ends once, at the commit of this number, counted from 1.
    pub(super) fn until(commit: u64, moment: Moment) -> Self {
        Self(Some(Arc::new(Clockwork { made: AtomicU64::new(0), end: Some((commit, moment)) })))
    }

    pub(super) fn is_mortal(&self) -> bool {
        self.0.is_some()
    }

    /// How many commits were tried.
    pub(super) fn commits(&self) -> u64 {
        self.0.as_ref().map_or(0, |clockwork| clockwork.made.load(Ordering::SeqCst))
    }

    /// Counts a commit, and says whether the bot dies of it.
    fn commit(&self) -> Option<Moment> {
        let clockwork = self.0.as_ref()?;
        let number = clockwork.made.fetch_add(1, Ordering::SeqCst) + 1;
        clockwork.end.filter(|(last, _)| *last == number).map(|(_, moment)| moment)
    }
}

/// What the bot writes to. Clones are one disk.
#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Platters>);

#[derive(Debug, Default)]
struct Platters {
    full: AtomicBool,
    unreadable: AtomicBool,
    /// How often something could not be written.
    refused: AtomicU64,
    /// Somebody else is always quicker to write a record of this kind.
    contested: Mutex<Option<Kind>>,
    /// How often something due was looked for, or an asking was to be closed, in vain.
    looks: AtomicU64,
}

impl Disk {
    /// Nothing more can be written.
    pub fn fills_up(&self) {
        self.0.full.store(true, Ordering::SeqCst);
    }

    /// Somebody made room.
    pub fn has_room_again(&self) {
        self.0.full.store(false, Ordering::SeqCst);
    }

    /// What is due can no longer be read.
    pub fn breaks(&self) {
        self.0.unreadable.store(true, Ordering::SeqCst);
    }

    /// It can be read again.
    pub fn is_mended(&self) {
        self.0.unreadable.store(false, Ordering::SeqCst);
    }

    /// From now on an asking can't be closed: somebody else seems to change a record of this kind, if it writes one.
    pub fn contests(&self, kind: Kind) {
        *self.0.contested.lock().expect("nobody panics while they hold it") = Some(kind);
    }

    /// Nobody is in the way any more.
    pub fn contests_no_more(&self) {
        *self.0.contested.lock().expect("nobody panics while they hold it") = None;
    }

    fn conflict(&self, commit: &Commit) -> Option<CommitError> {
        let kind = (*self.0.contested.lock().expect("nobody panics while they hold it"))?;
        commit.writes.iter().find(|write| write.key.kind == Kind::Asked && write.value.is_none())?;
        let contested = commit.writes.iter().find(|write| write.key.kind == kind)?;
        self.0.looks.fetch_add(1, Ordering::SeqCst);
        Some(CommitError::Conflict(contested.key.clone()))
    }

    /// How often something due was looked for while that could not be read, or an asking could not be closed.
    pub fn looks(&self) -> u64 {
        self.0.looks.load(Ordering::SeqCst)
    }

    /// How often something could not be written.
    pub fn refused(&self) -> u64 {
        self.0.refused.load(Ordering::SeqCst)
    }

    fn is_full(&self) -> bool {
        let full = self.0.full.load(Ordering::SeqCst);
        self.0.refused.fetch_add(u64::from(full), Ordering::SeqCst);
        full
    }

    fn read(&self) -> Result<(), ReadError> {
        if !self.0.unreadable.load(Ordering::SeqCst) {
            return Ok(());
        }
        self.0.looks.fetch_add(1, Ordering::SeqCst);
        Err(ReadError("input/output error".to_owned()))
    }
}

/// Tells when the bot has died.
#[derive(Clone, Debug)]
pub struct Death(watch::Receiver<bool>);

impl Death {
    /// Returns when the bot has died; never, if it does not.
    pub async fn came(&self) {
        let mut here = self.0.clone();
        if here.wait_for(|here| *here).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether it has.
    pub fn is_here(&self) -> bool {
        *self.0.borrow()
    }
}

pub(super) struct Mortal {
    store: Arc<dyn Store>,
    life: Life,
    disk: Disk,
    died: watch::Sender<bool>,
}

impl Mortal {
    pub(super) fn new(store: Arc<dyn Store>, life: &Life, disk: &Disk) -> (Self, Death) {
        let (died, death) = watch::channel(false);
        (Self { store, life: life.clone(), disk: disk.clone(), died }, Death(death))
    }

    /// The dead commit nothing and hear nothing.
    async fn die<T>(&self) -> T {
        self.died.send_replace(true);
        std::future::pending().await
    }
}

#[async_trait]
impl Store for Mortal {
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        if *self.died.borrow() {
            return self.die().await;
        }
        if self.disk.is_full() {
            return Err(CommitError::Unwritable("no space left on device".to_owned()));
        }
        if let Some(conflict) = self.disk.conflict(&commit) {
            return Err(conflict);
        }
        match self.life.commit() {
            Some(Moment::Before) => self.die().await,
            Some(Moment::After) => {
                // Whatever it came to, nobody is left to hear it.
                drop(self.store.commit(commit).await);
                self.die().await
            }
            None => self.store.commit(commit).await,
        }
    }

    async fn get(&self, key: &Key) -> Result<Option<Row>, ReadError> {
        self.store.get(key).await
    }

    async fn newest(&self, kind: Kind, limit: usize) -> Result<Vec<Row>, ReadError> {
        self.store.newest(kind, limit).await
    }

    async fn skim(&self, kind: Kind, which: Which, see: Skim) -> Result<(), ReadError> {
        self.store.skim(kind, which, see).await
    }

    async fn pending(&self, kind: Kind) -> Result<Vec<Row>, ReadError> {
        self.store.pending(kind).await
    }

    async fn claim(&self, kinds: &[Kind], now: Timestamp, lease: SignedDuration, limit: usize) -> Result<Vec<Row>, ReadError> {
        self.disk.read()?;
        self.store.claim(kinds, now, lease, limit).await
    }

    async fn put_off(&self, key: &Key, until: Timestamp) {
        self.store.put_off(key, until).await;
    }

    async fn wake(&self, key: &Key, at: Timestamp) {
        self.store.wake(key, at).await;
    }

    async fn done(&self, key: &Key) {
        self.store.done(key).await;
    }

    async fn next_due(&self, kinds: &[Kind]) -> Result<Option<Timestamp>, ReadError> {
        self.store.next_due(kinds).await
    }

    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ReadError> {
        self.store.audit(query).await
    }

    async fn entry(&self, number: u64) -> Result<Option<Entry>, ReadError> {
        self.store.entry(number).await
    }

    async fn entries(&self, first: u64, limit: usize) -> Result<Vec<Entry>, ReadError> {
        self.store.entries(first, limit).await
    }

    async fn verify(&self) -> Result<Verification, ReadError> {
        self.store.verify().await
    }

    fn health(&self) -> Health {
        if self.disk.is_full() {
            return Health { ok: false, words: "it can't be written: no space left on device".to_owned() };
        }
        self.store.health()
    }
}
