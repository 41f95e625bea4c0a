//! What Discord sends → [`Event`]. Shapes are serenity's, after discord.com/developers/docs "Gateway Events" and
//! "Interactions".

use commands::message::Answer;
use commands::records::Place;
use commands::registry::Entry;
use jiff::Timestamp;
use serde_json::Value;
use serenity::all::{
    ActionRowComponent, ChannelId, CommandDataOption, CommandDataOptionValue, CommandInteraction, ComponentInteraction, GuildId,
    Interaction, Message, MessageId, ModalInteraction, Reaction,
};

use super::buttons::{Line, Pressed};
use super::way::Way;
use super::{NAME, form, options, words};
use crate::platform::{Account, Carry, Event, Invocation, MessageRef, Submission, Target, Typing};

/// Decodes events.
pub(super) struct Decoder<'a> {
    /// The server's id.
    pub(super) guild: &'a str,
    /// The bot's own account.
    pub(super) me: &'a str,
    /// Every command.
    pub(super) commands: &'static [Entry],
    /// The current instant.
    pub(super) now: Timestamp,
}

/// An event, understood.
#[derive(Debug)]
pub(super) enum Decoded {
    /// Something to be taken, and how it is responded to.
    Delivery(Box<Delivery>),
    /// A button whose command line is on the shelf, by this key.
    Kept(Box<Pressing>, String),
    /// An interaction that can't be acted upon: it is answered with these words.
    Stale(Asked, &'static str),
    /// Not for us.
    Ignored,
}

/// An event and how it is responded to.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) event: Event,
    pub(super) asked: Asked,
}

/// How something is responded to.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// A command or a submitted form: with a placeholder, whose place the answer takes.
    Placeholder(Way, Target),
    /// A button: with nothing to be seen.
    Button(Way, Target),
    /// A form that was submitted: with a placeholder too; what was entered can be read again.
    Form(Way, Target, String),
    /// Somebody typing: with choices.
    Picker(Way),
    /// A message: answers are messages.
    Message(Target),
    /// An emoji: not at all.
    Nothing,
}

/// A button that was pressed.
#[derive(Debug)]
pub(super) struct Pressing {
    once: String,
    account: Account,
    place: Place,
    reply: Target,
    way: Way,
}

impl Pressing {
    /// With the command line it stands for.
    pub(super) fn with(self, line: String) -> Decoded {
        let Self { once, account, place, reply, way } = self;
        // A form is opened with the interaction itself.
        let ticket = Some(way.id.clone());
        let asked = Asked::Button(way, reply.clone());
        Decoded::delivery(Event::Asked(Invocation { once, account, place, line, reply, ticket }), asked)
    }

    /// As what can't be done any more.
    pub(super) fn stale(self) -> Decoded {
        self.refused(STALE)
    }

    /// As what nobody can tell now.
    pub(super) fn unread(self) -> Decoded {
        self.refused(UNREAD)
    }

    fn refused(self, words: &'static str) -> Decoded {
        Decoded::Stale(Asked::Button(self.way, self.reply), words)
    }
}

const STALE: &str = "That is too old for me to act on. Nothing was done. Ask anew, please.";
const UNREAD: &str =
    "Something broke on my side while I looked up what this button stands for. Nothing was done. Press it again, please.";
const ELSEWHERE: &str = "I work on the server I was set up for, and not here. Nothing was done.";

impl Decoded {
    fn delivery(event: Event, asked: Asked) -> Self {
        Self::Delivery(Box::new(Delivery { event, asked }))
    }

    /// The account that wrote this, where it is a message.
    pub(super) fn writer(&self) -> Option<&str> {
        match self {
            Self::Delivery(delivery) => match (&delivery.event, &delivery.asked) {
                (Event::Asked(invocation), Asked::Message(_)) => Some(&invocation.account.id),
                _ => None,
            },
            Self::Kept(..) | Self::Stale(..) | Self::Ignored => None,
        }
    }
}

