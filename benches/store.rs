//! The store's figures: `cargo bench --bench store`, or `cargo bench --bench store -- FOLDER` to measure on another disk.
//!
//! Durable commits a second beside bare `write` + `fdatasync` of the same bytes; search latency over a million entries;
//! time to open after a clean stop and after kill -9; resident memory. What is timed runs in a process of its own.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at the first error")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use commands::records::{AuditQuery, ChangeId, Fact};
use jiff::{SignedDuration, Timestamp};
use watchkeeper::store::sled::SledStore;
use watchkeeper::store::{Commit, Key, Kind, Store, Write};

/// A million, and nearly as many more as the store keeps before it seals them: the most that is indexed in memory.
const ENTRIES: u64 = 1_015_000;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["search", dir] => in_runtime(search(dir.into())),
        ["open", dir, how] => in_runtime(open(dir.into(), how == "kill")),
        ["fill", dir] => in_runtime(fill(dir.into())),
        ["commit", dir] => in_runtime(commits(dir.into())),
        _ => all(words.first().map(PathBuf::from)),
    }
}

fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(work)
}

fn all(place: Option<PathBuf>) {
    let place = place.unwrap_or_else(std::env::temp_dir);
    let dir = tempfile::tempdir_in(place).unwrap();
    let part = |words: &[&str]| {
        let dir = dir.path().join(if words[0] == "commit" { "commits" } else { "million" });
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(words[0]).arg(dir).args(&words[1..]).stdin(Stdio::null());
        // "open … kill" ends by its own kill -9.
        assert!(command.status().unwrap().success() || words.last() == Some(&"kill"), "{words:?}");
    };
    part(&["commit"]);
    part(&["fill"]);
    part(&["search"]);
    part(&["open", "clean"]);
    part(&["open", "kill"]);
    part(&["open", "clean"]);
}

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

/// A fact as a real one: some members shared by many, some by few, some its own; about 390 bytes.
fn fact(number: u64) -> Fact {
    let people = ["ana", "ben", "chen", "dora", "eli", "fatma", "goran", "hana"];
    let projects = ["shop", "bank", "games", "news", "travel"];
    let events = [("asked", None), ("step", None), ("succeeded", Some("succeeded")), ("denied", Some("denied"))];
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let pick = |many: usize, shift: u32| (mixed >> shift) as usize % many;
    let (event, outcome) = events[pick(4, 3)];
    let database = pick(300, 7);
    let detail = BTreeMap::from([
        ("args".to_owned(), serde_json::json!({ "id": format!("db-{database}"), "to": format!("8.0.{}", pick(50, 13)) })),
        ("request".to_owned(), format!("{mixed:016x}-{number:08x}").into()),
        ("rule".to_owned(), "dba-may-upgrade-with-one-approval".into()),
    ]);
    Fact {
        operation: format!("op-{number:x}"),
        event: event.to_owned(),
        person: people[pick(8, 17)].to_owned(),
        account: Some(format!("slack:U{}", pick(8, 17))),
        place: Some("slack:C024BE91L".to_owned()),
        action: Some(["rds upgrade", "rds list", "change show"][pick(3, 21)].to_owned()),
        resource: Some(format!("database db-{database}")),
        project: Some(projects[database % 5].to_owned()),
        change: number.is_multiple_of(20).then_some(ChangeId(number / 200)),
        outcome: outcome.map(str::to_owned),
        detail,
    }
}

fn commit(number: u64) -> Commit {
    Commit::at(now() + SignedDuration::from_secs(number as i64)).fact(fact(number))
}

async fn commits(dir: PathBuf) {
    println!("durable commits a second (one entry each), beside write + fdatasync of the same bytes");
    println!("{:>8} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}", "writers", "store", "p50", "p99", "bare", "p50", "p99");
    let mut first = 0;
    for (writers, each) in [(1, 4000), (16, 2000), (100, 600)] {
        let (bare, bare_p50, bare_p99) = bare(&dir, each, writers as usize);
        let store = Arc::new(SledStore::open(&dir, now()).unwrap());
        let started = Instant::now();
        let tasks: Vec<_> = (0..writers)
            .map(|writer| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let mut took = Vec::with_capacity(each as usize);
                    for number in 0..each {
                        let began = Instant::now();
                        store.commit(commit(first + writer * each + number)).await.unwrap();
                        took.push(began.elapsed());
                    }
                    took
                })
            })
            .collect();
        let mut took = Vec::new();
        for task in tasks {
            took.extend(task.await.unwrap());
        }
        let rate = (writers * each) as f64 / started.elapsed().as_secs_f64();
        first += writers * each;
        let (p50, _, p99) = percentiles(&mut took);
        println!("{writers:>8} {rate:>10.0} {p50:>10.0?} {p99:>10.0?} {bare:>10.0} {bare_p50:>10.0?} {bare_p99:>10.0?}");
        store.close().await.unwrap();
    }
}

/// Appends the bytes of one entry again and again, `together` with one sync: how many a second, and how long a sync takes.
fn bare(dir: &Path, syncs: u64, together: usize) -> (f64, Duration, Duration) {
    fs::create_dir_all(dir).unwrap();
    let mut file = File::create(dir.join("bare")).unwrap();
    let bytes = serde_json::to_vec(&fact(1)).unwrap().repeat(together);
    let started = Instant::now();
    let mut took = Vec::new();
    for _ in 0..syncs {
        let began = Instant::now();
        file.write_all(&bytes).unwrap();
        file.sync_data().unwrap();
        took.push(began.elapsed());
    }
    let rate = (syncs * together as u64) as f64 / started.elapsed().as_secs_f64();
    let (p50, _, p99) = percentiles(&mut took);
    (rate, p50, p99)
}

