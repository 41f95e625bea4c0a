//! The world of a test: the real bot, Slack and AWS around it, people, channels, and time that moves when it is told to.
#![expect(clippy::expect_used, reason = "a world that cannot go on stops the test that uses it, saying why")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use watchkeeper::clock::Clock;

use crate::alertmanager::Alertmanager;
use crate::aws::Aws;
use crate::discord::Discord;
use crate::receiver::Receiver;
use crate::slack::{Done, EventIds, Message, NewChannel, Slack, SlackOptions, Submitted, User, UserKind};

mod bot;
mod chat;
mod every_commit;
mod mortal;

use bot::Running;
pub use chat::{Chat, Post, Speaker};
pub use every_commit::at_every_commit;
pub use mortal::{Death, Disk, Life};

/// Where a world's clock starts unless its test chooses: a Wednesday morning.
pub const START: &str = "2026-11-25T10:00:00Z";
/// How far a world goes on by itself after somebody did something: messages keep their channel's pace of one a second.
const SETTLING: SignedDuration = SignedDuration::from_secs(5);
/// Real time after which a world that does not come to rest has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Real time after which something was not acknowledged. Slack gives 3 s, which a loaded machine may not keep.
const ACKNOWLEDGED: Duration = Duration::from_secs(15);

/// Lines for [`Choices::config`] that give a world an IAM Identity Center, managed from a delegated administrator. Its people
/// are read at each start of the bot, and every hour.
pub const IDENTITY_CENTER: &str = r#"
[identity_center]
account = "888877776666"
name = "identity"
region = "eu-west-1"
role = "arn:aws:iam::888877776666:role/watchkeeper-access"
management = "999988887777"
portal = "https://acme.awsapps.com/start"
groups = ["sre", "dba"]
calls_per_second = 1000
outstanding = 10
refresh = "1h"
"#;

/// Deployments are followed: lines for [`Choices::config`].
pub const DEPLOYMENTS: &str = r#"
[ecs]
every = "1m"
"#;

/// `oncall.toml` of a world: ana, ben and bea are on call for the shop, a week each from Monday 9:00 in Berlin, and the user
/// group `oncall` follows. The week of [`START`] is ana's.
pub const ON_CALL: &str = r##"
[[rotations]]
name = "shop"
project = "shop"
people = ["ana", "ben", "bea"]
zone = "Europe/Berlin"
turn = "weekly"
starts = "2026-11-23 09:00"
channel = "#shop-ops"
user_group = "S0000ONCALL"
"##;

/// Alerts come from an Alertmanager, which the bot may silence, and from a program that posts JSON, which [`World::posts`] plays:
/// lines for [`Choices::config`].
pub const ALERTS: &str = r#"
[[sources]]
name = "prometheus"
kind = "alertmanager"
secret = "ALERTMANAGER_SECRET"
url = "@ALERTMANAGER@"
token = "ALERTMANAGER_TOKEN"
project = "shop"

[[sources]]
name = "checks"
kind = "json"
secret = "ALERTMANAGER_SECRET"
project = "shop"
[sources.fields]
alerts = "/checks"
title = "/name"
state = "/state"
severity = "/level"
summary = "/text"
labels = "/tags"
"#;

/// Another system is told what becomes of alerts: lines for [`Choices::config`].
pub const HOOKS: &str = r#"
[[hooks]]
name = "tickets"
url = "@RECEIVER@"
secret = "TICKETS_SECRET"
"#;

/// What the Alertmanager of a world shows to be let in.
pub const ALERTMANAGER_SECRET: &str = "alertmanager-knocks";
/// What its API wants to be shown.
const ALERTMANAGER_TOKEN: &str = "alertmanager-opens";
/// What hooks are signed with.
const TICKETS_SECRET: &str = "tickets-believes";

