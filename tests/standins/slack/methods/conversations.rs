//! `conversations.*`: channels, their members and what was said in them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        Workspace,
        args::Args,
        model::{Channel, ChannelKind, Message, UserKind},
        state::{APP_ID, BOT_ID, State, TEAM_ID},
        web_api::ApiError,
    },
    file_json,
};

pub(super) fn list(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let types = args.text("types").unwrap_or("public_channel");
    let types: Vec<&str> = types.split(',').map(str::trim).collect();
    for kind in &types {
        workspace.need(match *kind {
            "public_channel" => "channels:read",
            "private_channel" => "groups:read",
            "im" => "im:read",
            "mpim" => "mpim:read",
            _ => return Err(ApiError::new("invalid_types")),
        })?;
    }
    let state = workspace.state();
    let wanted = state.channels.values().filter(|channel| {
        types.contains(&type_name(channel))
            && state.sees(&state.bot, channel)
            && !(args.flag("exclude_archived") && channel.archived)
    });
    let channels: Vec<Value> = wanted.map(|channel| channel_json(&state, channel)).collect();
    let (channels, next_cursor) = page(channels, args)?;
    Ok(json!({"channels": channels, "response_metadata": {"next_cursor": next_cursor}}))
}

pub(super) fn info(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let channel = visible(workspace, args, ":read")?;
    Ok(json!({"channel": channel_json(&workspace.state(), &channel)}))
}

pub(super) fn members(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let channel = visible(workspace, args, ":read")?;
    let (members, next_cursor) = page(channel.members.into_iter().map(Value::String).collect(), args)?;
    Ok(json!({"members": members, "response_metadata": {"next_cursor": next_cursor}}))
}

pub(super) fn open(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let mut state = workspace.state();
    if let Some(id) = args.text("channel") {
        let channel = state.channels.get(id).ok_or_else(|| ApiError::new("channel_not_found"))?;
        return Ok(json!({"no_op": true, "already_open": true, "channel": {"id": channel.id}}));
    }
    let user = args.text("users").ok_or_else(|| ApiError::new("users_list_not_supplied"))?;
    if user.contains(',') {
        return Err(ApiError::new("method_not_supported_for_channel_type"));
    }
    match state.users.get(user).map(|user| user.kind) {
        None => return Err(ApiError::new("user_not_found")),
        Some(UserKind::Deactivated) => return Err(ApiError::new("user_disabled")),
        Some(UserKind::Bot) => return Err(ApiError::new("cannot_dm_bot")),
        Some(_) => {}
    }
    let id = state.direct(user).ok_or_else(|| ApiError::new("user_not_found"))?;
    let channel = state.channels.get(&id).filter(|_| args.flag("return_im"));
    let channel = channel.map_or_else(|| json!({"id": id}), |channel| channel_json(&state, channel));
    Ok(json!({"channel": channel}))
}

pub(super) fn join(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let mut state = workspace.state();
    let bot = state.bot.clone();
    let channel = state.channels.get_mut(args.required("channel")?).ok_or_else(|| ApiError::new("channel_not_found"))?;
    if channel.kind != ChannelKind::Public {
        return Err(ApiError::new("method_not_supported_for_channel_type"));
    }
    if channel.archived {
        return Err(ApiError::new("is_archived"));
    }
    if !channel.members.contains(&bot) {
        channel.members.push(bot);
    }
    let channel = channel.clone();
    Ok(json!({"channel": channel_json(&state, &channel)}))
}

pub(super) fn history(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let channel = visible(workspace, args, ":history")?;
    let state = workspace.state();
    if !channel.members.contains(&state.bot) {
        return Err(ApiError::new("not_in_channel"));
    }
    let top_level =
        state.messages_in(&channel.id).rev().filter(|message| message.thread_ts.as_ref().is_none_or(|ts| *ts == message.ts));
    said(&state, top_level, args)
}

pub(super) fn replies(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let channel = visible(workspace, args, ":history")?;
    let ts = args.required("ts")?;
    let state = workspace.state();
    state.message(&channel.id, ts).ok_or_else(|| ApiError::new("thread_not_found"))?;
    let thread = state.messages_in(&channel.id).filter(|message| message.ts == ts || message.thread_ts.as_deref() == Some(ts));
    said(&state, thread, args)
}

fn said<'a>(state: &State, messages: impl Iterator<Item = &'a Message>, args: &Args) -> Result<Value, ApiError> {
    let (oldest, latest, inclusive) = (args.text("oldest"), args.text("latest"), args.flag("inclusive"));
    let wanted = messages.filter(|message| {
        let ts = message.ts.as_str();
        let after = oldest.is_none_or(|oldest| ts > oldest || (inclusive && ts == oldest));
        let before = latest.is_none_or(|latest| ts < latest || (inclusive && ts == latest));
        message.only_for.is_none() && after && before
    });
    let with_metadata = args.flag("include_all_metadata");
    let messages: Vec<Value> = wanted.map(|message| message_json(state, message, with_metadata)).collect();
    let (messages, next_cursor) = page(messages, args)?;
    let has_more = !next_cursor.is_empty();
    Ok(json!({"messages": messages, "has_more": has_more, "pin_count": 0, "response_metadata": {"next_cursor": next_cursor}}))
}

