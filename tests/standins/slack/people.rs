//! Acting as a person, in the words of a test.

use std::sync::Arc;

use serde_json::Value;

use super::{
    Workspace,
    actions::{Done, Place, Submitted},
    delivery::Delivery,
    entries,
    events::{Reacted, Way},
    forms::Form,
    model::Message,
    submitting::Entered,
    views,
};

/// How often somebody types again into a picker that offered nothing.
const PICKED_AGAIN: usize = 5;

/// Somebody to act as. What Slack's own client would refuse panics with its reason, since then the test is wrong.
#[derive(Clone)]
pub struct Person {
    workspace: Arc<Workspace>,
    id: String,
}

impl Person {
    pub(super) fn new(workspace: Arc<Workspace>, id: String) -> Self {
        Self { workspace, id }
    }

    /// User id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Types a line in a channel (`dba`, `@` or `@watchkeeper` for the bot's direct message) and waits until the bot has
    /// acknowledged it: a command when it starts with `/`, else a message, in which `@name` mentions.
    ///
    /// # Panics
    /// When Slack would not take the line, for example for an unregistered command.
    pub async fn types(&self, channel: &str, line: &str) -> Done {
        let channel = self.place(channel);
        self.workspace.say(&self.id, &channel, line, None).await.unwrap_or_else(|why| panic!("{line}: {why}"))
    }

    /// Replies in the thread of a message.
    ///
    /// # Panics
    /// When Slack would not take the reply.
    pub async fn replies(&self, message: &Message, line: &str) -> Done {
        let thread = message.thread_ts.as_ref().unwrap_or(&message.ts);
        let done = self.workspace.say(&self.id, &message.channel, line, Some(thread)).await;
        done.unwrap_or_else(|why| panic!("{line}: {why}"))
    }

    /// Puts an emoji (name without colons) on a message and waits until the bot has acknowledged the event.
    ///
    /// # Panics
    /// When Slack would not take the reaction, for example a second time.
    pub async fn reacts(&self, emoji: &str, message: &Message) -> Done {
        self.sets_reaction(Way::Added, emoji, message).await
    }

