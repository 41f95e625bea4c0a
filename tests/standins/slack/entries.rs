//! What a person enters in an element of a form or message, in the shape Slack gives it.

use serde_json::{Value, json};

use super::views::value_key;

/// The entry for `value` (text, an option's value, or a list of those) in `element`. `offered` are the options the bot
/// offered last, for external selects. The error is a sentence.
pub(super) fn entry(element: &Value, value: &Value, offered: &[Value]) -> Result<Value, String> {
    let kind = element["type"].as_str().unwrap_or_default();
    if kind == "overflow" {
        return Ok(json!({"type": kind, "selected_option": option(&options(element), value)?}));
    }
    let key = value_key(kind).ok_or_else(|| format!("nothing can be entered in a {kind}"))?;
    let all = if kind.contains("external") { offered.to_vec() } else { options(element) };
    let entered = match key {
        _ if value.is_null() => Value::Null,
        "selected_option" => option(&all, value)?,
        "selected_options" => {
            let chosen: Result<Vec<Value>, String> = list(value).iter().map(|one| option(&all, one)).collect();
            Value::Array(chosen?)
        }
        key if key.ends_with('s') => Value::Array(list(value)),
        "selected_date_time" => json!(value.as_i64().or_else(|| value.as_str()?.parse().ok())),
        _ => value.clone(),
    };
    let entered = if entered == "" { Value::Null } else { entered };
    Ok(json!({"type": kind, key: entered}))
}

/// What Slack's client says about an entry before it submits a form; `None` when all is well.
pub(super) fn complaint(block: &Value, entry: Option<&Value>) -> Option<String> {
    let element = &block["element"];
    let key = value_key(element["type"].as_str()?)?;
    let entered = entry.map(|entry| &entry[key]).filter(|value| !value.is_null() && **value != json!([]) && **value != json!(""));
    let Some(entered) = entered else {
        return (block["optional"] != true).then(|| "Please complete this required field.".into());
    };
    let text = entered.as_str().unwrap_or_default();
    let length = text.chars().count() as u64;
    if element["min_length"].as_u64().is_some_and(|shortest| length < shortest) {
        return Some(format!("Please enter at least {} characters.", element["min_length"]));
    }
    if element["max_length"].as_u64().is_some_and(|longest| length > longest) {
        return Some(format!("Please enter at most {} characters.", element["max_length"]));
    }
    match element["type"].as_str()? {
        "number_input" => number_complaint(element, text),
        "email_text_input" if !text.contains('@') => Some("Please enter a valid email address.".into()),
        "url_text_input" if url::Url::parse(text).is_err() => Some("Please enter a valid URL.".into()),
        _ => None,
    }
}

fn number_complaint(element: &Value, text: &str) -> Option<String> {
    let Ok(number) = text.parse::<f64>() else { return Some("Please enter a valid number.".into()) };
    if element["is_decimal_allowed"] != true && number.fract() != 0.0 {
        return Some("Please enter a whole number.".into());
    }
    let bound = |key: &str| element[key].as_str().and_then(|bound| bound.parse::<f64>().ok());
    if bound("min_value").is_some_and(|least| number < least) || bound("max_value").is_some_and(|most| number > most) {
        return Some("Please enter a number in the allowed range.".into());
    }
    None
}

/// All options of an element or of an answer with `options` or `option_groups`.
pub(super) fn options(of: &Value) -> Vec<Value> {
    let list = |of: &Value| of["options"].as_array().cloned().unwrap_or_default();
    let groups = of["option_groups"].as_array().into_iter().flatten();
    list(of).into_iter().chain(groups.flat_map(list)).collect()
}

/// Text of an option.
pub(super) fn option_text(option: &Value) -> &str {
    option["text"]["text"].as_str().unwrap_or_default()
}

fn option(options: &[Value], value: &Value) -> Result<Value, String> {
    options.iter().find(|option| option["value"] == *value).cloned().ok_or_else(|| {
        let texts: Vec<&str> = options.iter().map(option_text).collect();
        format!("{value} is not among the options {texts:?}")
    })
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}
