//! The workspace as the page shows it to one person.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    methods::{color, mimetype},
    model::{Channel, ChannelKind, Message, User, UserKind},
    state::{SLACKBOT, State},
    views::View,
};

/// The answer of `GET /play/state` for the user `me`.
pub(super) fn seen_by(state: &State, me: &str, team: &str, now: Timestamp) -> Value {
    let people = state.users.values().filter(|user| user.kind != UserKind::Deactivated);
    let users: Vec<Value> = people.map(user_json).collect();
    let mut shown: Vec<&Channel> = state.channels.values().filter(|channel| channel.members.iter().any(|id| id == me)).collect();
    shown.sort_by(|one, other| one.name.cmp(&other.name));
    let mut messages = Map::new();
    let mut channels = Vec::new();
    for channel in shown {
        let visible: Vec<&Message> =
            state.messages_in(&channel.id).filter(|message| message.only_for.as_ref().is_none_or(|only| only == me)).collect();
        let own = visible.iter().rposition(|message| message.user == me).map_or(0, |at| at + 1);
        channels.push(json!({
            "id": channel.id, "name": channel.name, "topic": channel.topic, "members": channel.members,
            "kind": if matches!(channel.kind, ChannelKind::Direct(_)) { "dm" } else { "channel" },
            "unread": visible.len() - own,
        }));
        messages.insert(channel.id.clone(), visible.into_iter().map(|message| message_json(state, message)).collect());
    }
    let view = state.forms.get(me).and_then(|forms| forms.last());
    json!({
        "team": {"name": team},
        "me": me,
        "users": users,
        "channels": channels,
        "messages": messages,
        "view": view.map(view_json),
        "clock": now.to_string(),
    })
}

/// The form without what was entered, which the page keeps itself, and without what people do not see: it is drawn again
/// whenever something of this differs.
fn view_json(view: &View) -> Value {
    let mut json = view.json();
    for key in ["state", "private_metadata", "hash"] {
        json.as_object_mut().map(|json| json.remove(key));
    }
    json!({"id": view.id, "view": json})
}

fn user_json(user: &User) -> Value {
    json!({
        "id": user.id, "name": user.name, "real_name": user.real_name, "title": user.title, "color": color(&user.id),
        "is_bot": user.kind == UserKind::Bot || user.id == SLACKBOT,
    })
}

fn message_json(state: &State, message: &Message) -> Value {
    let version = message.current();
    let replies = state
        .messages_in(&message.channel)
        .filter(|reply| reply.thread_ts.as_ref() == Some(&message.ts) && reply.ts != message.ts && reply.only_for.is_none());
    let reactions = message.reactions.iter().map(|one| json!({"name": one.name, "users": one.users}));
    let files = message.files.iter().filter_map(|id| state.files.get(id)).map(|file| {
        json!({
            "id": file.id, "name": file.name, "url": format!("/files/{}/{}", file.id, file.name),
            "mimetype": mimetype(&file.name), "size": file.content.as_ref().map_or(0, Vec::len),
        })
    });
    json!({
        "ts": message.ts,
        "user": message.user,
        "text": version.text,
        "blocks": version.blocks,
        "edited": message.versions.len() > 1,
        "ephemeral": message.only_for.is_some(),
        "thread_ts": message.thread_ts,
        "reply_count": replies.count(),
        "reactions": reactions.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
    })
}
