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
use super::pulse::Pulse;
use crate::activity::{Activity, InFlight};
use crate::clock::Clock;
use crate::platform::Inbound;
use crate::secret::Secret;

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
/// How long leaving Discord and handlers at work are waited for at the end, together: less than the ten seconds the whole bot
/// has for it. serenity alone takes up to five.
const DRAIN: Duration = Duration::from_secs(9);

/// An event, in flight until it was taken.
type Heard = (Event, InFlight);

/// How it ended to keep a connection.
enum Ended {
    /// It can't be made, or taken up again: why.
    Lost(String),
    /// The bot stops; the connection still stands where there is one.
    Stopped(Option<Line>),
}

/// Keeps a connection standing until `shutdown`, then lets what is at work finish.
pub(super) async fn keep(discord: Arc<Discord>, inbound: Arc<dyn Inbound>, mut shutdown: watch::Receiver<bool>) {
    let mut tries = 0;
    let line = loop {
        let why = match stand(&discord, &inbound, &mut shutdown, &mut tries).await {
            Ended::Lost(why) => why,
            Ended::Stopped(line) => break line,
        };
        tracing::warn!(why, "the connection to Discord ended, or could not be made");
        discord.pulse.refused(why);
        let pause = LONGEST_PAUSE.min(FIRST_PAUSE * 2u32.pow(tries.min(10)));
        tries += 1;
        let _over = tokio::time::timeout(pause, ended(&mut shutdown)).await;
    };
    let leaving = async {
        if let Some(line) = line {
            line.close().await;
        }
        discord.drained().await;
    };
    if tokio::time::timeout(DRAIN, leaving).await.is_err() {
        tracing::warn!("something from Discord is still at work, or Discord does not say goodbye");
    }
}

/// Connects, and hands on what is heard until the connection is gone for good.
async fn stand(
    discord: &Arc<Discord>,
    inbound: &Arc<dyn Inbound>,
    shutdown: &mut watch::Receiver<bool>,
    tries: &mut u32,
) -> Ended {
    let gateway = tokio::select! {
        () = ended(shutdown) => return Ended::Stopped(None),
        ready = prepare(discord) => match ready {
            Ok(gateway) => gateway,
            Err(why) => return Ended::Lost(why),
        },
    };
    let (hear, mut heard) = mpsc::unbounded_channel();
    let line = match Line::open(discord, gateway, hear) {
        Ok(line) => line,
        Err(cause) => return Ended::Lost(cannot_start(&cause)),
    };
    loop {
        let event = tokio::select! {
            () = ended(shutdown) => return Ended::Stopped(Some(line)),
            event = heard.recv() => event,
        };
        match event {
            Some((event, in_flight)) => {
                *tries = 0;
                discord.hear(event, inbound, in_flight);
            }
            None => return Ended::Lost(line.why().await),
        }
    }
}

/// What has to be known and done before a connection is made; gives where the gateway is.
async fn prepare(discord: &Discord) -> Result<String, String> {
    let answer = discord.api.call(Method::GET, "/gateway", None).await;
    let answer = answer.map_err(|fault| format!("asking where the gateway is: {fault}"))?;
    let gateway = answer["url"].as_str().ok_or("Discord does not say where its gateway is")?.to_owned();
    discord.introduce().await.map_err(|fault| format!("asking who the bot is: {fault}"))?;
    Ok(gateway)
}

/// Returns at the end of the bot, or of its sender.
async fn ended(shutdown: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop too.
    drop(shutdown.wait_for(|stop| *stop).await);
}

/// A connection on its thread, which ends with this value.
struct Line {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<String>,
}

impl Line {
    fn open(discord: &Discord, gateway: String, hear: mpsc::UnboundedSender<Heard>) -> std::io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let door = Door { token: discord.settings.token.clone(), api: discord.api.origin(), gateway };
        let ear =
            Ear { hear, activity: discord.activity.clone(), pulse: Arc::clone(&discord.pulse), clock: discord.clock.clone() };
        let thread = std::thread::Builder::new().name("discord-gateway".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(hold(door, Arc::new(ear), stopped)),
                Err(cause) => cannot_start(&cause),
            }
        })?;
        Ok(Self { stop, thread })
    }

    /// Why it ended: called once nothing more is heard, when the thread is at its end.
    async fn why(self) -> String {
        let joined = tokio::task::spawn_blocking(move || self.thread.join());
        joined.await.ok().and_then(Result::ok).unwrap_or_else(|| "something broke while reading from it".to_owned())
    }

    /// Takes leave of Discord.
    async fn close(self) {
        // An error means that it ended by itself this very moment.
        let _ended = self.stop.send(());
        let _joined = tokio::task::spawn_blocking(move || self.thread.join()).await;
    }
}

/// What a connection is made with.
struct Door {
    token: Secret,
    /// Where the API is, without its path.
    api: String,
    /// Where the gateway is.
    gateway: String,
}

/// Holds a connection, taken up again by serenity as long as that can be done; why it can't be any more.
async fn hold(door: Door, ear: Arc<Ear>, stopped: oneshot::Receiver<()>) -> String {
    let http = HttpBuilder::new(door.token.expose()).ratelimiter_disabled(true).proxy(door.api).build();
    let client = ClientBuilder::new_with_http(http, INTENTS);
    let mut client = match client.raw_event_handler(Raw(Arc::clone(&ear))).event_handler(Stages(ear)).await {
        Ok(client) => client,
        Err(error) => return error.to_string(),
    };
    // Asked by itself, serenity goes to Discord's own gateway, token and all, when the API does not answer.
    *client.ws_url.lock().await = door.gateway;
    let shards = Arc::clone(&client.shard_manager);
    tokio::select! {
        ended = client.start() => match ended {
            Ok(()) => "it was closed".to_owned(),
            Err(error) => said(&error),
        },
        stop = stopped => {
            if stop.is_ok() {
                shards.shutdown_all().await;
            }
            "it was stopped".to_owned()
        }
    }
}

fn cannot_start(cause: &std::io::Error) -> String {
    format!("starting a thread for it: {cause}")
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
    hear: mpsc::UnboundedSender<Heard>,
    activity: Activity,
    pulse: Arc<Pulse>,
    clock: Clock,
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
        match update.new {
            ConnectionStage::Connected => self.0.pulse.up(self.0.clock.now()),
            _ => self.0.pulse.down(),
        }
    }
}
