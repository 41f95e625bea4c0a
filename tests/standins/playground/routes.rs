//! What the page asks for beyond the chat: the clock, the tour, a deployment, and an alarm.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::moving::Until;
use crate::stage::{Curtain, Stage};
use crate::{cast, tour};

/// The longest single move.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);

/// Routes that answer once the stage is set.
pub(crate) fn routes(curtain: Curtain) -> Router {
    Router::new()
        .route("/play/clock", get(clock).post(moved))
        .route("/play/release", post(release))
        .route("/play/alarm", post(alarm))
        .route("/play/calm", post(calm))
        .route("/play/tour", get(async || Json(tour::steps())))
        .with_state(curtain)
}

async fn clock(State(curtain): State<Curtain>) -> Json<Value> {
    match curtain.get() {
        Some(stage) => Json(shown(stage).await),
        None => not_yet(),
    }
}

async fn shown(stage: &Stage) -> Value {
    let next = stage.next().await.map(|next| json!({ "at": next.at, "what": next.what }));
    json!({ "now": stage.clock.now(), "zone": cast::ZONE, "next": next })
}

/// How far to move: one of the three.
#[derive(Debug, Deserialize)]
struct Move {
    advance_seconds: Option<u32>,
    to: Option<Timestamp>,
    #[serde(default)]
    next: bool,
}

async fn moved(State(curtain): State<Curtain>, Json(wanted): Json<Move>) -> Json<Value> {
    let Some(stage) = curtain.get() else { return not_yet() };
    let now = stage.clock.now();
    let until = match wanted {
        Move { next: true, .. } if stage.next().await.is_none() => return refused("Nothing is due."),
        Move { next: true, .. } => Until::News,
        Move { advance_seconds: Some(seconds), .. } => Until::Instant(now + SignedDuration::from_secs(seconds.into())),
        Move { to: Some(to), .. } => Until::Instant(to),
        _ => return refused("Say how far: advance_seconds, to, or next."),
    };
    if let Until::Instant(instant) = until {
        if instant < now {
            return refused("Time only goes forward here.");
        }
        if instant > now + LONGEST {
            return refused("A year at once is enough.");
        }
    }
    // A page that goes away must not stop the clock half way.
    let on_the_way = Arc::clone(stage);
    match tokio::spawn(async move { on_the_way.advance(until).await }).await {
        Ok(()) => Json(shown(stage).await),
        Err(_) => refused("Moving the clock broke off. The terminal says why."),
    }
}

async fn release(State(curtain): State<Curtain>) -> Json<Value> {
    let Some(stage) = curtain.get() else { return not_yet() };
    cast::release(&stage.aws).await;
    Json(json!({ "ok": true }))
}

async fn alarm(State(curtain): State<Curtain>) -> Json<Value> {
    let Some(stage) = curtain.get() else { return not_yet() };
    if !cast::alarm(&stage.alertmanager).await {
        return refused("Checkout fails already, and its source said so. It has to be well again first.");
    }
    Json(json!({ "ok": true }))
}

async fn calm(State(curtain): State<Curtain>) -> Json<Value> {
    let Some(stage) = curtain.get() else { return not_yet() };
    if !cast::calm(&stage.alertmanager).await {
        return refused("Checkout is well already.");
    }
    Json(json!({ "ok": true }))
}

fn not_yet() -> Json<Value> {
    refused("The playground is still starting.")
}

fn refused(why: &str) -> Json<Value> {
    Json(json!({ "ok": false, "error": why }))
}
