//! The one thread that decides. It takes all commits that wait, decides them in order, puts them into the journal as one
//! group with one sync, and only then answers all of them.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::{self, error::TryRecvError};
use tokio::sync::oneshot;

use super::keys::{self, Stored};
use super::mark::State;
use super::settler::Settler;
use super::shared::Shared;
use super::tree::{Changes, Tree};
use crate::audit::Terms;
use crate::store::{Commit, CommitError, Committed, Key, LARGEST, ReadError, Write};

/// What the writer is asked to do.
pub(super) enum Job {
    /// Make a commit durable.
    Commit(Box<Indexed>, oneshot::Sender<Answer>),
    /// The sealing thread is done.
    Sealed(Result<(), ReadError>),
    /// Stop; what waits is refused.
    Close(oneshot::Sender<Result<(), String>>),
}

type Answer = Result<Committed, CommitError>;

/// A commit with the terms of its facts, found on the asker's thread.
pub(super) type Indexed = (Commit, Vec<Terms>);

/// Commits that share one sync, at most; more wait for the next.
const LARGEST_GROUP: usize = 512;
/// Sealed entries that are removed from the tree with a group, at most.
const TRIMMED: u64 = 256;
/// `once` keys that are forgotten with a group, at most: a few more than a group of one adds.
const FORGOTTEN: usize = 4;
/// How long a `once` key counts.
const ONCE_COUNTS: SignedDuration = SignedDuration::from_hours(25);

/// The thread's own state.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    settler: Settler,
    state: State,
    /// Entries that are sealed and still lie in the tree.
    trim: Range<u64>,
    sealing: Option<JoinHandle<()>>,
    /// How many entries to seal at once, and how many must lie in the tree before it is tried.
    seal: usize,
    seal_at: usize,
}

impl Writer {
    /// A writer that seals entries in files of `seal`.
    pub(super) fn new(shared: Arc<Shared>, settler: Settler, state: State, seal: usize) -> Result<Self, ReadError> {
        let oldest = shared.tree()?.under(&keys::entry(0)[..1]).next().transpose()?;
        let oldest = oldest.map_or(Ok(u64::MAX), |(key, _)| keys::entry_number(&key))?;
        let trim = oldest..shared.history.sealed().number + 1;
        Ok(Self { shared, settler, state, trim, sealing: None, seal, seal_at: seal })
    }

