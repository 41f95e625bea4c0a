//! The one thread that writes. It takes all commits that wait, decides them in order, writes them as one batch, syncs
//! once, and only then answers all of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::keys::{self, Stored};
use super::mark::{Mark, State};
use super::tree::{Changes, Tree};
use crate::store::{Commit, CommitError, Committed, Key, ReadError, Write};

/// What the writer is asked to do.
pub(super) enum Job {
    /// Make a commit durable.
    Commit(Box<Commit>, oneshot::Sender<Answer>),
    /// Stop; what waits is refused.
    Close(oneshot::Sender<Result<(), String>>),
}

type Answer = Result<Committed, CommitError>;

/// Commits that share one sync, at most; more wait for the next.
const LARGEST_GROUP: usize = 512;
/// `once` keys that are forgotten with a group, at most: a few more than a group of one adds.
const FORGOTTEN: usize = 4;
/// How long a `once` key counts.
const ONCE_COUNTS: SignedDuration = SignedDuration::from_hours(25);

/// The thread's own state.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) mark: Mark,
    pub(super) state: State,
    /// Whether sled holds in memory what was never acknowledged.
    pub(super) stale: bool,
}

impl Writer {
    /// Works until it is told to close, or everybody who could ask is gone.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = Vec::new();
            let mut closing = None;
            let mut next = Some(first);
            while let Some(job) = next.take() {
                match job {
                    Job::Commit(commit, answer) => group.push((*commit, answer)),
                    Job::Close(answer) => closing = Some(answer),
                }
                if group.len() < LARGEST_GROUP && closing.is_none() {
                    next = jobs.try_recv().ok();
                }
            }
            self.group(group);
            if let Some(answer) = closing {
                jobs.close();
                // Nobody waits for the answer when the asker was dropped; closing happens all the same.
                let _ = answer.send(self.shared.close());
                return;
            }
        }
    }

    fn group(&mut self, group: Vec<(Commit, oneshot::Sender<Answer>)>) {
        if group.is_empty() {
            return;
        }
        let (commits, askers): (Vec<Commit>, Vec<_>) = group.into_iter().unzip();
        let answers = self.answers(&commits);
        for (asker, answer) in askers.into_iter().zip(answers) {
            // An asker that gave up learns the outcome when it looks at the record.
            let _ = asker.send(answer);
        }
    }

    /// Writes a group. When that fails, what is on disk decides what the answers are: the write may have got through.
    pub(super) fn answers(&mut self, commits: &[Commit]) -> Vec<Answer> {
        let attempted = self.state.group + 1;
        let mut answers = Vec::new();
        let Err(why) = self.write(commits, &mut answers) else { return answers };
        tracing::error!(why, "a group of commits could not be written");
        self.shared.set_trouble(&why);
        self.stale = true;
        if let Err(why) = self.mend() {
            tracing::error!(why, "the store stays unwritable for now");
        }
        if !self.stale && self.state.group == attempted {
            return answers;
        }
        commits.iter().map(|_| Err(CommitError::Unwritable(why.clone()))).collect()
    }

    fn write(&mut self, commits: &[Commit], answers: &mut Vec<Answer>) -> Result<(), String> {
        if self.shared.trouble().is_some() {
            self.mend()?;
        }
        let tree = self.shared.tree().map_err(|error| error.0)?;
        let mut draft = Draft::new(&tree, self.state);
        answers.extend(commits.iter().map(|commit| draft.admit(commit)));
        if draft.changes.is_empty() {
            return Ok(());
        }
        if let Some(commit) = commits.first() {
            draft.forget(commit.at).map_err(|error| error.0)?;
        }
        draft.state.group += 1;
        draft.changes.insert(keys::STATE.to_vec(), Some(draft.state.to_bytes().to_vec()));
        tree.apply(&draft.changes)?;
        tree.sync()?;
        self.mark.set(draft.state).map_err(|cause| cause.to_string())?;
        self.state = draft.state;
        self.shared.written(self.state.head, draft.rows.keys());
        Ok(())
    }

    /// Tries to write again after trouble. What a failed group left in memory must not be seen: sled is opened anew from
    /// what is on disk, and what a failed write left there counts only once it is durable.
    fn mend(&mut self) -> Result<(), String> {
        if self.stale {
            let state = self.shared.reopen()?;
            if state.group < self.state.group {
                let missing = self.state.group - state.group;
                return Err(format!("{missing} acknowledged writes are missing after the trouble; stop it and start it again"));
            }
            self.mark.set(state).map_err(|cause| cause.to_string())?;
            self.state = state;
            self.shared.written(state.head, []);
            self.stale = false;
        }
        self.shared.probe().map_err(|cause| cause.to_string())?;
        self.shared.clear_trouble();
        Ok(())
    }
}

/// A group in the making: what its commits change, on top of what is in the tree.
struct Draft<'a> {
    tree: &'a Tree,
    state: State,
    changes: Changes,
    rows: HashMap<Key, Option<Stored>>,
    once: HashSet<String>,
}

impl<'a> Draft<'a> {
    fn new(tree: &'a Tree, state: State) -> Self {
        Self { tree, state, changes: Changes::new(), rows: HashMap::new(), once: HashSet::new() }
    }

    /// Takes a commit into the group, or says why not; then nothing of it is in the group.
    fn admit(&mut self, commit: &Commit) -> Answer {
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
            fits(size <= keys::LARGEST_VALUE, || format!("an audit entry of {size} bytes is too large"))?;
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
        if let Some(due) = before.and_then(|row| row.due) {
            self.changes.insert(keys::due(due, &key), None);
        }
        if let Some(due) = row.as_ref().and_then(|row| row.due) {
            self.changes.insert(keys::due(due, &key), Some(Vec::new()));
        }
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
    fits(json.len() <= keys::LARGEST_VALUE, || format!("{}/{id} is too large: {} bytes", kind.name(), json.len()))?;
    Ok(Some(Stored { version: write.expects + 1, due: write.due, json }))
}

fn fits(does: bool, why: impl FnOnce() -> String) -> Result<(), CommitError> {
    if does { Ok(()) } else { Err(CommitError::Unwritable(why())) }
}

fn unwritable(error: ReadError) -> CommitError {
    CommitError::Unwritable(error.0)
}
