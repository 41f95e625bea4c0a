//! A Discord that speaks the real protocols, in one process with the test: REST (API version 10) and the gateway.
//!
//! Start it with [`Discord::start`], make people, roles and channels, point the bot at [`Guild::url`], and let people act
//! through [`Guild::person`]. [`Guild::unread`] and [`Guild::violations`] say what a test overlooked and what Discord would not
//! have taken. Names and shapes are those of the Slack stand-in, so that one conversation runs on both.
#![expect(clippy::expect_used, reason = "a stand-in that cannot go on stops the test that uses it, saying why")]

mod acting;
mod answers;
mod channels;
mod check;
mod delivery;
mod emoji;
mod errors;
mod events;
mod faults;
mod forms;
mod gateway;
mod guild;
mod interactions;
mod journal;
mod json;
mod line;
mod membership;
mod mentions;
mod methods;
mod model;
mod options;
mod people;
mod play;
mod play_state;
mod questions;
mod rates;
mod request;
mod rest;
mod sessions;
mod setup;
mod state;
#[cfg(test)]
mod tests;
mod text;

use std::{ops::Deref, sync::Arc};

use tokio::{net::TcpListener, task::AbortHandle};

pub use channels::ChannelHandle;
pub use delivery::{Delivery, Done, FieldError, Outcome, Submitted};
pub use faults::{Fault, Scope};
pub use forms::{Form, FormField, Lines};
pub use gateway::GatewayHandle;
pub use guild::Guild;
pub use journal::Call;
pub use model::{BotAccess, Channel, ChannelKind, File, Message, NewChannel, Pings, Reaction, Role, User, UserKind, Version};
pub use options::{Clock, DiscordOptions};
pub use people::Person;
pub use state::{APPLICATION_ID, BOT_ID, DISCORD, GUILD_ID};

use crate::slack::wire::{Listener, Scissors};

/// A running stand-in; it stops when the last clone is dropped.
#[derive(Clone)]
pub struct Discord {
    guild: Arc<Guild>,
    _server: Arc<Server>,
}

impl Discord {
    /// Starts a guild that holds nobody but the bot, listening on loopback.
    ///
    /// # Panics
    /// When the address cannot be listened on.
    pub async fn start(options: DiscordOptions) -> Self {
        let listener = TcpListener::bind(options.address).await.expect("listening on the address of the stand-in");
        let address = listener.local_addr().expect("a bound listener has an address");
        let guild = Arc::new(Guild::new(address, options));
        let service = guild::router(&guild).into_make_service_with_connect_info::<Scissors>();
        let server = tokio::spawn(async move { axum::serve(Listener(listener), service).await });
        let server = Server { task: server.abort_handle(), guild: guild.clone() };
        Self { guild, _server: Arc::new(server) }
    }
}

impl Deref for Discord {
    type Target = Arc<Guild>;

    fn deref(&self) -> &Arc<Guild> {
        &self.guild
    }
}

/// Stops listening and closes the gateway's connections when dropped.
struct Server {
    task: AbortHandle,
    guild: Arc<Guild>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
        self.guild.gateway().cut_all();
    }
}
