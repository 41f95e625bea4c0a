//! From a decoded event to its response, in time whatever the handler does.

use std::sync::Arc;

use axum::http::Method;
use commands::message::{Message, code};
use commands::text;
use serde_json::{Value, json};
use serenity::all::Event as Heard;
use tokio::task::JoinHandle;

use super::api::{Fault, codes};
use super::decode::{Asked, Decoded, Decoder, Delivery};
use super::limits::{self, cut};
use super::posting::EPHEMERAL;
use super::way::Way;
use super::{Discord, form};
use crate::activity::InFlight;
use crate::platform::answering::{MEND, broken, has_file, say};
use crate::platform::{ACKNOWLEDGE, Ack, Inbound, Target};

/// Responses (discord.com/developers/docs "Interaction Callback Type").
mod response {
    /// A message.
    pub(super) const MESSAGE: u8 = 4;
    /// A placeholder, for a message that comes later.
    pub(super) const LATER: u8 = 5;
    /// Nothing to be seen.
    pub(super) const SILENT: u8 = 6;
    /// Choices for somebody who is typing.
    pub(super) const CHOICES: u8 = 8;
    /// A modal.
    pub(super) const MODAL: u8 = 9;
}

/// The first response to an interaction.
struct First {
    response: Value,
    /// What it says: said another way where Discord does not take it.
    says: Option<(Target, Message)>,
    /// What is said after it.
    later: Option<(Target, Message)>,
}

impl Discord {
    /// Takes what the gateway said. Each event is handled in a task of its own, so that no slow one is in another's way; what
    /// one person writes is taken in its order. Interactions have no time to wait for others, and nobody is as fast with them.
    pub(super) fn hear(self: &Arc<Self>, event: Heard, inbound: &Arc<dyn Inbound>, in_flight: InFlight) {
        let Some(origin) = self.origin.get() else { return };
        let now = self.clock.now();
        let decoder = Decoder { guild: &self.settings.guild, me: &origin.account, commands: self.commands, now };
        let decoded = match &event {
            Heard::InteractionCreate(event) => decoder.interaction(&event.interaction),
            Heard::MessageCreate(event) => decoder.message(&event.message),
            Heard::ReactionAdd(reacted) => decoder.reacted(&reacted.reaction),
            Heard::ReactionRemove(reacted) => decoder.reacted(&reacted.reaction),
            Heard::ReactionRemoveEmoji(reacted) => decoder.reacted(&reacted.reaction),
            Heard::ReactionRemoveAll(event) => decoder.nudged(event.guild_id, event.channel_id, event.message_id),
            Heard::Ready(_) | Heard::Resumed(_) | Heard::GuildCreate(_) | Heard::GuildDelete(_) => {
                return self.follow(&event, in_flight);
            }
            _ => Decoded::Ignored,
        };
        if matches!(decoded, Decoded::Ignored) {
            return;
        }
        self.pulse.event(now);
        let turn = decoded.writer().map(|account| self.order.turn(account));
        let (discord, inbound, at_work) = (self.clone(), inbound.clone(), self.at_work.begin());
        tokio::spawn(async move {
            let taken = match turn {
                Some(turn) => Some(turn.comes().await),
                None => None,
            };
            discord.take(decoded, inbound).await;
            drop((taken, at_work, in_flight));
        });
    }

    async fn take(self: &Arc<Self>, decoded: Decoded, inbound: Arc<dyn Inbound>) {
        match decoded {
            Decoded::Delivery(delivery) => self.deliver(*delivery, inbound).await,
            Decoded::Kept(pressing, key) => {
                let decoded = match self.shelf.find(&key).await {
                    Ok(Some(line)) => pressing.with(line),
                    Ok(None) => pressing.stale(),
                    Err(error) => {
                        tracing::error!(%error, "looking for the command of a button");
                        pressing.unread()
                    }
                };
                Box::pin(self.take(decoded, inbound)).await;
            }
            Decoded::Stale(asked, words) => {
                let ack = if let Asked::Picker(_) = asked { Ack::Choices(Vec::new()) } else { Ack::Say(words.into()) };
                self.respond_to(asked, ack).await;
            }
            Decoded::Ignored => {}
        }
    }

    /// Runs the handler in a task of its own, so that neither its panic nor its slowness keeps the response back.
    async fn deliver(self: &Arc<Self>, delivery: Delivery, inbound: Arc<dyn Inbound>) {
        let Delivery { event, asked } = delivery;
        if asked.way().is_some_and(|way| !self.askings.came(&way.id)) {
            return;
        }
        let mut handler: JoinHandle<Ack> = tokio::spawn(async move { inbound.receive(event).await });
        match tokio::time::timeout(ACKNOWLEDGE, &mut handler).await {
            Ok(ack) => self.respond_to(asked, ack.unwrap_or_else(broken)).await,
            Err(_) => {
                tracing::warn!("a handler is slow; responded to without its answer");
                self.respond_to(asked.clone(), Ack::Received).await;
                let ack = handler.await.unwrap_or_else(broken);
                if let Some((target, message)) = late(asked, ack) {
                    say(&**self, &self.clock, &target, &message).await;
                }
            }
        }
    }

