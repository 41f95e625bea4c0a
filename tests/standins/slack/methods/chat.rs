//! `chat.*`: posting, editing and deleting messages.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    super::{
        Workspace,
        args::Args,
        blocks,
        model::{Channel, ChannelKind, Message, Version},
        state::{NewMessage, State},
        web_api::ApiError,
    },
    message_json,
};

/// Longest text of a new message ("Truncating content" in Slack's changelog; the stand-in refuses instead).
const NEW_TEXT: usize = 40_000;
/// Longest text `chat.update` takes, from its list of errors.
const EDITED_TEXT: usize = 4_000;

pub(super) fn post_message(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let now = workspace.now();
    let new = {
        let mut state = workspace.state();
        let channel = postable(workspace, &mut state, args.required("channel")?)?;
        NewMessage { channel: channel.id, ..content(workspace, &state, args, NEW_TEXT)? }
    };
    limited(workspace, &new.channel)?;
    let mut state = workspace.state();
    let thread_ts = thread(workspace, &state, &new.channel, args)?;
    let metadata = metadata(args)?;
    workspace.journal().posted(&new.channel, now);
    let message = state.post(NewMessage { thread_ts, metadata, ..new }, now);
    let answer = json!({"channel": message.channel, "ts": message.ts, "message": message_json(&state, &message, false)});
    drop(state);
    workspace.announce_message(&message);
    Ok(answer)
}

pub(super) fn post_ephemeral(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let now = workspace.now();
    let mut state = workspace.state();
    let channel = postable(workspace, &mut state, args.required("channel")?)?;
    let user = args.required("user")?;
    if !channel.members.iter().any(|member| member == user) {
        return Err(ApiError::new("user_not_in_channel"));
    }
    let new = content(workspace, &state, args, NEW_TEXT)?;
    let thread_ts = thread(workspace, &state, &channel.id, args)?;
    let new = NewMessage { channel: channel.id, thread_ts, only_for: Some(user.into()), ..new };
    let message = state.post(new, now);
    Ok(json!({"message_ts": message.ts}))
}

pub(super) fn update(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let now = workspace.now();
    let mut state = workspace.state();
    let channel = known(&state, args.required("channel")?)?;
    let old = own(&state, &channel, args.required("ts")?, "cant_update_message")?;
    // "If the text argument is provided and blocks are not provided, the blocks will be removed" (chat.update).
    let keeps_blocks = !args.fields.contains_key("blocks") && args.text("text").is_none();
    let mut new = if keeps_blocks && args.fields.contains_key("metadata") {
        NewMessage { text: old.current().text.clone(), blocks: old.current().blocks.clone(), ..NewMessage::default() }
    } else {
        content(workspace, &state, args, EDITED_TEXT)?
    };
    if !args.fields.contains_key("attachments") {
        new.attachments = old.current().attachments.clone();
    }
    let metadata = if args.fields.contains_key("metadata") { metadata(args)? } else { old.metadata.clone() };
    let blocks = state.with_block_ids(new.blocks);
    let version = Version { text: new.text, blocks, attachments: new.attachments, at: now, read: false };
    let message = state.message_mut(&channel.id, &old.ts).ok_or_else(|| ApiError::new("message_not_found"))?;
    message.versions.push(version);
    message.metadata = metadata;
    let message = message.clone();
    let text = message.current().text.clone();
    let answer = message_json(&state, &message, false);
    let before = message_json(&state, &old, false);
    drop(state);
    workspace.announce_change(&old, json!({"subtype": "message_changed", "message": answer, "previous_message": before}));
    Ok(json!({"channel": channel.id, "ts": old.ts, "text": text, "message": answer}))
}

pub(super) fn delete(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let mut state = workspace.state();
    let channel = known(&state, args.required("channel")?)?;
    let old = own(&state, &channel, args.required("ts")?, "cant_delete_message")?;
    state.messages.remove(&(channel.id.clone(), old.ts.clone()));
    let before = message_json(&state, &old, false);
    drop(state);
    workspace.announce_change(&old, json!({"subtype": "message_deleted", "deleted_ts": old.ts, "previous_message": before}));
    Ok(json!({"channel": channel.id, "ts": old.ts}))
}

pub(super) fn permalink(workspace: &Arc<Workspace>, args: &Args) -> Result<Value, ApiError> {
    let state = workspace.state();
    let channel = known(&state, args.required("channel")?)?;
    let ts = args.required("message_ts")?;
    state.message(&channel.id, ts).ok_or_else(|| ApiError::new("message_not_found"))?;
    let permalink = format!("{}/archives/{}/p{}", workspace.base_url(), channel.id, ts.replace('.', ""));
    Ok(json!({"channel": channel.id, "permalink": permalink}))
}

