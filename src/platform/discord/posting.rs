//! Bringing messages to where they belong, and finding them again.

use std::sync::PoisonError;

use axum::http::Method;
use commands::message::Message;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::api::{Fault, codes};
use super::render::{Rendered, render};
use super::way::Way;
use super::{Discord, NAME, buttons, escape, files, marker};
use crate::platform::{Handle, MessageRef, Target};

/// Ids of channels that are remembered.
const REMEMBERED: usize = 10_000;
/// How far Discord's clock and ours may differ when a message is looked for.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// Messages a look reads at once.
const PAGE: usize = 100;
/// Discord's ids count milliseconds from the first of January 2015.
const EPOCH: i64 = 1_420_070_400_000;
/// A message that only the person sees who asked.
pub(super) const EPHEMERAL: u64 = 1 << 6;
/// What says that an interaction can't be answered through its token any more.
const ENDED: &[u64] = &[codes::NO_WEBHOOK, codes::NO_INTERACTION, codes::NO_TOKEN];
/// What those read who can't be written to.
const CLOSED_DOOR: &str =
    "I can't write to you directly: allow direct messages from this server in your privacy settings, then ask again.";

/// One person where they asked.
#[derive(Clone, Copy)]
pub(super) struct Ear<'a> {
    pub(super) channel: &'a str,
    pub(super) account: &'a str,
    pub(super) handle: Option<&'a Handle>,
}

impl Discord {
    /// A message as the fields that everything which posts or edits shares. An edit takes away what is empty.
    pub(super) async fn body(&self, message: &Message) -> Result<Value, Fault> {
        let kept = buttons::components(message, self.shelf.as_ref()).await;
        let (components, left_out) = kept.map_err(|cause| Fault::odd("keeping the command of a button", &cause.to_string()))?;
        let Rendered { mut content, embeds, mentions } = render(message, self.names.as_ref(), left_out);
        let embeds: Vec<Value> = embeds.iter().map(|words| json!({ "description": words })).collect();
        if content.is_empty() && embeds.is_empty() && files::of(message).is_empty() {
            // Discord takes no empty message.
            content.push('–');
        }
        Ok(json!({
            "content": content,
            "embeds": embeds,
            "components": components,
            "allowed_mentions": { "parse": [], "users": mentions },
        }))
    }

    /// Posts into a channel or the thread of a message of it.
    pub(super) async fn post_in(&self, place: Place<'_>, message: &Message, slot: &str) -> Result<MessageRef, Fault> {
        let mut body = self.body(message).await?;
        if !slot.is_empty() {
            let content = format!("{}{}", body["content"].as_str().unwrap_or_default(), marker::marker(slot));
            body["content"] = content.into();
            body["nonce"] = marker::nonce(slot).into();
            body["enforce_nonce"] = true.into();
        }
        let was_known = self.remembered(place.channel).is_some();
        let mut posted = self.place(place, &body, message).await;
        if posted.as_ref().is_err_and(|fault| fault.is(&[codes::NO_CHANNEL])) {
            self.forget(place.channel);
            if was_known {
                // The channel may have been made anew under the same name.
                posted = self.place(place, &body, message).await;
            }
        }
        let posted = posted?;
        if !slot.is_empty() && !is_of(slot, &posted) {
            tracing::warn!(slot, "Discord did not keep the mark of a message; after a crash it might be said again");
        }
        reference(&posted)
    }

    async fn place(&self, place: Place<'_>, body: &Value, message: &Message) -> Result<Value, Fault> {
        let channel = self.channel_id(place.channel).await?;
        let posted = self.put(&channel, place.thread, body.clone(), message).await;
        if body["enforce_nonce"] == true && posted.as_ref().is_err_and(|fault| fault.is(&[codes::NO_MESSAGE])) {
            // It was posted minutes ago and deleted since, and Discord remembers its nonce (discord-api-docs pull request 6647).
            let mut body = body.clone();
            body["enforce_nonce"] = false.into();
            return self.put(&channel, place.thread, body, message).await;
        }
        posted
    }