async fn fill(dir: PathBuf) {
    let started = Instant::now();
    let store = SledStore::open(&dir, now()).unwrap();
    for first in (1..=ENTRIES).step_by(500) {
        let commits = (0..10).map(|part| {
            let numbers = (0..50).map(|number| first + part * 50 + number);
            numbers.fold(Commit::at(now() + SignedDuration::from_secs(first as i64)), |commit, number| commit.fact(fact(number)))
        });
        futures_util::future::try_join_all(commits.map(|commit| store.commit(commit))).await.unwrap();
    }
    for number in 0..1000 {
        let write = Write {
            key: Key::numbered(Kind::Change, number),
            expects: 0,
            value: Some(serde_json::to_value(fact(number)).unwrap()),
            due: Some(now()),
        };
        store.commit(Commit::at(now()).write(write)).await.unwrap();
    }
    let size = store.size_on_disk().unwrap() / 1_000_000;
    println!("\n{ENTRIES} entries written in {:.0?}, {size} MB on disk, {} resident", started.elapsed(), resident());
    store.close().await.unwrap();
}

async fn search(dir: PathBuf) {
    let store = SledStore::open(&dir, now()).unwrap();
    println!("\nfirst page of a search over {ENTRIES} entries, 200 searches each; {} resident before", resident());
    println!("{:<34} {:>10} {:>10} {:>10} {:>8}", "asked for", "p50", "p95", "p99", "found");
    let some = |words: String| Some(words);
    type Ask = Box<dyn Fn(u64) -> AuditQuery>;
    let query = AuditQuery::default;
    let words = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let at = |second: u64| now() + SignedDuration::from_secs(second as i64);
    let kinds: Vec<(&str, Ask)> = vec![
        ("nothing", Box::new(move |_| query())),
        ("a person", Box::new(move |_| AuditQuery { person: some("ana".to_owned()), ..query() })),
        ("a person who never was", Box::new(move |n| AuditQuery { person: some(format!("nobody{n}")), ..query() })),
        ("a resource", Box::new(move |n| AuditQuery { resource: some(format!("db-{}", n % 300)), ..query() })),
        ("a change", Box::new(move |n| AuditQuery { change: Some(ChangeId(n * 24)), ..query() })),
        ("a word of one entry", Box::new(move |n| AuditQuery { words: vec![format!("op-{:x}", n * 4999)], ..query() })),
        ("two common words", Box::new(move |_| AuditQuery { words: words("denied shop"), ..query() })),
        (
            "common members that never meet",
            Box::new(move |n| AuditQuery {
                resource: some(format!("db-{}", n % 60 * 5)),
                projects: Some(words("bank")),
                words: words("8.0.40"),
                ..query()
            }),
        ),
        (
            "an hour of a person",
            Box::new(move |n| AuditQuery {
                person: some("ben".to_owned()),
                since: Some(at(n * 4000)),
                until: Some(at(n * 4000 + 3600)),
                ..query()
            }),
        ),
        (
            "six filters",
            Box::new(move |n| AuditQuery {
                person: some("chen".to_owned()),
                action: some("rds upgrade".to_owned()),
                outcome: some("denied".to_owned()),
                projects: Some(words("shop bank games")),
                words: vec![format!("8.0.{}", n % 50)],
                since: Some(at(1000)),
                ..query()
            }),
        ),
        (
            "the middle of the log",
            Box::new(move |n| AuditQuery { before: Some(500_000 + n), person: some("ana".to_owned()), ..query() }),
        ),
    ];
    for (name, ask) in kinds {
        let mut took = Vec::new();
        let mut found = 0;
        for number in 0..200 {
            let query = AuditQuery { limit: 10, ..ask(number) };
            let began = Instant::now();
            found += store.audit(&query).await.unwrap().entries.len();
            took.push(began.elapsed());
        }
        let (p50, p95, p99) = percentiles(&mut took);
        println!("{name:<34} {p50:>10.1?} {p95:>10.1?} {p99:>10.1?} {found:>8}");
    }
    println!("{} resident after", resident());
    let began = Instant::now();
    let verification = store.verify().await.unwrap();
    println!("audit verify: {:.1?}, {} resident after: {verification:?}", began.elapsed(), resident());
    store.close().await.unwrap();
}

async fn open(dir: PathBuf, kill: bool) {
    let unclean = dir.join("running").exists();
    let began = Instant::now();
    let store = SledStore::open(&dir, now()).unwrap();
    let first = store.audit(&AuditQuery { limit: 10, ..AuditQuery::default() }).await.unwrap();
    let how = if unclean { "kill -9" } else { "a clean stop" };
    println!("opened and first page read after {how}: {:.0?}, {} resident", began.elapsed(), resident());
    assert_eq!(first.entries.len(), 10);
    if kill {
        for number in 0..2000 {
            store.commit(commit(ENTRIES + number)).await.unwrap();
        }
        Command::new("kill").args(["-9", &std::process::id().to_string()]).status().unwrap();
    }
    store.close().await.unwrap();
}

fn percentiles(took: &mut [Duration]) -> (Duration, Duration, Duration) {
    took.sort();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    (at(50), at(95), at(99))
}

/// What the kernel says this process has in memory.
fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("unknown");
    line.trim().to_owned()
}
