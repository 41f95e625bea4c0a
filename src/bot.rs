//! Wires all; the only file that knows every other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use commands::aws::Aws;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::activity::Activity;
use crate::clock::Clock;
use crate::config::{self, Config, ConfigErrors, Transport};
use crate::dispatch::Dispatch;
use crate::health::Health;
use crate::host::{Bells, Host};
use crate::http::{self, HealthSource};
use crate::metrics::Metrics;
use crate::outbox::Pace;
use crate::platform::slack::{Slack, SlackSettings, Timing};
use crate::platform::{Inbound, Platform};
use crate::recognition::Recognition;
use crate::rules::Rules;
use crate::secret::Secret;
use crate::store::{Kind, Store};
use crate::{answer, engine, looking, outbox, waiting};

/// What has due times and is looked after.
const LOOKED_AFTER: [Kind; 3] = [Kind::Asked, Kind::Change, Kind::Message];

/// How long a stop waits for connections, and then for what is in flight.
const DRAIN: Duration = Duration::from_secs(10);

/// What the bot stands on: the seams, as values.
pub struct Ground {
    /// The clock.
    pub clock: Clock,
    /// The store.
    pub store: Arc<dyn Store>,
    /// AWS.
    pub aws: Aws,
    /// Every command.
    pub commands: &'static [commands::registry::Entry],
}

/// A bot that runs.
pub struct Bot {
    host: Arc<Host>,
    address: SocketAddr,
    /// Turns true when nothing new is taken.
    closing: watch::Sender<bool>,
    /// What takes things in.
    intake: JoinSet<()>,
    /// The loops that look after records.
    loops: JoinSet<()>,
}

/// Why the bot did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigErrors),
    /// The address can't be listened to.
    #[error("listening on {address}: {cause}. Set another address with WATCHKEEPER_LISTEN.")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        cause: std::io::Error,
    },
    /// A secret is missing or the platform can't be set up.
    #[error("setting up Slack: {0}")]
    Slack(String),
}

impl Bot {
    /// Starts everything. It returns once HTTP is listened to; chat connections come up by themselves.
    ///
    /// # Errors
    /// See [`StartError`]. A platform that can't be reached is no error: health says so, and it is tried again.
    pub async fn start(config: &Config, ground: Ground) -> Result<Self, StartError> {
        let Ground { clock, store, aws, commands } = ground;
        let law = Arc::new(config.law(commands)?);
        let directory = Arc::clone(law.directory());
        let metrics = Metrics::new();
        let settings = slack_settings(&config.slack)?;
        let names = Arc::clone(&directory);
        let slack = Arc::new(
            Slack::new(settings, names, clock.clone(), metrics.clone()).map_err(|error| StartError::Slack(error.to_string()))?,
        );
        let activity = Activity::default();
        let host = Arc::new(Host {
            store,
            clock,
            authority: law,
            people: Recognition::new(directory),
            settings: config.settings.clone(),
            rules: Rules::of(config),
            aws,
            platforms: vec![Arc::clone(&slack) as Arc<dyn Platform>],
            commands,
            bells: Bells::new(&activity),
            activity,
            pace: Pace::default(),
            metrics: metrics.clone(),
        });
        let inbound: Arc<dyn Inbound> = Arc::new(Dispatch(Arc::clone(&host)));
        let listen = |cause| StartError::Listen { address: config.listen, cause };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (closing, closed) = watch::channel(false);
        let (mut intake, mut loops) = (JoinSet::new(), JoinSet::new());
        let routes = match config.slack.transport {
            Transport::Http => Arc::clone(&slack).routes(Arc::clone(&inbound)),
            Transport::Socket { .. } => axum::Router::new(),
        };
        let router = http::router(health(&host), metrics, routes);
        intake.spawn(serve(listener, router, closed.clone()));
        intake.spawn(slack.run(inbound, closed));
        if let Err(trouble) = waiting::nudge_all(&host).await {
            // They are looked at at their time all the same.
            tracing::error!(%trouble, "looking for the changes that wait");
        }
        loops.spawn(looking::look_after(Arc::clone(&host), Kind::Asked, |bells| &bells.asked, answer::look));
        loops.spawn(looking::look_after(Arc::clone(&host), Kind::Change, |bells| &bells.changes, engine::look));
        loops.spawn(looking::look_after(Arc::clone(&host), Kind::Message, |bells| &bells.messages, deliver));
        Ok(Self { host, address, closing, intake, loops })
    }

    /// Where HTTP is listened to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns once nothing is due or in flight.
    pub async fn idle(&self) {
        self.host.activity.idle().await;
    }

    /// Makes every loop look, as after the clock was set.
    pub fn look(&self) {
        self.host.bells.ring();
    }

    /// When the next thing is due; what is overdue counts too.
    pub async fn next_due(&self) -> Option<Timestamp> {
        self.host.store.next_due(&LOOKED_AFTER).await.unwrap_or_default()
    }

    /// What the bot shares with itself: for tests and the command line.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Stops: takes nothing new, finishes what is in flight, keeps the rest for the next start. What does not finish
    /// within ten seconds is broken off, which costs nothing but time: it is looked at again at the next start.
    pub async fn stop(mut self) {
        self.closing.send_replace(true);
        let taken = async { while self.intake.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, taken).await.is_err() {
            tracing::warn!("a connection did not end in time");
        }
        if tokio::time::timeout(DRAIN, self.host.activity.idle()).await.is_err() {
            tracing::warn!("something in flight did not end in time; the next start takes it up");
        }
        self.loops.shutdown().await;
    }
}

/// What the configuration says about Slack, with the secrets its transport needs.
fn slack_settings(slack: &config::Slack) -> Result<SlackSettings, StartError> {
    let needed = |secret: &Option<Secret>, name: &str| {
        secret.clone().ok_or_else(|| StartError::Slack(format!("{name} is not set in the environment")))
    };
    let (app_token, signing_secret, connections) = match slack.transport {
        Transport::Socket { connections } => (Some(needed(&slack.app_token, "SLACK_APP_TOKEN")?), None, connections),
        Transport::Http => (None, Some(needed(&slack.signing_secret, "SLACK_SIGNING_SECRET")?), 0),
    };
    Ok(SlackSettings {
        api_url: slack.api_url.parse().map_err(|cause| StartError::Slack(format!("SLACK_API_URL is no URL: {cause}")))?,
        bot_token: needed(&slack.bot_token, "SLACK_BOT_TOKEN")?,
        app_token,
        signing_secret,
        prefix: slack.prefix.clone(),
        connections,
        timing: Timing::default(),
    })
}

async fn deliver(host: Arc<Host>, row: crate::store::Row) -> Result<(), crate::host::Trouble> {
    outbox::deliver(&host, row).await
}

async fn serve(listener: TcpListener, router: axum::Router, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        // An error means the bot is gone: stop as well.
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
        tracing::error!(%error, "serving HTTP");
    }
}

fn health(host: &Arc<Host>) -> HealthSource {
    let host = Arc::clone(host);
    Arc::new(move || {
        let platforms = host.platforms.iter().map(|platform| (platform.name(), platform.health()));
        let mut parts: BTreeMap<&'static str, Health> = platforms.collect();
        parts.insert("store", host.store.health());
        parts
    })
}
