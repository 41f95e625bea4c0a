//! What happens in channels, told to the bot as far as it is subscribed and a member.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    Workspace,
    delivery::{Delivery, Envelope, EnvelopeKind},
    model::{ChannelKind, Message, Reaction},
    state::{BOT_ID, State, TEAM_ID},
};

/// Whether a reaction came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Added,
    Removed,
}

/// A reaction of `user` with the emoji `name` on a message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reacted<'a> {
    pub(super) way: Way,
    pub(super) user: &'a str,
    pub(super) channel: &'a str,
    pub(super) ts: &'a str,
    pub(super) name: &'a str,
}

impl Workspace {
    /// Tells the bot of a person's message; returns once all of it is acknowledged.
    pub(super) async fn tell_message(self: &Arc<Self>, message: &Message) -> Vec<Delivery> {
        let events = message_events(&self.state(), message);
        join_all(events.into_iter().map(|event| self.deliver_event(event))).await
    }

    /// Tells the bot of its own message, in the background, as Slack does where it is subscribed.
    pub(super) fn announce_message(self: &Arc<Self>, message: &Message) {
        for event in message_events(&self.state(), message) {
            self.tell_later(event);
        }
    }

    /// Tells the bot that it edited or deleted `message`, in the background. `change` says what is special to that.
    pub(super) fn announce_change(self: &Arc<Self>, message: &Message, change: Value) {
        let mut event = change;
        let told = {
            let mut state = self.state();
            let Some((subscription, kind)) = state.channels.get(&message.channel).map(|channel| kinds(&channel.kind)) else {
                return;
            };
            let event_ts = state.stamp(self.now());
            event["type"] = "message".into();
            event["channel"] = message.channel.clone().into();
            event["channel_type"] = kind.into();
            event["hidden"] = true.into();
            event["ts"] = event_ts.clone().into();
            event["event_ts"] = event_ts.into();
            subscribed(&state, subscription)
        };
        if told {
            self.tell_later(event);
        }
    }

    /// Tells the bot of its own reaction, in the background.
    pub(super) fn announce_reaction(self: &Arc<Self>, reacted: &Reacted<'_>) {
        if let Some(event) = self.reaction_event(reacted) {
            self.tell_later(event);
        }
    }

    fn tell_later(self: &Arc<Self>, event: Value) {
        let workspace = self.clone();
        tokio::spawn(async move {
            let payload = workspace.event_callback(event);
            let envelope = Envelope { kind: EnvelopeKind::EventsApi, payload, attempt: 0, reason: String::new() };
            workspace.deliver_unlisted(envelope).await
        });
    }

    /// Puts a reaction on a message or takes it away. The error is Slack's code.
    pub(super) fn set_reaction(&self, reacted: &Reacted<'_>) -> Result<(), &'static str> {
        let Reacted { way, user, channel, ts, name } = *reacted;
        let mut state = self.state();
        let reactions = &mut state.message_mut(channel, ts).ok_or("message_not_found")?.reactions;
        let known = reactions.iter_mut().find(|reaction| reaction.name == name);
        match (way, known) {
            (Way::Added, Some(reaction)) if reaction.users.iter().any(|one| one == user) => return Err("already_reacted"),
            (Way::Added, Some(reaction)) => reaction.users.push(user.into()),
            (Way::Added, None) => reactions.push(Reaction { name: name.into(), users: vec![user.into()] }),
            (Way::Removed, None) => return Err("no_reaction"),
            (Way::Removed, Some(reaction)) => {
                let at = reaction.users.iter().position(|one| one == user).ok_or("no_reaction")?;
                reaction.users.remove(at);
                reactions.retain(|reaction| !reaction.users.is_empty());
            }
        }
        drop(state);
        self.changed();
        Ok(())
    }

    /// The event of a reaction, if the bot is subscribed and a member.
    pub(super) fn reaction_event(&self, reacted: &Reacted<'_>) -> Option<Value> {
        let Reacted { way, user, channel, ts, name } = *reacted;
        let kind = match way {
            Way::Added => "reaction_added",
            Way::Removed => "reaction_removed",
        };
        let mut state = self.state();
        let member = state.channels.get(channel)?.members.contains(&state.bot);
        if !member || !subscribed(&state, kind) {
            return None;
        }
        let item_user = state.message(channel, ts)?.user.clone();
        let event_ts = state.stamp(self.now());
        Some(json!({
            "type": kind, "user": user, "reaction": name, "item_user": item_user, "event_ts": event_ts,
            "item": {"type": "message", "channel": channel, "ts": ts},
        }))
    }

    /// Whether the app subscribed to this event.
    pub(super) fn subscribed(&self, event: &str) -> bool {
        subscribed(&self.state(), event)
    }
}

fn subscribed(state: &State, event: &str) -> bool {
    state.bot_events.iter().any(|one| one == event)
}

/// The subscription that covers messages in such a channel, and what `channel_type` calls it.
fn kinds(kind: &ChannelKind) -> (&'static str, &'static str) {
    match kind {
        ChannelKind::Public => ("message.channels", "channel"),
        ChannelKind::Private => ("message.groups", "group"),
        ChannelKind::Direct(_) => ("message.im", "im"),
    }
}

/// The events a message causes: `message` for subscribed kinds of channels, `app_mention` when the bot is mentioned.
fn message_events(state: &State, message: &Message) -> Vec<Value> {
    let Some(channel) = state.channels.get(&message.channel) else { return Vec::new() };
    if !channel.members.contains(&state.bot) {
        return Vec::new();
    }
    let (subscription, kind) = kinds(&channel.kind);
    let text = &message.current().text;
    let own = message.user == state.bot;
    let mut event = json!({
        "user": message.user, "ts": message.ts, "team": TEAM_ID, "text": text, "channel": message.channel,
        "event_ts": message.ts,
    });
    if own {
        event["bot_id"] = BOT_ID.into();
        event["blocks"] = message.current().blocks.clone().into();
    } else {
        event["client_msg_id"] = format!("{}-client", message.ts).into();
        event["blocks"] = rich_text(text);
    }
    if let Some(thread) = &message.thread_ts {
        event["thread_ts"] = thread.clone().into();
    }
    let mut events = Vec::new();
    if subscribed(state, subscription) {
        let mut event = event.clone();
        event["type"] = "message".into();
        event["channel_type"] = kind.into();
        events.push(event);
    }
    let mentioned = text.contains(&format!("<@{}>", state.bot)) && kind != "im" && !own;
    if mentioned && subscribed(state, "app_mention") {
        event["type"] = "app_mention".into();
        events.push(event);
    }
    events
}

/// What Slack's editor makes of a person's text: one block of text and mentions.
fn rich_text(text: &str) -> Value {
    let mut elements = Vec::new();
    let mut rest = text;
    while let Some((before, (id, after))) = rest.split_once("<@").and_then(|(before, rest)| Some((before, rest.split_once('>')?)))
    {
        if !before.is_empty() {
            elements.push(json!({"type": "text", "text": super::text::unescaped(before)}));
        }
        elements.push(json!({"type": "user", "user_id": id}));
        rest = after;
    }
    if !rest.is_empty() {
        elements.push(json!({"type": "text", "text": super::text::unescaped(rest)}));
    }
    json!([{"type": "rich_text", "block_id": "rich", "elements": [{"type": "rich_text_section", "elements": elements}]}])
}
