//! The gateway: one connection that stands, kept by serenity (discord.com/developers/docs "Gateway").
//!
//! serenity hands over each event in a task of its own. On a thread with a runtime of one thread these tasks begin in the
//! order in which the events came, so that is where it runs; what it hears goes on to the bot's own runtime at once.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use axum::http::Method;
use serenity::all::{ClientBuilder, ConnectionStage, Event, EventHandler, GatewayError, GatewayIntents, HttpBuilder};
use serenity::all::{Context, RawEventHandler, ShardStageUpdateEvent};
use tokio::sync::{mpsc, oneshot, watch};

use super::Discord;
use crate::activity::{Activity, InFlight};
use crate::platform::Inbound;

/// What the bot listens to. None is privileged: what mentions the bot, and direct messages, carry their words all the same.
const INTENTS: GatewayIntents = GatewayIntents::GUILDS
    .union(GatewayIntents::GUILD_MESSAGES)
    .union(GatewayIntents::GUILD_MESSAGE_REACTIONS)
    .union(GatewayIntents::DIRECT_MESSAGES)
    .union(GatewayIntents::DIRECT_MESSAGE_REACTIONS);
/// The first pause before another attempt; it doubles from try to try.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How long handlers at work are waited for at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// An event, in flight until it was taken.
type Heard = (Event, InFlight);

/// Keeps a connection standing until `shutdown`, then lets what is at work finish.
pub(super) async fn keep(discord: Arc<Discord>, inbound: Arc<dyn Inbound>, mut shutdown: watch::Receiver<bool>) {
    let mut tries = 0;
    while !*shutdown.borrow() {
        let why = tokio::select! {
            () = ended(&mut shutdown) => break,
            why = stand(&discord, &inbound, &mut tries) => why,
        };
        tracing::warn!(why, "the connection to Discord ended, or could not be made");
        discord.pulse.refused(why);
        let pause = LONGEST_PAUSE.min(FIRST_PAUSE * 2u32.pow(tries.min(10)));
        tries += 1;
        let _over = tokio::time::timeout(pause, ended(&mut shutdown)).await;
    }
    let _late = tokio::time::timeout(DRAIN, discord.drained()).await;
}

/// Connects, and hands on what is heard until the connection is gone for good: why.
async fn stand(discord: &Arc<Discord>, inbound: &Arc<dyn Inbound>, tries: &mut u32) -> String {
    // serenity goes to Discord's own gateway when the API does not say where it is: that must not happen elsewhere.
    if let Err(fault) = discord.api.call(Method::GET, "/gateway", None).await {
        return format!("asking where the gateway is: {fault}");
    }
    if let Err(fault) = discord.introduce().await {
        return format!("asking who the bot is: {fault}");
    }
    let (hear, mut heard) = mpsc::unbounded_channel();
    let line = Line::open(discord, hear);
    loop {
        match heard.recv().await {
            Some((event, in_flight)) => {
                *tries = 0;
                discord.hear(event, inbound, in_flight);
            }
            None => return line.why().await,
        }
    }
}

/// Returns at the end of the bot, or of its sender.
async fn ended(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    drop(shutdown.wait_for(|stop| *stop).await);
}

/// A connection on its thread, which ends with this value.
struct Line {
    _stop: oneshot::Sender<()>,
    thread: JoinHandle<String>,
}

impl Line {
    fn open(discord: &Arc<Discord>, hear: mpsc::UnboundedSender<Heard>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let ear = Ear { discord: discord.clone(), activity: discord.activity.clone(), hear };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(hold(ear, stopped)),
                Err(cause) => format!("starting a thread for it: {cause}"),
            }
        });
        Self { _stop: stop, thread }
    }

    /// Why it ended: called once nothing more is heard, when the thread is at its end.
    async fn why(self) -> String {
        let joined = tokio::task::spawn_blocking(move || self.thread.join());
        joined.await.ok().and_then(Result::ok).unwrap_or_else(|| "something broke while reading from it".to_owned())
    }
}

/// Holds a connection, taken up again by serenity as long as that can be done; why it can't be any more.
async fn hold(ear: Ear, stopped: oneshot::Receiver<()>) -> String {
    let discord = ear.discord.clone();
    let http = HttpBuilder::new(discord.settings.token.expose()).ratelimiter_disabled(true).proxy(discord.api.origin()).build();
    let client = ClientBuilder::new_with_http(http, INTENTS);
    let ear = Arc::new(ear);
    let mut client = match client.raw_event_handler(Raw(ear.clone())).event_handler(Stages(ear)).await {
        Ok(client) => client,
        Err(error) => return error.to_string(),
    };
    let shards = client.shard_manager.clone();
    tokio::select! {
        ended = client.start() => match ended {
            Ok(()) => "it was closed".to_owned(),
            Err(error) => said(&error),
        },
        _gone = stopped => {
            shards.shutdown_all().await;
            "it was stopped".to_owned()
        }
    }
}

/// What an operator has to know.
fn said(error: &serenity::Error) -> String {
    match error {
        serenity::Error::Gateway(GatewayError::InvalidAuthentication) => "Discord does not take DISCORD_TOKEN".to_owned(),
        serenity::Error::Gateway(GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents) => {
            "Discord does not let the application listen to what it needs".to_owned()
        }
        other => other.to_string(),
    }
}

/// Hears events and hands them on.
struct Ear {
    discord: Arc<Discord>,
    activity: Activity,
    hear: mpsc::UnboundedSender<Heard>,
}

struct Raw(Arc<Ear>);

#[async_trait]
impl RawEventHandler for Raw {
    async fn raw_event(&self, _context: Context, event: Event) {
        // An error means that the bot stops, or connects anew: Discord tells it again to whoever resumes.
        let _gone = self.0.hear.send((event, self.0.activity.begin()));
    }
}

struct Stages(Arc<Ear>);

#[async_trait]
impl EventHandler for Stages {
    async fn shard_stage_update(&self, _context: Context, update: ShardStageUpdateEvent) {
        let discord = &self.0.discord;
        match update.new {
            ConnectionStage::Connected => discord.pulse.up(discord.clock.now()),
            _ => discord.pulse.down(),
        }
    }
}
