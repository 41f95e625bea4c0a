//! From a signed slash command to its acknowledgement: `cargo bench --bench acknowledge`, or
//! `cargo bench --bench acknowledge -- FOLDER` to keep the data of both bots on another disk.
//!
//! The real binary and a Bolt bot (`bolt/bot.js`; needs Node.js 20 and npm) take the same requests in turns. Watchkeeper
//! verifies, recognises, parses, decides, records durably and acknowledges, and behind that composes, records and
//! delivers an answer. Bolt verifies, looks up who may, inserts one row (WAL, synchronous=FULL) and acknowledges.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at the first error")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::bots::{Bolt, Running, Watchkeeper};
use self::load::{Run, Signer};

mod bots;
mod load;
mod slack;

/// How many times each bot is measured; the medians of the rounds count.
const ROUNDS: usize = 5;
/// How long each measurement takes.
const LONG: Duration = Duration::from_secs(3);
/// Connections kept alive; each has one request under way.
const CONNECTIONS: [usize; 2] = [1, 16];
/// More requests than either bot takes within [`LONG`].
const ENOUGH: usize = 40_000;

fn main() {
    let place = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let place = place.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let dir = tempfile::tempdir_in(&place).unwrap();
    machine(&place);
    let stub = slack::start();
    let signer = Signer::new(stub);
    let starts: Vec<Duration> = (0..ROUNDS)
        .map(|round| {
            let folder = dir.path().join(format!("start-{round}"));
            first_acknowledgement(Watchkeeper::start(&folder, stub), &signer).1
        })
        .collect();
    let (watchkeeper, _) = first_acknowledgement(Watchkeeper::start(&dir.path().join("watchkeeper"), stub), &signer);
    let (bolt, bolt_start) = first_acknowledgement(Bolt::start(&dir.path().join("bolt"), &place), &signer);
    println!("start to the first acknowledged command, empty store: Watchkeeper {:.0?}, Bolt {bolt_start:.0?}", median(starts));
    println!("resident, idle: Watchkeeper {}, Bolt {}", watchkeeper.resident(), bolt.resident());
    rounds(dir.path(), &signer, &watchkeeper, &bolt);
    println!("resident, after the load: Watchkeeper {}, Bolt {}", watchkeeper.resident(), bolt.resident());
    bolt.stop();
    watchkeeper.stop();
}

/// Both bots in turns, and a bare sync in between.
fn rounds(dir: &Path, signer: &Signer, watchkeeper: &Running, bolt: &Running) {
    let mut syncs = Vec::new();
    let mut figures: Vec<(usize, [Vec<Run>; 2])> = CONNECTIONS.map(|count| (count, [Vec::new(), Vec::new()])).into();
    let (mut sent, mut drains) = (1, Vec::new());
    // One round more than is counted: the first warms both up.
    for round in 0..=ROUNDS {
        for (connections, [ours, theirs]) in &mut figures {
            let run = load::run(watchkeeper.address, &signer.sign(ENOUGH), *connections, LONG);
            sent += run.took.len();
            let drained = watchkeeper.until_answered(sent);
            let other = load::run(bolt.address, &signer.sign(ENOUGH), *connections, LONG);
            if round > 0 {
                ours.push(run);
                theirs.push(other);
                drains.push((*connections, drained));
            }
        }
        syncs.push(bare_sync(dir));
    }
    println!("one write + fdatasync of 400 bytes, appended: {:.1?} (median of {} rounds)", median(syncs), ROUNDS + 1);
    println!();
    println!("| connections | bot | requests/s | p50 | p99 |");
    println!("|---:|---|---:|---:|---:|");
    for (connections, runs) in &figures {
        for (name, runs) in ["Watchkeeper", "Bolt"].into_iter().zip(runs) {
            let of = |figure: fn(&Run) -> Duration| median(runs.iter().map(figure).collect());
            let (p50, p99) = (of(|run| run.percentile(50)), of(|run| run.percentile(99)));
            println!("| {connections} | {name} | {:.0} | {p50:.1?} | {p99:.1?} |", median_rate(runs));
        }
        let [ours, theirs] = runs;
        let ratios: Vec<_> =
            ours.iter().zip(theirs).map(|(ours, theirs)| format!("{:.2}", ours.rate() / theirs.rate())).collect();
        println!("| {connections} | ratio, round by round | {} | | |", ratios.join(" "));
    }
    println!();
    for connections in CONNECTIONS {
        let waits = drains.iter().filter(|(count, _)| *count == connections).map(|(_, wait)| *wait).collect();
        println!("last answer delivered after the last acknowledgement, {connections} connections: {:.0?}", median(waits));
    }
}

/// Starts a bot's clock at its exec and stops it at its first acknowledgement.
fn first_acknowledgement(bot: Running, signer: &Signer) -> (Running, Duration) {
    load::until_acknowledged(bot.address, &signer.sign(1)[0]);
    let took = bot.began.elapsed();
    (bot, took)
}

/// The median of one `write` of about an audit entry's size and one `fdatasync`.
fn bare_sync(dir: &Path) -> Duration {
    let mut file = File::create(dir.join("bare")).unwrap();
    let took = (0..500).map(|_| {
        let began = Instant::now();
        file.write_all(&[b'x'; 400]).unwrap();
        file.sync_data().unwrap();
        began.elapsed()
    });
    median(took.collect())
}

fn median(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took[took.len() / 2]
}

fn median_rate(runs: &[Run]) -> f64 {
    let mut rates: Vec<_> = runs.iter().map(Run::rate).collect();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn machine(place: &Path) {
    let said = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = said("/proc/cpuinfo");
    let model = processors.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{cores} × {}, Linux {}", model.trim_matches([':', '\t', ' ']), said("/proc/sys/kernel/osrelease").trim());
    println!("load before: {}", said("/proc/loadavg").trim());
    let mounts = said("/proc/mounts");
    let mut mount = mounts.lines().filter(|line| line.split(' ').nth(1).is_some_and(|at| place.starts_with(at)));
    println!("data on: {}", mount.next_back().unwrap_or("unknown").split(' ').take(3).collect::<Vec<_>>().join(" "));
}