    /// Works until it is told to close, or everybody who could ask is gone.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>, answers: &mpsc::WeakSender<Job>) {
        let mut closing = None;
        while closing.is_none() {
            let mut group = Vec::new();
            let mut next = match jobs.try_recv() {
                Ok(job) => Some(job),
                Err(TryRecvError::Empty) if self.has_spare_work() => None,
                Err(_) => match jobs.blocking_recv() {
                    Some(job) => Some(job),
                    None => break,
                },
            };
            while let Some(job) = next.take() {
                match job {
                    Job::Commit(commit, answer) => group.push((*commit, answer)),
                    Job::Sealed(outcome) => self.sealed(outcome),
                    Job::Close(answer) => closing = Some(answer),
                }
                if group.len() < LARGEST_GROUP && closing.is_none() {
                    next = jobs.try_recv().ok();
                }
            }
            self.group(group);
            self.seal(answers);
        }
        drop(jobs);
        if let Some(sealing) = self.sealing.take() {
            // Its panic was reported where it happened.
            let _ = sealing.join();
        }
        let settled = self.settler.finish();
        if let Some(answer) = closing {
            // Nobody waits for the answer when the asker was dropped; closing happens all the same.
            let _ = answer.send(settled.and_then(|()| self.shared.close()));
        }
    }

    fn has_spare_work(&self) -> bool {
        !self.trim.is_empty() && self.shared.trouble().is_none()
    }

    /// Lets a thread seal the oldest entries when enough lie in the tree.
    fn seal(&mut self, answers: &mpsc::WeakSender<Job>) {
        let history = &self.shared.history;
        let unsealed = (history.head().number - history.sealed().number) as usize;
        if unsealed < self.seal_at || self.sealing.is_some() || self.shared.trouble().is_some() {
            return;
        }
        let (shared, answers, count) = (Arc::clone(&self.shared), answers.clone(), self.seal);
        let seal = move || {
            let outcome = shared.tree().and_then(|tree| shared.history.seal(&tree, count));
            drop(shared);
            if let Some(answers) = answers.upgrade() {
                // A writer that is closing needs no answer.
                let _ = answers.blocking_send(Job::Sealed(outcome));
            }
        };
        match std::thread::Builder::new().name("store-sealer".to_owned()).spawn(seal) {
            Ok(thread) => self.sealing = Some(thread),
            Err(cause) => self.sealed(Err(ReadError(cause.to_string()))),
        }
    }

    fn sealed(&mut self, outcome: Result<(), ReadError>) {
        self.sealing = None;
        let end = self.shared.history.sealed().number + 1;
        match outcome {
            Ok(()) => {
                let start = if self.trim.is_empty() { end - self.seal as u64 } else { self.trim.start };
                self.trim = start..end;
                self.seal_at = self.seal;
            }
            Err(ReadError(why)) => {
                tracing::error!(why, "audit entries could not be sealed; they stay where they are until the next try");
                self.seal_at += self.seal;
            }
        }
    }

    fn group(&mut self, group: Vec<(Indexed, oneshot::Sender<Answer>)>) {
        if group.is_empty() && !self.has_spare_work() {
            return;
        }
        let (commits, askers): (Vec<Indexed>, Vec<_>) = group.into_iter().unzip();
        let answers = self.answers(&commits);
        for (asker, answer) in askers.into_iter().zip(answers) {
            // An asker that gave up learns the outcome when it looks at the record.
            let _ = asker.send(answer);
        }
    }

    /// Writes a group. When that fails, what is on disk decides what the answers are: the write may have got through.
    pub(super) fn answers(&mut self, commits: &[Indexed]) -> Vec<Answer> {
        let attempted = self.state.group + 1;
        let mut answers = Vec::new();
        let Err(why) = self.write(commits, &mut answers) else { return answers };
        tracing::error!(why, "a group of commits could not be written");
        self.shared.set_trouble(&why);
        if let Err(why) = self.mend() {
            tracing::error!(why, "the store stays unwritable for now");
        }
        if self.state.group == attempted {
            // It got through: the due times were taken in anew, and are the store's again.
            let made = commits.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
            let keys = made.flat_map(|((commit, _), _)| commit.writes.iter().map(|write| write.key.clone()));
            self.shared.written(keys.map(|key| (key, None, None)));
            return answers;
        }
        commits.iter().map(|_| Err(CommitError::Unwritable(why.clone()))).collect()
    }

    fn write(&mut self, commits: &[Indexed], answers: &mut Vec<Answer>) -> Result<(), String> {
        if self.shared.trouble().is_some() {
            self.mend()?;
        }
        let tree = self.shared.tree().map_err(|error| error.0)?;
        let mut draft = Draft::new(&tree, self.state);
        answers.extend(commits.iter().map(|(commit, terms)| draft.admit(commit, terms)));
        let trim = self.trim.start..self.trim.end.min(self.trim.start.saturating_add(TRIMMED));
        draft.changes.extend(trim.clone().map(|number| (keys::entry(number).to_vec(), None)));
        if draft.changes.is_empty() {
            return Ok(());
        }
        if let Some((commit, _)) = commits.first() {
            draft.forget(commit.at).map_err(|error| error.0)?;
        }
        draft.state.group += 1;
        draft.changes.insert(keys::STATE.to_vec(), Some(draft.state.to_bytes().to_vec()));
        let waiting = tree.commit(&draft.changes)?;
        self.state = draft.state;
        self.trim.start = self.trim.start.max(trim.end);
        self.shared.history.add(self.state.head, draft.entries);
        self.shared.written(draft.dues);
        self.settler.journaled(waiting);
        Ok(())
    }

    /// Tries to write again after trouble: opens the tree anew from what is on disk, for neither sled nor the journal says
    /// what became of a write that failed, and settles all that is there.
    fn mend(&mut self) -> Result<(), String> {
        let state = self.shared.reopen()?;
        if state.group < self.state.group {
            let missing = self.state.group - state.group;
            return Err(format!("{missing} acknowledged writes are missing after the trouble; stop it and start it again"));
        }
        let tree = self.shared.tree().map_err(|error| error.0)?;
        self.shared.history.fill(&tree).and_then(|()| self.shared.fill_leases()).map_err(|error| error.0)?;
        drop(tree);
        // Written anew into sled and synced there, a group counts even if it was the journal's sync that failed.
        self.shared.settle_all()?;
        self.state = state;
        self.shared.probe().map_err(|cause| cause.to_string())?;
        self.shared.clear_trouble();
        Ok(())
    }

    /// Brings everything into sled now.
    pub(super) fn settle(&self) -> Result<(), String> {
        self.shared.settle_all()
    }
}

/// A group in the making: what its commits change, on top of what is in the tree.
struct Draft<'a> {
    tree: &'a Tree,
    state: State,
    entries: Vec<(Timestamp, &'a Terms)>,
    changes: Changes,
    rows: HashMap<Key, Option<Stored>>,
    /// The records that were written, in order, with their due times before and after.
    dues: Vec<(Key, Option<Timestamp>, Option<Timestamp>)>,
    once: HashSet<String>,
}

