//! The guild as the page shows it to one person, in the shape of the Slack stand-in's `play_state`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    forms::{Form, Lines, OpenForm},
    model::{Channel, ChannelKind, Message, User, UserKind},
    state::{BOT_ID, DISCORD, EPOCH, State},
};

/// The colours of names: those of Discord's default roles.
const COLORS: [&str; 8] = ["5865f2", "3ba55d", "e67e22", "eb459e", "1abc9c", "9b59b6", "e91e63", "3498db"];

/// The answer of `GET /play/discord/state` for the user `asked`; for the first person where that is nobody of the guild.
pub(super) fn seen_by(state: &State, asked: Option<&str>, guild: &str, now: Timestamp) -> Value {
    let is_person = |id: &&str| state.users.get(*id).is_some_and(|user| user.kind == UserKind::Member);
    let first = || state.users.values().find(|user| user.kind == UserKind::Member).map(|user| user.id.as_str());
    let me = asked.filter(is_person).or_else(first).unwrap_or_default();
    let people = state.users.values().filter(|user| user.is_member() || user.id == DISCORD);
    let users: Vec<Value> = people.map(user_json).collect();
    let mut shown: Vec<&Channel> = state
        .channels
        .values()
        .filter(|channel| !matches!(channel.kind, ChannelKind::Thread { .. }) && state.sees(me, channel))
        .collect();
    shown.sort_by(|one, other| one.name.cmp(&other.name));
    let mut messages = Map::new();
    for channel in &shown {
        let here = state.messages.values().filter(|message| state.home(message) == channel.id);
        let visible = here.filter(|message| message.only_for.as_ref().is_none_or(|only| only == me));
        messages.insert(channel.id.clone(), visible.map(|message| message_json(state, message)).collect());
    }
    json!({
        "team": {"name": guild},
        "me": me,
        "users": users,
        "roles": state.roles.iter().map(|role| (role.id.clone(), Value::from(role.name.as_str()))).collect::<Map<_, _>>(),
        "channels": shown.into_iter().map(|channel| channel_json(state, channel)).collect::<Vec<_>>(),
        "messages": messages,
        "view": state.forms.get(me).map(OpenForm::shown).map(|form| form_json(&form)),
        "clock": now.to_string(),
    })
}

fn user_json(user: &User) -> Value {
    let sum: usize = user.id.bytes().chain(user.name.bytes()).map(usize::from).sum();
    json!({
        "id": user.id, "name": user.name, "real_name": user.nick.as_ref().unwrap_or(&user.real_name),
        "title": user.roles.join(", "), "color": COLORS[sum % COLORS.len()],
        "is_bot": user.kind == UserKind::Bot || user.id == DISCORD,
    })
}

fn channel_json(state: &State, channel: &Channel) -> Value {
    let (kind, members) = match &channel.kind {
        ChannelKind::Direct(with) => ("dm", vec![with.as_str(), BOT_ID]),
        _ => {
            let seen = state.users.values().filter(|user| state.sees(&user.id, channel));
            ("channel", seen.map(|user| user.id.as_str()).collect())
        }
    };
    json!({"id": channel.id, "name": channel.name, "topic": channel.topic, "members": members, "kind": kind})
}

/// The form without what was entered, which the page keeps itself: it is drawn again whenever something of this differs.
fn form_json(form: &Form) -> Value {
    let fields = form.fields.iter().map(|field| {
        json!({
            "label": field.label, "placeholder": field.placeholder, "optional": field.optional, "value": field.value,
            "many_lines": field.lines == Lines::Many,
        })
    });
    json!({"id": form.custom_id, "title": form.title, "fields": fields.collect::<Vec<_>>()})
}

/// Beside what Slack's messages have, the snowflake (`id`), `embeds` and `components` as the bot sent them, whether the bot is
/// `thinking`, the command somebody `used` to be answered so, and what it is a `reply` to.
fn message_json(state: &State, message: &Message) -> Value {
    let version = message.current();
    let asked = message.interaction.as_ref().and_then(|id| state.interactions.get(id));
    let used = asked.and_then(|asked| Some(json!({"user": asked.user, "command": asked.command.as_ref()?})));
    let origin = message.reply_to.as_ref().or_else(|| asked.and_then(|asked| asked.message.as_ref()));
    let origin = origin.filter(|id| **id != message.id).and_then(|id| state.messages.get(id));
    let reply = origin.map(|origin| json!({"user": origin.user, "ts": stamp(&origin.id), "text": origin.current().content}));
    let thread = state.channels.get(&message.channel).filter(|channel| matches!(channel.kind, ChannelKind::Thread { .. }));
    let own_thread = state.channels.get(&message.id);
    let replies = state.messages.values().filter(|reply| reply.channel == message.id && reply.only_for.is_none()).count();
    let reactions = message.reactions.iter().map(|one| {
        let name = emojis::get(&one.emoji).and_then(emojis::Emoji::shortcode).unwrap_or(&one.emoji);
        json!({"name": name, "emoji": one.emoji, "users": one.users})
    });
    let files = version.files.iter().map(|file| {
        json!({
            "id": file.id, "name": file.name, "url": format!("/play/discord/files/{}/{}", file.id, file.name),
            "mimetype": media_type(&file.name), "size": file.content.len(),
        })
    });
    json!({
        "id": message.id,
        "ts": stamp(&message.id),
        "user": message.user,
        "text": version.content,
        "embeds": version.embeds,
        "components": version.components,
        "edited": message.versions.len() > 1,
        "ephemeral": message.only_for.is_some(),
        "thinking": message.thinking,
        "used": used,
        "reply": reply,
        "thread_ts": thread.or(own_thread).map(|thread| stamp(&thread.id)),
        "thread_name": own_thread.map(|thread| &thread.name),
        "reply_count": replies,
        "reactions": reactions.collect::<Vec<_>>(),
        "files": files.collect::<Vec<_>>(),
    })
}

/// A snowflake as Slack writes time stamps, seconds and six digits; the last three tell those of a millisecond apart.
fn stamp(id: &str) -> String {
    let snowflake: i64 = id.parse().unwrap_or_default();
    let (unix, count) = ((snowflake >> 22) + EPOCH, snowflake & 0x3f_ffff);
    format!("{}.{:03}{:03}", unix / 1_000, unix % 1_000, count % 1_000)
}

pub(super) fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("csv") => "text/csv; charset=utf-8",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    }
}