    /// Takes an emoji away again.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn unreacts(&self, emoji: &str, message: &Message) -> Done {
        self.sets_reaction(Way::Removed, emoji, message).await
    }

    /// Clicks the button with this text on a message as it is now.
    ///
    /// # Panics
    /// When there is no such button.
    pub async fn clicks(&self, message: &Message, button: &str) -> Done {
        let place = Place::Message { channel: message.channel.clone(), ts: message.ts.clone() };
        let blocks = self.blocks_of(message);
        let (block, action) = find(&blocks, |element| element["text"]["text"] == button)
            .unwrap_or_else(|| panic!("there is no button {button:?} on:\n{}", self.words(message)));
        self.workspace.click(&self.id, &place, (&block, &action)).await.unwrap_or_else(|why| panic!("{button}: {why}"))
    }

    /// Clicks the button that `seen` shows, although the message may have changed since: the same ids are sent.
    ///
    /// # Panics
    /// When `seen` shows no such button.
    pub async fn clicks_late(&self, seen: &Message, button: &str) -> Delivery {
        let place = Place::Message { channel: seen.channel.clone(), ts: seen.ts.clone() };
        let all = seen.versions.iter().flat_map(|version| &version.blocks).cloned().collect::<Vec<_>>();
        let (block, action) = find(&all, |element| element["text"]["text"] == button)
            .unwrap_or_else(|| panic!("there was never a button {button:?} on:\n{}", seen.plain()));
        let element = views::element(&all, &block, &action).cloned().unwrap_or_default();
        let ts = self.workspace.state().stamp(self.workspace.now());
        let action = serde_json::json!({
            "type": "button", "action_id": action, "block_id": block, "text": element["text"], "value": element["value"],
            "action_ts": ts,
        });
        let payload = self.workspace.block_actions(&self.id, &place, action).unwrap_or_else(|why| panic!("{button}: {why}"));
        self.workspace.deliver(super::EnvelopeKind::Interactive, payload).await
    }

    /// Chooses the option with this text in a select or menu of a message.
    ///
    /// # Panics
    /// When there is no such option.
    pub async fn chooses(&self, message: &Message, option: &str) -> Done {
        let place = Place::Message { channel: message.channel.clone(), ts: message.ts.clone() };
        let blocks = self.blocks_of(message);
        let offers = |element: &Value| entries::options(element).iter().any(|one| entries::option_text(one) == option);
        let (block, action) =
            find(&blocks, offers).unwrap_or_else(|| panic!("no option {option:?} on:\n{}", self.words(message)));
        let element = views::element(&blocks, &block, &action).cloned().unwrap_or_default();
        let value = value_of(&entries::options(&element), option);
        let done = self.workspace.choose(&self.id, &place, (&block, &action), &value).await;
        done.unwrap_or_else(|why| panic!("{option}: {why}"))
    }

    /// Waits for a form and returns what it shows.
    ///
    /// # Panics
    /// When none opens within the patience of the options.
    pub async fn sees_form(&self) -> Form {
        let form = self.workspace.wait_for(|| self.form()).await;
        form.unwrap_or_else(|| panic!("no form opened for {}; unread:\n{}", self.id, self.workspace.unread().join("\n")))
    }

    /// Waits until the form shows `words` somewhere: in its title, its blocks or what was entered.
    ///
    /// # Panics
    /// When it does not within the patience of the options.
    pub async fn sees_form_with(&self, words: &str) -> Form {
        let form = self.workspace.wait_for(|| self.form().filter(|form| form.plain().contains(words))).await;
        form.unwrap_or_else(|| {
            panic!("no form shows {words:?}; it shows:\n{}", self.form().map(|form| form.plain()).unwrap_or_default())
        })
    }

    /// The form that is open now, if any.
    #[must_use]
    pub fn form(&self) -> Option<Form> {
        let state = self.workspace.state();
        let view = state.forms.get(&self.id)?.last()?;
        Some(Form::of(view, &state.reader(self.workspace.now())))
    }

    /// Fills the field with this label: text, number, date (`2026-11-28`), time (`02:00`), or unix seconds.
    ///
    /// # Panics
    /// When the form has no such field or Slack would not take the value.
    pub async fn fills(&self, label: &str, value: &str) -> Done {
        self.enters(label, Value::from(value)).await
    }

    /// Empties the field with this label.
    ///
    /// # Panics
    /// When the form has no such field.
    pub async fn empties(&self, label: &str) -> Done {
        self.enters(label, Value::Null).await
    }

    /// Types into the select with this label and takes the first option whose text contains that; asks the bot where the
    /// options come from there. Returns the text of the option. Options of selects of several are added to those chosen.
    ///
    /// # Panics
    /// When the form has no such field or nothing that matches is offered.
    pub async fn picks(&self, label: &str, typed: &str) -> String {
        let form = self.sees_form().await;
        let field = form.field(label);
        // A picker that is filled too late is empty; people try again.
        let mut options = self.offered(label, typed).await;
        for _ in 0..PICKED_AGAIN {
            if !options.is_empty() {
                break;
            }
            options = self.offered(label, typed).await;
        }
        let lower = typed.to_lowercase();
        let exact = options.iter().find(|option| entries::option_text(option) == typed);
        let found = exact.or_else(|| options.iter().find(|option| entries::option_text(option).to_lowercase().contains(&lower)));
        let texts: Vec<&str> = options.iter().map(entries::option_text).collect();
        let option = found.unwrap_or_else(|| panic!("{label} offers nothing with {typed:?}, only {texts:?}"));
        let value = if field.takes_many() {
            let mut chosen = field.chosen_values();
            chosen.push(option["value"].clone());
            Value::Array(chosen)
        } else {
            option["value"].clone()
        };
        self.enters(label, value).await;
        entries::option_text(option).into()
    }

    /// The texts of the options the select with this label offers for what is typed.
    ///
    /// # Panics
    /// When the form has no such field or the bot offers nothing in time.
    pub async fn offered_for(&self, label: &str, typed: &str) -> Vec<String> {
        self.offered(label, typed).await.iter().map(|option| entries::option_text(option).to_owned()).collect()
    }

    /// Clicks the button with this text on the form or, when none is open, on the App Home.
    ///
    /// # Panics
    /// When there is no such button.
    pub async fn clicks_in_form(&self, button: &str) -> Done {
        let (view, blocks) = {
            let state = self.workspace.state();
            let view = state.forms.get(&self.id).and_then(|forms| forms.last()).or_else(|| state.homes.get(&self.id));
            let view = view.unwrap_or_else(|| panic!("{} has neither form nor home open", self.id));
            (view.id.clone(), view.blocks().to_vec())
        };
        let (block, action) =
            find(&blocks, |element| element["text"]["text"] == button).unwrap_or_else(|| panic!("there is no button {button:?}"));
        let done = self.workspace.click(&self.id, &Place::View { id: view }, (&block, &action)).await;
        done.unwrap_or_else(|why| panic!("{button}: {why}"))
    }

    /// Submits the form: closed, changed, open with errors, or open since the bot did not answer.
    ///
    /// # Panics
    /// When no form is open or the bot gave an answer Slack does not take.
    pub async fn submits(&self) -> Submitted {
        let form = self.sees_form().await;
        self.workspace.submit(&self.id, form.id(), Entered::new()).await.unwrap_or_else(|why| panic!("submitting: {why}"))
    }

    /// Closes the form without submitting.
    ///
    /// # Panics
    /// When no form is open.
    pub async fn dismisses(&self) {
        let form = self.sees_form().await;
        self.workspace.dismiss(&self.id, form.id()).await.unwrap_or_else(|why| panic!("closing: {why}"));
    }

    /// Opens the App Home of the bot.
    ///
    /// # Panics
    /// When the account is not active.
    pub async fn opens_home(&self) -> Done {
        self.workspace.open_home(&self.id).await.unwrap_or_else(|why| panic!("opening the home: {why}"))
    }

    /// The App Home as words, once the bot published it.
    ///
    /// # Panics
    /// When it does not within the patience of the options.
    pub async fn sees_home(&self) -> String {
        let home = self.workspace.wait_for(|| {
            let state = self.workspace.state();
            state.homes.get(&self.id).map(|home| state.reader(self.workspace.now()).blocks(home.blocks()))
        });
        home.await.unwrap_or_else(|| panic!("the bot published no home for {}", self.id))
    }

    /// Joins a channel.
    ///
    /// # Panics
    /// When there is no such channel.
    pub async fn joins(&self, channel: &str) -> Done {
        let channel = self.workspace.channel(channel).id().to_owned();
        self.workspace.join(&self.id, &channel).await.unwrap_or_else(|why| panic!("joining: {why}"))
    }

    /// Brings the bot into a channel.
    ///
    /// # Panics
    /// When there is no such channel.
    pub async fn invites_bot(&self, channel: &str) -> Done {
        let channel = self.workspace.channel(channel).id().to_owned();
        let bot = self.workspace.bot_user();
        self.workspace.join(&bot, &channel).await.unwrap_or_else(|why| panic!("inviting: {why}"))
    }

    /// Waits for something only this person sees, or for a line in their direct message with the bot, whose words contain
    /// `words`; marks it as read.
    ///
    /// # Panics
    /// When none comes within the patience of the options; says what is there instead.
    pub async fn expect(&self, words: &str) -> Message {
        let direct = self.workspace.state().direct(&self.id);
        let mine = |message: &Message| {
            message.only_for.as_ref() == Some(&self.id)
                || (message.only_for.is_none() && Some(&message.channel) == direct.as_ref())
        };
        let found = self.workspace.wait_for(|| self.workspace.read(words, mine)).await;
        found.unwrap_or_else(|| panic!("nothing for {} says {words:?}; unread:\n{}", self.id, self.workspace.unread().join("\n")))
    }

    /// What only this person sees, Slack's own notices included, in order of time.
    #[must_use]
    pub fn ephemerals(&self) -> Vec<Message> {
        let state = self.workspace.state();
        let mut mine: Vec<Message> =
            state.messages.values().filter(|message| message.only_for.as_ref() == Some(&self.id)).cloned().collect();
        mine.sort_by(|one, other| one.ts.cmp(&other.ts));
        mine.into_iter().map(|message| state.rendered(message, self.workspace.now())).collect()
    }

    async fn sets_reaction(&self, way: Way, emoji: &str, message: &Message) -> Done {
        let reacted = Reacted { way, user: &self.id, channel: &message.channel, ts: &message.ts, name: emoji };
        self.workspace.react(reacted).await.unwrap_or_else(|why| panic!("{emoji}: {why}"))
    }

    async fn offered(&self, label: &str, typed: &str) -> Vec<Value> {
        let form = self.sees_form().await;
        let field = form.field(label);
        if !field.kind.contains("external") {
            return field.options.clone();
        }
        let place = Place::View { id: form.id().into() };
        let answer = self.workspace.suggest(&self.id, &place, (&field.block_id, &field.action_id), typed).await;
        entries::options(&answer.unwrap_or_else(|why| panic!("{label}: {why}")))
    }

    async fn enters(&self, label: &str, value: Value) -> Done {
        let form = self.sees_form().await;
        let field = form.field(label);
        let place = Place::View { id: form.id().into() };
        let done = self.workspace.choose(&self.id, &place, (&field.block_id, &field.action_id), &value).await;
        done.unwrap_or_else(|why| panic!("{label}: {why}"))
    }

    /// Id of a channel; `@` and the bot's name mean the direct message with it.
    fn place(&self, channel: &str) -> String {
        let to_bot = channel == "@" || channel.strip_prefix('@') == Some(&self.workspace.settings.bot_name);
        if to_bot {
            return self.workspace.state().direct(&self.id).expect("every person can write to the bot");
        }
        self.workspace.channel(channel).id().into()
    }

    fn blocks_of(&self, message: &Message) -> Vec<Value> {
        let state = self.workspace.state();
        let now = state.message(&message.channel, &message.ts);
        now.unwrap_or_else(|| panic!("this message is gone:\n{}", message.plain())).current().blocks.clone()
    }

    fn words(&self, message: &Message) -> String {
        let state = self.workspace.state();
        let now = state.message(&message.channel, &message.ts).cloned();
        now.map(|message| state.rendered(message, self.workspace.now()).plain).unwrap_or_default()
    }
}

/// Block id and action id of the first element that `wanted` is true of.
fn find(blocks: &[Value], wanted: impl Fn(&Value) -> bool) -> Option<(String, String)> {
    blocks.iter().find_map(|block| {
        let element = views::elements(block).find(|element| wanted(element))?;
        Some((block["block_id"].as_str()?.into(), element["action_id"].as_str().unwrap_or_default().into()))
    })
}

fn value_of(options: &[Value], text: &str) -> Value {
    options.iter().find(|option| entries::option_text(option) == text).map(|option| option["value"].clone()).unwrap_or_default()
}