    /// Gives the first response, and what it can't carry afterwards.
    async fn respond_to(self: &Arc<Self>, asked: Asked, ack: Ack) {
        let Some(way) = asked.way().cloned() else {
            if let Some((target, message)) = late(asked, ack) {
                say(&**self, &self.clock, &target, &message).await;
            }
            return;
        };
        let First { response, says, later } = self.first_response(&asked, ack).await;
        let responded = self.respond_first(&way, &response).await;
        // A message of its own is the answer: whatever else is said stands below it.
        if responded.is_ok()
            && response["type"] == response::MESSAGE
            && let Some(claim) = self.askings.claim(&way.id).await
        {
            claim.used();
        }
        self.askings.responded(&way.id);
        let unsaid = match responded {
            Ok(()) => later,
            Err(fault) => {
                tracing::warn!(%fault, "an interaction could not be responded to; its answer goes another way");
                later.or(says)
            }
        };
        if let Some((target, message)) = unsaid {
            say(&**self, &self.clock, &target, &message).await;
        }
    }

    async fn first_response(&self, asked: &Asked, ack: Ack) -> First {
        if let (Ack::Choices(choices), Asked::Picker(_)) = (&ack, asked) {
            return First { response: completions(choices), says: None, later: None };
        }
        let modal = modal(&ack);
        let says = late(asked.clone(), ack);
        if let Some(modal) = modal {
            return First { response: json!({ "type": response::MODAL, "data": modal }), says, later: None };
        }
        if let Some((_, message)) = says.as_ref().filter(|(_, message)| !has_file(message))
            && let Ok(mut body) = self.body(message).await
        {
            body["flags"] = EPHEMERAL.into();
            return First { response: json!({ "type": response::MESSAGE, "data": body }), says, later: None };
        }
        First { response: asked.silent(), says: None, later: says }
    }

    async fn respond_first(&self, way: &Way, response: &Value) -> Result<(), Fault> {
        let path = format!("/interactions/{}/{}/callback", way.id, way.token);
        let respond = || self.api.call(Method::POST, &path, Some(response));
        let responded = match respond().await {
            // It may have been taken all the same: then Discord says so to another one.
            Err(Fault::Lost { .. }) => respond().await,
            other => other,
        };
        match responded {
            Err(fault) if fault.is(&[codes::RESPONDED]) => Ok(()),
            other => other.map(drop),
        }
    }

    /// Returns once no handler is at work.
    pub(super) async fn drained(&self) {
        self.at_work.idle().await;
    }
}

impl Asked {
    fn way(&self) -> Option<&Way> {
        match self {
            Self::Placeholder(way, _) | Self::Button(way, _) | Self::Form(way, ..) | Self::Picker(way) => Some(way),
            Self::Message(_) | Self::Nothing => None,
        }
    }

    /// The response that says nothing yet.
    fn silent(&self) -> Value {
        match self {
            Self::Placeholder(..) | Self::Form(..) => json!({ "type": response::LATER, "data": { "flags": EPHEMERAL } }),
            Self::Picker(_) => completions(&[]),
            Self::Button(..) | Self::Message(_) | Self::Nothing => json!({ "type": response::SILENT }),
        }
    }
}

/// Choices as a response. One whose value is too long for Discord is left out: cut, it would be another value.
fn completions(choices: &[commands::Choice]) -> Value {
    let fits = |choice: &&commands::Choice| !choice.value.is_empty() && limits::len(&choice.value) <= limits::CHOICE;
    let named = |choice: &commands::Choice| {
        let name = cut(choice.label.replace('\n', " ").trim(), limits::CHOICE);
        json!({ "name": if name.is_empty() { choice.value.clone() } else { name }, "value": choice.value })
    };
    let shown: Vec<Value> = choices.iter().filter(fits).map(named).take(limits::CHOICES).collect();
    json!({ "type": response::CHOICES, "data": { "choices": shown } })
}

/// The form that is to open, where a modal can hold what it asks for.
fn modal(ack: &Ack) -> Option<Value> {
    let Ack::Form(asks) = ack else { return None };
    let modal = form::modal(&asks.form);
    if modal.is_none() {
        tracing::info!(command = asks.carry.command, "a form asks for more than a modal can hold");
    }
    modal
}

/// What has to be said to somebody who asked, and where.
fn late(asked: Asked, ack: Ack) -> Option<(Target, Message)> {
    let (target, entered) = match asked {
        Asked::Placeholder(_, reply) | Asked::Button(_, reply) | Asked::Message(reply) => (reply, None),
        Asked::Form(_, reply, line) => (reply, Some(line)),
        Asked::Picker(_) | Asked::Nothing => return None,
    };
    match ack {
        Ack::Say(message) => Some((target, message)),
        Ack::Form(asks) => Some((target, asks.instead)),
        Ack::Mend(wrong) => {
            let message = wrong.into_iter().fold(Message::from(MEND), |message, (_, words)| message.text(words));
            Some((
                target,
                entered.into_iter().fold(message, |message, line| message.note(text!["You entered ", code(line), "."])),
            ))
        }
        Ack::Received | Ack::Choices(_) => None,
    }
}
