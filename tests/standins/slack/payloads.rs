//! The payloads that travel to the bot, in the shapes of Slack's documentation.

use jiff::ToSpan;
use serde_json::{Value, json};

use super::{
    Workspace,
    actions::Place,
    methods::message_json,
    model::{ChannelKind, Message},
    state::{APP_ID, State, TEAM_ID, Trigger},
    views::{self, View},
    web_api::ApiError,
};

/// Seconds a trigger id lives.
const TRIGGER_SECONDS: i64 = 3;
/// The deprecated verification token, which nobody should look at.
const TOKEN: &str = "verification-token";

impl Workspace {
    /// A new trigger id for `user`.
    pub(super) fn mint_trigger(&self, state: &mut State, user: &str) -> String {
        let id = format!("{}.{}.trigger", self.now().as_millisecond(), state.next());
        let expires = self.now().checked_add(TRIGGER_SECONDS.seconds()).unwrap_or(jiff::Timestamp::MAX);
        state.triggers.insert(id.clone(), Trigger { user: user.into(), expires, used: false });
        id
    }

    /// Uses a trigger up; returns its user.
    pub(super) fn spend_trigger(&self, state: &mut State, id: &str) -> Result<String, ApiError> {
        let trigger = state.triggers.get_mut(id).ok_or_else(|| ApiError::new("invalid_trigger_id"))?;
        if trigger.used {
            return Err(ApiError::new("exchanged_trigger_id"));
        }
        if trigger.expires < self.now() {
            return Err(ApiError::new("expired_trigger_id"));
        }
        trigger.used = true;
        Ok(trigger.user.clone())
    }

    /// Fields of a slash command.
    pub(super) fn slash_command(&self, user: &str, channel: &str, line: &str) -> Value {
        let mut state = self.state();
        let (command, text) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let direct = state.channels.get(channel).is_some_and(|channel| matches!(channel.kind, ChannelKind::Direct(_)));
        let channel_name = if direct { "directmessage".into() } else { name_of_channel(&state, channel) };
        json!({
            "token": TOKEN,
            "team_id": TEAM_ID,
            "team_domain": self.team_domain(),
            "channel_id": channel,
            "channel_name": channel_name,
            "user_id": user,
            "user_name": name_of_user(&state, user),
            "command": command,
            "text": text.trim(),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self.mint_response_url(&mut state, user, channel, None),
            "trigger_id": self.mint_trigger(&mut state, user),
        })
    }

    /// A `block_actions` payload for one action on a message or in a view.
    pub(super) fn block_actions(&self, user: &str, place: &Place, action: Value) -> Result<Value, String> {
        let mut state = self.state();
        let mut payload = self.interaction(&mut state, "block_actions", user);
        payload["actions"] = json!([action]);
        self.put_place(&mut state, &mut payload, user, place)?;
        Ok(payload)
    }

    /// A `block_suggestion` payload: the options of an external select for what was typed.
    pub(super) fn block_suggestion(&self, user: &str, place: &Place, ids: (&str, &str), typed: &str) -> Result<Value, String> {
        let mut state = self.state();
        let mut payload = self.interaction(&mut state, "block_suggestion", user);
        payload["block_id"] = ids.0.into();
        payload["action_id"] = ids.1.into();
        payload["value"] = typed.into();
        self.put_place(&mut state, &mut payload, user, place)?;
        for key in ["trigger_id", "response_url", "state"] {
            payload.as_object_mut().map(|payload| payload.remove(key));
        }
        // What was entered since is not in it: github.com/slackapi/bolt-js/issues/1146.
        if let Some(blocks) = payload["view"]["blocks"].as_array() {
            payload["view"]["state"]["values"] = views::initial_values(blocks).into();
        }
        Ok(payload)
    }

    /// A `view_submission` payload.
    pub(super) fn view_submission(&self, user: &str, view: &View) -> Value {
        let mut payload = self.interaction(&mut self.state(), "view_submission", user);
        payload["view"] = view.json();
        payload["response_urls"] = json!([]);
        payload
    }

