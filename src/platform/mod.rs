//! The seam to the chat platforms: what comes in ([`Event`]), what goes out ([`Platform`]).
//!
//! A platform translates its wire to these values and back. It knows no store, no engine and no policy.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use commands::message::Message;
use commands::records::Place;
use commands::registry::Form;
use commands::{Choice, PersonId, Text};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::activity::InFlight;
use crate::health::Health;

mod answering;
mod direction;
pub mod discord;
mod length;
mod narrow;
pub mod slack;

/// A platform acknowledges what comes in after this long, whatever becomes of it: Slack and Discord allow three seconds.
pub const ACKNOWLEDGE: Duration = Duration::from_secs(2);

/// A chat account: `slack:U123` in records.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Account {
    /// The platform's name.
    pub platform: String,
    /// Its id there.
    pub id: String,
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.platform, self.id)
    }
}

/// What a platform says about an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Its e-mail address, where the platform vouches for it.
    pub email: Option<String>,
    /// The name shown.
    pub name: String,
    /// Its IANA time zone.
    pub zone: Option<String>,
    /// Whether it is a full member's, the only kind that may ask or approve.
    pub standing: Standing,
    /// The groups of the policy that the platform puts it in, as the configuration says which of its own groups count.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
}

/// What kind of account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A full member of the workspace.
    Member,
    /// A guest, or a member of another workspace.
    Guest,
    /// A program.
    Bot,
    /// Deactivated.
    Gone,
}

/// Something that came in, verified and acknowledged by whoever delivers it.
#[derive(Clone, Debug)]
pub enum Event {
    /// Somebody asked for a command: typed it, mentioned the bot, or pressed a button that stands for one.
    Asked(Invocation),
    /// Somebody submitted a form.
    Submitted(Submission),
    /// Somebody is typing in a picker.
    Typing(Typing),
    /// Something happened under a message: look at it.
    Nudged(MessageRef),
}

/// A command as it was asked.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Identifies this asking over redeliveries, such as `slack/trigger/1234.5678`.
    pub once: String,
    /// Who.
    pub account: Account,
    /// Where.
    pub place: Place,
    /// The command line without prefix or mention: `rds list`. Mentions of people stand as `@slack:U123`.
    pub line: String,
    /// Where the answer goes.
    pub reply: Target,
    /// What a form can be opened with, for a short while; it comes back in [`Asks`].
    pub ticket: Option<String>,
}

/// A form as it was submitted.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Identifies this submission over redeliveries.
    pub once: String,
    /// Who.
    pub account: Account,
    /// What the form carried; see [`Asks`].
    pub carry: Carry,
    /// The fields, by argument name: strings, lists of strings, `true`.
    pub given: Map<String, Value>,
}

/// What a form carries from its opening to its submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carry {
    /// The command's name.
    pub command: String,
    /// Where it was asked.
    pub place: Place,
    /// Where the answer goes.
    pub reply: Target,
}

/// Somebody typing in a picker.
#[derive(Clone, Debug)]
pub struct Typing {
    /// Who.
    pub account: Account,
    /// The command of the form.
    pub command: String,
    /// The argument.
    pub arg: String,
    /// What was typed so far.
    pub typed: String,
    /// The other fields as far as they are filled in.
    pub given: Map<String, Value>,
}

/// What to tell the platform while it waits for its acknowledgement.
#[derive(Debug)]
pub enum Ack {
    /// It is received.
    Received,
    /// It is received, and this is the whole answer, for the asker alone.
    Say(Message),
    /// The form stays open; these fields (by argument name) are wrong.
    Mend(Vec<(String, Text)>),
    /// Values for a picker.
    Choices(Vec<Choice>),
    /// Something is missing, and a form asks for it.
    Form(Box<Asks>),
}

/// A form to open in answer.
#[derive(Debug)]
pub struct Asks {
    /// The [`Invocation::ticket`] it is opened with.
    pub ticket: String,
    /// The form.
    pub form: Form,
    /// What it carries to its submission.
    pub carry: Carry,
    /// What to say where it does not open.
    pub instead: Message,
    /// Held until it is open.
    pub in_flight: InFlight,
}

/// Takes what comes in. It returns as soon as the event is durable or answered, and never waits for AWS.
#[async_trait]
pub trait Inbound: Send + Sync {
    /// Takes one event.
    async fn receive(&self, event: Event) -> Ack;
}

