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
    channels::ChannelHandle,
    faults::{Fault, Faults, Gate},
    journal::{Ack, BusiestSecond, Call, Journal, TokenKind},
    methods,
    model::{Channel, ChannelKind, Message, NewChannel, SlashCommand, User, UserGroup, UserKind},
    options::{Clock, SlackOptions, Transport},
    people::Person,
    play, response_url, socket,
    socket::Sockets,
    state::State,
    web_api,
};

/// Options that stay as they are.
pub(super) struct Settings {
    pub(super) now: Clock,
    pub(super) team_name: String,
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
    transport: Mutex<Transport>,
    scopes: Mutex<Vec<String>>,
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

    /// Adds a person and returns the handle to act as them.
    ///
    /// # Panics
    /// When somebody of that name is there already.
    pub fn add_person(self: &Arc<Self>, mut user: User) -> Person {
        let mut state = self.state();
        assert!(state.user(&user.name).is_none(), "there is somebody called {} already", user.name);
        user.id = state.free_id('U', &user.name);
        let id = user.id.clone();
        let reachable = matches!(user.kind, UserKind::Regular | UserKind::Guest | UserKind::SingleChannelGuest);
        state.users.insert(id.clone(), user);
        if reachable {
            state.direct(&id);
        }
        drop(state);
        self.changed();
        Person::new(self.clone(), id)
    }

    /// The handle to act as somebody, by name or id.
    ///
    /// # Panics
    /// When there is nobody of that name.
    #[must_use]
    pub fn person(self: &Arc<Self>, name: &str) -> Person {
        let id = self.state().user(name).map(|user| user.id.clone());
        Person::new(self.clone(), id.unwrap_or_else(|| panic!("there is nobody called {name} in this Slack")))
    }

