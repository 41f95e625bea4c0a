//! Killed at any moment, and out of disk: in processes of their own, which are this test binary again.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use super::*;

/// Entries in a sealed file here: small, so that a kill comes while one is written, too.
const SEALED: usize = 64;

fn numbered(number: u64, padding: usize) -> Commit {
    let fact = Fact { detail: [("number".to_owned(), number.into())].into(), ..fact("asked") };
    let value = format!("{number}{}", "x".repeat(padding));
    Commit::at(now()).once(format!("event-{number}")).fact(fact).write(write(&number.to_string(), 0, value))
}

/// The same test binary, running `test` alone; `limit` is the largest file it may write, in kB.
fn child(test: &str, limit: Option<u32>) -> Child {
    let limit = limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string());
    // Ignored signals stay ignored: without SIGXFSZ, a write past the limit fails with EFBIG, as on a full disk.
    Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -S -f $1; shift; exec \"$@\"", "bash", &limit])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("store::sled::tests::crash::{test}"), "--ignored", "--nocapture", "--test-threads=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Tells a line to the child.
fn tell(child: &mut Child, line: &str) {
    let stdin = child.stdin.as_mut().unwrap();
    writeln!(stdin, "{line}").unwrap();
    stdin.flush().unwrap();
}

/// What the parent told next.
fn told() -> String {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    line.trim().to_owned()
}

#[expect(clippy::print_stdout, reason = "the parent reads it")]
fn say(line: &str) {
    println!("\n{line}");
    std::io::stdout().flush().unwrap();
}

/// The numbers in lines that begin with `word`.
fn numbers(lines: &[String], word: &str) -> Vec<u64> {
    lines.iter().filter_map(|line| line.strip_prefix(word)?.trim().parse().ok()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a process of its own for the test below"]
async fn commits_until_it_is_killed() {
    let dir = told();
    let first: u64 = told().parse().unwrap();
    let store = Arc::new(SledStore::open_sealing(Path::new(&dir), now(), SEALED).unwrap());
    say("open");
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for number in (first + task..).step_by(8) {
                    store.commit(numbered(number, 50)).await.unwrap();
                    say(&format!("made {number}"));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn what_was_acknowledged_outlives_kill_9() {
    let dir = tempfile::tempdir().unwrap();
    let mut made: Vec<u64> = Vec::new();
    for round in 0..6_u32 {
        let mut killed = child("commits_until_it_is_killed", None);
        tell(&mut killed, &dir.path().display().to_string());
        tell(&mut killed, &(u64::from(round) * 1_000_000).to_string());
        let lines = BufReader::new(killed.stdout.take().unwrap()).lines();
        let many = 40 + 90 * round as usize;
        let mut lines = lines.map(Result::unwrap);
        let mut said: Vec<String> = lines.by_ref().take(2 * many).collect();
        killed.kill().unwrap();
        // What it said before it died and nobody had read yet was acknowledged as well.
        said.extend(lines);
        killed.wait().unwrap();
        let now_made = numbers(&said, "made ");
        assert!(now_made.len() >= many / 2, "{} of {many}", now_made.len());
        made.extend(now_made);

        let store = SledStore::open_sealing(dir.path(), now(), SEALED).unwrap();
        let entries = store.entries(1, usize::MAX).await.unwrap();
        let kept: std::collections::HashSet<u64> =
            entries.iter().map(|entry| entry.fact.detail["number"].as_u64().unwrap()).collect();
        assert!(matches!(store.verify().await.unwrap(), Verification::Whole { .. }));
        for number in &made {
            assert!(kept.contains(number), "entry of {number} is lost in round {round}");
            assert!(value(&store, &number.to_string()).await.is_some(), "record {number} is lost in round {round}");
        }
        // A commit happened whole or not at all, acknowledged or not.
        let records = store.newest(Kind::Change, usize::MAX).await.unwrap();
        assert_eq!(records.len(), kept.len());
        let again = store.commit(numbered(made[made.len() / 2], 50)).await;
        assert!(matches!(again, Err(CommitError::Duplicate)), "{again:?}");
    }
}

#[tokio::test]
#[ignore = "a process of its own for the test below"]
async fn commits_until_the_disk_is_full() {
    let store = SledStore::open(Path::new(&told()), now()).unwrap();
    let mut number = 0;
    let why = loop {
        number += 1;
        match store.commit(numbered(number, 20_000)).await {
            Ok(_) => say(&format!("made {number}")),
            Err(error) => break error.to_string(),
        }
    };
    say(&format!("refused {number}"));
    say(&format!("because {why}"));
    say(&format!("health {:?}", store.trouble()));
    for _ in 0..3 {
        number += 1;
        if store.commit(numbered(number, 20_000)).await.is_err() {
            say(&format!("refused {number}"));
        }
    }
    say("full");
    told();
    for _ in 0..3 {
        number += 1;
        match store.commit(numbered(number, 20_000)).await {
            Ok(_) => say(&format!("made {number}")),
            Err(error) => say(&format!("late {error}")),
        }
    }
    say(&format!("closed {:?}", store.close().await));
}

#[tokio::test]
async fn a_full_disk_refuses_commits_until_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut full = child("commits_until_the_disk_is_full", Some(3000));
    tell(&mut full, &dir.path().display().to_string());
    let mut lines = BufReader::new(full.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut said: Vec<String> = lines.by_ref().take_while(|line| line != "full").collect();
    let room = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &full.id().to_string()]).status().unwrap();
    assert!(room.success());
    tell(&mut full, "there is room");
    said.extend(lines);
    assert!(full.wait().unwrap().success(), "{said:#?}");
    let (made, refused) = (numbers(&said, "made "), numbers(&said, "refused "));
    assert!(made.len() > 10, "{said:#?}");
    // The limit is each file's: a file of the journal that begins anew may have room again before all have.
    assert!(!refused.is_empty(), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("because the store can't be written: ")), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("health Some(")), "{said:#?}");
    assert!(made.iter().any(|number| number > refused.iter().max().unwrap()), "it goes on once there is room: {said:#?}");
    assert!(said.contains(&"closed Ok(())".to_owned()), "{said:#?}");

    let store = open(&dir);
    assert!(matches!(store.verify().await.unwrap(), Verification::Whole { .. }));
    for number in made {
        assert!(value(&store, &number.to_string()).await.is_some(), "{number} is lost");
    }
    for number in refused {
        assert!(value(&store, &number.to_string()).await.is_none(), "{number} was refused and is there");
    }
}
