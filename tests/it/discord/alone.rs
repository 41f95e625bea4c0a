//! Our side of Discord without the rest of the bot, in real time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use standins::discord::{Discord, GUILD_ID};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use watchkeeper::activity::Activity;
use watchkeeper::clock::Clock;
use watchkeeper::outward::Outward;
use watchkeeper::platform::discord::{Discord as Platform, DiscordSettings, Ground};
use watchkeeper::platform::{Inbound, Platform as _, SendError, Shelf};
use watchkeeper::secret::Secret;

use crate::ears::Nobody;

/// Takes everything and gives nothing back.
struct Torn;

#[async_trait]
impl Shelf for Torn {
    async fn keep(&self, _line: &str) -> Result<String, SendError> {
        Ok("0".repeat(32))
    }

    async fn find(&self, _key: &str) -> Result<Option<String>, SendError> {
        Err(SendError::Again("the disk is gone".to_owned()))
    }
}

/// A bot on Discord without all the rest.
pub(super) struct Bot {
    /// It.
    pub(super) platform: Arc<Platform>,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Bot {
    /// Runs one there until it is connected.
    pub(super) async fn on(discord: &Discord, inbound: Arc<dyn Inbound>) -> Self {
        let settings = DiscordSettings {
            api_url: discord.url().parse().unwrap(),
            token: Secret::new(discord.bot_token()),
            guild: GUILD_ID.to_owned(),
            roles: BTreeSet::new(),
            groups: BTreeMap::new(),
        };
        let ground = Ground {
            outward: Outward::new(None).unwrap(),
            names: Arc::new(Nobody),
            shelf: Arc::new(Torn),
            clock: Clock::system(),
            activity: Activity::default(),
            commands: commands::ALL,
        };
        let _ = rustls::crypto::ring::default_provider().install_default();
        let platform = Arc::new(Platform::new(settings, ground));
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(Arc::clone(&platform).run(inbound, stopped));
        discord.connected(1).await;
        Self { platform, stop, running }
    }

    /// Stops it.
    pub(super) async fn ends(self) {
        self.stop.send_replace(true);
        self.running.await.unwrap();
    }
}
