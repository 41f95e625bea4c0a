//! Rows of buttons and selects (API reference "Component Reference", the kinds of before Components V2).

use std::collections::HashSet;

use serde_json::Value;

use super::report::Report;

pub(super) fn check(report: &mut Report, body: &Value) {
    let rows = report.list(body, "", "components", 0, 5);
    let mut ids = HashSet::new();
    for (number, row) in rows.iter().enumerate() {
        let at = format!("components/{number}");
        report.keys(row, &at, &["type", "id", "components"]);
        if row["type"] != 1 {
            report.say(&format!("{at}/type"), "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).");
            continue;
        }
        let elements = report.list(row, &at, "components", 1, 5);
        for (number, element) in elements.iter().enumerate() {
            let at = format!("{at}/components/{number}");
            match element["type"].as_u64() {
                Some(2) => button(report, element, &at),
                Some(3 | 5..=8) => {
                    select(report, element, &at);
                    if elements.len() > 1 {
                        report.say(&at, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width");
                    }
                }
                _ => report.say(&format!("{at}/type"), "UNION_TYPE_CHOICES", "Value must be one of (2, 3, 5, 6, 7, 8)."),
            }
            if let Some(id) = element["custom_id"].as_str()
                && !ids.insert(id)
            {
                let message = "Component custom id cannot be duplicated";
                report.say(&format!("{at}/custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message);
            }
        }
    }
}

fn button(report: &mut Report, button: &Value, at: &str) {
    report.keys(button, at, &["type", "id", "style", "label", "emoji", "custom_id", "sku_id", "url", "disabled"]);
    report.text(button, at, "label", 0, 80);
    let bare = button["label"].as_str().unwrap_or_default().is_empty() && button["emoji"].is_null();
    match button["style"].as_u64() {
        Some(1..=4) => {
            report.text(button, at, "custom_id", 1, 100);
            if !button["url"].is_null() {
                let message = "A custom id and url cannot both be specified";
                report.say(at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
            }
        }
        Some(5) => {
            report.text(button, at, "url", 1, 512);
            if !button["custom_id"].is_null() {
                let message = "A custom id and url cannot both be specified";
                report.say(at, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", message);
            }
        }
        _ => report.say(&format!("{at}/style"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6)."),
    }
    if bare {
        report.say(at, "BUTTON_COMPONENT_INVALID", "A button must have a label or an emoji");
    }
}

fn select(report: &mut Report, select: &Value, at: &str) {
    const KNOWN: [&str; 10] = [
        "type",
        "id",
        "custom_id",
        "options",
        "channel_types",
        "placeholder",
        "default_values",
        "min_values",
        "max_values",
        "disabled",
    ];
    report.keys(select, at, &KNOWN);
    report.text(select, at, "custom_id", 1, 100);
    report.text(select, at, "placeholder", 0, 150);
    if select["type"] != 3 {
        return;
    }
    let mut values = HashSet::new();
    for (number, option) in report.list(select, at, "options", 1, 25).iter().enumerate() {
        let at = format!("{at}/options/{number}");
        report.keys(option, &at, &["label", "value", "description", "emoji", "default"]);
        report.text(option, &at, "label", 1, 100);
        report.text(option, &at, "value", 1, 100);
        report.text(option, &at, "description", 0, 100);
        if option["value"].as_str().is_some_and(|value| !values.insert(value)) {
            let message = "The specified option value is already used";
            report.say(&format!("{at}/value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message);
        }
    }
}
