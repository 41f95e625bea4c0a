//! The store as its users see it.

use std::fs;

use serde_json::Value;

use super::*;
use crate::store::{LARGEST, Write};

mod claims;
mod crash;
mod guards;
mod history;

fn at(time: &str) -> Timestamp {
    format!("2026-11-25T{time}Z").parse().unwrap()
}

fn now() -> Timestamp {
    at("10:00:00")
}

fn open(dir: &tempfile::TempDir) -> SledStore {
    SledStore::open(dir.path(), now()).unwrap()
}

fn fact(event: &str) -> Fact {
    Fact { operation: "op-1".to_owned(), event: event.to_owned(), person: "ana".to_owned(), ..Fact::default() }
}

fn write(id: &str, expects: u64, value: impl Into<Value>) -> Write {
    Write { key: Key::new(Kind::Change, id), expects, value: Some(value.into()), due: None }
}

async fn value(store: &SledStore, id: &str) -> Option<(u64, Value)> {
    store.get(&Key::new(Kind::Change, id)).await.unwrap().map(|row| (row.version, row.value))
}

#[tokio::test]
async fn a_commit_happens_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let commit = || Commit::at(now()).once("event-1");
    let made = store.commit(commit().write(write("1", 0, "new")).fact(fact("asked")).fact(fact("allowed"))).await.unwrap();
    assert_eq!(made.entries, 1..3);
    let again = store.commit(commit().write(write("2", 0, "new"))).await;
    assert!(matches!(again, Err(CommitError::Duplicate)), "{again:?}");
    let stale =
        store.commit(Commit::at(now()).write(write("2", 0, "new")).write(write("1", 0, "late")).fact(fact("asked"))).await;
    assert_eq!(stale.unwrap_err().to_string(), "change/1 was changed by somebody else");
    assert_eq!(value(&store, "1").await, Some((1, "new".into())));
    assert_eq!(value(&store, "2").await, None);
    assert!(store.entry(3).await.unwrap().is_none());
    let made = store.commit(Commit::at(now()).write(write("1", 1, "newer")).fact(fact("approved"))).await.unwrap();
    assert_eq!(made.entries, 3..4);
    assert_eq!(value(&store, "1").await, Some((2, "newer".into())));
    let gone = Write { value: None, ..write("1", 2, "") };
    store.commit(Commit::at(now()).write(gone)).await.unwrap();
    assert_eq!(value(&store, "1").await, None);
}

#[tokio::test]
async fn commits_of_one_group_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let commits =
        (0..200).map(|_| store.commit(Commit::at(now()).once("the only one").write(write("1", 0, 1)).fact(fact("won"))));
    let made = futures_util::future::join_all(commits).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(made.iter().all(|made| matches!(made, Ok(_) | Err(CommitError::Duplicate))));
    let rivals = (0..200).map(|rival| store.commit(Commit::at(now()).write(write("1", 1, rival)).fact(fact("won"))));
    let made = futures_util::future::join_all(rivals).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    assert!(made.iter().all(|made| matches!(made, Ok(_) | Err(CommitError::Conflict(_)))));
    let chain: Vec<_> = store.entries(1, 10).await.unwrap().into_iter().map(|entry| entry.number).collect();
    assert_eq!(chain, [1, 2]);
}

#[tokio::test]
async fn a_once_key_counts_for_a_day_and_is_forgotten_then() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let day = SignedDuration::from_hours(24);
    store.commit(Commit::at(now()).once("a").write(write("1", 0, 1))).await.unwrap();
    let again = store.commit(Commit::at(now() + day).once("a").write(write("2", 0, 1))).await;
    assert!(matches!(again, Err(CommitError::Duplicate)));
    store.commit(Commit::at(now() + day * 2).once("b").write(write("3", 0, 1))).await.unwrap();
    store.commit(Commit::at(now() + day * 2).once("a").write(write("4", 0, 1))).await.unwrap();
    assert_eq!(store.shared.tree().unwrap().under(b"p").count(), 2);
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let large = "x".repeat(LARGEST);
    let said = store.commit(Commit::at(now()).write(write("7", 0, large.clone()))).await.unwrap_err();
    assert_eq!(said.to_string(), "change/7 is too large: 100002 bytes");
    let said = store.commit(Commit::at(now()).write(write(&"7".repeat(513), 0, 1))).await.unwrap_err();
    assert_eq!(said.to_string(), "the id of a change is 513 bytes long");
    let said = store.commit(Commit::at(now()).fact(fact(&large))).await.unwrap_err();
    assert_eq!(said.to_string(), "an audit entry of 100094 bytes is too large");
    let fits = (0..40).map(|id| store.commit(Commit::at(now()).write(write(&id.to_string(), 0, "x".repeat(99_000)))));
    assert!(futures_util::future::join_all(fits).await.iter().all(Result::is_ok));
    drop(store);
    assert_eq!(open(&dir).newest(Kind::Change, 100).await.unwrap().len(), 40);
}

