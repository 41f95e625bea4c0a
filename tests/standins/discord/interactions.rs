//! Interactions: what the bot is told, and what is left of the time to answer (Discord "Receiving and Responding").

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    json,
    model::ChannelKind,
    state::{APPLICATION_ID, GUILD_ID, State},
};

/// How long a token can be used, by the stand-in's clock.
pub(super) const TOKEN: SignedDuration = SignedDuration::from_mins(15);

/// What sort of interaction this is, by Discord's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Command = 2,
    Component = 3,
    Autocomplete = 4,
    Modal = 5,
}

/// How far the first answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    /// The time for it is over; the person was told that there is none.
    Late,
    Answered,
}

/// An interaction.
pub(super) struct Interaction {
    pub(super) kind: Kind,
    pub(super) token: String,
    pub(super) user: String,
    pub(super) channel: String,
    /// The command's words, such as `rds list`, where it is one.
    pub(super) command: Option<String>,
    /// The message whose component it is, also for a form that was opened from there.
    pub(super) message: Option<String>,
    pub(super) created: Timestamp,
    pub(super) stage: Stage,
    /// The first answer.
    pub(super) first: Option<Value>,
    /// What `@original` is.
    pub(super) original: Option<String>,
    /// Where the callback goes; taken with the first answer.
    pub(super) answered: Option<oneshot::Sender<Value>>,
}

/// What somebody does that is an interaction.
pub(super) struct Act<'a> {
    pub(super) kind: Kind,
    pub(super) user: &'a str,
    pub(super) channel: &'a str,
    pub(super) message: Option<&'a str>,
    pub(super) data: Value,
}

impl State {
    /// Begins an interaction; gives its id and the `d` of its event.
    pub(super) fn begin(&mut self, act: Act<'_>, now: Timestamp, answered: oneshot::Sender<Value>) -> (String, Value) {
        let id = self.snowflake(now);
        let token = format!("aW50ZXJhY3Rpb246{id}{}", "x".repeat(140));
        let payload = self.payload(&act, &id, &token);
        let interaction = Interaction {
            kind: act.kind,
            token,
            user: act.user.into(),
            channel: act.channel.into(),
            command: (act.kind == Kind::Command).then(|| words(&act.data)),
            message: act.message.map(str::to_owned),
            created: now,
            stage: Stage::Waiting,
            first: None,
            original: None,
            answered: Some(answered),
        };
        self.interactions.insert(id.clone(), interaction);
        (id, payload)
    }

    fn payload(&self, act: &Act<'_>, id: &str, token: &str) -> Value {
        let channel = self.channels.get(act.channel);
        let direct = channel.is_some_and(|channel| matches!(channel.kind, ChannelKind::Direct(_)));
        let mut payload = json!({
            "id": id, "application_id": APPLICATION_ID, "type": act.kind as u8, "data": act.data, "channel_id": act.channel,
            "token": token, "version": 1, "app_permissions": json::PERMISSIONS, "locale": "en-US", "entitlements": [],
            "context": if direct { 1 } else { 0 }, "attachment_size_limit": 10_485_760,
            "authorizing_integration_owners": {"0": if direct { "0" } else { GUILD_ID }},
        });
        if let Some(channel) = channel {
            payload["channel"] = json::channel(self, channel);
            payload["channel"]["permissions"] = json::PERMISSIONS.into();
        }
        let Some(user) = self.users.get(act.user) else { return payload };
        if direct {
            payload["user"] = json::user(user);
        } else {
            let mut member = json::member(self, user);
            member["permissions"] = json::PERMISSIONS.into();
            let guild = json!({"id": GUILD_ID, "locale": "en-US", "features": []});
            json::merge(&mut payload, json!({"member": member, "guild_id": GUILD_ID, "guild_locale": "en-US", "guild": guild}));
        }
        if let Some(message) = act.message.and_then(|id| self.messages.get(id)) {
            payload["message"] = json::message(self, message);
        }
        payload
    }

    /// The interaction a token belongs to.
    pub(super) fn by_token(&self, token: &str) -> Option<(&String, &Interaction)> {
        self.interactions.iter().find(|(_, interaction)| interaction.token == token)
    }
}

/// The words of a command: its name, and on the way down its groups and subcommands.
fn words(data: &Value) -> String {
    let mut words = vec![data["name"].as_str().unwrap_or_default()];
    let mut at = &data["options"][0];
    while matches!(at["type"].as_u64(), Some(1 | 2)) {
        words.push(at["name"].as_str().unwrap_or_default());
        at = &at["options"][0];
    }
    words.join(" ")
}