impl Decoder<'_> {
    /// A command, a button, a form or somebody typing.
    pub(super) fn interaction(&self, interaction: &Interaction) -> Decoded {
        match interaction {
            Interaction::Command(command) => self.command(command),
            Interaction::Autocomplete(command) => self.typing(command),
            Interaction::Component(component) => self.pressed(component),
            Interaction::Modal(modal) => self.submitted(modal),
            _ => Decoded::Ignored,
        }
    }

    fn command(&self, command: &CommandInteraction) -> Decoded {
        let way = Way { id: command.id.to_string(), token: command.token.clone(), placeholder: true };
        let (account, channel) = (account(command.user.id.get()), command.channel_id.to_string());
        let reply = self.reply(&way, (&channel, &account), Answer::New);
        let asked = Asked::Placeholder(way, reply.clone());
        if self.is_elsewhere(command.guild_id) {
            return Decoded::Stale(asked, ELSEWHERE);
        }
        let (name, leaves) = unfolded(&command.data.name, &command.data.options);
        let Some(entry) = self.commands.iter().find(|entry| entry.name() == name) else { return Decoded::Stale(asked, STALE) };
        let line = options::line(*entry, &options::given(*entry, &values(leaves)));
        let once = format!("{NAME}/interaction/{}", command.id);
        let (place, ticket) = (place(&channel), Some(command.id.to_string()));
        Decoded::delivery(Event::Asked(Invocation { once, account, place, line, reply, ticket }), asked)
    }

    fn typing(&self, command: &CommandInteraction) -> Decoded {
        let way = Way { id: command.id.to_string(), token: command.token.clone(), placeholder: false };
        let (name, leaves) = unfolded(&command.data.name, &command.data.options);
        let entry = self.commands.iter().find(|entry| entry.name() == name).filter(|_| !self.is_elsewhere(command.guild_id));
        let focused = leaves.iter().find_map(|leaf| match &leaf.value {
            CommandDataOptionValue::Autocomplete { value, .. } => Some((leaf.name.as_str(), value.as_str())),
            _ => None,
        });
        let (Some(entry), Some((option, typed))) = (entry, focused) else { return Decoded::Stale(Asked::Picker(way), "") };
        let clap = entry.clap();
        let arg = clap.get_arguments().find(|arg| options::name(arg) == option);
        let typing = Typing {
            account: account(command.user.id.get()),
            command: name,
            arg: arg.map(|arg| arg.get_id().to_string()).unwrap_or_default(),
            typed: words::unwrap(typed),
            given: options::given(*entry, &values(leaves)),
        };
        Decoded::delivery(Event::Typing(typing), Asked::Picker(way))
    }

    fn pressed(&self, component: &ComponentInteraction) -> Decoded {
        let way = Way { id: component.id.to_string(), token: component.token.clone(), placeholder: false };
        let (account, channel) = (account(component.user.id.get()), component.channel_id.to_string());
        let pressed = Pressed::of(&component.data.custom_id);
        let answer = pressed.as_ref().map_or(Answer::New, |pressed| pressed.answer);
        let reply = self.reply(&way, (&channel, &account), answer);
        let once = format!("{NAME}/interaction/{}", component.id);
        let pressing = Pressing { once, account, place: place(&channel), reply, way };
        match pressed.map(|pressed| pressed.line) {
            _ if self.is_elsewhere(component.guild_id) => pressing.refused(ELSEWHERE),
            Some(Line::Here(line)) => pressing.with(line),
            Some(Line::Kept(key)) => Decoded::Kept(Box::new(pressing), key),
            None => pressing.stale(),
        }
    }

    fn submitted(&self, modal: &ModalInteraction) -> Decoded {
        let way = Way { id: modal.id.to_string(), token: modal.token.clone(), placeholder: true };
        let (account, channel) = (account(modal.user.id.get()), modal.channel_id.to_string());
        let reply = self.reply(&way, (&channel, &account), Answer::New);
        let inputs: Vec<(String, String)> = modal
            .data
            .components
            .iter()
            .flat_map(|row| &row.components)
            .filter_map(|component| match component {
                ActionRowComponent::InputText(input) => {
                    Some((input.custom_id.clone(), words::unwrap(input.value.as_deref().unwrap_or_default())))
                }
                _ => None,
            })
            .collect();
        let filled = form::filled(&modal.data.custom_id, &inputs).filter(|_| !self.is_elsewhere(modal.guild_id));
        let entry = filled.as_ref().and_then(|filled| self.commands.iter().find(|entry| entry.name() == filled.command));
        let (Some(filled), Some(entry)) = (filled, entry) else {
            return Decoded::Stale(Asked::Placeholder(way, reply), STALE);
        };
        let line = options::line(*entry, &filled.given);
        let asked = Asked::Form(way, reply.clone(), line);
        let carry = Carry { command: filled.command, place: place(&channel), reply };
        let once = format!("{NAME}/interaction/{}", modal.id);
        Decoded::delivery(Event::Submitted(Submission { once, account, carry, given: filled.given }), asked)
    }

    /// Something somebody wrote: a command where it mentions the bot, or where it was written to it directly.
    pub(super) fn message(&self, message: &Message) -> Decoded {
        if message.author.bot || message.author.system || message.webhook_id.is_some() || self.is_elsewhere(message.guild_id) {
            return Decoded::Ignored;
        }
        let mentioned = words::without_mention(&message.content, self.me);
        let (account, channel) = (account(message.author.id.get()), message.channel_id.to_string());
        let (text, reply) = match (message.guild_id, mentioned) {
            (Some(_), None) => return Decoded::Ignored,
            (Some(_), Some(text)) => (text, Target::Only { channel: channel.clone(), account: account.id.clone(), handle: None }),
            (None, mentioned) => {
                (mentioned.unwrap_or(message.content.as_str()), Target::Channel { channel: channel.clone(), thread: None })
            }
        };
        let once = format!("{NAME}/message/{}", message.id);
        let (line, asked) = (words::unwrap(text), Asked::Message(reply.clone()));
        Decoded::delivery(Event::Asked(Invocation { once, account, place: place(&channel), line, reply, ticket: None }), asked)
    }

    /// Somebody put an emoji under a message, or took one away.
    pub(super) fn reacted(&self, reaction: &Reaction) -> Decoded {
        self.nudged(reaction.guild_id, reaction.channel_id, reaction.message_id)
    }

    /// Something happened under a message.
    pub(super) fn nudged(&self, guild: Option<GuildId>, channel: ChannelId, message: MessageId) -> Decoded {
        if self.is_elsewhere(guild) {
            return Decoded::Ignored;
        }
        let at = MessageRef { platform: NAME.to_owned(), channel: channel.to_string(), message: message.to_string() };
        Decoded::delivery(Event::Nudged(at), Asked::Nothing)
    }

    /// Whether it comes from another server. Direct messages come from none.
    fn is_elsewhere(&self, guild: Option<GuildId>) -> bool {
        guild.is_some_and(|guild| guild.to_string() != self.guild)
    }

    fn reply(&self, way: &Way, (channel, account): (&str, &Account), answer: Answer) -> Target {
        let handle = way.handle(self.now, answer == Answer::InPlace);
        Target::Only { channel: channel.to_owned(), account: account.id.clone(), handle }
    }
}

