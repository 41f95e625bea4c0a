//! Refusals in Discord's words: `{code, message, errors}` (API reference "JSON Error Codes").

use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone)]
pub(super) struct ApiError {
    pub(super) status: u16,
    pub(super) code: u32,
    message: String,
    errors: Option<Value>,
    /// Whether even a correct bot can meet it this time.
    excused: bool,
}

impl ApiError {
    /// The refusal with this code, in Discord's words for it.
    pub(super) fn of(code: u32) -> Self {
        let (status, message) = match code {
            0 => (404, "404: Not Found"),
            10003 => (404, "Unknown Channel"),
            10004 => (404, "Unknown Guild"),
            10007 => (404, "Unknown Member"),
            10008 => (404, "Unknown Message"),
            10011 => (404, "Unknown Role"),
            10013 => (404, "Unknown User"),
            10014 => (400, "Unknown Emoji"),
            10015 => (404, "Unknown Webhook"),
            10062 => (404, "Unknown interaction"),
            20012 => (403, "You are not authorized to perform this action on this application"),
            40001 => (401, "401: Unauthorized"),
            40060 => (400, "Interaction has already been acknowledged."),
            50001 => (403, "Missing Access"),
            50005 => (403, "Cannot edit a message authored by another user"),
            50006 => (400, "Cannot send an empty message"),
            50007 => (403, "Cannot send messages to this user"),
            50013 => (403, "Missing Permissions"),
            50024 => (400, "Cannot execute action on this channel type"),
            50027 => (401, "Invalid Webhook Token"),
            50035 => (400, "Invalid Form Body"),
            50109 => (400, "The request body contains invalid JSON."),
            160_004 => (400, "A thread has already been created for this message"),
            _ => (400, "General error"),
        };
        Self { status, code, message: message.into(), errors: None, excused: false }
    }

    /// 50035 with what is wrong where.
    pub(super) fn invalid(errors: Value) -> Self {
        Self { errors: Some(errors), ..Self::of(50035) }
    }

    /// 50035 about one member of the body or the query.
    pub(super) fn wrong(field: &str, code: &str, message: &str) -> Self {
        Self::invalid(json!({field: {"_errors": [{"code": code, "message": message}]}}))
    }

    /// One that even a correct bot can meet, where this holds.
    pub(super) fn excused_if(self, excused: bool) -> Self {
        Self { excused, ..self }
    }

    /// Whether a correct bot never meets this refusal, so that it counts as a violation.
    pub(super) fn is_the_bots_mistake(&self) -> bool {
        const STATES_OF_THE_WORLD: [u32; 15] =
            [10003, 10004, 10007, 10008, 10011, 10013, 10014, 10015, 10062, 50001, 50007, 50013, 50027, 160_004, 50024];
        !self.excused && !STATES_OF_THE_WORLD.contains(&self.code)
    }

    /// The body.
    pub(super) fn body(&self) -> Value {
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        body
    }
}
