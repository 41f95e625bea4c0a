//! What a storm of alerts does to the bot: `cargo bench --bench storm`, or `cargo bench --bench storm -- FOLDER` to keep its
//! data on another disk.
//!
//! The real binary, the stand-ins for Slack and AWS. 10,000 distinct alerts come in a minute, one a request, over eight
//! connections; the first critical one is the five-thousandth. Printed: how long sources waited for their answers, how long until the
//! critical one was on screen, the most messages in any second of a channel, memory, and how long each list of them takes.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at the first error")]
#![expect(clippy::disallowed_methods, reason = "alerts come in real time here, that being what is measured")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use standins::aws::Aws;
use standins::slack::{NewChannel, Slack, SlackOptions, Transport, User};
use watchkeeper::clock::Clock;

use self::process::Bot;

#[path = "../process/mod.rs"]
mod process;

const ALERTS: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);
const CONNECTIONS: usize = 8;
/// The first critical one.
const CRITICAL: usize = 5_000;
/// How often each list is asked for.
const ASKED: usize = 11;

const CONFIG: &str = r##"
[slack]
transport = "http"

[channels]
default = "#ops"

[aws]
region = "eu-west-1"

[[sources]]
name = "checks"
kind = "json"
secret = "CHECKS_SECRET"
[sources.fields]
title = "/name"
state = "/state"
severity = "/level"
"##;
const PEOPLE: &str = r#"
[[people]]
id = "ana"
name = "Ana Ruiz"
email = "ana@example.com"
groups = ["sre"]
"#;

fn main() {
    let place = std::env::args().skip(1).find(|arg| !arg.starts_with("--"));
    let place = place.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(run(place));
}

async fn run(place: PathBuf) {
    println!("load before: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    let clock = Clock::system();
    let aws = Aws::start(clock.now()).await;
    let now = Arc::new(move || clock.now());
    let slack = Slack::start(SlackOptions { now, ..SlackOptions::default() }).await;
    slack.add_person(User::named("ana"));
    slack.add_channel(NewChannel::public("ops").with_members(&["ana"]));
    let folder = tempfile::tempdir_in(place).unwrap();
    std::fs::write(folder.path().join("watchkeeper.toml"), CONFIG).unwrap();
    std::fs::write(folder.path().join("people.toml"), PEOPLE).unwrap();
    let bot = Bot::start(folder.path(), &slack, aws.url(), &[("CHECKS_SECRET", "let-me-in")]).await;
    slack.use_transport(Transport::Http(bot.url()));
    println!("resident before {}", bot.resident());

    let began = Instant::now();
    let senders: Vec<_> = (0..CONNECTIONS).map(|lane| tokio::spawn(send(bot.url(), lane, began))).collect();
    let seen = {
        let at = MINUTE.mul_f64(CRITICAL as f64 / ALERTS as f64);
        tokio::time::sleep_until((began + at).into()).await;
        let asked = Instant::now();
        let title = format!("Check {CRITICAL:05} fails");
        let shown =
            || slack.channel("ops").messages().iter().any(|said| said.thread_ts.is_none() && said.plain().contains(&title));
        bot.until(Duration::from_millis(20), async || shown()).await;
        asked.elapsed()
    };
    let mut took = Vec::new();
    for sender in senders {
        took.extend(sender.await.unwrap());
    }
    let sent = began.elapsed();
    took.sort();
    let at = |part: usize| took[(took.len() * part / 1000).min(took.len() - 1)];
    println!("{} alerts taken in {sent:.1?}", took.len());
    println!("answered: p50 {:.1?}, p95 {:.1?}, p99 {:.1?}, longest {:.1?}", at(500), at(950), at(990), at(1000));
    println!("the first critical one was on screen {seen:.1?} after it came");
    println!("resident after {}", bot.resident());

    let mut seconds: BTreeMap<String, usize> = BTreeMap::new();
    let messages = slack.channel("ops").messages();
    for said in messages.iter().filter(|said| said.only_for.is_none()) {
        *seconds.entry(said.ts.split('.').next().unwrap_or_default().to_owned()).or_default() += 1;
    }
    println!("{} messages in the channel, at most {} in a second", messages.len(), seconds.values().max().unwrap_or(&0));

    let ana = slack.person("ana");
    for line in ["/alert list", "/alert list --page 2", "/alert list Check 0499 --all", "/alert mine", "/alert missed"] {
        let mut took = Vec::new();
        for _ in 0..ASKED {
            let said = ana.ephemerals().len();
            let began = Instant::now();
            ana.types("ops", line).await;
            bot.until(Duration::from_millis(1), async || ana.ephemerals().len() > said).await;
            took.push(began.elapsed());
        }
        took.sort();
        let answer = ana.ephemerals().last().map(|said| said.plain().to_owned()).unwrap_or_default();
        let head = answer.lines().next().unwrap_or_default();
        println!("{line}: {:.1?} (median of {ASKED}), {:.1?} at most: {head}", took[ASKED / 2], took[ASKED - 1]);
    }
    println!("resident after that {}", bot.resident());
    println!("load after: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// Sends every eighth alert at its time, and says how long each answer took.
async fn send(url: String, lane: usize, began: Instant) -> Vec<Duration> {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut took = Vec::new();
    for number in (lane..ALERTS).step_by(CONNECTIONS) {
        tokio::time::sleep_until((began + MINUTE.mul_f64(number as f64 / ALERTS as f64)).into()).await;
        let level = if number >= CRITICAL && number % 100 == 0 { "critical" } else { "info" };
        let body = json!({ "name": format!("Check {number:05} fails"), "state": "firing", "level": level });
        let sent = Instant::now();
        let answer = client.post(format!("{url}/alerts/checks")).bearer_auth("let-me-in").json(&body).send().await.unwrap();
        took.push(sent.elapsed());
        assert_eq!(answer.status().as_u16(), 200, "{}", answer.text().await.unwrap());
    }
    took
}
