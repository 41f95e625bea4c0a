//! The play API behind the page: the guild as one person sees it, and what that person does.
//!
//! Paths, requests and answers are those of the Slack stand-in's play API below `/play/discord`, except where Discord's
//! clients do something else: a button has one id, a command's options are completed, a form has text fields alone.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, Query, State as Shared},
    http::{StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Discord, Guild,
    delivery::{Done, Submitted},
    events::Way,
    line::Typing,
    model::Message,
    play_state,
};

impl Discord {
    /// Routes below `/play/discord` for a page that shows this guild, to be served beside the page.
    pub fn play_routes(&self) -> Router {
        let router = Router::new()
            .route("/state", get(state))
            .route("/events", get(events))
            .route("/commands", get(commands))
            .route("/files/{id}/{name}", get(file))
            .route("/say", post(say))
            .route("/complete", post(complete))
            .route("/react", post(react))
            .route("/click", post(click))
            .route("/submit", post(submit))
            .route("/dismiss", post(dismiss))
            .with_state(Arc::clone(&self.guild));
        Router::new().nest("/play/discord", router)
    }
}

type Play = Shared<Arc<Guild>>;

#[derive(Deserialize)]
struct Viewer {
    r#as: Option<String>,
}

async fn state(Shared(guild): Play, Query(viewer): Query<Viewer>) -> Json<Value> {
    Json(play_state::seen_by(&guild.state(), viewer.r#as.as_deref(), &guild.settings.guild_name, guild.now()))
}

async fn events(Shared(guild): Play) -> impl IntoResponse {
    Sse::new(changes(&guild)).keep_alive(KeepAlive::default())
}

/// A `change` event for every change, several at once drawn together.
fn changes(guild: &Guild) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    stream::unfold(guild.changes(), |mut changes| async move {
        changes.changed().await.ok()?;
        let version = *changes.borrow_and_update();
        Some((Ok(Event::default().event("change").data(version.to_string())), changes))
    })
}

/// What can be typed, each command that can be run with its options as the bot registered them.
async fn commands(Shared(guild): Play) -> Json<Value> {
    let mut runnable = Vec::new();
    for command in guild.commands() {
        gather(&command, "/", &mut runnable);
    }
    Json(json!({"commands": runnable}))
}

fn gather(command: &Value, before: &str, runnable: &mut Vec<Value>) {
    let name = format!("{before}{}", command["name"].as_str().unwrap_or_default());
    let options = command["options"].as_array().map_or(&[][..], Vec::as_slice);
    let (further, own): (Vec<&Value>, Vec<&Value>) =
        options.iter().partition(|option| matches!(option["type"].as_u64(), Some(1 | 2)));
    if further.is_empty() {
        runnable.push(json!({"command": name, "description": command["description"], "options": own}));
    }
    for part in further {
        gather(part, &format!("{name} "), runnable);
    }
}

async fn file(Shared(guild): Play, Path((id, _)): Path<(String, String)>) -> Response {
    let state = guild.state();
    let mut files = state.messages.values().flat_map(|message| &message.current().files);
    match files.find(|file| file.id == id) {
        Some(file) => ([(header::CONTENT_TYPE, play_state::media_type(&file.name))], file.content.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Say {
    r#as: String,
    channel: String,
    text: String,
    reply_to: Option<String>,
}

async fn say(Shared(guild): Play, Json(say): Json<Say>) -> Json<Value> {
    if say.text.trim().is_empty() {
        return refused("There is nothing to send.");
    }
    answer(guild.say(&say.r#as, &say.channel, say.text.trim(), say.reply_to.as_deref()).await)
}

#[derive(Deserialize)]
struct Complete {
    r#as: String,
    channel: String,
    line: String,
    option: String,
    typed: String,
}

async fn complete(Shared(guild): Play, Json(asked): Json<Complete>) -> Json<Value> {
    let typing = Typing { option: &asked.option, typed: &asked.typed };
    match guild.complete(&asked.r#as, &asked.channel, &asked.line, typing).await {
        Ok(choices) => {
            let choices: Vec<Value> = choices.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
            Json(json!({"choices": choices}))
        }
        Err(why) => refused(&why),
    }
}

#[derive(Deserialize)]
struct React {
    r#as: String,
    message: String,
    name: String,
    on: bool,
}

async fn react(Shared(guild): Play, Json(react): Json<React>) -> Json<Value> {
    let way = if react.on { Way::Added } else { Way::Removed };
    match message(&guild, &react.message) {
        Ok(message) => answer(guild.react(&react.r#as, way, &react.name, &message).await),
        Err(why) => refused(&why),
    }
}

#[derive(Deserialize)]
struct Click {
    r#as: String,
    message: String,
    custom_id: String,
}

async fn click(Shared(guild): Play, Json(click): Json<Click>) -> Json<Value> {
    match pressed(&guild, &click).await {
        Ok(()) => Json(json!({"ok": true})),
        Err(why) => refused(&why),
    }
}

async fn pressed(guild: &Arc<Guild>, click: &Click) -> Result<(), String> {
    let message = message(guild, &click.message)?;
    let rows = message.current().components.iter();
    let mut all = rows.flat_map(|row| row["components"].as_array().into_iter().flatten());
    let button = all.find(|one| one["custom_id"] == click.custom_id.as_str()).ok_or("This button is gone.")?;
    // Where no answer comes, Discord says so in the channel already.
    guild.use_component(&click.r#as, &message, button, None).await.map(drop)
}

/// A form that is submitted: what was entered, by the labels of its fields.
#[derive(Deserialize)]
struct Submit {
    r#as: String,
    values: BTreeMap<String, String>,
}

async fn submit(Shared(guild): Play, Json(submit): Json<Submit>) -> Json<Value> {
    let mut errors = BTreeMap::new();
    if let Some(form) = guild.state().forms.get_mut(&submit.r#as) {
        for (label, value) in &submit.values {
            if let Err(why) = form.enter(label, value) {
                errors.insert(label.clone(), why);
            }
        }
    }
    if errors.is_empty() {
        match guild.submit(&submit.r#as).await {
            Ok(Submitted::Closed) => return Json(json!({"ok": true})),
            Ok(Submitted::Errors(wrong)) => errors.extend(wrong.into_iter().map(|error| (error.label, error.text))),
            Ok(Submitted::Unanswered(_)) => return refused("Something went wrong. Try again."),
            Err(why) => return refused(&why),
        }
    }
    Json(json!({"ok": false, "errors": errors}))
}

async fn dismiss(Shared(guild): Play, Json(viewer): Json<Viewer>) -> Json<Value> {
    guild.state().forms.remove(&viewer.r#as.unwrap_or_default());
    guild.changed();
    Json(json!({"ok": true}))
}

fn message(guild: &Guild, id: &str) -> Result<Message, String> {
    guild.state().messages.get(id).cloned().ok_or_else(|| "This message is gone.".to_owned())
}

fn answer(done: Result<Done, String>) -> Json<Value> {
    match done {
        Ok(_) => Json(json!({"ok": true})),
        Err(why) => refused(&why),
    }
}

fn refused(why: &str) -> Json<Value> {
    Json(json!({"ok": false, "error": sentence(why)}))
}

/// What the stand-in says of an act, as a sentence.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let first: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if why.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
