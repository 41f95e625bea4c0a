//! Tables and rich text.

use serde_json::Value;

use super::report::{Need, Report};

const ROWS: usize = 100;
const COLUMNS: usize = 20;
/// Characters of all cells together.
const CHARACTERS: usize = 10_000;

/// One table.
pub(super) fn check(report: &mut Report, at: &str, table: &Value) {
    for (index, row) in report.list(table, at, "rows", 1, ROWS).iter().enumerate() {
        let at = format!("{at}/rows/{index}");
        let Some(cells) = row.as_array() else {
            report.say(&at, "must be an array");
            continue;
        };
        if cells.is_empty() || cells.len() > COLUMNS {
            report.say(&at, format!("between 1 and {COLUMNS} cells allowed"));
        }
        for (index, cell) in cells.iter().enumerate() {
            check_cell(report, &format!("{at}/{index}"), cell);
        }
    }
    for (index, column) in table["column_settings"].as_array().into_iter().flatten().enumerate() {
        let at = format!("{at}/column_settings/{index}");
        if index >= COLUMNS {
            report.say(&at, format!("no more than {COLUMNS} items allowed"));
        }
        if column.is_null() {
            continue;
        }
        if !matches!(column["align"].as_str(), Some("left" | "center" | "right")) && !column["align"].is_null() {
            report.say(&at, "align must be left, center or right");
        }
        report.keys(column, &at, &["align", "is_wrapped"]);
    }
}

fn check_cell(report: &mut Report, at: &str, cell: &Value) {
    match cell["type"].as_str() {
        Some("raw_text") => {
            report.string(cell, at, "text", CHARACTERS, Need::Required);
            report.keys(cell, at, &["type", "text"]);
        }
        Some("rich_text") => {
            check_rich_text(report, at, cell);
            report.keys(cell, at, &["type", "elements", "block_id"]);
        }
        _ => report.say(at, "must be raw_text or rich_text"),
    }
}

/// A rich text: known containers, and in them known elements.
pub(super) fn check_rich_text(report: &mut Report, at: &str, block: &Value) {
    for (index, element) in report.list(block, at, "elements", 1, 1_000).iter().enumerate() {
        let at = format!("{at}/elements/{index}");
        match element["type"].as_str() {
            Some("rich_text_section" | "rich_text_preformatted" | "rich_text_quote") => inline(report, &at, element),
            Some("rich_text_list") => {
                for (index, item) in report.list(element, &at, "elements", 1, 1_000).iter().enumerate() {
                    inline(report, &format!("{at}/elements/{index}"), item);
                }
            }
            _ => report.say(&at, "unsupported rich text element"),
        }
    }
}

fn inline(report: &mut Report, at: &str, section: &Value) {
    const KNOWN: [&str; 9] = ["text", "link", "emoji", "user", "usergroup", "channel", "broadcast", "date", "color"];
    for (index, element) in report.list(section, at, "elements", 0, 10_000).iter().enumerate() {
        let at = format!("{at}/elements/{index}");
        if !element["type"].as_str().is_some_and(|kind| KNOWN.contains(&kind)) {
            report.say(&at, "unsupported rich text element");
        }
        if element["type"] == "text" {
            report.string(element, &at, "text", 40_000, Need::Required);
        }
    }
}

/// What holds for all tables of a message together.
pub(super) fn check_together(report: &mut Report, blocks: &[Value]) {
    let tables: Vec<&Value> = blocks.iter().filter(|block| block["type"] == "table").collect();
    if tables.len() > 1 {
        report.say("/blocks", "only_one_table_allowed");
    }
    if tables.iter().map(|table| characters(&table["rows"])).sum::<usize>() > CHARACTERS {
        report.say("/blocks", format!("tables may hold {CHARACTERS} characters"));
    }
}

/// Characters of all `text`s inside.
fn characters(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(characters).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| match value.as_str() {
                Some(text) if key == "text" => text.chars().count(),
                Some(_) => 0,
                None => characters(value),
            })
            .sum(),
        _ => 0,
    }
}
