//! The things a guild consists of: people, roles, channels, messages, files.

use jiff::Timestamp;
use serde_json::Value;

/// What sort of account a user has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A member of the guild.
    Member,
    /// A member who has not accepted the guild's rules yet (`pending`).
    Pending,
    /// A bot that is a member of the guild.
    Bot,
    /// Somebody of Discord who is not in the guild.
    Outside,
}

/// An account of Discord.
#[derive(Debug, Clone)]
pub struct User {
    /// Snowflake, made from the name.
    pub id: String,
    /// User name, unique.
    pub name: String,
    /// Name shown beside messages (`global_name`).
    pub real_name: String,
    /// Name in this guild, where it is another one.
    pub nick: Option<String>,
    /// What sort of account this is.
    pub kind: UserKind,
    /// Names of the roles; the stand-in turns them into ids.
    pub roles: Vec<String>,
    /// Whether strangers, bots among them, may write to this person.
    pub takes_direct_messages: bool,
}

impl User {
    /// A member called `name`, without roles.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let mut letters = name.chars();
        let real_name = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        Self {
            id: identifier('2', name),
            name: name.into(),
            real_name,
            nick: None,
            kind: UserKind::Member,
            roles: Vec::new(),
            takes_direct_messages: true,
        }
    }

    /// The same user as another sort of account.
    #[must_use]
    pub fn of_kind(mut self, kind: UserKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same user with these roles, by name; they must have been added to the guild.
    #[must_use]
    pub fn with_roles(mut self, roles: &[&str]) -> Self {
        self.roles = roles.iter().map(ToString::to_string).collect();
        self
    }

    /// The same user under another name in this guild.
    #[must_use]
    pub fn called(mut self, nick: &str) -> Self {
        self.nick = Some(nick.into());
        self
    }

    /// The same user, whom bots can't write to.
    #[must_use]
    pub fn without_direct_messages(mut self) -> Self {
        self.takes_direct_messages = false;
        self
    }

    /// Whether this account is in the guild.
    #[must_use]
    pub fn is_member(&self) -> bool {
        self.kind != UserKind::Outside
    }
}

/// A role of the guild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Snowflake, made from the name.
    pub id: String,
    /// Name without `@`.
    pub name: String,
}

/// What sort of conversation a channel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelKind {
    /// A text channel of the guild.
    Text,
    /// A public thread in the channel `parent`; its id is that of the message it hangs on.
    Thread {
        /// Id of the channel.
        parent: String,
    },
    /// A direct message between the bot and this user (id).
    Direct(String),
}

/// What the bot may do in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotAccess {
    /// Everything it needs.
    Full,
    /// It sees the channel and may not write there: 50013.
    ReadOnly,
    /// It does not see the channel: 50001.
    None,
}

/// A conversation.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Snowflake, made from the name.
    pub id: String,
    /// Name without `#`; for a direct message the user's name.
    pub name: String,
    /// Topic line; may be empty.
    pub topic: String,
    /// What sort of conversation this is.
    pub kind: ChannelKind,
    /// The only people who see it (ids); none for everybody of the guild.
    pub only: Option<Vec<String>>,
    /// What the bot may do here.
    pub bot: BotAccess,
    /// Whether it is a thread that was put away; the next message brings it back.
    pub archived: bool,
}

/// A channel to be made with [`Guild::add_channel`](super::Guild::add_channel).
#[derive(Debug, Clone)]
pub struct NewChannel {
    pub(super) name: String,
    pub(super) topic: String,
    pub(super) bot: BotAccess,
    pub(super) only: Option<Vec<String>>,
}

impl NewChannel {
    /// A text channel that everybody of the guild sees.
    #[must_use]
    pub fn public(name: &str) -> Self {
        Self { name: name.into(), topic: String::new(), bot: BotAccess::Full, only: None }
    }

    /// A text channel that nobody sees but the bot and the people of [`NewChannel::with_members`].
    #[must_use]
    pub fn private(name: &str) -> Self {
        Self { only: Some(Vec::new()), ..Self::public(name) }
    }

    /// With these people, by name, as the only ones who see it, where it is private; everybody sees a public one anyway.
    #[must_use]
    pub fn with_members(mut self, names: &[&str]) -> Self {
        if let Some(only) = &mut self.only {
            only.extend(names.iter().map(ToString::to_string));
        }
        self
    }

