//! Discord's REST API: calls with a deadline and within its rate limits, and what its errors mean for a message.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use jiff::SignedDuration;
use serde_json::Value;
use url::Url;

use super::DiscordSettings;
use super::buckets::{Buckets, Route, Scope, seconds};
use super::files::Form;
use super::trouble::Trouble;
use crate::clock::Clock;
use crate::outward::{Outward, Request};
use crate::platform::SendError;
use crate::secret::Secret;

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait where Discord says "rate limited" without saying for how long.
const PAUSE: Duration = Duration::from_secs(5);
/// How long a call that reads waits for its bucket by itself. One that writes never does: whoever asked for it knows better
/// what to do meanwhile.
const WAITS: Duration = Duration::from_secs(3);
/// Discord wants clients to say what they are.
const CLIENT: &str = concat!("DiscordBot (watchkeeper, ", env!("CARGO_PKG_VERSION"), ")");

/// Codes with which Discord refuses one channel, message, person, thread or answer, whatever the bot may do elsewhere
/// (discord.com/developers/docs "JSON error codes"). The token of an interaction that has ended comes as a 401.
const OF_ONE_THING: &[u64] =
    &[codes::NO_ACCESS, codes::NO_PERMISSION, codes::CLOSED_DOOR, codes::LOCKED, codes::NO_TOKEN, 50_278, 50_005, 50_009];
/// Codes with which Discord refuses the bot whatever it asks for: it is not allowed in, or not for this application. So does a
/// 401.
const OF_ALL: &[u64] = &[40_001, 20_012];
/// Codes that say "later".
const LATER: &[u64] = &[130_000, 40_062, codes::OLD_EDITS];

/// Discord's codes that the bot acts upon.
pub(super) mod codes {
    /// No such channel.
    pub(in super::super) const NO_CHANNEL: u64 = 10_003;
    /// No such guild, or the bot is not there.
    pub(in super::super) const NO_GUILD: u64 = 10_004;
    /// Not a member of the guild.
    pub(in super::super) const NO_MEMBER: u64 = 10_007;
    /// No such message.
    pub(in super::super) const NO_MESSAGE: u64 = 10_008;
    /// No such account.
    pub(in super::super) const NO_USER: u64 = 10_013;
    /// No such webhook: an interaction's token that has ended.
    pub(in super::super) const NO_WEBHOOK: u64 = 10_015;
    /// No such interaction.
    pub(in super::super) const NO_INTERACTION: u64 = 10_062;
    /// Messages of more than an hour ago were edited too often.
    pub(in super::super) const OLD_EDITS: u64 = 30_046;
    /// The interaction was responded to before.
    pub(in super::super) const RESPONDED: u64 = 40_060;
    /// The bot may not see it.
    pub(in super::super) const NO_ACCESS: u64 = 50_001;
    /// They take no direct messages.
    pub(in super::super) const CLOSED_DOOR: u64 = 50_007;
    /// The bot lacks a permission there.
    pub(in super::super) const NO_PERMISSION: u64 = 50_013;
    /// An interaction's token that is not valid.
    pub(in super::super) const NO_TOKEN: u64 = 50_027;
    /// The thread is archived, and locked.
    pub(in super::super) const LOCKED: u64 = 50_083;
    /// The message has its thread already.
    pub(in super::super) const HAS_THREAD: u64 = 160_004;
}

/// The API.
pub(super) struct Api {
    outward: Outward,
    base: Url,
    token: Secret,
    clock: Clock,
    buckets: Buckets,
    /// What an operator must mend.
    pub(super) trouble: Trouble,
}

/// Why a call did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Discord understood and refused.
    #[error("Discord answered {code} ({message}) to {doing}")]
    Refused {
        /// What was called.
        doing: String,
        /// The HTTP status.
        status: u16,
        /// Discord's error code, 0 where there is none.
        code: u64,
        /// What Discord says about it.
        message: String,
    },
    /// Discord asks to wait.
    #[error("Discord asks to wait {0:?}")]
    Limited(Duration),
    /// No answer, or none that makes sense. It may have been done.
    #[error("{doing} got no answer: {cause}")]
    Lost {
        /// What was called.
        doing: String,
        /// What happened.
        cause: String,
    },
}

impl Fault {
    /// Whether Discord refused with one of these codes.
    pub(super) fn is(&self, codes: &[u64]) -> bool {
        matches!(self, Self::Refused { code, .. } if codes.contains(code))
    }

    /// Whether everything is refused until an operator has mended it.
    pub(super) fn needs_operator(&self) -> bool {
        let denied = matches!(self, Self::Refused { status: 401, .. }) || self.is(OF_ALL);
        denied && !self.is(OF_ONE_THING)
    }

    /// Whether Discord will answer the same to another try, as far as can be told. A 403 that is not known may come from
    /// something in between, and pass.
    pub(super) fn lasts(&self) -> bool {
        match self {
            Self::Refused { status: 401 | 403, .. } => self.is(OF_ONE_THING),
            Self::Refused { .. } => !self.needs_operator() && !self.is(LATER),
            Self::Limited(_) | Self::Lost { .. } => false,
        }
    }

    /// An answer that is not as documented.
    pub(super) fn odd(doing: &str, cause: &str) -> Self {
        Self::Lost { doing: doing.to_owned(), cause: cause.to_owned() }
    }
}

impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Limited(pause) => Self::Wait(SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX)),
            _ if fault.lasts() => Self::Never(fault.to_string()),
            _ => Self::Again(fault.to_string()),
        }
    }
}

/// What a call brings.
enum Body<'a> {
    Nothing,
    Json(&'a Value),
    Form(Form),
}

