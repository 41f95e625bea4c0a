//! What happened: calls of the bot, and everything it did that Discord would not have liked.

use jiff::Timestamp;
use serde_json::Value;

/// A call of REST.
#[derive(Debug, Clone)]
pub struct Call {
    /// The route's name, such as `POST /channels/{channel}/messages`.
    pub route: String,
    /// The path as it was called, after `/api/v10`.
    pub path: String,
    /// The JSON body, `payload_json` for one of several parts; null when there is none.
    pub body: Value,
    /// Names of the files that came with it.
    pub files: Vec<String>,
    /// HTTP status of the answer; 0 while there is none.
    pub status: u16,
    /// The code of the refusal, if it was one.
    pub error: Option<u32>,
    /// When, by the stand-in's clock.
    pub at: Timestamp,
}

#[derive(Default)]
pub(super) struct Journal {
    pub(super) calls: Vec<Call>,
    pub(super) violations: Vec<String>,
    /// Dispatches that came of what people did, oldest first.
    pub(super) delivered: Vec<Value>,
}
