//! The audit log over sealed files and tree: searched, walked, tampered with.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::audit::Filter;
use crate::audit::tests::{queries, stamped_facts};

/// Entries in a sealed file here.
const SEALED: usize = 8;

fn open_sealing(dir: &tempfile::TempDir) -> SledStore {
    SledStore::open_sealing(dir.path(), now(), SEALED).unwrap()
}

/// Waits until all that is full is sealed and removed from the tree.
fn settle(store: &SledStore) {
    let shared = &store.shared;
    let settled = || {
        let sealed = shared.history.sealed().number;
        let oldest = shared.tree().unwrap().under(b"e").next().map(|pair| keys::entry_number(&pair.unwrap().0).unwrap());
        shared.history.head().number < sealed + SEALED as u64 && oldest.is_none_or(|oldest| oldest > sealed)
    };
    while !settled() {
        std::thread::yield_now();
    }
}

async fn fill(store: &SledStore, facts: impl IntoIterator<Item = (Timestamp, Fact)>) {
    for (at, fact) in facts {
        store.commit(Commit::at(at).fact(fact)).await.unwrap();
    }
    settle(store);
}

fn files(dir: &tempfile::TempDir) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(dir.path().join("history")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

async fn thirty(dir: &tempfile::TempDir) -> SledStore {
    let store = open_sealing(dir);
    fill(&store, (0..30).map(|_| (now(), fact("asked")))).await;
    store
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_search_finds_what_looking_at_every_entry_finds(
        facts in stamped_facts(50),
        queries in proptest::collection::vec(queries(), 30),
    ) {
        let dir = tempfile::tempdir().unwrap();
        block_on(async {
            let store = open_sealing(&dir);
            fill(&store, facts).await;
            let all = store.entries(1, usize::MAX).await.unwrap();
            for query in &queries {
                let page = store.audit(query).await.unwrap();
                let filter = Filter::new(query);
                let mut matching = all.iter().rev().filter(|entry| filter.matches(entry)).cloned();
                let expected: Vec<Entry> = matching.by_ref().take(query.limit).collect();
                assert_eq!(page, AuditPage { entries: expected, more: matching.next().is_some() }, "{query:?}");
            }
        });
    }
}

#[tokio::test]
async fn sealed_entries_leave_the_tree_and_stay_in_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let store = thirty(&dir).await;
    assert_eq!(files(&dir).len(), 3);
    let verification = store.verify().await.unwrap();
    assert!(matches!(verification, Verification::Whole { entries: 30, .. }), "{verification:?}");
    let numbers = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.number).collect::<Vec<_>>();
    assert_eq!(numbers(store.entries(7, 20).await.unwrap()), (7..27).collect::<Vec<_>>());
    assert_eq!(numbers(store.entries(29, 20).await.unwrap()), [29, 30]);
    assert_eq!(store.entry(9).await.unwrap().unwrap().number, 9);
    assert_eq!(store.entry(31).await.unwrap(), None);
    assert_eq!(store.entry(0).await.unwrap(), None);
    drop(store);
    let store = open_sealing(&dir);
    assert_eq!(store.verify().await.unwrap(), verification);
    assert_eq!(store.commit(Commit::at(now()).fact(fact("asked"))).await.unwrap().entries, 31..32);
}

#[tokio::test]
async fn what_was_sealed_but_not_removed_before_a_stop_is_removed_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = SledStore::open_sealing(dir.path(), now(), 1000).unwrap();
    for _ in 0..20 {
        store.commit(Commit::at(now()).fact(fact("asked"))).await.unwrap();
    }
    store.shared.history.seal(&store.shared.tree().unwrap(), SEALED).unwrap();
    drop(store);
    let store = open_sealing(&dir);
    fill(&store, [(now(), fact("asked"))]).await;
    assert!(matches!(store.verify().await.unwrap(), Verification::Whole { entries: 21, .. }));
}

