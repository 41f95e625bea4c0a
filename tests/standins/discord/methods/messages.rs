//! Messages: posting, reading, editing, deleting.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    super::{
        Guild,
        answers::{NewMessage, is_empty},
        check::{Body, check_message, verdict},
        errors::ApiError,
        events, json,
        model::{BotAccess, Channel, ChannelKind, Message, UserKind},
        request::Asked,
        rest::object,
        state::{BOT_ID, State},
    },
    Reply,
};

/// How long a nonce is remembered: "the past few minutes".
const NONCE: SignedDuration = SignedDuration::from_mins(5);

/// The channel of the path, if the bot sees it.
pub(super) fn seen<'s>(state: &'s State, asked: &Asked) -> Result<&'s Channel, ApiError> {
    let channel = state.channels.get(asked.at("channel")).ok_or_else(|| ApiError::of(10003))?;
    if state.bot_access(channel) == BotAccess::None { Err(ApiError::of(50001)) } else { Ok(channel) }
}

/// The same, if the bot may write there.
pub(super) fn writable<'s>(state: &'s State, asked: &Asked) -> Result<&'s Channel, ApiError> {
    let channel = seen(state, asked)?;
    if state.bot_access(channel) == BotAccess::ReadOnly {
        return Err(ApiError::of(50013));
    }
    if let ChannelKind::Direct(user) = &channel.kind {
        let reachable = state
            .users
            .get(user)
            .is_some_and(|user| user.takes_direct_messages && matches!(user.kind, UserKind::Member | UserKind::Pending));
        if !reachable {
            return Err(ApiError::of(50007));
        }
    }
    Ok(channel)
}

/// The message of the path; nobody finds ephemeral ones this way.
pub(super) fn found<'s>(state: &'s State, asked: &Asked) -> Result<&'s Message, ApiError> {
    seen(state, asked)?;
    let message = state.message(asked.at("channel"), asked.at("message"));
    message.filter(|message| message.only_for.is_none()).ok_or_else(|| ApiError::of(10008))
}

pub(super) fn create(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let body = object(&asked.body)?;
    let checked = guild.judge(verdict(check_message(body, Body::New, asked.files.len())), "a message");
    let now = guild.now();
    let message = {
        let mut state = guild.state();
        let channel = writable(&state, asked)?.id.clone();
        checked?;
        if is_empty(body, &asked.files) {
            return Err(ApiError::of(50006));
        }
        let nonce = body["nonce"].as_str().map(|nonce| (channel.clone(), nonce.to_owned()));
        let earlier = nonce.as_ref().and_then(|nonce| state.nonces.get(nonce)).filter(|(_, at)| *at + NONCE > now);
        if let (true, Some((id, _))) = (body["enforce_nonce"] == true, earlier) {
            // Discord goes on knowing it when the message is gone (discord-api-docs pull request 6647).
            let earlier = state.messages.get(id).ok_or_else(|| ApiError::of(10008))?;
            return Ok(Reply::Json(json::message(&state, earlier)));
        }
        let reply_to = replied(&state, &channel, &body["message_reference"])?;
        let new = NewMessage { channel, reply_to, ..NewMessage::of(body, &asked.files) };
        let message = state.post(new, now);
        state.nonces.extend(nonce.map(|nonce| (nonce, (message.id.clone(), now))));
        message
    };
    guild.dispatch(&events::message("MESSAGE_CREATE", &guild.state(), &message));
    guild.changed();
    Ok(Reply::Json(json::message(&guild.state(), &message)))
}

fn replied(state: &State, channel: &str, reference: &Value) -> Result<Option<String>, ApiError> {
    let Some(id) = reference["message_id"].as_str() else { return Ok(None) };
    if state.message(channel, id).is_some_and(|message| message.only_for.is_none()) {
        return Ok(Some(id.into()));
    }
    if reference["fail_if_not_exists"] == false {
        return Ok(None);
    }
    Err(ApiError::wrong("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message"))
}

/// A message as the bot reads it: without the words of people who did not mean it, unless it may read them.
fn as_read(guild: &Guild, state: &State, message: &Message) -> Value {
    let mut read = json::message(state, message);
    if !guild.reads_content() {
        events::without_content(state, message, &mut read);
    }
    read
}

/// Newest first, whatever was asked for.
pub(super) fn list(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let limit = asked.number("limit", 50, 100)?;
    let state = guild.state();
    let channel = seen(&state, asked)?;
    let bound = |name: &str| asked.query.get(name).and_then(|id| id.parse::<u64>().ok());
    let number = |message: &&Message| message.id.parse::<u64>().unwrap_or(0);
    let here: Vec<&Message> = state.messages.values().filter(|one| one.channel == channel.id && one.only_for.is_none()).collect();
    let mut listed: Vec<&Message> = if let Some(after) = bound("after") {
        here.into_iter().filter(|one| number(one) > after).take(limit).collect()
    } else if let Some(around) = bound("around") {
        let at = here.partition_point(|one| number(one) < around);
        here.into_iter().skip(at.saturating_sub(limit / 2)).take(limit).collect()
    } else {
        let before = bound("before").unwrap_or(u64::MAX);
        let earlier: Vec<&Message> = here.into_iter().filter(|one| number(one) < before).collect();
        earlier[earlier.len().saturating_sub(limit)..].to_vec()
    };
    listed.reverse();
    Ok(Reply::Json(listed.into_iter().map(|message| as_read(guild, &state, message)).collect()))
}

pub(super) fn show(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let state = guild.state();
    let message = found(&state, asked)?;
    Ok(Reply::Json(as_read(guild, &state, message)))
}

pub(super) fn edit(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let body = object(&asked.body)?;
    let checked = guild.judge(verdict(check_message(body, Body::Edit, asked.files.len())), "an edit");
    let id = {
        let state = guild.state();
        let message = found(&state, asked)?;
        if message.user != BOT_ID {
            return Err(ApiError::of(50005));
        }
        message.id.clone()
    };
    checked?;
    guild.edit_message(&id, body, &asked.files).map(Reply::Json)
}

pub(super) fn delete(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let id = {
        let state = guild.state();
        let message = found(&state, asked)?;
        if message.user != BOT_ID {
            return Err(ApiError::of(50013));
        }
        message.id.clone()
    };
    guild.delete_message(&id);
    Ok(Reply::Empty)
}
