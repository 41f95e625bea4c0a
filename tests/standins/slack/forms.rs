//! What a person sees of an open form.

use serde_json::Value;

use super::{
    entries,
    text::Reader,
    views::{self, View},
};

/// A form as it is on the screen at one moment.
#[derive(Debug, Clone)]
pub struct Form {
    id: String,
    /// Title line.
    pub title: String,
    /// Text of the submit button; empty when there is none.
    pub submit: String,
    /// Fields in order: input blocks, and selects and pickers in other blocks.
    pub fields: Vec<FormField>,
    /// `private_metadata`, which people do not see.
    pub private_metadata: String,
    /// `callback_id`, which people do not see.
    pub callback_id: String,
    plain: String,
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct FormField {
    /// Label; for elements outside input blocks their placeholder or the section's text.
    pub label: String,
    /// Hint below the field; empty when there is none.
    pub hint: String,
    /// Element type such as `external_select`.
    pub kind: String,
    /// Whether it may stay empty.
    pub optional: bool,
    /// What is entered now, as people read it; several options joined by `, `.
    pub value: String,
    /// Texts of the options, where they are part of the form.
    pub choices: Vec<String>,
    pub(super) block_id: String,
    pub(super) action_id: String,
    pub(super) options: Vec<Value>,
    entry: Value,
}

impl Form {
    pub(super) fn of(view: &View, reader: &Reader<'_>) -> Self {
        let text = |value: &Value| value["text"].as_str().unwrap_or_default().to_owned();
        let fields: Vec<FormField> = view
            .blocks()
            .iter()
            .flat_map(|block| views::elements(block).filter_map(|element| field(view, block, element, reader)))
            .collect();
        let mut lines = vec![text(&view.body["title"])];
        for block in view.blocks() {
            let own: Vec<&FormField> = fields.iter().filter(|field| block["block_id"] == field.block_id.as_str()).collect();
            if block["type"] != "input" {
                lines.push(reader.blocks(std::slice::from_ref(block)));
            }
            lines.extend(own.iter().map(|field| format!("{}: [{}]", field.label, field.value)));
        }
        Self {
            id: view.id.clone(),
            title: text(&view.body["title"]),
            submit: text(&view.body["submit"]),
            fields,
            private_metadata: view.body["private_metadata"].as_str().unwrap_or_default().into(),
            callback_id: view.body["callback_id"].as_str().unwrap_or_default().into(),
            plain: lines.join("\n"),
        }
    }

    /// View id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Title, blocks and fields with what is entered, a line each.
    #[must_use]
    pub fn plain(&self) -> String {
        self.plain.clone()
    }

    /// The field with this label.
    ///
    /// # Panics
    /// When the form has none; names those it has.
    #[must_use]
    pub fn field(&self, label: &str) -> &FormField {
        let labels: Vec<&str> = self.fields.iter().map(|field| field.label.as_str()).collect();
        let found = self.fields.iter().find(|field| field.label == label);
        found.unwrap_or_else(|| panic!("the form {:?} has no field {label:?}, only {labels:?}", self.title))
    }
}

impl FormField {
    pub(super) fn takes_many(&self) -> bool {
        self.kind.starts_with("multi_") || self.kind == "checkboxes"
    }

    pub(super) fn chosen_values(&self) -> Vec<Value> {
        let chosen = self.entry["selected_options"].as_array().into_iter().flatten();
        chosen.map(|option| option["value"].clone()).collect()
    }
}

fn field(view: &View, block: &Value, element: &Value, reader: &Reader<'_>) -> Option<FormField> {
    let kind = element["type"].as_str()?;
    let key = views::value_key(kind)?;
    let (block_id, action_id) = (block["block_id"].as_str()?, element["action_id"].as_str().unwrap_or_default());
    let entry = view.values.get(block_id).map(|actions| actions[action_id].clone()).unwrap_or_default();
    let text = |value: &Value| value["text"].as_str().map(str::to_owned);
    let outside = || text(&block["text"]).or_else(|| text(&element["placeholder"])).unwrap_or_default();
    let options = entries::options(element);
    Some(FormField {
        label: text(&block["label"]).unwrap_or_else(outside),
        hint: text(&block["hint"]).unwrap_or_default(),
        kind: kind.into(),
        optional: block["type"] != "input" || block["optional"] == true,
        value: shown(&entry[key], reader),
        choices: options.iter().map(|option| entries::option_text(option).to_owned()).collect(),
        block_id: block_id.into(),
        action_id: action_id.into(),
        options,
        entry,
    })
}

fn shown(entered: &Value, reader: &Reader<'_>) -> String {
    match entered {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(|one| shown(one, reader)).collect::<Vec<_>>().join(", "),
        Value::Object(_) => reader.object(&entered["text"]),
        other => other.to_string(),
    }
}
