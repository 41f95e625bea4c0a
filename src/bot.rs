//! Wires all; the only file that knows every other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use commands::aws::Aws;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use crate::activity::{Activity, Bell};
use crate::clock::Clock;
use crate::config::{self, Config, ConfigErrors, Transport};
use crate::dispatch::Dispatch;
use crate::health::Health;
use crate::host::{Bells, Host, Trouble};
use crate::http::{self, HealthSource};
use crate::identity::Directory;
use crate::looking::Arrange;
use crate::metrics::Metrics;
use crate::outbox::{Pace, Turns};
use crate::outward::Outward;
use crate::platform::discord::{self, Discord, DiscordSettings};
use crate::platform::slack::{Slack, SlackSettings, Timing};
use crate::platform::{Inbound, Names, Platform};
use crate::recognition::Recognition;
use crate::roster::Keeping;
use crate::rules::Rules;
use crate::secret::Secret;
use crate::shelf::Lines;
use crate::store::{Kind, Store};
use crate::{alerts, answer, engine, hearing, looking, outbox, shifts, sources, waiting, watching};

/// What has due times and is looked after.
const LOOKED_AFTER: [Kind; 8] =
    [Kind::Asked, Kind::Change, Kind::Message, Kind::Watch, Kind::Alert, Kind::Hook, Kind::Shift, Kind::Swap];

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
    /// Everything it follows by itself.
    pub watches: &'static [commands::watch::Entry],
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
    /// What keeps the people of Identity Center true, and its loop.
    roster: Option<(Arc<Keeping>, AbortHandle)>,
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
    #[error("setting up {0}: {1}")]
    Platform(&'static str, String),
    /// HTTP to others can't be set up.
    #[error("setting up HTTP to others: {0}")]
    Outward(String),
    /// What is still to be said can't be read.
    #[error("reading from the store what is to be said: {0}")]
    Messages(Trouble),
    /// What was known about people can't be read.
    #[error("reading who is who from the store: {0}")]
    People(Trouble),
}

