//! Slack.
//!
//! `decode` reads what comes in over `socket` or `http`, `intake` hands it on and acknowledges; `render`, `escape` and
//! `form` write what goes out, `posting` and `files` bring it there through `api`. Both transports share everything but
//! the wire. `manifest` is how Slack learns of the commands.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use commands::message::Message;
use jiff::Timestamp;
use ring::hmac;
use serde_json::{Value, json};
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;
use url::Url;

use self::api::{Api, Fault};
use self::origin::Origin;
use self::posting::Ear;
use self::pulse::Pulse;
use super::{Group, Inbound, MessageRef, Names, Platform, Profile, Reaction, SendError, Target};
use crate::activity::Activity;
use crate::clock::Clock;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::secret::Secret;

mod api;
mod decode;
mod escape;
mod files;
mod form;
mod http;
mod intake;
mod limits;
mod manifest;
mod origin;
mod posting;
mod pulse;
mod render;
mod socket;
mod way;
mod words;

pub use manifest::manifest;
pub use socket::Timing;

/// The platform's name in records.
pub const NAME: &str = "slack";

/// Channels and unknown types that are remembered.
const REMEMBERED: usize = 10_000;

/// How to reach Slack.
#[derive(Clone, Debug)]
pub struct SlackSettings {
    /// Where the Web API is: `https://slack.com/api`, or a stand-in's.
    pub api_url: Url,
    /// The bot token, `xoxb-…`.
    pub bot_token: Secret,
    /// The app-level token, `xapp-…`; with it events come over Socket Mode.
    pub app_token: Option<Secret>,
    /// The signing secret; with it events are taken over HTTP.
    pub signing_secret: Option<Secret>,
    /// What the names of the slash commands begin with: `/` or `/wk-`.
    pub prefix: String,
    /// How many Socket Mode connections to keep; Slack allows ten.
    pub connections: usize,
    /// The connections' intervals.
    pub timing: Timing,
}

/// Why Slack cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The machine's certificate roots cannot be read.
    #[error("reading the system's certificates: {0}")]
    Roots(#[from] std::io::Error),
    /// TLS cannot be set up.
    #[error("setting up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

/// Slack as a platform.
pub struct Slack {
    api: Api,
    names: Arc<dyn Names>,
    clock: Clock,
    metrics: Metrics,
    prefix: String,
    timing: Timing,
    /// Connections to keep; none without an app-level token.
    connections: usize,
    signing: Option<hmac::Key>,
    /// Who the bot is and whose workspace it is in, once Slack has said it.
    origin: OnceCell<Origin>,
    pulse: Arc<Pulse>,
    /// Handlers at work.
    at_work: Activity,
    /// Ids of channels by their `#name`, and of direct message channels by account.
    channels: Mutex<HashMap<String, String>>,
    /// What was logged and need not be again.
    said: Mutex<BTreeSet<String>>,
}

impl Slack {
    /// Sets Slack up; nothing is sent yet.
    pub fn new(settings: SlackSettings, names: Arc<dyn Names>, clock: Clock, metrics: Metrics) -> Result<Self, SetupError> {
        let key = |secret: &Secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        Ok(Self {
            api: Api::new(&settings)?,
            names,
            clock,
            metrics,
            connections: if settings.app_token.is_some() { settings.connections.max(1) } else { 0 },
            signing: settings.signing_secret.as_ref().map(key),
            prefix: settings.prefix,
            timing: settings.timing,
            origin: OnceCell::new(),
            pulse: Arc::default(),
            at_work: Activity::default(),
            channels: Mutex::default(),
            said: Mutex::default(),
        })
    }

    /// Asks who the bot is until Slack says it.
    async fn introduce(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        let mut tries = 0;
        while !*shutdown.borrow() {
            match self.origin().await {
                Ok(origin) => {
                    tracing::info!(account = origin.account, team = origin.team, "Slack knows the bot");
                    return;
                }
                Err(error) => tracing::warn!(%error, "asking Slack who the bot is"),
            }
            tries += 1;
            let _over = tokio::time::timeout(socket::pause(&self.timing, tries), socket::ended(&mut shutdown)).await;
        }
    }

    /// Who the bot is and whose workspace it is in. Slack is asked once it matters, and again until it has said it.
    async fn origin(&self) -> Result<&Origin, Fault> {
        let ask = || async { Origin::of(&self.api.call("auth.test", &json!({})).await?) };
        self.origin.get_or_try_init(ask).await
    }

    /// Logs something the first time it is seen.
    fn say_once(&self, what: &str, words: &'static str) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() < REMEMBERED && said.insert(what.to_owned()) {
            tracing::warn!(what, "{words}");
        }
    }
}

/// Why something can't be done, where what only people can mend is no reason to wait.
fn for_good(fault: Fault) -> SendError {
    if fault.lasts() { SendError::Never(fault.to_string()) } else { fault.into() }
}

