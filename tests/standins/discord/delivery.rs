//! Bringing what people do to the bot, and what came of it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::{
    Guild,
    answers::NewMessage,
    events::{self, Event},
    interactions::{Act, Kind, Stage},
    model::Message,
    sessions::Sent,
    state::DISCORD,
};

/// Real time a lost session has to come back before nobody waits for its answer any more.
const GRACE: Duration = Duration::from_millis(500);

/// What came of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// An interaction was answered in time, with this callback; an event arrived, as a heartbeat with its number says.
    Acknowledged(Option<Value>),
    /// No answer in time.
    Missed,
    /// The connection ended before, and no other one took its place.
    LineCut,
    /// No session of the bot had a connection; a resume brings what is missed.
    NotConnected,
}

/// Something the bot was told, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The dispatch: `{t, d}`.
    pub event: Value,
    /// What came of it.
    pub outcome: Outcome,
}

impl Delivery {
    /// The callback an interaction was answered with: `{type, data}`.
    #[must_use]
    pub fn answer(&self) -> Option<&Value> {
        match &self.outcome {
            Outcome::Acknowledged(answer) => answer.as_ref(),
            _ => None,
        }
    }

    /// Whether it was acknowledged in time.
    #[must_use]
    pub fn acknowledged(&self) -> bool {
        matches!(self.outcome, Outcome::Acknowledged(_))
    }
}

/// What somebody did and how the bot was told.
#[derive(Debug, Clone)]
pub struct Done {
    /// The message that came of it, when it was one.
    pub message: Option<Message>,
    /// Deliveries to the bot, all finished; empty when the bot is not told of this.
    pub deliveries: Vec<Delivery>,
}

impl Done {
    /// The message that was typed.
    ///
    /// # Panics
    /// When it was a command.
    #[must_use]
    pub fn message(&self) -> &Message {
        self.message.as_ref().expect("this was a message, not a command")
    }
}

/// A sentence below a field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Label of the field.
    pub label: String,
    /// The sentence.
    pub text: String,
}

/// What came of submitting a form.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// The form closed.
    Closed,
    /// It stays open with errors below these fields, by Discord's own client: a bot cannot say so.
    Errors(Vec<FieldError>),
    /// The bot gave no answer in time; Discord says that something went wrong, and the form stays open.
    Unanswered(Box<Delivery>),
}

impl Guild {
    /// Tells the bot of an event of any kind, as if it had happened, whatever intents it asked for.
    pub async fn deliver_event(self: &Arc<Self>, kind: &str, data: Value) -> Delivery {
        let event = Event { kind: kind.into(), data, redacted: None, intent: 0, of_guild: true };
        let delivered = self.deliver(event).await;
        delivered.into_iter().next().expect("an event that needs no intent is delivered")
    }

    /// Tells the bot once more what it was told before, with all ids as they were, as overlapping connections do.
    pub async fn redeliver(self: &Arc<Self>, delivery: &Delivery) -> Delivery {
        let (kind, data) = (delivery.event["t"].as_str().unwrap_or_default().to_owned(), delivery.event["d"].clone());
        let event = Event { kind, data, redacted: None, intent: 0, of_guild: true };
        let sent = self.dispatch(&event);
        let outcome = self.arrived(&sent).await;
        Delivery { event: delivery.event.clone(), outcome }
    }

    /// Tells the bot of an event and waits until it has it; nothing when no session asked for such events.
    pub(super) async fn deliver(self: &Arc<Self>, event: Event) -> Vec<Delivery> {
        let told = json!({"t": event.kind, "d": event.data});
        let sent = self.dispatch(&event);
        let wanted = !sent.is_empty() || self.gateway().sessions.is_empty();
        if !wanted {
            return Vec::new();
        }
        self.journal().delivered.push(told.clone());
        let outcome = self.arrived(&sent).await;
        if outcome == Outcome::Missed {
            self.violation(format!("{} did not arrive within {:?}", event.kind, self.settings.ack_timeout));
        }
        self.changed();
        vec![Delivery { event: told, outcome }]
    }

