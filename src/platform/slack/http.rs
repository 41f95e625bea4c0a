//! Slack over HTTP: three routes behind Slack's signature (api.slack.com "Verifying requests from Slack").

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use ring::hmac;
use serde_json::{Map, Value, json};

use super::intake::Kind;
use super::{NAME, Slack};
use crate::platform::Inbound;
use crate::secret::unhex;

/// The largest body that is read.
const BODY: usize = 1 << 20;
/// How far a request's timestamp may be from now, in seconds.
const WINDOW: i64 = 5 * 60;

#[derive(Clone)]
struct Door {
    slack: Arc<Slack>,
    inbound: Arc<dyn Inbound>,
}

/// The routes; none without a signing secret.
pub(super) fn routes(slack: Arc<Slack>, inbound: Arc<dyn Inbound>) -> Router {
    if slack.signing.is_none() {
        return Router::new();
    }
    Router::new()
        .route("/slack/commands", post(commands))
        .route("/slack/interactive", post(interactive))
        .route("/slack/events", post(events))
        .with_state(Door { slack, inbound })
}

async fn commands(State(door): State<Door>, headers: HeaderMap, body: Body) -> Response {
    match door.admit(&headers, body).await {
        Ok(body) => door.answer(Kind::Command, &form(&body)).await,
        Err(refusal) => refusal.into_response(),
    }
}

async fn interactive(State(door): State<Door>, headers: HeaderMap, body: Body) -> Response {
    let body = match door.admit(&headers, body).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(),
    };
    match form(&body)["payload"].as_str().map(serde_json::from_str::<Value>) {
        Some(Ok(payload)) => door.answer(Kind::Interaction, &payload).await,
        Some(Err(_)) => malformed("the payload is not JSON"),
        None => malformed("there is no payload"),
    }
}

async fn events(State(door): State<Door>, headers: HeaderMap, body: Body) -> Response {
    let body = match door.admit(&headers, body).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(),
    };
    let Ok(payload) = serde_json::from_slice::<Value>(&body) else { return malformed("the body is not JSON") };
    if payload["type"] == "url_verification" {
        return match payload["challenge"].as_str() {
            Some(challenge) => Json(json!({ "challenge": challenge })).into_response(),
            None => malformed("there is no challenge"),
        };
    }
    door.answer(Kind::Event, &payload).await
}

fn malformed(what: &str) -> Response {
    (StatusCode::BAD_REQUEST, format!("This can't be read: {what}.\n")).into_response()
}

impl Door {
    /// The body of a request that Slack signed.
    async fn admit(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, (StatusCode, &'static str)> {
        const TOO_LARGE: (StatusCode, &str) = (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MiB.\n");
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > BODY) {
            return Err(TOO_LARGE);
        }
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (signature, timestamp) = (text("x-slack-signature"), text("x-slack-request-timestamp"));
        if !self.recent(timestamp) {
            return Err(self.refused("a timestamp that is missing or more than five minutes off"));
        }
        let body = match tokio::time::timeout(self.slack.timing.open, to_bytes(body, BODY)).await {
            Ok(Ok(body)) => body,
            // A body without an announced length that goes on past the limit, or one that broke off.
            Ok(Err(_)) => return Err(TOO_LARGE),
            Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.\n")),
        };
        let signed = self.slack.signing.as_ref().is_some_and(|key| is_signed(key, timestamp, &body, signature));
        if signed { Ok(body) } else { Err(self.refused("a wrong signature")) }
    }

    fn recent(&self, timestamp: &str) -> bool {
        let sent = timestamp.parse::<i64>();
        sent.is_ok_and(|sent| sent.abs_diff(self.slack.clock.now().as_second()) <= WINDOW.unsigned_abs())
    }

    fn refused(&self, why: &'static str) -> (StatusCode, &'static str) {
        self.slack.metrics.refused(NAME);
        tracing::warn!(why, "a request in Slack's name was refused");
        (StatusCode::UNAUTHORIZED, "The signature does not fit.\n")
    }

    async fn answer(&self, kind: Kind, payload: &Value) -> Response {
        match self.slack.take(kind, payload, &self.inbound).await {
            Ok(Value::Null) => StatusCode::OK.into_response(),
            Ok(answer) => Json(answer).into_response(),
            Err(what) => malformed(&what.to_string()),
        }
    }
}

/// Whether `signature` is `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{body}`. Compares in constant time.
fn is_signed(key: &hmac::Key, timestamp: &str, body: &[u8], signature: &str) -> bool {
    let Some(tag) = signature.strip_prefix("v0=").and_then(unhex) else { return false };
    let base = [b"v0:", timestamp.as_bytes(), b":", body].concat();
    hmac::verify(key, &base, &tag).is_ok()
}

/// A form body as a JSON object of strings.
fn form(body: &[u8]) -> Value {
    let pairs = url::form_urlencoded::parse(body).map(|(key, value)| (key.into_owned(), Value::String(value.into_owned())));
    Value::Object(pairs.collect::<Map<String, Value>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slacks_own_example_verifies() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"8f742231b10e8888abcd99yyyzzz85a5");
        let body = b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
        assert!(is_signed(&key, "1531420618", body, signature));
        assert!(!is_signed(&key, "1531420619", body, signature));
        for wrong in ["", "v0=", "v0=zz", "v1=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503", "v0=a"] {
            assert!(!is_signed(&key, "1531420618", body, wrong), "{wrong}");
        }
    }
}
