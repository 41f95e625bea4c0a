//! Block Kit's limits.

use serde_json::Value;

pub(super) fn check_message(_blocks: &[Value], _attachments: &[Value]) -> Vec<String> {
    Vec::new()
}

pub(super) fn check_view(_view: &Value) -> Vec<String> {
    Vec::new()
}

pub(super) fn check_suggestions(_answer: &Value) -> Vec<String> {
    Vec::new()
}
