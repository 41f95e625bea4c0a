//! What was last read of Identity Center in the store, as it was read: names and pickers are there from the first moment
//! after a start, though a large organisation takes AWS's limits a minute to read. Only parts that changed are written.

use std::collections::HashMap;
use std::sync::Arc;

use commands::access::{Group, Membership, PermissionSet, Roster, User};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::host::{Trouble, json, read};
use crate::store::{Commit, Key, Kind, Row, Store, Write};

/// A part is closed once it has so many bytes of JSON: one more entry, its names as long as AWS allows, still fits a record.
const FULL: usize = 60_000;
/// How many parts are written at once.
const AT_ONCE: usize = 16;
/// How old the head may get while nothing changes.
const CONFIRMED: SignedDuration = SignedDuration::from_hours(1);

const HEAD: &str = "head";
const USERS: &str = "users";
const GROUPS: &str = "groups";
const MEMBERSHIPS: &str = "memberships";
const PERMISSION_SETS: &str = "sets";

/// What is known of all lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    /// Which Identity Center it is: account and region. What was read of another one counts for nothing.
    home: String,
    /// When it was read.
    at: Timestamp,
    /// How many parts each list has; parts beyond are none of it.
    parts: [usize; 4],
}

/// A record that stands: its version, and a digest of what it holds, since that itself would be kept in memory for ever.
#[derive(Clone, Copy, Debug)]
struct Kept {
    version: u64,
    digest: [u8; 32],
}

/// A part as it should stand.
struct Part {
    key: Key,
    digest: [u8; 32],
    value: Value,
}

/// The lists of one Identity Center in the store.
pub(super) struct Lists {
    store: Arc<dyn Store>,
    home: String,
    head: Option<(u64, Head)>,
    parts: HashMap<Key, Kept>,
}

impl Lists {
    /// What the store holds, and the roster, if it is of the Identity Center called `home`.
    pub(super) async fn open(store: Arc<dyn Store>, home: String) -> Result<(Self, Option<Roster>), Trouble> {
        let mut rows: HashMap<Key, Row> =
            store.newest(Kind::Listing, usize::MAX).await?.into_iter().map(|row| (row.key.clone(), row)).collect();
        let head = match rows.remove(&Key::new(Kind::Listing, HEAD)) {
            Some(row) => Some((row.version, read::<Head>(&row)?)),
            None => None,
        };
        let roster = match head.as_ref().filter(|(_, head)| head.home == home) {
            Some((_, head)) => roster(head, &rows)?,
            None => None,
        };
        let kept = |row: Row| Kept { version: row.version, digest: digest(&row.value) };
        let parts = rows.into_iter().map(|(key, row)| (key, kept(row))).collect();
        Ok((Self { store, home, head, parts }, roster))
    }

    /// Writes what changed.
    pub(super) async fn keep(&mut self, roster: &Roster, now: Timestamp) -> Result<(), Trouble> {
        let lists = [
            parts(USERS, &roster.users)?,
            parts(GROUPS, &roster.groups)?,
            parts(MEMBERSHIPS, &roster.memberships)?,
            parts(PERMISSION_SETS, &roster.permission_sets)?,
        ];
        let head = Head { home: self.home.clone(), at: roster.at, parts: [0, 1, 2, 3].map(|list: usize| lists[list].len()) };
        let stands = |part: &Part| self.parts.get(&part.key).is_some_and(|kept| kept.digest == part.digest);
        let changed: Vec<Part> = lists.into_iter().flatten().filter(|part| !stands(part)).collect();
        let confirmed = self.head.as_ref().is_some_and(|(_, known)| {
            known.home == head.home && known.parts == head.parts && head.at.duration_since(known.at) < CONFIRMED
        });
        if changed.is_empty() && confirmed {
            return Ok(());
        }
        if changed.len() > AT_ONCE {
            self.withdraw(now).await?;
        }
        let mut batches = changed.chunks(AT_ONCE).peekable();
        loop {
            let batch = batches.next().unwrap_or_default();
            let last = batches.peek().is_none();
            self.write(batch, last.then(|| head.clone()), now).await?;
            if last {
                return Ok(());
            }
        }
    }

    /// Takes the head away while more is written than goes into one commit: what a kill tears is no roster.
    async fn withdraw(&mut self, now: Timestamp) -> Result<(), Trouble> {
        let Some((version, _)) = self.head else { return Ok(()) };
        let write = Write { key: Key::new(Kind::Listing, HEAD), expects: version, value: None, due: None };
        self.store.commit(Commit::at(now).write(write)).await?;
        self.head = None;
        Ok(())
    }

    async fn write(&mut self, batch: &[Part], head: Option<Head>, now: Timestamp) -> Result<(), Trouble> {
        let mut commit = Commit::at(now);
        for Part { key, value, .. } in batch {
            let expects = self.parts.get(key).map_or(0, |kept| kept.version);
            commit = commit.write(Write { key: key.clone(), expects, value: Some(value.clone()), due: None });
        }
        let expects = self.head.as_ref().map_or(0, |(version, _)| *version);
        if let Some(head) = &head {
            let key = Key::new(Kind::Listing, HEAD);
            commit = commit.write(Write { key, expects, value: Some(json(head)?), due: None });
        }
        self.store.commit(commit).await?;
        for Part { key, digest, .. } in batch {
            let version = self.parts.get(key).map_or(0, |kept| kept.version) + 1;
            self.parts.insert(key.clone(), Kept { version, digest: *digest });
        }
        if let Some(head) = head {
            self.head = Some((expects + 1, head));
        }
        Ok(())
    }
}