#[async_trait]
impl Platform for Slack {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn post(&self, target: &Target, message: &Message, slot: &str) -> Result<MessageRef, SendError> {
        let posted = match target {
            Target::Channel { channel, thread } | Target::Shared { channel, thread, .. } => {
                self.post_in(channel, thread.as_deref(), message, slot).await
            }
            Target::Only { channel, account, handle } => {
                let ear = Ear { channel, account, handle: handle.as_ref() };
                self.post_only(ear, message).await
            }
            Target::Direct { account } => self.post_direct(account, message, slot).await,
        };
        Ok(posted?)
    }

    async fn edit(&self, at: &MessageRef, message: &Message) -> Result<(), SendError> {
        if at.message.is_empty() {
            return Err(SendError::Never("an answer for one person alone cannot be edited".to_owned()));
        }
        let mut body = self.body(message);
        body["channel"] = at.channel.as_str().into();
        body["ts"] = at.message.as_str().into();
        self.api.call("chat.update", &body).await?;
        Ok(())
    }

    async fn find(&self, target: &Target, slot: &str, since: Timestamp) -> Result<Option<MessageRef>, SendError> {
        match self.look_for(target, slot, since).await {
            Ok(found) => Ok(found),
            // Without the scope to look, or in a channel that is gone, it never will be found: no reason to be silent.
            Err(fault) if fault.lasts() => {
                tracing::warn!(%fault, "looking for a message that may have been posted before");
                Ok(None)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn reactions(&self, at: &MessageRef) -> Result<Vec<Reaction>, SendError> {
        let params = [("channel", at.channel.clone()), ("timestamp", at.message.clone()), ("full", "true".to_owned())];
        let answer = self.api.ask("reactions.get", &params).await?;
        let mut reactions = Vec::new();
        for reaction in answer["message"]["reactions"].as_array().into_iter().flatten() {
            let emoji = emoji(reaction["name"].as_str().unwrap_or_default());
            for account in reaction["users"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                let reaction = Reaction { account: account.to_owned(), emoji: emoji.clone() };
                // Two skin tones of one person are one reaction.
                if !reactions.contains(&reaction) {
                    reactions.push(reaction);
                }
            }
        }
        Ok(reactions)
    }

    async fn profile(&self, account: &str) -> Result<Profile, SendError> {
        let origin = self.origin().await?;
        let answer = self.api.ask("users.info", &[("user", account.to_owned())]).await?;
        Ok(origin.profile(&answer["user"]))
    }

    async fn account(&self, email: &str) -> Result<Option<String>, SendError> {
        match self.api.ask("users.lookupByEmail", &[("email", email.to_owned())]).await {
            Ok(answer) => Ok(answer["user"]["id"].as_str().map(str::to_owned)),
            Err(fault) if fault.is(&["users_not_found"]) => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    async fn set_group(&self, group: &str, accounts: &[String]) -> Result<Group, SendError> {
        let answer = self.api.ask("usergroups.users.list", &[("usergroup", group.to_owned())]).await.map_err(for_good)?;
        let holds = answer["users"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if holds.collect::<BTreeSet<_>>() == accounts.iter().map(String::as_str).collect() {
            return Ok(Group::Held);
        }
        let body = json!({ "usergroup": group, "users": accounts.join(",") });
        self.api.call("usergroups.users.update", &body).await.map_err(for_good)?;
        Ok(Group::Changed)
    }

    /// Keeps the Socket Mode connections. Returns at `shutdown` where there is no app-level token.
    async fn run(self: Arc<Self>, inbound: Arc<dyn Inbound>, mut shutdown: watch::Receiver<bool>) {
        let mut lines = JoinSet::new();
        for line in 0..self.connections {
            lines.spawn(socket::keep(self.clone(), line, inbound.clone(), shutdown.clone()));
        }
        // Nobody has to wait: whoever needs to know it before Slack has said it asks for it.
        lines.spawn(self.clone().introduce(shutdown.clone()));
        // An error means that the sender is gone, which is a stop too.
        drop(shutdown.wait_for(|stop| *stop).await);
        while lines.join_next().await.is_some() {}
        let _late = tokio::time::timeout(self.timing.drain, self.drained()).await;
    }

    /// `/slack/commands`, `/slack/interactive`, `/slack/events`. None without a signing secret.
    fn routes(self: Arc<Self>, inbound: Arc<dyn Inbound>) -> Router {
        http::routes(self, inbound)
    }

    fn health(&self) -> Health {
        self.pulse.health(self.connections, self.api.trouble(), self.clock.now())
    }
}

/// `+1::skin-tone-3` → `+1`; variation selectors go.
fn emoji(name: &str) -> String {
    let name = name.trim_matches(':').split("::").next().unwrap_or_default();
    name.replace(['\u{fe0e}', '\u{fe0f}'], "")
}
