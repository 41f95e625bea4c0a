//! What people do: typing, reacting, clicking, choosing, filling forms in. The handles of tests and the page both end here.
//!
//! Errors are sentences: what Slack's own client would refuse before the bot hears of it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Workspace,
    delivery::{Delivery, EnvelopeKind, Outcome},
    entries,
    events::Reacted,
    model::{Channel, ChannelKind, Message, UserKind},
    payloads::view_of,
    state::{NewMessage, ResponseUrl, SLACKBOT, State},
    text::escaped,
    views,
};

/// Where a button or a select is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a message.
    Message {
        /// Channel id.
        channel: String,
        /// The message's stamp.
        ts: String,
    },
    /// In a form or on the App Home.
    View {
        /// View id.
        id: String,
    },
}

/// What somebody did and how the bot was told.
#[derive(Debug, Clone)]
pub struct Done {
    /// The message that came of it, when it was one.
    pub message: Option<Message>,
    /// Deliveries to the bot, all finished; empty when the bot is not told of this.
    pub deliveries: Vec<Delivery>,
}

impl Done {
    /// The message that was typed.
    ///
    /// # Panics
    /// When it was a command.
    #[must_use]
    pub fn message(&self) -> &Message {
        self.message.as_ref().expect("this was a message, not a command")
    }
}

/// A sentence below a field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Block id of the field.
    pub block_id: String,
    /// Label of the field.
    pub label: String,
    /// The sentence.
    pub text: String,
}

/// What came of submitting a form.
#[derive(Debug, Clone, PartialEq)]
pub enum Submitted {
    /// The form closed.
    Closed,
    /// It stays open with errors below these fields.
    Errors(Vec<FieldError>),
    /// It shows something else now.
    Updated,
    /// Another form opened on top.
    Pushed,
    /// The bot gave no answer in time; Slack says that it had trouble connecting, and the form stays open.
    Unanswered(Box<Delivery>),
}

impl Workspace {
    /// Types a line: a slash command when it starts with `/`, else a message.
    pub(super) async fn say(
        self: &Arc<Self>,
        user: &str,
        channel: &str,
        line: &str,
        thread: Option<&str>,
    ) -> Result<Done, String> {
        {
            let state = self.state();
            let channel = state.channels.get(channel).ok_or("there is no such channel")?;
            may_write(&state, user, channel)?;
        }
        if line.starts_with('/') { self.command(user, channel, line).await } else { self.post(user, channel, line, thread).await }
    }

    async fn post(self: &Arc<Self>, user: &str, channel: &str, line: &str, thread: Option<&str>) -> Result<Done, String> {
        let message = {
            let mut state = self.state();
            let text = marked_up(&state, line, Mentions::Linked);
            let (channel, user) = (channel.to_owned(), user.to_owned());
            let new = NewMessage { channel, user, text, thread_ts: thread.map(str::to_owned), ..NewMessage::default() };
            state.post(new, self.now())
        };
        self.changed();
        let deliveries = self.tell_message(&message).await;
        Ok(Done { message: Some(message), deliveries })
    }

    async fn command(self: &Arc<Self>, user: &str, channel: &str, line: &str) -> Result<Done, String> {
        let name = line.split_whitespace().next().unwrap_or(line);
        let line = {
            let state = self.state();
            let registered = state.commands.iter().find(|command| command.command == name);
            if registered.is_none() && !state.commands.is_empty() {
                return Err(format!(
                    "{name} is not a valid command. In Slack, all messages that start with the \"/\" character are interpreted as commands."
                ));
            }
            let mentions = if registered.is_some_and(|one| one.should_escape) { Mentions::Named } else { Mentions::Plain };
            marked_up(&state, line, mentions)
        };
        let payload = self.slash_command(user, channel, &line);
        let delivery = self.deliver(EnvelopeKind::SlashCommands, payload).await;
        match &delivery.outcome {
            Outcome::Acknowledged(Some(answer)) => {
                let to = ResponseUrl {
                    user: user.into(),
                    channel: channel.into(),
                    message: None,
                    expires: jiff::Timestamp::MAX,
                    uses_left: 1,
                };
                if let Err(code) = self.answer(&to, answer)
                    && code != "no_text"
                {
                    self.violation(format!("the answer to {name} was refused with {code}"));
                }
            }
            Outcome::Acknowledged(None) => {}
            Outcome::Missed | Outcome::LineCut => {
                self.notice(user, channel, &format!("{name} failed with the error \"operation_timeout\""))
            }
            Outcome::Refused(_) | Outcome::NotConnected => {
                self.notice(user, channel, &format!("{name} failed with the error \"dispatch_failed\""));
            }
        }
        self.changed();
        Ok(Done { message: None, deliveries: vec![delivery] })
    }

    /// A line only `user` sees, from Slack itself.
    fn notice(&self, user: &str, channel: &str, text: &str) {
        let new = NewMessage {
            channel: channel.into(),
            user: SLACKBOT.into(),
            text: text.into(),
            only_for: Some(user.into()),
            ..NewMessage::default()
        };
        self.state().post(new, self.now());
    }