    /// Changes an account, for example to deactivate it.
    ///
    /// # Panics
    /// When there is nobody of that name.
    pub fn change_person(&self, name: &str, change: impl FnOnce(&mut User)) {
        let mut state = self.state();
        let id = state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("there is nobody called {name}"));
        state.users.get_mut(&id).map(change);
        drop(state);
        self.changed();
    }

    /// Makes a channel and returns the handle to read it.
    ///
    /// # Panics
    /// When a member is not known or the name is taken.
    pub fn add_channel(self: &Arc<Self>, new: NewChannel) -> ChannelHandle {
        let mut state = self.state();
        assert!(state.channel(&new.name).is_none(), "there is a channel #{} already", new.name);
        let named = |name: &String| state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("no person {name}"));
        let mut members: Vec<String> = new.members.iter().map(named).collect();
        if new.with_bot {
            members.push(state.bot.clone());
        }
        let id = state.free_id('C', &new.name);
        let kind = if new.private { ChannelKind::Private } else { ChannelKind::Public };
        let channel = Channel { id: id.clone(), name: new.name, topic: new.topic, kind, members, archived: false };
        state.channels.insert(id.clone(), channel);
        drop(state);
        self.changed();
        ChannelHandle::new(self.clone(), id)
    }

    /// The handle to read a channel: by name (`dba`, `#dba`), id, or `@ana` for the bot's direct message with her.
    ///
    /// # Panics
    /// When there is no such channel.
    #[must_use]
    pub fn channel(self: &Arc<Self>, name: &str) -> ChannelHandle {
        let mut state = self.state();
        if let Some(user) = name.strip_prefix('@').and_then(|name| state.user(name)).map(|user| user.id.clone()) {
            state.direct(&user);
        }
        let id = state.channel(name).map(|channel| channel.id.clone());
        ChannelHandle::new(self.clone(), id.unwrap_or_else(|| panic!("there is no channel {name} in this Slack")))
    }

    /// Changes a channel, for example to archive it.
    ///
    /// # Panics
    /// When there is no such channel.
    pub fn change_channel(&self, name: &str, change: impl FnOnce(&mut Channel)) {
        let mut state = self.state();
        let id = state.channel(name).map(|channel| channel.id.clone()).unwrap_or_else(|| panic!("there is no channel {name}"));
        state.channels.get_mut(&id).map(change);
        drop(state);
        self.changed();
    }

    /// Makes a user group of these people, by name; returns its id.
    ///
    /// # Panics
    /// When a member is not known.
    pub fn add_group(&self, handle: &str, names: &[&str]) -> String {
        let mut state = self.state();
        let named = |name: &&str| state.user(name).map(|user| user.id.clone()).unwrap_or_else(|| panic!("no person {name}"));
        let users = names.iter().map(named).collect();
        let id = state.free_id('S', handle);
        let group = UserGroup { id: id.clone(), handle: handle.into(), name: handle.into(), users };
        state.groups.insert(id.clone(), group);
        id
    }

    /// Registers the slash commands of the app.
    pub fn register_commands(&self, commands: Vec<SlashCommand>) {
        self.state().commands = commands;
        self.changed();
    }

    /// Takes slash commands, event subscriptions and scopes from an app manifest (JSON).
    pub fn register_manifest(&self, manifest: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().map(|list| list.iter().map(text).collect::<Vec<_>>());
        let commands = manifest["features"]["slash_commands"].as_array().into_iter().flatten().map(|one| SlashCommand {
            command: text(&one["command"]),
            description: text(&one["description"]),
            usage_hint: text(&one["usage_hint"]),
            should_escape: one["should_escape"].as_bool().unwrap_or(false),
        });
        self.register_commands(commands.collect());
        if let Some(events) = list(&manifest["settings"]["event_subscriptions"]["bot_events"]) {
            self.state().bot_events = events;
        }
        if let Some(scopes) = list(&manifest["oauth_config"]["scopes"]["bot"]) {
            self.grant_scopes(scopes);
        }
    }

    /// Sets the scopes of the bot's token.
    pub fn grant_scopes(&self, scopes: Vec<String>) {
        *self.scopes.lock().unwrap_or_else(PoisonError::into_inner) = scopes;
    }

    /// Sets how the bot is reached from now on.
    pub fn use_transport(&self, transport: Transport) {
        *self.transport.lock().unwrap_or_else(PoisonError::into_inner) = transport;
    }

    /// Queues a fault for the next call of `method` (`chat.postMessage`, `response_url`, …).
    pub fn fail_next(&self, method: &str, fault: Fault) {
        self.faults().queue(method, fault);
    }

    /// Lets every call of `method` fail until [`Workspace::heal`]; `*` means every method.
    pub fn fail_all(&self, method: &str, fault: Fault) {
        self.faults().keep(method, fault);
    }

    /// Ends all faults that were set and not met.
    pub fn heal(&self) {
        self.faults().clear();
    }

    /// Holds the next call of `method` back until the gate is opened.
    #[must_use]
    pub fn hold_next(&self, method: &str) -> Gate {
        let gate = Gate::closed();
        self.fail_next(method, Fault::Held(gate.clone()));
        gate
    }

    /// Refuses with 429 a second message into the same channel within one second of the stand-in's clock.
    pub fn enforce_rate_limits(&self) {
        self.faults().one_message_a_second = true;
    }

    /// Answers the next `count` handshakes of sockets with HTTP 409.
    pub fn refuse_handshakes(&self, count: u32) {
        self.faults().handshake_conflicts = count;
    }

    /// The most messages into a channel within one second.
    ///
    /// # Panics
    /// When there is no such channel.
    #[must_use]
    pub fn busiest_second(self: &Arc<Self>, channel: &str) -> BusiestSecond {
        let id = self.channel(channel).id().to_owned();
        self.journal().busiest_second(&id)
    }

    /// Calls of the Web API so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.journal().calls.clone()
    }

    /// Calls of one method so far.
    #[must_use]
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.journal().calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    /// Acknowledgements so far.
    #[must_use]
    pub fn acks(&self) -> Vec<Ack> {
        self.journal().acks.clone()
    }

    /// Everything the bot did that Slack refuses or that a person would notice as broken. Empty is right.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.journal().violations.clone()
    }

    /// The violations, which are then forgotten: for tests that provoke one.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.journal().violations)
    }

    /// Messages of a channel in order of time, thread replies included, ephemeral ones not.
    ///
    /// # Panics
    /// When there is no such channel.
    #[must_use]
    pub fn messages(self: &Arc<Self>, channel: &str) -> Vec<Message> {
        self.channel(channel).messages()
    }

    /// What only this person sees, in all channels, in order of time.
    ///
    /// # Panics
    /// When there is nobody of that name.
    #[must_use]
    pub fn ephemerals(self: &Arc<Self>, person: &str) -> Vec<Message> {
        self.person(person).ephemerals()
    }

    /// Every message the bot has posted, with all versions, in order of time within each channel.
    #[must_use]
    pub fn bot_messages(&self) -> Vec<Message> {
        let state = self.state();
        let own = state.messages.values().filter(|message| message.user == state.bot);
        own.map(|message| state.rendered(message.clone(), self.now())).collect()
    }

    /// What the bot said and no test looked at, as `#channel: words`, edits included.
    #[must_use]
    pub fn unread(&self) -> Vec<String> {
        let state = self.state();
        let reader = state.reader(self.now());
        let mut unread = Vec::new();
        for message in state.messages.values().filter(|message| message.user == state.bot) {
            let place = state.channels.get(&message.channel).map_or("?", |channel| channel.name.as_str());
            let whom = message.only_for.as_ref().and_then(|id| state.users.get(id));
            let whom = whom.map(|user| format!(" (only for {})", user.name)).unwrap_or_default();
            for version in message.versions.iter().filter(|version| !version.read) {
                let words = reader.message(version, &state.file_names(&message.files));
                unread.push(format!("#{place}{whom}: {words}"));
            }
        }
        unread
    }

    /// Notes live broadcasts (`<!channel>` and kin), which reach everybody.
    pub(super) fn watch_mentions(&self, text: &str, blocks: &[Value]) {
        let all = format!("{text}{}", Value::from(blocks.to_vec()));
        for everybody in ["<!channel", "<!here", "<!everyone"] {
            if all.contains(everybody) {
                self.violation(format!("a message mentions everybody: {everybody}>"));
            }
        }
    }
}
