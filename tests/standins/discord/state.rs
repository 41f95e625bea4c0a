//! The guild's records and the few operations that keep them consistent.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    forms::OpenForm,
    interactions::Interaction,
    model::{BotAccess, Channel, ChannelKind, Message, Role, User, UserKind, identifier},
    text::Reader,
};

/// Id of the only guild.
pub const GUILD_ID: &str = "100000000000000001";
/// Id of the application; its bot has an id of its own, as with applications from before 2016.
pub const APPLICATION_ID: &str = "300000000000000001";
/// Id of the bot's user.
pub const BOT_ID: &str = "200000000000000001";
/// Author of the notices Discord itself shows.
pub const DISCORD: &str = "643945264868098049";

/// The first millisecond of snowflakes, 2015-01-01, in unix time (Discord "Snowflakes").
pub(super) const EPOCH: i64 = 1_420_070_400_000;

/// What the guild knows.
pub(super) struct State {
    pub(super) users: BTreeMap<String, User>,
    /// In the order they were made; `@everyone`, whose id is the guild's, is not among them.
    pub(super) roles: Vec<Role>,
    pub(super) channels: BTreeMap<String, Channel>,
    /// By id, hence in order of time.
    pub(super) messages: BTreeMap<String, Message>,
    pub(super) global_commands: Vec<Value>,
    pub(super) guild_commands: Vec<Value>,
    /// Whether the bot has said what its commands are, if only none.
    pub(super) registered: bool,
    /// Whether the bot is not in the guild: it was not invited, or sent away.
    pub(super) bot_is_away: bool,
    /// Messages of the bot by channel and nonce, and when each was posted. It knows them when they are gone, for a while.
    pub(super) nonces: HashMap<(String, String), (String, Timestamp)>,
    pub(super) interactions: HashMap<String, Interaction>,
    /// The form each user has open.
    pub(super) forms: HashMap<String, OpenForm>,
    last_snowflake: i64,
}

impl State {
    pub(super) fn new(bot_name: &str) -> Self {
        let bot = User { id: BOT_ID.into(), ..User::named(bot_name).of_kind(UserKind::Bot) };
        let discord = User { id: DISCORD.into(), ..User::named("discord").of_kind(UserKind::Outside) };
        Self {
            users: [bot, discord].map(|user| (user.id.clone(), user)).into(),
            roles: Vec::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            global_commands: Vec::new(),
            guild_commands: Vec::new(),
            registered: false,
            bot_is_away: false,
            nonces: HashMap::new(),
            interactions: HashMap::new(),
            forms: HashMap::new(),
            last_snowflake: 0,
        }
    }

    /// An id of this moment that was not used before.
    pub(super) fn snowflake(&mut self, now: Timestamp) -> String {
        let of_now = (now.as_millisecond() - EPOCH).max(1 << 38) << 22;
        self.last_snowflake = of_now.max(self.last_snowflake + 1);
        self.last_snowflake.to_string()
    }

    /// An id made from a name, another one where that is taken.
    pub(super) fn free_id(&self, prefix: char, name: &str) -> String {
        let mut id = identifier(prefix, name);
        let taken = |id: &str| {
            self.users.contains_key(id) || self.channels.contains_key(id) || self.roles.iter().any(|role| role.id == id)
        };
        while taken(&id) {
            id = (id.parse::<u64>().expect("an id is a number") + 1).to_string();
        }
        id
    }

    /// Somebody by name or id.
    pub(super) fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name).or_else(|| self.users.values().find(|user| user.name == name && user.id != DISCORD))
    }

    /// A role by name or id.
    pub(super) fn role(&self, name: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.name == name || role.id == name)
    }

    /// A channel by id, by name with or without `#`, or `@ana` for the bot's direct message with her.
    pub(super) fn channel(&self, name: &str) -> Option<&Channel> {
        let text = |channel: &&Channel| channel.kind == ChannelKind::Text && channel.name == name.trim_start_matches('#');
        let direct = |name: &str| {
            let user = self.user(name)?;
            self.channels.values().find(|channel| channel.kind == ChannelKind::Direct(user.id.clone()))
        };
        self.channels.get(name).or_else(|| name.strip_prefix('@').and_then(direct)).or_else(|| self.channels.values().find(text))
    }

    /// The direct message between the bot and this user (id), made where there is none yet.
    pub(super) fn direct(&mut self, user: &str) -> Option<String> {
        let kind = ChannelKind::Direct(user.into());
        if let Some(channel) = self.channels.values().find(|channel| channel.kind == kind) {
            return Some(channel.id.clone());
        }
        let name = self.users.get(user)?.name.clone();
        let id = self.free_id('5', &name);
        let (topic, bot) = (String::new(), BotAccess::Full);
        self.channels.insert(id.clone(), Channel { id: id.clone(), name, topic, kind, only: None, bot, archived: false });
        Some(id)
    }

    /// Keeps a message.
    pub(super) fn keep(&mut self, message: Message) {
        if let Some(thread) = self.channels.get_mut(&message.channel) {
            thread.archived = false;
        }
        self.messages.insert(message.id.clone(), message);
    }

    /// A message in this very channel.
    pub(super) fn message(&self, channel: &str, id: &str) -> Option<&Message> {
        self.messages.get(id).filter(|message| message.channel == channel)
    }

    pub(super) fn message_mut(&mut self, channel: &str, id: &str) -> Option<&mut Message> {
        self.messages.get_mut(id).filter(|message| message.channel == channel)
    }

    /// The channel a message is read in: for one in a thread the channel of the thread.
    pub(super) fn home<'s>(&'s self, message: &'s Message) -> &'s str {
        match self.channels.get(&message.channel).map(|channel| &channel.kind) {
            Some(ChannelKind::Thread { parent }) => parent,
            _ => &message.channel,
        }
    }

    /// The message with `plain` filled from its current version.
    pub(super) fn rendered(&self, mut message: Message, now: Timestamp) -> Message {
        message.plain = self.reader(now).version(message.current(), message.thinking);
        message
    }

    /// How mentions and times are shown: names from this guild, times in UTC.
    pub(super) fn reader(&self, now: Timestamp) -> Reader<'_> {
        Reader { state: self, now }
    }

    /// Whether `user` (id) sees the channel and what is in it.
    pub(super) fn sees(&self, user: &str, channel: &Channel) -> bool {
        match &channel.kind {
            ChannelKind::Direct(with) => with == user,
            ChannelKind::Thread { parent } => self.channels.get(parent).is_some_and(|parent| self.sees(user, parent)),
            ChannelKind::Text => {
                let member = self.users.get(user).is_some_and(User::is_member);
                member && channel.only.as_ref().is_none_or(|only| only.iter().any(|one| one == user))
            }
        }
    }

    /// What the bot may do in a channel; a thread is as its channel is.
    pub(super) fn bot_access(&self, channel: &Channel) -> BotAccess {
        match &channel.kind {
            ChannelKind::Direct(_) => channel.bot,
            _ if self.bot_is_away => BotAccess::None,
            ChannelKind::Thread { parent } => self.channels.get(parent).map_or(BotAccess::None, |parent| parent.bot),
            ChannelKind::Text => channel.bot,
        }
    }

    /// An application command by its first word, those of the guild first.
    pub(super) fn command(&self, name: &str) -> Option<&Value> {
        self.guild_commands.iter().chain(&self.global_commands).find(|command| command["name"] == name && is_chat(command))
    }
}

fn is_chat(command: &Value) -> bool {
    command["type"].as_u64().unwrap_or(1) == 1
}
