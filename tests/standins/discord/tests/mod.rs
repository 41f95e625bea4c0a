mod gateway;
mod limits;
mod people;
mod play;
mod rest;
mod text;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use serenity::all::{Client, Context, Event, GatewayIntents, HttpBuilder, RawEventHandler, ShardManager};
use tokio::sync::mpsc;

use super::{APPLICATION_ID, Discord, DiscordOptions, GUILD_ID, NewChannel, User};

/// Real time after which a test has failed; the client itself waits 5 s between two identifies.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ana of sre, Ben and the bot, with #dba.
async fn office() -> Discord {
    office_with(DiscordOptions::default()).await
}

async fn office_with(options: DiscordOptions) -> Discord {
    let discord = Discord::start(DiscordOptions { patience: PATIENCE, commands: &[], ..options }).await;
    discord.add_role("sre");
    discord.add_person(User::named("ana").with_roles(&["sre"]).called("Ana R."));
    discord.add_person(User::named("ben"));
    discord.add_channel(NewChannel::public("dba"));
    discord
}

/// A clock that tests move.
#[derive(Clone)]
struct Watch(Arc<Mutex<Timestamp>>);

impl Watch {
    fn new() -> Self {
        Self(Arc::new(Mutex::new("2026-11-25T10:00:00Z".parse().expect("a timestamp"))))
    }

    fn options(&self) -> DiscordOptions {
        let clock = self.0.clone();
        DiscordOptions { now: Arc::new(move || *clock.lock().expect("a clock")), ..DiscordOptions::default() }
    }

    fn advance(&self, seconds: i64) {
        *self.0.lock().expect("a clock") += SignedDuration::from_secs(seconds);
    }
}

/// A call of REST with the bot's token: status and body.
async fn call(discord: &Discord, method: Method, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}{path}", discord.url());
    let mut request = reqwest::Client::new().request(method, url);
    request = request.header("authorization", format!("Bot {}", discord.bot_token()));
    if !body.is_null() {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

async fn get(discord: &Discord, path: &str) -> (u16, Value) {
    call(discord, Method::GET, path, Value::Null).await
}

async fn send(discord: &Discord, path: &str, body: Value) -> (u16, Value) {
    call(discord, Method::POST, path, body).await
}

/// Posts into #dba as the bot.
async fn post(discord: &Discord, body: Value) -> Value {
    let (status, answer) = send(discord, &format!("/channels/{}/messages", discord.channel("dba").id()), body).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Registers commands in the guild.
async fn register(discord: &Discord, commands: Value) {
    let path = format!("/applications/{APPLICATION_ID}/guilds/{GUILD_ID}/commands");
    let (status, answer) = call(discord, Method::PUT, &path, commands).await;
    assert_eq!(status, 200, "{answer}");
}

fn rds() -> Value {
    json!([{"name": "rds", "description": "Databases", "options": [
        {"type": 1, "name": "list", "description": "Lists databases", "options": [
            {"type": 3, "name": "env", "description": "Environment", "choices": [{"name": "prod", "value": "p"}]},
            {"type": 5, "name": "share", "description": "For everybody", "required": false},
        ]},
        {"type": 1, "name": "upgrade", "description": "Upgrades one", "options": [
            {"type": 3, "name": "database", "description": "Which", "required": true, "autocomplete": true},
            {"type": 3, "name": "to", "description": "Version", "required": true},
            {"type": 4, "name": "hours", "description": "Hours", "min_value": 1},
            {"type": 6, "name": "for", "description": "For whom"},
        ]},
    ]}])
}

/// What the gateway says before anybody does something.
fn is_greeting(event: &Event) -> bool {
    matches!(event, Event::Ready(_) | Event::GuildCreate(_) | Event::Resumed(_))
}

struct Ears(mpsc::UnboundedSender<(Context, Event)>);

#[async_trait::async_trait]
impl RawEventHandler for Ears {
    async fn raw_event(&self, context: Context, event: Event) {
        let _ = self.0.send((context, event));
    }
}

/// A bot on the real client.
struct Bot {
    heard: mpsc::UnboundedReceiver<(Context, Event)>,
    shards: Arc<ShardManager>,
}

impl Bot {
    async fn connect(discord: &Discord, intents: GatewayIntents) -> Self {
        let http = HttpBuilder::new(discord.bot_token()).proxy(discord.base_url()).ratelimiter_disabled(true).build();
        let (ears, heard) = mpsc::unbounded_channel();
        let client = serenity::client::ClientBuilder::new_with_http(http, intents).raw_event_handler(Ears(ears)).await;
        let mut client: Client = client.expect("a client");
        let shards = client.shard_manager.clone();
        tokio::spawn(async move { client.start().await });
        discord.connected(1).await;
        Self { heard, shards }
    }

    /// As Watchkeeper connects.
    async fn usual(discord: &Discord) -> Self {
        let guild = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::GUILD_MESSAGE_REACTIONS;
        let direct = GatewayIntents::DIRECT_MESSAGES | GatewayIntents::DIRECT_MESSAGE_REACTIONS;
        Self::connect(discord, guild | direct).await
    }

    /// The next event that is no greeting.
    async fn hears(&mut self) -> (Context, Event) {
        loop {
            let heard = tokio::time::timeout(PATIENCE, self.heard.recv()).await;
            let heard = heard.expect("an event within the patience of a test").expect("the bot runs");
            if !is_greeting(&heard.1) {
                return heard;
            }
        }
    }
}

fn quiet(discord: &Discord) {
    assert_eq!(discord.violations(), Vec::<String>::new());
}