#[tokio::test]
async fn everything_is_there_after_a_clean_and_an_unclean_stop() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store.commit(Commit::at(now()).once("a").write(write("1", 0, 1)).fact(fact("asked"))).await.unwrap();
    store.close().await.unwrap();
    let said = store.commit(Commit::at(now()).fact(fact("late"))).await.unwrap_err();
    assert_eq!(said.to_string(), "the store can't be written: it is closed");
    assert_eq!(store.get(&Key::new(Kind::Change, "1")).await.unwrap_err().to_string(), "the store can't be read: it is closed");
    drop(store);
    let store = open(&dir);
    assert!(!dir.path().join("before-recovery").exists());
    assert!(matches!(store.commit(Commit::at(now()).once("a")).await, Err(CommitError::Duplicate)));
    assert_eq!(store.commit(Commit::at(now()).fact(fact("asked"))).await.unwrap().entries, 2..3);
    drop(store);
    let store = open(&dir);
    assert!(dir.path().join("before-recovery/db").exists());
    assert_eq!(store.newest(Kind::Change, 9).await.unwrap().len(), 1);
    assert!(matches!(store.verify().await.unwrap(), Verification::Whole { entries: 2, .. }));
    assert!(store.size_on_disk().unwrap() > 0);
}

#[tokio::test]
async fn newest_is_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for number in [9, 10, 11] {
        let key = Key::numbered(Kind::Change, number);
        let write = Write { key, expects: 0, value: Some(number.into()), due: None };
        store.commit(Commit::at(now()).write(write)).await.unwrap();
    }
    let newest: Vec<Value> = store.newest(Kind::Change, 2).await.unwrap().into_iter().map(|row| row.value).collect();
    assert_eq!(newest, [11, 10]);
}

#[tokio::test]
async fn records_are_skimmed_as_they_lie_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for number in 1..=4_u64 {
        let due = number.is_multiple_of(2).then(|| at("11:00:00") - SignedDuration::from_mins(number as i64));
        let value = if number == 3 { "three".into() } else { json!({ "number": number, "long": "x".repeat(9) }) };
        let write = Write { key: Key::numbered(Kind::Alert, number), expects: 0, value: Some(value), due };
        store.commit(Commit::at(now()).write(write)).await.unwrap();
    }
    #[derive(serde::Deserialize)]
    struct Head {
        number: u64,
    }
    let seen = async |which| {
        let heads = crate::store::skimmed::<Head>(&store, Kind::Alert, which).await.unwrap();
        heads.into_iter().map(|head| head.map_err(|error| error.0).map(|head| head.number)).collect::<Vec<_>>()
    };
    let odd = || Err("alert/00000000000000000003 has another shape".to_owned());
    let shortly = |all: Vec<Result<u64, String>>| {
        let first = |why: String| why.split(':').next().unwrap_or_default().to_owned();
        all.into_iter().map(|one| one.map_err(first)).collect::<Vec<_>>()
    };
    assert_eq!(shortly(seen(Which::Newest(3)).await), [Ok(4), odd(), Ok(2)]);
    assert_eq!(shortly(seen(Which::Pending).await), [Ok(4), Ok(2)]);
    assert_eq!(shortly(seen(Which::Numbered { first: 2, last: 3 }).await), [Ok(2), odd()]);
    store
        .commit(Commit::at(now()).write(Write { key: Key::numbered(Kind::Alert, 4), expects: 1, value: None, due: None }))
        .await
        .unwrap();
    assert_eq!(shortly(seen(Which::Newest(1)).await), [odd()]);
    assert_eq!(shortly(seen(Which::Pending).await), [Ok(2)]);
}
