//! Acting as a person, in the words of a test.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Guild,
    delivery::{Delivery, Done, Submitted},
    events::Way,
    forms::Form,
    line::Typing,
    model::{Message, Version},
    state::State,
};

/// Somebody to act as. What Discord's own client would refuse panics with its reason, since then the test is wrong.
#[derive(Clone)]
pub struct Person {
    guild: Arc<Guild>,
    id: String,
}

impl Person {
    pub(super) fn new(guild: Arc<Guild>, id: String) -> Self {
        Self { guild, id }
    }

    /// User id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Types a line in a channel (`dba`, `@` or `@watchkeeper` for the bot's direct message) and waits until the bot has
    /// acknowledged it: a command when it starts with `/`, filled into the options that are registered, else a message, in
    /// which `@name` mentions.
    ///
    /// # Panics
    /// When Discord would not take the line, for example for an unregistered command or without a required option.
    pub async fn types(&self, channel: &str, line: &str) -> Done {
        let channel = self.place(channel);
        self.guild.say(&self.id, &channel, line, None).await.unwrap_or_else(|why| panic!("{line}: {why}"))
    }

    /// Replies to a message: in its thread where it has one, else beside it.
    ///
    /// # Panics
    /// When Discord would not take the reply.
    pub async fn replies(&self, message: &Message, line: &str) -> Done {
        let threaded = self.guild.state().channels.contains_key(&message.id);
        let done = if threaded {
            self.guild.say(&self.id, &message.id, line, None).await
        } else {
            self.guild.say(&self.id, &message.channel, line, Some(&message.id)).await
        };
        done.unwrap_or_else(|why| panic!("{line}: {why}"))
    }

    /// Begins a command in a channel and types into one of its options; gives names and values of the choices the bot
    /// offers there.
    ///
    /// # Panics
    /// When there is no such command or option, or the bot does not complete it in time.
    pub async fn autocompletes(&self, channel: &str, line: &str, option: &str, typed: &str) -> Vec<(String, Value)> {
        let channel = self.place(channel);
        let offered = self.guild.complete(&self.id, &channel, line, Typing { option, typed }).await;
        offered.unwrap_or_else(|why| panic!("{line} {option}: {why}"))
    }

    /// Puts an emoji (a short name, or the character) on a message and waits until the bot has the event.
    ///
    /// # Panics
    /// When Discord would not take the reaction, for example a second time.
    pub async fn reacts(&self, emoji: &str, message: &Message) -> Done {
        self.guild.react(&self.id, Way::Added, emoji, message).await.unwrap_or_else(|why| panic!("{emoji}: {why}"))
    }

