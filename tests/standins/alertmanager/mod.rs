//! An Alertmanager for tests and play: API version 2 for alerts and silences, and the webhook that tells the bot.
//!
//! It behaves as 0.25 does (`real.rs` has the program itself say so), but for waiting: what a group would wait for is sent at
//! once, and what nobody took is kept until it is flushed again. Time is a parameter.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

mod api;
mod gate;
mod labels;
pub mod real;
mod state;
#[cfg(test)]
mod tests;
mod webhook;

pub use api::Asked;
pub use gate::Mood;
pub use labels::{Labels, Matcher, fingerprint, labels};
pub use state::Silence;

use crate::slack::Clock;
use gate::Gate;
use state::{Alert, Ends, State};
use webhook::Route;

/// Real time after which the bot has not answered.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running Alertmanager; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Alertmanager {
    inner: Arc<Inner>,
    _server: Arc<Server>,
}

struct Server(AbortHandle);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What one request to the bot came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The answer's status; none where there was no answer.
    pub status: Option<u16>,
    /// What was sent.
    pub body: Value,
}

pub(crate) struct Inner {
    url: String,
    now: Clock,
    token: Option<String>,
    state: Mutex<State>,
    notes: Mutex<Notes>,
    gate: Mutex<Gate>,
    client: reqwest::Client,
    /// Groups are told one after the other.
    telling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Notes {
    receiver: Option<(String, String)>,
    group_by: Vec<String>,
    asked: Vec<Asked>,
    violations: Vec<String>,
    told: Vec<Told>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Alertmanager {
    /// Starts one that knows nothing, on loopback. With `token`, its API wants that bearer token.
    ///
    /// # Panics
    /// When no port can be listened on.
    pub async fn start(now: Clock, token: Option<&str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|error| panic!("listening: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("listening: {error}"));
        let client =
            reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap_or_else(|error| panic!("a client: {error}"));
        let inner = Arc::new(Inner {
            url: format!("http://{address}"),
            token: token.map(str::to_owned),
            state: Mutex::new(State { since: Some(now()), ..State::default() }),
            notes: Mutex::new(Notes { group_by: vec!["alertname".to_owned()], ..Notes::default() }),
            gate: Mutex::default(),
            client,
            telling: tokio::sync::Mutex::default(),
            now,
        });
        let router = api::router(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inner, _server: Arc::new(Server(server.abort_handle())) }
    }

    /// Its address, without `/api/v2`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// Whom it tells from now on: an address and the bearer token it shows there.
    pub fn tells(&self, url: &str, token: &str) {
        held(&self.inner.notes).receiver = Some((url.to_owned(), token.to_owned()));
    }

    /// The labels by which alerts are told together from now on; `alertname` unless it is told otherwise.
    pub fn groups_by(&self, names: &[&str]) {
        held(&self.inner.notes).group_by = names.iter().map(|name| (*name).to_owned()).collect();
    }

    /// An alert begins to fire, and goes on until [`Alertmanager::resolves`]; told at once. Gives its fingerprint.
    pub async fn fires(&self, pairs: &[(&str, &str)]) -> String {
        self.fires_with(labels(pairs), Labels::new()).await
    }

    /// The same with annotations.
    pub async fn fires_with(&self, labels: Labels, annotations: Labels) -> String {
        let id = self.inner.look(|state, now| kept_up(state, (labels, annotations), now));
        self.inner.flush().await;
        id
    }

    /// Many begin to fire; told together by groups.
    pub async fn all_fire(&self, all: Vec<Labels>) {
        self.inner.look(|state, now| {
            for labels in all {
                kept_up(state, (labels, Labels::new()), now);
            }
        });
        self.inner.flush().await;
    }

    /// An alert is over; told at once, unless it is silenced.
    ///
    /// # Panics
    /// When it does not fire.
    pub async fn resolves(&self, pairs: &[(&str, &str)]) {
        let id = fingerprint(&labels(pairs));
        self.inner.look(|state, now| {
            let alert = state.alerts.get_mut(&id).unwrap_or_else(|| panic!("no alert fires with {pairs:?}"));
            (alert.ends, alert.updated) = (Ends::At(now), now);
        });
        self.inner.flush().await;
    }

    /// Whether it fires now.
    #[must_use]
    pub fn is_firing(&self, pairs: &[(&str, &str)]) -> bool {
        let id = fingerprint(&labels(pairs));
        self.inner.look(|state, now| state.alerts.get(&id).is_some_and(|alert| !alert.is_over(now)))
    }

    /// Tells what is not told yet, as the group interval has it: what nobody took, what is no longer silenced.
    pub async fn flushes(&self) {
        self.inner.flush().await;
    }

    /// Tells all that fires once more, as the repeat interval has it.
    pub async fn repeats(&self) {
        self.inner.look(|state, _| state.told.clear());
        self.inner.flush().await;
    }

    /// It is started anew: silences stay; alerts are gone until somebody sends them again.
    pub fn restarts(&self) {
        self.inner.look(|state, now| {
            state.alerts.clear();
            state.since = Some(now);
        });
    }

    /// Every silence there was, the active ones first.
    #[must_use]
    pub fn silences(&self) -> Vec<Silence> {
        self.inner.look(|state, now| state.listed(now).into_iter().cloned().collect())
    }

    /// The silences that are active now.
    #[must_use]
    pub fn active(&self) -> Vec<Silence> {
        let now = (self.inner.now)();
        self.silences().into_iter().filter(|silence| silence.state(now) == "active").collect()
    }

    /// A colleague ends a silence on its page.
    ///
    /// # Panics
    /// When there is none of this id.
    pub fn expires_elsewhere(&self, id: &str) {
        let ended = self.inner.look(|state, now| state.expire(id, now));
        assert!(ended.is_ok(), "there is no silence {id}");
    }

    /// How its API answers from now on.
    pub fn is(&self, mood: Mood) {
        *held(&self.inner.gate) = Gate::of(mood);
    }

    /// Lets go the answers that [`Mood::Slow`] holds back, and answers as usual again.
    pub fn recovers(&self) {
        let before = std::mem::take(&mut *held(&self.inner.gate));
        before.release();
    }

    /// What was asked of its API so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        held(&self.inner.notes).asked.clone()
    }

    /// What was asked that the API forbids; a good test ends with none.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        held(&self.inner.notes).violations.clone()
    }

    /// What the bot was told so far, and how it answered.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        held(&self.inner.notes).told.clone()
    }
}

