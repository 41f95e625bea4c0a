//! Reading a channel as its members do.

use std::sync::Arc;

use super::{
    Guild,
    model::{Channel, ChannelKind, Message, Version},
    state::BOT_ID,
};

/// A channel to read, its threads with it. What is found through it counts as read for [`Guild::unread`].
#[derive(Clone)]
pub struct ChannelHandle {
    guild: Arc<Guild>,
    id: String,
}

impl ChannelHandle {
    pub(super) fn new(guild: Arc<Guild>, id: String) -> Self {
        Self { guild, id }
    }

    /// Id of the channel.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The channel as it is now.
    ///
    /// # Panics
    /// When it was removed.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.guild.state().channels.get(&self.id).cloned().expect("this channel was removed")
    }

    /// Waits for an unread message of the bot, posted or edited, here or in a thread of this channel, whose words contain
    /// `words`; marks it and its earlier versions as read. Words split by `…` must appear in that order.
    ///
    /// # Panics
    /// When none comes within the patience of the options; says what is there instead.
    pub async fn expect(&self, words: &str) -> Message {
        let found = self.guild.wait_for(|| self.guild.read(words, |message, home| self.holds(message, home))).await;
        found.unwrap_or_else(|| panic!("nothing in #{} says {words:?}; unread there:\n{}", self.channel().name, self.listing()))
    }

    /// Marks all messages of the bot that are here now as read and returns them.
    pub fn read_all(&self) -> Vec<Message> {
        self.guild.read_all(|message, home| self.holds(message, home))
    }

    /// Messages in order of time, those in threads included, ephemeral ones not.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let state = self.guild.state();
        let shared = state.messages.values().filter(|message| self.holds(message, state.home(message)));
        shared.map(|message| state.rendered(message.clone(), self.guild.now())).collect()
    }

    /// The message and what was said in its thread, in order of time.
    #[must_use]
    pub fn thread(&self, parent: &Message) -> Vec<Message> {
        let belongs = |message: &Message| message.id == parent.id || message.channel == parent.id;
        self.messages().into_iter().filter(belongs).collect()
    }

    /// The message as it is now; `None` when it was deleted.
    #[must_use]
    pub fn again(&self, message: &Message) -> Option<Message> {
        let state = self.guild.state();
        let now = state.message(&message.channel, &message.id).cloned();
        now.map(|message| state.rendered(message, self.guild.now()))
    }

    /// All that is said here, one message after the other as people read it, for snapshots.
    #[must_use]
    pub fn transcript(&self) -> String {
        let messages = self.messages();
        let state = self.guild.state();
        let direct = state.channels.get(&self.id).is_some_and(|one| matches!(one.kind, ChannelKind::Direct(_)));
        let lines = messages.iter().map(|message| {
            let author = state.users.get(&message.user).map_or("?", |user| user.name.as_str());
            let indented = message.channel != self.id || (direct && message.reply_to.is_some());
            let indent = if indented { "    " } else { "" };
            format!("{indent}{author}: {}", message.plain().replace('\n', &format!("\n{indent}  ")))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn holds(&self, message: &Message, home: &str) -> bool {
        (home == self.id || message.channel == self.id) && message.only_for.is_none()
    }

    fn listing(&self) -> String {
        let unread = self.guild.unread();
        if unread.is_empty() { "nothing".into() } else { unread.join("\n") }
    }
}

impl Guild {
    /// Finds the first unread version of a bot's message that says `words`, marks it as read and returns the message.
    /// `holds` is given each message and the channel it is read in.
    pub(super) fn read(&self, words: &str, holds: impl Fn(&Message, &str) -> bool) -> Option<Message> {
        let now = self.now();
        let mut state = self.state();
        let reader = state.reader(now);
        let own = state.messages.values().filter(|message| message.user == BOT_ID && !message.thinking);
        let mut unread = Vec::new();
        for message in own.filter(|message| holds(message, state.home(message))) {
            for (at, version) in message.versions.iter().enumerate().filter(|(_, version)| !version.read) {
                unread.push((message, at, reader.version(version, false)));
            }
        }
        let saying = unread.into_iter().filter(|(_, _, text)| says(text, words));
        let (message, at, text) = saying.min_by_key(|(message, at, _)| message.versions[*at].at)?;
        let mut found = message.clone();
        found.plain = text;
        mark(&mut state.message_mut(&found.channel, &found.id)?.versions[..=at]);
        Some(found)
    }

    /// Marks all of the bot's messages for which `holds` is true as read and returns them.
    pub(super) fn read_all(&self, holds: impl Fn(&Message, &str) -> bool) -> Vec<Message> {
        let now = self.now();
        let mut state = self.state();
        let own = state.messages.values().filter(|message| message.user == BOT_ID && !message.thinking);
        let read: Vec<Message> = own.filter(|message| holds(message, state.home(message))).cloned().collect();
        for message in &read {
            if let Some(message) = state.messages.get_mut(&message.id) {
                mark(&mut message.versions);
            }
        }
        read.into_iter().map(|message| state.rendered(message, now)).collect()
    }
}

fn mark(versions: &mut [Version]) {
    versions.iter_mut().for_each(|version| version.read = true);
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
