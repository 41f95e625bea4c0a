//! The journal: where a group of commits becomes durable. One write and one sync of one file; sled follows later.
//!
//! Two files, `journal-0` and `journal-1`, in sled's own folder, for only together they are whole. Groups are appended to
//! one, each with its length and its SHA-256. Once sled has all that is in the other, that one is written over from its
//! beginning, so that files that have grown need no new space, and a sync no new sizes to record. What stands behind the
//! last group of a file is from an earlier use, or was cut off by a crash: it does not follow, or is not whole.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use ring::digest::{SHA256, digest};

use super::keys;
use super::mark::State;
use super::open::sync_dir;
use super::tree::Changes;

/// Length and sum of a group.
const HEAD: usize = 4 + 32;
/// In place of a value's length: the key is removed.
const REMOVED: u32 = u32::MAX;

/// The open journal.
#[derive(Debug)]
pub(super) struct Journal {
    files: [File; 2],
    /// The file that groups are appended to.
    front: usize,
    /// Where its next group begins.
    at: u64,
}

/// What the journal holds and sled does not, oldest first.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// What stands in the other file.
    pub(super) back: Option<Changes>,
    /// What stands in the file that groups are appended to.
    pub(super) front: Changes,
}

impl Journal {
    /// Opens the journal in the folder `path`, or creates it; `settled` is the last group that sled has.
    ///
    /// Groups that do not follow from it are left alone and will be written over: then sled has lost what it had, and the
    /// high-water mark says so.
    ///
    /// # Errors
    /// When a file can't be read, or a group between two others is missing.
    pub(super) fn open(path: &Path, settled: u64) -> io::Result<(Self, Ahead)> {
        let mut files = Vec::with_capacity(2);
        let mut found = Vec::with_capacity(2);
        for which in 0..2 {
            let path = path.join(format!("journal-{which}"));
            let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
            // Whole groups that a killed process left in the page cache count, so they must last.
            file.sync_all()?;
            found.push(Found { which, ..groups_after(settled, &std::fs::read(&path)?) });
            files.push(file);
        }
        sync_dir(path)?;
        let files = files.try_into().map_err(|_| io::Error::other("the journal has two files"))?;
        found.retain(|found| found.first > 0);
        found.sort_by_key(|found| found.first);
        let follows = found.first().is_some_and(|found| found.first == settled + 1);
        if !follows {
            return Ok((Self { files, front: 0, at: 0 }, Ahead::default()));
        }
        if let [older, newer] = &found[..]
            && newer.first != older.last + 1
        {
            let why = format!("the journal has no group {} although it has later ones", older.last + 1);
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let mut ahead = Ahead::default();
        let (mut front, mut at) = (0, 0);
        if let Some(newest) = found.pop() {
            (front, at, ahead.front) = (newest.which, newest.end, newest.changes);
        }
        ahead.back = found.pop().map(|older| older.changes);
        Ok((Self { files, front, at }, ahead))
    }

    /// Appends a group, which is durable when this returns. After an error what is on the disk decides: open it anew.
    pub(super) fn append(&mut self, changes: &Changes) -> io::Result<()> {
        let group = written(changes)?;
        let file = &self.files[self.front];
        file.write_all_at(&group, self.at)?;
        file.sync_data()?;
        self.at += group.len() as u64;
        Ok(())
    }

    /// Appends to the other file from now on, over what stands there: sled must have all of that.
    pub(super) fn turn(&mut self) {
        self.front = 1 - self.front;
        self.at = 0;
    }

    /// Empties both files: sled must have all that is in them.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.at = 0;
        self.files.iter().try_for_each(|file| file.set_len(0).and_then(|()| file.sync_all()))
    }

    /// How many bytes of groups stand in the file that is appended to.
    pub(super) fn length(&self) -> u64 {
        self.at
    }
}

/// What a file holds after the settled groups: all changes, the last one to a key counting.
#[derive(Default)]
struct Found {
    which: usize,
    /// The first and the last group's number; 0 for none.
    first: u64,
    last: u64,
    /// Where the last group ends.
    end: u64,
    changes: Changes,
}

fn groups_after(settled: u64, bytes: &[u8]) -> Found {
    let mut found = Found::default();
    let (mut at, mut before) = (0, None);
    while let Some((changes, length)) = read(&bytes[at..]) {
        let Some(State { group, .. }) = changes.get(keys::STATE).and_then(|state| State::from_bytes(state.as_ref()?)) else {
            break;
        };
        if before.is_some_and(|before| group != before + 1) {
            break;
        }
        before = Some(group);
        at += length;
        if group > settled {
            found.first = if found.first == 0 { group } else { found.first };
            (found.last, found.end) = (group, at as u64);
            found.changes.extend(changes);
        }
    }
    found
}

