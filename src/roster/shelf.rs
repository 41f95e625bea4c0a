//! The users of Identity Center in the store: a head, and parts of a few dozen users each. Only what changed is written.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::host::{Trouble, json, read};
use crate::identity::center::{Center, User};
use crate::store::{Commit, Key, Kind, Store, Write};

/// How many users a part holds: a record has room for them even if all their names are as long as AWS allows.
const PART: usize = 64;
/// How many parts are written at once.
const AT_ONCE: usize = 16;
/// How old the head may get while nothing changes.
const CONFIRMED: SignedDuration = SignedDuration::from_hours(1);

const HEAD: &str = "head";

/// What is known of all users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    /// Which Identity Center it is: account and region. Users of another one are nobody's.
    home: String,
    /// When it was read.
    at: Timestamp,
}

/// A record and its version.
#[derive(Clone, Debug)]
struct Kept<T> {
    version: u64,
    value: T,
}

/// The users of one Identity Center in the store.
pub(super) struct Shelf {
    store: Arc<dyn Store>,
    home: String,
    head: Option<Kept<Head>>,
    parts: Vec<Kept<Value>>,
}

impl Shelf {
    /// What the store holds, and the users, if they are of the Identity Center called `home`.
    pub(super) async fn open(store: Arc<dyn Store>, home: String) -> Result<(Self, Option<Center>), Trouble> {
        let mut rows = store.newest(Kind::Roster, usize::MAX).await?;
        // Greatest ids first: the head, then the parts from the last to the first.
        rows.reverse();
        let head = match rows.pop_if(|row| row.key.id == HEAD) {
            Some(row) => Some(Kept { version: row.version, value: read::<Head>(&row)? }),
            None => None,
        };
        let mut users: Vec<User> = Vec::new();
        for row in &rows {
            users.extend(read::<Vec<User>>(row)?);
        }
        let parts = rows.into_iter().map(|row| Kept { version: row.version, value: row.value }).collect();
        let center = head.as_ref().filter(|head| head.value.home == home).map(|head| Center::of(head.value.at, users));
        Ok((Self { store, home, head, parts }, center))
    }

    /// Writes what changed. Parts stand for themselves, so nothing is lost when only some of them are written.
    pub(super) async fn keep(&mut self, center: &Center, now: Timestamp) -> Result<(), Trouble> {
        let mut values = center.users().chunks(PART).map(|users| json(&users)).collect::<Result<Vec<_>, _>>()?;
        let surplus = self.parts.len().saturating_sub(values.len());
        let same = |at: usize, value: &Value| self.parts.get(at).is_some_and(|kept| kept.value == *value);
        let changed: Vec<usize> = values.iter().enumerate().filter(|(at, value)| !same(*at, value)).map(|(at, _)| at).collect();
        let stale = self
            .head
            .as_ref()
            .is_none_or(|head| head.value.home != self.home || center.at().duration_since(head.value.at) >= CONFIRMED);
        if changed.is_empty() && surplus == 0 && !stale {
            return Ok(());
        }
        for batch in changed.chunks(AT_ONCE) {
            let mut commit = Commit::at(now);
            for at in batch {
                let value = values.get(*at).cloned();
                commit = commit.write(Write { key: part(*at), expects: self.version(*at), value, due: None });
            }
            self.store.commit(commit).await?;
            for at in batch {
                let Some(value) = values.get_mut(*at).map(Value::take) else { continue };
                let kept = Kept { version: self.version(*at) + 1, value };
                match self.parts.get_mut(*at) {
                    Some(part) => *part = kept,
                    None => self.parts.push(kept),
                }
            }
        }
        // The head goes last: the first time, users count only once all are there.
        let head = Head { home: self.home.clone(), at: center.at() };
        let version = self.head.as_ref().map_or(0, |head| head.version);
        let mut commit = Commit::at(now).write(Write {
            key: Key::new(Kind::Roster, HEAD),
            expects: version,
            value: Some(json(&head)?),
            due: None,
        });
        for at in values.len()..self.parts.len() {
            commit = commit.write(Write { key: part(at), expects: self.version(at), value: None, due: None });
        }
        self.store.commit(commit).await?;
        self.parts.truncate(values.len());
        self.head = Some(Kept { version: version + 1, value: head });
        Ok(())
    }

    fn version(&self, at: usize) -> u64 {
        self.parts.get(at).map_or(0, |kept| kept.version)
    }
}

fn part(at: usize) -> Key {
    Key::numbered(Kind::Roster, at as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use commands::PersonId;

    use super::*;
    use crate::identity::center::Standing;
    use crate::store::sled::SledStore;

    fn users(count: usize) -> Vec<User> {
        let user = |number: usize| User {
            id: format!("9367729a1b-{number:08}-0000-0000-0000-000000000000"),
            person: PersonId(format!("user-{number}")),
            paired: None,
            name: format!("user-{number}"),
            display_name: "ë".repeat(100),
            email: Some(format!("{}@example.com", "long".repeat(60))),
            groups: BTreeSet::from(["sre".to_owned(), "dba".to_owned()]),
            standing: Standing::Active,
        };
        (0..count).map(user).collect()
    }

    #[tokio::test]
    async fn five_thousand_users_are_kept_and_only_what_changed_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path(), now).unwrap());
        let versions = async || {
            let rows = store.newest(Kind::Roster, usize::MAX).await.unwrap();
            rows.into_iter().map(|row| (row.key.id, row.version)).filter(|(_, version)| *version > 1).collect::<Vec<_>>()
        };
        let open = async |home: &str| Shelf::open(Arc::clone(&store), home.to_owned()).await.unwrap();
        let (mut shelf, none) = open("a").await;
        assert_eq!(none, None);
        let mut everybody = users(5_000);
        shelf.keep(&Center::of(now, everybody.clone()), now).await.unwrap();
        let later = now + SignedDuration::from_mins(5);
        shelf.keep(&Center::of(later, everybody.clone()), later).await.unwrap();
        assert_eq!(versions().await, [], "nothing changed, nothing is written");
        let (mut shelf, kept) = open("a").await;
        assert_eq!(kept, Some(Center::of(now, everybody.clone())));
        everybody[100].standing = Standing::Deleted;
        shelf.keep(&Center::of(later, everybody.clone()), later).await.unwrap();
        assert_eq!(versions().await, [("head".to_owned(), 2), (format!("{:020}", 1), 2)]);
        let much_later = later + CONFIRMED;
        shelf.keep(&Center::of(much_later, everybody.clone()), much_later).await.unwrap();
        assert_eq!(open("a").await.1, Some(Center::of(much_later, everybody)));
        let (mut shelf, none) = open("another").await;
        assert_eq!(none, None, "users of another Identity Center are nobody's");
        shelf.keep(&Center::of(now, users(70)), now).await.unwrap();
        assert_eq!(open("another").await.1, Some(Center::of(now, users(70))));
        assert_eq!(open("a").await.1, None);
    }
}