fn kept_up(state: &mut State, (labels, annotations): (Labels, Labels), now: Timestamp) -> String {
    let id = fingerprint(&labels);
    let known = state.alerts.get(&id).filter(|known| !known.is_over(now));
    let starts = known.map_or(now, |known| known.starts);
    let generator = "http://prometheus.example/graph?g0.expr=up".to_owned();
    state.alerts.insert(id.clone(), Alert { labels, annotations, generator, starts, ends: Ends::KeptUp, updated: now });
    id
}

impl Inner {
    fn look<T>(&self, look: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        look(&mut held(&self.state), (self.now)())
    }

    fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    fn gate(&self) -> Gate {
        held(&self.gate).clone()
    }

    fn asked(&self, asked: Asked, forbidden: bool) {
        let mut notes = held(&self.notes);
        if forbidden {
            notes.violations.push(format!("{} {} was answered {:?}", asked.method, asked.path, asked.status));
        }
        notes.asked.push(asked);
    }

    /// Tells each group that has news. What is not taken stays news.
    async fn flush(&self) {
        let _one = self.telling.lock().await;
        let (receiver, by) = {
            let notes = held(&self.notes);
            (notes.receiver.clone(), notes.group_by.clone())
        };
        let Some((url, token)) = receiver else { return };
        let route = Route { by: &by, external: &self.url };
        for notice in self.look(|state, now| state.notices(&route, now)) {
            let request = self.client.post(&url).bearer_auth(&token).header("user-agent", "Alertmanager/0.25.0");
            let answer = request.json(&notice.body).send().await;
            let status = answer.ok().map(|answer| answer.status().as_u16());
            held(&self.notes).told.push(Told { status, body: notice.body });
            if status.is_some_and(|status| (200..300).contains(&status)) {
                self.look(|state, _| {
                    state.told.insert(notice.group, (notice.firing, notice.over.clone()));
                    state.alerts.retain(|id, _| !notice.over.contains(id));
                });
            }
        }
        // What ends while it is silenced is never told.
        self.look(|state, now| {
            let ended = state.alerts.iter().filter(|(_, alert)| alert.is_over(now));
            let unheard = ended.filter(|(_, alert)| !state.silenced_by(&alert.labels, now).is_empty());
            for id in unheard.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
                state.alerts.remove(&id);
            }
        });
    }
}
