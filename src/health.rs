//! How a part of the bot is doing, as its health page says it.

use serde::Serialize;

/// How a part of the bot is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Whether it works as far as can be told.
    pub ok: bool,
    /// In words: "2 of 2 connections, last event 12 s ago".
    pub words: String,
}
