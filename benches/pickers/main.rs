//! What a picker's user waits for in a large organisation: `cargo bench --bench pickers`, or
//! `cargo bench --bench pickers -- FOLDER` to keep the bot's data on another disk.
//!
//! The real binary, the stand-ins for Slack and AWS, 1,000 accounts, 5,000 users in 1,000 groups, 60 permission sets, and AWS's
//! limit of 20 calls a second. Slack's `block_suggestion` goes to the bot as a signed request; what is timed is from its
//! sending to the whole answer with its options. The AWS stand-in needs Python 3.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and stops at the first error")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use standins::aws::Aws;
use standins::slack::{NewChannel, Person, Slack, SlackOptions, Transport, User};
use watchkeeper::clock::Clock;

use self::process::Bot;

mod people;
#[path = "../process/mod.rs"]
mod process;

const ACCOUNTS: usize = 1_000;
const USERS: usize = 5_000;
const GROUPS: usize = 1_000;
const PERMISSION_SETS: usize = 60;
/// How often something is typed into each picker.
const TYPED: usize = 200;

/// A picker: what it offers, the command whose form it stands in, how its label begins, and what is typed into it.
type Picker = (&'static str, &'static str, &'static str, fn(usize) -> String);

/// Names grow letter by letter as they are typed; every seventh is looked for by what stands in its middle or at its end.
const PICKERS: [Picker; 5] = [
    ("accounts", "/access grant", "Account", |at| typed(&account_name(at * 7 % ACCOUNTS), at)),
    ("permission sets", "/access grant", "Permission set", |at| typed(&permission_set(at % PERMISSION_SETS), at)),
    ("people and groups", "/access grant", "Whom", |at| typed(&format!("user-{:04}", 1 + at * 37 % USERS), at)),
    ("people", "/access user show", "User", |at| typed(&format!("user-{:04}", 1 + at * 37 % USERS), at)),
    ("groups", "/access group show", "Group", |at| typed(&format!("team-{:04}", 1 + at * 13 % GROUPS), at)),
];

fn typed(name: &str, at: usize) -> String {
    match at % 7 {
        0 => name[name.len() - 4..].to_owned(),
        _ => name[..1 + at % name.len()].to_owned(),
    }
}

fn account_name(at: usize) -> String {
    format!("{}-{}", ["shop", "bank", "media", "games"][at % 4].to_owned() + &(at / 12).to_string(), env(at))
}

fn env(at: usize) -> &'static str {
    ["prod", "staging", "dev"][at / 4 % 3]
}

fn account_number(at: usize) -> String {
    format!("{:012}", 100_000_000_000_usize + at)
}

fn permission_set(at: usize) -> String {
    format!("{}Access{at:02}", ["ReadOnly", "PowerUser", "Database", "Network", "Billing"][at % 5])
}

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
    aws.run_clock(clock.now(), 1.0).await;
    aws.crowd(USERS, GROUPS).await;
    let accounts: Vec<Value> = (0..ACCOUNTS).map(|at| json!({ "id": account_number(at), "name": account_name(at) })).collect();
    let sets: Vec<Value> = (0..PERMISSION_SETS).map(|at| json!({ "name": permission_set(at) })).collect();
    aws.estate(&json!({ "accounts": accounts, "permission_sets": sets }).to_string()).await;
    let now = Arc::new(move || clock.now());
    let slack = Slack::start(SlackOptions { now, ..SlackOptions::default() }).await;
    slack.add_person(User::named("ana"));
    slack.add_channel(NewChannel::public("ops").with_members(&["ana"]));
    let ana = slack.person("ana");
    let folder = tempfile::tempdir_in(place).unwrap();
    people::configure(folder.path(), (0..ACCOUNTS).map(|at| (account_number(at), account_name(at), env(at))));

    let (bot, began) = started(folder.path(), &slack, &aws).await;
    let first = asked(&slack, &ana, &PICKERS[3], "user-0001").await;
    println!("before anybody was ever read: {} offered after {:.0?}", first.1, first.0);
    people::until_read(&bot).await;
    println!("everybody read {:.0?} after the first start, at AWS's limit of 20 calls a second\n", began.elapsed());
    println!("| when | picker | p50 | p95 | longest | options at most |");
    println!("|---|---|---:|---:|---:|---:|");
    let calls = aws.calls().await.len();
    measure("read, at rest", &slack, &ana).await;
    let quiet = aws.calls().await.len() - calls;

    drop(bot);
    let (bot, began) = started(folder.path(), &slack, &aws).await;
    let (took, offered) = asked(&slack, &ana, &PICKERS[3], "user-0001").await;
    assert!(offered > 0, "nobody is offered right after a restart");
    let restarted = began.elapsed();
    let calls = aws.calls().await.len();
    measure("after a kill, while all is read anew", &slack, &ana).await;
    let meanwhile = aws.calls().await.len() - calls;
    println!();
    println!("calls to AWS during the first half {quiet}, during the second {meanwhile}: the background's, no picker makes any");
    println!("after the kill: first options {restarted:.0?} after the start of the process, {took:.1?} of it for the picker");
    println!("known meanwhile: {}", people::directory(&bot).await);
    println!("resident {}", bot.resident());
    assert_eq!(slack.violations(), Vec::<String>::new());
    println!("load after: {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
}

/// A bot that Slack reaches.
async fn started(folder: &std::path::Path, slack: &Slack, aws: &Aws) -> (Bot, Instant) {
    let began = Instant::now();
    let bot = Bot::start(folder, slack, aws.url(), &[]).await;
    slack.use_transport(Transport::Http(bot.url()));
    (bot, began)
}

/// Types everything into every picker, and prints how long the answers took.
async fn measure(when: &str, slack: &Slack, ana: &Person) {
    for picker in &PICKERS {
        let (mut took, mut most) = (Vec::new(), 0);
        for at in 0..TYPED {
            let words = picker.3(at);
            let (after, offered) = asked(slack, ana, picker, &words).await;
            assert!(offered > 0, "{} for {words:?}: nothing", picker.0);
            took.push(after);
            most = most.max(offered);
        }
        took.sort();
        let (p50, p95, longest) = (took[TYPED / 2], took[TYPED * 95 / 100], took[TYPED - 1]);
        println!("| {when} | {} | {p50:.1?} | {p95:.1?} | {longest:.1?} | {most} |", picker.0);
    }
}

/// How long the bot took to answer what was typed, and how much it offered.
async fn asked(slack: &Slack, ana: &Person, (_, command, label, _): &Picker, words: &str) -> (Duration, usize) {
    let open = ana.form().filter(|form| form.title == command.trim_start_matches('/'));
    let form = match open {
        Some(form) => form,
        None => {
            if ana.form().is_some() {
                ana.dismisses().await;
            }
            ana.types("ops", command).await;
            ana.sees_form().await
        }
    };
    let labels: Vec<&str> = form.fields.iter().map(|field| field.label.as_str()).collect();
    let label = labels.iter().find(|each| each.starts_with(label)).unwrap_or_else(|| panic!("{label}: {labels:?}"));
    let offered = ana.offered_for(label, words).await.len();
    (slack.acks().last().unwrap().after, offered)
}
