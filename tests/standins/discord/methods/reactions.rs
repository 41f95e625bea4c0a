//! Reactions of the bot, and who reacted.

use std::sync::Arc;

use super::{
    super::{
        Guild, emoji,
        errors::ApiError,
        events::{Reacted, Way},
        json,
        request::Asked,
        state::BOT_ID,
    },
    Reply, messages,
};

/// The emoji of the path: a character, or `name:id`.
fn emoji_of(asked: &Asked) -> Result<(String, Option<String>), ApiError> {
    let emoji = asked.at("emoji");
    match emoji.split_once(':') {
        Some((name, id)) => Ok((name.into(), Some(id.into()))),
        None if emoji::is_known(emoji) => Ok((emoji.into(), None)),
        None => Err(ApiError::of(10014)),
    }
}

pub(super) fn add(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    change(guild, asked, Way::Added)
}

pub(super) fn remove(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    change(guild, asked, Way::Removed)
}

/// Doing what is done already is fine.
fn change(guild: &Arc<Guild>, asked: &Asked, way: Way) -> Result<Reply, ApiError> {
    let (emoji, custom) = emoji_of(asked)?;
    let message = messages::found(&guild.state(), asked)?.id.clone();
    let reacted = Reacted { way, user: BOT_ID, message: &message, emoji: &emoji, custom: custom.as_deref() };
    if let Some(event) = guild.set_reaction(&reacted) {
        guild.dispatch(&event);
    }
    guild.changed();
    Ok(Reply::Empty)
}

/// Pages in order of user ids, as `after` needs it.
pub(super) fn users(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let (emoji, _) = emoji_of(asked)?;
    let limit = asked.number("limit", 25, 100)?;
    let after: u64 = asked.query.get("after").and_then(|id| id.parse().ok()).unwrap_or(0);
    let state = guild.state();
    let message = messages::found(&state, asked)?;
    let reaction = message.reactions.iter().find(|reaction| reaction.emoji == emoji);
    let mut ids: Vec<u64> =
        reaction.into_iter().flat_map(|one| &one.users).filter_map(|id| id.parse().ok()).filter(|id| *id > after).collect();
    ids.sort_unstable();
    let users = ids.into_iter().take(limit).filter_map(|id| state.users.get(&id.to_string())).map(json::user);
    Ok(Reply::Json(users.collect()))
}
