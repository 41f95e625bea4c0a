//! Interactive elements: buttons, selects, pickers, inputs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    objects::{self, BOXES, OVERFLOW, OptionRules, SELECT, TextKind},
    report::{Need, Report},
};

/// What an element stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// An actions block.
    Actions,
    /// A section's side.
    Accessory,
    /// An input block.
    Input,
}

/// The elements of one block: each right, their action ids unique.
pub(super) fn check_all(report: &mut Report, at: &str, elements: &[Value], place: Where) {
    let mut ids = BTreeSet::new();
    for (index, element) in elements.iter().enumerate() {
        let at = format!("{at}/{index}");
        check(report, &at, element, place);
        if let Some(id) = element["action_id"].as_str()
            && !ids.insert(id)
        {
            report.say(&at, format!("action_id \"{id}\" already exists"));
        }
    }
}

/// One element.
pub(super) fn check(report: &mut Report, at: &str, element: &Value, place: Where) {
    let kind = element["type"].as_str().unwrap_or_default();
    if !allowed(kind, place) {
        return report.say(at, format!("unsupported element type here: {kind}"));
    }
    if kind == "image" {
        report.string(element, at, "image_url", 3_000, Need::Required);
        report.string(element, at, "alt_text", 2_000, Need::Required);
        return report.keys(element, at, &["type", "image_url", "slack_file", "alt_text"]);
    }
    report.string(element, at, "action_id", 255, Need::Optional);
    if kind != "button" {
        objects::optional_text(report, &element["placeholder"], &format!("{at}/placeholder"), TextKind::Plain, 150);
    }
    objects::confirm(report, &element["confirm"], &format!("{at}/confirm"));
    let own = own_keys(report, at, element, kind);
    report.keys(element, at, &[own, &["type", "action_id"]].concat());
}

fn allowed(kind: &str, place: Where) -> bool {
    let kind = kind.strip_prefix("multi_").filter(|kind| kind.ends_with("_select")).unwrap_or(kind);
    match kind {
        "static_select" | "external_select" | "users_select" | "conversations_select" | "channels_select" => true,
        "checkboxes" | "radio_buttons" | "datepicker" | "timepicker" => true,
        "datetimepicker" => place != Where::Accessory,
        "button" | "overflow" => place != Where::Input,
        "image" => place == Where::Accessory,
        "plain_text_input" | "number_input" | "email_text_input" | "url_text_input" | "rich_text_input" => place == Where::Input,
        _ => false,
    }
}