    /// Takes an emoji away again.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn unreacts(&self, emoji: &str, message: &Message) -> Done {
        self.guild.react(&self.id, Way::Removed, emoji, message).await.unwrap_or_else(|why| panic!("{emoji}: {why}"))
    }

    /// Clicks the button with this text on a message as it is now.
    ///
    /// # Panics
    /// When there is no such button.
    pub async fn clicks(&self, message: &Message, button: &str) -> Done {
        let now = self.now(message);
        let component = find(now.current(), |one| one["label"] == button);
        let component = component.unwrap_or_else(|| panic!("there is no button {button:?} on:\n{}", now.plain()));
        let delivery = self.guild.use_component(&self.id, message, &component, None).await;
        Done { message: None, deliveries: vec![delivery.unwrap_or_else(|why| panic!("{button}: {why}"))] }
    }

    /// Clicks the button that `seen` shows, although the message may have changed since: the same id is sent.
    ///
    /// # Panics
    /// When `seen` shows no such button.
    pub async fn clicks_late(&self, seen: &Message, button: &str) -> Delivery {
        let component = seen.versions.iter().find_map(|version| find(version, |one| one["label"] == button));
        let component = component.unwrap_or_else(|| panic!("there was never a button {button:?} on:\n{}", seen.plain()));
        let delivery = self.guild.use_component(&self.id, seen, &component, None).await;
        delivery.unwrap_or_else(|why| panic!("{button}: {why}"))
    }

    /// Chooses the option with this text in a select of a message.
    ///
    /// # Panics
    /// When there is no such option.
    pub async fn chooses(&self, message: &Message, option: &str) -> Done {
        let now = self.now(message);
        let labelled =
            |one: &Value| one["options"].as_array().into_iter().flatten().find(|choice| choice["label"] == option).cloned();
        let component = find(now.current(), |one| labelled(one).is_some());
        let component = component.unwrap_or_else(|| panic!("no option {option:?} on:\n{}", now.plain()));
        let value = labelled(&component).map(|choice| choice["value"].clone()).unwrap_or_default();
        let delivery = self.guild.use_component(&self.id, message, &component, Some(vec![value])).await;
        Done { message: None, deliveries: vec![delivery.unwrap_or_else(|why| panic!("{option}: {why}"))] }
    }

    /// Waits for a form and returns what it shows.
    ///
    /// # Panics
    /// When none opens within the patience of the options.
    pub async fn sees_form(&self) -> Form {
        let form = self.guild.wait_for(|| self.form()).await;
        form.unwrap_or_else(|| panic!("no form opened for {}; unread:\n{}", self.id, self.guild.unread().join("\n")))
    }

    /// Waits until the form shows `words` somewhere: in its title, its labels or what was entered.
    ///
    /// # Panics
    /// When it does not within the patience of the options.
    pub async fn sees_form_with(&self, words: &str) -> Form {
        let form = self.guild.wait_for(|| self.form().filter(|form| form.plain().contains(words))).await;
        form.unwrap_or_else(|| {
            panic!("no form shows {words:?}; it shows:\n{}", self.form().map(|form| form.plain()).unwrap_or_default())
        })
    }

    /// The form that is open now, if any.
    #[must_use]
    pub fn form(&self) -> Option<Form> {
        self.guild.state().forms.get(&self.id).map(super::forms::OpenForm::shown)
    }

    /// Fills the field with this label. The bot is told nothing until the form is submitted.
    ///
    /// # Panics
    /// When the form has no such field or it does not take the value.
    pub async fn fills(&self, label: &str, value: &str) -> Done {
        self.sees_form().await;
        let entered = self.guild.state().forms.get_mut(&self.id).map(|form| form.enter(label, value));
        entered.expect("a form is open").unwrap_or_else(|why| panic!("{label}: {why}"));
        self.guild.changed();
        Done { message: None, deliveries: Vec::new() }
    }

    /// Empties the field with this label.
    ///
    /// # Panics
    /// When the form has no such field.
    pub async fn empties(&self, label: &str) -> Done {
        self.fills(label, "").await
    }

    /// Fills the field with this label: the bot's forms on Discord have no pickers. Gives what was typed.
    ///
    /// # Panics
    /// When the form has no such field or it does not take the value.
    pub async fn picks(&self, label: &str, typed: &str) -> String {
        self.fills(label, typed).await;
        typed.into()
    }

    /// Submits the form: closed, open with what the client finds wrong, or open since the bot did not answer.
    ///
    /// # Panics
    /// When no form is open.
    pub async fn submits(&self) -> Submitted {
        self.sees_form().await;
        self.guild.submit(&self.id).await.unwrap_or_else(|why| panic!("submitting: {why}"))
    }

    /// Closes the form without submitting; the bot hears nothing of it.
    ///
    /// # Panics
    /// When no form is open.
    pub async fn dismisses(&self) {
        self.sees_form().await;
        self.guild.state().forms.remove(&self.id);
        self.guild.changed();
    }

    /// Waits for something only this person sees, or for a line in their direct message with the bot, whose words contain
    /// `words`; marks it as read.
    ///
    /// # Panics
    /// When none comes within the patience of the options; says what is there instead.
    pub async fn expect(&self, words: &str) -> Message {
        let direct = self.guild.state().direct(&self.id);
        let mine = |message: &Message, _: &str| {
            message.only_for.as_ref() == Some(&self.id)
                || (message.only_for.is_none() && Some(&message.channel) == direct.as_ref())
        };
        let found = self.guild.wait_for(|| self.guild.read(words, mine)).await;
        found.unwrap_or_else(|| panic!("nothing for {} says {words:?}; unread:\n{}", self.id, self.guild.unread().join("\n")))
    }

    /// What only this person sees, Discord's own notices included, in order of time; not that the bot is thinking.
    #[must_use]
    pub fn ephemerals(&self) -> Vec<Message> {
        let state = self.guild.state();
        let mine = state.messages.values().filter(|one| one.only_for.as_ref() == Some(&self.id) && !one.thinking);
        mine.map(|message| state.rendered(message.clone(), self.guild.now())).collect()
    }

    /// Whether the bot is thinking about something this person asked.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let state = self.guild.state();
        let waiting = |message: &Message| message.thinking && asker(&state, message) == Some(&self.id);
        state.messages.values().any(waiting)
    }

    /// Id of a channel; `@` and the bot's name mean the direct message with it.
    fn place(&self, channel: &str) -> String {
        let to_bot = channel == "@" || channel.strip_prefix('@') == Some(&self.guild.settings.bot_name);
        if to_bot {
            return self.guild.state().direct(&self.id).expect("every person can write to the bot");
        }
        self.guild.channel(channel).id().into()
    }

    fn now(&self, message: &Message) -> Message {
        let state = self.guild.state();
        let now = super::acting::visible(&state, &self.id, message).cloned();
        let now = now.unwrap_or_else(|why| panic!("{why}:\n{}", message.plain()));
        state.rendered(now, self.guild.now())
    }
}

/// Who asked what a message answers.
fn asker<'s>(state: &'s State, message: &Message) -> Option<&'s String> {
    let interaction = message.interaction.as_ref()?;
    state.interactions.get(interaction).map(|interaction| &interaction.user)
}

/// The first component that `wanted` is true of.
fn find(version: &Version, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
    let rows = version.components.iter();
    rows.flat_map(|row| row["components"].as_array().into_iter().flatten()).find(|one| wanted(one)).cloned()
}