/// What a test may choose about its world.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Where the bot lives.
    pub chats: Chats,
    /// How Slack reaches the bot.
    pub transport: Over,
    /// `policy.cedar`; none for the product's default.
    pub policy: Option<String>,
    /// More lines for `watchkeeper.toml`.
    pub config: String,
    /// `oncall.toml`; where it is empty nobody is on call.
    pub oncall: String,
    /// More variables of the bot's environment, by name: secrets that the configuration names.
    pub variables: Vec<(String, String)>,
    /// When the bot dies by itself.
    pub life: Life,
    /// Whether what the bot commits can be written.
    pub disk: Disk,
    /// The commands it knows.
    pub commands: &'static [commands::registry::Entry],
    /// What it follows by itself.
    pub watches: &'static [commands::watch::Entry],
    /// Where the clock starts; it moves when it is told to, here too.
    pub start: Timestamp,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            chats: Chats::Slack,
            transport: Over::Sockets,
            policy: None,
            config: String::new(),
            oncall: String::new(),
            variables: Vec::new(),
            life: Life::default(),
            disk: Disk::default(),
            commands: commands::ALL,
            watches: commands::WATCHES,
            start: START.parse().expect("the start is a timestamp"),
        }
    }
}

impl Choices {
    /// The product's default policy with some of its words replaced.
    pub fn with_policy(replaced: &[(&str, &str)]) -> Self {
        Self { policy: Some(policy(replaced)), ..Self::default() }
    }
}

/// The product's default policy with some of its words replaced.
pub fn policy(replaced: &[(&str, &str)]) -> String {
    replaced.iter().fold(watchkeeper::config::DEFAULT_POLICY.to_owned(), |policy, (from, to)| {
        assert!(policy.contains(from), "the default policy no longer says {from:?}");
        policy.replace(from, to)
    })
}

/// Where the bot of a world lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chats {
    /// On Slack alone.
    Slack,
    /// On Discord alone.
    Discord,
    /// On both at once. Its people are on both, and `people.toml` says so.
    Both,
}

impl Chats {
    fn has(self, chat: Chat) -> bool {
        matches!((self, chat), (Self::Both, _) | (Self::Slack, Chat::Slack) | (Self::Discord, Chat::Discord))
    }
}

/// How Slack reaches the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Socket Mode.
    Sockets,
    /// Signed HTTP requests.
    Http,
}

/// The world of a test.
pub struct World {
    /// Slack.
    pub slack: Slack,
    /// Discord, where the bot lives there too.
    discord: Option<Discord>,
    /// AWS.
    pub aws: Aws,
    /// An Alertmanager, a source with [`ALERTS`].
    pub alertmanager: Alertmanager,
    /// Who is told by hooks, with [`HOOKS`].
    pub tickets: Receiver,
    clock: Clock,
    folder: TempDir,
    choices: Choices,
    running: Option<Running>,
}

impl World {
    /// A world with five people (`ana` of sre, `ben` and `bea` of dba, `dev`, who is in no group, `aud`, an auditor), a
    /// guest, some channels and no databases.
    pub async fn start() -> Self {
        Self::with(Choices::default()).await
    }