/// A group as it stands in a file.
fn written(changes: &Changes) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; HEAD];
    let length = |length: usize| u32::try_from(length).map(u32::to_le_bytes).map_err(io::Error::other);
    for (key, value) in changes {
        bytes.extend_from_slice(&length(key.len())?);
        bytes.extend_from_slice(key);
        match value {
            Some(value) => {
                bytes.extend_from_slice(&length(value.len())?);
                bytes.extend_from_slice(value);
            }
            None => bytes.extend_from_slice(&REMOVED.to_le_bytes()),
        }
    }
    let body = length(bytes.len() - HEAD)?;
    bytes[..4].copy_from_slice(&body);
    let sum = digest(&SHA256, &bytes[HEAD..]);
    bytes[4..HEAD].copy_from_slice(sum.as_ref());
    Ok(bytes)
}

/// The group that `bytes` begin with and how long it is; none when it is not whole.
fn read(bytes: &[u8]) -> Option<(Changes, usize)> {
    let (length, rest) = bytes.split_first_chunk()?;
    let (sum, rest) = rest.split_first_chunk::<32>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let mut body = rest.get(..length).filter(|body| !body.is_empty() && digest(&SHA256, body).as_ref() == sum)?;
    let mut changes = Changes::new();
    while !body.is_empty() {
        let key = part(&mut body)??;
        changes.insert(key, part(&mut body)?);
    }
    Some((changes, HEAD + length))
}

/// The next key or value; `Some(None)` stands for a removed one.
fn part(body: &mut &[u8]) -> Option<Option<Vec<u8>>> {
    let (length, rest) = body.split_first_chunk()?;
    let length = u32::from_le_bytes(*length);
    if length == REMOVED {
        *body = rest;
        return Some(None);
    }
    let (part, rest) = rest.split_at_checked(length as usize)?;
    *body = rest;
    Some(Some(part.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Head;

    fn group(number: u64) -> Changes {
        let state = State { group: number, head: Head::default() };
        let own = format!("key {number}").into_bytes();
        let gone = (number > 1).then(|| (format!("key {}", number - 1).into_bytes(), None));
        [(keys::STATE.to_vec(), Some(state.to_bytes().to_vec())), (own, Some(vec![7; 300]))].into_iter().chain(gone).collect()
    }

    fn numbers(changes: &Changes) -> Vec<String> {
        let keys = changes.iter().filter(|(key, value)| key.starts_with(b"key") && value.is_some());
        keys.map(|(key, _)| String::from_utf8(key.clone()).unwrap()).collect()
    }

    fn reopened(dir: &tempfile::TempDir, settled: u64) -> Ahead {
        Journal::open(dir.path(), settled).unwrap().1
    }

    #[test]
    fn what_sled_lacks_comes_back_in_order_from_both_files() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, ahead) = Journal::open(dir.path(), 0).unwrap();
        assert!(ahead.front.is_empty() && ahead.back.is_none());
        (1..=3).for_each(|number| journal.append(&group(number)).unwrap());
        journal.turn();
        (4..=5).for_each(|number| journal.append(&group(number)).unwrap());
        let ahead = reopened(&dir, 0);
        assert_eq!((numbers(&ahead.back.unwrap()), numbers(&ahead.front)), (vec!["key 3".to_owned()], vec!["key 5".to_owned()]));
        assert!(reopened(&dir, 3).back.is_none());
        let (mut journal, _) = Journal::open(dir.path(), 3).unwrap();
        journal.append(&group(6)).unwrap();
        journal.turn();
        journal.append(&group(7)).unwrap();
        let ahead = reopened(&dir, 6);
        assert_eq!((ahead.back, numbers(&ahead.front)), (None, vec!["key 7".to_owned()]), "older groups behind it do not follow");
        assert!(reopened(&dir, 7).front.is_empty());
        assert!(reopened(&dir, 2).front.is_empty(), "sled lost what it had: the mark will say so");
    }

    #[test]
    fn a_group_that_was_cut_off_never_was_and_one_in_the_middle_is_missed() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = Journal::open(dir.path(), 0).unwrap();
        journal.append(&group(1)).unwrap();
        let end = journal.length();
        journal.append(&group(2)).unwrap();
        let whole = std::fs::read(dir.path().join("journal-0")).unwrap();
        for cut in end as usize..whole.len() {
            std::fs::write(dir.path().join("journal-0"), &whole[..cut]).unwrap();
            assert_eq!(numbers(&reopened(&dir, 0).front), ["key 1"]);
        }
        journal.turn();
        journal.append(&group(3)).unwrap();
        let said = Journal::open(dir.path(), 0).unwrap_err().to_string();
        insta::assert_snapshot!(said, @"the journal has no group 2 although it has later ones");
    }
}
