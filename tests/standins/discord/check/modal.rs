//! Forms: a title and one to five rows of one text input (API reference "Modal", "Text Input").

use std::collections::HashSet;

use serde_json::Value;

use super::report::Report;

pub(in super::super) fn check_modal(data: &Value) -> Report {
    let mut report = Report::default();
    report.keys(data, "data", &["custom_id", "title", "components"]);
    report.text(data, "data", "custom_id", 1, 100);
    report.text(data, "data", "title", 1, 45);
    let mut ids = HashSet::new();
    for (number, row) in report.list(data, "data", "components", 1, 5).iter().enumerate() {
        let at = format!("data/components/{number}");
        report.keys(row, &at, &["type", "id", "components"]);
        if row["type"] != 1 {
            report.say(&format!("{at}/type"), "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).");
        }
        for (number, input) in report.list(row, &at, "components", 1, 1).iter().enumerate() {
            let at = format!("{at}/components/{number}");
            text_input(&mut report, input, &at);
            if input["custom_id"].as_str().is_some_and(|id| !ids.insert(id)) {
                let message = "Component custom id cannot be duplicated";
                report.say(&format!("{at}/custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED", message);
            }
        }
    }
    report
}

fn text_input(report: &mut Report, input: &Value, at: &str) {
    const KNOWN: [&str; 10] =
        ["type", "id", "custom_id", "style", "label", "min_length", "max_length", "required", "value", "placeholder"];
    report.keys(input, at, &KNOWN);
    if input["type"] != 4 {
        report.say(&format!("{at}/type"), "UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (4,).");
    }
    report.text(input, at, "custom_id", 1, 100);
    report.text(input, at, "label", 1, 45);
    report.text(input, at, "placeholder", 0, 100);
    report.text(input, at, "value", 0, 4_000);
    if !matches!(input["style"].as_u64(), Some(1 | 2)) {
        report.say(&format!("{at}/style"), "BASE_TYPE_CHOICES", "Value must be one of (1, 2).");
    }
    for (key, least) in [("min_length", 0), ("max_length", 1)] {
        if input[key].as_i64().is_some_and(|length| !(least..=4_000).contains(&length)) {
            report.say(&format!("{at}/{key}"), "NUMBER_TYPE_RANGE", format!("int value should be between {least} and 4000."));
        }
    }
    let letters = input["value"].as_str().map_or(0, |value| value.chars().count());
    if input["max_length"].as_u64().is_some_and(|most| letters as u64 > most) {
        report.say(&format!("{at}/value"), "BASE_TYPE_MAX_LENGTH", "Must not be longer than max_length.");
    }
}
