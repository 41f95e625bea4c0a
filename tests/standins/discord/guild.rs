//! The guild itself: what everything else is a method of.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get},
};
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    events::intent,
    faults::Faults,
    gateway::{self, Gateway},
    journal::Journal,
    options::{Clock, DiscordOptions},
    rates::Rates,
    rest,
    state::{BOT_ID, State},
};

/// Options that stay as they are.
pub(super) struct Settings {
    pub(super) now: Clock,
    pub(super) guild_name: String,
    pub(super) bot_name: String,
    pub(super) bot_token: String,
    pub(super) privileged_intents: u64,
    pub(super) commands: &'static [commands::registry::Entry],
    pub(super) patience: Duration,
    pub(super) ack_timeout: Duration,
    pub(super) heartbeat_every: Duration,
}

/// A Discord guild. Everything a test asks or sets is a method here or on a handle from here.
pub struct Guild {
    address: SocketAddr,
    pub(super) settings: Settings,
    state: Mutex<State>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    rates: Mutex<Rates>,
    gateway: Mutex<Gateway>,
    changes: watch::Sender<u64>,
}

/// The server's routes: REST and the gateway.
pub(super) fn router(guild: &Arc<Guild>) -> Router {
    Router::new()
        .route("/api/v10/{*path}", any(rest::call))
        .route("/gateway", get(gateway::open))
        .route("/gateway/", get(gateway::open))
        .layer(DefaultBodyLimit::max(64 << 20))
        .with_state(guild.clone())
}

impl Guild {
    pub(super) fn new(address: SocketAddr, options: DiscordOptions) -> Self {
        Self {
            address,
            state: Mutex::new(State::new(&options.bot_name)),
            settings: Settings {
                now: options.now,
                guild_name: options.guild_name,
                bot_name: options.bot_name,
                bot_token: options.bot_token,
                privileged_intents: options.privileged_intents,
                commands: options.commands,
                patience: options.patience,
                ack_timeout: options.ack_timeout,
                heartbeat_every: options.heartbeat_every,
            },
            journal: Mutex::default(),
            faults: Mutex::default(),
            rates: Mutex::default(),
            gateway: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rates(&self) -> MutexGuard<'_, Rates> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn gateway(&self) -> MutexGuard<'_, Gateway> {
        self.gateway.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.settings.now)()
    }

    /// Tells everybody who waits that something is different; also for changes outside, as of the clock.
    pub fn changed(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    /// Counts changes, from now on.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn violation(&self, what: String) {
        self.journal().violations.push(what);
    }

    /// Whether the application may read what people write without mentioning it.
    pub(super) fn reads_content(&self) -> bool {
        self.settings.privileged_intents & intent::MESSAGE_CONTENT != 0
    }

    /// Waits until `look` finds something, at most for `limit` of real time. `None` when time is up.
    pub(super) async fn wait_within<T>(&self, limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let mut changes = self.changes.subscribe();
        let found = async {
            loop {
                changes.borrow_and_update();
                if let Some(found) = look() {
                    return found;
                }
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::time::timeout(limit, found).await.ok()
    }

    /// The same with the patience of the options.
    pub(super) async fn wait_for<T>(&self, look: impl FnMut() -> Option<T>) -> Option<T> {
        self.wait_within(self.settings.patience, look).await
    }

    /// What stands where `https://discord.com/api/v10` does.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/api/v10", self.address)
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the gateway is, as `GET /gateway` says.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        format!("ws://{}/gateway/", self.address)
    }

    /// The bot's token.
    #[must_use]
    pub fn bot_token(&self) -> &str {
        &self.settings.bot_token
    }

    /// Id of the bot's user.
    #[must_use]
    pub fn bot_user(&self) -> String {
        BOT_ID.into()
    }
}
