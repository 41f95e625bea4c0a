//! What the gateway tells: which events there are, which intent they need, and what they hold back.

use serde_json::{Value, json};

use super::{
    Guild, json,
    mentions::mentioned,
    model::{BotAccess, ChannelKind, Message, Reaction},
    state::{BOT_ID, GUILD_ID, State},
};

/// Bits of `intents` (Discord "Gateway Intents").
pub(super) mod intent {
    /// Guilds, channels, threads, roles.
    pub(in super::super) const GUILDS: u64 = 1;
    /// Members; privileged.
    pub(in super::super) const GUILD_MEMBERS: u64 = 1 << 1;
    /// Messages in the guild.
    pub(in super::super) const GUILD_MESSAGES: u64 = 1 << 9;
    /// Reactions in the guild.
    pub(in super::super) const GUILD_MESSAGE_REACTIONS: u64 = 1 << 10;
    /// Direct messages.
    pub(in super::super) const DIRECT_MESSAGES: u64 = 1 << 12;
    /// Reactions in direct messages.
    pub(in super::super) const DIRECT_MESSAGE_REACTIONS: u64 = 1 << 13;
    /// What people write; privileged.
    pub(in super::super) const MESSAGE_CONTENT: u64 = 1 << 15;
    /// Members, presences, contents: these must be switched on for the application.
    pub(in super::super) const PRIVILEGED: u64 = GUILD_MEMBERS | 1 << 8 | MESSAGE_CONTENT;
    /// All there are.
    pub(in super::super) const KNOWN: u64 = 0x1_ffff | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);
}

/// Something to tell.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) kind: String,
    pub(super) data: Value,
    /// The same without what people wrote, for sessions that may not read it.
    pub(super) redacted: Option<Value>,
    /// The intent it needs; 0 for none.
    pub(super) intent: u64,
    /// Whether it is of a guild, else of a direct message, which the first shard is told.
    pub(super) of_guild: bool,
}

/// Whether a reaction came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Added,
    Removed,
}

/// Somebody's reaction.
pub(super) struct Reacted<'a> {
    pub(super) way: Way,
    pub(super) user: &'a str,
    pub(super) message: &'a str,
    pub(super) emoji: &'a str,
    pub(super) custom: Option<&'a str>,
}

fn is_direct(state: &State, channel: &str) -> bool {
    state.channels.get(channel).is_some_and(|channel| matches!(channel.kind, ChannelKind::Direct(_)))
}

/// Messages for one person alone, and those in channels the bot does not see, are told to nobody.
fn is_hidden(state: &State, message: &Message) -> bool {
    let channel = state.channels.get(&message.channel);
    message.only_for.is_some() || channel.is_none_or(|channel| state.bot_access(channel) == BotAccess::None)
}

/// An event about a message: it was posted or edited.
pub(super) fn message(kind: &str, state: &State, message: &Message) -> Event {
    let direct = is_direct(state, &message.channel);
    let mut data = json::message(state, message);
    if !direct {
        data["guild_id"] = GUILD_ID.into();
        if let Some(author) = state.users.get(&message.user).filter(|user| user.is_member()) {
            data["member"] = json::partial_member(state, author);
        }
    }
    let mut redacted = data.clone();
    without_content(state, message, &mut redacted);
    let needed = if direct { intent::DIRECT_MESSAGES } else { intent::GUILD_MESSAGES };
    let intent = if is_hidden(state, message) || message.thinking { NOBODY } else { needed };
    Event { kind: kind.into(), data, redacted: Some(redacted), intent, of_guild: !direct }
}

/// No session has this intent.
const NOBODY: u64 = 1 << 63;

/// Takes away what the bot may not read: the words of people who neither mention it nor write to it directly.
pub(super) fn without_content(state: &State, message: &Message, json: &mut Value) {
    let mentions = mentioned(&message.current().content, "@").iter().any(|id| id == BOT_ID);
    if message.user == BOT_ID || mentions || is_direct(state, &message.channel) {
        return;
    }
    json::merge(json, json!({"content": "", "embeds": [], "attachments": [], "components": []}));
}

