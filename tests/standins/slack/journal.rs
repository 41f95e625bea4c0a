//! What happened: calls of the bot, its acknowledgements, and everything it did that Slack would not have liked.

use std::{collections::HashMap, time::Instant};

use jiff::Timestamp;
use serde_json::Value;

use super::delivery::{Envelope, Undelivered};

/// Whose token a call carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The bot's (`xoxb-…`).
    Bot,
    /// The app-level one (`xapp-…`).
    App,
    /// None, or one that is not known.
    Unknown,
}

/// A call of the Web API or of a `response_url`.
#[derive(Debug, Clone)]
pub struct Call {
    /// Method name such as `chat.postMessage`; `response_url` for those.
    pub method: String,
    /// Whose token it carried.
    pub token: TokenKind,
    /// Arguments; a form's fields as strings.
    pub body: Value,
    /// The error the call was answered with, if any.
    pub error: Option<String>,
    /// When, by the stand-in's clock.
    pub at: Timestamp,
}

/// An acknowledgement of the bot.
#[derive(Debug, Clone)]
pub struct Ack {
    /// The envelope it is for; over HTTP the stand-in's own id of the request.
    pub envelope_id: String,
    /// What was acknowledged: `slash_commands`, `interactive` or `events_api`.
    pub kind: String,
    /// What came with it.
    pub payload: Option<Value>,
    /// Real time from delivery to acknowledgement.
    pub after: std::time::Duration,
}

/// The most messages that came into one channel within one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusiestSecond {
    /// By the stand-in's clock.
    pub clock: usize,
    /// In real time.
    pub real: usize,
}

#[derive(Default)]
pub(super) struct Journal {
    pub(super) calls: Vec<Call>,
    pub(super) acks: Vec<Ack>,
    pub(super) violations: Vec<String>,
    pub(super) delivered: Vec<Envelope>,
    pub(super) undelivered: Vec<Undelivered>,
    posts: HashMap<String, Vec<(Timestamp, Instant)>>,
}

impl Journal {
    /// Notes a message into `channel`.
    pub(super) fn posted(&mut self, channel: &str, now: Timestamp) {
        self.posts.entry(channel.into()).or_default().push((now, Instant::now()));
    }

    /// When the last message into `channel` came, by the stand-in's clock.
    pub(super) fn last_post(&self, channel: &str) -> Option<Timestamp> {
        self.posts.get(channel)?.last().map(|(at, _)| *at)
    }

    pub(super) fn busiest_second(&self, channel: &str) -> BusiestSecond {
        let posts = self.posts.get(channel).map(Vec::as_slice).unwrap_or_default();
        let busiest = |within: &dyn Fn(usize, usize) -> bool| {
            (0..posts.len()).map(|first| (first..posts.len()).filter(|last| within(first, *last)).count()).max().unwrap_or(0)
        };
        BusiestSecond {
            clock: busiest(&|first, last| posts[first].0.duration_until(posts[last].0).as_millis() < 1_000),
            real: busiest(&|first, last| (posts[last].1 - posts[first].1).as_millis() < 1_000),
        }
    }
}