impl Bot {
    /// Starts everything. It returns once HTTP is listened to; chat connections come up by themselves.
    ///
    /// # Errors
    /// See [`StartError`]. A platform that can't be reached is no error: health says so, and it is tried again.
    pub async fn start(config: &Config, ground: Ground) -> Result<Self, StartError> {
        let Ground { clock, store, aws, commands, watches } = ground;
        let law = Arc::new(config.law(commands)?);
        let directory = Arc::clone(law.directory());
        let metrics = Metrics::new();
        let activity = Activity::default();
        let outward = Outward::new(config.aws_endpoint.as_deref()).map_err(StartError::Outward)?;
        let people = Recognition::new(Arc::clone(&directory), Arc::clone(&store));
        people.restore().await.map_err(StartError::People)?;
        directory.reads(clock.clone());
        let around = Around {
            names: Arc::clone(&directory),
            store: &store,
            outward: &outward,
            commands,
            activity: &activity,
            clock: &clock,
            metrics: &metrics,
        };
        let platforms = platforms(config, &around)?;
        let keeping = match config.settings.identity.clone() {
            Some(center) => {
                let kept = Keeping::restore(directory, center, (Arc::clone(&store), &aws), &activity).await;
                Some(Arc::new(kept.map_err(StartError::People)?))
            }
            None => None,
        };
        let (door, waiting) = alerts::inbox::Door::new(activity.clone());
        let turns = Turns::after(&*store).await.map_err(StartError::Messages)?;
        let host = Arc::new(Host {
            inbox: Arc::new(door),
            outward,
            store,
            clock,
            authority: law,
            people,
            settings: config.settings.clone(),
            rules: Rules::of(config),
            aws,
            platforms,
            commands,
            watches,
            bells: Bells::new(&activity),
            activity,
            pace: Pace::default(),
            turns,
            metrics: metrics.clone(),
        });
        let inbound: Arc<dyn Inbound> = Arc::new(Dispatch(Arc::clone(&host)));
        let listen = |cause| StartError::Listen { address: config.listen, cause };
        let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (closing, closed) = watch::channel(false);
        let (mut intake, mut loops) = (JoinSet::new(), JoinSet::new());
        let of_platforms = host.platforms.iter().map(|platform| Arc::clone(platform).routes(Arc::clone(&inbound)));
        let routes = of_platforms.fold(axum::Router::new(), axum::Router::merge);
        let ground = sources::Ground { clock: host.clock.clone(), metrics: metrics.clone(), outward: host.outward.clone() };
        let routes = routes.merge(sources::routes(&config.sources, Arc::clone(&host.inbox), ground));
        loops.spawn(alerts::inbox::run(Arc::clone(&host), waiting));
        let router = http::router(health(&host, keeping.clone()), metrics, routes);
        intake.spawn(serve(listener, router, closed.clone()));
        for queue in config.settings.events.clone() {
            intake.spawn(hearing::listen(Arc::clone(&host), queue, closed.clone()));
        }
        for platform in host.platforms.clone() {
            intake.spawn(platform.run(Arc::clone(&inbound), closed.clone()));
        }
        let shelf = Lines::new(Arc::clone(&host.store), host.clock.clone());
        if let Err(trouble) = shelf.clear().await {
            // What is old takes room, and does no harm.
            tracing::error!(%trouble, "clearing the shelf of command lines");
        }
        let first = waiting::nudge_all(&host).await.unwrap_or_else(|trouble| {
            // They are looked at at their time all the same.
            tracing::error!(%trouble, "looking for the changes that wait");
            0
        });
        if let Err(trouble) = alerts::nudge_all(&host).await {
            // So are alerts.
            tracing::error!(%trouble, "looking for the alerts that are open");
        }
        loops.spawn(looking::look_after(Arc::clone(&host), (Kind::Alert, 0), |bells| &bells.alerts, alerts::look));
        loops.spawn(looking::look_after(Arc::clone(&host), (Kind::Hook, 0), |bells| &bells.hooks, crate::hooks::look));
        loops.spawn(watching::look_after(Arc::clone(&host), host.activity.begin()));
        loops.spawn(shifts::look_after(Arc::clone(&host), host.activity.begin()));
        loops.spawn(looking::look_after(Arc::clone(&host), (Kind::Asked, 0), |bells| &bells.asked, answer::look));
        loops.spawn(looking::look_after(Arc::clone(&host), (Kind::Change, first), |bells| &bells.changes, engine::look));
        let saying: (fn(&Bells) -> &Bell, Arrange) =
            (|bells| &bells.messages, |host, rows| Box::pin(outbox::in_turn(host, rows)));
        loops.spawn(looking::look_after_together(Arc::clone(&host), (Kind::Message, 0), saying, deliver));
        let roster = keeping.map(|keeping| {
            let looking = Arc::clone(&keeping).look_after(Arc::clone(&host), host.activity.begin());
            (keeping, loops.spawn(looking))
        });
        Ok(Self { host, address, closing, intake, loops, roster })
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
        if let Some((keeping, _)) = &self.roster {
            keeping.ring();
        }
    }

    /// When the next thing is due; what is overdue counts too.
    pub async fn next_due(&self) -> Option<Timestamp> {
        let records = self.host.store.next_due(&LOOKED_AFTER).await.unwrap_or_default();
        let people = self.roster.as_ref().and_then(|(keeping, _)| keeping.next_due());
        records.into_iter().chain(people).min()
    }

