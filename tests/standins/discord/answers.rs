//! Putting messages somewhere, changing them, taking them away: what REST's methods and the answers to interactions share.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    Guild,
    errors::ApiError,
    events, json,
    mentions::pings,
    model::{File, Message, Version},
    request::Upload,
    state::{BOT_ID, State},
};

/// Everything needed to put a message somewhere.
#[derive(Default)]
pub(super) struct NewMessage {
    pub(super) channel: String,
    /// Empty for the bot.
    pub(super) user: String,
    pub(super) content: String,
    pub(super) embeds: Vec<Value>,
    pub(super) components: Vec<Value>,
    pub(super) files: Vec<Upload>,
    pub(super) allowed_mentions: Option<Value>,
    pub(super) nonce: Option<Value>,
    pub(super) reply_to: Option<String>,
    pub(super) only_for: Option<String>,
    pub(super) interaction: Option<String>,
    pub(super) thinking: bool,
}

impl NewMessage {
    /// What a body of the bot says.
    pub(super) fn of(body: &Value, files: &[Upload]) -> Self {
        let list = |key: &str| body[key].as_array().cloned().unwrap_or_default();
        Self {
            content: body["content"].as_str().unwrap_or_default().trim().into(),
            embeds: list("embeds"),
            components: list("components"),
            files: named(body, files),
            allowed_mentions: Some(body["allowed_mentions"].clone()).filter(Value::is_object),
            nonce: Some(body["nonce"].clone()).filter(|nonce| !nonce.is_null()),
            ..Self::default()
        }
    }
}

/// Files under the names that `attachments` gives them, whose ids are the numbers of their parts.
fn named(body: &Value, files: &[Upload]) -> Vec<Upload> {
    let attachments = body["attachments"].as_array();
    let name = |file: &Upload| {
        let is_its = |one: &&Value| match &one["id"] {
            Value::String(id) => *id == file.index,
            id => id.as_u64().zip(file.index.parse().ok()).is_some_and(|(id, index): (u64, u64)| id == index),
        };
        attachments?.iter().find(is_its)?["filename"].as_str().map(str::to_owned)
    };
    files.iter().map(|file| Upload { name: name(file).unwrap_or_else(|| file.name.clone()), ..file.clone() }).collect()
}

/// Whether there is nothing in a message, which Discord refuses.
pub(super) fn is_empty(body: &Value, files: &[Upload]) -> bool {
    let none = |key: &str| body[key].as_array().is_none_or(Vec::is_empty);
    let silent = body["content"].as_str().is_none_or(|text| text.trim().is_empty());
    silent && files.is_empty() && ["embeds", "components", "sticker_ids"].into_iter().all(none)
}

impl State {
    /// Puts a message into a channel and returns it.
    pub(super) fn post(&mut self, new: NewMessage, now: Timestamp) -> Message {
        let id = self.snowflake(now);
        let by_bot = new.user.is_empty() || new.user == BOT_ID;
        let mut pings = if by_bot { pings(self, &new.content, new.allowed_mentions.as_ref()) } else { Default::default() };
        let rings = new.allowed_mentions.as_ref().is_none_or(|allowed| allowed["replied_user"] == true);
        let replied = new.reply_to.as_deref().and_then(|id| self.messages.get(id)).filter(|_| by_bot && rings);
        if let Some(author) = replied.and_then(|message| self.users.get(&message.user)) {
            pings.people.push(author.name.clone());
        }
        let version = Version {
            files: self.kept(&new.files, now),
            content: new.content,
            embeds: new.embeds,
            components: new.components,
            at: now,
            read: false,
        };
        let message = Message {
            channel: new.channel,
            id,
            user: if by_bot { BOT_ID.into() } else { new.user },
            reply_to: new.reply_to,
            versions: vec![version],
            only_for: new.only_for,
            reactions: Vec::new(),
            nonce: new.nonce,
            pings,
            thinking: new.thinking,
            interaction: new.interaction,
            plain: String::new(),
        };
        self.keep(message.clone());
        self.rendered(message, now)
    }

    fn kept(&mut self, files: &[Upload], now: Timestamp) -> Vec<File> {
        let kept =
            files.iter().map(|file| File { id: self.snowflake(now), name: file.name.clone(), content: file.content.clone() });
        kept.collect()
    }

    /// The version that comes of an edit: what it leaves out stays; `attachments` names the files that stay.
    fn edited(&mut self, before: &Version, body: &Value, files: &[Upload], now: Timestamp) -> Version {
        let list = |key: &str, old: &Vec<Value>| match &body[key] {
            Value::Array(list) => list.clone(),
            Value::Null if body.get(key).is_some() => Vec::new(),
            _ => old.clone(),
        };
        let mut version = before.clone();
        match &body["content"] {
            Value::String(content) => version.content = content.trim().into(),
            Value::Null if body.get("content").is_some() => version.content = String::new(),
            _ => {}
        }
        version.embeds = list("embeds", &before.embeds);
        version.components = list("components", &before.components);
        if let Some(stay) = body["attachments"].as_array() {
            version.files.retain(|file| stay.iter().any(|one| one["id"] == file.id.as_str()));
        }
        version.files.extend(self.kept(&named(body, files), now));
        version.at = now;
        version.read = false;
        version
    }
}

impl Guild {
    /// Notes what breaks Discord's limits, and keys it does not know; passes the refusal on.
    pub(super) fn judge(&self, verdict: (Result<(), ApiError>, Vec<String>), what: &str) -> Result<(), ApiError> {
        let (result, unknown) = verdict;
        if !unknown.is_empty() {
            self.violation(format!("{what} has keys Discord does not know: {}", unknown.join(", ")));
        }
        result
    }

    /// Edits a message of the bot; a thinking one becomes what it was waiting for. Gives the message as JSON.
    pub(super) fn edit_message(&self, id: &str, body: &Value, files: &[Upload]) -> Result<Value, ApiError> {
        let now = self.now();
        let (json, event) = {
            let mut state = self.state();
            let message = state.messages.get(id).cloned().ok_or_else(|| ApiError::of(10008))?;
            let version = state.edited(message.current(), body, files, now);
            let bare = version.content.is_empty() && version.embeds.is_empty();
            if bare && version.files.is_empty() && version.components.is_empty() {
                return Err(ApiError::of(50006));
            }
            let answered = message.thinking;
            let allowed = Some(&body["allowed_mentions"]).filter(|allowed| allowed.is_object());
            let rung = answered.then(|| pings(&state, &version.content, allowed));
            let stored = state.messages.get_mut(id).ok_or_else(|| ApiError::of(10008))?;
            if let Some(rung) = rung {
                (stored.versions, stored.thinking, stored.pings) = (Vec::new(), false, rung);
            }
            stored.versions.push(version);
            let message = stored.clone();
            let kind = if answered { "MESSAGE_CREATE" } else { "MESSAGE_UPDATE" };
            (json::message(&state, &message), events::message(kind, &state, &message))
        };
        self.dispatch(&event);
        self.changed();
        Ok(json)
    }

    /// Takes a message away.
    pub(super) fn delete_message(&self, id: &str) {
        let event = {
            let mut state = self.state();
            let message = state.messages.remove(id);
            message.map(|message| events::message_delete(&state, &message))
        };
        if let Some(event) = event {
            self.dispatch(&event);
        }
        self.changed();
    }
}
