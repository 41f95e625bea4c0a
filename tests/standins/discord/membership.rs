//! Whether the bot is in the guild: people invite it, and send it away.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Guild,
    events::{Event, intent},
    json as written,
    model::Message,
    state::GUILD_ID,
};

impl Guild {
    /// Sends the bot out of the guild. Its commands go with it, and it is told where it is connected.
    pub async fn sends_bot_away(self: &Arc<Self>) {
        {
            let mut state = self.state();
            state.bot_is_away = true;
            state.guild_commands.clear();
        }
        self.tells("GUILD_DELETE", json!({"id": GUILD_ID})).await;
    }

    /// Invites the bot. It comes without commands, and is told where it is connected.
    pub async fn invites_bot(self: &Arc<Self>) {
        let guild = {
            let mut state = self.state();
            state.bot_is_away = false;
            written::guild_create(&state, &self.settings.guild_name)
        };
        self.tells("GUILD_CREATE", guild).await;
    }

    /// Takes the guild out of order, as when Discord has an outage: the bot is told so, and stays in it.
    pub async fn breaks_down(self: &Arc<Self>) {
        self.tells("GUILD_DELETE", json!({"id": GUILD_ID, "unavailable": true})).await;
    }

    /// A moderator takes a message away.
    pub fn takes_away(&self, message: &Message) {
        self.delete_message(&message.id);
    }

    async fn tells(self: &Arc<Self>, kind: &str, data: Value) {
        let event = Event { kind: kind.into(), data, redacted: None, intent: intent::GUILDS, of_guild: true };
        self.deliver(event).await;
        self.changed();
    }
}
