//! Bringing messages to where they belong, and finding them again.

use std::sync::PoisonError;

use commands::message::Message;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::api::Fault;
use super::render::{Rendered, render};
use super::way::Way;
use super::{NAME, REMEMBERED, Slack};
use crate::platform::{Handle, MessageRef, Target};

/// The type of the metadata that carries a message's slot.
const METADATA: &str = "watchkeeper";
/// How far Slack's clock and ours may differ when a message is looked for.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// What Slack answers where somebody is not in a channel, or the bot is not.
const NOT_THERE: &[&str] =
    &["channel_not_found", "not_in_channel", "user_not_in_channel", "is_archived", "restricted_action", "messages_tab_disabled"];

/// One person where they asked.
pub(super) struct Ear<'a> {
    pub(super) channel: &'a str,
    pub(super) account: &'a str,
    pub(super) handle: Option<&'a Handle>,
}

impl Slack {
    /// Posts into a channel or a thread, its files first. One that is tried again may bring its files twice.
    pub(super) async fn post_in(
        &self,
        channel: &str,
        thread: Option<&str>,
        message: &Message,
        slot: &str,
    ) -> Result<MessageRef, Fault> {
        let files = self.upload(message).await?;
        if !files.is_empty() {
            self.share(&files, &self.channel_id(channel).await?, thread).await?;
        }
        let mut body = self.body(message);
        body["channel"] = channel.into();
        body["unfurl_links"] = false.into();
        body["unfurl_media"] = false.into();
        if let Some(thread) = thread {
            body["thread_ts"] = thread.into();
        }
        if !slot.is_empty() {
            body["metadata"] = json!({ "event_type": METADATA, "event_payload": { "slot": slot } });
        }
        let answer = self.api.call("chat.postMessage", &body).await?;
        let at = reference(answer["channel"].as_str().unwrap_or(channel), &answer["ts"]);
        self.remember(channel, &at.channel);
        Ok(at)
    }

    /// Posts to one person directly.
    pub(super) async fn post_direct(&self, account: &str, message: &Message, slot: &str) -> Result<MessageRef, Fault> {
        let channel = self.direct(account).await?;
        self.post_in(&channel, None, message, slot).await
    }

    /// Answers one person where they asked. Files can only be shown to them alone in their direct messages.
    pub(super) async fn post_only(&self, ear: Ear<'_>, message: &Message) -> Result<MessageRef, Fault> {
        let files = self.upload(message).await?;
        if files.is_empty() {
            return self.whisper(&ear, self.body(message)).await;
        }
        self.share(&files, &self.direct(ear.account).await?, None).await?;
        let message = message.clone().note("Only you may see it, so the file is in our direct messages.");
        self.whisper(&ear, self.body(&message)).await
    }

    /// Through the `response_url` while it works, else unseen by others in the channel, else directly.
    async fn whisper(&self, ear: &Ear<'_>, mut body: Value) -> Result<MessageRef, Fault> {
        let way = Way::of(ear.handle, self.clock.now());
        if let Some(thread) = &way.thread {
            body["thread_ts"] = thread.as_str().into();
        }
        if let Some(url) = &way.url {
            match self.api.respond(url, &response(body.clone(), ear)).await {
                Ok(()) => return Ok(reference(ear.channel, &Value::Null)),
                Err(Fault::Refused { code, .. }) => tracing::debug!(code, "a response_url no longer works"),
                Err(fault) => return Err(fault),
            }
        }
        let mut ephemeral = body.clone();
        ephemeral["channel"] = ear.channel.into();
        ephemeral["user"] = ear.account.into();
        match self.api.call("chat.postEphemeral", &ephemeral).await {
            Ok(answer) => Ok(reference(ear.channel, &answer["message_ts"])),
            Err(fault) if fault.is(NOT_THERE) => {
                let direct = self.direct(ear.account).await?;
                let body = json!({ "channel": direct, "text": body["text"], "blocks": body["blocks"] });
                let answer = self.api.call("chat.postMessage", &body).await?;
                Ok(reference(&direct, &answer["ts"]))
            }
            Err(fault) => Err(fault),
        }
    }

    /// A message as the fields that every method which posts shares.
    pub(super) fn body(&self, message: &Message) -> Value {
        let Rendered { text, blocks } = render(message, self.names.as_ref());
        json!({ "text": text, "blocks": blocks })
    }