    /// The same, with choices.
    pub async fn with(choices: Choices) -> Self {
        let now = choices.start;
        let clock = Clock::standing_at(now);
        let reads = clock.clone();
        let now_there: crate::slack::Clock = Arc::new(move || reads.now());
        let on_discord = Arc::clone(&now_there);
        let alertmanager = Alertmanager::start(Arc::clone(&now_there), Some(ALERTMANAGER_TOKEN)).await;
        let tickets = Receiver::start(TICKETS_SECRET).await;
        let options = SlackOptions { now: now_there, patience: PATIENCE, ack_timeout: ACKNOWLEDGED, ..SlackOptions::default() };
        let slack = Slack::start(options).await;
        populate(&slack);
        let discord = if choices.chats.has(Chat::Discord) { Some(chat::start_discord(on_discord).await) } else { None };
        let aws = Aws::start(now).await;
        let folder = tempfile::tempdir().expect("making a folder for the world");
        let mut world = Self { slack, discord, aws, alertmanager, tickets, clock, folder, choices, running: None };
        world.configure();
        world.boot().await;
        // Whatever a start does by itself is over before a test begins to act.
        world.settle().await;
        world
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The folder with the bot's configuration and data.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Where the bot listens, such as `http://127.0.0.1:40123`.
    pub fn bot_url(&self) -> String {
        self.running().url()
    }

    /// Somebody who acts; the world comes to rest after each act.
    pub fn person<'w>(&'w mut self, name: &'w str) -> Actor<'w> {
        Actor { world: self, name }
    }

    /// Ana asks for the upgrade of `orders` in production from 8.0.35 to 8.0.40, with more `options`; its card.
    pub async fn upgrade(&mut self, options: &str) -> Message {
        self.aws.database("orders", "mysql", "8.0.35").await;
        self.person("ana").asks("ops", format!("/rds upgrade orders --to 8.0.40 {options}").trim()).await;
        self.slack.channel("shop-ops").expect("CHG-1 · orders: mysql 8.0.35 → 8.0.40").await
    }

    /// What a card says of its change now: the line below the title.
    pub fn status(&self, card: &Message) -> String {
        let now = self.slack.channel("shop-ops").again(card).expect("cards are never deleted");
        now.plain().lines().nth(1).unwrap_or_default().to_owned()
    }

    /// The lines of the audit log so far that contain `words`; see [`Ending::audit`].
    pub async fn audit(&self, words: &str) -> String {
        let lines = listed(&self.entries().await);
        lines.lines().filter(|line| line.contains(words)).collect::<Vec<_>>().join("\n")
    }

    /// Goes on until nothing is due within a few seconds. A bot that died by itself is started again.
    pub async fn settle(&mut self) {
        let until = self.now() + SETTLING;
        loop {
            self.rest().await;
            match self.running().next_due().await {
                Some(due) if due <= until => self.set_clock(due.max(self.now() + SignedDuration::from_millis(1))).await,
                _ => return,
            }
        }
    }

    /// A program posts JSON to a source, showing its secret; what it was answered: status and words.
    ///
    /// # Panics
    /// When the bot can't be reached.
    pub async fn posts(&mut self, source: &str, body: &serde_json::Value) -> (u16, String) {
        let mut unanswered = 0;
        let answer = loop {
            let url = format!("{}/alerts/{source}", self.bot_url());
            let sent = reqwest::Client::new().post(url).bearer_auth(ALERTMANAGER_SECRET).json(body).send();
            match self.survive(sent).await {
                Ok(answer) => break answer,
                // What the bot did not live to answer is sent again.
                Err(error) => assert!(unanswered < 2, "the bot answers: {error}"),
            }
            unanswered += 1;
        };
        let status = answer.status().as_u16();
        let words = answer.text().await.expect("the answer is text");
        self.settle().await;
        (status, words)
    }

    /// An alert begins to fire in Alertmanager, which tells the bot; gives its fingerprint.
    pub async fn fires(&mut self, labels: &[(&str, &str)]) -> String {
        let alertmanager = self.alertmanager.clone();
        let fingerprint = self.survive(alertmanager.fires(labels)).await;
        self.settle().await;
        fingerprint
    }

    /// An alert is over in Alertmanager, which tells the bot unless it is silenced.
    pub async fn resolves(&mut self, labels: &[(&str, &str)]) {
        let alertmanager = self.alertmanager.clone();
        self.survive(alertmanager.resolves(labels)).await;
        self.settle().await;
    }

    /// Moves time on to `instant`, stopping wherever something is due on the way.
    pub async fn advance_to(&mut self, instant: Timestamp) {
        loop {
            self.rest().await;
            let next = match self.running().next_due().await {
                Some(due) if due < instant => due.max(self.now() + SignedDuration::from_millis(1)),
                _ => instant,
            };
            self.set_clock(next).await;
            if next >= instant {
                return self.settle().await;
            }
        }
    }

    /// Moves time on by a span such as `"2h 30m"`.
    pub async fn advance(&mut self, span: &str) {
        let span: SignedDuration = span.parse().expect("a duration such as 2h 30m");
        self.advance_to(self.now() + span).await;
    }

    /// Stops the bot gracefully and starts it again.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.boot().await;
        self.settle().await;
    }

