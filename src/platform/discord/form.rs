//! A form → a modal, and a submitted modal → what was given.
//!
//! A modal has five inputs, and nothing else to carry what it is about but its ids of a hundred letters each. So the ids hold
//! what was given already and is not asked for: the modal's own id begins it, those of its inputs go on. Discord knows selects
//! in modals too; serenity 0.12.5 reads nothing but text out of one that was submitted.

use commands::registry::{Field, Form, Input};
use serde_json::{Map, Value, json};

use super::limits::{self, cut};

/// What the ids of our modals begin with.
const MARK: &str = "form:";
/// Ends the name in an id.
const END: char = '|';
/// Types of components and styles of text inputs (discord.com/developers/docs "Component Reference").
const ROW: u8 = 1;
const TEXT_INPUT: u8 = 4;
const SHORT: u8 = 1;
const PARAGRAPH: u8 = 2;

/// A submitted modal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filled {
    /// The command's name.
    pub(super) command: String,
    /// Its arguments by name.
    pub(super) given: Map<String, Value>,
}

/// The modal of a form; none where it needs more than a modal can hold.
pub(super) fn modal(form: &Form) -> Option<Value> {
    let (asked, known) = shared_out(form)?;
    let mut rest = serde_json::to_string(&known).ok().filter(|_| !known.is_empty()).unwrap_or_default();
    let id = with_room(&format!("{MARK}{}", form.command), &mut rest)?;
    let style = if asked.len() == 1 { PARAGRAPH } else { SHORT };
    let mut rows = Vec::new();
    for field in asked {
        let input = input(field, &with_room(&field.id, &mut rest)?, style);
        rows.push(json!({ "type": ROW, "components": [input] }));
    }
    (rest.is_empty() && !rows.is_empty())
        .then(|| json!({ "custom_id": id, "title": cut(&form.command, limits::TITLE), "components": rows }))
}

/// Out of a modal's id and the ids and values of its inputs; none where it is not one of ours.
pub(super) fn filled(id: &str, inputs: &[(String, String)]) -> Option<Filled> {
    let (command, first) = id.strip_prefix(MARK)?.split_once(END)?;
    let parts: Vec<(&str, &str, &str)> =
        inputs.iter().filter_map(|(id, value)| id.split_once(END).map(|(arg, part)| (arg, part, value.as_str()))).collect();
    let known: String = std::iter::once(first).chain(parts.iter().map(|(_, part, _)| *part)).collect();
    let mut given: Map<String, Value> = if known.is_empty() { Map::new() } else { serde_json::from_str(&known).ok()? };
    for (arg, _, value) in parts {
        if !value.trim().is_empty() {
            given.insert(arg.to_owned(), value.into());
        }
    }
    Some(Filled { command: command.to_owned(), given })
}

/// The fields to ask for, those that are needed and missing first; and what is known and not asked for.
fn shared_out(form: &Form) -> Option<(Vec<&Field>, Map<String, Value>)> {
    let rank = |field: &Field| match (field.required, &field.value) {
        (true, None) => 0,
        (true, Some(_)) => 1,
        (false, Some(_)) => 2,
        (false, None) => 3,
    };
    let needed = form.fields.iter().filter(|field| rank(field) == 0).count();
    if needed > limits::INPUTS {
        return None;
    }
    let mut fields: Vec<&Field> = form.fields.iter().filter(|field| field.input != Input::Tick).collect();
    fields.sort_by_key(|field| rank(field));
    fields.truncate(limits::INPUTS);
    let hidden = form.fields.iter().filter(|field| !fields.iter().any(|shown| shown.id == field.id));
    let told = hidden.filter_map(|field| {
        let value = field.value.as_ref()?;
        Some((field.id.clone(), if field.input == Input::Tick { true.into() } else { value.as_str().into() }))
    });
    let known: Map<String, Value> = told.collect();
    Some((fields, known))
}

