//! `reactions.*`: emoji on messages.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::{
    Workspace,
    args::Args,
    events::{Reacted, Way},
    model::Message,
    state::{State, TEAM_ID},
    web_api::ApiError,
};

/// Users listed per emoji when `full` is not asked for; Slack promises no number, only that the list may be cut.
const CUT_LIST: usize = 3;

pub(super) fn add(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    set(workspace, args, Way::Added)
}

pub(super) fn remove(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    set(workspace, args, Way::Removed)
}

fn set(workspace: &Arc<Workspace>, args: &Args, way: Way) -> Result<Value, ApiError> {
    let (channel, ts, name) = addressed(workspace, args)?;
    let bot = workspace.state().bot.clone();
    let reacted = Reacted { way, user: &bot, channel: &channel, ts: &ts, name: &name };
    workspace.set_reaction(&reacted).map_err(ApiError::new)?;
    workspace.announce_reaction(&reacted);
    Ok(json!({}))
}

pub(super) fn get(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let state = workspace.state();
    let (channel, ts) = (args.required("channel")?, args.required("timestamp")?);
    let message = found(&state, channel, ts)?;
    let reactions: Vec<Value> = message
        .reactions
        .iter()
        .map(|one| {
            let shown = if args.flag("full") { one.users.len() } else { one.users.len().min(CUT_LIST) };
            json!({"name": one.name, "users": one.users[..shown], "count": one.users.len()})
        })
        .collect();
    let mut body = json!({
        "type": "message", "text": message.current().text, "user": message.user, "ts": message.ts, "team": TEAM_ID,
        "permalink": format!("{}/archives/{channel}/p{}", workspace.base_url(), ts.replace('.', "")),
    });
    if !reactions.is_empty() {
        body["reactions"] = reactions.into();
    }
    Ok(json!({"type": "message", "channel": channel, "message": body}))
}

fn addressed(workspace: &Workspace, args: &Args) -> Result<(String, String, String), ApiError> {
    let name = args.text("name").ok_or_else(|| ApiError::new("no_item_specified"))?;
    if !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-_:'".contains(c)) || name.starts_with(':') {
        return Err(ApiError::new("invalid_name"));
    }
    let state = workspace.state();
    let (channel, ts) = (args.required("channel")?, args.required("timestamp")?);
    let message = found(&state, channel, ts)?;
    let member = state.channels.get(channel).is_some_and(|channel| channel.members.contains(&state.bot));
    if !member {
        return Err(ApiError::new("not_in_channel"));
    }
    Ok((message.channel.clone(), message.ts.clone(), name.into()))
}

fn found<'a>(state: &'a State, channel: &str, ts: &str) -> Result<&'a Message, ApiError> {
    let visible = state.channels.get(channel).is_some_and(|channel| state.sees(&state.bot, channel));
    if !visible {
        return Err(ApiError::new("channel_not_found"));
    }
    let message = state.message(channel, ts).filter(|message| message.only_for.is_none());
    message.ok_or_else(|| ApiError::new("message_not_found"))
}
