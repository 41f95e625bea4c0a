//! Registering application commands.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        Guild,
        check::{check_commands, verdict},
        errors::ApiError,
        json::{merge, without_nulls},
        request::Asked,
        state::{APPLICATION_ID, GUILD_ID, State},
    },
    Reply,
};

fn of_application(guild: &Guild, asked: &Asked) -> Result<(), ApiError> {
    if asked.at("application") != APPLICATION_ID {
        return Err(ApiError::of(20012));
    }
    // Without access to a guild nothing can be registered there.
    let is_here = asked.at("guild") == GUILD_ID && !guild.state().bot_is_away;
    if !asked.at("guild").is_empty() && !is_here {
        return Err(ApiError::of(50001));
    }
    Ok(())
}

pub(super) fn of_guild(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    of_application(guild, asked)?;
    Ok(Reply::Json(guild.state().guild_commands.clone().into()))
}

pub(super) fn global(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    of_application(guild, asked)?;
    Ok(Reply::Json(guild.state().global_commands.clone().into()))
}

pub(super) fn overwrite_guild(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    overwrite(guild, asked, |state| &mut state.guild_commands)
}

pub(super) fn overwrite_global(guild: &Arc<Guild>, asked: &Asked) -> Result<Reply, ApiError> {
    overwrite(guild, asked, |state| &mut state.global_commands)
}

/// All commands of before are replaced; one of the same name keeps its id.
fn overwrite(guild: &Arc<Guild>, asked: &Asked, place: fn(&mut State) -> &mut Vec<Value>) -> Result<Reply, ApiError> {
    of_application(guild, asked)?;
    let commands = asked.body.as_array().ok_or_else(|| ApiError::of(50109))?;
    guild.judge(verdict(check_commands(commands)), "the commands")?;
    let now = guild.now();
    let mut state = guild.state();
    let before = std::mem::take(place(&mut state));
    let mut registered = Vec::new();
    for command in commands {
        let version = state.snowflake(now);
        let old = before.iter().find(|one| one["name"] == command["name"] && one["type"] == kind(command));
        let id = old.map_or_else(|| version.clone().into(), |old| old["id"].clone());
        let mut one = as_kept(command);
        merge(&mut one, json!({"id": id, "application_id": APPLICATION_ID, "version": version, "type": kind(command)}));
        if !asked.at("guild").is_empty() {
            one["guild_id"] = GUILD_ID.into();
        }
        for key in ["nsfw", "default_member_permissions"] {
            let default = if key == "nsfw" { json!(false) } else { Value::Null };
            one[key] = command.get(key).cloned().unwrap_or(default);
        }
        registered.push(one);
    }
    place(&mut state).clone_from(&registered);
    state.registered = true;
    Ok(Reply::Json(registered.into()))
}

fn kind(command: &Value) -> Value {
    command["type"].as_u64().unwrap_or(1).into()
}

/// Discord gives options back without what is null, false or empty.
fn as_kept(one: &Value) -> Value {
    let mut kept = without_nulls(one.clone());
    if let Some(members) = kept.as_object_mut() {
        members.retain(|key, value| {
            let default = *value == json!(false) || value.as_array().is_some_and(Vec::is_empty);
            !default || key == "value"
        });
        for key in ["options", "choices"] {
            if let Some(Value::Array(list)) = members.get_mut(key) {
                *list = list.iter().map(as_kept).collect();
            }
        }
    }
    kept
}
