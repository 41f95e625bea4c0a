//! What the store refuses to go on with, and what it repairs by itself.

use super::*;

async fn filled(dir: &tempfile::TempDir, entries: usize) -> SledStore {
    let store = open(dir);
    for _ in 0..entries {
        store.commit(Commit::at(now()).fact(fact("asked"))).await.unwrap();
    }
    store
}

fn refusal(dir: &tempfile::TempDir) -> String {
    let said = SledStore::open(dir.path(), now()).unwrap_err().to_string();
    said.replace(&dir.path().display().to_string(), "DIR")
}

#[tokio::test]
async fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _store = open(&dir);
    insta::assert_snapshot!(refusal(&dir), @"another process is using the store in DIR. Stop it first; two may never write one store.");
}

#[tokio::test]
async fn an_unfinished_snapshot_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(&dir, 3).await);
    fs::write(dir.path().join("sled/snap.0000000000000001.generating"), b"half").unwrap();
    let store = open(&dir);
    assert!(matches!(store.verify().await.unwrap(), Verification::Whole { entries: 3, .. }));
}

#[tokio::test]
async fn a_store_shorter_than_its_high_water_mark_is_refused_until_the_loss_is_accepted() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, 2).await.close().await.unwrap();
    let backup = tempfile::tempdir().unwrap();
    copy(&dir.path().join("sled"), &backup.path().join("sled"));
    filled(&dir, 3).await.close().await.unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    copy(&backup.path().join("sled"), &dir.path().join("sled"));
    insta::assert_snapshot!(refusal(&dir), @"the store in DIR is older than it was: it ends at audit entry #2 and had reached #5; 3 writes are missing. Nothing was changed. Bring back a backup, or the copy in DIR/before-recovery. If the loss is to be accepted, write the number 2 into the file DIR/accept-loss and start again; the audit log will say so.");
    fs::write(dir.path().join("accept-loss"), "3\n").unwrap();
    refusal(&dir);
    fs::write(dir.path().join("accept-loss"), "2\n").unwrap();
    let store = open(&dir);
    let entry = store.entry(3).await.unwrap().unwrap();
    insta::assert_snapshot!(serde_json::to_string(&(entry.fact.event, entry.fact.detail)).unwrap(), @r#"["loss_accepted",{"found":2,"reached":5,"reached_hash":"c73a83bdd502bb68bfae6ae01d0b3a79e704314d607525a895fda3d483ad7735"}]"#);
    assert!(!dir.path().join("accept-loss").exists());
    store.close().await.unwrap();
    drop(store);
    open(&dir);
}

#[tokio::test]
async fn a_start_that_is_refused_leaves_the_copy_from_before_it() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, 2).await.close().await.unwrap();
    let backup = tempfile::tempdir().unwrap();
    copy(&dir.path().join("sled"), &backup.path().join("sled"));
    drop(filled(&dir, 3).await);
    let copied = dir.path().join("before-recovery");
    fs::write(dir.path().join("sled/left by the unclean stop"), "").unwrap();
    // Stands for a recovery that cut off what was acknowledged.
    fs::rename(dir.path().join("high-water"), dir.path().join("kept")).unwrap();
    refusal(&dir);
    fs::rename(dir.path().join("kept"), dir.path().join("high-water")).unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    copy(&backup.path().join("sled"), &dir.path().join("sled"));
    refusal(&dir);
    refusal(&dir);
    assert!(copied.join("left by the unclean stop").exists());
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    fs::rename(copied, dir.path().join("sled")).unwrap();
    assert!(matches!(open(&dir).verify().await.unwrap(), Verification::Whole { entries: 5, .. }));
}

#[tokio::test]
async fn an_empty_folder_in_place_of_the_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, 2).await.close().await.unwrap();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    assert!(refusal(&dir).contains("ends at audit entry #0 and had reached #2"));
}

#[tokio::test]
async fn a_missing_mark_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, 2).await.close().await.unwrap();
    fs::remove_file(dir.path().join("high-water")).unwrap();
    insta::assert_snapshot!(refusal(&dir), @"DIR/high-water is gone, so nothing tells whether the store is whole; it ends at audit entry #2. Bring the file back. If what is there is to be accepted, write the number 2 into the file DIR/accept-loss and start again; the audit log will say so.");
}

#[tokio::test]
async fn another_history_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, 2).await.close().await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let store = open(&other);
    for _ in 0..3 {
        store.commit(Commit::at(at("11:00:00")).fact(fact("forged"))).await.unwrap();
    }
    store.close().await.unwrap();
    drop(store);
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    copy(&other.path().join("sled"), &dir.path().join("sled"));
    assert!(refusal(&dir).starts_with("audit entry #2 of the store in DIR is not the one that was written"));
}

#[tokio::test]
async fn a_damaged_store_is_refused_without_a_panic() {
    let dir = tempfile::tempdir().unwrap();
    filled(&dir, 50).await.close().await.unwrap();
    let db = dir.path().join("sled/db");
    let mut bytes = fs::read(&db).unwrap();
    bytes.iter_mut().take(100_000).for_each(|byte| *byte ^= 0x55);
    fs::write(&db, bytes).unwrap();
    let said = refusal(&dir);
    assert!(said.contains("damaged") || said.contains("is older than it was"), "{said}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).unwrap();
        }
    }
}

#[tokio::test]
async fn nobody_who_reads_waits_while_it_is_opened_anew() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(&dir, 1).await;
    let reading = store.shared.tree().unwrap();
    let shared = Arc::clone(&store.shared);
    let opening = std::thread::spawn(move || shared.reopen());
    while store.shared.tree().is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(store.get(&Key::new(Kind::Change, "1")).await.is_err());
    drop(reading);
    opening.join().unwrap().unwrap();
    assert!(matches!(store.verify().await.unwrap(), Verification::Whole { entries: 1, .. }));
}

#[tokio::test]
async fn a_long_walk_along_the_chain_keeps_nobody_from_closing() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let facts = Commit { facts: vec![fact("asked"); 5_000], ..Commit::at(now()) };
    store.commit(facts).await.unwrap();
    let shared = Arc::clone(&store.shared);
    let (arrived, arrives) = std::sync::mpsc::channel();
    let (go, goes) = std::sync::mpsc::channel::<()>();
    let walk = std::thread::spawn(move || {
        let pieces = std::cell::Cell::new(0);
        shared.history.verify(|| {
            pieces.set(pieces.get() + 1);
            if pieces.get() == 2 {
                arrived.send(()).unwrap();
                goes.recv().unwrap();
            }
            shared.tree()
        })
    });
    tokio::task::spawn_blocking(move || arrives.recv().unwrap()).await.unwrap();
    store.close().await.unwrap();
    go.send(()).unwrap();
    assert_eq!(walk.join().unwrap().unwrap_err().to_string(), "the store can't be read: it is closed");
}
