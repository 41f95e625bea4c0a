//! Bringing payloads to the bot, over a socket or signed HTTP, and what came of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Workspace, http_sender::Signing, journal::Ack, options::Transport};

/// What sort of payload travels; decides the envelope's type and the HTTP path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// A slash command.
    SlashCommands,
    /// A click, a choice, a form, a request for options.
    Interactive,
    /// Something that happened in a channel.
    EventsApi,
}

impl EnvelopeKind {
    /// As Socket Mode names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SlashCommands => "slash_commands",
            Self::Interactive => "interactive",
            Self::EventsApi => "events_api",
        }
    }

    /// The bot's path for it over HTTP.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::SlashCommands => "/slack/commands",
            Self::Interactive => "/slack/interactive",
            Self::EventsApi => "/slack/events",
        }
    }
}

/// A payload on its way, which attempt it is, and why there was another one before.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// What sort of payload this is.
    pub kind: EnvelopeKind,
    /// The payload.
    pub payload: Value,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// `timeout`, `http_error`, …; empty for the first attempt.
    pub reason: String,
}

/// Whether a redelivery carries the event id of the first delivery; Slack has been seen to do both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventIds {
    /// The same event id again.
    Same,
    /// A new event id for the same event.
    New,
}

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Acknowledged in time, with this payload or body.
    Acknowledged(Option<Value>),
    /// Answered over HTTP with a status other than 200.
    Refused(u16),
    /// No acknowledgement in time.
    Missed,
    /// The connection ended before an acknowledgement.
    LineCut,
    /// There was nobody to deliver to.
    NotConnected,
}

/// A delivery and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// What was delivered, as of the last attempt; good for [`Workspace::redeliver`].
    pub envelope: Envelope,
    /// Envelope id; over HTTP the stand-in's own.
    pub envelope_id: String,
    /// What came of it.
    pub outcome: Outcome,
}

impl Delivery {
    /// What came with the acknowledgement, if it came at all.
    #[must_use]
    pub fn answer(&self) -> Option<&Value> {
        match &self.outcome {
            Outcome::Acknowledged(payload) => payload.as_ref(),
            _ => None,
        }
    }

    /// Whether it was acknowledged in time.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        matches!(self.outcome, Outcome::Acknowledged(_))
    }
}

/// An event the bot never acknowledged; Slack would try again.
#[derive(Debug, Clone)]
pub struct Undelivered {
    /// The last attempt.
    pub envelope: Envelope,
    /// What came of it.
    pub outcome: Outcome,
}

impl Workspace {
    /// Delivers an event of any kind as if it had happened, subscribed to or not.
    pub async fn deliver_event(self: &Arc<Self>, event: Value) -> Delivery {
        let payload = self.event_callback(event);
        self.deliver(EnvelopeKind::EventsApi, payload).await
    }

    /// Delivers a payload as it is. Returns once it was acknowledged or the time for that is over; an event that missed is
    /// tried once more at once, as Slack does, and then waits for [`Workspace::redeliver_missed`].
    pub async fn deliver(self: &Arc<Self>, kind: EnvelopeKind, payload: Value) -> Delivery {
        let envelope = Envelope { kind, payload, attempt: 0, reason: String::new() };
        self.journal().delivered.push(envelope.clone());
        self.deliver_unlisted(envelope).await
    }

    /// The same for what the bot itself caused, which [`Workspace::delivered`] leaves out.
    pub(super) async fn deliver_unlisted(self: &Arc<Self>, mut envelope: Envelope) -> Delivery {
        let kind = envelope.kind;
        let mut delivery = self.attempt(&envelope).await;
        if kind != EnvelopeKind::EventsApi || delivery.acknowledged() {
            return delivery;
        }
        if delivery.outcome != Outcome::NotConnected {
            envelope.attempt = 1;
            envelope.reason = reason(&delivery.outcome).into();
            delivery = self.attempt(&envelope).await;
        }
        if !delivery.acknowledged() {
            let outcome = delivery.outcome.clone();
            self.journal().undelivered.push(Undelivered { envelope, outcome });
        }
        delivery
    }

    /// Delivers the last payload once more, as a retry of Slack's.
    ///
    /// # Panics
    /// When nothing was delivered yet.
    pub async fn redeliver_last(self: &Arc<Self>, ids: EventIds) -> Delivery {
        let last = self.journal().delivered.last().cloned();
        self.redeliver(last.expect("something was delivered before"), ids).await
    }