    /// What the bot shares with itself: for tests and the command line.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Stops: takes nothing new, finishes what is in flight, keeps the rest for the next start. What does not finish
    /// within ten seconds is broken off, which costs nothing but time: it is looked at again at the next start.
    pub async fn stop(mut self) {
        self.closing.send_replace(true);
        if let Some((_, looking)) = &self.roster {
            // A reading may take a minute, and nobody waits for it.
            looking.abort();
        }
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

/// What platforms are set up with.
struct Around<'a> {
    names: Arc<Directory>,
    store: &'a Arc<dyn Store>,
    outward: &'a Outward,
    commands: &'static [commands::registry::Entry],
    activity: &'a Activity,
    clock: &'a Clock,
    metrics: &'a Metrics,
}

/// The chat platforms the bot lives on.
fn platforms(config: &Config, around: &Around<'_>) -> Result<Vec<Arc<dyn Platform>>, StartError> {
    let slack = config.slack.as_ref().map(|slack| set_up_slack(slack, around));
    let discord = config.discord.as_ref().map(|discord| set_up_discord(discord, around));
    slack.into_iter().chain(discord).collect()
}

/// A secret that a platform can't do without.
fn needed(platform: &'static str, secret: &Option<Secret>, name: &str) -> Result<Secret, StartError> {
    secret.clone().ok_or_else(|| StartError::Platform(platform, format!("{name} is not set in the environment")))
}

fn set_up_slack(slack: &config::Slack, around: &Around<'_>) -> Result<Arc<dyn Platform>, StartError> {
    const NAME: &str = "Slack";
    let settings = slack_settings(slack)?;
    let names = Arc::clone(&around.names) as Arc<dyn Names>;
    let slack = Slack::new(settings, names, around.clock.clone(), around.metrics.clone());
    Ok(Arc::new(slack.map_err(|error| StartError::Platform(NAME, error.to_string()))?))
}

fn set_up_discord(discord: &config::Discord, around: &Around<'_>) -> Result<Arc<dyn Platform>, StartError> {
    const NAME: &str = "Discord";
    let wrong = |cause| StartError::Platform(NAME, format!("DISCORD_API_URL is no URL: {cause}"));
    let settings = DiscordSettings {
        api_url: discord.api_url.parse().map_err(wrong)?,
        token: needed(NAME, &discord.token, "DISCORD_TOKEN")?,
        guild: discord.guild.clone(),
        roles: discord.roles.clone(),
        groups: discord.groups.clone(),
    };
    let ground = discord::Ground {
        outward: around.outward.clone(),
        names: Arc::clone(&around.names) as Arc<dyn Names>,
        shelf: Arc::new(Lines::new(Arc::clone(around.store), around.clock.clone())),
        clock: around.clock.clone(),
        activity: around.activity.clone(),
        commands: around.commands,
    };
    Ok(Arc::new(Discord::new(settings, ground)))
}

/// What the configuration says about Slack, with the secrets its transport needs.
fn slack_settings(slack: &config::Slack) -> Result<SlackSettings, StartError> {
    const NAME: &str = "Slack";
    let needed = |secret: &Option<Secret>, name: &str| needed(NAME, secret, name);
    let (app_token, signing_secret, connections) = match slack.transport {
        Transport::Socket { connections } => (Some(needed(&slack.app_token, "SLACK_APP_TOKEN")?), None, connections),
        Transport::Http => (None, Some(needed(&slack.signing_secret, "SLACK_SIGNING_SECRET")?), 0),
    };
    Ok(SlackSettings {
        api_url: slack
            .api_url
            .parse()
            .map_err(|cause| StartError::Platform(NAME, format!("SLACK_API_URL is no URL: {cause}")))?,
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

fn health(host: &Arc<Host>, keeping: Option<Arc<Keeping>>) -> HealthSource {
    let host = Arc::clone(host);
    Arc::new(move || {
        let platforms = host.platforms.iter().map(|platform| (platform.name(), platform.health()));
        let mut parts: BTreeMap<&'static str, Health> = platforms.collect();
        parts.insert("store", host.store.health());
        if let Some(keeping) = &keeping {
            parts.insert("directory", keeping.health(host.clock.now()));
        }
        parts
    })
}