/// Checks what is special to a kind; returns its keys besides `type` and `action_id`.
fn own_keys(report: &mut Report, at: &str, element: &Value, kind: &str) -> &'static [&'static str] {
    match kind {
        "button" => {
            objects::text(report, &element["text"], &format!("{at}/text"), TextKind::Plain, 75);
            report.string(element, at, "url", 3_000, Need::Optional);
            report.string(element, at, "value", 2_000, Need::Optional);
            report.string(element, at, "accessibility_label", 75, Need::Optional);
            objects::style(report, element, at);
            &["text", "url", "value", "style", "confirm", "accessibility_label"]
        }
        "static_select" | "multi_static_select" => {
            if element["options"].is_array() == element["option_groups"].is_array() {
                report.say(at, "either options or option_groups");
            }
            with_options(report, at, element, SELECT);
            &[
                "placeholder",
                "options",
                "option_groups",
                "initial_option",
                "initial_options",
                "confirm",
                "max_selected_items",
                "focus_on_load",
            ]
        }
        "external_select" | "multi_external_select" => {
            initial(report, at, element, SELECT);
            &[
                "placeholder",
                "initial_option",
                "initial_options",
                "min_query_length",
                "confirm",
                "max_selected_items",
                "focus_on_load",
            ]
        }
        "checkboxes" => {
            with_options(report, at, element, BOXES);
            &["options", "initial_options", "confirm", "focus_on_load"]
        }
        "radio_buttons" => {
            with_options(report, at, element, BOXES);
            &["options", "initial_option", "confirm", "focus_on_load"]
        }
        "overflow" => {
            with_options(report, at, element, OVERFLOW);
            &["options", "confirm"]
        }
        "datepicker" => {
            shaped(report, at, element, "initial_date", "0000-00-00");
            &["placeholder", "initial_date", "confirm", "focus_on_load"]
        }
        "timepicker" => {
            shaped(report, at, element, "initial_time", "00:00");
            &["placeholder", "initial_time", "confirm", "focus_on_load", "timezone"]
        }
        "datetimepicker" => {
            if !element["initial_date_time"].is_null() && !element["initial_date_time"].is_i64() {
                report.say(&format!("{at}/initial_date_time"), "must be seconds since 1970");
            }
            &["initial_date_time", "confirm", "focus_on_load"]
        }
        "plain_text_input" => {
            lengths(report, at, element);
            &["placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load"]
        }
        "number_input" => {
            if !element["is_decimal_allowed"].is_boolean() {
                report.say(at, "missing required field: is_decimal_allowed");
            }
            for key in ["initial_value", "min_value", "max_value"] {
                report.string(element, at, key, 255, Need::Optional);
            }
            &[
                "placeholder",
                "is_decimal_allowed",
                "initial_value",
                "min_value",
                "max_value",
                "dispatch_action_config",
                "focus_on_load",
            ]
        }
        "email_text_input" | "url_text_input" | "rich_text_input" => {
            &["placeholder", "initial_value", "dispatch_action_config", "focus_on_load"]
        }
        _ => &[
            "placeholder",
            "initial_user",
            "initial_users",
            "initial_channel",
            "initial_channels",
            "initial_conversation",
            "initial_conversations",
            "default_to_current_conversation",
            "response_url_enabled",
            "filter",
            "confirm",
            "max_selected_items",
            "focus_on_load",
        ],
    }
}

fn with_options(report: &mut Report, at: &str, element: &Value, rules: OptionRules) {
    if element["option_groups"].is_null() {
        report.list(element, at, "options", 1, rules.most);
    }
    objects::options_of(report, element, at, rules);
    initial(report, at, element, rules);
    let listed = crate::slack::entries::options(element);
    let chosen = element["initial_options"].as_array().into_iter().flatten().chain(Some(&element["initial_option"]));
    for option in chosen.filter(|option| option.is_object()) {
        if !listed.contains(option) {
            report.say(at, "initial option is not among the options");
        }
    }
}

fn initial(report: &mut Report, at: &str, element: &Value, rules: OptionRules) {
    if !element["initial_option"].is_null() {
        objects::option(report, &element["initial_option"], &format!("{at}/initial_option"), rules);
    }
    if !element["initial_options"].is_null() {
        let options = report.list(element, at, "initial_options", 1, rules.most);
        for (index, option) in options.iter().enumerate() {
            objects::option(report, option, &format!("{at}/initial_options/{index}"), rules);
        }
    }
}

/// A string with digits where `shape` has zeros.
fn shaped(report: &mut Report, at: &str, element: &Value, key: &str, shape: &str) {
    let Some(value) = element.get(key) else { return };
    let text = value.as_str().unwrap_or_default();
    let digits: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if digits != shape {
        report.say(&format!("{at}/{key}"), format!("must look like {shape}"));
    }
}

fn lengths(report: &mut Report, at: &str, element: &Value) {
    report.string(element, at, "initial_value", 3_000, Need::EmptyToo);
    for (key, least) in [("min_length", 0), ("max_length", 1)] {
        if let Some(length) = element.get(key)
            && !length.as_u64().is_some_and(|length| (least..=3_000).contains(&length))
        {
            report.say(&format!("{at}/{key}"), format!("must be between {least} and 3000"));
        }
    }
}