/// A message was taken away.
pub(super) fn message_delete(state: &State, message: &Message) -> Event {
    let direct = is_direct(state, &message.channel);
    let mut data = json!({"id": message.id, "channel_id": message.channel});
    if !direct {
        data["guild_id"] = GUILD_ID.into();
    }
    let needed = if direct { intent::DIRECT_MESSAGES } else { intent::GUILD_MESSAGES };
    let intent = if is_hidden(state, message) { NOBODY } else { needed };
    Event { kind: "MESSAGE_DELETE".into(), data, redacted: None, intent, of_guild: !direct }
}

/// A thread was made.
pub(super) fn thread_create(mut data: Value) -> Event {
    data["newly_created"] = true.into();
    Event { kind: "THREAD_CREATE".into(), data, redacted: None, intent: intent::GUILDS, of_guild: true }
}

/// Roles or name of a member are others now.
pub(super) fn member_update(state: &State, user: &str) -> Event {
    let mut data = state.users.get(user).map(|user| json::member(state, user)).unwrap_or_default();
    data["guild_id"] = GUILD_ID.into();
    Event { kind: "GUILD_MEMBER_UPDATE".into(), data, redacted: None, intent: intent::GUILD_MEMBERS, of_guild: true }
}

/// An interaction; no intent is needed.
pub(super) fn interaction(data: Value) -> Event {
    let of_guild = data["guild_id"].is_string();
    Event { kind: "INTERACTION_CREATE".into(), data, redacted: None, intent: 0, of_guild }
}

/// All reactions of a message went (`emoji` none), or all of one emoji.
pub(super) fn reactions_gone(state: &State, message: &Message, emoji: Option<&str>) -> Event {
    let mut event = about_reaction(state, message);
    event.kind = "MESSAGE_REACTION_REMOVE_ALL".into();
    if let Some(emoji) = emoji {
        event.kind = "MESSAGE_REACTION_REMOVE_EMOJI".into();
        event.data["emoji"] = json!({"id": null, "name": emoji});
    }
    event
}

fn about_reaction(state: &State, message: &Message) -> Event {
    let direct = is_direct(state, &message.channel);
    let mut data = json!({"channel_id": message.channel, "message_id": message.id});
    if !direct {
        data["guild_id"] = GUILD_ID.into();
    }
    let needed = if direct { intent::DIRECT_MESSAGE_REACTIONS } else { intent::GUILD_MESSAGE_REACTIONS };
    let intent = if is_hidden(state, message) { NOBODY } else { needed };
    Event { kind: "".into(), data, redacted: None, intent, of_guild: !direct }
}

impl Guild {
    /// Puts a reaction on a message or takes it away; the event of it, if it was not so before.
    pub(super) fn set_reaction(&self, reacted: &Reacted<'_>) -> Option<Event> {
        let mut state = self.state();
        let message = state.messages.get_mut(reacted.message)?;
        let at = message.reactions.iter().position(|reaction| reaction.emoji == reacted.emoji);
        let mine = at.is_some_and(|at| message.reactions[at].users.iter().any(|id| id == reacted.user));
        if mine == (reacted.way == Way::Added) {
            return None;
        }
        match (reacted.way, at) {
            (Way::Added, Some(at)) => message.reactions[at].users.push(reacted.user.into()),
            (Way::Added, None) => {
                let (emoji, custom) = (reacted.emoji.to_owned(), reacted.custom.map(str::to_owned));
                message.reactions.push(Reaction { emoji, custom, users: vec![reacted.user.into()] });
            }
            (Way::Removed, at) => {
                let at = at?;
                message.reactions[at].users.retain(|id| id != reacted.user);
                message.reactions.retain(|reaction| !reaction.users.is_empty());
            }
        }
        let message = message.clone();
        let mut event = about_reaction(&state, &message);
        let more = json!({
            "user_id": reacted.user, "emoji": {"id": reacted.custom, "name": reacted.emoji}, "burst": false, "type": 0,
        });
        json::merge(&mut event.data, more);
        event.kind = "MESSAGE_REACTION_REMOVE".into();
        if reacted.way == Way::Added {
            event.kind = "MESSAGE_REACTION_ADD".into();
            event.data["message_author_id"] = message.user.into();
            if let Some(member) = state.users.get(reacted.user).filter(|user| event.of_guild && user.is_member()) {
                event.data["member"] = json::member(&state, member);
            }
        }
        Some(event)
    }
}
