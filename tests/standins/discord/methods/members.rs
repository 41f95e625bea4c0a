//! The guild, its members, their roles.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        Guild,
        errors::ApiError,
        events::{self, intent},
        json,
        model::{BotAccess, ChannelKind, User},
        request::Asked,
        state::{GUILD_ID, State},
    },
    Reply,
};

fn in_guild(state: &State, asked: &Asked) -> Result<(), ApiError> {
    if asked.at("guild") == GUILD_ID && !state.bot_is_away { Ok(()) } else { Err(ApiError::of(10004)) }
}

/// A member by the id of the path: 10013 where Discord knows nobody of that id, 10007 where they are not in the guild.
fn found<'s>(state: &'s State, asked: &Asked) -> Result<&'s User, ApiError> {
    in_guild(state, asked)?;
    let user = state.users.get(asked.at("user")).ok_or_else(|| ApiError::of(10013))?;
    if user.is_member() { Ok(user) } else { Err(ApiError::of(10007)) }
}

pub(super) fn user(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let state = guild.state();
    let user = state.users.get(asked.at("user")).ok_or_else(|| ApiError::of(10013))?;
    Ok(Reply::Json(json::user(user)))
}

pub(super) fn guild(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    in_guild(&guild.state(), asked)?;
    Ok(Reply::Json(json::guild(&guild.state(), &guild.settings.guild_name)))
}

/// Channels of the guild, threads not among them; those the bot does not see are listed all the same.
pub(super) fn channels(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let state = guild.state();
    in_guild(&state, asked)?;
    let text = state.channels.values().filter(|channel| channel.kind == ChannelKind::Text);
    let mut listed = Vec::new();
    for channel in text {
        let mut one = json::channel(&state, channel);
        if channel.bot == BotAccess::None {
            let denied = json!([{"id": GUILD_ID, "type": 0, "allow": "0", "deny": "1024"}]);
            one["permission_overwrites"] = denied;
        }
        listed.push(one);
    }
    Ok(Reply::Json(listed.into()))
}

pub(super) fn roles(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    in_guild(&guild.state(), asked)?;
    Ok(Reply::Json(json::roles(&guild.state()).into()))
}

/// `GET /guilds/…/members`: only with the members intent switched on for the application.
pub(super) fn list(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    in_guild(&guild.state(), asked)?;
    if guild.settings.privileged_intents & intent::GUILD_MEMBERS == 0 {
        return Err(ApiError::of(50001));
    }
    let limit = asked.number("limit", 1, 1_000)?;
    let after: u64 = asked.query.get("after").and_then(|id| id.parse().ok()).unwrap_or(0);
    let state = guild.state();
    let members = state.users.values().filter(|user| user.is_member() && user.id.parse().is_ok_and(|id: u64| id > after));
    let listed: Vec<Value> = members.take(limit).map(|user| json::member(&state, user)).collect();
    Ok(Reply::Json(listed.into()))
}

pub(super) fn member(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    let state = guild.state();
    let user = found(&state, asked)?;
    Ok(Reply::Json(json::member(&state, user)))
}

pub(super) fn give_role(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    change_role(guild, asked, |roles, name| {
        if !roles.contains(&name) {
            roles.push(name);
        }
    })
}

pub(super) fn take_role(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    change_role(guild, asked, |roles, name| roles.retain(|one| *one != name))
}

fn change_role(guild: &Arc<Guild>, asked: &Asked, change: fn(&mut Vec<String>, String)) -> Result<Reply, ApiError> {
    let event = {
        let mut state = guild.state();
        found(&state, asked)?;
        let role = state.role(asked.at("role")).map(|role| role.name.clone()).ok_or_else(|| ApiError::of(10011))?;
        if let Some(user) = state.users.get_mut(asked.at("user")) {
            change(&mut user.roles, role);
        }
        events::member_update(&state, asked.at("user"))
    };
    guild.dispatch(&event);
    Ok(Reply::Empty)
}