    /// The direct message channel with an account.
    async fn direct(&self, account: &str) -> Result<String, Fault> {
        const METHOD: &str = "conversations.open";
        if let Some(channel) = self.remembered(account) {
            return Ok(channel);
        }
        let answer = self.api.call(METHOD, &json!({ "users": account })).await?;
        let no_channel = || Fault::Lost { method: METHOD, cause: "no channel in the answer".to_owned() };
        let channel = answer["channel"]["id"].as_str().ok_or_else(no_channel)?;
        self.remember(account, channel);
        Ok(channel.to_owned())
    }

    /// The id of a channel that may be written as `#name`: `chat.postMessage` takes names, methods that read do not.
    async fn channel_id(&self, channel: &str) -> Result<String, Fault> {
        const METHOD: &str = "conversations.list";
        let Some(name) = channel.strip_prefix('#') else { return Ok(channel.to_owned()) };
        if let Some(id) = self.remembered(channel) {
            return Ok(id);
        }
        let mut cursor = String::new();
        loop {
            let types = "public_channel,private_channel".to_owned();
            let mut params = vec![("types", types), ("exclude_archived", "true".to_owned()), ("limit", "1000".to_owned())];
            if !cursor.is_empty() {
                params.push(("cursor", cursor));
            }
            let answer = self.api.ask(METHOD, &params).await?;
            let found = answer["channels"].as_array().into_iter().flatten().find(|one| one["name"] == name);
            if let Some(id) = found.and_then(|one| one["id"].as_str()) {
                self.remember(channel, id);
                return Ok(id.to_owned());
            }
            cursor = answer["response_metadata"]["next_cursor"].as_str().unwrap_or_default().to_owned();
            if cursor.is_empty() {
                return Err(Fault::Refused { method: METHOD, code: "channel_not_found".to_owned() });
            }
        }
    }

    /// The id of the channel that an account or `#name` stands for, where it is known.
    fn remembered(&self, name: &str) -> Option<String> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn remember(&self, name: &str, channel: &str) {
        if name == channel {
            return;
        }
        let mut known = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(name.to_owned(), channel.to_owned());
    }

    /// Looks for a message of ours with this slot. What only one person sees is in no history.
    pub(super) async fn look_for(&self, target: &Target, slot: &str, since: Timestamp) -> Result<Option<MessageRef>, Fault> {
        let (channel, thread) = match target {
            Target::Channel { channel, thread } | Target::Shared { channel, thread, .. } => {
                (self.channel_id(channel).await?, thread.as_ref())
            }
            Target::Direct { account } => (self.direct(account).await?, None),
            Target::Only { .. } => return Ok(None),
        };
        let oldest = since.checked_sub(SKEW).unwrap_or(Timestamp::MIN).as_second().max(0);
        let mut params = vec![
            ("channel", channel.clone()),
            ("oldest", oldest.to_string()),
            ("inclusive", "true".to_owned()),
            ("include_all_metadata", "true".to_owned()),
            ("limit", "200".to_owned()),
        ];
        let method = match thread {
            Some(thread) => {
                params.push(("ts", thread.clone()));
                "conversations.replies"
            }
            None => "conversations.history",
        };
        let ours = |message: &&Value| {
            let metadata = &message["metadata"];
            metadata["event_type"] == METADATA && metadata["event_payload"]["slot"] == slot
        };
        let first = params.len();
        loop {
            let answer = self.api.ask(method, &params).await?;
            if let Some(message) = answer["messages"].as_array().into_iter().flatten().find(ours) {
                return Ok(Some(reference(&channel, &message["ts"])));
            }
            let cursor = answer["response_metadata"]["next_cursor"].as_str().unwrap_or_default();
            if cursor.is_empty() {
                return Ok(None);
            }
            params.truncate(first);
            params.push(("cursor", cursor.to_owned()));
        }
    }
}

/// What a `response_url` takes.
fn response(mut body: Value, ear: &Ear<'_>) -> Value {
    let replaces = ear.handle.is_some_and(|handle| handle.replaces);
    body["replace_original"] = replaces.into();
    if !replaces {
        body["response_type"] = "ephemeral".into();
    }
    body
}

/// A message's reference. What was said through a `response_url` has no id: `message` is empty then.
fn reference(channel: &str, ts: &Value) -> MessageRef {
    let message = ts.as_str().unwrap_or_default().to_owned();
    MessageRef { platform: NAME.to_owned(), channel: channel.to_owned(), message }
}
