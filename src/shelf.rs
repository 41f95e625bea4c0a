//! Command lines that are too long for a platform's buttons, in the store: each once, by what it says.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::host::{Trouble, json, read};
use crate::platform::{SendError, Shelf};
use crate::store::{Commit, CommitError, Key, Kind, Row, Store, Write};

/// How long a line is kept after it was last put on a button.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How old the record of a line may be while it is used on: not every page of a list has to write.
const FRESH: SignedDuration = SignedDuration::from_hours(24);
/// How many records are deleted at once.
const AT_ONCE: usize = 100;

/// A line as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    line: String,
    /// When it was last put on a button, to a day.
    at: Timestamp,
}

/// The shelf in the store.
pub struct Lines {
    store: Arc<dyn Store>,
    clock: Clock,
}

impl Lines {
    /// A shelf in `store`.
    pub fn new(store: Arc<dyn Store>, clock: Clock) -> Self {
        Self { store, clock }
    }

    /// Takes away what nobody has seen on a button for ninety days.
    ///
    /// # Errors
    /// When the store can't be read or written.
    pub async fn clear(&self) -> Result<(), Trouble> {
        let now = self.clock.now();
        let mut old = Vec::new();
        for row in self.store.newest(Kind::Line, usize::MAX).await? {
            if now.duration_since(read::<Kept>(&row)?.at) > KEPT {
                old.push(Write { key: row.key, expects: row.version, value: None, due: None });
            }
        }
        for batch in old.chunks(AT_ONCE) {
            self.store.commit(Commit { writes: batch.to_vec(), ..Commit::at(now) }).await?;
        }
        Ok(())
    }

    async fn row(&self, key: &Key) -> Result<Option<(Row, Kept)>, Trouble> {
        let row = self.store.get(key).await?;
        row.map(|row| read(&row).map(|kept| (row, kept))).transpose()
    }

    async fn put(&self, key: Key, line: &str) -> Result<(), Trouble> {
        let now = self.clock.now();
        let known = self.row(&key).await?;
        if known.as_ref().is_some_and(|(_, kept)| now.duration_since(kept.at) < FRESH) {
            return Ok(());
        }
        let expects = known.map_or(0, |(row, _)| row.version);
        let value = Some(json(&Kept { line: line.to_owned(), at: now })?);
        match self.store.commit(Commit::at(now).write(Write { key, expects, value, due: None })).await {
            // Somebody else wrote the same.
            Ok(_) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Which record keeps a line: half of its digest, enough for no two lines ever to meet.
fn key(line: &str) -> Key {
    let digest: String = commands::plan::hex(digest(&SHA256, line.as_bytes()).as_ref());
    Key::new(Kind::Line, digest.chars().take(32).collect::<String>())
}

#[async_trait]
impl Shelf for Lines {
    async fn keep(&self, line: &str) -> Result<String, SendError> {
        let key = key(line);
        let id = key.id.clone();
        let put = self.put(key, line).await;
        put.map_err(|trouble| SendError::Again(format!("the command of a button can't be kept: {trouble}")))?;
        Ok(id)
    }

    async fn find(&self, key: &str) -> Result<Option<String>, SendError> {
        let found = self.row(&Key::new(Kind::Line, key)).await;
        let found = found.map_err(|trouble| SendError::Again(format!("the command of a button can't be read: {trouble}")))?;
        Ok(found.map(|(_, kept)| kept.line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::SledStore;

    #[tokio::test]
    async fn a_line_is_kept_once_for_as_long_as_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let clock = Clock::standing_at(now);
        let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path(), now).unwrap());
        let shelf = Lines::new(Arc::clone(&store), clock.clone());
        let (long, other) = ("audit search ".repeat(20), "rds list ".repeat(20));
        let key = shelf.keep(&long).await.unwrap();
        assert!(key.len() == 32 && key.bytes().all(|letter| letter.is_ascii_hexdigit()));
        assert_eq!(shelf.keep(&long).await.unwrap(), key);
        let second = shelf.keep(&other).await.unwrap();
        let version = async |key: &str| store.get(&Key::new(Kind::Line, key)).await.unwrap().map(|row| row.version);
        assert_eq!(version(&key).await, Some(1), "the same line is written once");
        clock.set(now + KEPT);
        shelf.keep(&long).await.unwrap();
        assert_eq!(version(&key).await, Some(2), "it is used again");
        clock.set(now + KEPT + SignedDuration::from_secs(1));
        shelf.clear().await.unwrap();
        assert_eq!(shelf.find(&key).await.unwrap(), Some(long));
        assert_eq!(shelf.find(&second).await.unwrap(), None);
    }
}
