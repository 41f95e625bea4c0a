//! Another system that the bot tells things: it takes what is posted, and looks at its signature as a receiver should.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use ring::hmac;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A running receiver; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Receiver {
    url: String,
    inner: Arc<Inner>,
    _server: Arc<Server>,
}

struct Server(AbortHandle);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Inner {
    secret: String,
    state: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    refuses: Option<u16>,
    posts: Vec<Post>,
}

/// What was posted.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Its headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Value,
    /// How it was answered: 401 where the signature is wrong.
    pub status: u16,
}

impl Receiver {
    /// Starts one that believes what is signed with `secret`, on loopback.
    ///
    /// # Panics
    /// When no port can be listened on.
    pub async fn start(secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap_or_else(|error| panic!("listening: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("listening: {error}"));
        let inner = Arc::new(Inner { secret: secret.to_owned(), state: Mutex::default() });
        let routes = Router::new().route("/hook", post(take)).with_state(Arc::clone(&inner));
        let server = tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url: format!("http://{address}/hook"), inner, _server: Arc::new(Server(server.abort_handle())) }
    }

    /// Where it takes things.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers with this status from now on, and keeps nothing in mind of what it is told.
    pub fn refuses(&self, status: u16) {
        self.inner.held().refuses = Some(status);
    }

    /// Takes things again.
    pub fn recovers(&self) {
        self.inner.held().refuses = None;
    }

    /// Every post so far.
    #[must_use]
    pub fn posts(&self) -> Vec<Post> {
        self.inner.held().posts.clone()
    }

    /// What it took, as `ALR-1 acknowledged`: each once, in the order in which it came.
    #[must_use]
    pub fn heard(&self) -> Vec<String> {
        let posts = self.posts();
        let mut seen = std::collections::BTreeSet::new();
        let taken = posts.iter().filter(|post| post.status == 200);
        let fresh = taken.filter(|post| seen.insert(post.headers.get("x-watchkeeper-delivery").cloned()));
        let words = fresh.map(|post| {
            let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
            format!("{} {}", text(&post.body["alert"]["id"]), text(&post.body["event"]))
        });
        words.collect()
    }
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_signed(&self, headers: &BTreeMap<String, String>, body: &[u8]) -> bool {
        let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let signed = [header("x-watchkeeper-timestamp").as_bytes(), b".", body].concat();
        let digest = hmac::sign(&key, &signed);
        let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        header("x-watchkeeper-signature") == format!("v1={digits}")
    }
}

async fn take(State(inner): State<Arc<Inner>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or("?").to_owned();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let signed = inner.is_signed(&headers, &body);
    let mut known = inner.held();
    let status = known.refuses.unwrap_or(if signed { 200 } else { 401 });
    known.posts.push(Post { headers, body: serde_json::from_slice(&body).unwrap_or_default(), status });
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