/// A message that was posted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MessageRef {
    /// The platform's name.
    pub platform: String,
    /// The channel's id.
    pub channel: String,
    /// The message's id there.
    pub message: String,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Into a channel, or into a thread of it.
    Channel {
        /// The channel's id.
        channel: String,
        /// The message whose thread it is.
        thread: Option<String>,
    },
    /// Into the channel or thread where one person asked, for everybody, in place of an answer to them alone.
    Shared {
        /// The channel's id.
        channel: String,
        /// The message whose thread it is.
        thread: Option<String>,
        /// The platform's own way to answer, which is not needed any more.
        handle: Option<Handle>,
    },
    /// To one person where they asked, seen by them alone.
    Only {
        /// The channel's id.
        channel: String,
        /// The account's id.
        account: String,
        /// The platform's own way to answer, with its end.
        handle: Option<Handle>,
    },
    /// To one person directly.
    Direct {
        /// The account's id.
        account: String,
    },
}

/// A platform's own way to answer one asking, such as Slack's `response_url`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handle {
    /// What the platform gave.
    pub token: String,
    /// When it stops working.
    pub until: Timestamp,
    /// Whether the answer takes the place of the message that was clicked.
    pub replaces: bool,
}

/// Why a message was not delivered.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SendError {
    /// The platform asks to wait.
    #[error("rate limited for {0:#}")]
    Wait(SignedDuration),
    /// Something in between; worth another try.
    #[error("{0}")]
    Again(String),
    /// It will never be: no such channel, no such message, not a member.
    #[error("{0}")]
    Never(String),
}

/// One emoji under a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Whose, the account's id.
    pub account: String,
    /// The emoji's name without colons around it, skin tone and variation selector. None that people made themselves goes by the
    /// name of a usual one.
    pub emoji: String,
}

/// What became of a user group that is to hold certain accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// It held them already.
    Held,
    /// It was changed.
    Changed,
}

/// A chat platform, outward.
#[async_trait]
pub trait Platform: Send + Sync {
    /// Its name in records: `slack`.
    fn name(&self) -> &'static str;

    /// Posts a message. `slot` is kept with it, unseen, so that [`Platform::find`] can recognise it.
    async fn post(&self, target: &Target, message: &Message, slot: &str) -> Result<MessageRef, SendError>;

    /// Replaces a posted message's content.
    async fn edit(&self, at: &MessageRef, message: &Message) -> Result<(), SendError>;

    /// Looks for a message with this `slot` posted at or after `since`: was it sent before a crash?
    async fn find(&self, target: &Target, slot: &str, since: Timestamp) -> Result<Option<MessageRef>, SendError>;

    /// All emoji under a message now.
    async fn reactions(&self, at: &MessageRef) -> Result<Vec<Reaction>, SendError>;

    /// Who is behind an account.
    async fn profile(&self, account: &str) -> Result<Profile, SendError>;

    /// The account with this e-mail address, where there is one that is in use.
    async fn account(&self, email: &str) -> Result<Option<String>, SendError>;

    /// Makes a user group hold exactly these accounts. It looks first, and leaves alone what is so already.
    async fn set_group(&self, group: &str, accounts: &[String]) -> Result<Group, SendError>;

    /// Takes in what comes in and hands it to `inbound`, until `shutdown` turns true or its sender is gone; then lets what is
    /// at work finish.
    async fn run(self: Arc<Self>, inbound: Arc<dyn Inbound>, shutdown: watch::Receiver<bool>);

    /// The routes by which it is reached over HTTP, where there are any.
    fn routes(self: Arc<Self>, inbound: Arc<dyn Inbound>) -> Router;

    /// How it is doing.
    fn health(&self) -> Health;
}

/// Keeps command lines that are too long for a platform's buttons.
#[async_trait]
pub trait Shelf: Send + Sync {
    /// Keeps a line; the key it is found by, which is the same for the same line: 32 hexadecimal letters.
    ///
    /// # Errors
    /// When it can't be written.
    async fn keep(&self, line: &str) -> Result<String, SendError>;

    /// The line of a key, where it is still kept.
    ///
    /// # Errors
    /// When it can't be read.
    async fn find(&self, key: &str) -> Result<Option<String>, SendError>;
}

/// How people are called on a platform; renderers ask it to mention somebody.
pub trait Names: Send + Sync {
    /// The account's id on `platform`, where it is known.
    fn account(&self, platform: &str, person: &PersonId) -> Option<String>;
    /// The name they go by.
    fn name(&self, person: &PersonId) -> String;
}