    /// With a topic line.
    #[must_use]
    pub fn with_topic(mut self, topic: &str) -> Self {
        self.topic = topic.into();
        self
    }

    /// In which the bot may only read.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.bot = BotAccess::ReadOnly;
        self
    }

    /// That the bot does not see.
    #[must_use]
    pub fn without_bot(mut self) -> Self {
        self.bot = BotAccess::None;
        self
    }
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Snowflake.
    pub id: String,
    /// File name.
    pub name: String,
    /// The bytes.
    pub content: Vec<u8>,
}

impl File {
    /// The content as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }
}

/// Whom a message rang up: names in its content that `allowed_mentions` lets through. Embeds and edits ring nobody up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pings {
    /// Names of the people, in the order of the text.
    pub people: Vec<String>,
    /// Names of the roles.
    pub roles: Vec<String>,
    /// Whether `@everyone` or `@here` rang up everybody.
    pub everyone: bool,
}

/// One state of a message: as posted, or after an edit.
#[derive(Debug, Clone)]
pub struct Version {
    /// The `content` field, Markdown.
    pub content: String,
    /// Embeds as they were sent.
    pub embeds: Vec<Value>,
    /// Component rows as they were sent.
    pub components: Vec<Value>,
    /// Files that are part of it.
    pub files: Vec<File>,
    /// When this version appeared, by the stand-in's clock.
    pub at: Timestamp,
    pub(super) read: bool,
}

/// One emoji on a message and who put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// The character, or the name of a custom emoji.
    pub emoji: String,
    /// Snowflake of a custom emoji.
    pub custom: Option<String>,
    /// Ids of the users, in order.
    pub users: Vec<String>,
}

/// A message with its history. What tests hold is a copy; ask the channel again for news.
#[derive(Debug, Clone)]
pub struct Message {
    /// Channel or thread it is in.
    pub channel: String,
    /// Snowflake, unique and increasing.
    pub id: String,
    /// Author's user id.
    pub user: String,
    /// Id of the message it replies to.
    pub reply_to: Option<String>,
    /// Every state so far, oldest first; never empty.
    pub versions: Vec<Version>,
    /// The one user (id) who sees it, when it is ephemeral.
    pub only_for: Option<String>,
    /// Reactions in the order their emoji first appeared.
    pub reactions: Vec<Reaction>,
    /// `nonce` as the app set it.
    pub nonce: Option<Value>,
    /// Whom it rang up when it was posted.
    pub pings: Pings,
    /// Whether it only says that the bot is thinking: a deferred answer that did not come yet.
    pub thinking: bool,
    /// The interaction it answers.
    pub(super) interaction: Option<String>,
    /// Rendered for reading; see [`Message::plain`].
    pub(super) plain: String,
}

impl Message {
    /// The current version.
    ///
    /// # Panics
    /// Never: a message has at least the version it was posted with.
    #[must_use]
    pub fn current(&self) -> &Version {
        self.versions.last().expect("a message has the version it was posted with")
    }

    /// The words a person reads, Markdown rendered. For a message from `expect` these are the words that were expected,
    /// otherwise those of the current version.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// Ids of those who reacted with this emoji: a short name (`white_check_mark`, `+1::skin-tone-3`), the character, or
    /// the name of a custom one.
    #[must_use]
    pub fn reacted(&self, emoji: &str) -> Vec<String> {
        let emoji = super::emoji::character(emoji);
        self.reactions.iter().find(|reaction| reaction.emoji == emoji).map(|one| one.users.clone()).unwrap_or_default()
    }

    /// The file of this name.
    ///
    /// # Panics
    /// When the message has none; names those it has.
    #[must_use]
    pub fn file(&self, name: &str) -> &File {
        let files = &self.current().files;
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        files.iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no file {name:?} among {names:?}"))
    }
}

/// A snowflake that is readable in test output: `prefix`, zeros, then two digits for each of the first eight letters.
pub(super) fn identifier(prefix: char, name: &str) -> String {
    let digits = name.chars().filter(char::is_ascii_alphanumeric).take(8).map(|letter| match letter.to_digit(36) {
        Some(value) => format!("{:02}", value + 1),
        None => "00".into(),
    });
    format!("{prefix}{:0>17}", digits.collect::<String>())
}
