//! What a test or the playground may choose when it starts the stand-in.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use jiff::Timestamp;

/// Where the stand-in reads the time for message stamps and for everything that expires.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How Slack reaches the bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Over the WebSockets the bot opened with `apps.connections.open`.
    SocketMode,
    /// With signed HTTP requests to `/slack/commands`, `/slack/events` and `/slack/interactive` below this URL.
    Http(String),
}

/// Choices for [`Slack::start`](super::Slack::start); take the default and change what matters.
pub struct SlackOptions {
    /// The clock behind message stamps, trigger ids, `response_url`s and signatures.
    pub now: Clock,
    /// Name of the workspace.
    pub team_name: String,
    /// The Enterprise organisation the workspace belongs to (`E…`), where it belongs to one.
    pub enterprise: Option<String>,
    /// Handle of the bot, without `@`.
    pub bot_name: String,
    /// The bot's token, `xoxb-…`.
    pub bot_token: String,
    /// The app-level token that opens sockets, `xapp-…`.
    pub app_token: String,
    /// The secret requests to the bot are signed with.
    pub signing_secret: String,
    /// OAuth scopes granted to the bot's token.
    pub bot_scopes: Vec<String>,
    /// Event subscriptions of the app, named as in a manifest's `bot_events`.
    pub bot_events: Vec<String>,
    /// How commands, interactions and events reach the bot.
    pub transport: Transport,
    /// Address to listen on; port 0 takes a free one.
    pub address: SocketAddr,
    /// Real time `expect` and its kin wait before they give up.
    pub patience: Duration,
    /// Real time the bot has to acknowledge; Slack gives 3 seconds.
    pub ack_timeout: Duration,
    /// Real time between pings on a socket.
    pub ping_every: Duration,
    /// More routes for the same server, such as the playground's clock.
    pub extra_routes: Router,
}

impl Default for SlackOptions {
    fn default() -> Self {
        Self {
            now: Arc::new(real_time),
            team_name: "Playground".into(),
            enterprise: None,
            bot_name: "watchkeeper".into(),
            bot_token: "xoxb-standin-bot-token".into(),
            app_token: "xapp-1-standin-app-token".into(),
            signing_secret: "8f742231b10e8888abcd99yyyzzz85a5".into(),
            bot_scopes: ALL_SCOPES.iter().map(ToString::to_string).collect(),
            bot_events: DEFAULT_EVENTS.iter().map(ToString::to_string).collect(),
            transport: Transport::SocketMode,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            patience: Duration::from_secs(5),
            ack_timeout: Duration::from_secs(3),
            ping_every: Duration::from_secs(10),
            extra_routes: Router::new(),
        }
    }
}

/// Every scope a method of the stand-in asks for. Left out is `chat:write.public`, which lets the bot post where it is no
/// member.
pub const ALL_SCOPES: [&str; 22] = [
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "mpim:read",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "usergroups:write",
    "users.profile:read",
    "users:read",
    "users:read.email",
];

const DEFAULT_EVENTS: [&str; 6] =
    ["app_home_opened", "app_mention", "member_joined_channel", "message.im", "reaction_added", "reaction_removed"];

#[expect(clippy::disallowed_methods, reason = "the default clock of a stand-in is the real one; tests pass their own")]
fn real_time() -> Timestamp {
    Timestamp::now()
}
