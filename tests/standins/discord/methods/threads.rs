//! Channels by themselves, and threads.

use std::sync::Arc;

use serde_json::json;

use super::{
    super::{
        Guild,
        errors::ApiError,
        events, json,
        model::{BotAccess, Channel, ChannelKind},
        request::Asked,
    },
    Reply, messages,
};

pub(super) fn channel(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let state = guild.state();
    let channel = messages::seen(&state, asked)?;
    Ok(Reply::Json(json::channel(&state, channel)))
}

/// `POST /channels/…/messages/…/threads`: the thread has the id of its message.
pub(super) fn create(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let (json, event) = {
        let mut state = guild.state();
        let parent = messages::writable(&state, asked)?;
        if parent.kind != ChannelKind::Text {
            return Err(ApiError::of(50024));
        }
        let parent = parent.id.clone();
        let id = messages::found(&state, asked)?.id.clone();
        if state.channels.contains_key(&id) {
            return Err(ApiError::of(160_004));
        }
        let name = asked.text("name").unwrap_or_default();
        if !(1..=100).contains(&name.chars().count()) {
            return Err(ApiError::wrong("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."));
        }
        let days = asked.body["auto_archive_duration"].as_u64();
        if days.is_some_and(|minutes| ![60, 1_440, 4_320, 10_080].contains(&minutes)) {
            let message = "Value must be one of (60, 1440, 4320, 10080).";
            return Err(ApiError::wrong("auto_archive_duration", "BASE_TYPE_CHOICES", message));
        }
        let (topic, kind) = (String::new(), ChannelKind::Thread { parent });
        let thread =
            Channel { id: id.clone(), name: name.into(), topic, kind, only: None, bot: BotAccess::Full, archived: false };
        let json = json::channel(&state, &thread);
        state.channels.insert(id, thread);
        (json.clone(), events::thread_create(json))
    };
    guild.dispatch(&event);
    guild.changed();
    Ok(Reply::Created(json))
}

pub(super) fn archived(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let state = guild.state();
    let parent = messages::seen(&state, asked)?.id.clone();
    let kind = ChannelKind::Thread { parent };
    let threads = state.channels.values().filter(|channel| channel.kind == kind && channel.archived);
    let threads: Vec<_> = threads.map(|channel| json::channel(&state, channel)).collect();
    Ok(Reply::Json(json!({"threads": threads, "members": [], "has_more": false})))
}
