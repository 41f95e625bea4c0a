//! Discord.
//!
//! `gateway` keeps the connection, `decode` reads what comes over it, `intake` hands it on and acknowledges; `render`,
//! `escape`, `buttons` and `form` write what goes out, `posting` and `files` bring it there through `api`. `registration` is
//! how Discord learns of the commands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use tokio::sync::{OnceCell, watch};
use url::Url;

use self::api::Api;
use self::askings::Askings;
use self::pulse::Pulse;
use super::{Names, Shelf};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::outward::Outward;
use crate::secret::Secret;

mod api;
mod askings;
mod pulse;
mod way;

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
    /// Counters.
    pub metrics: Metrics,
}

/// Discord as a platform.
pub struct Discord {
    api: Api,
    settings: DiscordSettings,
    names: Arc<dyn Names>,
    shelf: Arc<dyn Shelf>,
    clock: Clock,
    metrics: Metrics,
    /// The bot's own application and account, once Discord has said it.
    origin: OnceCell<Origin>,
    /// Interactions under way.
    askings: Askings,
    pulse: Arc<Pulse>,
    /// Handlers at work.
    at_work: watch::Sender<usize>,
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
        let Ground { outward, names, shelf, clock, metrics } = ground;
        Self {
            api: Api::new(&settings, outward, clock.clone()),
            settings,
            names,
            shelf,
            clock,
            metrics,
            origin: OnceCell::new(),
            askings: Askings::default(),
            pulse: Arc::default(),
            at_work: watch::Sender::new(0),
            channels: Mutex::default(),
        }
    }
}
