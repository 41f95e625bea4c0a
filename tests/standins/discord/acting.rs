//! What people do: typing, reacting, clicking, choosing, filling forms in.
//!
//! Errors are sentences: what Discord's own client would refuse before the bot hears of it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Guild,
    answers::NewMessage,
    delivery::{Delivery, Done, Submitted},
    emoji,
    events::{self, Reacted, Way},
    interactions::{Act, Kind},
    line::{Translator, Typing},
    mentions::marked_up,
    model::{Message, User, UserKind},
    state::{BOT_ID, State},
};

impl Guild {
    /// Types a line: a command when it starts with `/`, else a message.
    pub(super) async fn say(
        self: &Arc<Self>,
        user: &str,
        channel: &str,
        line: &str,
        reply_to: Option<&str>,
    ) -> Result<Done, String> {
        may_write(&self.state(), user, channel)?;
        if line.starts_with('/') {
            return self.command(user, channel, line).await;
        }
        let (message, event) = {
            let mut state = self.state();
            let content = marked_up(&state, line);
            let (channel, user, reply_to) = (channel.to_owned(), user.to_owned(), reply_to.map(str::to_owned));
            let new = NewMessage { channel, user, content, reply_to, ..NewMessage::default() };
            let message = state.post(new, self.now());
            let event = events::message("MESSAGE_CREATE", &state, &message);
            (message, event)
        };
        self.changed();
        let deliveries = self.deliver(event).await;
        Ok(Done { message: Some(message), deliveries })
    }

    async fn command(self: &Arc<Self>, user: &str, channel: &str, line: &str) -> Result<Done, String> {
        let data = {
            let state = self.state();
            Translator { state: &state, known: self.settings.commands }.translate(line, None)?
        };
        let delivery = self.interact(Act { kind: Kind::Command, user, channel, message: None, data }).await;
        Ok(Done { message: None, deliveries: vec![delivery] })
    }

    /// Asks the bot what could stand in an option: names and values of its choices.
    pub(super) async fn complete(
        self: &Arc<Self>,
        user: &str,
        channel: &str,
        line: &str,
        typing: Typing<'_>,
    ) -> Result<Vec<(String, Value)>, String> {
        let data = {
            let state = self.state();
            Translator { state: &state, known: self.settings.commands }.translate(line, Some(typing))?
        };
        let delivery = self.interact(Act { kind: Kind::Autocomplete, user, channel, message: None, data }).await;
        let answer = delivery.answer().ok_or("Loading options failed")?;
        let choices = answer["data"]["choices"].as_array().into_iter().flatten();
        Ok(choices.map(|choice| (choice["name"].as_str().unwrap_or_default().to_owned(), choice["value"].clone())).collect())
    }

    /// Puts an emoji on a message, or takes it away.
    pub(super) async fn react(self: &Arc<Self>, user: &str, way: Way, name: &str, message: &Message) -> Result<Done, String> {
        {
            let state = self.state();
            let now = visible(&state, user, message)?;
            if now.only_for.is_some() {
                return Err("nobody can react to a message only one person sees".into());
            }
        }
        let emoji = emoji::character(name);
        let custom = (!emoji::is_known(&emoji)).then(|| custom_id(&emoji));
        let reacted = Reacted { way, user, message: &message.id, emoji: &emoji, custom: custom.as_deref() };
        let event = self.set_reaction(&reacted).ok_or("it is so already")?;
        self.changed();
        let deliveries = self.deliver(event).await;
        Ok(Done { message: None, deliveries })
    }

    /// A moderator takes all reactions of a message away, or all of one emoji.
    pub(super) async fn clear_reactions(self: &Arc<Self>, message: &Message, name: Option<&str>) -> Done {
        let emoji = name.map(emoji::character);
        let event = {
            let mut state = self.state();
            if let Some(stored) = state.messages.get_mut(&message.id) {
                stored.reactions.retain(|reaction| emoji.as_ref().is_some_and(|emoji| reaction.emoji != *emoji));
            }
            events::reactions_gone(&state, message, emoji.as_deref())
        };
        self.changed();
        Done { message: None, deliveries: self.deliver(event).await }
    }

    /// Uses a component of a message: presses a button, or chooses `values` in a select.
    pub(super) async fn use_component(
        self: &Arc<Self>,
        user: &str,
        message: &Message,
        component: &Value,
        values: Option<Vec<Value>>,
    ) -> Result<Delivery, String> {
        if component["disabled"] == true {
            return Err("it is greyed out".into());
        }
        if component["custom_id"].is_null() {
            return Err("it is a link; the bot is not told".into());
        }
        visible(&self.state(), user, message)?;
        let mut data = json!({"custom_id": component["custom_id"], "component_type": component["type"], "id": 2});
        if let Some(values) = values {
            data["values"] = values.into();
        }
        let act = Act { kind: Kind::Component, user, channel: &message.channel, message: Some(&message.id), data };
        Ok(self.interact(act).await)
    }

    /// Submits the form somebody has open.
    pub(super) async fn submit(self: &Arc<Self>, user: &str) -> Result<Submitted, String> {
        let (data, channel, message) = {
            let state = self.state();
            let form = state.forms.get(user).ok_or("no form is open")?;
            let errors = form.complaints();
            if !errors.is_empty() {
                return Ok(Submitted::Errors(errors));
            }
            (form.data(), form.channel.clone(), form.message.clone())
        };
        let act = Act { kind: Kind::Modal, user, channel: &channel, message: message.as_deref(), data };
        let delivery = self.interact(act).await;
        if !delivery.acknowledged() {
            return Ok(Submitted::Unanswered(Box::new(delivery)));
        }
        self.state().forms.remove(user);
        self.changed();
        Ok(Submitted::Closed)
    }

    /// Gives somebody these roles instead of those they have, as a moderator does.
    pub(super) async fn change_roles(self: &Arc<Self>, user: &str, roles: &[&str]) -> Done {
        let event = {
            let mut state = self.state();
            let known: Vec<String> = roles.iter().filter_map(|name| state.role(name)).map(|role| role.name.clone()).collect();
            assert_eq!(known.len(), roles.len(), "some of the roles {roles:?} are not there");
            if let Some(user) = state.users.get_mut(user) {
                user.roles = known;
            }
            events::member_update(&state, user)
        };
        self.changed();
        Done { message: None, deliveries: self.deliver(event).await }
    }
}

fn may_write(state: &State, user: &str, channel: &str) -> Result<(), String> {
    let channel = state.channels.get(channel).ok_or("there is no such channel")?;
    let account = state.users.get(user).ok_or("there is no such person")?;
    if account.kind == UserKind::Pending {
        return Err("the rules of the guild must be accepted first".into());
    }
    if state.sees(user, channel) { Ok(()) } else { Err(format!("this person does not see #{}", channel.name)) }
}

/// The message as it is now, if this person sees it.
pub(super) fn visible<'s>(state: &'s State, user: &str, message: &Message) -> Result<&'s Message, String> {
    let now = state.message(&message.channel, &message.id).ok_or("this message is gone")?;
    let channel = state.channels.get(&now.channel).ok_or("there is no such channel")?;
    let mine = now.only_for.as_ref().is_none_or(|only| only == user);
    let is_bot = state.users.get(user).is_some_and(|user: &User| user.kind == UserKind::Bot && user.id != BOT_ID);
    if mine && (state.sees(user, channel) || is_bot) { Ok(now) } else { Err("this person does not see the message".into()) }
}

/// An id for a custom emoji, made from its name.
fn custom_id(name: &str) -> String {
    super::model::identifier('8', name)
}