/// A name with as much of `rest` behind it as an id has room for.
fn with_room(name: &str, rest: &mut String) -> Option<String> {
    let room = limits::CUSTOM_ID.checked_sub(limits::len(name) + END.len_utf8())?;
    let mut taken = 0;
    let end = rest.char_indices().find(|(_, letter)| {
        taken += letter.len_utf16();
        taken > room
    });
    let behind = rest.split_off(end.map_or(rest.len(), |(at, _)| at));
    let here = std::mem::replace(rest, behind);
    Some(format!("{name}{END}{here}"))
}

fn input(field: &Field, id: &str, style: u8) -> Value {
    let hint = match &field.input {
        Input::Choice(choices) => {
            let names: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            format!("One of: {}", names.join(", "))
        }
        Input::Line | Input::Pick | Input::Tick => field.hint.replace('`', ""),
    };
    let mut input = json!({
        "type": TEXT_INPUT,
        "custom_id": id,
        "label": cut(&field.label, limits::INPUT_LABEL),
        "style": style,
        "required": field.required,
        "max_length": limits::INPUT,
    });
    if !hint.trim().is_empty() {
        input["placeholder"] = cut(hint.trim(), limits::PLACEHOLDER).into();
    }
    if let Some(value) = field.value.as_ref().filter(|value| !value.is_empty()) {
        input["value"] = cut(value, limits::INPUT).into();
    }
    input
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(command: &str, given: &Value) -> Form {
        let entry = commands::ALL.iter().find(|entry| entry.name() == command).unwrap();
        entry.form(given.as_object().unwrap())
    }

    /// What comes back when somebody fills in every empty field with `x`.
    fn submitted(modal: &Value) -> Filled {
        let rows = modal["components"].as_array().unwrap().iter().map(|row| &row["components"][0]);
        let inputs: Vec<_> = rows
            .map(|input| (input["custom_id"].as_str().unwrap().to_owned(), input["value"].as_str().unwrap_or("x").to_owned()))
            .collect();
        filled(modal["custom_id"].as_str().unwrap(), &inputs).unwrap()
    }

    #[test]
    fn a_form_asks_for_what_is_missing_first_and_carries_the_rest() {
        let given = json!({ "id": "orders", "at": "sat 02:00", "emergency": true });
        let modal = modal(&form("rds upgrade", &given)).unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(&modal["components"][0]).unwrap(), @r#"
        {
          "type": 1,
          "components": [
            {
              "type": 4,
              "custom_id": "to|",
              "label": "Version to upgrade to",
              "style": 1,
              "required": true,
              "max_length": 4000,
              "placeholder": "rds targets shows which"
            }
          ]
        }
        "#);
        let filled = submitted(&modal);
        assert_eq!(filled.command, "rds upgrade");
        assert_eq!((&filled.given["id"], &filled.given["to"]), (&json!("orders"), &json!("x")));
        assert_eq!(filled.given["emergency"], true);
    }

    proptest! {
        #[test]
        fn any_form_keeps_within_discords_limits_or_is_none(at in 0..commands::ALL.len(), words in ".{0,300}") {
            let entry = commands::ALL[at];
            let mut given = Map::new();
            for field in entry.form(&Map::new()).fields.iter().step_by(2) {
                given.insert(field.id.clone(), if field.input == Input::Tick { true.into() } else { words.as_str().into() });
            }
            let Some(modal) = modal(&entry.form(&given)) else { return Ok(()) };
            let rows = modal["components"].as_array().unwrap();
            prop_assert!((1..=5).contains(&rows.len()));
            prop_assert!(limits::len(modal["custom_id"].as_str().unwrap()) <= 100);
            prop_assert!((1..=45).contains(&limits::len(modal["title"].as_str().unwrap())));
            for row in rows {
                let input = &row["components"][0];
                prop_assert!(limits::len(input["custom_id"].as_str().unwrap()) <= 100);
                prop_assert!((1..=45).contains(&limits::len(input["label"].as_str().unwrap())));
                prop_assert!(limits::len(input["placeholder"].as_str().unwrap_or_default()) <= 100);
            }
            let back = submitted(&modal);
            for (arg, value) in given.iter().filter(|(_, value)| value.as_str().is_none_or(|text| !text.trim().is_empty())) {
                prop_assert_eq!(back.given.get(arg), Some(value));
            }
        }
    }
}