    /// A `view_closed` payload.
    pub(super) fn view_closed(&self, user: &str, view: &View) -> Value {
        let mut payload = self.interaction(&mut self.state(), "view_closed", user);
        payload.as_object_mut().map(|payload| payload.remove("trigger_id"));
        payload["view"] = view.json();
        payload["is_cleared"] = false.into();
        payload
    }

    /// The outer event around `event`, with a new event id.
    pub(super) fn event_callback(&self, event: Value) -> Value {
        let mut state = self.state();
        let event_id = state.next_id('E').replacen('E', "Ev", 1);
        let bot = state.bot.clone();
        json!({
            "token": TOKEN,
            "team_id": TEAM_ID,
            "context_team_id": TEAM_ID,
            "context_enterprise_id": null,
            "api_app_id": APP_ID,
            "event": event,
            "type": "event_callback",
            "event_id": event_id,
            "event_time": self.now().as_second(),
            "authorizations": [{
                "enterprise_id": null, "team_id": TEAM_ID, "user_id": bot, "is_bot": true, "is_enterprise_install": false,
            }],
            "is_ext_shared_channel": false,
            "event_context": format!("4-{event_id}"),
        })
    }

    fn interaction(&self, state: &mut State, kind: &str, user: &str) -> Value {
        let name = name_of_user(state, user);
        json!({
            "type": kind,
            "team": {"id": TEAM_ID, "domain": self.team_domain()},
            "user": {"id": user, "username": name, "name": name, "team_id": TEAM_ID},
            "api_app_id": APP_ID,
            "token": TOKEN,
            "enterprise": null,
            "is_enterprise_install": false,
            "trigger_id": self.mint_trigger(state, user),
        })
    }

    /// Adds where the interaction happened: container, channel, message, `response_url`, or the view.
    fn put_place(&self, state: &mut State, payload: &mut Value, user: &str, place: &Place) -> Result<(), String> {
        match place {
            Place::View { id } => {
                let view = view_of(state, user, id).ok_or("this form is not open any more")?;
                payload["container"] = json!({"type": "view", "view_id": view.id});
                payload["view"] = view.json();
            }
            Place::Message { channel, ts } => {
                let message = state.message(channel, ts).cloned().ok_or("this message is gone")?;
                let ephemeral = message.only_for.is_some();
                let mut container = json!({
                    "type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": ephemeral,
                });
                if let Some(thread) = &message.thread_ts {
                    container["thread_ts"] = thread.clone().into();
                }
                payload["container"] = container;
                let direct = state.channels.get(channel).is_some_and(|one| matches!(one.kind, ChannelKind::Direct(_)));
                let name = if direct { "directmessage".into() } else { name_of_channel(state, channel) };
                payload["channel"] = json!({"id": channel, "name": name});
                if !ephemeral {
                    payload["message"] = message_json(state, &message, true);
                }
                payload["state"] = json!({"values": values_of(state, &message)});
                payload["response_url"] = self.mint_response_url(state, user, channel, Some(&message)).into();
            }
        }
        Ok(())
    }

    fn team_domain(&self) -> String {
        self.settings.team_name.to_lowercase().replace(' ', "-")
    }
}

/// What was chosen in a message so far.
fn values_of(state: &State, message: &Message) -> Value {
    let key = (message.channel.clone(), message.ts.clone());
    state.chosen.get(&key).cloned().unwrap_or_else(|| Value::Object(views::initial_values(&message.current().blocks)))
}

/// An open form or the App Home of this user.
pub(super) fn view_of<'a>(state: &'a State, user: &str, id: &str) -> Option<&'a View> {
    let forms = state.forms.get(user).into_iter().flatten();
    forms.chain(state.homes.get(user)).find(|view| view.id == id)
}

fn name_of_user(state: &State, id: &str) -> String {
    state.users.get(id).map(|user| user.name.clone()).unwrap_or_default()
}

fn name_of_channel(state: &State, id: &str) -> String {
    state.channels.get(id).map(|channel| channel.name.clone()).unwrap_or_default()
}
