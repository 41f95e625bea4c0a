//! The play API behind the page: the workspace as one person sees it, and what that person does.
//!
//! Requests and answers are JSON. What was refused is answered with `{"ok":false,"error":"a sentence"}`.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::{Query, State as Shared},
    http::header,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Workspace,
    actions::{Done, Place, Submitted},
    events::{Reacted, Way},
    model::UserKind,
    play_state, views,
};
use crate::page::{ASSETS, CONTENT_SECURITY_POLICY};

/// The page's files and everything below `/play`.
pub(super) fn routes() -> Router<Arc<Workspace>> {
    let mut router = Router::new()
        .route("/play/state", get(state))
        .route("/play/events", get(events))
        .route("/play/commands", get(commands))
        .route("/play/say", post(say))
        .route("/play/react", post(react))
        .route("/play/click", post(click))
        .route("/play/select", post(select))
        .route("/play/options", post(options))
        .route("/play/submit", post(submit))
        .route("/play/dismiss", post(dismiss));
    for asset in ASSETS {
        let headers = [(header::CONTENT_TYPE, asset.media_type), (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
        router = router.route(asset.path, get(move || async move { (headers, asset.content) }));
    }
    router
}

type Play = Shared<Arc<Workspace>>;

#[derive(Deserialize)]
struct Viewer {
    r#as: Option<String>,
}

async fn state(Shared(workspace): Play, Query(viewer): Query<Viewer>) -> Json<Value> {
    let state = workspace.state();
    let known = viewer.r#as.filter(|id| state.users.contains_key(id));
    let first = || state.users.values().find(|user| user.kind == UserKind::Regular && user.id != super::SLACKBOT);
    let me = known.or_else(|| first().map(|user| user.id.clone())).unwrap_or_default();
    Json(play_state::seen_by(&state, &me, &workspace.settings.team_name, workspace.now()))
}

async fn events(Shared(workspace): Play) -> impl IntoResponse {
    Sse::new(changes(&workspace)).keep_alive(KeepAlive::default())
}

/// A `change` event for every change, several at once drawn together.
fn changes(workspace: &Workspace) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    stream::unfold(workspace.changes(), |mut changes| async move {
        changes.changed().await.ok()?;
        let version = *changes.borrow_and_update();
        Some((Ok(Event::default().event("change").data(version.to_string())), changes))
    })
}

async fn commands(Shared(workspace): Play) -> Json<Value> {
    Json(json!({"commands": workspace.state().commands}))
}

#[derive(Deserialize)]
struct Say {
    r#as: String,
    channel: String,
    text: String,
    thread_ts: Option<String>,
}

async fn say(Shared(workspace): Play, Json(say): Json<Say>) -> Json<Value> {
    if say.text.trim().is_empty() {
        return refused("There is nothing to send.");
    }
    answer(workspace.say(&say.r#as, &say.channel, say.text.trim(), say.thread_ts.as_deref()).await)
}

#[derive(Deserialize)]
struct React {
    r#as: String,
    channel: String,
    ts: String,
    name: String,
    on: bool,
}

async fn react(Shared(workspace): Play, Json(react): Json<React>) -> Json<Value> {
    let React { r#as: user, channel, ts, name, on } = react;
    let way = if on { Way::Added } else { Way::Removed };
    answer(workspace.react(Reacted { way, user: &user, channel: &channel, ts: &ts, name: &name }).await)
}

/// Where somebody acts: `{as, block_id, action_id, value?}` with `channel` and `ts`, or with `view_id`.
#[derive(Deserialize)]
struct Act {
    r#as: String,
    channel: Option<String>,
    ts: Option<String>,
    view_id: Option<String>,
    block_id: String,
    action_id: String,
    #[serde(default)]
    value: Value,
}

impl Act {
    fn place(&self) -> Result<Place, String> {
        match (&self.view_id, &self.channel, &self.ts) {
            (Some(id), _, _) => Ok(Place::View { id: id.clone() }),
            (None, Some(channel), Some(ts)) => Ok(Place::Message { channel: channel.clone(), ts: ts.clone() }),
            _ => Err("either view_id, or channel and ts, are needed".into()),
        }
    }

    fn ids(&self) -> (&str, &str) {
        (&self.block_id, &self.action_id)
    }
}

async fn click(Shared(workspace): Play, Json(act): Json<Act>) -> Json<Value> {
    match act.place() {
        Ok(place) => answer(workspace.click(&act.r#as, &place, act.ids()).await),
        Err(why) => refused(&why),
    }
}

async fn select(Shared(workspace): Play, Json(act): Json<Act>) -> Json<Value> {
    match act.place() {
        Ok(place) => answer(workspace.choose(&act.r#as, &place, act.ids(), &act.value).await),
        Err(why) => refused(&why),
    }
}

async fn options(Shared(workspace): Play, Json(act): Json<Act>) -> Json<Value> {
    let typed = act.value.as_str().unwrap_or_default();
    let offered = match act.place() {
        Ok(place) => workspace.suggest(&act.r#as, &place, act.ids(), typed).await,
        Err(why) => Err(why),
    };
    offered.map_or_else(|why| refused(&why), Json)
}

#[derive(Deserialize)]
struct Submit {
    r#as: String,
    view_id: String,
    values: BTreeMap<String, BTreeMap<String, Value>>,
}

async fn submit(Shared(workspace): Play, Json(submit): Json<Submit>) -> Json<Value> {
    let mut entered = empty_inputs(&workspace, &submit.r#as, &submit.view_id);
    for (block_id, actions) in submit.values {
        entered.entry(block_id).or_default().extend(actions);
    }
    match workspace.submit(&submit.r#as, &submit.view_id, entered).await {
        Ok(Submitted::Errors(errors)) => {
            let errors: BTreeMap<String, String> = errors.into_iter().map(|error| (error.block_id, error.text)).collect();
            Json(json!({"ok": false, "errors": errors}))
        }
        Ok(Submitted::Unanswered(_)) => refused("We had some trouble connecting. Try again?"),
        Ok(_) => Json(json!({"ok": true})),
        Err(why) => refused(&why),
    }
}

/// Nothing entered anywhere: the page leaves out inputs that were left or made empty.
fn empty_inputs(workspace: &Workspace, user: &str, view_id: &str) -> BTreeMap<String, BTreeMap<String, Value>> {
    let state = workspace.state();
    let view = state.forms.get(user).into_iter().flatten().find(|view| view.id == view_id);
    let inputs = view.map(|view| view.blocks()).unwrap_or_default().iter().filter(|block| block["type"] == "input");
    let ids = inputs.filter_map(|block| {
        let element = views::elements(block).next()?;
        Some((block["block_id"].as_str()?.to_owned(), element["action_id"].as_str()?.to_owned()))
    });
    ids.map(|(block_id, action_id)| (block_id, BTreeMap::from([(action_id, Value::Null)]))).collect()
}

#[derive(Deserialize)]
struct Dismiss {
    r#as: String,
    view_id: String,
}

async fn dismiss(Shared(workspace): Play, Json(dismiss): Json<Dismiss>) -> Json<Value> {
    match workspace.dismiss(&dismiss.r#as, &dismiss.view_id).await {
        Ok(()) => Json(json!({"ok": true})),
        Err(why) => refused(&why),
    }
}

fn answer(done: Result<Done, String>) -> Json<Value> {
    match done {
        Ok(done) => {
            let unheard = done.deliveries.iter().find(|delivery| !delivery.acknowledged());
            // A command that nobody took shows as a notice in the channel already.
            let quiet = unheard.is_none_or(|delivery| delivery.envelope.kind != super::EnvelopeKind::Interactive);
            if quiet { Json(json!({"ok": true})) } else { refused("The bot did not answer in time.") }
        }
        Err(why) => refused(&why),
    }
}

fn refused(why: &str) -> Json<Value> {
    Json(json!({"ok": false, "error": why}))
}
