//! Application commands and the choices of autocompletion (API reference "Application Commands").

use std::collections::HashSet;

use serde_json::Value;

use super::report::Report;

const COMMAND: &[&str] = &[
    "id",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "options",
    "default_member_permissions",
    "dm_permission",
    "default_permission",
    "integration_types",
    "contexts",
    "type",
    "nsfw",
    "handler",
];
const OPTION: &[&str] = &[
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "required",
    "choices",
    "options",
    "channel_types",
    "min_value",
    "max_value",
    "min_length",
    "max_length",
    "autocomplete",
];
/// Names, descriptions and choices' values of a command in all.
const ALL: usize = 8_000;

/// Checks the body of a bulk overwrite.
pub(in super::super) fn check_commands(commands: &[Value]) -> Report {
    let mut report = Report::default();
    report.length("", commands.len(), 0, 100);
    for (number, command) in commands.iter().enumerate() {
        let at = number.to_string();
        report.keys(command, &at, COMMAND);
        if command["type"].as_u64().unwrap_or(1) != 1 {
            continue;
        }
        named(&mut report, command, &at);
        options(&mut report, command, &at, 0);
        if size(command) > ALL {
            let message = format!("Command exceeds maximum size ({ALL})");
            report.say(&at, "APPLICATION_COMMAND_TOO_LARGE", message);
        }
    }
    unique(&mut report, commands, "", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
    report
}

/// Checks the choices an autocompletion is answered with.
pub(in super::super) fn check_choices(data: &Value) -> Report {
    let mut report = Report::default();
    report.keys(data, "data", &["choices"]);
    choices(&mut report, data, "data");
    report
}

fn named(report: &mut Report, one: &Value, at: &str) {
    report.text(one, at, "name", 1, 32);
    report.text(one, at, "description", 1, 100);
    let name = one["name"].as_str().unwrap_or_default();
    let allowed = |letter: char| letter == '-' || letter == '_' || letter.is_alphanumeric();
    if !name.chars().all(allowed) || name.chars().any(char::is_uppercase) {
        report.say(&format!("{at}/name"), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid");
    }
}

/// `depth` is 0 in a command, 1 in a group, 2 in a subcommand, 3 nowhere.
fn options(report: &mut Report, parent: &Value, at: &str, depth: usize) {
    let listed = report.list(parent, at, "options", 0, 25);
    let nested = |option: &Value| matches!(option["type"].as_u64(), Some(1 | 2));
    if listed.iter().any(nested) && !listed.iter().all(nested) {
        let message = "Sub-command and sub-command group option types are mutually exclusive to all other types";
        report.say(&format!("{at}/options"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", message);
    }
    let mut optional = false;
    for (number, option) in listed.iter().enumerate() {
        let at = format!("{at}/options/{number}");
        report.keys(option, &at, OPTION);
        named(report, option, &at);
        match option["type"].as_u64() {
            Some(2) if depth == 0 => options(report, option, &at, 1),
            Some(1) if depth < 2 => options(report, option, &at, 2),
            Some(3..=11) => {
                choices(report, option, &at);
                if option["autocomplete"] == true && option["choices"].as_array().is_some_and(|list| !list.is_empty()) {
                    let message = "Autocomplete and choices are mutually exclusive";
                    report.say(&at, "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", message);
                }
                let required = option["required"] == true;
                if required && optional {
                    let message = "Required options must be placed before non-required options";
                    report.say(&at, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", message);
                }
                optional |= !required;
            }
            _ => report.say(&format!("{at}/type"), "BASE_TYPE_CHOICES", "This option type is not possible here."),
        }
    }
    unique(report, listed, at, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists");
}

fn choices(report: &mut Report, option: &Value, at: &str) {
    for (number, choice) in report.list(option, at, "choices", 0, 25).iter().enumerate() {
        let at = format!("{at}/choices/{number}");
        report.keys(choice, &at, &["name", "name_localizations", "value"]);
        report.text(choice, &at, "name", 1, 100);
        match &choice["value"] {
            Value::String(_) => report.text(choice, &at, "value", 0, 100),
            Value::Number(_) => {}
            _ => report.required(&format!("{at}/value")),
        }
    }
}

fn unique(report: &mut Report, listed: &[Value], at: &str, code: &'static str, message: &str) {
    let mut names = HashSet::new();
    for (number, one) in listed.iter().enumerate() {
        let key = (one["name"].as_str(), one["type"].as_u64().filter(|_| at.is_empty()).unwrap_or(1));
        if !names.insert(key) {
            let place = if at.is_empty() { number.to_string() } else { format!("{at}/options/{number}") };
            report.say(&format!("{place}/name"), code, message);
        }
    }
}

/// Letters of names, descriptions and choices' values.
fn size(one: &Value) -> usize {
    let letters = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let below = |key: &str| one[key].as_array().into_iter().flatten().map(size).sum::<usize>();
    letters(&one["name"]) + letters(&one["description"]) + letters(&one["value"]) + below("options") + below("choices")
}
