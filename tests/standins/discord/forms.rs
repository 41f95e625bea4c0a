//! What a person sees of an open form.

use serde_json::{Value, json};

use super::{delivery::FieldError, interactions::Interaction};

/// A form on somebody's screen, as the bot sent it, and what was entered.
pub(super) struct OpenForm {
    custom_id: String,
    title: String,
    inputs: Vec<Value>,
    entered: Vec<String>,
    pub(super) channel: String,
    pub(super) message: Option<String>,
}

impl OpenForm {
    pub(super) fn new(data: &Value, interaction: &Interaction) -> Self {
        let rows = data["components"].as_array().into_iter().flatten();
        let inputs: Vec<Value> = rows.map(|row| row["components"][0].clone()).collect();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            custom_id: text(&data["custom_id"]),
            title: text(&data["title"]),
            entered: inputs.iter().map(|input| text(&input["value"])).collect(),
            inputs,
            channel: interaction.channel.clone(),
            message: interaction.message.clone(),
        }
    }

    /// Enters a value into the field with this label.
    pub(super) fn enter(&mut self, label: &str, value: &str) -> Result<(), String> {
        let at = self.inputs.iter().position(|input| input["label"] == label);
        let at = at.ok_or_else(|| format!("the form {:?} has no such field", self.title))?;
        let most = self.inputs[at]["max_length"].as_u64().unwrap_or(4_000);
        if value.chars().count() as u64 > most {
            return Err(format!("the field takes {most} letters"));
        }
        if self.inputs[at]["style"] == 1 && value.contains('\n') {
            return Err("the field takes one line".into());
        }
        self.entered[at] = value.into();
        Ok(())
    }

    /// What the client itself finds wrong.
    pub(super) fn complaints(&self) -> Vec<FieldError> {
        let wrong = self.inputs.iter().zip(&self.entered).filter_map(|(input, value)| {
            let label = input["label"].as_str().unwrap_or_default().to_owned();
            let least = input["min_length"].as_u64().unwrap_or(0);
            let text = if value.is_empty() && input["required"] != false {
                "This field is required".to_owned()
            } else if !value.is_empty() && (value.chars().count() as u64) < least {
                format!("Must be at least {least} characters.")
            } else {
                return None;
            };
            Some(FieldError { label, text })
        });
        wrong.collect()
    }

    /// The `data` of its submission.
    pub(super) fn data(&self) -> Value {
        let rows = self.inputs.iter().zip(&self.entered).enumerate().map(|(at, (input, value))| {
            let input = json!({"type": 4, "id": 2 * at + 2, "custom_id": input["custom_id"], "value": value});
            json!({"type": 1, "id": 2 * at + 1, "components": [input]})
        });
        json!({"custom_id": self.custom_id, "components": rows.collect::<Vec<_>>()})
    }

    pub(super) fn shown(&self) -> Form {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let fields = self.inputs.iter().zip(&self.entered).map(|(input, value)| FormField {
            label: text(&input["label"]),
            placeholder: text(&input["placeholder"]),
            lines: if input["style"] == 1 { Lines::One } else { Lines::Many },
            optional: input["required"] == false,
            value: value.clone(),
        });
        Form { title: self.title.clone(), custom_id: self.custom_id.clone(), fields: fields.collect() }
    }
}

/// A form as it is on the screen at one moment.
#[derive(Debug, Clone)]
pub struct Form {
    /// Title line.
    pub title: String,
    /// `custom_id`, which people do not see.
    pub custom_id: String,
    /// Fields in order.
    pub fields: Vec<FormField>,
}

/// How much a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One line.
    One,
    /// A paragraph.
    Many,
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct FormField {
    /// Label.
    pub label: String,
    /// Grey words while nothing is entered.
    pub placeholder: String,
    /// How much it takes.
    pub lines: Lines,
    /// Whether it may stay empty.
    pub optional: bool,
    /// What is entered now.
    pub value: String,
}

impl Form {
    /// Title and fields with what is entered, a line each.
    #[must_use]
    pub fn plain(&self) -> String {
        let fields = self.fields.iter().map(|field| format!("{}: [{}]", field.label, field.value));
        std::iter::once(self.title.clone()).chain(fields).collect::<Vec<_>>().join("\n")
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
