//! The things a workspace consists of: people, channels, messages, files, groups.

use jiff::Timestamp;
use serde_json::Value;

/// What sort of account a user has; decides the flags `users.info` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKind {
    /// A full member of the workspace.
    Regular,
    /// A multi-channel guest (`is_restricted`).
    Guest,
    /// A single-channel guest (`is_restricted` and `is_ultra_restricted`).
    SingleChannelGuest,
    /// A bot user.
    Bot,
    /// An account that was switched off (`deleted`).
    Deactivated,
    /// Somebody of another workspace whom the app shares no channel with (`is_stranger`).
    Stranger,
}

/// An account of the workspace.
#[derive(Debug, Clone)]
pub struct User {
    /// `U…`, made from the name.
    pub id: String,
    /// Handle without `@`, unique.
    pub name: String,
    /// Name shown beside messages.
    pub real_name: String,
    /// Job title in the profile; empty when there is none.
    pub title: String,
    /// E-mail address in the profile.
    pub email: Option<String>,
    /// IANA time zone.
    pub tz: String,
    /// What sort of account this is.
    pub kind: UserKind,
    /// The workspace it belongs to, where that is another one.
    pub team: Option<String>,
    /// The Enterprise organisation it belongs to.
    pub enterprise: Option<String>,
    /// Whether its owner has confirmed the e-mail address.
    pub confirmed: bool,
}

impl User {
    /// A full member called `name`, with `name@example.com` as address, in UTC.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let mut letters = name.chars();
        let real_name = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
        Self {
            id: identifier('U', name),
            name: name.into(),
            real_name,
            title: String::new(),
            email: Some(format!("{name}@example.com")),
            tz: "UTC".into(),
            kind: UserKind::Regular,
            team: None,
            enterprise: None,
            confirmed: true,
        }
    }

    /// The same user as another sort of account.
    #[must_use]
    pub fn of_kind(mut self, kind: UserKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same user with this address in the profile.
    #[must_use]
    pub fn with_email(mut self, email: &str) -> Self {
        self.email = Some(email.into());
        self
    }

    /// The same user as a member of another workspace, met in a shared channel: no flag tells, the `team_id` does.
    #[must_use]
    pub fn of_team(mut self, team: &str) -> Self {
        self.team = Some(team.into());
        self
    }

    /// The same user as a member of an Enterprise organisation.
    #[must_use]
    pub fn of_enterprise(mut self, enterprise: &str) -> Self {
        self.enterprise = Some(enterprise.into());
        self
    }

    /// The same user, whose address nobody confirmed.
    #[must_use]
    pub fn unconfirmed(mut self) -> Self {
        self.confirmed = false;
        self
    }

    /// The same user without an address in the profile.
    #[must_use]
    pub fn without_email(mut self) -> Self {
        self.email = None;
        self
    }

    /// The same user living in this IANA time zone.
    #[must_use]
    pub fn in_zone(mut self, tz: &str) -> Self {
        self.tz = tz.into();
        self
    }

    /// The same user shown as `real_name`, with a job title.
    #[must_use]
    pub fn shown_as(mut self, real_name: &str, title: &str) -> Self {
        self.real_name = real_name.into();
        self.title = title.into();
        self
    }
}

/// What sort of conversation a channel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelKind {
    /// Anybody of the workspace may join.
    Public,
    /// Only members see it.
    Private,
    /// A direct message between the bot and this user (id).
    Direct(String),
}

/// A conversation.
#[derive(Debug, Clone)]
pub struct Channel {
    /// `C…` or, for a direct message, `D…`.
    pub id: String,
    /// Name without `#`; for a direct message the user's name.
    pub name: String,
    /// Topic line; may be empty.
    pub topic: String,
    /// What sort of conversation this is.
    pub kind: ChannelKind,
    /// Ids of the members, the bot's included when it is one.
    pub members: Vec<String>,
    /// Whether the channel takes no more messages.
    pub archived: bool,
}

/// A channel to be made with [`Workspace::add_channel`](super::Workspace::add_channel).
#[derive(Debug, Clone)]
pub struct NewChannel {
    pub(super) name: String,
    pub(super) topic: String,
    pub(super) private: bool,
    pub(super) with_bot: bool,
    pub(super) members: Vec<String>,
}