    /// Stops the bot gracefully; the world goes on without it.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
            self.hung_up().await;
        }
    }

    /// Ends the bot without a word, as `kill -9` does; the world goes on without it.
    pub async fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill().await;
            self.hung_up().await;
        }
    }

    /// Returns once Slack knows that the bot's connections are gone, so that nothing more is sent through them.
    async fn hung_up(&self) {
        if self.choices.chats.has(Chat::Slack) && self.choices.transport == Over::Sockets {
            self.slack.disconnected().await;
        }
        if let Some(discord) = &self.discord {
            discord.disconnected().await;
        }
    }

    /// Starts a bot that was stopped or killed.
    pub async fn revive(&mut self) {
        self.boot().await;
        self.settle().await;
    }

    /// Returns once something holds, while the bot is at work.
    pub async fn until(&self, holds: impl AsyncFn(&Self) -> bool) {
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        let held = async {
            while !holds(self).await {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, held).await.expect("it holds within half a minute");
    }

    /// Moves the clocks without looking at what is due, as while the bot is away.
    pub async fn pass(&mut self, instant: Timestamp) {
        self.set_clock(instant).await;
    }

    /// `people.toml` as it is written.
    pub fn people(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("people.toml")).expect("people.toml is there")
    }

    /// Writes another file beside the configuration; a restart reads it.
    pub fn writes(&self, name: &str, content: &str) {
        std::fs::write(self.folder.path().join(name), content).expect("writing a file of the configuration");
    }

    /// Ends the world. What AWS's or Slack's rules forbid fails the test; so does a message that nobody read.
    pub async fn finish(mut self) -> Ending {
        self.settle().await;
        let mut unread = self.slack.unread();
        unread.extend(self.discord.iter().flat_map(|discord| discord.unread()));
        assert!(unread.is_empty(), "nobody read these messages:\n{}", unread.join("\n"));
        self.end().await
    }

    /// Ends the world of a test that does not care for every message.
    pub async fn end(mut self) -> Ending {
        self.settle().await;
        assert_eq!(self.aws.violations().await, Vec::<String>::new(), "AWS would not have taken this");
        assert_eq!(self.slack.violations(), Vec::<String>::new(), "Slack would not have taken this");
        let on_discord: Vec<String> = self.discord.iter().flat_map(|discord| discord.violations()).collect();
        assert_eq!(on_discord, Vec::<String>::new(), "Discord would not have taken this");
        assert_eq!(self.alertmanager.violations(), Vec::<String>::new(), "Alertmanager would not have taken this");
        let entries = self.running().entries().await;
        let writes = self.aws.writes().await;
        self.stop().await;
        Ending { entries, writes }
    }

    /// What walking the chain of the audit log finds.
    pub async fn verify(&self) -> commands::records::Verification {
        self.running().verify().await
    }

    /// The audit log so far.
    pub async fn entries(&self) -> Vec<commands::records::Entry> {
        self.running().entries().await
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the bot runs")
    }

    /// Returns once nothing is in flight; a bot that died meanwhile is started again.
    async fn rest(&mut self) {
        loop {
            let rested = tokio::time::timeout(PATIENCE, self.running().rest()).await;
            match rested.expect("the bot comes to rest within half a minute") {
                bot::Rest::Idle => return,
                bot::Rest::Died => {
                    self.kill().await;
                    self.boot().await;
                    self.slack.redeliver_missed().await;
                }
            }
        }
    }

    /// Waits for something that needs the bot. One that dies meanwhile is ended at once, so that nobody takes it for alive.
    async fn survive<T>(&mut self, act: impl Future<Output = T>) -> T {
        let death = self.running().death();
        tokio::pin!(act);
        tokio::select! {
            done = &mut act => return done,
            () = death.came() => {}
        }
        self.kill().await;
        let done = act.await;
        self.boot().await;
        self.slack.redeliver_missed().await;
        done
    }

    async fn set_clock(&mut self, now: Timestamp) {
        self.aws.set_clock(now).await;
        self.clock.set(now);
        if let Some(running) = &self.running {
            running.look();
        }
    }

    async fn boot(&mut self) {
        let running = Running::start(self.folder.path(), self.around(), &self.clock, &self.choices).await;
        self.alertmanager.tells(&format!("{}/alerts/prometheus", running.url()), ALERTMANAGER_SECRET);
        self.running = Some(running);
    }

    fn around(&self) -> bot::Around<'_> {
        bot::Around { slack: &self.slack, discord: self.discord.as_ref(), aws: &self.aws }
    }

    fn configure(&self) {
        let transport = match self.choices.transport {
            Over::Sockets => "socket",
            Over::Http => "http",
        };
        let policy = self.choices.policy.clone().unwrap_or_else(|| policy(&[]));
        let more =
            self.choices.config.replace("@ALERTMANAGER@", self.alertmanager.url()).replace("@RECEIVER@", self.tickets.url());
        let chats = match self.choices.chats {
            Chats::Slack => SLACK.to_owned(),
            Chats::Discord => chat::on_discord(self.discord()),
            Chats::Both => format!("{SLACK}\n{}", chat::on_discord(self.discord())),
        };
        let config = CONFIG.replace("CHATS", &chats).replace("TRANSPORT", transport);
        self.writes("watchkeeper.toml", &format!("{config}\n{more}"));
        let people = self.discord.as_ref().map_or_else(|| PEOPLE.to_owned(), |discord| chat::with_accounts(PEOPLE, discord));
        self.writes("people.toml", &people);
        self.writes("policy.cedar", &policy);
        self.writes("oncall.toml", &self.choices.oncall);
    }
}

