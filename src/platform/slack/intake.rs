//! From a decoded payload to its acknowledgement, in time whatever the handler does.

use std::sync::Arc;

use commands::message::Message;
use serde_json::{Value, json};

use super::decode::{Asked, Decoded, Decoder, Delivery, Malformed};
use super::{Slack, form, render};
use crate::platform::answering::{MEND, broken, has_file, say};
use crate::platform::{Ack, Asks, Inbound, Target};

/// What kind of payload it is; each transport knows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Command,
    Interaction,
    Event,
}

impl Slack {
    /// Takes a payload and returns what its acknowledgement carries, `null` for nothing.
    pub(super) async fn take(
        self: &Arc<Self>,
        kind: Kind,
        payload: &Value,
        inbound: &Arc<dyn Inbound>,
    ) -> Result<Value, Malformed> {
        let decoder =
            Decoder { prefix: &self.prefix, me: self.origin.get().map(|origin| origin.account.as_str()), now: self.clock.now() };
        let decoded = match kind {
            Kind::Command => decoder.command(payload)?,
            Kind::Interaction => decoder.interaction(payload)?,
            Kind::Event => decoder.event(payload)?,
        };
        match decoded {
            Decoded::Delivery(delivery) => {
                self.pulse.event(self.clock.now());
                Ok(self.deliver(*delivery, inbound.clone()).await)
            }
            Decoded::Ignored => Ok(Value::Null),
            Decoded::Chosen(view) => {
                // Before the acknowledgement, so that the next picker that is opened knows of it already.
                let update = form::remembering(&view);
                let updated = self.api.call("views.update", &update);
                if let Ok(Err(error)) = tokio::time::timeout(self.timing.acknowledge, updated).await {
                    // A form that was closed or updated meanwhile needs it no more.
                    tracing::debug!(?error, "a form could not take note of a choice");
                }
                Ok(Value::Null)
            }
            Decoded::Unknown(kind) => {
                self.say_once(&kind, "Slack sent something unknown; it was acknowledged and dropped");
                Ok(if payload["type"] == "block_suggestion" { json!({ "options": [] }) } else { Value::Null })
            }
        }
    }

    /// Runs the handler in a task of its own, so that neither its panic nor its slowness reaches the connection.
    async fn deliver(self: &Arc<Self>, delivery: Delivery, inbound: Arc<dyn Inbound>) -> Value {
        let Delivery { event, asked } = delivery;
        let at_work = self.at_work.begin();
        let mut handler = tokio::spawn(async move {
            let ack = inbound.receive(event).await;
            (ack, at_work)
        });
        match tokio::time::timeout(self.timing.acknowledge, &mut handler).await {
            Ok(Ok((ack, _))) => self.acknowledgement(asked, ack),
            Ok(Err(panic)) => self.acknowledgement(asked, broken(panic)),
            Err(_) => {
                tracing::warn!("a handler is slow; acknowledged without its answer");
                let nothing = nothing(&asked);
                let slack = self.clone();
                tokio::spawn(async move {
                    let (ack, _at_work) = match handler.await {
                        Ok((ack, at_work)) => (ack, at_work),
                        Err(panic) => (broken(panic), slack.at_work.begin()),
                    };
                    match ack {
                        Ack::Form(asks) => slack.open(asked, *asks).await,
                        ack => {
                            if let Some((target, message)) = late(asked, ack) {
                                say(&*slack, &slack.clock, &target, &message).await;
                            }
                        }
                    }
                });
                nothing
            }
        }
    }

    fn acknowledgement(self: &Arc<Self>, asked: Asked, ack: Ack) -> Value {
        match (ack, asked) {
            (Ack::Say(message), Asked::Command(_)) if !has_file(&message) => {
                let said = render::render(&message, self.names.as_ref());
                json!({ "response_type": "ephemeral", "text": said.text, "blocks": said.blocks })
            }
            (Ack::Mend(wrong), Asked::Form { view, .. }) if !wrong.is_empty() => form::errors(&view, &wrong),
            (Ack::Choices(choices), Asked::Picker) => json!({ "options": form::options(&choices) }),
            (Ack::Form(asks), asked) => {
                let (nothing, slack, at_work) = (nothing(&asked), self.clone(), self.at_work.begin());
                tokio::spawn(async move {
                    slack.open(asked, *asks).await;
                    drop(at_work);
                });
                nothing
            }
            (ack, asked) => {
                let nothing = nothing(&asked);
                if let Some((target, message)) = late(asked, ack) {
                    let (slack, at_work) = (self.clone(), self.at_work.begin());
                    tokio::spawn(async move {
                        say(&*slack, &slack.clock, &target, &message).await;
                        drop(at_work);
                    });
                }
                nothing
            }
        }
    }

    /// Opens a form, or says what else can be done.
    async fn open(&self, asked: Asked, asks: Asks) {
        let body = json!({ "trigger_id": asks.ticket, "view": form::view(&asks.form, &asks.carry) });
        let Err(fault) = self.api.call("views.open", &body).await else { return };
        tracing::warn!(%fault, command = asks.carry.command, "a form could not be opened");
        if let Some((target, message)) = late(asked, Ack::Say(asks.instead)) {
            say(self, &self.clock, &target, &message).await;
        }
    }

    /// Returns once no handler is at work.
    pub(super) async fn drained(&self) {
        self.at_work.idle().await;
    }
}

/// The acknowledgement that carries nothing.
fn nothing(asked: &Asked) -> Value {
    match asked {
        Asked::Picker => json!({ "options": [] }),
        _ => Value::Null,
    }
}

/// What still has to be said once the acknowledgement went without it, and where.
fn late(asked: Asked, ack: Ack) -> Option<(Target, Message)> {
    let target = match asked {
        Asked::Command(reply) | Asked::Message(reply) | Asked::Form { reply, .. } => reply,
        Asked::Picker | Asked::Nothing => return None,
    };
    match ack {
        Ack::Say(message) => Some((target, message)),
        Ack::Mend(wrong) => {
            let message = Message::from(MEND);
            Some((target, wrong.into_iter().fold(message, |message, (_, words)| message.text(words))))
        }
        Ack::Received | Ack::Choices(_) | Ack::Form(_) => None,
    }
}