/// A list in parts.
fn parts<T: Serialize>(list: &str, items: &[T]) -> Result<Vec<Part>, Trouble> {
    let (mut parts, mut part, mut size) = (Vec::new(), Vec::new(), 0);
    let mut close = |part: &mut Vec<Value>| {
        let value = Value::Array(std::mem::take(part));
        parts.push(Part { key: key(list, parts.len()), digest: digest(&value), value });
    };
    for item in items {
        let value = json(item)?;
        size += value.to_string().len() + 1;
        part.push(value);
        if size >= FULL {
            close(&mut part);
            size = 0;
        }
    }
    if !part.is_empty() {
        close(&mut part);
    }
    Ok(parts)
}

/// The roster a head speaks of; none where a part is missing.
fn roster(head: &Head, rows: &HashMap<Key, Row>) -> Result<Option<Roster>, Trouble> {
    let [users, groups, memberships, sets] = head.parts;
    let users = list::<User>(USERS, users, rows)?;
    let groups = list::<Group>(GROUPS, groups, rows)?;
    let memberships = list::<Membership>(MEMBERSHIPS, memberships, rows)?;
    let sets = list::<PermissionSet>(PERMISSION_SETS, sets, rows)?;
    let (Some(users), Some(groups), Some(memberships), Some(sets)) = (users, groups, memberships, sets) else { return Ok(None) };
    Ok(Some(Roster::of(users, groups, memberships, sets, head.at)))
}

fn list<T: DeserializeOwned>(list: &str, parts: usize, rows: &HashMap<Key, Row>) -> Result<Option<Vec<T>>, Trouble> {
    let mut items = Vec::new();
    for part in 0..parts {
        let Some(row) = rows.get(&key(list, part)) else { return Ok(None) };
        items.extend(read::<Vec<T>>(row)?);
    }
    Ok(Some(items))
}

fn key(list: &str, part: usize) -> Key {
    Key::new(Kind::Listing, format!("{list}/{part:06}"))
}

fn digest(value: &Value) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, value.to_string().as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sled::SledStore;

    fn now() -> Timestamp {
        "2026-11-25T10:00:00Z".parse().unwrap()
    }

    /// So many users with the longest names AWS allows, a third of them in each of three groups.
    fn large(users: usize, at: Timestamp) -> Roster {
        let long = |letter: &str| letter.repeat(1024);
        let user = |number: usize| User {
            id: format!("9367729a1b-{number:08}-0000-0000-0000-000000000000"),
            name: format!("user-{number:05}"),
            display_name: long("ë"),
            email: Some(long("e")),
            given: Some(long("g")),
            family: Some(long("f")),
            title: Some(long("t")),
            active: true,
            external: false,
        };
        let group = |number: usize| Group { id: format!("g-{number}"), name: format!("team-{number}"), ..Group::default() };
        let member =
            |number: usize| Membership { id: format!("m-{number}"), group: format!("g-{}", number % 3), user: user(number).id };
        let set = PermissionSet { arn: "arn:aws:sso:::permissionSet/i/ps-1".to_owned(), ..PermissionSet::default() };
        let members = (0..users).map(member).collect();
        Roster::of((0..users).map(user).collect(), (0..3).map(group).collect(), members, vec![set], at)
    }

    fn same(one: &Roster, other: &Roster) -> bool {
        let people = one.users == other.users && one.groups == other.groups && one.at == other.at;
        people && one.memberships == other.memberships && one.permission_sets == other.permission_sets
    }

    #[tokio::test]
    async fn a_roster_is_there_again_and_only_what_changed_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path(), now()).unwrap());
        let open = async |home: &str| Lists::open(Arc::clone(&store), home.to_owned()).await.unwrap();
        let rewritten = async || {
            let rows = store.newest(Kind::Listing, usize::MAX).await.unwrap();
            rows.into_iter().filter(|row| row.version > 1).map(|row| row.key.id).collect::<Vec<_>>()
        };
        let (mut lists, none) = open("a").await;
        assert!(none.is_none());
        let mut everybody = large(400, now());
        lists.keep(&everybody, now()).await.unwrap();
        lists.keep(&everybody, now()).await.unwrap();
        assert_eq!(rewritten().await, [""; 0], "nothing changed, nothing is written");
        let (mut lists, kept) = open("a").await;
        assert!(same(&kept.unwrap(), &everybody));
        everybody.users[399].title = None;
        everybody.at += SignedDuration::from_mins(5);
        lists.keep(&everybody, everybody.at).await.unwrap();
        let written = rewritten().await;
        assert!(written.len() == 2 && written[0].starts_with("users/") && written[1] == "head", "{written:?}");
        let (mut lists, kept) = open("a").await;
        assert!(same(&kept.unwrap(), &everybody));
        let fewer = large(10, everybody.at);
        lists.keep(&fewer, fewer.at).await.unwrap();
        assert!(same(&open("a").await.1.unwrap(), &fewer), "what is left of longer lists is none of it");
        assert!(open("another").await.1.is_none(), "those of another Identity Center are nobody's");
    }

    #[tokio::test]
    async fn what_a_kill_tears_is_no_roster() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path(), now()).unwrap());
        let (mut lists, _) = Lists::open(Arc::clone(&store), "a".to_owned()).await.unwrap();
        lists.keep(&large(10, now()), now()).await.unwrap();
        lists.withdraw(now()).await.unwrap();
        let part = parts(USERS, &large(20, now()).users).unwrap().remove(0);
        lists.write(&[part], None, now()).await.unwrap();
        let (mut lists, torn) = Lists::open(Arc::clone(&store), "a".to_owned()).await.unwrap();
        assert!(torn.is_none());
        lists.keep(&large(20, now()), now()).await.unwrap();
        assert!(Lists::open(store, "a".to_owned()).await.unwrap().1.is_some());
    }
}
