//! What a test asks afterwards: what was called, said, left unread, and done wrong.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Guild,
    journal::Call,
    model::Message,
    state::{BOT_ID, State},
};

impl Guild {
    /// Calls of REST so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.journal().calls.clone()
    }

    /// Calls of one route so far, such as `POST /channels/{channel}/messages`.
    ///
    /// # Panics
    /// When there is no such route.
    #[must_use]
    pub fn calls_of(&self, route: &str) -> Vec<Call> {
        super::setup::known(route);
        self.journal().calls.iter().filter(|call| call.route == route).cloned().collect()
    }

    /// Everything the bot did that Discord refuses or that a person would notice as broken. Empty is right.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.journal().violations.clone()
    }

    /// The violations, which are then forgotten: for tests that provoke one.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.journal().violations)
    }

    /// Everything people did that the bot was told or meant to be told, as `{t, d}`, oldest first.
    #[must_use]
    pub fn delivered(&self) -> Vec<Value> {
        self.journal().delivered.clone()
    }

    /// The commands registered in the guild, then the global ones, as Discord keeps them.
    #[must_use]
    pub fn commands(&self) -> Vec<Value> {
        let state = self.state();
        state.guild_commands.iter().chain(&state.global_commands).cloned().collect()
    }

    /// Waits until the bot has registered commands.
    ///
    /// # Panics
    /// When that does not happen within the patience of the options.
    pub async fn registered(&self) {
        let registered = self.wait_for(|| self.state().registered.then_some(())).await;
        assert!(registered.is_some(), "the bot registered no commands");
    }

    /// Messages of a channel in order of time, those in threads included, ephemeral ones not.
    ///
    /// # Panics
    /// When there is no such channel.
    #[must_use]
    pub fn messages(self: &Arc<Self>, channel: &str) -> Vec<Message> {
        self.channel(channel).messages()
    }

    /// What only this person sees, in all channels, in order of time.
    ///
    /// # Panics
    /// When there is nobody of that name.
    #[must_use]
    pub fn ephemerals(self: &Arc<Self>, person: &str) -> Vec<Message> {
        self.person(person).ephemerals()
    }

    /// Every message the bot has posted, with all versions, in order of time.
    #[must_use]
    pub fn bot_messages(&self) -> Vec<Message> {
        let state = self.state();
        let own = state.messages.values().filter(|message| message.user == BOT_ID && !message.thinking);
        own.map(|message| state.rendered(message.clone(), self.now())).collect()
    }

    /// What the bot said and no test looked at, as `#channel: words`, edits included, and answers that never came.
    #[must_use]
    pub fn unread(&self) -> Vec<String> {
        let state = self.state();
        let reader = state.reader(self.now());
        let mut unread = Vec::new();
        for message in state.messages.values().filter(|message| message.user == BOT_ID) {
            for version in message.versions.iter().filter(|version| !version.read) {
                unread.push(format!("#{}: {}", place(&state, message), reader.version(version, message.thinking)));
            }
        }
        unread
    }
}

fn place(state: &State, message: &Message) -> String {
    let channel = state.channels.get(state.home(message)).map_or("?", |channel| channel.name.as_str());
    let whom = message.only_for.as_ref().and_then(|id| state.users.get(id));
    let whom = whom.map(|user| format!(" (only for {})", user.name)).unwrap_or_default();
    format!("{channel}{whom}")
}
