//! REST: tokens, faults, rate limits, the log of calls, and Discord's form of answers.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::{ConnectInfo, Path, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Guild,
    errors::ApiError,
    faults::{Fault, Scope},
    journal::Call,
    methods::{self, Auth, Reply, Route},
    rates::Rate,
    request::{self, Asked},
};
use crate::slack::wire::Scissors;

pub(super) async fn call(
    State(guild): State<Arc<Guild>>,
    Path(path): Path<String>,
    method: Method,
    ConnectInfo(scissors): ConnectInfo<Scissors>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let Some((route, parts)) = methods::find(method.as_str(), &path) else {
        guild.violation(format!("{method} /{path} is no route the stand-in knows"));
        return refused(&ApiError::of(0));
    };
    let query = query.unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let read = request::read(&headers, bytes).await;
    let (body, files) = read.as_ref().cloned().unwrap_or_default();
    let asked = Asked { path: parts, query, body, files };
    let call = guild.begin_call(route, &path, &asked);

    let fault = guild.faults().next(&route.name());
    match &fault {
        Some(Fault::Error(code)) => return guild.answer(call, Err(ApiError::of(*code)), None),
        Some(Fault::RateLimited { retry_after, scope }) => {
            guild.end_call(call, 429, None);
            return limited(retry_after.as_secs_f64(), *scope, None);
        }
        Some(Fault::Status(status)) => {
            guild.end_call(call, *status, None);
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return (status, "<html>Something went wrong</html>").into_response();
        }
        Some(Fault::Held(gate)) => gate.pass().await,
        Some(Fault::Hang) => {
            guild.end_call(call, 0, None);
            std::future::pending::<()>().await;
        }
        Some(Fault::Cut) => {
            guild.end_call(call, 0, None);
            scissors.cut();
            return StatusCode::OK.into_response();
        }
        Some(Fault::CutAfterActing | Fault::HangAfterActing) | None => {}
    }

    if route.auth == Auth::Bot && !guild.knows_token(&headers) {
        return guild.answer(call, Err(ApiError::of(40001)), None);
    }
    let rate = guild.rates().count(&route.name(), &asked.major(), guild.now());
    if rate.exceeded {
        guild.end_call(call, 429, None);
        return limited(rate.reset_after.as_secs_f64(), Scope::User, Some(&rate));
    }
    let result = read.and_then(|_| (route.run)(&guild, &asked));
    let response = guild.answer(call, result, Some(&rate));
    match fault {
        Some(Fault::CutAfterActing) => {
            scissors.cut();
            StatusCode::OK.into_response()
        }
        Some(Fault::HangAfterActing) => std::future::pending().await,
        _ => response,
    }
}

impl Asked {
    /// The part of the path that has buckets of its own.
    fn major(&self) -> String {
        ["channel", "guild", "token"].map(|name| self.at(name)).concat()
    }
}

impl Guild {
    fn knows_token(&self, headers: &HeaderMap) -> bool {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        header.and_then(|value| value.strip_prefix("Bot ")) == Some(self.bot_token())
    }

    fn begin_call(&self, route: &Route, path: &str, asked: &Asked) -> usize {
        let call = Call {
            route: route.name(),
            path: format!("/{path}"),
            body: asked.body.clone(),
            files: asked.files.iter().map(|file| file.name.clone()).collect(),
            status: 0,
            error: None,
            at: self.now(),
        };
        let mut journal = self.journal();
        journal.calls.push(call);
        journal.calls.len() - 1
    }

    fn end_call(&self, call: usize, status: u16, error: Option<u32>) {
        if let Some(call) = self.journal().calls.get_mut(call) {
            (call.status, call.error) = (status, error);
        }
        self.changed();
    }

    fn answer(&self, call: usize, result: Result<Reply, ApiError>, rate: Option<&Rate>) -> Response {
        let mut response = match &result {
            Ok(Reply::Json(body)) => Json(body).into_response(),
            Ok(Reply::Created(body)) => (StatusCode::CREATED, Json(body)).into_response(),
            Ok(Reply::Empty) => StatusCode::NO_CONTENT.into_response(),
            Err(error) => refused(error),
        };
        // A fault of the test's own making (without a rate) is nothing the bot did wrong.
        if let (Err(error), true) = (&result, rate.is_some())
            && error.is_the_bots_mistake()
        {
            let path = self.journal().calls.get(call).map(|call| call.route.clone()).unwrap_or_default();
            self.violation(format!("{path} was refused: {}", error.body()));
        }
        if let Some(rate) = rate {
            rate_headers(response.headers_mut(), rate);
        }
        self.end_call(call, response.status().as_u16(), result.err().map(|error| error.code));
        response
    }
}

fn refused(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(error.body())).into_response()
}

/// 429 as Discord words it ("Rate Limits"): seconds with their fraction in the body, whole ones in `Retry-After`.
fn limited(seconds: f64, scope: Scope, rate: Option<&Rate>) -> Response {
    let global = scope == Scope::Global;
    let body = json!({"message": "You are being rate limited.", "retry_after": seconds, "global": global});
    let mut response = (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    let headers = response.headers_mut();
    if let Some(rate) = rate {
        rate_headers(headers, rate);
    }
    put(headers, "retry-after", (seconds.ceil() as u64).to_string());
    put(headers, "x-ratelimit-scope", scope.name().into());
    if global {
        put(headers, "x-ratelimit-global", "true".into());
    } else if rate.is_none() {
        put(headers, "x-ratelimit-limit", "5".into());
        put(headers, "x-ratelimit-remaining", "0".into());
        put(headers, "x-ratelimit-reset-after", format!("{seconds:.3}"));
    }
    response
}

fn rate_headers(headers: &mut HeaderMap, rate: &Rate) {
    put(headers, "x-ratelimit-limit", rate.limit.to_string());
    put(headers, "x-ratelimit-remaining", rate.remaining.to_string());
    put(headers, "x-ratelimit-reset", format!("{:.3}", rate.reset.as_millisecond() as f64 / 1_000.0));
    put(headers, "x-ratelimit-reset-after", format!("{:.3}", rate.reset_after.as_secs_f64()));
    put(headers, "x-ratelimit-bucket", rate.bucket.clone());
}

fn put(headers: &mut HeaderMap, name: &'static str, value: String) {
    if let Ok(value) = HeaderValue::try_from(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// A body as it should be: an object.
pub(super) fn object(body: &Value) -> Result<&Value, ApiError> {
    if body.is_object() { Ok(body) } else { Err(ApiError::of(50109)) }
}