    async fn put(&self, channel: &str, thread: Option<&str>, body: Value, message: &Message) -> Result<Value, Fault> {
        match thread {
            Some(above) => self.post_under(channel, above, body, message).await,
            None => self.send(Method::POST, &messages(channel), body, message).await,
        }
    }

    /// Posts to one person directly.
    pub(super) async fn post_direct(&self, account: &str, message: &Message, slot: &str) -> Result<MessageRef, Fault> {
        let channel = self.direct(account).await?;
        let posted = self.post_in(Place { channel: &channel, thread: None }, message, slot).await;
        if posted.as_ref().is_err_and(|fault| fault.is(&[codes::NO_CHANNEL])) {
            self.forget(account);
        }
        posted
    }

    /// Posts for everybody where one person asked, and takes the placeholder of their asking away.
    pub(super) async fn post_shared(
        &self,
        place: Place<'_>,
        handle: Option<&Handle>,
        message: &Message,
        slot: &str,
    ) -> Result<MessageRef, Fault> {
        let posted = self.post_in(place, message, slot).await?;
        let way = Way::of(handle, self.clock.now());
        if let Some(way) = way.filter(|way| way.placeholder) {
            self.askings.may_be_answered(&way.id).await;
            if let Some(claim) = self.askings.claim(&way.id).await {
                match self.call_original(Method::DELETE, &way).await {
                    Ok(_) => claim.used(),
                    // It says for some minutes that the bot thinks, below the answer.
                    Err(fault) => tracing::warn!(%fault, "taking the placeholder of a shared answer away"),
                }
            }
        }
        Ok(posted)
    }

    /// Answers one person where they asked: through their interaction while that works, else directly.
    pub(super) async fn post_only(&self, ear: Ear<'_>, message: &Message, slot: &str) -> Result<MessageRef, Fault> {
        if let Some(way) = Way::of(ear.handle, self.clock.now()) {
            match self.respond(&ear, &way, message).await {
                Ok(()) => {
                    return Ok(MessageRef { platform: NAME.to_owned(), channel: ear.channel.to_owned(), message: String::new() });
                }
                Err(fault) if fault.is(ENDED) => tracing::debug!(%fault, "an interaction can no longer be answered"),
                Err(fault) => return Err(fault),
            }
        }
        let posted = self.post_direct(ear.account, message, slot).await;
        if posted.as_ref().is_err_and(|fault| fault.is(&[codes::CLOSED_DOOR])) {
            self.tell_of_closed_door(&ear).await;
        }
        posted
    }

    async fn respond(&self, ear: &Ear<'_>, way: &Way, message: &Message) -> Result<(), Fault> {
        self.askings.may_be_answered(&way.id).await;
        let body = self.body(message).await?;
        let replaces = ear.handle.is_some_and(|handle| handle.replaces);
        let claim = if way.placeholder { self.askings.claim(&way.id).await } else { None };
        if replaces || claim.is_some() {
            let mut body = body.clone();
            // Files of the content before would stay.
            body["attachments"] = json!([]);
            let path = format!("{}/messages/@original", self.webhook(way).await?);
            let replaced = match self.send(Method::PATCH, &path, body, message).await {
                Ok(_) => true,
                // Who asked has dismissed it.
                Err(fault) if fault.is(&[codes::NO_MESSAGE]) => false,
                Err(fault) => return Err(fault),
            };
            if let Some(claim) = claim {
                claim.used();
            }
            if replaced {
                return Ok(());
            }
        }
        let mut body = body;
        body["flags"] = EPHEMERAL.into();
        self.send(Method::POST, &self.webhook(way).await?, body, message).await.map(drop)
    }

    async fn call_original(&self, method: Method, way: &Way) -> Result<Value, Fault> {
        let path = format!("{}/messages/@original", self.webhook(way).await?);
        self.api.call(method, &path, None).await
    }

    /// The path of the webhook that stands for an interaction.
    async fn webhook(&self, way: &Way) -> Result<String, Fault> {
        Ok(format!("/webhooks/{}/{}", self.origin().await?.application, way.token))
    }

