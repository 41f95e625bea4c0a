//! A form → a modal view, and a view's state → what was given.

use commands::Choice;
use commands::message::Text;
use commands::registry::{Field, Form, Input};
use serde_json::{Map, Value, json};

use super::escape::{self, escape};
use super::limits::{self, cut};
use super::render::{plain_text, section};
use crate::platform::Carry;

/// The `callback_id` of our modals.
pub(super) const CALLBACK: &str = "command";
/// The `action_id` of every input; its block is named after the argument.
const VALUE: &str = "value";
/// Where a form's `private_metadata` keeps what was chosen so far.
const GIVEN: &str = "given";
/// Every change takes this argument, and nothing else does: submitting such a form plans, it does not run yet.
const REASON: &str = "reason";

/// The modal view of a form.
pub(super) fn view(form: &Form, carry: &Carry) -> Value {
    let about = (!form.about.is_empty()).then(|| section(&escape(&cut(&form.about, limits::SECTION / 5))));
    let inputs = form.fields.iter().filter(|field| limits::len(&field.id) <= limits::BLOCK_ID);
    let blocks: Vec<Value> = about.into_iter().chain(inputs.map(input)).take(limits::MODAL_BLOCKS).collect();
    let plans = form.fields.iter().any(|field| field.id == REASON);
    json!({
        "type": "modal",
        "callback_id": CALLBACK,
        "title": plain_text(&form.command, limits::TITLE),
        "submit": plain_text(if plans { "Plan it" } else { "Run" }, limits::TITLE),
        "close": plain_text("Cancel", limits::TITLE),
        "private_metadata": metadata(carry),
        "blocks": blocks,
    })
}

/// The carry as JSON; without the platform's own way to answer where it would not fit.
fn metadata(carry: &Carry) -> String {
    let whole = json!(carry).to_string();
    if limits::len(&whole) <= limits::METADATA {
        return whole;
    }
    let mut carry = carry.clone();
    if let crate::platform::Target::Only { handle, .. } = &mut carry.reply {
        *handle = None;
    }
    json!(carry).to_string()
}

fn input(field: &Field) -> Value {
    let mut element = match &field.input {
        Input::Choice(choices) if !choices.is_empty() => select(choices, field.value.as_deref()),
        Input::Line | Input::Choice(_) => line(field.value.as_deref()),
        Input::Pick => pick(field.value.as_deref()),
        Input::Tick => tick(&field.hint.replace('`', ""), field.value.as_deref()),
    };
    element["action_id"] = VALUE.into();
    let mut block = json!({
        "type": "input",
        "block_id": field.id,
        "label": plain_text(&field.label, limits::LABEL),
        "element": element,
        // Slack would insist on the tick.
        "optional": !field.required || field.input == Input::Tick,
    });
    if field.input == Input::Pick {
        // Other pickers depend on it; see `remembering`.
        block["dispatch_action"] = true.into();
    }
    // A hint has no markup, and what is ticked says itself what it is.
    let hint = field.hint.replace('`', "");
    if !hint.trim().is_empty() && field.input != Input::Tick {
        block["hint"] = plain_text(&hint, limits::LABEL);
    }
    block
}

fn line(value: Option<&str>) -> Value {
    let mut element = json!({ "type": "plain_text_input" });
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        element["initial_value"] = cut(value, limits::INPUT).into();
    }
    element
}

fn select(choices: &[Choice], value: Option<&str>) -> Value {
    let mut element = json!({ "type": "static_select", "options": options(choices) });
    let shown = choices.iter().take(limits::OPTIONS).find(|choice| Some(choice.value.as_str()) == value);
    if let Some(initial) = shown.and_then(option) {
        element["initial_option"] = initial;
    }
    element
}

fn pick(value: Option<&str>) -> Value {
    let mut element = json!({ "type": "external_select", "min_query_length": 0 });
    let value = value.filter(|value| !value.is_empty()).map(|value| Choice { value: value.into(), label: value.into() });
    if let Some(initial) = value.as_ref().and_then(option) {
        element["initial_option"] = initial;
    }
    element
}

