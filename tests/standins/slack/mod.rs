//! A Slack that speaks the real protocols, in one process with the test: Web API, Socket Mode, signed HTTP, and a page
//! on which people can play.
//!
//! Start it with [`Slack::start`], make people and channels, point the bot at [`Workspace::api_url`], and let people act
//! through [`Workspace::person`]. [`Workspace::unread`] and [`Workspace::violations`] say what a test overlooked and what
//! Slack would not have taken.
#![expect(clippy::expect_used, reason = "a stand-in that cannot go on stops the test that uses it, saying why")]

mod actions;
mod args;
mod blocks;
mod channels;
mod delivery;
mod entries;
mod events;
mod faults;
mod forms;
mod http_sender;
mod journal;
mod methods;
mod model;
pub mod official;
mod options;
mod payloads;
mod people;
mod play;
mod play_state;
mod questions;
mod response_url;
mod setup;
mod signature;
mod socket;
mod state;
mod submitting;
#[cfg(test)]
mod tests;
mod text;
mod views;
mod web_api;
pub(crate) mod wire;
mod workspace;

use std::{ops::Deref, sync::Arc};

use tokio::{net::TcpListener, task::AbortHandle};

pub use actions::{Done, FieldError, Place, Submitted};
pub use channels::ChannelHandle;
pub use delivery::{Delivery, Envelope, EnvelopeKind, EventIds, Outcome, Undelivered};
pub use faults::{Fault, Gate};
pub use forms::{Form, FormField};
pub use http_sender::{HttpAnswer, Signing};
pub use journal::{Ack, BusiestSecond, Call, TokenKind};
pub use model::{Channel, ChannelKind, File, Message, NewChannel, Reaction, SlashCommand, User, UserGroup, UserKind, Version};
pub use options::{ALL_SCOPES, Clock, SlackOptions, Transport};
pub use people::Person;
pub use signature::sign;
pub use socket::{DisconnectReason, SocketHandle};
pub use state::{APP_ID, BOT_ID, SLACKBOT, TEAM_ID};
pub use workspace::Workspace;

/// A running stand-in; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Slack {
    workspace: Arc<Workspace>,
    _server: Arc<Server>,
}

impl Slack {
    /// Starts a workspace that holds nobody but the bot, listening on loopback.
    ///
    /// # Panics
    /// When the address cannot be listened on.
    pub async fn start(options: SlackOptions) -> Self {
        let listener = TcpListener::bind(options.address).await.expect("listening on the address of the stand-in");
        let address = listener.local_addr().expect("a bound listener has an address");
        let extra_routes = options.extra_routes.clone();
        let workspace = Arc::new(Workspace::new(format!("http://{address}"), options));
        let router = workspace::router(&workspace, extra_routes);
        let service = router.into_make_service_with_connect_info::<wire::Scissors>();
        let server = tokio::spawn(async move { axum::serve(wire::Listener(listener), service).await });
        let server = Server { task: server.abort_handle(), workspace: workspace.clone() };
        Self { workspace, _server: Arc::new(server) }
    }
}

impl Deref for Slack {
    type Target = Arc<Workspace>;

    fn deref(&self) -> &Arc<Workspace> {
        &self.workspace
    }
}

/// Stops listening and closes the sockets when dropped.
struct Server {
    task: AbortHandle,
    workspace: Arc<Workspace>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.workspace.sockets().cut_all();
    }
}
