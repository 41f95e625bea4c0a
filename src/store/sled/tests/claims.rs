//! Due work: who gets it, and when.

use super::*;

fn due(kind: Kind, id: &str, time: Option<&str>, expects: u64) -> Commit {
    Commit::at(now()).write(Write { key: Key::new(kind, id), expects, value: Some(1.into()), due: time.map(at) })
}

async fn claim(store: &SledStore, time: &str) -> Vec<String> {
    let rows = store.claim(&[Kind::Change, Kind::Message], at(time), SignedDuration::from_mins(5), 2).await.unwrap();
    rows.into_iter().map(|row| row.key.id).collect()
}

#[tokio::test]
async fn due_records_are_claimed_earliest_first_and_once_a_lease() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for (kind, id, time) in [
        (Kind::Change, "late", "12:00:00"),
        (Kind::Change, "b", "10:00:02"),
        (Kind::Message, "a", "10:00:01"),
        (Kind::Message, "c", "10:00:03"),
        (Kind::Freeze, "another kind", "09:00:00"),
    ] {
        store.commit(due(kind, id, Some(time), 0)).await.unwrap();
    }
    let next_due = async || store.next_due(&[Kind::Change, Kind::Message]).await.unwrap();
    assert_eq!(next_due().await, Some(at("10:00:01")));
    assert_eq!(claim(&store, "10:00:00").await, [""; 0]);
    assert_eq!(claim(&store, "10:00:10").await, ["a", "b"]);
    assert_eq!(next_due().await, Some(at("10:00:03")));
    assert_eq!(claim(&store, "10:00:10").await, ["c"]);
    assert_eq!(next_due().await, Some(at("10:05:10")), "a lease ends before the next record is due");

    store.done(&Key::new(Kind::Change, "b")).await;
    assert_eq!(claim(&store, "10:00:11").await, ["b"]);
    let b = Key::new(Kind::Change, "b");
    store.commit(due(Kind::Change, "b", Some("10:00:20"), 1)).await.unwrap();
    assert_eq!(claim(&store, "10:00:20").await, [""; 0], "a commit does not take it from whoever works on it");
    store.done(&b).await;
    assert_eq!(claim(&store, "10:00:20").await, ["b"]);
    assert_eq!(claim(&store, "10:05:10").await, ["a", "c"], "the lease has passed");

    store.commit(due(Kind::Change, "b", None, 2)).await.unwrap();
    let pending = store.pending(Kind::Change).await.unwrap();
    assert_eq!(pending.iter().map(|row| row.key.id.as_str()).collect::<Vec<_>>(), ["late"]);
}

#[tokio::test]
async fn a_record_is_put_off_and_woken_without_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let a = Key::new(Kind::Change, "a");
    let next_due = async || store.next_due(&[Kind::Change]).await.unwrap();
    store.commit(due(Kind::Change, "a", Some("10:00:00"), 0)).await.unwrap();
    assert_eq!(claim(&store, "10:00:00").await, ["a"]);
    store.put_off(&a, at("10:01:00")).await;
    store.done(&a).await;
    assert_eq!(next_due().await, Some(at("10:01:00")));
    assert_eq!(claim(&store, "10:00:59").await, [""; 0]);
    store.wake(&a, at("10:00:30")).await;
    assert_eq!(claim(&store, "10:00:30").await, ["a"], "woken earlier than it was put off to");
    store.wake(&a, at("10:00:31")).await;
    assert_eq!(claim(&store, "10:00:31").await, [""; 0], "somebody works on it");
    store.put_off(&a, at("10:09:00")).await;
    store.done(&a).await;
    assert_eq!(claim(&store, "10:00:31").await, ["a"], "what woke it meanwhile is not lost");
    store.done(&a).await;
    store.put_off(&a, at("10:20:00")).await;
    store.commit(due(Kind::Change, "a", Some("10:02:00"), 1)).await.unwrap();
    assert_eq!(next_due().await, Some(at("10:02:00")), "a commit sets the time anew");
}

#[tokio::test]
async fn what_was_written_meanwhile_is_not_put_off_by_who_saw_it_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let a = Key::new(Kind::Change, "a");
    store.commit(due(Kind::Change, "a", Some("10:00:00"), 0)).await.unwrap();
    assert_eq!(claim(&store, "10:00:00").await, ["a"]);
    store.commit(due(Kind::Change, "a", Some("10:00:01"), 1)).await.unwrap();
    store.put_off(&a, at("11:00:00")).await;
    store.done(&a).await;
    assert_eq!(claim(&store, "10:00:01").await, ["a"]);
}

#[tokio::test]
async fn a_restart_gives_claimed_records_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store.commit(due(Kind::Change, "a", Some("10:00:00"), 0)).await.unwrap();
    assert_eq!(claim(&store, "10:00:00").await, ["a"]);
    drop(store);
    assert_eq!(claim(&open(&dir), "10:00:00").await, ["a"]);
}

#[tokio::test]
async fn a_record_that_can_not_be_read_holds_up_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for (id, time) in [("a", "10:00:00"), ("b", "10:00:01"), ("c", "10:00:02")] {
        store.commit(due(Kind::Change, id, Some(time), 0)).await.unwrap();
    }
    let damaged = keys::record(&Key::new(Kind::Change, "b"));
    store.shared.tree().unwrap().apply(&[(damaged, Some(b"junk".to_vec()))].into()).unwrap();
    assert_eq!(claim(&store, "10:00:10").await, ["a"]);
    assert_eq!(claim(&store, "10:00:10").await, ["c"]);
    assert_eq!(store.next_due(&[Kind::Change]).await.unwrap(), Some(at("10:05:10")), "it is looked at again");
}