/// The channel of the call, if the bot sees it and has the scope for its kind (`channels`, `groups`, `im`).
fn visible(workspace: &Workspace, args: &Args, right: &str) -> Result<Channel, ApiError> {
    let channel = {
        let state = workspace.state();
        let channel = state.channels.get(args.required("channel")?).filter(|channel| state.sees(&state.bot, channel));
        channel.cloned().ok_or_else(|| ApiError::new("channel_not_found"))?
    };
    let family = match channel.kind {
        ChannelKind::Public => "channels",
        ChannelKind::Private => "groups",
        ChannelKind::Direct(_) => "im",
    };
    workspace.need(&format!("{family}{right}"))?;
    Ok(channel)
}

/// One page of a listing and the cursor of the next, empty at the end.
pub(super) fn page(all: Vec<Value>, args: &Args) -> Result<(Vec<Value>, String), ApiError> {
    let from = match args.text("cursor") {
        None => 0,
        Some(cursor) => cursor.parse().map_err(|_| ApiError::new("invalid_cursor"))?,
    };
    let limit = args.number("limit").filter(|limit| *limit > 0).unwrap_or(100).min(1_000);
    let next = if from + limit < all.len() { (from + limit).to_string() } else { String::new() };
    Ok((all.into_iter().skip(from).take(limit).collect(), next))
}

fn type_name(channel: &Channel) -> &'static str {
    match channel.kind {
        ChannelKind::Public => "public_channel",
        ChannelKind::Private => "private_channel",
        ChannelKind::Direct(_) => "im",
    }
}

fn channel_json(state: &State, channel: &Channel) -> Value {
    if let ChannelKind::Direct(user) = &channel.kind {
        return json!({
            "id": channel.id, "created": 1_700_000_000, "is_im": true, "is_org_shared": false, "user": user,
            "is_archived": channel.archived, "is_user_deleted": false, "priority": 0, "context_team_id": TEAM_ID,
        });
    }
    let private = channel.kind == ChannelKind::Private;
    json!({
        "id": channel.id, "name": channel.name, "name_normalized": channel.name, "created": 1_700_000_000,
        "is_channel": !private, "is_group": private, "is_im": false, "is_mpim": false, "is_private": private,
        "is_archived": channel.archived, "is_general": false, "unlinked": 0, "is_shared": false, "is_ext_shared": false,
        "is_org_shared": false, "is_pending_ext_shared": false, "pending_shared": [], "creator": "USLACKBOT",
        "context_team_id": TEAM_ID, "is_member": channel.members.contains(&state.bot), "num_members": channel.members.len(),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0}, "previous_names": [],
    })
}

/// A message as history, answers and events carry it.
pub(in super::super) fn message_json(state: &State, message: &Message, with_metadata: bool) -> Value {
    let version = message.current();
    let mut json = json!({
        "type": "message", "user": message.user, "ts": message.ts, "team": TEAM_ID, "text": version.text,
    });
    let mut set = |key: &str, value: Value| json[key] = value;
    if message.user == state.bot {
        set("bot_id", BOT_ID.into());
        set("app_id", APP_ID.into());
    }
    if !version.blocks.is_empty() {
        set("blocks", version.blocks.clone().into());
    }
    if !version.attachments.is_empty() {
        set("attachments", version.attachments.clone().into());
    }
    if message.versions.len() > 1 {
        let ts = format!("{}.000000", version.at.as_second());
        set("edited", json!({"user": message.user, "ts": ts}));
    }
    if !message.reactions.is_empty() {
        let reactions =
            message.reactions.iter().map(|one| json!({"name": one.name, "users": one.users, "count": one.users.len()}));
        set("reactions", reactions.collect());
    }
    let files: Vec<Value> = message.files.iter().filter_map(|id| state.files.get(id)).map(file_json).collect();
    if !files.is_empty() {
        set("files", files.into());
    }
    let replies: Vec<&Message> = state
        .messages_in(&message.channel)
        .filter(|reply| reply.thread_ts.as_ref() == Some(&message.ts) && reply.only_for.is_none() && reply.ts != message.ts)
        .collect();
    if let Some(latest) = replies.last() {
        set("thread_ts", message.ts.clone().into());
        set("reply_count", replies.len().into());
        set("latest_reply", latest.ts.clone().into());
    } else if let Some(thread) = &message.thread_ts {
        set("thread_ts", thread.clone().into());
    }
    if let Some(metadata) = message.metadata.as_ref().filter(|_| with_metadata) {
        set("metadata", metadata.clone());
    }
    json
}
