//! Discord.
//!
//! `gateway` keeps the connection, `decode` reads what comes over it, `intake` hands it on and acknowledges; `render`,
//! `escape`, `buttons` and `form` write what goes out, `posting` and `files` bring it there through `api`. `registration` is
//! how Discord learns of the commands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use commands::message::Message;
use commands::registry::Entry;
use jiff::Timestamp;
use tokio::sync::{OnceCell, watch};
use url::Url;

use self::api::Api;
use self::askings::Askings;
use self::order::Order;
use self::posting::{Ear, Place};
use self::pulse::Pulse;
use super::{Group, Inbound, MessageRef, Names, Platform, Profile, Reaction, SendError, Shelf, Target};
use crate::activity::Activity;
use crate::clock::Clock;
use crate::health::Health;
use crate::outward::Outward;
use crate::secret::Secret;

mod api;
mod askings;
mod buckets;
mod buttons;
mod decode;
mod escape;
mod files;
mod form;
mod gateway;
mod intake;
mod introduction;
mod limits;
mod marker;
mod options;
mod order;
mod people;
mod posting;
mod pulse;
mod reactions;
mod registration;
mod render;
mod threads;
mod trouble;
mod way;
mod words;

/// The platform's name in records.
pub const NAME: &str = "discord";

/// How to reach Discord.
#[derive(Clone, Debug)]
pub struct DiscordSettings {
    /// Where the API is, version included: `https://discord.com/api/v10`, or a stand-in's.
    pub api_url: Url,
    /// The bot's token.
    pub token: Secret,
    /// The server's id.
    pub guild: String,
    /// The roles whose members may use the bot; with none every member may.
    pub roles: BTreeSet<String>,
    /// Groups of the policy that roles of the server stand for: the role's id by the group's name.
    pub groups: BTreeMap<String, String>,
}

/// What Discord stands on.
pub struct Ground {
    /// HTTP.
    pub outward: Outward,
    /// How people are called.
    pub names: Arc<dyn Names>,
    /// Where long command lines are kept.
    pub shelf: Arc<dyn Shelf>,
    /// The clock.
    pub clock: Clock,
    /// What is in flight.
    pub activity: Activity,
    /// Every command.
    pub commands: &'static [Entry],
}

/// Discord as a platform.
pub struct Discord {
    api: Api,
    settings: DiscordSettings,
    names: Arc<dyn Names>,
    shelf: Arc<dyn Shelf>,
    clock: Clock,
    activity: Activity,
    commands: &'static [Entry],
    /// The bot's own application and account, once Discord has said it.
    origin: OnceCell<Origin>,
    /// Interactions under way.
    askings: Askings,
    pulse: Arc<Pulse>,
    /// Handlers at work.
    at_work: Activity,
    /// Who is being listened to, each in the order of what they wrote.
    order: Order,
    /// Ids of channels by their `#name`, and of direct message channels by account.
    channels: Mutex<HashMap<String, String>>,
}

/// Who the bot is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    /// The application's id.
    application: String,
    /// The bot's account.
    account: String,
}

impl Discord {
    /// Sets Discord up; nothing is sent yet.
    pub fn new(settings: DiscordSettings, ground: Ground) -> Self {
        let Ground { outward, names, shelf, clock, activity, commands } = ground;
        Self {
            api: Api::new(&settings, outward, clock.clone()),
            settings,
            names,
            shelf,
            clock,
            activity,
            commands,
            origin: OnceCell::new(),
            askings: Askings::default(),
            pulse: Arc::default(),
            at_work: Activity::default(),
            order: Order::default(),
            channels: Mutex::default(),
        }
    }
}

#[async_trait]
impl Platform for Discord {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn post(&self, target: &Target, message: &Message, slot: &str) -> Result<MessageRef, SendError> {
        let posted = match target {
            Target::Channel { channel, thread } => {
                self.post_in(Place { channel, thread: thread.as_deref() }, message, slot).await
            }
            Target::Shared { channel, thread, handle } => {
                self.post_shared(Place { channel, thread: thread.as_deref() }, handle.as_ref(), message, slot).await
            }
            Target::Only { channel, account, handle } => {
                let ear = Ear { channel, account, handle: handle.as_ref() };
                self.post_only(ear, message, slot).await
            }
            Target::Direct { account } => self.post_direct(account, message, slot).await,
        };
        Ok(posted?)
    }

    async fn edit(&self, at: &MessageRef, message: &Message) -> Result<(), SendError> {
        if at.message.is_empty() {
            return Err(SendError::Never("an answer for one person alone cannot be edited".to_owned()));
        }
        Ok(self.change(at, message).await?)
    }

    async fn find(&self, target: &Target, slot: &str, since: Timestamp) -> Result<Option<MessageRef>, SendError> {
        match self.look_for(target, slot, since).await {
            Ok(found) => Ok(found),
            // In a channel that is gone or out of sight it never will be found: no reason to be silent.
            Err(fault) if fault.lasts() => {
                tracing::warn!(%fault, "looking for a message that may have been posted before");
                Ok(None)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn reactions(&self, at: &MessageRef) -> Result<Vec<Reaction>, SendError> {
        Ok(self.emoji_under(at).await?)
    }

    async fn profile(&self, account: &str) -> Result<Profile, SendError> {
        Ok(self.member(account).await?)
    }

    async fn account(&self, _email: &str) -> Result<Option<String>, SendError> {
        // Discord tells no bot anybody's address.
        Ok(None)
    }

    async fn set_group(&self, group: &str, accounts: &[String]) -> Result<Group, SendError> {
        self.hold_role(group, accounts).await
    }

    async fn run(self: Arc<Self>, inbound: Arc<dyn Inbound>, shutdown: watch::Receiver<bool>) {
        gateway::keep(self, inbound, shutdown).await;
    }

    fn routes(self: Arc<Self>, _inbound: Arc<dyn Inbound>) -> Router {
        Router::new()
    }

    fn health(&self) -> Health {
        self.pulse.health(self.api.trouble.words(&self.invitation()), self.clock.now())
    }
}
