//! The workspace: one place that holds state, journal, faults and sockets, and what tests ask and set there.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get, post},
};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::watch;

use super::{
    faults::Faults,
    journal::{Journal, TokenKind},
    methods,
    options::{Clock, SlackOptions, Transport},
    play, response_url, socket,
    socket::Sockets,
    state::State,
    web_api,
};

/// Options that stay as they are.
pub(super) struct Settings {
    pub(super) now: Clock,
    pub(super) team_name: String,
    pub(super) enterprise: Option<String>,
    pub(super) bot_name: String,
    pub(super) bot_token: String,
    pub(super) app_token: String,
    pub(super) signing_secret: String,
    pub(super) patience: Duration,
    pub(super) ack_timeout: Duration,
    pub(super) ping_every: Duration,
}

/// A Slack workspace. Everything a test asks or sets is a method here or on a handle from here.
pub struct Workspace {
    base: String,
    pub(super) settings: Settings,
    state: Mutex<State>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    sockets: Mutex<Sockets>,
    pub(super) transport: Mutex<Transport>,
    pub(super) scopes: Mutex<Vec<String>>,
    changes: watch::Sender<u64>,
    pub(super) http: reqwest::Client,
}

/// The server's routes: Web API, sockets, files, `response_url`s, the page and what the owner adds.
pub(super) fn router(workspace: &Arc<Workspace>, extra: Router) -> Router {
    Router::new()
        .route("/api/{method}", any(web_api::call))
        .route("/link/", get(socket::open))
        .route("/upload/v1/{id}", post(methods::receive))
        .route("/files/{id}/{name}", get(methods::serve))
        .route("/response/{id}", post(response_url::respond))
        .merge(play::routes())
        .layer(DefaultBodyLimit::max(64 << 20))
        .with_state(workspace.clone())
        .merge(extra)
}

impl Workspace {
    pub(super) fn new(base: String, options: SlackOptions) -> Self {
        let state = State::new(&options.bot_name, options.bot_events);
        Self {
            base,
            settings: Settings {
                now: options.now,
                team_name: options.team_name,
                enterprise: options.enterprise,
                bot_name: options.bot_name,
                bot_token: options.bot_token,
                app_token: options.app_token,
                signing_secret: options.signing_secret,
                patience: options.patience,
                ack_timeout: options.ack_timeout,
                ping_every: options.ping_every,
            },
            state: Mutex::new(state),
            journal: Mutex::default(),
            faults: Mutex::default(),
            sockets: Mutex::default(),
            transport: Mutex::new(options.transport),
            scopes: Mutex::new(options.bot_scopes),
            changes: watch::Sender::new(0),
            http: reqwest::Client::builder().no_proxy().build().expect("a plain HTTP client needs nothing from outside"),
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

    pub(super) fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn granted(&self) -> Vec<String> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn transport(&self) -> Transport {
        self.transport.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.settings.now)()
    }

    /// Tells everybody who waits, open pages among them, that something is different; also for changes outside, as of the
    /// clock.
    pub fn changed(&self) {
        self.changes.send_modify(|version| *version += 1);
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn violation(&self, what: String) {
        self.journal().violations.push(what);
    }

    pub(super) fn token_kind(&self, token: Option<&str>) -> TokenKind {
        match token {
            Some(token) if token == self.settings.bot_token => TokenKind::Bot,
            Some(token) if token == self.settings.app_token => TokenKind::App,
            _ => TokenKind::Unknown,
        }
    }

    /// Waits until `look` finds something, at most for the patience of the options. `None` when time is up.
    pub(super) async fn wait_for<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let mut changes = self.changes();
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
        tokio::time::timeout(self.settings.patience, found).await.ok()
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base
    }

    /// What stands where `https://slack.com/api` does.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/api", self.base)
    }

    /// The bot's token.
    #[must_use]
    pub fn bot_token(&self) -> &str {
        &self.settings.bot_token
    }

    /// The app-level token.
    #[must_use]
    pub fn app_token(&self) -> &str {
        &self.settings.app_token
    }

    /// The secret requests to the bot are signed with.
    #[must_use]
    pub fn signing_secret(&self) -> &str {
        &self.settings.signing_secret
    }

    /// Id of the bot's user.
    #[must_use]
    pub fn bot_user(&self) -> String {
        self.state().bot.clone()
    }

    /// Notes live broadcasts (`<!channel>` and kin), which reach everybody.
    pub(super) fn watch_mentions(&self, text: &str, blocks: &[Value]) {
        let mut all = text.to_owned();
        blocks.iter().for_each(|block| rendered(block, &mut all));
        for everybody in ["<!channel", "<!here", "<!everyone"] {
            if all.contains(everybody) {
                self.violation(format!("a message mentions everybody: {everybody}>"));
            }
        }
    }
}

/// Gathers the texts that Slack reads as mrkdwn; what a button carries, and plain text, mention nobody.
fn rendered(part: &Value, all: &mut String) {
    match part {
        Value::Object(members) if part["type"] == "mrkdwn" => {
            all.push_str(members.get("text").and_then(Value::as_str).unwrap_or_default());
        }
        Value::Object(members) => members.values().for_each(|member| rendered(member, all)),
        Value::Array(items) => items.iter().for_each(|item| rendered(item, all)),
        _ => {}
    }
}
