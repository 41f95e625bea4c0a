//! The guild's things as Discord writes them (API reference: User, Guild Member, Channel, Message objects).

use serde_json::{Map, Value, json};

use super::{
    mentions::mentioned,
    model::{Channel, ChannelKind, File, Message, Role, User, UserKind},
    state::{APPLICATION_ID, BOT_ID, DISCORD, GUILD_ID, State},
};

/// Sees and writes everywhere, reads histories, reacts, attaches files, uses commands: what a bot is usually invited with.
pub(super) const PERMISSIONS: &str = "277025770560";

/// A user.
pub(super) fn user(user: &User) -> Value {
    json!({
        "id": user.id, "username": user.name, "discriminator": "0", "global_name": user.real_name, "avatar": null,
        "bot": user.kind == UserKind::Bot, "system": user.id == DISCORD, "public_flags": 0, "flags": 0, "banner": null,
        "accent_color": null, "avatar_decoration_data": null,
    })
}

/// A member without its user, as messages carry it.
pub(super) fn partial_member(state: &State, member: &User) -> Value {
    let roles: Vec<&str> = member.roles.iter().filter_map(|name| state.role(name)).map(|role| role.id.as_str()).collect();
    json!({
        "nick": member.nick, "avatar": null, "banner": null, "roles": roles, "joined_at": "2024-01-01T00:00:00+00:00",
        "premium_since": null, "deaf": false, "mute": false, "flags": 0, "pending": member.kind == UserKind::Pending,
        "communication_disabled_until": null,
    })
}

/// A member.
pub(super) fn member(state: &State, member: &User) -> Value {
    let mut json = partial_member(state, member);
    json["user"] = user(member);
    json
}

/// A role.
pub(super) fn role(role: &Role) -> Value {
    json!({
        "id": role.id, "name": role.name, "color": 0,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "hoist": false, "icon": null, "unicode_emoji": null, "position": 1, "permissions": "0", "managed": false,
        "mentionable": true, "flags": 0,
    })
}

/// All roles, `@everyone` among them.
pub(super) fn roles(state: &State) -> Vec<Value> {
    let mut everyone = role(&Role { id: GUILD_ID.into(), name: "@everyone".into() });
    everyone["position"] = 0.into();
    std::iter::once(everyone).chain(state.roles.iter().map(role)).collect()
}

/// A channel.
pub(super) fn channel(state: &State, channel: &Channel) -> Value {
    match &channel.kind {
        ChannelKind::Text => json!({
            "id": channel.id, "type": 0, "guild_id": GUILD_ID, "name": channel.name, "position": 0, "nsfw": false,
            "permission_overwrites": [], "parent_id": null, "rate_limit_per_user": 0, "last_message_id": null, "flags": 0,
            "topic": if channel.topic.is_empty() { Value::Null } else { channel.topic.clone().into() },
        }),
        ChannelKind::Direct(user_id) => json!({
            "id": channel.id, "type": 1, "last_message_id": null, "flags": 0,
            "recipients": state.users.get(user_id).map(user).into_iter().collect::<Vec<_>>(),
        }),
        ChannelKind::Thread { parent } => json!({
            "id": channel.id, "type": 11, "guild_id": GUILD_ID, "name": channel.name, "parent_id": parent, "owner_id": BOT_ID,
            "message_count": 0, "total_message_sent": 0, "member_count": 1, "rate_limit_per_user": 0, "last_message_id": null,
            "flags": 0,
            "thread_metadata": {
                "archived": channel.archived, "auto_archive_duration": 1440, "locked": false,
                "archive_timestamp": "2026-01-01T00:00:00+00:00", "create_timestamp": "2026-01-01T00:00:00+00:00",
            },
        }),
    }
}

/// What a guild is without anything in it.
pub(super) fn guild(state: &State, name: &str) -> Value {
    json!({
        "id": GUILD_ID, "name": name, "icon": null, "icon_hash": null, "splash": null, "discovery_splash": null,
        "owner_id": DISCORD, "afk_channel_id": null, "afk_timeout": 300, "verification_level": 0,
        "default_message_notifications": 1, "explicit_content_filter": 0, "roles": roles(state), "emojis": [],
        "features": [], "mfa_level": 0, "application_id": null, "system_channel_id": null, "system_channel_flags": 0,
        "rules_channel_id": null, "vanity_url_code": null, "description": null, "banner": null, "premium_tier": 0,
        "premium_subscription_count": 0, "preferred_locale": "en-US", "public_updates_channel_id": null, "nsfw_level": 0,
        "stickers": [], "premium_progress_bar_enabled": false, "safety_alerts_channel_id": null, "incidents_data": null,
    })
}

