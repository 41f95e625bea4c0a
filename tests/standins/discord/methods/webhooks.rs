//! `/webhooks/{application}/{token}`: everything after the first answer to an interaction.

use std::sync::Arc;

use serde_json::Value;

use super::{
    super::{
        Guild,
        answers::{NewMessage, is_empty},
        check::{Body, check_message, verdict},
        errors::ApiError,
        events,
        interactions::{Stage, TOKEN},
        json,
        model::Message,
        request::Asked,
        rest::object,
        state::APPLICATION_ID,
    },
    Reply,
    interactions::is_ephemeral,
};

impl Guild {
    /// Posts an answer into the channel of an interaction, for one person alone where its flags say so.
    pub(in super::super) fn post_answer(&self, id: &str, data: &Value, asked: &Asked) -> Option<Message> {
        let now = self.now();
        let mut state = self.state();
        let interaction = state.interactions.get(id)?;
        let (channel, user) = (interaction.channel.clone(), interaction.user.clone());
        let only_for = is_ephemeral(data).then_some(user);
        let new = NewMessage { channel, only_for, interaction: Some(id.into()), ..NewMessage::of(data, &asked.files) };
        Some(state.post(new, now))
    }
}

/// The interaction of the path. Before its first answer there is no such webhook; after its time the token is none.
fn found(guild: &Guild, asked: &Asked) -> Result<String, ApiError> {
    if asked.at("application") != APPLICATION_ID {
        return Err(ApiError::of(10015));
    }
    let state = guild.state();
    let (id, interaction) = state.by_token(asked.at("token")).ok_or_else(|| ApiError::of(50027))?;
    if interaction.stage != Stage::Answered {
        return Err(ApiError::of(10015));
    }
    if guild.now() >= interaction.created + TOKEN {
        return Err(ApiError::of(50027));
    }
    Ok(id.clone())
}

/// The message of the path: `@original`, or one that answers the same interaction.
fn message(guild: &Guild, asked: &Asked) -> Result<String, ApiError> {
    let interaction = found(guild, asked)?;
    let state = guild.state();
    let original = state.interactions.get(&interaction).and_then(|one| one.original.clone());
    let id = match asked.at("message") {
        "@original" => original,
        id => {
            let own = state.messages.get(id).is_some_and(|one| one.interaction.as_ref() == Some(&interaction));
            (own || original.as_deref() == Some(id)).then(|| id.to_owned())
        }
    };
    id.filter(|id| state.messages.contains_key(id)).ok_or_else(|| ApiError::of(10008))
}

/// `POST`: a message more. Right after a deferred answer it takes the place of that one, as Discord still does.
pub(super) fn follow_up(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let body = object(&asked.body)?;
    let interaction = found(guild, asked)?;
    guild.judge(verdict(check_message(body, Body::Answer, asked.files.len())), "a follow-up")?;
    if is_empty(body, &asked.files) {
        return Err(ApiError::of(50006));
    }
    let waiting = {
        let state = guild.state();
        let original = state.interactions.get(&interaction).and_then(|one| one.original.clone());
        original.filter(|id| state.messages.get(id).is_some_and(|message| message.thinking))
    };
    if let Some(waiting) = waiting {
        return guild.edit_message(&waiting, body, &asked.files).map(Reply::Json);
    }
    let message = guild.post_answer(&interaction, body, asked).ok_or_else(|| ApiError::of(10015))?;
    guild.dispatch(&events::message("MESSAGE_CREATE", &guild.state(), &message));
    guild.changed();
    Ok(Reply::Json(json::message(&guild.state(), &message)))
}

pub(super) fn show(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let id = message(guild, asked)?;
    let state = guild.state();
    let message = state.messages.get(&id).ok_or_else(|| ApiError::of(10008))?;
    Ok(Reply::Json(json::message(&state, message)))
}

pub(super) fn edit(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let body = object(&asked.body)?;
    let id = message(guild, asked)?;
    guild.judge(verdict(check_message(body, Body::Edit, asked.files.len())), "an edit")?;
    guild.edit_message(&id, body, &asked.files).map(Reply::Json)
}

pub(super) fn delete(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let id = message(guild, asked)?;
    guild.delete_message(&id);
    Ok(Reply::Empty)
}
