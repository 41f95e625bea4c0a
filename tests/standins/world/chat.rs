//! One way to speak on either chat, for conversations that go alike on both.

use super::World;
use crate::discord::{Discord, DiscordOptions, GUILD_ID};
use crate::{discord, slack};

/// Who is in `people.toml`.
const MEMBERS: [&str; 5] = ["ana", "ben", "bea", "dev", "aud"];

/// A chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chat {
    /// Slack.
    Slack,
    /// Discord.
    Discord,
}

/// A message as it was when somebody looked at it.
#[derive(Clone, Debug)]
pub enum Post {
    /// On Slack.
    Slack(slack::Message),
    /// On Discord.
    Discord(discord::Message),
}

impl Post {
    /// Its words.
    pub fn plain(&self) -> &str {
        match self {
            Self::Slack(message) => message.plain(),
            Self::Discord(message) => message.plain(),
        }
    }
}

/// Somebody on one chat; the world comes to rest after each act.
pub struct Speaker<'w> {
    world: &'w mut World,
    chat: Chat,
    name: &'w str,
}

/// Somebody as their chat's stand-in knows them.
enum Person {
    Slack(slack::Person),
    Discord(discord::Person),
}

/// An act that both stand-ins call alike.
macro_rules! acts {
    ($($act:ident($($arg:ident),*)),* $(,)?) => {
        $(async fn $act(&self, $($arg: &str),*) {
            match self {
                Self::Slack(person) => drop(person.$act($($arg),*).await),
                Self::Discord(person) => drop(person.$act($($arg),*).await),
            }
        })*
    };
}

/// An act on a message that both stand-ins call alike.
macro_rules! acts_on_message {
    ($($act:ident($with:ident)),* $(,)?) => {
        $(async fn $act(&self, $with: &str, post: &Post) {
            match (self, post) {
                (Self::Slack(person), Post::Slack(message)) => drop(acts_on_message!(@ person $act $with message)),
                (Self::Discord(person), Post::Discord(message)) => drop(acts_on_message!(@ person $act $with message)),
                (Self::Slack(_), _) | (Self::Discord(_), _) => panic!("{:?} is a message of the other chat", post.plain()),
            }
        })*
    };
    (@ $person:ident clicks $with:ident $message:ident) => { $person.clicks($message, $with).await };
    (@ $person:ident $act:ident $with:ident $message:ident) => { $person.$act($with, $message).await };
}

impl Person {
    acts!(types(channel, line), fills(label, value), submits());
    acts_on_message!(reacts(emoji), unreacts(emoji), clicks(button));

    async fn expect(&self, words: &str) -> Post {
        match self {
            Self::Slack(person) => Post::Slack(person.expect(words).await),
            Self::Discord(person) => Post::Discord(person.expect(words).await),
        }
    }

    fn ephemerals(&self) -> Vec<String> {
        match self {
            Self::Slack(person) => person.ephemerals().iter().map(|one| one.plain().to_owned()).collect(),
            Self::Discord(person) => person.ephemerals().iter().map(|one| one.plain().to_owned()).collect(),
        }
    }

    async fn sees_form(&self, words: &str) -> Vec<String> {
        match self {
            Self::Slack(person) => person.sees_form_with(words).await.fields.iter().map(|field| field.label.clone()).collect(),
            Self::Discord(person) => person.sees_form_with(words).await.fields.iter().map(|field| field.label.clone()).collect(),
        }
    }
}

impl World {
    /// Discord, where the bot lives there.
    ///
    /// # Panics
    /// When the choices of the world said nothing of Discord.
    pub fn discord(&self) -> &Discord {
        self.discord.as_ref().expect("the bot of this world lives on Discord")
    }

    /// Somebody on one chat.
    pub fn on<'w>(&'w mut self, chat: Chat, name: &'w str) -> Speaker<'w> {
        Speaker { world: self, chat, name }
    }

    /// The message in a channel of a chat that contains `words`; it counts as read.
    pub async fn finds(&self, chat: Chat, channel: &str, words: &str) -> Post {
        match chat {
            Chat::Slack => Post::Slack(self.slack.channel(channel).expect(words).await),
            Chat::Discord => Post::Discord(self.discord().channel(channel).expect(words).await),
        }
    }

    /// What a message says now.
    ///
    /// # Panics
    /// When it was deleted.
    pub fn again(&self, channel: &str, post: &Post) -> Post {
        let again = match post {
            Post::Slack(message) => self.slack.channel(channel).again(message).map(Post::Slack),
            Post::Discord(message) => self.discord().channel(channel).again(message).map(Post::Discord),
        };
        again.expect("the bot deletes no message")
    }

    /// What is in the file of a message that is called so.
    ///
    /// # Panics
    /// When it has no such file, or one that is no text.
    pub fn file(&self, post: &Post, name: &str) -> String {
        let content = match post {
            Post::Slack(message) => {
                let mut files = message.files.iter().map(|id| self.slack.file(id));
                files.find(|file| file.name == name).and_then(|file| file.content)
            }
            Post::Discord(message) => Some(message.file(name).content.clone()),
        };
        String::from_utf8(content.expect("there is such a file")).expect("it is a text")
    }