    /// Waits until heartbeats say that the dispatch arrived. The stand-in asks for one, and then for another one, which a
    /// bot sends after it has begun with what came before.
    async fn arrived(&self, sent: &[Sent]) -> Outcome {
        let live = sent.iter().find(|sent| self.gateway().is_live(&sent.session));
        let Some(sent) = live else { return Outcome::NotConnected };
        for _ in 0..2 {
            let Some(before) = self.gateway().session(&sent.session).map(|session| session.beats) else {
                return Outcome::LineCut;
            };
            let mut asked = None;
            let heard = self.wait_within(self.settings.ack_timeout, || {
                let mut gateway = self.gateway();
                if !gateway.is_live(&sent.session) {
                    return Some(Outcome::LineCut);
                }
                let session = gateway.session(&sent.session)?;
                let (has_heard, connection) = (session.beats > before && session.heard >= sent.number, session.connection?);
                if has_heard {
                    return Some(Outcome::Acknowledged(None));
                }
                // A session that is resumed meanwhile has another connection, on which nobody asked yet.
                if asked.replace(connection) != Some(connection) {
                    gateway.send(connection, &json!({"op": 1, "d": null}));
                }
                None
            });
            match heard.await {
                Some(Outcome::Acknowledged(_)) => {}
                Some(lost) => return lost,
                None => return Outcome::Missed,
            }
        }
        Outcome::Acknowledged(None)
    }

    /// Begins an interaction, tells the bot of it and waits for the first answer. Without one the person is told so.
    pub(super) async fn interact(self: &Arc<Self>, act: Act<'_>) -> Delivery {
        let (answered, mut answer) = oneshot::channel();
        let (kind, user, channel) = (act.kind, act.user.to_owned(), act.channel.to_owned());
        let (id, data) = self.state().begin(act, self.now(), answered);
        let event = events::interaction(data);
        let told = json!({"t": event.kind, "d": event.data});
        let sent = self.dispatch(&event);
        self.journal().delivered.push(told.clone());
        let limit = tokio::time::Instant::from_std(Instant::now() + self.settings.ack_timeout);
        let outcome = if sent.iter().any(|sent| self.gateway().is_live(&sent.session)) {
            tokio::select! {
                answer = &mut answer => Outcome::Acknowledged(answer.ok()),
                () = self.lost(&sent) => Outcome::LineCut,
                _ = tokio::time::timeout_at(limit, std::future::pending::<()>()) => Outcome::Missed,
            }
        } else {
            Outcome::NotConnected
        };
        let outcome = self.settle_interaction(&id, outcome, &mut answer);
        if !matches!(outcome, Outcome::Acknowledged(_)) {
            self.regret(kind, &user, &channel);
        }
        if outcome == Outcome::Missed {
            self.violation(format!("{kind:?} was not answered within {:?}", self.settings.ack_timeout));
        }
        self.changed();
        Delivery { event: told, outcome }
    }

    /// Makes an interaction late unless its answer came this very moment.
    fn settle_interaction(&self, id: &str, outcome: Outcome, answer: &mut oneshot::Receiver<Value>) -> Outcome {
        let mut state = self.state();
        let Some(interaction) = state.interactions.get_mut(id) else { return outcome };
        match interaction.stage {
            Stage::Answered => match outcome {
                Outcome::Acknowledged(_) => outcome,
                _ => Outcome::Acknowledged(answer.try_recv().ok()),
            },
            Stage::Waiting | Stage::Late => {
                interaction.stage = Stage::Late;
                outcome
            }
        }
    }

    /// Returns when all connections are gone over which something was sent, and did not come back for a while.
    async fn lost(&self, sent: &[Sent]) {
        loop {
            let live = || sent.iter().any(|sent| self.gateway().is_live(&sent.session));
            self.wait_within(Duration::MAX, || (!live()).then_some(())).await;
            if self.wait_within(GRACE, || live().then_some(())).await.is_none() {
                return;
            }
        }
    }

    /// What Discord says where an answer stays away.
    fn regret(&self, kind: Kind, user: &str, channel: &str) {
        let content = match kind {
            Kind::Command => "The application did not respond",
            Kind::Component => "This interaction failed",
            Kind::Autocomplete => return,
            Kind::Modal => "Something went wrong. Try again.",
        };
        let new = NewMessage {
            channel: channel.into(),
            user: DISCORD.into(),
            content: content.into(),
            only_for: Some(user.into()),
            ..NewMessage::default()
        };
        self.state().post(new, self.now());
    }
}
