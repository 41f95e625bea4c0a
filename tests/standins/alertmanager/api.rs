//! The API, version 2, with the answers and refusals of Alertmanager 0.25.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Inner;
use super::labels::Matcher;
use super::state::{Posted, Wanted, instant};

/// What somebody asked of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// GET, POST or DELETE.
    pub method: String,
    /// The path, without its query: `/api/v2/silences`.
    pub path: String,
    /// The status it was answered with; none while it was down.
    pub status: Option<u16>,
}

type Shared = State<Arc<Inner>>;

pub(super) fn router(inner: Arc<Inner>) -> Router {
    Router::new()
        .route("/api/v2/status", get(status))
        .route("/api/v2/alerts", get(alerts).post(post_alerts))
        .route("/api/v2/silences", get(silences).post(post_silence))
        .route("/api/v2/silence/{id}", get(silence).delete(delete_silence))
        .layer(middleware::from_fn_with_state(Arc::clone(&inner), guard))
        .with_state(inner)
}

/// Lets a request in as the mood of the hour says, and keeps what was asked.
async fn guard(State(inner): Shared, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let wanted = inner.token().map(|token| format!("Bearer {token}"));
    let gate = inner.gate();
    let mut answer = match gate.refuses() {
        Some(status) => (status, "The stand-in was told to answer so.").into_response(),
        None if wanted.is_some() && wanted != shown => (StatusCode::UNAUTHORIZED, "Unauthorized").into_response(),
        None => next.run(request).await,
    };
    // It has acted, and keeps its answer to itself.
    gate.hold().await;
    let status = (!gate.cuts()).then(|| answer.status().as_u16());
    if status.is_none() {
        answer = (StatusCode::BAD_GATEWAY, "").into_response();
    }
    let forbidden = matches!(status, Some(400 | 405 | 422));
    inner.asked(Asked { method, path, status }, forbidden);
    answer
}

async fn status(State(inner): Shared) -> Response {
    let since = inner.look(|state, now| state.since.unwrap_or(now));
    let version = json!({ "branch": "", "buildDate": "", "buildUser": "", "goVersion": "", "revision": "", "version": "0.25.0" });
    let status = json!({
        "cluster": { "status": "disabled", "peers": [] },
        "config": { "original": "" },
        "uptime": instant(since),
        "versionInfo": version,
    });
    answered(200, &status)
}

/// The filters of a query, or what is wrong with one that can't be read.
fn filters(query: Option<&str>) -> Result<Vec<Matcher>, String> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let filters = pairs
        .filter(|(name, _)| name == "filter")
        .map(|(_, filter)| Matcher::of_filter(&filter).ok_or_else(|| format!("bad matcher format: {filter}")));
    filters.collect()
}

async fn alerts(State(inner): Shared, RawQuery(query): RawQuery) -> Response {
    let filters = match filters(query.as_deref()) {
        Ok(filters) => filters,
        Err(bad) => return answered(400, &bad.into()),
    };
    let shown: Value = inner.look(|state, now| {
        let firing = state.firing(now).into_iter();
        let asked = firing.filter(|(_, alert, _)| filters.iter().all(|filter| filter.fits(&alert.labels)));
        let shown = asked.map(|(id, alert, silenced_by)| {
            json!({
                "labels": alert.labels,
                "annotations": alert.annotations,
                "startsAt": instant(alert.starts),
                "endsAt": instant(alert.end(now)),
                "updatedAt": instant(alert.updated),
                "generatorURL": alert.generator,
                "fingerprint": id,
                "receivers": [{ "name": "bot" }],
                "status": {
                    "state": if silenced_by.is_empty() { "active" } else { "suppressed" },
                    "silencedBy": silenced_by,
                    "inhibitedBy": [],
                },
            })
        });
        shown.collect()
    });
    answered(200, &shown)
}

async fn post_alerts(State(inner): Shared, body: Bytes) -> Response {
    let posted: Vec<Posted> = match serde_json::from_slice(&body) {
        Ok(posted) => posted,
        Err(cause) => return answered(400, &json!({ "code": 400, "message": format!("parsing alerts body failed: {cause}") })),
    };
    inner.look(|state, now| {
        for one in posted {
            state.post(one, now);
        }
    });
    inner.flush().await;
    StatusCode::OK.into_response()
}

async fn silences(State(inner): Shared, RawQuery(query): RawQuery) -> Response {
    let filters = match filters(query.as_deref()) {
        Ok(filters) => filters,
        Err(bad) => return answered(400, &bad.into()),
    };
    let shown: Value = inner.look(|state, now| {
        // A silence is taken for the labels that its matchers name.
        let labels = |matchers: &[Matcher]| matchers.iter().map(|one| (one.name.clone(), one.value.clone())).collect();
        let listed = state.listed(now).into_iter();
        let asked = listed.filter(|silence| filters.iter().all(|filter| filter.fits(&labels(&silence.matchers))));
        asked.map(|silence| silence.shown(now)).collect()
    });
    answered(200, &shown)
}

async fn post_silence(State(inner): Shared, body: Bytes) -> Response {
    let value: Value = match serde_json::from_slice(&body) {
        Ok(value) => value,
        Err(cause) => {
            let message = format!("parsing silence body from \"\" failed, because {cause}");
            return answered(400, &json!({ "code": 400, "message": message }));
        }
    };
    let needed = ["comment", "createdBy", "endsAt", "matchers", "startsAt"];
    if let Some(missing) = needed.iter().find(|name| value.get(**name).is_none_or(Value::is_null)) {
        return answered(422, &json!({ "code": 602, "message": format!("{missing} in body is required") }));
    }
    if value["matchers"].as_array().is_some_and(Vec::is_empty) {
        return answered(422, &json!({ "code": 612, "message": "matchers in body should have at least 1 items" }));
    }
    let wanted: Wanted = match serde_json::from_value(value) {
        Ok(wanted) => wanted,
        Err(cause) => return answered(422, &json!({ "code": 601, "message": cause.to_string() })),
    };
    match inner.look(|state, now| state.silence(wanted, now)) {
        Ok(id) => answered(200, &json!({ "silenceID": id })),
        Err((status, body)) => answered(status, &body),
    }
}

async fn silence(State(inner): Shared, Path(id): Path<String>) -> Response {
    let shown = inner.look(|state, now| state.silences.iter().find(|one| one.id == id).map(|one| one.shown(now)));
    match shown {
        Some(shown) => answered(200, &shown),
        None if is_uuid(&id) => StatusCode::NOT_FOUND.into_response(),
        None => no_uuid(&id),
    }
}

async fn delete_silence(State(inner): Shared, Path(id): Path<String>) -> Response {
    if !is_uuid(&id) {
        return no_uuid(&id);
    }
    match inner.look(|state, now| state.expire(&id, now)) {
        Ok(()) => StatusCode::OK.into_response(),
        Err((status, body)) => answered(status, &body),
    }
}

fn is_uuid(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn no_uuid(id: &str) -> Response {
    answered(422, &json!({ "code": 601, "message": format!("silenceID in path must be of type uuid: {id:?}") }))
}

fn answered(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}