    /// Delivers this payload once more, as a retry of Slack's.
    pub async fn redeliver(self: &Arc<Self>, mut envelope: Envelope, ids: EventIds) -> Delivery {
        envelope.attempt += 1;
        envelope.reason = "timeout".into();
        if ids == EventIds::New && envelope.kind == EnvelopeKind::EventsApi {
            envelope.payload["event_id"] = self.state().next_id('E').replacen('E', "Ev", 1).into();
        }
        self.attempt(&envelope).await
    }

    /// Tries again all events that the bot never acknowledged, as Slack does after a minute. Returns what came of each.
    pub async fn redeliver_missed(self: &Arc<Self>) -> Vec<Delivery> {
        let missed = std::mem::take(&mut self.journal().undelivered);
        let mut deliveries = Vec::new();
        for Undelivered { mut envelope, outcome } in missed {
            envelope.attempt += 1;
            envelope.reason = reason(&outcome).into();
            let delivery = self.attempt(&envelope).await;
            if !delivery.acknowledged() {
                let outcome = delivery.outcome.clone();
                self.journal().undelivered.push(Undelivered { envelope, outcome });
            }
            deliveries.push(delivery);
        }
        deliveries
    }

    /// Events the bot never acknowledged.
    #[must_use]
    pub fn undelivered(&self) -> Vec<Undelivered> {
        self.journal().undelivered.clone()
    }

    /// Everything people caused that was delivered or meant to be, first attempts only, oldest first.
    #[must_use]
    pub fn delivered(&self) -> Vec<Envelope> {
        self.journal().delivered.clone()
    }

    async fn attempt(self: &Arc<Self>, envelope: &Envelope) -> Delivery {
        let started = Instant::now();
        let envelope_id = format!("{:0>8}-0000-4000-8000-000000000000", self.state().next());
        let outcome = match self.transport() {
            Transport::SocketMode => self.over_socket(envelope, &envelope_id).await,
            Transport::Http(url) => self.over_http(envelope, &url).await,
        };
        let name = envelope.kind.name();
        match &outcome {
            Outcome::Acknowledged(payload) => self.log_ack(&envelope_id, name, payload.clone(), started.elapsed()),
            Outcome::Missed => self.violation(format!("{name} was not acknowledged within {:?}", self.settings.ack_timeout)),
            Outcome::Refused(status) => self.violation(format!("{name} was answered with HTTP {status}")),
            Outcome::LineCut | Outcome::NotConnected => {}
        }
        self.changed();
        Delivery { envelope: envelope.clone(), envelope_id, outcome }
    }

    async fn over_socket(&self, envelope: &Envelope, envelope_id: &str) -> Outcome {
        let mut wire = json!({
            "envelope_id": envelope_id,
            "type": envelope.kind.name(),
            "accepts_response_payload": envelope.kind != EnvelopeKind::EventsApi,
            "payload": envelope.payload,
        });
        if envelope.kind == EnvelopeKind::EventsApi {
            wire["retry_attempt"] = envelope.attempt.into();
            wire["retry_reason"] = envelope.reason.clone().into();
        }
        let sent = self.sockets().send(&wire);
        let Some(answer) = sent else { return Outcome::NotConnected };
        match tokio::time::timeout(self.settings.ack_timeout, answer).await {
            Ok(Ok(payload)) => Outcome::Acknowledged(payload),
            Ok(Err(_)) => Outcome::LineCut,
            Err(_) if self.sockets().lost_in_silence(envelope_id) => Outcome::LineCut,
            Err(_) => Outcome::Missed,
        }
    }

    async fn over_http(&self, envelope: &Envelope, url: &str) -> Outcome {
        let answer = self.send_signed(url, envelope, Signing::Right).await;
        match answer {
            Ok(answer) if answer.status == 200 => {
                let body = serde_json::from_str(&answer.body).ok();
                let text = || (!answer.body.trim().is_empty()).then(|| json!({"text": answer.body}));
                Outcome::Acknowledged(body.or_else(text))
            }
            Ok(answer) => Outcome::Refused(answer.status),
            Err(error) if error.is_timeout() => Outcome::Missed,
            Err(error) if error.is_connect() => Outcome::NotConnected,
            Err(_) => Outcome::LineCut,
        }
    }

    pub(super) fn log_ack(&self, envelope_id: &str, kind: &str, payload: Option<Value>, after: Duration) {
        let ack = Ack { envelope_id: envelope_id.into(), kind: kind.into(), payload, after };
        self.journal().acks.push(ack);
        self.changed();
    }
}

fn reason(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused(_) => "http_error",
        Outcome::LineCut | Outcome::NotConnected => "connection_failed",
        Outcome::Acknowledged(_) | Outcome::Missed => "timeout",
    }
}
