//! What Slack sends → [`Event`]. One decoder for both transports: HTTP forms are JSON objects by the time they are here.
//!
//! Shapes are those of api.slack.com: "Slash commands", "Interactivity payloads", "Events API". A field that Slack adds,
//! drops or changes never panics; one that nothing can be done without is a [`Malformed`].

use commands::records::Place;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::way::Way;
use super::{NAME, form, render, words};
use crate::platform::{Account, Carry, Event, Invocation, MessageRef, Submission, Target, Typing};

/// Decodes payloads.
pub(super) struct Decoder<'a> {
    /// What the names of our slash commands begin with: `/` or `/wk-`.
    pub(super) prefix: &'a str,
    /// The bot's own account, where it is known.
    pub(super) me: Option<&'a str>,
    /// The current instant.
    pub(super) now: Timestamp,
}

/// A payload, understood.
#[derive(Debug)]
pub(super) enum Decoded {
    /// Something for us.
    Delivery(Box<Delivery>),
    /// Something known that is not for us, such as the bot's own message.
    Ignored,
    /// Somebody chose in one of our forms: what pickers have to know of it is kept in the form, which is this view.
    Chosen(Value),
    /// A type we do not know, to be acknowledged and logged once.
    Unknown(String),
}

/// An event and how its acknowledgement answers.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) event: Event,
    pub(super) asked: Asked,
}

/// What an acknowledgement can carry.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// A slash command: the answer itself.
    Command(Target),
    /// A mention, direct message or button: nothing; answers are messages.
    Message(Target),
    /// A form: errors under its inputs.
    Form {
        /// Where other words go.
        reply: Target,
        /// The view that was submitted.
        view: Value,
    },
    /// A picker: options.
    Picker,
    /// Nothing at all.
    Nothing,
}