impl NewChannel {
    /// A public channel in which the bot is a member.
    #[must_use]
    pub fn public(name: &str) -> Self {
        Self { name: name.into(), topic: String::new(), private: false, with_bot: true, members: Vec::new() }
    }

    /// A private channel in which the bot is a member.
    #[must_use]
    pub fn private(name: &str) -> Self {
        Self { private: true, ..Self::public(name) }
    }

    /// With these people, by name, as members.
    #[must_use]
    pub fn with_members(mut self, names: &[&str]) -> Self {
        self.members = names.iter().map(ToString::to_string).collect();
        self
    }

    /// With a topic line.
    #[must_use]
    pub fn with_topic(mut self, topic: &str) -> Self {
        self.topic = topic.into();
        self
    }

    /// Without the bot.
    #[must_use]
    pub fn without_bot(mut self) -> Self {
        self.with_bot = false;
        self
    }
}

/// One state of a message: as posted, or after an edit.
#[derive(Debug, Clone)]
pub struct Version {
    /// The `text` field; what notifications show when there are blocks.
    pub text: String,
    /// Block Kit blocks as they were sent.
    pub blocks: Vec<Value>,
    /// Old-style attachments as they were sent.
    pub attachments: Vec<Value>,
    /// When this version appeared, by the stand-in's clock.
    pub at: Timestamp,
    pub(super) read: bool,
}

/// One emoji on a message and who put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction {
    /// Emoji name without colons, skin tone included (`+1::skin-tone-3`).
    pub name: String,
    /// Ids of the users, in order.
    pub users: Vec<String>,
}

/// A message with its history. What tests hold is a copy; ask the channel again for news.
#[derive(Debug, Clone)]
pub struct Message {
    /// Channel it is in.
    pub channel: String,
    /// Slack's stamp, unique in the workspace and increasing.
    pub ts: String,
    /// Author's user id.
    pub user: String,
    /// Stamp of the thread's first message, when this is a reply.
    pub thread_ts: Option<String>,
    /// Every state so far, oldest first; never empty.
    pub versions: Vec<Version>,
    /// The one user who sees it, when it is ephemeral.
    pub only_for: Option<String>,
    /// Reactions in the order their emoji first appeared.
    pub reactions: Vec<Reaction>,
    /// `metadata` as the app set it.
    pub metadata: Option<Value>,
    /// Ids of shared files.
    pub files: Vec<String>,
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

    /// The words a person reads, blocks rendered. For a message from `expect` these are the words that were expected,
    /// otherwise those of the current version.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// The current version as the argument of `chat.postMessage`, for validators.
    #[must_use]
    pub fn body(&self) -> Value {
        let version = self.current();
        serde_json::json!({"channel": self.channel, "text": version.text, "blocks": version.blocks})
    }

    /// Ids of those who reacted with `name`.
    #[must_use]
    pub fn reacted(&self, name: &str) -> Vec<String> {
        self.reactions.iter().find(|reaction| reaction.name == name).map(|reaction| reaction.users.clone()).unwrap_or_default()
    }
}

/// A file that was uploaded or is being uploaded.
#[derive(Debug, Clone)]
pub struct File {
    /// `F…`.
    pub id: String,
    /// File name.
    pub name: String,
    /// Title given when the upload was completed.
    pub title: String,
    /// Length announced before the upload, in bytes.
    pub announced: usize,
    /// The bytes, once they came.
    pub content: Option<Vec<u8>>,
    /// Whether `files.completeUploadExternal` was called.
    pub complete: bool,
}

/// A user group (`@dba-oncall`).
#[derive(Debug, Clone)]
pub struct UserGroup {
    /// `S…`.
    pub id: String,
    /// Handle without `@`.
    pub handle: String,
    /// Name people read.
    pub name: String,
    /// Ids of the members.
    pub users: Vec<String>,
}

/// A slash command of the app, as its manifest declares it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SlashCommand {
    /// With the slash.
    pub command: String,
    /// What it is for.
    pub description: String,
    /// Shown while typing.
    pub usage_hint: String,
    /// Whether mentions in the text become `<@U…|name>`.
    pub should_escape: bool,
}

/// An id of Slack's shape, readable in test output: `C`, zeros, then the letters and digits of `name`.
pub(super) fn identifier(prefix: char, name: &str) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    format!("{prefix}{letters:0>10}")
}
