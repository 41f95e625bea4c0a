//! Buttons: what they look like, and the command line each stands for.

use std::collections::BTreeSet;

use commands::message::{Answer, Block, Button, Message, Style};
use serde_json::{Value, json};

use super::escape;
use super::limits;
use crate::platform::{SendError, Shelf};

/// What the id of a button says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pressed {
    /// The command line.
    pub(super) line: Line,
    /// Where its answer goes.
    pub(super) answer: Answer,
}

/// A command line in a button's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// As it is.
    Here(String),
    /// By its key on the shelf.
    Kept(String),
}

impl Pressed {
    /// Out of a `custom_id`: `run:LINE`, `swap:LINE`, with a key `run#KEY`; `run.2:LINE` where a message has two of the same.
    pub(super) fn of(custom_id: &str) -> Option<Self> {
        let (head, rest) = custom_id.split_at(custom_id.find([':', '#'])?);
        let answer = match head.split_once('.').map_or(head, |(kind, _)| kind) {
            "run" => Answer::New,
            "swap" => Answer::InPlace,
            _ => return None,
        };
        let line = match (rest.strip_prefix(':'), rest.strip_prefix('#')) {
            (Some(line), _) => Line::Here(line.to_owned()),
            (_, Some(key)) => Line::Kept(key.to_owned()),
            _ => return None,
        };
        Some(Self { line, answer })
    }

    fn custom_id(&self, number: usize) -> String {
        let kind = match self.answer {
            Answer::New => "run",
            Answer::InPlace => "swap",
        };
        let number = if number == 0 { String::new() } else { format!(".{number}") };
        match &self.line {
            Line::Here(line) => format!("{kind}{number}:{line}"),
            Line::Kept(key) => format!("{kind}{number}#{key}"),
        }
    }
}

/// The buttons of a message as rows of components, and how many found no room.
///
/// # Errors
/// When a line that is too long for an id can't be kept.
pub(super) async fn components(message: &Message, shelf: &dyn Shelf) -> Result<(Vec<Value>, usize), SendError> {
    let rows: Vec<Vec<&Button>> = message.blocks.iter().filter_map(row).collect();
    let count: usize = rows.iter().map(Vec::len).sum();
    let needed: usize = rows.iter().map(|row| row.len().div_ceil(limits::BUTTONS)).sum();
    // Each row by itself where there is room, else close together.
    let rows = if needed <= limits::ROWS { rows } else { vec![rows.concat()] };
    let mut taken = BTreeSet::new();
    let mut components = Vec::new();
    for row in rows.iter().flat_map(|row| row.chunks(limits::BUTTONS)).take(limits::ROWS) {
        let mut elements = Vec::new();
        for button in row {
            elements.push(element(button, &mut taken, shelf).await?);
        }
        components.push(json!({ "type": 1, "components": elements }));
    }
    Ok((components, count - count.min(taken.len())))
}

fn row(block: &Block) -> Option<Vec<&Button>> {
    let Block::Buttons(row) = block else { return None };
    Some(row.iter().filter(|button| !button.run.trim().is_empty()).collect::<Vec<_>>()).filter(|row| !row.is_empty())
}

async fn element(button: &Button, taken: &mut BTreeSet<String>, shelf: &dyn Shelf) -> Result<Value, SendError> {
    let mut pressed = Pressed { line: Line::Here(button.run.clone()), answer: button.answer };
    // Room for a running number is kept, so that equal lines all stay as they are or all are kept by key.
    if limits::len(&pressed.custom_id(99)) > limits::CUSTOM_ID {
        pressed.line = Line::Kept(shelf.keep(&button.run).await?);
    }
    let id = (0..).map(|number| pressed.custom_id(number)).find(|id| !taken.contains(id)).unwrap_or_default();
    taken.insert(id.clone());
    let style = match button.style {
        Style::Primary => 1,
        Style::Plain => 2,
        Style::Danger => 4,
    };
    let label = escape::plain(&button.label, limits::LABEL);
    let label = if label.is_empty() { "–".to_owned() } else { label };
    Ok(json!({ "type": 2, "style": style, "label": label, "custom_id": id }))
}

#[cfg(test)]
pub(super) mod tests {
    use async_trait::async_trait;

    use super::*;

    /// Keeps nothing; the key is the line's length.
    pub(in super::super) struct Lengths;

    #[async_trait]
    impl Shelf for Lengths {
        async fn keep(&self, line: &str) -> Result<String, SendError> {
            Ok(format!("{:032x}", line.len()))
        }

        async fn find(&self, _key: &str) -> Result<Option<String>, SendError> {
            Ok(None)
        }
    }

    #[tokio::test]
    async fn a_button_carries_its_line_or_its_key_and_none_is_there_twice() {
        let long = format!("audit search {}", "x".repeat(100));
        let row =
            vec![Button::new("Show", "rds show orders: #1"), Button::new("Again", "rds show orders: #1"), Button::new("", long)];
        let next = vec![Button::new("Next", "rds list").in_place().style(Style::Danger)];
        let message = Message::new().buttons(row).buttons(next);
        let (rows, left_out) = components(&message, &Lengths).await.unwrap();
        assert_eq!(left_out, 0);
        insta::assert_snapshot!(rows.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"), @r#"
        {"type":1,"components":[{"type":2,"style":2,"label":"Show","custom_id":"run:rds show orders: #1"},{"type":2,"style":2,"label":"Again","custom_id":"run.1:rds show orders: #1"},{"type":2,"style":2,"label":"–","custom_id":"run#00000000000000000000000000000071"}]}
        {"type":1,"components":[{"type":2,"style":4,"label":"Next","custom_id":"swap:rds list"}]}
        "#);
        let ids =
            rows.iter().flat_map(|row| row["components"].as_array().unwrap()).map(|button| button["custom_id"].as_str().unwrap());
        let read: Vec<_> = ids.map(|id| Pressed::of(id).unwrap()).collect();
        assert_eq!(read[0], read[1]);
        assert_eq!(read[0].line, Line::Here("rds show orders: #1".to_owned()));
        assert_eq!(read[2].line, Line::Kept(format!("{:032x}", 113)));
        assert_eq!(read[3].answer, Answer::InPlace);
        assert_eq!(Pressed::of("walk:rds list"), None);
    }

    #[tokio::test]
    async fn many_rows_move_together_and_what_is_left_out_is_counted() {
        let rows = |count: usize, width: usize| {
            let row = |number: usize| (0..width).map(|at| Button::new("x", format!("rds show {number} {at}"))).collect();
            (0..count).map(row).fold(Message::new(), Message::buttons)
        };
        let shape = async |message: Message| {
            let (rows, left_out) = components(&message, &Lengths).await.unwrap();
            (rows.iter().map(|row| row["components"].as_array().unwrap().len()).collect::<Vec<_>>(), left_out)
        };
        assert_eq!(shape(rows(5, 2)).await, (vec![2; 5], 0));
        assert_eq!(shape(rows(6, 2)).await, (vec![5, 5, 2], 0));
        assert_eq!(shape(rows(3, 10)).await, (vec![5; 5], 5));
    }
}
