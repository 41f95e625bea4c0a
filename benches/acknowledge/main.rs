//! From a signed slash command to its acknowledgement: `cargo bench --bench acknowledge`, or
//! `cargo bench --bench acknowledge -- FOLDER` to keep the data of both bots on another disk. With `--alone` Watchkeeper is
//! measured without Bolt, which needs no Node.js.
//!
//! The real binary and a Bolt bot (`bolt/bot.js`; needs Node.js 20 and npm) take the same requests in turns. Watchkeeper
//! verifies, recognises, parses, decides, records durably and acknowledges, and behind that composes, records and
//! delivers an answer. Bolt verifies, looks up who may, inserts one row (WAL, synchronous=FULL) and acknowledges.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at the first error")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::bots::{Bolt, Processor, Running, Watchkeeper};
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
    let args: Vec<String> = std::env::args().skip(1).collect();
    let place = args.iter().find(|arg| !arg.starts_with("--"));
    let place = place.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let alone = args.iter().any(|arg| arg == "--alone");
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
    println!("Watchkeeper: start to the first acknowledged command, empty store, {:.0?}", median(starts));
    let watchkeeper = Watchkeeper::start(&dir.path().join("watchkeeper"), stub);
    let mut bots = vec![Measured::new("Watchkeeper", first_acknowledgement(watchkeeper, &signer).0)];
    if !alone {
        let (bolt, start) = first_acknowledgement(Bolt::start(&dir.path().join("bolt"), &place), &signer);
        println!("Bolt: start to the first acknowledged command {start:.0?}");
        bots.push(Measured::new("Bolt", bolt));
    }
    let resident = |when: &str| bots.iter().for_each(|bot| println!("{}: {} resident {when}", bot.name, bot.running.resident()));
    resident("idle");
    rounds(dir.path(), &signer, &mut bots);
    bots.iter().for_each(|bot| println!("{}: {} resident after the load", bot.name, bot.running.resident()));
    bots.into_iter().for_each(|bot| bot.running.stop());
}

/// A bot and what was measured of it, for each of [`CONNECTIONS`].
struct Measured {
    name: &'static str,
    running: Running,
    /// Commands it was sent; the first stopped its start's clock.
    sent: usize,
    figures: [Figures; CONNECTIONS.len()],
}

#[derive(Default)]
struct Figures {
    runs: Vec<Run>,
    processor: Processor,
    /// From each run's last acknowledgement to its last answer, and how many answers were still to be given then.
    behind: Vec<(Duration, usize)>,
}

impl Measured {
    fn new(name: &'static str, running: Running) -> Self {
        Self { name, running, sent: 1, figures: Default::default() }
    }

    /// One run, until its last answer was delivered; kept if it `counts`. Bolt gives no answers.
    fn run(&mut self, signer: &Signer, which: usize, counts: bool) {
        let before = self.running.processor();
        let run = load::run(self.running.address, &signer.sign(ENOUGH), CONNECTIONS[which], LONG);
        self.sent += run.took.len();
        let behind = (self.name == "Watchkeeper").then(|| {
            let missing = self.sent - self.running.answers();
            (self.running.until_answered(self.sent), missing)
        });
        if counts {
            let figures = &mut self.figures[which];
            figures.processor.add(before, self.running.processor());
            figures.runs.push(run);
            figures.behind.extend(behind);
        }
    }
}

/// All bots in turns, and a bare sync in between.
fn rounds(dir: &Path, signer: &Signer, bots: &mut [Measured]) {
    let mut syncs = Vec::new();
    // One round more than is counted: the first warms all up.
    for round in 0..=ROUNDS {
        for which in 0..CONNECTIONS.len() {
            bots.iter_mut().for_each(|bot| bot.run(signer, which, round > 0));
        }
        syncs.push(bare_sync(dir));
    }
    println!("one write + fdatasync of 400 bytes, appended: {:.1?} (median of {} rounds)", median(syncs), ROUNDS + 1);
    println!();
    println!("| connections | bot | requests/s | p50 | p99 | processor a command, user + kernel |");
    println!("|---:|---|---:|---:|---:|---:|");
    for (which, connections) in CONNECTIONS.iter().enumerate() {
        for Measured { name, figures, .. } in bots.iter() {
            let Figures { runs, processor, .. } = &figures[which];
            let of = |figure: fn(&Run) -> Duration| median(runs.iter().map(figure).collect());
            let (p50, p99) = (of(|run| run.percentile(50)), of(|run| run.percentile(99)));
            let commands = runs.iter().map(|run| run.took.len()).sum::<usize>() as u32;
            let (user, kernel) = (processor.user / commands, processor.kernel / commands);
            println!("| {connections} | {name} | {:.0} | {p50:.1?} | {p99:.1?} | {user:.0?} + {kernel:.0?} |", median_rate(runs));
        }
        if let [ours, theirs] = bots {
            let pairs = ours.figures[which].runs.iter().zip(&theirs.figures[which].runs);
            let ratios: Vec<_> = pairs.map(|(ours, theirs)| format!("{:.2}", ours.rate() / theirs.rate())).collect();
            println!("| {connections} | ratio, round by round | {} | | | |", ratios.join(" "));
        }
    }
    println!();
    for (which, connections) in CONNECTIONS.iter().enumerate() {
        let behind = &bots[0].figures[which].behind;
        let longest = median(behind.iter().map(|(wait, _)| *wait).collect());
        let missing: Vec<_> = behind.iter().map(|(_, missing)| missing.to_string()).collect();
        println!(
            "{connections} connections: answers to come at the last acknowledgement {}; the last {longest:.0?} after it",
            missing.join(" ")
        );
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
