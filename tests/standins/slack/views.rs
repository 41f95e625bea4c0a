//! Forms (modals) and App Homes: what is open for whom, and what was filled in.

use serde_json::{Map, Value, json};

use super::state::{APP_ID, BOT_ID, TEAM_ID};

/// A view that is open, with what the person has entered so far.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) id: String,
    pub(super) hash: String,
    pub(super) root: String,
    pub(super) previous: Option<String>,
    /// As the app sent it, block ids filled in.
    pub(super) body: Value,
    /// `state.values`: block id → action id → value of an element.
    pub(super) values: Map<String, Value>,
}

impl View {
    /// As interactions and answers carry it.
    pub(super) fn json(&self) -> Value {
        let body = &self.body;
        let text = |key: &str| body.get(key).cloned().unwrap_or(json!(""));
        json!({
            "id": self.id,
            "team_id": TEAM_ID,
            "type": body["type"],
            "blocks": body["blocks"],
            "private_metadata": text("private_metadata"),
            "callback_id": text("callback_id"),
            "external_id": text("external_id"),
            "state": {"values": self.values},
            "hash": self.hash,
            "title": body["title"],
            "submit": body["submit"],
            "close": body["close"],
            "clear_on_close": body["clear_on_close"].as_bool().unwrap_or(false),
            "notify_on_close": body["notify_on_close"].as_bool().unwrap_or(false),
            "root_view_id": self.root,
            "previous_view_id": self.previous,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
        })
    }

    pub(super) fn blocks(&self) -> &[Value] {
        self.body["blocks"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// Takes a new body, keeping what was entered in elements that are still there under the same ids.
    pub(super) fn replace(&mut self, body: Value, hash: String) {
        self.body = body;
        self.hash = hash;
        let mut values = initial_values(self.blocks());
        for (block, actions) in &mut values {
            let Some(actions) = actions.as_object_mut() else { continue };
            for (action, value) in actions {
                if let Some(entered) = self.values.get(block).and_then(|old| old.get(action))
                    && entered["type"] == value["type"]
                {
                    *value = entered.clone();
                }
            }
        }
        self.values = values;
    }

    pub(super) fn enter(&mut self, block: &str, action: &str, value: Value) {
        let actions = self.values.entry(block).or_insert_with(|| json!({}));
        actions[action] = value;
    }
}

/// `state.values` of blocks nobody has touched.
pub(super) fn initial_values(blocks: &[Value]) -> Map<String, Value> {
    let mut values = Map::new();
    for block in blocks {
        for element in elements(block) {
            let Some(state) = initial_state(element) else { continue };
            let (Some(block_id), Some(action_id)) = (block["block_id"].as_str(), element["action_id"].as_str()) else { continue };
            values.entry(block_id).or_insert_with(|| json!({}))[action_id] = state;
        }
    }
    values
}

/// The interactive elements of a block: its elements, its element or its accessory.
pub(super) fn elements(block: &Value) -> impl Iterator<Item = &Value> {
    let listed = if block["type"] == "actions" { block["elements"].as_array() } else { None };
    let single = [&block["element"], &block["accessory"]].into_iter().filter(|element| element.is_object());
    listed.into_iter().flatten().chain(single)
}

/// The element with these ids among the blocks.
pub(super) fn element<'a>(blocks: &'a [Value], block_id: &str, action_id: &str) -> Option<&'a Value> {
    let block = blocks.iter().find(|block| block["block_id"] == block_id)?;
    elements(block).find(|element| element["action_id"] == action_id)
}

/// The key under which an element's state carries what was chosen. `None` for elements without state (buttons, menus).
pub(super) fn value_key(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" => "value",
        "static_select" | "external_select" | "radio_buttons" => "selected_option",
        "multi_static_select" | "multi_external_select" | "checkboxes" => "selected_options",
        "users_select" => "selected_user",
        "multi_users_select" => "selected_users",
        "channels_select" => "selected_channel",
        "multi_channels_select" => "selected_channels",
        "conversations_select" => "selected_conversation",
        "multi_conversations_select" => "selected_conversations",
        "datepicker" => "selected_date",
        "timepicker" => "selected_time",
        "datetimepicker" => "selected_date_time",
        "rich_text_input" => "rich_text_value",
        _ => return None,
    })
}

fn initial_state(element: &Value) -> Option<Value> {
    let kind = element["type"].as_str()?;
    let key = value_key(kind)?;
    let initial = match key {
        "value" | "rich_text_value" => "initial_value".to_owned(),
        key => key.replace("selected_", "initial_"),
    };
    let nothing = if key.ends_with('s') { json!([]) } else { Value::Null };
    Some(json!({"type": kind, key: element.get(&initial).cloned().unwrap_or(nothing)}))
}
