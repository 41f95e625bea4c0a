//! What the call log tells of one call.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

/// One call to AWS, as it arrived and as it was answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Call {
    /// Its place in the log, from 1.
    pub seq: u64,
    /// When it arrived, by the world's clock.
    pub time: Timestamp,
    /// The service as botocore names it, such as `rds` or `sso-admin`.
    pub service: String,
    /// The operation, such as `ModifyDBInstance`.
    pub operation: String,
    /// The account of the session that called.
    pub account: String,
    /// The region it was signed for.
    pub region: String,
    /// The name of the assumed role; empty for the bot's own user.
    pub role: String,
    /// The name of the role session; empty for the bot's own user.
    pub session: String,
    /// The tags of the role session.
    pub tags: BTreeMap<String, String>,
    /// The members of the request by their names in AWS's model; times as RFC 3339 text.
    pub params: serde_json::Value,
    /// Whether the operation changes anything, going by its name (`AssumeRole` and taking messages from a queue do not count).
    pub write: bool,
    /// The HTTP status; 0 if the line was cut.
    pub status: u16,
    /// The error code, or the fault that cut the line.
    pub error: Option<String>,
    /// Whether AWS carried it out (also when the answer was cut off afterwards).
    pub acted: bool,
    /// The request id of the answer.
    pub request_id: String,
}

impl Call {
    /// A text argument of the call, if it has one of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params[name].as_str()
    }
}
