//! Block Kit's limits, as "Reference: blocks", "block elements" and "composition objects" state them.
//!
//! Every complaint has the form of Slack's own `response_metadata.messages`. Stricter than Slack in nothing; a kind of
//! block or element that is not listed here is refused, so that new ones are added on purpose.

mod elements;
mod objects;
mod report;
mod tables;

use std::collections::BTreeSet;

use serde_json::Value;

use elements::Where;
use objects::TextKind;
use report::{Need, Report};

/// Blocks in a message.
const MESSAGE_BLOCKS: usize = 50;
/// Blocks in a form or on an App Home.
const VIEW_BLOCKS: usize = 100;
/// Attachments of a message.
const ATTACHMENTS: usize = 100;

/// Complaints about the blocks and attachments of a message.
pub(super) fn check_message(blocks: &[Value], attachments: &[Value]) -> Vec<String> {
    let mut report = Report::default();
    check_blocks(&mut report, "/blocks", blocks, MESSAGE_BLOCKS);
    if attachments.len() > ATTACHMENTS {
        report.say("/attachments", format!("no more than {ATTACHMENTS} items allowed"));
    }
    for (at, attachment) in attachments.iter().enumerate() {
        let nested = attachment["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
        check_blocks(&mut report, &format!("/attachments/{at}/blocks"), nested, MESSAGE_BLOCKS);
    }
    let everything: Vec<Value> =
        blocks.iter().chain(attachments.iter().flat_map(|one| one["blocks"].as_array().into_iter().flatten())).cloned().collect();
    tables::check_together(&mut report, &everything);
    report.complaints()
}

/// Complaints about a form or an App Home.
pub(super) fn check_view(view: &Value) -> Vec<String> {
    let mut report = Report::default();
    let at = "/view";
    if !view.is_object() {
        report.say(at, "must be an object");
        return report.complaints();
    }
    let modal = view["type"] == "modal";
    if modal {
        report.keys(
            view,
            at,
            &[
                "type",
                "title",
                "blocks",
                "close",
                "submit",
                "private_metadata",
                "callback_id",
                "clear_on_close",
                "notify_on_close",
                "external_id",
                "submit_disabled",
            ],
        );
        objects::text(&mut report, &view["title"], "/view/title", TextKind::Plain, 24);
        for key in ["close", "submit"] {
            objects::optional_text(&mut report, &view[key], &format!("/view/{key}"), TextKind::Plain, 24);
        }
    } else if view["type"] == "home" {
        report.keys(view, at, &["type", "blocks", "private_metadata", "callback_id", "external_id"]);
    } else {
        report.say("/view/type", "must be modal or home");
    }
    report.string(view, at, "private_metadata", 3_000, Need::EmptyToo);
    report.string(view, at, "callback_id", 255, Need::EmptyToo);
    report.string(view, at, "external_id", 255, Need::EmptyToo);
    let blocks = report.list(view, at, "blocks", 1, VIEW_BLOCKS);
    check_blocks(&mut report, "/view/blocks", blocks, VIEW_BLOCKS);
    for (at, block) in blocks.iter().enumerate() {
        if block["type"] == "table" {
            report.say(&format!("/view/blocks/{at}"), "tables are for messages only");
        }
        if modal && block["type"] == "input" && view["submit"].is_null() {
            report.say("/view/submit", "required when there are input blocks");
        }
    }
    report.complaints()
}

/// Complaints about the answer to a request for options: `options` or `option_groups`.
pub(super) fn check_suggestions(answer: &Value) -> Vec<String> {
    let mut report = Report::default();
    if answer["options"].is_array() == answer["option_groups"].is_array() {
        report.say("", "either options or option_groups");
    }
    report.keys(answer, "", &["options", "option_groups"]);
    objects::options_of(&mut report, answer, "", objects::SELECT);
    report.complaints()
}

fn check_blocks(report: &mut Report, at: &str, blocks: &[Value], most: usize) {
    if blocks.len() > most {
        report.say(at, format!("no more than {most} items allowed"));
    }
    let mut ids = BTreeSet::new();
    for (index, block) in blocks.iter().enumerate() {
        let at = format!("{at}/{index}");
        check_block(report, &at, block);
        if let Some(id) = block["block_id"].as_str()
            && !ids.insert(id)
        {
            report.say(&at, format!("block_id \"{id}\" already exists"));
        }
    }
}

fn check_block(report: &mut Report, at: &str, block: &Value) {
    if !block.is_object() {
        return report.say(at, "must be an object");
    }
    report.string(block, at, "block_id", 255, Need::Optional);
    let own: &[&str] = match block["type"].as_str().unwrap_or_default() {
        "section" => {
            section(report, at, block);
            &["text", "fields", "accessory", "expand"]
        }
        "header" => {
            objects::text(report, &block["text"], &format!("{at}/text"), TextKind::Plain, 150);
            &["text"]
        }
        "divider" => &[],
        "image" => {
            image(report, at, block);
            objects::optional_text(report, &block["title"], &format!("{at}/title"), TextKind::Plain, 2_000);
            &["image_url", "slack_file", "alt_text", "title"]
        }
        "context" => {
            context(report, at, block);
            &["elements"]
        }
        "actions" => {
            let elements = report.list(block, at, "elements", 1, 25);
            elements::check_all(report, &format!("{at}/elements"), elements, Where::Actions);
            &["elements"]
        }
        "input" => {
            objects::text(report, &block["label"], &format!("{at}/label"), TextKind::Plain, 2_000);
            objects::optional_text(report, &block["hint"], &format!("{at}/hint"), TextKind::Plain, 2_000);
            elements::check(report, &format!("{at}/element"), &block["element"], Where::Input);
            &["label", "hint", "element", "optional", "dispatch_action"]
        }
        "rich_text" => {
            tables::check_rich_text(report, at, block);
            &["elements"]
        }
        "table" => {
            tables::check(report, at, block);
            &["rows", "column_settings"]
        }
        "markdown" => {
            report.string(block, at, "text", 12_000, Need::Required);
            &["text"]
        }
        other => return report.say(at, format!("unsupported type: {other}")),
    };
    report.keys(block, at, &[own, &["type", "block_id"]].concat());
}

fn section(report: &mut Report, at: &str, block: &Value) {
    objects::optional_text(report, &block["text"], &format!("{at}/text"), TextKind::Any, 3_000);
    if block["text"].is_null() && block["fields"].is_null() {
        report.say(at, "missing required field: text or fields");
    }
    if !block["fields"].is_null() {
        for (index, field) in report.list(block, at, "fields", 1, 10).iter().enumerate() {
            objects::text(report, field, &format!("{at}/fields/{index}"), TextKind::Any, 2_000);
        }
    }
    if !block["accessory"].is_null() {
        elements::check(report, &format!("{at}/accessory"), &block["accessory"], Where::Accessory);
    }
}

fn context(report: &mut Report, at: &str, block: &Value) {
    for (index, element) in report.list(block, at, "elements", 1, 10).iter().enumerate() {
        let at = format!("{at}/elements/{index}");
        if element["type"] == "image" {
            image(report, &at, element);
            report.keys(element, &at, &["type", "image_url", "slack_file", "alt_text"]);
        } else {
            objects::text(report, element, &at, TextKind::Any, 2_000);
        }
    }
}

fn image(report: &mut Report, at: &str, image: &Value) {
    if image["slack_file"].is_null() {
        report.string(image, at, "image_url", 3_000, Need::Required);
    }
    report.string(image, at, "alt_text", 2_000, Need::Required);
}