/// What a payload lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payload has no {0}")]
pub(super) struct Malformed(pub(super) &'static str);

type Outcome = Result<Decoded, Malformed>;

impl Decoder<'_> {
    /// A slash command.
    pub(super) fn command(&self, payload: &Value) -> Outcome {
        if payload["ssl_check"].is_string() {
            return Ok(Decoded::Ignored);
        }
        let typed = string(&payload["command"]).ok_or(Malformed("command"))?;
        let account = account(&payload["user_id"])?;
        let channel = string(&payload["channel_id"]).ok_or(Malformed("channel_id"))?;
        let trigger = string(&payload["trigger_id"]).ok_or(Malformed("trigger_id"))?;
        let name = typed.strip_prefix(self.prefix).unwrap_or_else(|| typed.trim_start_matches('/'));
        let line = format!("{name} {}", words::unwrap(payload["text"].as_str().unwrap_or_default()));
        let place = place(&channel, None);
        let way = Way { url: string(&payload["response_url"]), thread: None };
        let reply = Target::Only { channel, account: account.id.clone(), handle: way.handle(self.now, false) };
        let once = format!("{NAME}/cmd/{trigger}");
        Ok(asked(Invocation { once, account, place, line: line.trim().to_owned(), reply, ticket: Some(trigger) }, Asked::Command))
    }

    /// A button, a picker or a form.
    pub(super) fn interaction(&self, payload: &Value) -> Outcome {
        match payload["type"].as_str().ok_or(Malformed("type"))? {
            "block_actions" if payload["view"]["callback_id"] == form::CALLBACK => Ok(Decoded::Chosen(payload["view"].clone())),
            "block_actions" => self.pressed(payload),
            "block_suggestion" => self.typing(payload),
            "view_submission" => self.submitted(payload),
            "view_closed" => Ok(Decoded::Ignored),
            other => Ok(Decoded::Unknown(format!("interaction {other}"))),
        }
    }

    /// An event of the Events API, in its `event_callback`.
    pub(super) fn event(&self, payload: &Value) -> Outcome {
        let event = &payload["event"];
        let me = payload["authorizations"].as_array().into_iter().flatten().find(|one| one["is_bot"] == true);
        let me = me.and_then(|one| one["user_id"].as_str()).or(self.me);
        match event["type"].as_str().ok_or(Malformed("event type"))? {
            "app_mention" => self.said(event, me, Said::Mentioned),
            "message" if event["channel_type"] == "im" => self.said(event, me, Said::Directly),
            "message" => Ok(Decoded::Ignored),
            "reaction_added" | "reaction_removed" => reacted(event, me),
            other => Ok(Decoded::Unknown(format!("event {other}"))),
        }
    }

    fn said(&self, event: &Value, me: Option<&str>, how: Said) -> Outcome {
        // Edits, joins, files and what programs say: not somebody asking.
        if ["subtype", "bot_id", "edited"].iter().any(|key| !event[key].is_null()) || event["hidden"] == true {
            return Ok(Decoded::Ignored);
        }
        let account = account(&event["user"])?;
        if Some(account.id.as_str()) == me {
            return Ok(Decoded::Ignored);
        }
        let channel = string(&event["channel"]).ok_or(Malformed("channel"))?;
        let ts = string(&event["ts"]).ok_or(Malformed("ts"))?;
        let text = event["text"].as_str().unwrap_or_default();
        let thread = string(&event["thread_ts"]);
        let way = Way { url: None, thread: thread.clone() };
        let (text, reply) = match how {
            Said::Mentioned => {
                let handle = way.handle(self.now, false);
                (words::without_mention(text, me), Target::Only { channel: channel.clone(), account: account.id.clone(), handle })
            }
            Said::Directly => {
                let text =
                    me.filter(|me| text.contains(&format!("<@{me}"))).map_or(text, |me| words::without_mention(text, Some(me)));
                (text, Target::Channel { channel: channel.clone(), thread: thread.clone() })
            }
        };
        // A redelivery can carry a new event id: channel, message and person identify it.
        let once = format!("{NAME}/evt/{channel}/{ts}/{}", account.id);
        let line = words::unwrap(text);
        Ok(asked(Invocation { once, account, place: place(&channel, thread), line, reply, ticket: None }, Asked::Message))
    }

    fn pressed(&self, payload: &Value) -> Outcome {
        let ours = |action: &&Value| {
            let id = action["action_id"].as_str().unwrap_or_default();
            id.starts_with(render::RUN) || id.starts_with(render::RUN_IN_PLACE)
        };
        let Some(action) = payload["actions"].as_array().into_iter().flatten().find(ours) else { return Ok(Decoded::Ignored) };
        let account = account(&payload["user"]["id"])?;
        let line = string(&action["value"]).ok_or(Malformed("value"))?;
        let (container, message) = (&payload["container"], &payload["message"]);
        let channel =
            string(&payload["channel"]["id"]).or_else(|| string(&container["channel_id"])).ok_or(Malformed("channel"))?;
        let thread = string(&container["thread_ts"]).or_else(|| string(&message["thread_ts"]));
        let ticket = string(&payload["trigger_id"]);
        let once = match (&ticket, string(&action["action_ts"])) {
            (Some(trigger), _) => format!("{NAME}/act/{trigger}"),
            (None, Some(ts)) => format!("{NAME}/act/{ts}/{}", account.id),
            (None, None) => return Err(Malformed("trigger_id")),
        };
        let replaces = action["action_id"].as_str().is_some_and(|id| id.starts_with(render::RUN_IN_PLACE));
        let way = Way { url: string(&payload["response_url"]), thread: thread.clone() };
        let handle = way.handle(self.now, replaces);
        let reply = Target::Only { channel: channel.clone(), account: account.id.clone(), handle };
        Ok(asked(Invocation { once, account, place: place(&channel, thread), line, reply, ticket }, Asked::Message))
    }

    fn typing(&self, payload: &Value) -> Outcome {
        let view = &payload["view"];
        let Some(carry) = carry(view) else { return Ok(Decoded::Unknown("suggestion outside our forms".to_owned())) };
        let typing = Typing {
            account: account(&payload["user"]["id"])?,
            command: carry.command,
            arg: string(&payload["block_id"]).ok_or(Malformed("block_id"))?,
            typed: words::unwrap(payload["value"].as_str().unwrap_or_default()),
            given: form::known(view),
        };
        Ok(Decoded::Delivery(Box::new(Delivery { event: Event::Typing(typing), asked: Asked::Picker })))
    }

    fn submitted(&self, payload: &Value) -> Outcome {
        let view = &payload["view"];
        if view["callback_id"] != form::CALLBACK {
            return Ok(Decoded::Unknown("submission of a form that is not ours".to_owned()));
        }
        let carry = carry(view).ok_or(Malformed("private_metadata"))?;
        let id = string(&view["id"]).ok_or(Malformed("view id"))?;
        let given = form::given(view);
        // Pressed again after "trouble connecting" it is the same submission; mended after an error it is another.
        let once = format!("{NAME}/view/{id}/{}/{}", view["hash"].as_str().unwrap_or_default(), digest(&given));
        let asked = Asked::Form { reply: carry.reply.clone(), view: view.clone() };
        let submission = Submission { once, account: account(&payload["user"]["id"])?, carry, given };
        Ok(Decoded::Delivery(Box::new(Delivery { event: Event::Submitted(submission), asked })))
    }
}

enum Said {
    Mentioned,
    Directly,
}

fn asked(invocation: Invocation, how: fn(Target) -> Asked) -> Decoded {
    let asked = how(invocation.reply.clone());
    Decoded::Delivery(Box::new(Delivery { event: Event::Asked(invocation), asked }))
}

fn reacted(event: &Value, me: Option<&str>) -> Outcome {
    let item = &event["item"];
    if item["type"] != "message" || event["user"].as_str() == me {
        return Ok(Decoded::Ignored);
    }
    let channel = string(&item["channel"]).ok_or(Malformed("channel"))?;
    let message = string(&item["ts"]).ok_or(Malformed("ts"))?;
    let event = Event::Nudged(MessageRef { platform: NAME.to_owned(), channel, message });
    Ok(Decoded::Delivery(Box::new(Delivery { event, asked: Asked::Nothing })))
}

fn account(id: &Value) -> Result<Account, Malformed> {
    let id = string(id).ok_or(Malformed("user"))?;
    Ok(Account { platform: NAME.to_owned(), id })
}

fn place(channel: &str, thread: Option<String>) -> Place {
    Place { platform: NAME.to_owned(), channel: channel.to_owned(), thread }
}

fn carry(view: &Value) -> Option<Carry> {
    serde_json::from_str(view["private_metadata"].as_str()?).ok()
}

/// A string with something in it.
fn string(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn digest(given: &Map<String, Value>) -> String {
    let mut sorted: Vec<_> = given.iter().collect();
    sorted.sort_by_key(|(arg, _)| *arg);
    let digest = ring::digest::digest(&ring::digest::SHA256, format!("{sorted:?}").as_bytes());
    digest.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