    /// The words under a message.
    pub fn under(&self, channel: &str, post: &Post) -> Vec<String> {
        match post {
            Post::Slack(message) => {
                self.slack.channel(channel).thread(message).iter().map(|one| one.plain().to_owned()).collect()
            }
            Post::Discord(message) => {
                self.discord().channel(channel).thread(message).iter().map(|one| one.plain().to_owned()).collect()
            }
        }
    }

    /// Somebody leaves an emoji while the bot is away.
    pub async fn reacts_while_away(&mut self, chat: Chat, name: &str, emoji: &str, post: &Post) {
        self.on(chat, name).person().reacts(emoji, post).await;
    }

    /// Everything in a channel of a chat counts as read.
    pub fn reads_all(&self, chat: Chat, channel: &str) {
        match chat {
            Chat::Slack => drop(self.slack.channel(channel).read_all()),
            Chat::Discord => drop(self.discord().channel(channel).read_all()),
        }
    }
}

impl Speaker<'_> {
    /// Types a line into a channel.
    pub async fn types(self, channel: &str, line: &str) {
        let person = self.person();
        self.does(person.types(channel, line)).await;
    }

    /// Types a line and gives the words of what came for this person alone.
    pub async fn asks(self, channel: &str, line: &str) -> String {
        let person = self.person();
        let before = person.ephemerals().len();
        self.does(person.types(channel, line)).await;
        let answers = person.ephemerals().split_off(before);
        for answer in &answers {
            person.expect(answer.lines().next().unwrap_or_default()).await;
        }
        answers.join("\n---\n")
    }

    /// What came for this person alone, or directly, that contains `words`; it counts as read.
    pub async fn reads(self, words: &str) -> Post {
        self.person().expect(words).await
    }

    /// Leaves an emoji under a message.
    pub async fn reacts(self, emoji: &str, post: &Post) {
        let person = self.person();
        self.does(person.reacts(emoji, post)).await;
    }

    /// Takes an emoji back.
    pub async fn unreacts(self, emoji: &str, post: &Post) {
        let person = self.person();
        self.does(person.unreacts(emoji, post)).await;
    }

    /// Presses a button by what stands on it.
    pub async fn clicks(self, post: &Post, button: &str) {
        let person = self.person();
        self.does(person.clicks(button, post)).await;
    }

    /// The labels of the form that is open and contains `words`.
    pub async fn sees_form(self, words: &str) -> Vec<String> {
        self.person().sees_form(words).await
    }

    /// Fills in a field of the form that is open.
    pub async fn fills(self, label: &str, value: &str) {
        let person = self.person();
        self.does(person.fills(label, value)).await;
    }

    /// Submits the form that is open.
    pub async fn submits(self) {
        let person = self.person();
        self.does(person.submits()).await;
    }

    async fn does(self, act: impl Future<Output = ()>) {
        self.world.survive(act).await;
        self.world.settle().await;
    }

    fn person(&self) -> Person {
        match self.chat {
            Chat::Slack => Person::Slack(self.world.slack.person(self.name)),
            Chat::Discord => Person::Discord(self.world.discord().person(self.name)),
        }
    }
}

/// A Discord server with the people, roles and channels of a world's Slack workspace.
pub(super) async fn start_discord(now: discord::Clock) -> Discord {
    let options =
        DiscordOptions { now, patience: super::PATIENCE, ack_timeout: super::ACKNOWLEDGED, ..DiscordOptions::default() };
    let discord = Discord::start(options).await;
    for role in ["watchers", "auditors"] {
        discord.add_role(role);
    }
    for name in MEMBERS {
        discord.add_person(discord::User::named(name).with_roles(&["watchers"]));
    }
    discord.add_person(discord::User::named("stranger").with_roles(&["watchers"]));
    discord.add_person(discord::User::named("guest"));
    for channel in ["ops", "shop-ops", "media-ops", "security", "dba"] {
        discord.add_channel(discord::NewChannel::public(channel));
    }
    discord
}

/// The table of the configuration for [`start_discord`].
pub(super) fn on_discord(discord: &Discord) -> String {
    let (watchers, auditors) = (discord.role("watchers"), discord.role("auditors"));
    format!("[discord]\nguild = \"{GUILD_ID}\"\nroles = [\"{watchers}\"]\n[discord.groups]\nauditors = \"{auditors}\"\n")
}

/// `people.toml` with the accounts of its people.
pub(super) fn with_accounts(people: &str, discord: &Discord) -> String {
    MEMBERS.iter().fold(people.to_owned(), |people, name| {
        let line = format!("id = \"{name}\"\n");
        people.replace(&line, &format!("{line}discord = \"{}\"\n", discord.person(name).id()))
    })
}
