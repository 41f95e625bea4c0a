//! A message → Block Kit, within Slack's limits whatever the data.

use commands::message::{Answer, Block, Button, Message, Style, Table, Text};
use serde_json::{Value, json};

use super::escape::{self, escape};
use super::limits::{self, cut};
use crate::platform::Names;
use crate::platform::direction::straight;
use crate::platform::narrow::narrowed;

/// The `action_id` of our buttons begins with one of these; a number follows.
pub(super) const RUN: &str = "run.";
/// The same for a button whose answer takes the place of its message.
pub(super) const RUN_IN_PLACE: &str = "swap.";

/// Letters in a line of a table; more would be broken on a laptop's screen.
const LINE: usize = 110;

/// A message in Slack's words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rendered {
    /// For notifications and screen readers.
    pub(super) text: String,
    /// Block Kit.
    pub(super) blocks: Vec<Value>,
}

/// Renders a message. A file leaves only its name here; `files.rs` brings its content.
pub(super) fn render(message: &Message, names: &dyn Names) -> Rendered {
    let mut blocks = Vec::new();
    let mut buttons = 0;
    for block in &message.blocks {
        match block {
            Block::Header(words) => blocks.extend(header(words)),
            Block::Text(text) => blocks.extend(paged(text, names).iter().map(|page| section(page))),
            Block::Fields(fields) => blocks.extend(columns(fields, names)),
            Block::Table(table) => blocks.extend(fixed_width(table).iter().map(|page| section(page))),
            Block::Drawing(lines) => blocks.extend(drawn(lines).iter().map(|page| section(page))),
            Block::Buttons(row) => blocks.extend(actions(row, &mut buttons)),
            Block::Note(text) => {
                blocks.extend(pack(&escape::pieces(text, names), limits::NOTE).iter().map(|page| context(page)));
            }
            Block::Divider => blocks.push(json!({ "type": "divider" })),
            Block::File(file) => blocks.push(context(&format!("📎 `{}`", escape(&cut(&escape::literal(&file.name), 200))))),
        }
    }
    let text = escape(&cut(straight(&message.plain()).trim(), limits::FALLBACK));
    Rendered { text: if text.is_empty() { "–".to_owned() } else { text }, blocks: fitted(blocks) }
}

/// A `plain_text` object; Slack refuses an empty one.
pub(super) fn plain_text(words: &str, limit: usize) -> Value {
    let words = escape::plain(words, limit);
    json!({ "type": "plain_text", "text": if words.is_empty() { "–".to_owned() } else { words }, "emoji": false })
}

fn mrkdwn(markup: &str) -> Value {
    // Verbatim: Slack makes no links, channels or mentions of bare words.
    json!({ "type": "mrkdwn", "text": markup, "verbatim": true })
}

/// A paragraph of markup.
pub(super) fn section(markup: &str) -> Value {
    json!({ "type": "section", "text": mrkdwn(markup) })
}

fn context(markup: &str) -> Value {
    json!({ "type": "context", "elements": [mrkdwn(markup)] })
}

fn header(words: &str) -> Option<Value> {
    (!words.trim().is_empty()).then(|| json!({ "type": "header", "text": plain_text(words, limits::HEADER) }))
}

fn paged(text: &Text, names: &dyn Names) -> Vec<String> {
    pack(&escape::pieces(text, names), limits::SECTION)
}

/// Puts pieces into as few pages as their order allows, broken at the end of a line where one is near.
fn pack(pieces: &[String], limit: usize) -> Vec<String> {
    let mut pages = Vec::new();
    let mut page: Vec<&str> = Vec::new();
    let mut size = 0;
    for piece in pieces {
        while size + limits::len(piece) > limit && !page.is_empty() {
            let line_end = page.iter().rposition(|piece| piece.ends_with('\n')).filter(|at| at * 2 > page.len());
            let rest = page.split_off(line_end.map_or(page.len(), |at| at + 1));
            pages.push(page.concat());
            page = rest;
            size = page.iter().map(|piece| limits::len(piece)).sum();
        }
        size += limits::len(piece);
        page.push(piece);
    }
    pages.push(page.concat());
    let shown = pages.iter().filter(|page| !page.trim().is_empty());
    // Only line ends go: a table's row may begin with an empty cell.
    shown.map(|page| page.trim_matches('\n').to_owned()).collect()
}