/// Text, blocks and attachments of a call, checked.
fn content(workspace: &Workspace, state: &State, args: &Args, longest: usize) -> Result<NewMessage, ApiError> {
    let text = args.text("text").unwrap_or_default().to_owned();
    let blocks = args.list("blocks", "invalid_blocks_format")?.unwrap_or_default();
    let attachments = args.list("attachments", "invalid_attachments")?.unwrap_or_default();
    if text.is_empty() && blocks.is_empty() && attachments.is_empty() {
        return Err(ApiError::new("no_text"));
    }
    if text.chars().count() > longest {
        return Err(ApiError::new("msg_too_long"));
    }
    let wrong = blocks::check_message(&blocks, &attachments);
    if !wrong.is_empty() {
        return Err(ApiError::new("invalid_blocks").with_messages(wrong));
    }
    workspace.watch_mentions(&text, &blocks);
    Ok(NewMessage { user: state.bot.clone(), text, blocks, attachments, ..NewMessage::default() })
}

/// A channel the bot can see.
fn known(state: &State, id: &str) -> Result<Channel, ApiError> {
    let channel = state.channels.get(id).or_else(|| state.channel(id)).filter(|channel| state.sees(&state.bot, channel));
    channel.cloned().ok_or_else(|| ApiError::new("channel_not_found"))
}

/// A channel the bot may post to: one it is in, or with `chat:write.public` any public one. A user's id stands for the
/// direct message with them.
fn postable(workspace: &Workspace, state: &mut State, id: &str) -> Result<Channel, ApiError> {
    if state.users.contains_key(id) {
        state.direct(id);
        let channel = state.channels.values().find(|channel| channel.kind == ChannelKind::Direct(id.into()));
        return channel.cloned().ok_or_else(|| ApiError::new("channel_not_found"));
    }
    let channel = known(state, id)?;
    if channel.archived {
        return Err(ApiError::new("is_archived"));
    }
    let public = channel.kind == ChannelKind::Public && workspace.need("chat:write.public").is_ok();
    if !channel.members.contains(&state.bot) && !public {
        return Err(ApiError::new("not_in_channel"));
    }
    Ok(channel)
}

/// The bot's own message, else `foreign` as the error; ephemeral ones cannot be found.
fn own(state: &State, channel: &Channel, ts: &str, foreign: &str) -> Result<Message, ApiError> {
    let message = state.message(&channel.id, ts).filter(|message| message.only_for.is_none());
    let message = message.ok_or_else(|| ApiError::new("message_not_found"))?;
    if message.user == state.bot { Ok(message.clone()) } else { Err(ApiError::new(foreign)) }
}

/// The thread to reply in. A reply's own stamp leads to its parent, which Slack advises against.
fn thread(workspace: &Workspace, state: &State, channel: &str, args: &Args) -> Result<Option<String>, ApiError> {
    let Some(ts) = args.text("thread_ts") else { return Ok(None) };
    let parent = state.message(channel, ts).ok_or_else(|| ApiError::new("thread_not_found"))?;
    match &parent.thread_ts {
        Some(root) if root != ts => {
            workspace.violation(format!("thread_ts {ts} is a reply, use its parent {root}"));
            Ok(Some(root.clone()))
        }
        _ => Ok(Some(ts.into())),
    }
}

fn metadata(args: &Args) -> Result<Option<Value>, ApiError> {
    let Some(metadata) = args.json("metadata", "invalid_metadata_format")? else { return Ok(None) };
    match metadata.as_object() {
        Some(fields) if fields.is_empty() => Ok(None),
        Some(_) if metadata["event_type"].is_string() && metadata["event_payload"].is_object() => Ok(Some(metadata)),
        _ => Err(ApiError::new("invalid_metadata_format")),
    }
}

/// Refuses a second message into a channel within a second, where that was asked for.
fn limited(workspace: &Workspace, channel: &str) -> Result<(), ApiError> {
    if !workspace.faults().one_message_a_second {
        return Ok(());
    }
    let last = workspace.journal().last_post(channel);
    match last {
        Some(last) if last.duration_until(workspace.now()).as_millis() < 1_000 => Err(ApiError::rate_limited(1)),
        _ => Ok(()),
    }
}
