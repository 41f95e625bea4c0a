//! The workspace's records and the few operations that keep them consistent.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    model::{Channel, ChannelKind, File, Message, SlashCommand, User, UserGroup, UserKind, Version, identifier},
    text::Reader,
    views::View,
};

/// `TEAM_ID` of the only workspace.
pub const TEAM_ID: &str = "T0000000001";
/// Id of the app.
pub const APP_ID: &str = "A0000000001";
/// Bot id (not user id) of the app's bot.
pub const BOT_ID: &str = "B0000000001";
/// Author of the notices Slack itself shows.
pub const SLACKBOT: &str = "USLACKBOT";

/// A permission to open a form, handed out with every interaction.
pub(super) struct Trigger {
    pub(super) user: String,
    pub(super) expires: Timestamp,
    pub(super) used: bool,
}

/// A `response_url` and what is left of it.
#[derive(Clone)]
pub(super) struct ResponseUrl {
    pub(super) user: String,
    pub(super) channel: String,
    /// The message the interaction came from, when it came from one.
    pub(super) message: Option<(String, String)>,
    pub(super) expires: Timestamp,
    pub(super) uses_left: u8,
}

/// Everything needed to put a message somewhere.
#[derive(Default)]
pub(super) struct NewMessage {
    pub(super) channel: String,
    pub(super) user: String,
    pub(super) text: String,
    pub(super) blocks: Vec<Value>,
    pub(super) attachments: Vec<Value>,
    pub(super) thread_ts: Option<String>,
    pub(super) only_for: Option<String>,
    pub(super) metadata: Option<Value>,
    pub(super) files: Vec<String>,
}

/// What the workspace knows.
pub(super) struct State {
    pub(super) bot: String,
    pub(super) users: BTreeMap<String, User>,
    pub(super) channels: BTreeMap<String, Channel>,
    /// By channel and stamp, hence in order of time within a channel.
    pub(super) messages: BTreeMap<(String, String), Message>,
    pub(super) groups: BTreeMap<String, UserGroup>,
    pub(super) files: BTreeMap<String, File>,
    /// Open forms of each user, the visible one last.
    pub(super) forms: HashMap<String, Vec<View>>,
    /// App Home of each user.
    pub(super) homes: HashMap<String, View>,
    pub(super) triggers: HashMap<String, Trigger>,
    pub(super) response_urls: HashMap<String, ResponseUrl>,
    pub(super) commands: Vec<SlashCommand>,
    pub(super) bot_events: Vec<String>,
    /// `state.values` of messages in which people chose something, by channel and stamp.
    pub(super) chosen: HashMap<(String, String), Value>,
    /// Options the bot offered in an external select so far: by user, block id, action id.
    pub(super) offered: HashMap<(String, String, String), Vec<Value>>,
    last_stamp: i64,
    counter: u64,
}

impl State {
    pub(super) fn new(bot_name: &str, bot_events: Vec<String>) -> Self {
        let bot = User::named(bot_name).of_kind(UserKind::Bot).without_email();
        let mut slackbot = User::named("slackbot").without_email().shown_as("Slackbot", "");
        slackbot.id = SLACKBOT.into();
        Self {
            bot: bot.id.clone(),
            users: BTreeMap::from([(bot.id.clone(), bot), (slackbot.id.clone(), slackbot)]),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            groups: BTreeMap::new(),
            files: BTreeMap::new(),
            forms: HashMap::new(),
            homes: HashMap::new(),
            triggers: HashMap::new(),
            response_urls: HashMap::new(),
            commands: Vec::new(),
            bot_events,
            chosen: HashMap::new(),
            offered: HashMap::new(),
            last_stamp: 0,
            counter: 0,
        }
    }

