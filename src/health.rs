//! How a part of the bot is doing, as its health page says it.

use jiff::Timestamp;
use serde::Serialize;

/// How a part of the bot is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether it works as far as can be told.
    pub ok: bool,
    /// In words: "2 of 2 connections, last event 12 s ago".
    pub words: String,
}

/// How long ago something was, as health pages say it: `12 s`, `40 min`, `3 h`.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}