impl Api {
    /// A client for `settings.api_url`.
    pub(super) fn new(settings: &DiscordSettings, outward: Outward, clock: Clock) -> Self {
        Self {
            outward,
            base: settings.api_url.clone(),
            token: settings.token.clone(),
            clock,
            buckets: Buckets::default(),
            trouble: Trouble::default(),
        }
    }

    /// Makes a call. `path` begins with a slash and may have a query; the answer to one that has none is null.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Fault> {
        self.judged(method, path, body.map_or(Body::Nothing, Body::Json)).await
    }

    /// Makes a call that brings files.
    pub(super) async fn upload(&self, method: Method, path: &str, form: Form) -> Result<Value, Fault> {
        self.judged(method, path, Body::Form(form)).await
    }

    /// Where the API is, without its path: what serenity asks for the gateway's address.
    pub(super) fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    async fn judged(&self, method: Method, path: &str, body: Body<'_>) -> Result<Value, Fault> {
        let route = Route::of(&method, path);
        let result = self.exchange(&route, method, path, body).await;
        self.trouble.learn(&route, &result);
        result
    }

    async fn exchange(&self, route: &Route, method: Method, path: &str, body: Body<'_>) -> Result<Value, Fault> {
        self.turn(route, &method).await?;
        let lost = |cause: String| Fault::Lost { doing: route.doing.clone(), cause };
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&url).map_err(|cause| lost(cause.to_string()))?;
        let (headers, body) = self.content(route, body).map_err(lost)?;
        let request = Request { method, url, headers, body, timeout: PATIENCE };
        let answer = self.outward.exchange(request).await.map_err(lost)?;
        self.buckets.learn(route, answer.headers(), self.clock.now());
        self.read(route, &answer)
    }

    /// Waits for the bucket where that is short and nobody else could.
    async fn turn(&self, route: &Route, method: &Method) -> Result<(), Fault> {
        let mut waited = Duration::ZERO;
        loop {
            let now = self.clock.now();
            let Err(wait) = self.buckets.take(route, now) else { return Ok(()) };
            waited += wait;
            if *method != Method::GET || waited > WAITS {
                return Err(Fault::Limited(wait));
            }
            let until = SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok());
            self.clock.sleep_until(until.unwrap_or(now)).await;
        }
    }

    fn content(&self, route: &Route, body: Body<'_>) -> Result<(HeaderMap, Bytes), String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(CLIENT));
        if !route.by_itself {
            let token = HeaderValue::from_str(&format!("Bot {}", self.token.expose()));
            let mut token = token.map_err(|_| "the token holds letters that no token has".to_owned())?;
            token.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, token);
        }
        let (kind, body) = match body {
            Body::Nothing => return Ok((headers, Bytes::new())),
            Body::Json(value) => (HeaderValue::from_static("application/json"), Bytes::from(value.to_string())),
            Body::Form(form) => (HeaderValue::from_str(&form.kind).map_err(|cause| cause.to_string())?, form.body),
        };
        headers.insert(header::CONTENT_TYPE, kind);
        Ok((headers, body))
    }

    fn read(&self, route: &Route, answer: &Response<Bytes>) -> Result<Value, Fault> {
        let status = answer.status().as_u16();
        let body = answer.body();
        let value = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice::<Value>(body) };
        match (status, value) {
            (200..=299, Ok(value)) => Ok(value),
            (200..=299, Err(cause)) => Err(Fault::odd(&route.doing, &format!("an answer that is no JSON: {cause}"))),
            (429, value) => Err(self.limited(route, answer.headers(), &value.unwrap_or_default())),
            (400..=499, value) => {
                let value = value.unwrap_or_default();
                let message = format!("{}{}", value["message"].as_str().unwrap_or("no reason given"), detail(&value["errors"]));
                Err(Fault::Refused { doing: route.doing.clone(), status, code: value["code"].as_u64().unwrap_or(0), message })
            }
            (status, _) => Err(Fault::odd(&route.doing, &format!("HTTP {status}"))),
        }
    }

    /// A 429. Without `retry_after` in its body it comes from the door before Discord's API and is about every call.
    fn limited(&self, route: &Route, headers: &HeaderMap, body: &Value) -> Fault {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let told = body["retry_after"].as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let pause = told.or_else(|| header("retry-after").and_then(seconds)).unwrap_or(PAUSE);
        if body["code"] == codes::OLD_EDITS {
            // It is about old messages alone: those of the last hour are edited out of the same bucket.
            tracing::warn!(doing = route.doing, ?pause, "Discord asks to wait with edits of old messages");
            return Fault::Limited(pause);
        }
        let is_global = body["global"] == true || header("x-ratelimit-scope") == Some("global") || told.is_none();
        let scope = if is_global { Scope::All } else { Scope::Bucket };
        tracing::warn!(doing = route.doing, ?pause, ?scope, "Discord asks to wait");
        self.buckets.limited(route, pause, scope, self.clock.now());
        Fault::Limited(pause)
    }
}

/// The first of the errors Discord lists field by field: `: content: Must be 2000 or fewer in length.`
fn detail(errors: &Value) -> String {
    let (mut at, mut path) = (errors, Vec::new());
    while let Some(fields) = at.as_object() {
        if let Some(message) = fields.get("_errors").and_then(|errors| errors[0]["message"].as_str()) {
            return format!(": {}: {message}", path.join("."));
        }
        let Some((name, inside)) = fields.iter().next() else { break };
        path.push(name.as_str());
        at = inside;
    }
    String::new()
}

#[cfg(test)]
mod tests;
