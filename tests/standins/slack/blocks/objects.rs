//! Composition objects: texts, options, confirmations.

use std::collections::BTreeSet;

use serde_json::Value;

use super::report::{Need, Report};

/// Which text objects are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextKind {
    /// `plain_text` only.
    Plain,
    /// `plain_text` or `mrkdwn`.
    Any,
}

/// What options of one kind of element may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct OptionRules {
    pub(super) most: usize,
    pub(super) text: TextKind,
    pub(super) with_url: WithUrl,
}

/// Whether an option may lead to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WithUrl {
    Allowed,
    Refused,
}

/// Options of selects.
pub(super) const SELECT: OptionRules = OptionRules { most: 100, text: TextKind::Plain, with_url: WithUrl::Refused };
/// Options of checkboxes and radio buttons.
pub(super) const BOXES: OptionRules = OptionRules { most: 10, text: TextKind::Any, with_url: WithUrl::Refused };
/// Options of overflow menus.
pub(super) const OVERFLOW: OptionRules = OptionRules { most: 5, text: TextKind::Plain, with_url: WithUrl::Allowed };

/// A text object that must be there.
pub(super) fn text(report: &mut Report, object: &Value, at: &str, kind: TextKind, longest: usize) {
    let Some(text) = object["text"].as_str() else {
        return report.say(at, "missing required field: text object");
    };
    report.length(text, &format!("{at}/text"), longest, Need::Required);
    match object["type"].as_str() {
        Some("plain_text") => report.keys(object, at, &["type", "text", "emoji"]),
        Some("mrkdwn") if kind == TextKind::Any => report.keys(object, at, &["type", "text", "verbatim"]),
        Some("mrkdwn") => report.say(&format!("{at}/type"), "must be plain_text"),
        _ => report.say(&format!("{at}/type"), "must be plain_text or mrkdwn"),
    }
}

/// A text object that may be missing.
pub(super) fn optional_text(report: &mut Report, object: &Value, at: &str, kind: TextKind, longest: usize) {
    if !object.is_null() {
        text(report, object, at, kind, longest);
    }
}

/// `options` or `option_groups` of an element or answer, whichever is there.
pub(super) fn options_of(report: &mut Report, object: &Value, at: &str, rules: OptionRules) {
    let mut values = BTreeSet::new();
    if object["options"].is_array() {
        let options = report.list(object, at, "options", 0, rules.most);
        options_in(report, options, &format!("{at}/options"), rules, &mut values);
    }
    if object["option_groups"].is_array() {
        for (index, group) in report.list(object, at, "option_groups", 0, 100).iter().enumerate() {
            let at = format!("{at}/option_groups/{index}");
            text(report, &group["label"], &format!("{at}/label"), TextKind::Plain, 75);
            report.keys(group, &at, &["label", "options"]);
            let options = report.list(group, &at, "options", 1, rules.most);
            options_in(report, options, &format!("{at}/options"), rules, &mut values);
        }
    }
}

fn options_in<'a>(report: &mut Report, options: &'a [Value], at: &str, rules: OptionRules, values: &mut BTreeSet<&'a str>) {
    for (index, one) in options.iter().enumerate() {
        let at = format!("{at}/{index}");
        option(report, one, &at, rules);
        if let Some(value) = one["value"].as_str()
            && !values.insert(value)
        {
            report.say(&at, format!("value \"{value}\" is there twice"));
        }
    }
}

/// One option.
pub(super) fn option(report: &mut Report, option: &Value, at: &str, rules: OptionRules) {
    text(report, &option["text"], &format!("{at}/text"), rules.text, 75);
    optional_text(report, &option["description"], &format!("{at}/description"), rules.text, 75);
    report.string(option, at, "value", 150, Need::Required);
    report.string(option, at, "url", 3_000, Need::Optional);
    let with_url = rules.with_url == WithUrl::Allowed;
    report.keys(option, at, if with_url { &["text", "value", "description", "url"] } else { &["text", "value", "description"] });
}

/// A confirmation, if there is one.
pub(super) fn confirm(report: &mut Report, object: &Value, at: &str) {
    if object.is_null() {
        return;
    }
    text(report, &object["title"], &format!("{at}/title"), TextKind::Plain, 100);
    text(report, &object["text"], &format!("{at}/text"), TextKind::Any, 300);
    text(report, &object["confirm"], &format!("{at}/confirm"), TextKind::Plain, 30);
    text(report, &object["deny"], &format!("{at}/deny"), TextKind::Plain, 30);
    style(report, object, at);
    report.keys(object, at, &["title", "text", "confirm", "deny", "style"]);
}

/// `style`, if there is one.
pub(super) fn style(report: &mut Report, object: &Value, at: &str) {
    if !matches!(object["style"].as_str(), Some("primary" | "danger")) && !object["style"].is_null() {
        report.say(&format!("{at}/style"), "must be primary or danger");
    }
}
