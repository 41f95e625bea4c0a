//! `POST /interactions/…/callback`: the first answer to an interaction.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        Guild,
        answers::{NewMessage, is_empty},
        check::{Body, check_choices, check_message, check_modal, verdict},
        errors::ApiError,
        events,
        forms::OpenForm,
        interactions::{Interaction, Kind, Stage},
        json,
        request::Asked,
        rest::object,
        state::State,
    },
    Reply,
};

/// Seen by one person alone.
const EPHEMERAL: u64 = 1 << 6;

/// Whether flags say that a message is for one person alone.
pub(super) fn is_ephemeral(data: &Value) -> bool {
    data["flags"].as_u64().is_some_and(|flags| flags & EPHEMERAL != 0)
}

pub(super) fn callback(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let body = object(&asked.body)?;
    let id = asked.at("interaction").to_owned();
    {
        let state = guild.state();
        let interaction = state.interactions.get(&id).filter(|one| one.token == asked.at("token"));
        let interaction = interaction.ok_or_else(|| ApiError::of(10062))?;
        match interaction.stage {
            Stage::Waiting => {}
            Stage::Late => return Err(ApiError::of(10062)),
            // Who did not hear that the first one was taken says the same again.
            Stage::Answered => return Err(ApiError::of(40060).excused_if(interaction.first.as_ref() == Some(&asked.body))),
        }
        fitting(interaction, body)?;
    }
    let data = &body["data"];
    let event = match body["type"].as_u64() {
        Some(4) => Some(answer(guild, &id, asked)?),
        Some(5) => {
            think(guild, &id, data);
            None
        }
        Some(6) => {
            with(guild, &id, |_, interaction| interaction.original.clone_from(&interaction.message));
            None
        }
        Some(7) => {
            replace(guild, &id, asked)?;
            None
        }
        Some(8) => {
            guild.judge(verdict(check_choices(data)), "choices of an autocompletion")?;
            None
        }
        Some(9) => {
            guild.judge(verdict(check_modal(data)), "a form")?;
            with(guild, &id, |forms, interaction| {
                forms.insert(interaction.user.clone(), OpenForm::new(data, interaction));
            });
            None
        }
        _ => None,
    };
    if let Some(event) = event {
        guild.dispatch(&event);
    }
    let answered = with(guild, &id, |_, interaction| {
        interaction.stage = Stage::Answered;
        interaction.first = Some(asked.body.clone());
        interaction.answered.take()
    });
    if let Some(Some(answered)) = answered {
        // Whoever waited may have given up this very moment; then the answer counts all the same.
        let _ = answered.send(body.clone());
    }
    guild.changed();
    if asked.query.get("with_response").is_some_and(|with| with == "true") {
        let original = guild.state().interactions.get(&id).and_then(|one| one.original.clone());
        let state = guild.state();
        let message = original.and_then(|id| state.messages.get(&id)).map(|message| json::message(&state, message));
        let callback = json!({"id": id, "type": body["type"]});
        return Ok(Reply::Json(json!({"interaction": callback, "resource": {"type": body["type"], "message": message}})));
    }
    Ok(Reply::Empty)
}

type Forms = std::collections::HashMap<String, OpenForm>;

fn with<T>(guild: &Guild, id: &str, change: impl FnOnce(&mut Forms, &mut Interaction) -> T) -> Option<T> {
    let mut state = guild.state();
    let State { forms, interactions, .. } = &mut *state;
    interactions.get_mut(id).map(|interaction| change(forms, interaction))
}

/// Whether a callback of this type can answer this interaction.
fn fitting(interaction: &Interaction, body: &Value) -> Result<(), ApiError> {
    let on_message = interaction.message.is_some();
    let fits = match body["type"].as_u64() {
        Some(4 | 5) => interaction.kind != Kind::Autocomplete,
        Some(6 | 7) => on_message && matches!(interaction.kind, Kind::Component | Kind::Modal),
        Some(8) => interaction.kind == Kind::Autocomplete,
        Some(9) => matches!(interaction.kind, Kind::Command | Kind::Component),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(ApiError::wrong("type", "INTERACTION_RESPONSE_TYPE_INVALID", "This interaction cannot be answered in this way."))
}

/// Type 4: a message.
fn answer(guild: &Arc<Guild>, id: &str, asked: &Asked) -> Result<events::Event, ApiError> {
    let data = &asked.body["data"];
    guild.judge(verdict(check_message(data, Body::Answer, asked.files.len())), "an answer")?;
    if is_empty(data, &asked.files) {
        return Err(ApiError::of(50006));
    }
    let message = guild.post_answer(id, data, asked).ok_or_else(|| ApiError::of(10062))?;
    with(guild, id, |_, interaction| interaction.original = Some(message.id.clone()));
    Ok(events::message("MESSAGE_CREATE", &guild.state(), &message))
}

/// Type 5: the bot is thinking.
fn think(guild: &Arc<Guild>, id: &str, data: &Value) {
    let now = guild.now();
    let mut state = guild.state();
    let Some(interaction) = state.interactions.get(id) else { return };
    let (channel, user) = (interaction.channel.clone(), interaction.user.clone());
    let only_for = is_ephemeral(data).then_some(user);
    let new = NewMessage { channel, only_for, thinking: true, interaction: Some(id.into()), ..NewMessage::default() };
    let message = state.post(new, now);
    if let Some(interaction) = state.interactions.get_mut(id) {
        interaction.original = Some(message.id);
    }
}

/// Type 7: the message of the component becomes another one.
fn replace(guild: &Arc<Guild>, id: &str, asked: &Asked) -> Result<(), ApiError> {
    let data = &asked.body["data"];
    guild.judge(verdict(check_message(data, Body::Answer, asked.files.len())), "an answer")?;
    let message = with(guild, id, |_, interaction| {
        interaction.original.clone_from(&interaction.message);
        interaction.message.clone()
    });
    let message = message.flatten().ok_or_else(|| ApiError::of(10008))?;
    guild.edit_message(&message, data, &asked.files).map(drop)
}