    /// Puts a reaction on a message, or takes it away.
    pub(super) async fn react(self: &Arc<Self>, reacted: Reacted<'_>) -> Result<Done, String> {
        self.reactable(reacted.user, reacted.channel, reacted.ts)?;
        self.set_reaction(&reacted).map_err(|code| format!("the reaction was refused: {code}"))?;
        let mut deliveries = Vec::new();
        if let Some(event) = self.reaction_event(&reacted) {
            deliveries.push(self.deliver_event(event).await);
        }
        Ok(Done { message: None, deliveries })
    }

    fn reactable(&self, user: &str, channel: &str, ts: &str) -> Result<(), String> {
        let state = self.state();
        let place = state.channels.get(channel).ok_or("there is no such channel")?;
        active(&state, user)?;
        if !state.sees(user, place) {
            return Err("this person does not see the channel".into());
        }
        let message = state.message(channel, ts).ok_or("this message is gone")?;
        if message.only_for.is_some() { Err("nobody can react to a message only one person sees".into()) } else { Ok(()) }
    }

    /// Clicks a button.
    pub(super) async fn click(self: &Arc<Self>, user: &str, place: &Place, ids: (&str, &str)) -> Result<Done, String> {
        let element = self.element_for(user, place, ids)?;
        if element["type"] != "button" {
            return Err(format!("{} is no button", ids.1));
        }
        let mut action = json!({
            "type": "button", "action_id": ids.1, "block_id": ids.0, "text": element["text"],
            "action_ts": self.state().stamp(self.now()),
        });
        for key in ["value", "style"] {
            if let Some(value) = element.get(key) {
                action[key] = value.clone();
            }
        }
        self.act(user, place, action).await
    }

    /// Chooses in a select, a menu, a date picker or their kin, or types into a field. The bot is told where Slack tells it:
    /// always in messages, in forms for elements outside input blocks and for inputs with `dispatch_action`.
    pub(super) async fn choose(
        self: &Arc<Self>,
        user: &str,
        place: &Place,
        ids: (&str, &str),
        value: &Value,
    ) -> Result<Done, String> {
        let element = self.element_for(user, place, ids)?;
        let entry = {
            let state = self.state();
            let key = (user.to_owned(), ids.0.to_owned(), ids.1.to_owned());
            entries::entry(&element, value, state.offered.get(&key).map(Vec::as_slice).unwrap_or_default())?
        };
        let told = self.enter(user, place, ids, &entry)?;
        self.changed();
        if !told {
            return Ok(Done { message: None, deliveries: Vec::new() });
        }
        let mut action = entry;
        action["action_id"] = ids.1.into();
        action["block_id"] = ids.0.into();
        action["action_ts"] = self.state().stamp(self.now()).into();
        self.act(user, place, action).await
    }

    /// Notes what was entered; says whether the bot is to be told at once.
    fn enter(&self, user: &str, place: &Place, ids: (&str, &str), entry: &Value) -> Result<bool, String> {
        let mut state = self.state();
        match place {
            Place::Message { channel, ts } => {
                let blocks = state.message(channel, ts).ok_or("this message is gone")?.current().blocks.clone();
                let values = state.chosen.entry((channel.clone(), ts.clone()));
                let values = values.or_insert_with(|| Value::Object(views::initial_values(&blocks)));
                values[ids.0][ids.1] = entry.clone();
                Ok(true)
            }
            Place::View { id } => {
                let view = state.forms.get_mut(user).into_iter().flatten().find(|view| view.id == *id);
                let Some(view) = view else { return Ok(true) };
                view.enter(ids.0, ids.1, entry.clone());
                let block = view.blocks().iter().find(|block| block["block_id"] == ids.0);
                Ok(block.is_none_or(|block| block["type"] != "input" || block["dispatch_action"] == true))
            }
        }
    }

    async fn act(self: &Arc<Self>, user: &str, place: &Place, action: Value) -> Result<Done, String> {
        let payload = self.block_actions(user, place, action)?;
        let delivery = self.deliver(EnvelopeKind::Interactive, payload).await;
        Ok(Done { message: None, deliveries: vec![delivery] })
    }

    /// Asks the bot for the options of an external select. `{options}` or `{option_groups}`; empty below the element's
    /// `min_query_length`, when Slack asks nobody.
    pub(super) async fn suggest(
        self: &Arc<Self>,
        user: &str,
        place: &Place,
        ids: (&str, &str),
        typed: &str,
    ) -> Result<Value, String> {
        let element = self.element_for(user, place, ids)?;
        let shortest = element["min_query_length"].as_u64().unwrap_or(3);
        if (typed.chars().count() as u64) < shortest {
            return Ok(json!({"options": []}));
        }
        let payload = self.block_suggestion(user, place, ids, typed)?;
        let delivery = self.deliver(EnvelopeKind::Interactive, payload).await;
        let answer = delivery.answer().ok_or("the bot offered nothing in time")?.clone();
        let wrong = super::blocks::check_suggestions(&answer);
        if !wrong.is_empty() {
            self.violation(format!("options offered for {} break Block Kit: {}", ids.1, wrong.join("; ")));
            return Err("the bot offered options Slack does not take".into());
        }
        let key = (user.to_owned(), ids.0.to_owned(), ids.1.to_owned());
        self.state().offered.entry(key).or_default().extend(entries::options(&answer));
        Ok(answer)
    }