/// The `d` of a `GUILD_CREATE`: of the members only the bot, as without the members intent.
pub(super) fn guild_create(state: &State, name: &str) -> Value {
    let mut json = guild(state, name);
    let of = |wanted: fn(&ChannelKind) -> bool| {
        let channels = state.channels.values().filter(move |one| wanted(&one.kind));
        channels.map(|one| channel(state, one)).collect::<Vec<_>>()
    };
    let more = json!({
        "joined_at": "2024-01-01T00:00:00+00:00", "large": false, "unavailable": false,
        "member_count": state.users.values().filter(|user| user.is_member()).count(),
        "voice_states": [], "members": state.users.get(BOT_ID).map(|bot| member(state, bot)).into_iter().collect::<Vec<_>>(),
        "channels": of(|kind| *kind == ChannelKind::Text), "threads": of(|kind| matches!(kind, ChannelKind::Thread { .. })),
        "presences": [], "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
    });
    merge(&mut json, more);
    json
}

/// A message as REST answers with it.
pub(super) fn message(state: &State, message: &Message) -> Value {
    let version = message.current();
    let users = mentioned(&version.content, "@");
    let edited = (message.versions.len() > 1).then(|| version.at.to_string());
    let mut flags = if message.only_for.is_some() { 1 << 6 } else { 0 };
    if message.thinking {
        flags |= 1 << 7;
    }
    let mut json = json!({
        "id": message.id, "channel_id": message.channel, "type": kind(message),
        "author": state.users.get(&message.user).map(user), "content": version.content,
        "timestamp": message.versions[0].at.to_string(), "edited_timestamp": edited, "tts": false,
        "mention_everyone": message.pings.everyone,
        "mentions": users.iter().filter_map(|id| state.users.get(id)).map(user).collect::<Vec<_>>(),
        "mention_roles": mentioned(&version.content, "@&"),
        "attachments": version.files.iter().map(|file| attachment(message, file)).collect::<Vec<_>>(),
        "embeds": version.embeds, "components": version.components, "pinned": false, "flags": flags,
    });
    if !message.reactions.is_empty() {
        let reactions = message.reactions.iter().map(|reaction| {
            json!({
                "count": reaction.users.len(), "me": reaction.users.iter().any(|id| id == BOT_ID), "me_burst": false,
                "count_details": {"burst": 0, "normal": reaction.users.len()}, "burst_colors": [],
                "emoji": {"id": reaction.custom, "name": reaction.emoji},
            })
        });
        json["reactions"] = reactions.collect();
    }
    if let Some(nonce) = &message.nonce {
        json["nonce"] = nonce.clone();
    }
    if let Some(replied) = &message.reply_to {
        json["message_reference"] = json!({"type": 0, "message_id": replied, "channel_id": message.channel});
        if state.channels.get(&message.channel).is_some_and(|channel| !matches!(channel.kind, ChannelKind::Direct(_))) {
            json["message_reference"]["guild_id"] = GUILD_ID.into();
        }
    }
    if message.interaction.is_some() {
        json["application_id"] = APPLICATION_ID.into();
        json["webhook_id"] = APPLICATION_ID.into();
    }
    if let Some(thread) = state.channels.get(&message.id) {
        json["thread"] = channel(state, thread);
    }
    json
}

fn kind(message: &Message) -> u8 {
    match (&message.interaction, &message.reply_to) {
        (Some(_), _) => 20,
        (None, Some(_)) => 19,
        (None, None) => 0,
    }
}

fn attachment(message: &Message, file: &File) -> Value {
    let url = format!("https://cdn.discordapp.com/attachments/{}/{}/{}", message.channel, file.id, file.name);
    json!({
        "id": file.id, "filename": file.name, "size": file.content.len(), "url": url,
        "proxy_url": url.replace("cdn.discordapp.com", "media.discordapp.net"), "content_type": "text/plain; charset=utf-8",
    })
}

/// Puts the members of `more` into `object`.
pub(super) fn merge(object: &mut Value, more: Value) {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
}

/// A JSON object without the members that are null.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, member)| !member.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}
