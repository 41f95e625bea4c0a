//! Reading a channel as its members do.

use std::sync::Arc;

use super::{
    Workspace,
    model::{Channel, Message},
};

/// A channel to read. What is found through it counts as read for [`Workspace::unread`].
#[derive(Clone)]
pub struct ChannelHandle {
    workspace: Arc<Workspace>,
    id: String,
}

impl ChannelHandle {
    pub(super) fn new(workspace: Arc<Workspace>, id: String) -> Self {
        Self { workspace, id }
    }

    /// Id of the channel.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The channel as it is now.
    ///
    /// # Panics
    /// Never: channels are archived, not removed.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.workspace.state().channels.get(&self.id).cloned().expect("channels are never removed")
    }

    /// Waits for an unread message of the bot, posted or edited, whose words contain `words`; marks it and its earlier
    /// versions as read. Words split by `…` must appear in that order.
    ///
    /// # Panics
    /// When none comes within the patience of the options; says what is there instead.
    pub async fn expect(&self, words: &str) -> Message {
        let found = self.workspace.wait_for(|| self.workspace.read(words, |message| self.holds(message))).await;
        found.unwrap_or_else(|| panic!("nothing in #{} says {words:?}; unread there:\n{}", self.channel().name, self.listing()))
    }

    /// Marks all messages of the bot that are here now as read and returns them.
    pub fn read_all(&self) -> Vec<Message> {
        self.workspace.read_all(|message| self.holds(message))
    }

    /// Messages in order of time, thread replies included, ephemeral ones not.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let state = self.workspace.state();
        let shared = state.messages_in(&self.id).filter(|message| message.only_for.is_none());
        shared.map(|message| state.rendered(message.clone(), self.workspace.now())).collect()
    }

    /// The message and its replies, in order of time.
    #[must_use]
    pub fn thread(&self, parent: &Message) -> Vec<Message> {
        let belongs = |message: &Message| message.ts == parent.ts || message.thread_ts.as_ref() == Some(&parent.ts);
        self.messages().into_iter().filter(belongs).collect()
    }

    /// The message as it is now; `None` when it was deleted.
    #[must_use]
    pub fn again(&self, message: &Message) -> Option<Message> {
        let state = self.workspace.state();
        let now = state.message(&message.channel, &message.ts).cloned();
        now.map(|message| state.rendered(message, self.workspace.now()))
    }

    /// All that is said here, one message after the other as people read it, for snapshots.
    #[must_use]
    pub fn transcript(&self) -> String {
        let messages = self.messages();
        let state = self.workspace.state();
        let lines = messages.iter().map(|message| {
            let author = state.users.get(&message.user).map_or("?", |user| user.name.as_str());
            let indent = if message.thread_ts.as_ref().is_some_and(|ts| *ts != message.ts) { "    " } else { "" };
            format!("{indent}{author}: {}", message.plain().replace('\n', &format!("\n{indent}  ")))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn holds(&self, message: &Message) -> bool {
        message.channel == self.id && message.only_for.is_none()
    }

    fn listing(&self) -> String {
        let unread = self.workspace.unread();
        if unread.is_empty() { "nothing".into() } else { unread.join("\n") }
    }
}

impl Workspace {
    /// Finds the first unread version of a bot's message that says `words`, marks it as read and returns the message.
    pub(super) fn read(&self, words: &str, holds: impl Fn(&Message) -> bool) -> Option<Message> {
        let now = self.now();
        let mut state = self.state();
        let reader = state.reader(now);
        let unread = state.messages.values().filter(|message| message.user == state.bot && holds(message)).flat_map(|message| {
            let files = state.file_names(&message.files);
            let versions = message.versions.iter().enumerate().filter(|(_, version)| !version.read);
            let texts: Vec<(usize, String)> = versions.map(|(at, version)| (at, reader.message(version, &files))).collect();
            texts.into_iter().map(move |(at, text)| (message, at, text))
        });
        let (message, at, text) =
            unread.filter(|(_, _, text)| says(text, words)).min_by_key(|(message, at, _)| message.versions[*at].at)?;
        let mut found = message.clone();
        found.plain = text;
        let stored = state.message_mut(&found.channel, &found.ts)?;
        for version in &mut stored.versions[..=at] {
            version.read = true;
        }
        Some(found)
    }

    /// Marks all of the bot's messages for which `holds` is true as read and returns them.
    pub(super) fn read_all(&self, holds: impl Fn(&Message) -> bool) -> Vec<Message> {
        let now = self.now();
        let mut state = self.state();
        let bot = state.bot.clone();
        let mut read = Vec::new();
        for message in state.messages.values_mut().filter(|message| message.user == bot && holds(message)) {
            message.versions.iter_mut().for_each(|version| version.read = true);
            read.push(message.clone());
        }
        read.into_iter().map(|message| state.rendered(message, now)).collect()
    }
}

/// Whether `text` contains the parts of `words`, which `…` separates, in this order.
fn says(text: &str, words: &str) -> bool {
    if text.contains(words) {
        return true;
    }
    let mut rest = text;
    words.split('…').all(|part| {
        let found = rest.find(part.trim());
        if let Some(at) = found {
            rest = &rest[at + part.trim().len()..];
        }
        found.is_some()
    })
}
