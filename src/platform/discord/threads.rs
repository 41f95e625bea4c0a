//! Threads: the thread of a message has that message's id, and is made when something is first said in it.

use axum::http::Method;
use commands::message::Message;
use serde_json::{Value, json};

use super::Discord;
use super::api::{Fault, codes};
use super::escape::APART;
use super::limits::{self, cut};
use super::marker::is_marker;
use super::posting::messages;

/// Minutes without a word after which a thread is put away: a week, the longest there is.
const QUIET: u64 = 10_080;

impl Discord {
    /// Posts into the thread of the message `above`, which is made where there is none. Where there can be none, as in direct
    /// messages and within threads, it is a reply.
    pub(super) async fn post_under(&self, channel: &str, above: &str, body: Value, message: &Message) -> Result<Value, Fault> {
        match self.send(Method::POST, &messages(above), body.clone(), message).await {
            Err(fault) if fault.is(&[codes::NO_CHANNEL]) => {}
            Err(fault) if fault.is(&[codes::LOCKED]) => return self.reply(channel, above, body, message).await,
            other => return other,
        }
        match self.open_thread(channel, above).await {
            Ok(()) => match self.send(Method::POST, &messages(above), body.clone(), message).await {
                // It had one that is gone, or that the bot can't see.
                Err(fault) if fault.is(&[codes::NO_CHANNEL]) => self.reply(channel, above, body, message).await,
                other => other,
            },
            Err(fault) if fault.lasts() => {
                tracing::debug!(%fault, "no thread is to be had here");
                self.reply(channel, above, body, message).await
            }
            Err(fault) => Err(fault),
        }
    }

    async fn open_thread(&self, channel: &str, above: &str) -> Result<(), Fault> {
        let at = format!("{}/{above}", messages(channel));
        let card = self.api.call(Method::GET, &at, None).await?;
        let body = json!({ "name": name(&card), "auto_archive_duration": QUIET });
        match self.api.call(Method::POST, &format!("{at}/threads"), Some(&body)).await {
            Err(fault) if !fault.is(&[codes::HAS_THREAD]) => Err(fault),
            _ => Ok(()),
        }
    }

    async fn reply(&self, channel: &str, above: &str, mut body: Value, message: &Message) -> Result<Value, Fault> {
        body["message_reference"] = json!({ "message_id": above, "fail_if_not_exists": false });
        self.send(Method::POST, &messages(channel), body, message).await
    }
}

/// What the thread of a message is called: the first of its words.
fn name(card: &Value) -> String {
    let words = |text: &str| {
        let shown = text.lines().map(bare).find(|line| !line.is_empty());
        shown.map(|line| cut(&line, limits::THREAD))
    };
    let content = card["content"].as_str().and_then(words);
    content.or_else(|| card["embeds"][0]["description"].as_str().and_then(words)).unwrap_or_else(|| "Details".to_owned())
}

/// A line of our Markdown without its marks.
fn bare(line: &str) -> String {
    let line = line.trim_start_matches("## ").trim_start_matches("-# ");
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            '*' | '`' | APART => {}
            hidden if is_marker(hidden) => {}
            other => plain.push(other),
        }
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_called_as_its_card_begins() {
        let of = |content: &str| name(&json!({ "content": content, "embeds": [] }));
        assert_eq!(of("## CHG-7: upgrade my\\_db\u{200b}\nmysql"), "CHG-7: upgrade my_db");
        assert_eq!(of("**Grant** `Admin`\u{2061}\u{2062}"), "Grant Admin");
        assert_eq!(of("\u{2061}"), "Details");
        assert_eq!(limits::len(&of(&"x".repeat(300))), 100);
    }
}
