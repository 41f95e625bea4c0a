//! What a test may choose when it starts the stand-in.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;

/// Where the stand-in reads the time for ids and for everything that expires.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Choices for [`Discord::start`](super::Discord::start); take the default and change what matters.
pub struct DiscordOptions {
    /// The clock behind ids, interaction tokens and rate limits.
    pub now: Clock,
    /// Name of the guild.
    pub guild_name: String,
    /// User name of the bot.
    pub bot_name: String,
    /// The bot's token.
    pub bot_token: String,
    /// The privileged intents switched on for the application, as bits of the gateway's `intents`; none by default.
    pub privileged_intents: u64,
    /// The commands people know: they say which words of a typed line are options without a name.
    pub commands: &'static [commands::registry::Entry],
    /// Address to listen on; port 0 takes a free one.
    pub address: SocketAddr,
    /// Real time `expect` and its kin wait before they give up.
    pub patience: Duration,
    /// Real time the bot has for the first answer to an interaction; Discord gives 3 seconds.
    pub ack_timeout: Duration,
    /// Real time between heartbeats, as the gateway asks for in its hello.
    pub heartbeat_every: Duration,
}

impl Default for DiscordOptions {
    fn default() -> Self {
        Self {
            now: Arc::new(real_time),
            guild_name: "Playground".into(),
            bot_name: "watchkeeper".into(),
            bot_token: "standin.discord.bot-token".into(),
            privileged_intents: 0,
            commands: commands::ALL,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            patience: Duration::from_secs(5),
            ack_timeout: Duration::from_secs(3),
            heartbeat_every: Duration::from_millis(41_250),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the default clock of a stand-in is the real one; tests pass their own")]
fn real_time() -> Timestamp {
    Timestamp::now()
}
