//! The bot in a runtime of its own, so that it can be killed as a process is: nothing of it runs on.

use std::path::Path;
use std::sync::Arc;

use commands::aws::{Aws as Client, AwsSettings, Keys};
use commands::records::{Entry, Verification};
use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use watchkeeper::bot::{Bot, Ground};
use watchkeeper::clock::Clock;
use watchkeeper::config::{Config, Environment};
use watchkeeper::store::Store;
use watchkeeper::store::sled::SledStore;

use super::mortal::{Death, Mortal};
use super::{Chat, Choices, Over};
use crate::aws::Aws;
use crate::discord::Discord;
use crate::slack::{Slack, Transport};

/// What a bot is started among.
pub(super) struct Around<'a> {
    pub(super) slack: &'a Slack,
    pub(super) discord: Option<&'a Discord>,
    pub(super) aws: &'a Aws,
}

/// The bot while it runs.
pub(super) struct Running {
    bot: Option<Bot>,
    store: Arc<SledStore>,
    death: Death,
    runtime: Threads,
}

/// The bot's threads. A world that is dropped ends them without waiting, since a test may not wait there.
struct Threads(Option<Runtime>);

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// How a wait for rest ended.
pub(super) enum Rest {
    Idle,
    Died,
}

impl Running {
    pub(super) async fn start(folder: &Path, around: Around<'_>, clock: &Clock, choices: &Choices) -> Self {
        let Around { slack, discord, aws } = around;
        let of_discord = discord
            .into_iter()
            .flat_map(|discord| [("DISCORD_API_URL", discord.url()), ("DISCORD_TOKEN", discord.bot_token().to_owned())]);
        let environment: Environment = [
            ("WATCHKEEPER_CONFIG", folder.join("watchkeeper.toml").display().to_string()),
            ("SLACK_API_URL", slack.api_url()),
            ("SLACK_BOT_TOKEN", slack.bot_token().to_owned()),
            ("SLACK_APP_TOKEN", slack.app_token().to_owned()),
            ("SLACK_SIGNING_SECRET", slack.signing_secret().to_owned()),
            ("ALERTMANAGER_SECRET", super::ALERTMANAGER_SECRET.to_owned()),
            ("ALERTMANAGER_TOKEN", super::ALERTMANAGER_TOKEN.to_owned()),
            ("TICKETS_SECRET", super::TICKETS_SECRET.to_owned()),
        ]
        .into_iter()
        .chain(of_discord)
        .map(|(name, value)| (name.to_owned(), value))
        .chain(choices.variables.iter().cloned())
        .collect();
        let config = Config::load(&environment).unwrap_or_else(|errors| panic!("the configuration of the world:\n{errors}"));
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("making the bot's runtime");
        let store = Arc::new(open(&config.data_dir, clock.now()));
        let (mortal, death) = Mortal::new(Arc::clone(&store) as Arc<dyn Store>, &choices.life, &choices.disk);
        let settings = AwsSettings {
            region: "eu-west-1".to_owned(),
            endpoint: Some(aws.url().to_owned()),
            keys: Some(Keys { id: "AKIAWATCHKEEPER".to_owned(), secret: "standin".to_owned() }),
        };
        let (clock, commands, watches) = (clock.clone(), choices.commands, choices.watches);
        let started = runtime.spawn(async move {
            // One provider for everything; it is there already when another test was first.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let aws = Client::connect(settings).await;
            Bot::start(&config, Ground { clock, store: Arc::new(mortal), aws, commands, watches }).await
        });
        let bot =
            started.await.expect("starting does not panic").unwrap_or_else(|error| panic!("the bot does not start: {error}"));
        let running = Self { bot: Some(bot), store, death, runtime: Threads(Some(runtime)) };
        if let Some(discord) = discord {
            discord.registered().await;
            discord.connected(1).await;
        }
        match choices.transport {
            _ if !choices.chats.has(Chat::Slack) => {}
            Over::Sockets => slack.connected(1).await,
            Over::Http => slack.use_transport(Transport::Http(running.url())),
        }
        running
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.bot().address())
    }

    pub(super) fn look(&self) {
        self.bot().look();
    }

    pub(super) async fn next_due(&self) -> Option<Timestamp> {
        self.bot().next_due().await
    }

    pub(super) async fn entries(&self) -> Vec<Entry> {
        self.store.entries(1, usize::MAX).await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) async fn verify(&self) -> Verification {
        self.store.verify().await.unwrap_or_else(|error| panic!("{error}"))
    }

    pub(super) fn death(&self) -> Death {
        self.death.clone()
    }

    pub(super) async fn rest(&self) -> Rest {
        tokio::select! {
            () = self.death.came() => Rest::Died,
            () = self.bot().idle() => if self.death.is_here() { Rest::Died } else { Rest::Idle },
        }
    }

    /// Stops gracefully.
    pub(super) async fn stop(mut self) {
        if let (Some(bot), Some(runtime)) = (self.bot.take(), &self.runtime.0) {
            runtime.spawn(bot.stop()).await.expect("stopping does not panic");
        }
        self.store.close().await.unwrap_or_else(|why| panic!("the store does not close: {why}"));
        self.kill().await;
    }

    /// Ends everything at once.
    pub(super) async fn kill(mut self) {
        drop(self.bot.take());
        if let Some(runtime) = self.runtime.0.take() {
            let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(std::time::Duration::from_secs(10)));
            ended.await.expect("ending the bot's runtime");
        }
        let store = Arc::try_unwrap(self.store).unwrap_or_else(|_| panic!("something of the killed bot holds the store"));
        tokio::task::spawn_blocking(move || drop(store)).await.expect("letting the store go");
    }

    fn bot(&self) -> &Bot {
        self.bot.as_ref().expect("the bot runs")
    }
}

/// Opens the store. A process that another test starts inherits open files for the moment until it runs, locks and all,
/// so a lock that is still held is asked for again for a while.
fn open(folder: &Path, now: Timestamp) -> SledStore {
    let mut tries = 0;
    loop {
        match SledStore::open(folder, now) {
            Ok(store) => return store,
            Err(error)
                if tries < 100 && ["acquire lock", "another process"].iter().any(|held| error.to_string().contains(held)) =>
            {
                tries += 1;
                std::thread::park_timeout(std::time::Duration::from_millis(20));
            }
            Err(error) => panic!("{error}"),
        }
    }
}
