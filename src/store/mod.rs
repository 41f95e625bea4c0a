//! The whole contract of persistence: one way to write, a few ways to look.
//!
//! [`Store::commit`] is one transaction over record state (compare-and-set on versions), audit entries and outgoing
//! messages (records too). It returns once the commit is durable. A [`Commit`] is one serializable value, so that another
//! store, a journal or a replica can carry it. Nothing relies on process memory for correctness.

use async_trait::async_trait;
use commands::records::{AuditPage, AuditQuery, Entry, Fact, Verification};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::health::Health;

pub mod sled;

/// What the state of a record or an audit entry may take, in bytes of JSON.
pub const LARGEST: usize = 100_000;

/// What a record is about; with its id, its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A change: id is its number, zero-padded to 20 digits so that keys sort by age.
    Change,
    /// A freeze: id is its number, padded likewise.
    Freeze,
    /// A message to deliver or one that may be edited: id is its slot, such as `card/CHG-7`.
    Message,
    /// The slot of the message that was posted somewhere: id is platform, channel and message, `slack/C123/1764064800.000100`.
    Posted,
    /// The change that holds a resource: id is the resource's id.
    Lock,
    /// The last number given out: id is what is counted.
    Counter,
    /// A command that was asked and is not answered yet: id is its operation's id.
    Asked,
    /// Whose a chat account is: id is the account, such as `slack:U123`.
    Link,
    /// A code that links an account: id is its SHA-256 in hexadecimal.
    Code,
    /// The users of Identity Center: id is `head`, or the number of a part, padded likewise.
    Roster,
    /// What was last read of Identity Center, as it was read: id is `head`, or a list and the number of its part, such as
    /// `groups/000000`.
    Listing,
    /// Where a watch looks: id is the watch's words and its post, such as `ecs deployments/111122223333/eu-west-1`.
    Watch,
    /// An alert: id is its number, padded like a change's.
    Alert,
    /// The alert that stands for what a source calls one thing: id is the source and its fingerprint, `prometheus/d10391`.
    Fingerprint,
    /// Words that things are right of which nobody knew that they were wrong: id is the compartment they share, three hexadecimal
    /// letters.
    Early,
    /// A channel's alerts of late, and its storm where there is one: id is the channel as configured.
    Storm,
    /// Somebody who stands in for a rotation's shift: id is its number, padded likewise.
    Override,
    /// Two people who mean to swap shifts: id is its number, padded likewise.
    Swap,
    /// A rotation's shift: id is the rotation's name.
    Shift,
    /// A word to another system that is on its way: id is the hook's name, the alert and what is told.
    Hook,
    /// A command line that is too long for a button: id is half of its digest, 32 hexadecimal letters.
    Line,
}

/// The key of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    /// What it is about.
    pub kind: Kind,
    /// Which one. At most 512 bytes.
    pub id: String,
}

impl Key {
    /// The key of the record of `kind` called `id`.
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }

    /// The key of the record of `kind` with a number, padded so that keys sort by number.
    pub fn numbered(kind: Kind, number: u64) -> Self {
        Self { kind, id: format!("{number:020}") }
    }
}

/// A record as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its key.
    pub key: Key,
    /// Counts its writes from 1.
    pub version: u64,
    /// When somebody should look at it; none when nothing is due.
    pub due: Option<Timestamp>,
    /// Its state. At most [`LARGEST`] bytes as JSON.
    pub value: Value,
}

/// One write of a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Write {
    /// Which record.
    pub key: Key,
    /// The version it must have now; 0 when it must not exist.
    pub expects: u64,
    /// Its new state; none deletes it.
    pub value: Option<Value>,
    /// When somebody should look at it.
    pub due: Option<Timestamp>,
}

/// One transaction. All of it happens or none of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// The instant it is made, stamped on its entries.
    pub at: Timestamp,
    /// A key that may be used once, such as a redelivered event's; kept for at least a day.
    pub once: Option<String>,
    /// New states of records.
    pub writes: Vec<Write>,
    /// Facts for the audit log, in order.
    pub facts: Vec<Fact>,
}

impl Commit {
    /// An empty commit.
    pub fn at(at: Timestamp) -> Self {
        Self { at, once: None, writes: Vec::new(), facts: Vec::new() }
    }

    /// The same commit, refused when `key` was used before.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.once = Some(key.into());
        self
    }

    /// The same commit with one more write.
    #[must_use]
    pub fn write(mut self, write: Write) -> Self {
        self.writes.push(write);
        self
    }

    /// The same commit with one more fact.
    #[must_use]
    pub fn fact(mut self, fact: Fact) -> Self {
        self.facts.push(fact);
        self
    }
}

/// What a commit became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The numbers its entries were given, in order; empty for no facts.
    pub entries: std::ops::Range<u64>,
}