    /// The element under these ids, as this person sees it.
    pub(super) fn element_for(&self, user: &str, place: &Place, ids: (&str, &str)) -> Result<Value, String> {
        let state = self.state();
        active(&state, user)?;
        let blocks = match place {
            Place::View { id } => view_of(&state, user, id).ok_or("this form is not open any more")?.blocks().to_vec(),
            Place::Message { channel, ts } => {
                let channel = state.channels.get(channel).ok_or("there is no such channel")?;
                let message = state.message(&channel.id, ts).ok_or("this message is gone")?;
                let visible = message.only_for.as_ref().is_none_or(|only| only == user) && state.sees(user, channel);
                if !visible {
                    return Err("this person does not see the message".into());
                }
                message.current().blocks.clone()
            }
        };
        let element = views::element(&blocks, ids.0, ids.1).cloned();
        element.ok_or_else(|| format!("there is no {} in {} any more", ids.1, ids.0))
    }

    /// Opens the App Home.
    pub(super) async fn open_home(self: &Arc<Self>, user: &str) -> Result<Done, String> {
        let event = {
            let mut state = self.state();
            let channel = state.direct(user).ok_or("there is no such person")?;
            let event_ts = state.stamp(self.now());
            let mut event =
                json!({"type": "app_home_opened", "user": user, "channel": channel, "tab": "home", "event_ts": event_ts});
            if let Some(home) = state.homes.get(user) {
                event["view"] = home.json();
            }
            event
        };
        let deliveries = if self.subscribed("app_home_opened") { vec![self.deliver_event(event).await] } else { Vec::new() };
        Ok(Done { message: None, deliveries })
    }

    /// Adds somebody (or the bot) to a channel.
    pub(super) async fn join(self: &Arc<Self>, user: &str, channel: &str) -> Result<Done, String> {
        let event = {
            let mut state = self.state();
            let bot = state.bot.clone();
            let event_ts = state.stamp(self.now());
            let channel = state.channels.get_mut(channel).ok_or("there is no such channel")?;
            if !channel.members.iter().any(|member| member == user) {
                channel.members.push(user.into());
            }
            let kind = if channel.kind == ChannelKind::Private { "G" } else { "C" };
            channel.members.contains(&bot).then(|| {
                json!({
                    "type": "member_joined_channel", "user": user, "channel": channel.id, "channel_type": kind,
                    "team": super::state::TEAM_ID, "event_ts": event_ts,
                })
            })
        };
        self.changed();
        let mut deliveries = Vec::new();
        if let Some(event) = event.filter(|_| self.subscribed("member_joined_channel")) {
            deliveries.push(self.deliver_event(event).await);
        }
        Ok(Done { message: None, deliveries })
    }
}

fn active(state: &State, user: &str) -> Result<(), String> {
    match state.users.get(user).map(|user| user.kind) {
        None => Err("there is no such person".into()),
        Some(UserKind::Deactivated) => Err("this account was deactivated".into()),
        Some(_) => Ok(()),
    }
}

fn may_write(state: &State, user: &str, channel: &Channel) -> Result<(), String> {
    active(state, user)?;
    if channel.archived {
        return Err(format!("#{} is archived", channel.name));
    }
    if channel.members.iter().any(|member| member == user) { Ok(()) } else { Err(format!("you are not in #{}", channel.name)) }
}

/// How `@name` and `#channel` reach the app.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mentions {
    /// `<@U…>`, as in messages.
    Linked,
    /// `<@U…|name>`, as in commands with `should_escape`.
    Named,
    /// As typed.
    Plain,
}

/// A line as Slack hands it on: `&`, `<` and `>` escaped, mentions of people and channels marked up.
fn marked_up(state: &State, line: &str, mentions: Mentions) -> String {
    let line = escaped(line);
    if mentions == Mentions::Plain {
        return line;
    }
    let mut words = Vec::new();
    for word in line.split(' ') {
        let letters = word.char_indices().skip(1).take_while(|(_, c)| c.is_alphanumeric() || "-_.".contains(*c));
        let end = letters.last().map_or(word.len().min(1), |(at, c)| at + c.len_utf8());
        // A dot at the end is the sentence's, not the name's.
        let name = word.get(..end).unwrap_or(word).trim_end_matches('.');
        let rest = &word[name.len()..];
        let linked = if let Some(user) = name.strip_prefix('@').and_then(|name| state.user(name)) {
            let label = if mentions == Mentions::Named { format!("|{}", user.name) } else { String::new() };
            format!("<@{}{label}>", user.id)
        } else if let Some(channel) = name.strip_prefix('#').and_then(|name| state.channel(name)) {
            format!("<#{}|{}>", channel.id, channel.name)
        } else {
            name.into()
        };
        words.push(format!("{linked}{rest}"));
    }
    words.join(" ")
}