    /// Says in the channel that somebody's direct messages are closed, to them alone by name.
    async fn tell_of_closed_door(&self, ear: &Ear<'_>) {
        if !escape::is_id(ear.account) || self.remembered(ear.account).as_deref() == Some(ear.channel) {
            return;
        }
        let content = format!("<@{}> {CLOSED_DOOR}", ear.account);
        let body = json!({ "content": content, "allowed_mentions": { "parse": [], "users": [ear.account] } });
        if let Err(fault) = self.api.call(Method::POST, &messages(ear.channel), Some(&body)).await {
            tracing::warn!(%fault, "saying that direct messages are closed");
        }
    }

    /// Replaces the content of a message.
    pub(super) async fn change(&self, at: &MessageRef, message: &Message) -> Result<(), Fault> {
        let body = self.body(message).await?;
        let path = format!("{}/{}", messages(&at.channel), at.message);
        self.api.call(Method::PATCH, &path, Some(&body)).await.map(drop)
    }

    /// Sends a message's body, with its files where it has any.
    pub(super) async fn send(&self, method: Method, path: &str, body: Value, message: &Message) -> Result<Value, Fault> {
        let files = files::of(message);
        if files.is_empty() {
            return self.api.call(method, path, Some(&body)).await;
        }
        self.api.upload(method, path, files::form(body, &files)).await
    }

    /// The direct message channel with an account.
    async fn direct(&self, account: &str) -> Result<String, Fault> {
        if let Some(channel) = self.remembered(account) {
            return Ok(channel);
        }
        let answer = self.api.call(Method::POST, "/users/@me/channels", Some(&json!({ "recipient_id": account }))).await?;
        let channel = answer["id"].as_str().ok_or_else(|| Fault::odd("opening direct messages", "no channel in the answer"))?;
        self.remember(account, channel);
        Ok(channel.to_owned())
    }

    /// The id of a channel that may be written as `#name`.
    async fn channel_id(&self, channel: &str) -> Result<String, Fault> {
        let Some(name) = channel.strip_prefix('#') else { return Ok(channel.to_owned()) };
        if let Some(id) = self.remembered(channel) {
            return Ok(id);
        }
        let path = format!("/guilds/{}/channels", self.settings.guild);
        let answer = self.api.call(Method::GET, &path, None).await?;
        let found = named(name, answer.as_array().map(Vec::as_slice).unwrap_or_default());
        let gone = || Fault::Refused {
            doing: format!("looking for {channel}"),
            status: 404,
            code: codes::NO_CHANNEL,
            message: "no such channel, or I may not see it".to_owned(),
        };
        let id = found.ok_or_else(gone)?;
        self.remember(channel, id);
        Ok(id.to_owned())
    }

    /// The id of the channel that an account or `#name` stands for, where it is known.
    fn remembered(&self, name: &str) -> Option<String> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn remember(&self, name: &str, channel: &str) {
        let mut known = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(name.to_owned(), channel.to_owned());
    }