/// Why a commit was not made. Nothing of it happened.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Its `once` key was used before: a redelivery.
    #[error("this was received before")]
    Duplicate,
    /// A record is no longer what the writer saw; look again.
    #[error("{}/{} was changed by somebody else", .0.kind.name(), .0.id)]
    Conflict(Key),
    /// Something of it is larger than what is kept; another try won't help.
    #[error("{0}")]
    TooLarge(String),
    /// It can't be written: disk full, store broken or closed.
    #[error("the store can't be written: {0}")]
    Unwritable(String),
}

/// Why a look failed.
#[derive(Debug, thiserror::Error)]
#[error("the store can't be read: {0}")]
pub struct ReadError(pub String);

/// Which records of a kind are looked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Those with the greatest ids, greatest first, at most so many.
    Newest(usize),
    /// Those that have a due time, earliest first.
    Pending,
    /// Those with these numbers, the smallest first.
    Numbered {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
}

/// Takes a record's id and state, as JSON.
pub type Skim = Box<dyn FnMut(&str, &[u8]) + Send>;

/// The contract.
#[async_trait]
pub trait Store: Send + Sync {
    /// Makes one transaction durable. Concurrent commits may share one sync.
    ///
    /// # Errors
    /// See [`CommitError`]; nothing happened then.
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError>;

    /// One record.
    async fn get(&self, key: &Key) -> Result<Option<Row>, ReadError>;

    /// The records of a kind with the greatest ids, greatest first.
    async fn newest(&self, kind: Kind, limit: usize) -> Result<Vec<Row>, ReadError>;

    /// All records of a kind that have a due time, earliest first.
    async fn pending(&self, kind: Kind) -> Result<Vec<Row>, ReadError>;

    /// Shows records to `see` as they lie there, without making values of them: where many are looked through for a few.
    async fn skim(&self, kind: Kind, which: Which, see: Skim) -> Result<(), ReadError>;

    /// Claims records that are due at `now`, earliest first. A claimed record is not given out again until
    /// [`Store::done`], or until `lease` has passed, should its claimer have died. One that can't be read is put aside for
    /// as long.
    async fn claim(&self, kinds: &[Kind], now: Timestamp, lease: SignedDuration, limit: usize) -> Result<Vec<Row>, ReadError>;

    /// Puts a record off without a commit, by whoever claimed it: it counts as due at `until`, unless it is written or woken
    /// before. One that was written since it was claimed is not put off: what was seen of it is no longer so.
    async fn put_off(&self, key: &Key, until: Timestamp);

    /// Makes a record due at `at`, earlier than it would be. One that is claimed becomes due once its claimer is done.
    async fn wake(&self, key: &Key, at: Timestamp);

    /// Ends a claim.
    async fn done(&self, key: &Key);

    /// The earliest due time of all records of these kinds; what is overdue counts too, what is claimed when its lease ends.
    async fn next_due(&self, kinds: &[Kind]) -> Result<Option<Timestamp>, ReadError>;

    /// A page of the audit log, newest first.
    async fn audit(&self, query: &AuditQuery) -> Result<AuditPage, ReadError>;

    /// One audit entry.
    async fn entry(&self, number: u64) -> Result<Option<Entry>, ReadError>;

    /// Entries from `first` on, oldest first, at most `limit`: for export and replication.
    async fn entries(&self, first: u64, limit: usize) -> Result<Vec<Entry>, ReadError>;

    /// Walks the whole chain.
    async fn verify(&self) -> Result<Verification, ReadError>;

    /// Whether it can be written, in words.
    fn health(&self) -> Health;
}

impl Kind {
    /// Its name in keys and errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Freeze => "freeze",
            Self::Message => "message",
            Self::Posted => "posted",
            Self::Lock => "lock",
            Self::Counter => "counter",
            Self::Asked => "asked",
            Self::Link => "link",
            Self::Code => "code",
            Self::Roster => "roster",
            Self::Listing => "listing",
            Self::Watch => "watch",
            Self::Alert => "alert",
            Self::Fingerprint => "fingerprint",
            Self::Early => "early",
            Self::Storm => "storm",
            Self::Override => "override",
            Self::Swap => "swap",
            Self::Shift => "shift",
            Self::Hook => "hook",
            Self::Line => "line",
        }
    }
}

/// What `T` reads of each of many records, in order. One that can't be read is an error beside the others.
///
/// # Errors
/// When the store can't be read at all.
pub async fn skimmed<T>(store: &dyn Store, kind: Kind, which: Which) -> Result<Vec<Result<T, ReadError>>, ReadError>
where
    T: DeserializeOwned + Send + 'static,
{
    let (seen, all) = std::sync::mpsc::channel();
    let see = move |id: &str, json: &[u8]| {
        let read = serde_json::from_slice(json);
        // Whoever asked may not wait for it any more.
        let _ = seen.send(read.map_err(|cause| ReadError(format!("{}/{id} has another shape: {cause}", kind.name()))));
    };
    store.skim(kind, which, Box::new(see)).await?;
    Ok(all.into_iter().collect())
}