#[tokio::test]
async fn a_byte_changed_in_a_sealed_file_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let store = thirty(&dir).await;
    let file = &files(&dir)[1];
    let whole = fs::read(file).unwrap();
    let place = whole.windows(9).position(|bytes| bytes == b"number\":1").unwrap();
    for place in [40, place + 9, whole.len() / 2, whole.len() - 600] {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        fs::write(file, &bytes).unwrap();
        let verification = store.verify().await.unwrap();
        let Verification::Broken { number, .. } = verification else {
            panic!("byte {place} of {}: {verification:?}", whole.len())
        };
        assert!((9..=17).contains(&number), "{verification:?}");
    }
    fs::write(file, whole).unwrap();
    assert!(matches!(store.verify().await.unwrap(), Verification::Whole { .. }));
}

#[tokio::test]
async fn an_entry_changed_in_the_tree_is_found_at_once_and_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let store = thirty(&dir).await;
    let link = store.shared.history.link(&store.shared.tree().unwrap(), 27).unwrap().unwrap();
    let forged = String::from_utf8(link.canonical).unwrap().replace("ana", "eve");
    let value = [&link.head.hash[..], forged.as_bytes()].concat();
    store.shared.tree().unwrap().apply(&[(keys::entry(27).to_vec(), Some(value))].into()).unwrap();
    let Verification::Broken { number, why } = store.verify().await.unwrap() else { panic!("it is not whole") };
    insta::assert_snapshot!(format!("{number}: {why}"), @"27: Entry #27 was altered, or the one before it was: its hash does not follow.");
    store.close().await.unwrap();
    drop(store);
    let said = SledStore::open(dir.path(), now()).unwrap_err().to_string();
    insta::assert_snapshot!(said.replace(&dir.path().display().to_string(), "DIR"), @"the store in DIR is damaged: Entry #27 was altered, or the one before it was: its hash does not follow. Bring back a backup; where there is DIR/before-recovery, that is sled's folder from before the last unclean start.");
}

#[tokio::test]
async fn a_missing_and_a_cut_file_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    thirty(&dir).await.close().await.unwrap();
    let files = files(&dir);
    let refusal =
        || SledStore::open(dir.path(), now()).unwrap_err().to_string().replace(&dir.path().display().to_string(), "DIR");
    let kept = fs::read(&files[1]).unwrap();
    fs::remove_file(&files[1]).unwrap();
    insta::assert_snapshot!(refusal(), @"the store in DIR is damaged: DIR/history/00000000000000000017: it does not follow entry #8; a file before it is missing. Bring back a backup; where there is DIR/before-recovery, that is sled's folder from before the last unclean start.");
    fs::write(&files[1], &kept[..kept.len() - 10]).unwrap();
    insta::assert_snapshot!(refusal(), @"the store in DIR is damaged: DIR/history/00000000000000000009: the file is damaged. Bring back a backup; where there is DIR/before-recovery, that is sled's folder from before the last unclean start.");
    fs::write(&files[1], &kept).unwrap();
    fs::write(dir.path().join("history/99999999999999999999.unfinished"), "half").unwrap();
    open(&dir);
    let kept = fs::read(&files[2]).unwrap();
    fs::remove_file(&files[2]).unwrap();
    insta::assert_snapshot!(refusal(), @"the store in DIR is damaged: Entry #17 is missing; #25 stands in its place. Bring back a backup; where there is DIR/before-recovery, that is sled's folder from before the last unclean start.");
    fs::write(&files[2], kept).unwrap();
    open(&dir);
}

#[tokio::test]
async fn the_history_outlives_the_loss_of_sled() {
    let dir = tempfile::tempdir().unwrap();
    thirty(&dir).await.close().await.unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    let said = SledStore::open(dir.path(), now()).unwrap_err().to_string();
    assert!(said.contains("ends at audit entry #24 and had reached #30"), "{said}");
    fs::write(dir.path().join("accept-loss"), "24").unwrap();
    let store = open_sealing(&dir);
    assert_eq!(store.entry(25).await.unwrap().unwrap().fact.event, "loss_accepted");
    assert!(matches!(store.verify().await.unwrap(), Verification::Whole { entries: 25, .. }));
    drop(store);
    open_sealing(&dir);
}