fn account(id: u64) -> Account {
    Account { platform: NAME.to_owned(), id: id.to_string() }
}

fn place(channel: &str) -> Place {
    Place { platform: NAME.to_owned(), channel: channel.to_owned(), thread: None }
}

/// The command's name and its options, out of subcommands and groups of them.
fn unfolded<'a>(root: &str, options: &'a [CommandDataOption]) -> (String, &'a [CommandDataOption]) {
    let (mut name, mut options) = (root.to_owned(), options);
    while let [CommandDataOption { name: word, value, .. }] = options {
        let (CommandDataOptionValue::SubCommand(inner) | CommandDataOptionValue::SubCommandGroup(inner)) = value else { break };
        name = format!("{name} {word}");
        options = inner;
    }
    (name, options)
}

/// Options by their names.
fn values(options: &[CommandDataOption]) -> Vec<(String, Value)> {
    let value = |value: &CommandDataOptionValue| match value {
        CommandDataOptionValue::Boolean(truth) => Some(Value::Bool(*truth)),
        CommandDataOptionValue::Integer(number) => Some(number.to_string().into()),
        CommandDataOptionValue::Number(number) => Some(number.to_string().into()),
        other => other.as_str().map(|text| words::unwrap(text).into()),
    };
    options.iter().filter_map(|option| Some((option.name.clone(), value(&option.value)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_on_other_servers_are_nobodys_business() {
        let decoder = Decoder { guild: "41", me: "1", commands: commands::ALL, now: Timestamp::UNIX_EPOCH };
        let nudged = |guild: Option<u64>| {
            let decoded = decoder.nudged(guild.map(GuildId::new), ChannelId::new(2), MessageId::new(3));
            matches!(decoded, Decoded::Delivery(_))
        };
        assert!(nudged(Some(41)) && nudged(None) && !nudged(Some(42)));
    }
}