    /// A number that was not used before; for ids.
    pub(super) fn next(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// An id such as `V0000000007`.
    pub(super) fn next_id(&mut self, prefix: char) -> String {
        format!("{prefix}{:0>10}", self.next())
    }

    /// A message stamp: seconds and microseconds of `now`, pushed on where that one is taken.
    pub(super) fn stamp(&mut self, now: Timestamp) -> String {
        self.last_stamp = now.as_microsecond().max(self.last_stamp + 1);
        format!("{:010}.{:06}", self.last_stamp / 1_000_000, self.last_stamp % 1_000_000)
    }

    /// The user with this id or name.
    pub(super) fn user(&self, name_or_id: &str) -> Option<&User> {
        let name = name_or_id.trim_start_matches('@');
        self.users.get(name).or_else(|| self.users.values().find(|user| user.name == name))
    }

    /// The channel with this id or name, `#` allowed; a direct message by the user's name with `@`.
    pub(super) fn channel(&self, name_or_id: &str) -> Option<&Channel> {
        if let Some(name) = name_or_id.strip_prefix('@') {
            let user = self.user(name)?;
            return self.channels.values().find(|channel| channel.kind == ChannelKind::Direct(user.id.clone()));
        }
        let name = name_or_id.trim_start_matches('#');
        self.channels.get(name).or_else(|| {
            self.channels.values().find(|channel| channel.name == name && !matches!(channel.kind, ChannelKind::Direct(_)))
        })
    }

    /// The direct message between the bot and a user, made when it is missing. `None` for an unknown user.
    pub(super) fn direct(&mut self, user: &str) -> Option<String> {
        let user = self.users.get(user)?.clone();
        let kind = ChannelKind::Direct(user.id.clone());
        if let Some(channel) = self.channels.values().find(|channel| channel.kind == kind) {
            return Some(channel.id.clone());
        }
        let id = self.free_id('D', &user.name);
        let members = vec![user.id.clone(), self.bot.clone()];
        let channel = Channel { id: id.clone(), name: user.name, topic: String::new(), kind, members, archived: false };
        self.channels.insert(id.clone(), channel);
        Some(id)
    }

    /// A readable id that no channel, user or group has yet.
    pub(super) fn free_id(&mut self, prefix: char, name: &str) -> String {
        let id = identifier(prefix, name);
        let taken = self.channels.contains_key(&id) || self.users.contains_key(&id) || self.groups.contains_key(&id);
        if taken { self.next_id(prefix) } else { id }
    }

    /// Puts a message into a channel and returns it.
    pub(super) fn post(&mut self, new: NewMessage, now: Timestamp) -> Message {
        let ts = self.stamp(now);
        let version = Version {
            text: new.text,
            blocks: self.with_block_ids(new.blocks),
            attachments: new.attachments,
            at: now,
            read: false,
        };
        let message = Message {
            channel: new.channel,
            ts: ts.clone(),
            user: new.user,
            thread_ts: new.thread_ts,
            versions: vec![version],
            only_for: new.only_for,
            reactions: Vec::new(),
            metadata: new.metadata,
            files: new.files,
            plain: String::new(),
        };
        self.messages.insert((message.channel.clone(), ts), message.clone());
        self.rendered(message, now)
    }

    /// Slack gives every block an id where the app gave none; interactions carry it.
    pub(super) fn with_block_ids(&mut self, mut blocks: Vec<Value>) -> Vec<Value> {
        for block in &mut blocks {
            if let Some(block) = block.as_object_mut()
                && !block.contains_key("block_id")
            {
                let id = format!("b{:04}", self.next());
                block.insert("block_id".into(), id.into());
            }
        }
        blocks
    }

    pub(super) fn message(&self, channel: &str, ts: &str) -> Option<&Message> {
        self.messages.get(&(channel.into(), ts.into()))
    }

    pub(super) fn message_mut(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        self.messages.get_mut(&(channel.into(), ts.into()))
    }

    /// Everything in a channel in order of time, replies in threads and ephemeral messages included.
    pub(super) fn messages_in(&self, channel: &str) -> impl DoubleEndedIterator<Item = &Message> + use<'_> {
        // Stamps are digits and a dot, which all sort before a colon.
        let range = (channel.to_owned(), String::new())..(channel.to_owned(), ":".into());
        self.messages.range(range).map(|(_, message)| message)
    }

    /// The message with `plain` filled from its current version.
    pub(super) fn rendered(&self, mut message: Message, now: Timestamp) -> Message {
        let version = message.current().clone();
        message.plain = self.reader(now).message(&version, &self.file_names(&message.files));
        message
    }

    pub(super) fn file_names(&self, ids: &[String]) -> Vec<String> {
        ids.iter().filter_map(|id| self.files.get(id)).map(|file| file.name.clone()).collect()
    }

    /// How mentions and times are shown: names from this workspace, times in UTC.
    pub(super) fn reader(&self, now: Timestamp) -> Reader<'_> {
        Reader { state: self, now }
    }

    /// Whether `user` may see the channel and what is in it.
    pub(super) fn sees(&self, user: &str, channel: &Channel) -> bool {
        match &channel.kind {
            ChannelKind::Public => {
                self.users.get(user).is_some_and(|user| {
                    user.team.is_none()
                        && !matches!(user.kind, UserKind::Guest | UserKind::SingleChannelGuest | UserKind::Stranger)
                }) || channel.members.iter().any(|member| member == user)
            }
            ChannelKind::Private => channel.members.iter().any(|member| member == user),
            ChannelKind::Direct(with) => with == user || self.bot == user,
        }
    }
}