fn columns(fields: &[(String, Text)], names: &dyn Names) -> Vec<Value> {
    let shown = |(label, value): &(String, Text)| {
        let label = escape::pieces(&Text(vec![commands::message::bold(cut(label, 100))]), names).concat();
        let room = limits::FIELD - limits::len(&label) - 1;
        let value = escape::within(&escape::pieces(value, names), room);
        mrkdwn(&format!("{label}\n{}", if value.trim().is_empty() { "–" } else { &value }))
    };
    fields
        .chunks(limits::FIELDS)
        .map(|row| json!({ "type": "section", "fields": row.iter().map(shown).collect::<Vec<_>>() }))
        .collect()
}

/// A table as blocks of fixed-width lines, each beginning with the column titles.
fn fixed_width(table: &Table) -> Vec<String> {
    let clean = |cell: &str| escape::literal(cell).replace('\u{200b}', "");
    let lines: Vec<String> = narrowed(table, LINE, clean).lines().iter().map(|line| escape(&cut(line, LINE))).collect();
    let Some((titles, rows)) = lines.split_first() else { return Vec::new() };
    let room = limits::SECTION - "```\n\n\n```".len() - limits::len(titles);
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    let pages = if rows.is_empty() { vec!["(no rows)".to_owned()] } else { pack(&rows, room) };
    pages.iter().map(|rows| format!("```\n{titles}\n{rows}\n```")).collect()
}

/// Lines of fixed-width letters as blocks of them.
fn drawn(lines: &[String]) -> Vec<String> {
    let clean = |line: &String| escape(&cut(&escape::literal(line).replace('\u{200b}', ""), LINE));
    let lines: Vec<String> = lines.iter().map(|line| format!("{}\n", clean(line))).collect();
    pack(&lines, limits::SECTION - "```\n\n```".len()).iter().map(|page| format!("```\n{page}\n```")).collect()
}

fn actions(row: &[Button], count: &mut usize) -> Vec<Value> {
    // A command line cut short would be another command: such a button is left out.
    let fits = |button: &&Button| !button.run.is_empty() && limits::len(&button.run) <= limits::VALUE;
    let buttons: Vec<Value> = row.iter().filter(fits).map(|button| element(button, count)).collect();
    buttons.chunks(limits::BUTTONS).map(|row| json!({ "type": "actions", "elements": row })).collect()
}

fn element(button: &Button, count: &mut usize) -> Value {
    let kind = match button.answer {
        Answer::New => RUN,
        Answer::InPlace => RUN_IN_PLACE,
    };
    let mut element = json!({
        "type": "button",
        "action_id": format!("{kind}{count}"),
        "text": plain_text(&button.label, limits::BUTTON),
        "value": button.run,
    });
    match button.style {
        Style::Plain => {}
        Style::Primary => element["style"] = "primary".into(),
        Style::Danger => element["style"] = "danger".into(),
    }
    *count += 1;
    element
}

/// The blocks that fit into one message, buttons before words, with a last line about what does not.
fn fitted(mut blocks: Vec<Value>) -> Vec<Value> {
    let size = |block: &Value| limits::len(&block.to_string()) + 1;
    let mut total: usize = blocks.iter().map(size).sum();
    let mut left_out = 0;
    while blocks.len() + usize::from(left_out > 0) > limits::BLOCKS || total > limits::MESSAGE {
        let words = blocks.iter().rposition(|block| block["type"] != "actions");
        let at = words.filter(|at| *at > 0).unwrap_or(blocks.len() - 1);
        total -= size(&blocks.remove(at));
        left_out += 1;
    }
    if left_out > 0 {
        let parts = if left_out == 1 { "1 more part".to_owned() } else { format!("{left_out} more parts") };
        blocks.push(context(&format!("… {parts} left out: Slack shows no more in one message.")));
    }
    blocks
}

#[cfg(test)]
mod tests;