fn tick(hint: &str, value: Option<&str>) -> Value {
    let words = if hint.trim().is_empty() { "Yes" } else { hint };
    let yes = json!({ "text": plain_text(words, limits::OPTION), "value": "true" });
    let mut element = json!({ "type": "checkboxes", "options": [yes] });
    if value == Some("true") {
        element["initial_options"] = json!([yes]);
    }
    element
}

/// Choices as options of a select. One whose value is too long for Slack is left out: cut, it would be another value.
pub(super) fn options(choices: &[Choice]) -> Vec<Value> {
    choices.iter().filter_map(option).take(limits::OPTIONS).collect()
}

fn option(choice: &Choice) -> Option<Value> {
    let fits = !choice.value.is_empty() && limits::len(&choice.value) <= limits::OPTION_VALUE;
    fits.then(|| json!({ "text": plain_text(&choice.label, limits::OPTION), "value": choice.value }))
}

/// The `views.update` by which a form takes note of what is chosen in it. Slack tells a picker's options request only what
/// the form held when it was opened or updated last, so what one picker depends on travels in the form itself
/// (github.com/slackapi/bolt-js/issues/1146). What people entered stays: no block changes.
pub(super) fn remembering(view: &Value) -> Value {
    let mut metadata: Value =
        view["private_metadata"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    metadata[GIVEN] = given(view).into();
    let mut body = Map::new();
    for key in ["type", "callback_id", "title", "submit", "close", "blocks"] {
        body.insert(key.to_owned(), view[key].clone());
    }
    let noted = metadata.to_string();
    let fits = limits::len(&noted) <= limits::METADATA;
    body.insert("private_metadata".to_owned(), if fits { noted.into() } else { view["private_metadata"].clone() });
    json!({ "view_id": view["id"], "hash": view["hash"], "view": body })
}

/// What a picker may know: what the form took note of, and what is filled in.
pub(super) fn known(view: &Value) -> Map<String, Value> {
    let noted: Value = view["private_metadata"].as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut known = noted[GIVEN].as_object().cloned().unwrap_or_default();
    for (arg, value) in given(view) {
        known.entry(arg).or_insert(value);
    }
    known
}

/// What is filled in: a view's `state.values`, where each block is an argument.
pub(super) fn given(view: &Value) -> Map<String, Value> {
    let mut given = Map::new();
    for (arg, actions) in view["state"]["values"].as_object().into_iter().flatten() {
        let Some(state) = actions.as_object().and_then(|actions| actions.values().next()) else { continue };
        let chosen = match state["type"].as_str() {
            Some("checkboxes") => state["selected_options"].as_array().filter(|ticked| !ticked.is_empty()).map(|_| true.into()),
            Some("multi_static_select" | "multi_external_select") => state["selected_options"].as_array().map(|options| {
                options.iter().map(|option| option["value"].clone()).filter(Value::is_string).collect::<Vec<_>>().into()
            }),
            _ => [&state["selected_option"]["value"], &state["value"]].into_iter().find(|value| value.is_string()).cloned(),
        };
        if let Some(value) = chosen {
            given.insert(arg.clone(), value);
        }
    }
    given
}

/// The acknowledgement that shows errors under the inputs of `view`. What concerns no input stands under the first.
pub(super) fn errors(view: &Value, wrong: &[(String, Text)]) -> Value {
    let inputs: Vec<&str> = view["blocks"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|block| block["type"] == "input")
        .filter_map(|block| block["block_id"].as_str())
        .collect();
    let mut errors: Map<String, Value> = Map::new();
    for (arg, words) in wrong {
        let under = inputs.iter().find(|input| *input == arg).or(inputs.first()).map_or(arg.as_str(), |input| *input);
        let said = errors.get(under).and_then(Value::as_str).map(|said| format!("{said} ")).unwrap_or_default();
        errors.insert(under.to_owned(), escape::plain(&format!("{said}{}", words.plain()), limits::ERROR).into());
    }
    json!({ "response_action": "errors", "errors": errors })
}