impl<'a> Draft<'a> {
    fn new(tree: &'a Tree, state: State) -> Self {
        let (entries, changes, dues) = (Vec::new(), Changes::new(), Vec::new());
        Self { tree, state, entries, changes, rows: HashMap::new(), dues, once: HashSet::new() }
    }

    /// Takes a commit into the group, or says why not; then nothing of it is in the group.
    fn admit(&mut self, commit: &Commit, terms: &'a [Terms]) -> Answer {
        if let Some(once) = &commit.once {
            fits(once.len() <= keys::LONGEST_ID, || format!("a `once` key of {} bytes is too long", once.len()))?;
            if self.once.contains(once) || self.tree.get(keys::once(once)).map_err(unwritable)?.is_some() {
                return Err(CommitError::Duplicate);
            }
        }
        let mut rows: HashMap<Key, Option<Stored>> = HashMap::new();
        for write in &commit.writes {
            let current = match rows.get(&write.key).or_else(|| self.rows.get(&write.key)) {
                Some(row) => row.clone(),
                None => self.tree.stored(&write.key).map_err(unwritable)?,
            };
            if current.map_or(0, |row| row.version) != write.expects {
                return Err(CommitError::Conflict(write.key.clone()));
            }
            rows.insert(write.key.clone(), next_row(write)?);
        }
        let mut head = self.state.head;
        let mut links = Vec::with_capacity(commit.facts.len());
        for fact in &commit.facts {
            let link = head.next(commit.at, fact);
            let size = link.canonical.len();
            fits(size <= LARGEST, || format!("an audit entry of {size} bytes is too large"))?;
            head = link.head;
            links.push(link);
        }
        for (key, row) in rows {
            self.put(key, row).map_err(unwritable)?;
        }
        let first = self.state.head.number + 1;
        for link in links {
            let value = [&link.head.hash[..], &link.canonical].concat();
            self.changes.insert(keys::entry(link.head.number).to_vec(), Some(value));
        }
        self.state.head = head;
        self.entries.extend(terms.iter().map(|terms| (commit.at, terms)));
        if let Some(once) = &commit.once {
            self.changes.insert(keys::once(once), Some(Vec::new()));
            self.changes.insert(keys::once_at(commit.at, once), Some(Vec::new()));
            self.once.insert(once.clone());
        }
        Ok(Committed { entries: if commit.facts.is_empty() { 0..0 } else { first..head.number + 1 } })
    }

    fn put(&mut self, key: Key, row: Option<Stored>) -> Result<(), ReadError> {
        let before = match self.rows.get(&key) {
            Some(row) => row.clone(),
            None => self.tree.stored(&key)?,
        };
        let (before, after) = (before.and_then(|row| row.due), row.as_ref().and_then(|row| row.due));
        if let Some(due) = before {
            self.changes.insert(keys::due(due, &key), None);
        }
        if let Some(due) = after {
            self.changes.insert(keys::due(due, &key), Some(Vec::new()));
        }
        self.dues.push((key.clone(), before, after));
        self.changes.insert(keys::record(&key), row.as_ref().map(Stored::to_bytes));
        self.rows.insert(key, row);
        Ok(())
    }

    /// Forgets a few `once` keys whose time is over.
    fn forget(&mut self, now: Timestamp) -> Result<(), ReadError> {
        let Ok(end) = now.checked_sub(ONCE_COUNTS) else { return Ok(()) };
        let (first, end) = keys::once_before(end);
        for pair in self.tree.between(&first, &end).take(FORGOTTEN.max(2 * self.once.len())) {
            let (key, _) = pair?;
            self.changes.insert(keys::once_of(&key), None);
            self.changes.insert(key.to_vec(), None);
        }
        Ok(())
    }
}

fn next_row(write: &Write) -> Result<Option<Stored>, CommitError> {
    let Key { kind, id } = &write.key;
    fits(id.len() <= keys::LONGEST_ID, || format!("the id of a {} is {} bytes long", kind.name(), id.len()))?;
    let Some(value) = &write.value else { return Ok(None) };
    let json = serde_json::to_vec(value).map_err(|cause| CommitError::Unwritable(cause.to_string()))?;
    fits(json.len() <= LARGEST, || format!("{}/{id} is too large: {} bytes", kind.name(), json.len()))?;
    Ok(Some(Stored { version: write.expects + 1, due: write.due, json }))
}

fn fits(does: bool, why: impl FnOnce() -> String) -> Result<(), CommitError> {
    if does { Ok(()) } else { Err(CommitError::TooLarge(why())) }
}

fn unwritable(error: ReadError) -> CommitError {
    CommitError::Unwritable(error.0)
}