/// How a world ended.
pub struct Ending {
    entries: Vec<commands::records::Entry>,
    /// The calls to AWS that changed something.
    pub writes: Vec<crate::aws::Call>,
}

impl Ending {
    /// The audit log, an entry a line: person, event, command or change, resource, outcome.
    pub fn audit(&self) -> String {
        listed(&self.entries)
    }
}

fn listed(entries: &[commands::records::Entry]) -> String {
    let lines = entries.iter().map(|entry| {
        let fact = &entry.fact;
        let what = fact.change.map(|id| id.to_string()).or_else(|| fact.action.clone());
        let parts = [Some(fact.person.clone()), Some(fact.event.clone()), what, fact.resource.clone(), fact.outcome.clone()];
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Somebody who acts.
pub struct Actor<'w> {
    world: &'w mut World,
    name: &'w str,
}

impl Actor<'_> {
    /// Types a line into a channel: a slash command, a mention of the bot, or a message.
    pub async fn types(self, channel: &str, line: &str) -> Done {
        let person = self.person();
        self.does(person.types(channel, line)).await
    }

    /// Leaves an emoji under a message.
    pub async fn reacts(self, emoji: &str, message: &Message) -> Done {
        let person = self.person();
        self.does(person.reacts(emoji, message)).await
    }

    /// Takes an emoji back.
    pub async fn unreacts(self, emoji: &str, message: &Message) -> Done {
        let person = self.person();
        self.does(person.unreacts(emoji, message)).await
    }

    /// Presses a button by what stands on it.
    pub async fn clicks(self, message: &Message, button: &str) -> Done {
        let person = self.person();
        self.does(person.clicks(message, button)).await
    }

    /// Submits the form that is open.
    pub async fn submits(self) -> Submitted {
        let person = self.person();
        let submitted = self.world.survive(person.submits()).await;
        self.world.settle().await;
        submitted
    }

    /// The answer for this person's eyes alone that contains `words`.
    pub async fn reads(self, words: &str) -> Message {
        self.person().expect(words).await
    }

    /// Types a command and gives the words of the one answer that came for this person alone.
    pub async fn asks(self, channel: &str, line: &str) -> String {
        let before = self.person().ephemerals().len();
        let (world, name) = (self.world, self.name);
        Actor { world: &mut *world, name }.types(channel, line).await;
        let answers: Vec<String> =
            world.slack.person(name).ephemerals().iter().skip(before).map(|message| message.plain().to_owned()).collect();
        for answer in &answers {
            world.slack.person(name).expect(answer.lines().next().unwrap_or_default()).await;
        }
        answers.join("\n---\n")
    }

    fn person(&self) -> crate::slack::Person {
        self.world.slack.person(self.name)
    }

    /// Acts and lets the world come to rest. What a bot that died did not acknowledge is delivered once more.
    async fn does(self, act: impl Future<Output = Done>) -> Done {
        let mut done = self.world.survive(act).await;
        self.world.settle().await;
        for delivery in &mut done.deliveries {
            if !delivery.acknowledged() && self.world.choices.life.is_mortal() {
                let slack = self.world.slack.clone();
                let envelope = delivery.envelope.clone();
                *delivery = self.world.survive(slack.redeliver(envelope, EventIds::Same)).await;
                self.world.settle().await;
            }
        }
        done
    }
}

fn populate(slack: &Slack) {
    for (name, zone) in [("ana", "Europe/Berlin"), ("ben", "Asia/Taipei"), ("bea", "UTC"), ("dev", "UTC"), ("aud", "UTC")] {
        slack.add_person(User::named(name).in_zone(zone));
    }
    slack.add_person(User::named("stranger"));
    slack.add_person(User::named("guest").of_kind(UserKind::Guest));
    let everybody = ["ana", "ben", "bea", "dev", "aud", "stranger", "guest"];
    for channel in ["ops", "shop-ops", "media-ops", "security", "dba"] {
        slack.add_channel(NewChannel::public(channel).with_members(&everybody));
    }
    slack.add_group("oncall", &["bea"]);
}

const SLACK: &str = r#"
[slack]
transport = "TRANSPORT"
"#;

const CONFIG: &str = r##"
listen = "127.0.0.1:0"

CHATS

[channels]
default = "#ops"
security = "#security"

[projects.shop]
channel = "#shop-ops"

[projects.media]
channel = "#media-ops"

[aws]
region = "eu-west-1"
role = "arn:aws:iam::{account}:role/watchkeeper-{capability}"

[[accounts]]
id = "111122223333"
name = "shop-prod"
project = "shop"
env = "prod"
regions = ["eu-west-1"]

[[accounts]]
id = "444455556666"
name = "shop-staging"
project = "shop"
env = "staging"
regions = ["eu-west-1"]

[[accounts]]
id = "777788889999"
name = "media-prod"
project = "media"
env = "prod"
regions = ["eu-west-1"]
"##;

const PEOPLE: &str = r#"
[[people]]
id = "ana"
name = "Ana Ruiz"
email = "ana@example.com"
groups = ["sre"]
zone = "Europe/Berlin"

[[people]]
id = "ben"
name = "Ben Chen"
email = "ben@example.com"
groups = ["dba"]

[[people]]
id = "bea"
name = "Bea Ode"
email = "bea@example.com"
groups = ["dba"]
zone = "UTC"

[[people]]
id = "dev"
name = "Dev Rao"
email = "dev@example.com"
groups = []

[[people]]
id = "aud"
name = "Aud Lie"
email = "aud@example.com"
groups = ["auditors"]
"#;