    fn forget(&self, name: &str) {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// Looks for a message of ours with this slot. What only one person sees is in no history.
    pub(super) async fn look_for(&self, target: &Target, slot: &str, since: Timestamp) -> Result<Option<MessageRef>, Fault> {
        let (channel, thread) = match target {
            Target::Channel { channel, thread } | Target::Shared { channel, thread, .. } => {
                (self.channel_id(channel).await?, thread.as_deref())
            }
            Target::Direct { account } => (self.direct(account).await?, None),
            Target::Only { .. } => return Ok(None),
        };
        if let Some(thread) = thread {
            match self.look_in(thread, slot, since).await {
                Ok(None) => {}
                Err(fault) if fault.is(&[codes::NO_CHANNEL]) => {}
                other => return other,
            }
        }
        // Where there are no threads, what belongs into one is a reply in the channel.
        self.look_in(&channel, slot, since).await
    }

    async fn look_in(&self, channel: &str, slot: &str, since: Timestamp) -> Result<Option<MessageRef>, Fault> {
        let us = &self.origin().await?.account;
        let mut after = snowflake(since.checked_sub(SKEW).unwrap_or(Timestamp::MIN));
        loop {
            let path = format!("{}?limit={PAGE}&after={after}", messages(channel));
            let answer = self.api.call(Method::GET, &path, None).await?;
            let page = answer.as_array().map(Vec::as_slice).unwrap_or_default();
            let ours = |message: &&Value| is_of(slot, message) && message["author"]["id"] == us.as_str();
            if let Some(message) = page.iter().find(ours) {
                return reference(message).map(Some);
            }
            let newest = page.iter().filter_map(|message| message["id"].as_str()?.parse::<u64>().ok()).max();
            match newest.filter(|newest| page.len() >= PAGE && *newest > after) {
                Some(newest) => after = newest,
                None => return Ok(None),
            }
        }
    }
}

/// The id of the text or announcement channel of this name. Where there are several it is the same at each look: one outside
/// of all categories, then the topmost, then the oldest.
fn named<'a>(name: &str, channels: &'a [Value]) -> Option<&'a str> {
    let takes_words = |one: &&Value| one["name"] == name && (one["type"] == 0 || one["type"] == 5);
    let order = |one: &&Value| {
        let id = one["id"].as_str().and_then(|id| id.parse::<u64>().ok());
        (one["parent_id"].is_string(), one["position"].as_i64(), id)
    };
    let mut found: Vec<&Value> = channels.iter().filter(takes_words).collect();
    found.sort_by_key(order);
    let id = found.first()?["id"].as_str()?;
    if found.len() > 1 {
        tracing::warn!(name, channels = found.len(), id, "several channels have this name; this one is taken");
    }
    Some(id)
}

/// A channel, or the thread of a message of it.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) channel: &'a str,
    pub(super) thread: Option<&'a str>,
}

/// The path of a channel's messages.
pub(super) fn messages(channel: &str) -> String {
    format!("/channels/{channel}/messages")
}

/// The id that something made at this instant would have.
fn snowflake(at: Timestamp) -> u64 {
    u64::try_from(at.as_millisecond() - EPOCH).unwrap_or(0) << 22
}

/// Whether a message ends with the mark of this slot.
fn is_of(slot: &str, message: &Value) -> bool {
    message["content"].as_str().is_some_and(|content| content.ends_with(&marker::marker(slot)))
}

fn reference(message: &Value) -> Result<MessageRef, Fault> {
    let id = |field: &str| message[field].as_str().map(str::to_owned);
    match (id("channel_id"), id("id")) {
        (Some(channel), Some(message)) => Ok(MessageRef { platform: NAME.to_owned(), channel, message }),
        _ => Err(Fault::odd("posting a message", "no id in the answer")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_channels_of_one_name_the_same_one_is_taken_always() {
        let channel = |id: &str, name: &str, kind: u8, place: (Option<&str>, i64)| json!({ "id": id, "name": name, "type": kind, "parent_id": place.0, "position": place.1 });
        let mut channels = [
            channel("9", "ops", 0, (Some("1"), 0)),
            channel("5", "ops", 5, (None, 2)),
            channel("7", "ops", 0, (None, 2)),
            channel("8", "ops", 0, (None, 3)),
            channel("3", "ops", 2, (None, 0)),
            channel("4", "dba", 0, (None, 0)),
        ];
        assert_eq!(named("ops", &channels), Some("5"));
        channels.reverse();
        assert_eq!(named("ops", &channels), Some("5"));
        assert_eq!(named("none", &channels), None);
    }

    #[test]
    fn a_snowflake_is_an_instant() {
        // The example of discord.com/developers/docs "Snowflakes".
        let at: Timestamp = "2016-04-30T11:18:25.796Z".parse().unwrap();
        assert_eq!(snowflake(at), 175_928_847_299_117_063 >> 22 << 22);
        assert_eq!(snowflake(Timestamp::MIN), 0);
    }
}
