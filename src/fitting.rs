//! Cuts what is kept to what the store takes, where a part is better than nothing: files to their first rows, a change's
//! notes to its newest.

use commands::message::{Block, File, Message, code};
use commands::records::{AlertRecord, ChangeRecord};
use commands::text;

use crate::store::LARGEST;

/// What a record needs beside the files of its message: where it goes, when, and the words that it was cut.
const BESIDE: usize = 8_000;
/// Notes and voters turned away that a change keeps, however large it is.
const KEPT: usize = 10;

/// A message whose files fit into a record. One that had to be cut says so.
pub fn message(message: Message) -> Message {
    if size(&message) + BESIDE <= LARGEST {
        return message;
    }
    let bare = message.blocks.iter().filter(|block| !matches!(block, Block::File(_))).map(size).sum::<usize>();
    let mut room = LARGEST.saturating_sub(BESIDE + bare);
    let (mut cut, mut said) = (Message::default(), Message::default());
    for block in message.blocks {
        let Block::File(file) = block else {
            cut = cut.block(block);
            continue;
        };
        let (rows, content) = first_rows(&file.content, room);
        room = room.saturating_sub(size(&content));
        if rows.kept < rows.all {
            let rows = format!(
                " has only the first {} of {} rows: it would be too long. Ask for less to get all of it.",
                rows.kept, rows.all
            );
            said = said.text(text!["⚠️ ", code(file.name.as_str()), rows]);
        }
        cut = cut.block(Block::File(File { name: file.name, content }));
    }
    said.blocks.into_iter().fold(cut, Message::block)
}

/// A change that fits into a record as far as that can be had: without its oldest notes and the voters it turned away first.
pub fn change(mut record: ChangeRecord) -> ChangeRecord {
    while size(&record) > LARGEST {
        if record.notes.len() > KEPT {
            record.notes.drain(..record.notes.len() / 2);
        } else if record.turned_away.len() > KEPT {
            record.turned_away.drain(..record.turned_away.len() / 2);
        } else {
            break;
        }
    }
    record
}

/// An alert that fits into a record: without its oldest deeds first.
pub fn alert(mut record: AlertRecord) -> AlertRecord {
    while size(&record) > LARGEST && !record.done.is_empty() {
        record.done.drain(..record.done.len().div_ceil(2));
    }
    record
}

/// Rows of a file, its first line, which names the columns, not counted.
struct Rows {
    kept: usize,
    all: usize,
}

/// The rows at the start of a CSV file that take `room` at most, as JSON. A line break between quotes ends no row.
fn first_rows(content: &str, room: usize) -> (Rows, String) {
    let (mut kept, mut all, mut used, mut end, mut start) = (0_usize, 0_usize, 0, 0, 0);
    let mut quoted = false;
    for (at, letter) in content.char_indices() {
        quoted ^= letter == '"';
        let next = at + letter.len_utf8();
        if (letter == '\n' && !quoted) || next == content.len() {
            all += 1;
            used += size(&content[start..next]);
            if used <= room {
                (kept, end) = (all, next);
            }
            start = next;
        }
    }
    (Rows { kept: kept.saturating_sub(1), all: all.saturating_sub(1) }, content[..end].to_owned())
}

/// How many bytes it takes as JSON. What can't be written as JSON is refused where it is written.
fn size<T: serde::Serialize + ?Sized>(value: &T) -> usize {
    serde_json::to_vec(value).map_or(0, |json| json.len())
}

#[cfg(test)]
mod tests {
    use commands::context::SelfApproval;
    use commands::records::Note;

    use super::*;
    use crate::change::tests::{start, waiting};

    #[test]
    fn a_file_is_cut_between_rows_and_says_so() {
        let row = |number: usize| format!("{number},\"two\nlines, \"\"quoted\"\"\",{}\n", "x".repeat(900));
        let long = "number,words,more\n".to_owned() + &(0..200).map(row).collect::<String>();
        let cut = message(Message::from("200 rows").file("rows.csv", long.clone()));
        let Some(Block::File(file)) = cut.blocks.iter().find(|block| matches!(block, Block::File(_))) else { panic!("a file") };
        let kept = file.content.matches("two\nlines").count();
        assert!((80..110).contains(&kept) && file.content == long[..file.content.len()] && file.content.ends_with("x\n"));
        assert!(size(&cut) <= LARGEST, "{}", size(&cut));
        assert!(cut.plain().ends_with(&format!(
            "⚠️ rows.csv has only the first {kept} of 200 rows: it would be too long. Ask for less to get all of it."
        )));
        let short = Message::from("200 rows").file("rows.csv", "number\n1\n".to_owned());
        assert_eq!(message(short.clone()), short);
    }

    #[test]
    fn a_change_that_grew_too_large_keeps_its_newest_notes() {
        let mut record = waiting(1, SelfApproval::Refused);
        let note = |number: usize| Note { at: start(), text: format!("{number} {}", "x".repeat(1_000)).as_str().into() };
        record.notes = (0..200).map(note).collect();
        record.turned_away = (0..20).map(|number| format!("slack:U{number} eyes")).collect();
        let cut = change(record.clone());
        assert!(size(&cut) <= LARGEST && cut.notes.len() > KEPT, "{}", size(&cut));
        assert_eq!((cut.notes.last(), &cut.turned_away), (record.notes.last(), &record.turned_away));
        assert_eq!(change(cut.clone()), cut);
    }
}
