//! What a test asks afterwards: what was called, said, left unread, and done wrong.

use std::sync::Arc;

use super::{
    Workspace,
    journal::{Ack, BusiestSecond, Call},
    model::Message,
};

impl Workspace {
    /// The most messages into a channel within one second.
    ///
    /// # Panics
    /// When there is no such channel.
    #[must_use]
    pub fn busiest_second(self: &Arc<Self>, channel: &str) -> BusiestSecond {
        let id = self.channel(channel).id().to_owned();
        self.journal().busiest_second(&id)
    }

    /// Calls of the Web API so far.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.journal().calls.clone()
    }

    /// Calls of one method so far.
    #[must_use]
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.journal().calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    /// Acknowledgements so far.
    #[must_use]
    pub fn acks(&self) -> Vec<Ack> {
        self.journal().acks.clone()
    }

    /// Everything the bot did that Slack refuses or that a person would notice as broken. Empty is right.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.journal().violations.clone()
    }

    /// The violations, which are then forgotten: for tests that provoke one.
    pub fn take_violations(&self) -> Vec<String> {
        std::mem::take(&mut self.journal().violations)
    }

    /// Messages of a channel in order of time, thread replies included, ephemeral ones not.
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

    /// Every message the bot has posted, with all versions, in order of time within each channel.
    #[must_use]
    pub fn bot_messages(&self) -> Vec<Message> {
        let state = self.state();
        let own = state.messages.values().filter(|message| message.user == state.bot);
        own.map(|message| state.rendered(message.clone(), self.now())).collect()
    }

    /// A file by its id.
    ///
    /// # Panics
    /// When there is no such file.
    #[must_use]
    pub fn file(&self, id: &str) -> super::model::File {
        self.state().files.get(id).cloned().unwrap_or_else(|| panic!("there is no file {id}"))
    }

    /// What the bot said and no test looked at, as `#channel: words`, edits included.
    #[must_use]
    pub fn unread(&self) -> Vec<String> {
        let state = self.state();
        let reader = state.reader(self.now());
        let mut unread = Vec::new();
        for message in state.messages.values().filter(|message| message.user == state.bot) {
            let place = state.channels.get(&message.channel).map_or("?", |channel| channel.name.as_str());
            let whom = message.only_for.as_ref().and_then(|id| state.users.get(id));
            let whom = whom.map(|user| format!(" (only for {})", user.name)).unwrap_or_default();
            for version in message.versions.iter().filter(|version| !version.read) {
                let words = reader.message(version, &state.file_names(&message.files));
                unread.push(format!("#{place}{whom}: {words}"));
            }
        }
        unread
    }
}
