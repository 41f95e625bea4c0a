//! How records, due times, entries and the rest lie in the one tree: the first byte of a key says which it is, and
//! keys sort as they are walked.

use jiff::Timestamp;
use serde_json::Value;

use crate::store::{Key, Kind, ReadError, Row};

/// Where the log ends and how many groups of commits were written.
pub(super) const STATE: &[u8] = b"s";

/// What a record's id or a `once` key may have, in bytes.
pub(super) const LONGEST_ID: usize = 512;

const RECORD: u8 = b'r';
const DUE: u8 = b'd';
const ENTRY: u8 = b'e';
const ONCE: u8 = b'o';
const ONCE_AT: u8 = b'p';

/// An instant as bytes that sort by time: nanoseconds with the sign bit turned.
pub(super) fn instant(at: Timestamp) -> [u8; 16] {
    (at.as_nanosecond() as u128 ^ 1 << 127).to_be_bytes()
}

fn instant_of(bytes: [u8; 16]) -> Option<Timestamp> {
    Timestamp::from_nanosecond((u128::from_be_bytes(bytes) ^ 1 << 127) as i128).ok()
}

/// All there are: a due time of any other is damage.
const KINDS: [Kind; 21] = [
    Kind::Change,
    Kind::Freeze,
    Kind::Message,
    Kind::Posted,
    Kind::Lock,
    Kind::Counter,
    Kind::Asked,
    Kind::Link,
    Kind::Code,
    Kind::Roster,
    Kind::Listing,
    Kind::Watch,
    Kind::Alert,
    Kind::Fingerprint,
    Kind::Early,
    Kind::Storm,
    Kind::Override,
    Kind::Swap,
    Kind::Shift,
    Kind::Hook,
    Kind::Line,
];

fn kind(kind: Kind) -> u8 {
    match kind {
        Kind::Change => b'c',
        Kind::Freeze => b'f',
        Kind::Message => b'm',
        Kind::Posted => b'd',
        Kind::Lock => b'l',
        Kind::Counter => b'n',
        Kind::Asked => b'q',
        Kind::Link => b'a',
        Kind::Code => b'e',
        Kind::Roster => b'r',
        Kind::Listing => b'i',
        Kind::Watch => b'w',
        Kind::Alert => b'z',
        Kind::Fingerprint => b'p',
        Kind::Early => b'y',
        Kind::Storm => b't',
        Kind::Override => b'o',
        Kind::Swap => b's',
        Kind::Shift => b'h',
        Kind::Hook => b'k',
        Kind::Line => b'b',
    }
}

pub(super) fn record(key: &Key) -> Vec<u8> {
    [&[RECORD, kind(key.kind)], key.id.as_bytes()].concat()
}

/// What the keys of all records of a kind begin with.
pub(super) fn records(of: Kind) -> [u8; 2] {
    [RECORD, kind(of)]
}

/// The id in a record's key.
pub(super) fn record_id(key: &[u8]) -> Result<String, ReadError> {
    let id = key.get(2..).unwrap_or_default();
    String::from_utf8(id.to_vec()).map_err(|_| unreadable("a record's key"))
}

pub(super) fn due(at: Timestamp, key: &Key) -> Vec<u8> {
    [&[DUE, kind(key.kind)], &instant(at)[..], key.id.as_bytes()].concat()
}

/// What the due times of all records begin with.
pub(super) const DUES: &[u8] = &[DUE];

/// Time and record of a due time's key.
pub(super) fn due_of(key: &[u8]) -> Result<(Timestamp, Key), ReadError> {
    let of = KINDS.into_iter().find(|of| key.get(1) == Some(&kind(*of)));
    let at = key.get(2..18).and_then(|bytes| instant_of(bytes.try_into().ok()?));
    let id = key.get(18..).and_then(|id| String::from_utf8(id.to_vec()).ok());
    let key = of.zip(id).map(|(kind, id)| Key { kind, id });
    at.zip(key).ok_or_else(|| unreadable("a due time"))
}

pub(super) fn entry(number: u64) -> [u8; 9] {
    let mut key = [ENTRY; 9];
    key[1..].copy_from_slice(&number.to_be_bytes());
    key
}

/// The number in an entry's key.
pub(super) fn entry_number(key: &[u8]) -> Result<u64, ReadError> {
    let number = key.get(1..9).and_then(|bytes| bytes.try_into().ok());
    number.map(u64::from_be_bytes).ok_or_else(|| unreadable("an entry's key"))
}

pub(super) fn once(used: &str) -> Vec<u8> {
    [&[ONCE], used.as_bytes()].concat()
}

/// The key by which a used `once` key is found again when its time is over.
pub(super) fn once_at(at: Timestamp, used: &str) -> Vec<u8> {
    [&[ONCE_AT], &instant(at)[..], used.as_bytes()].concat()
}

/// Where the times of used `once` keys begin, and where those before `end` end.
pub(super) fn once_before(end: Timestamp) -> (Vec<u8>, Vec<u8>) {
    (vec![ONCE_AT], [&[ONCE_AT], &instant(end)[..]].concat())
}

/// The `once` key that a key of [`once_at`] belongs to.
pub(super) fn once_of(key: &[u8]) -> Vec<u8> {
    [&[ONCE], key.get(17..).unwrap_or_default()].concat()
}

/// The first key after all that begin with `prefix`; none when there is none.
pub(super) fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte < u8::MAX)?;
    let mut after = prefix[..=last].to_vec();
    after[last] += 1;
    Some(after)
}

/// A record's version, due time and state.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stored {
    pub(super) version: u64,
    pub(super) due: Option<Timestamp>,
    pub(super) json: Vec<u8>,
}

impl Stored {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(25 + self.json.len());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.push(self.due.is_some().into());
        bytes.extend_from_slice(&self.due.map(instant).unwrap_or_default());
        bytes.extend_from_slice(&self.json);
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, ReadError> {
        let (version, due, json) = Self::parts(bytes)?;
        Ok(Self { version, due, json: json.to_vec() })
    }

    /// Due time and state as they lie there.
    pub(super) fn peek(bytes: &[u8]) -> Result<(Option<Timestamp>, &[u8]), ReadError> {
        let (_, due, json) = Self::parts(bytes)?;
        Ok((due, json))
    }

    fn parts(bytes: &[u8]) -> Result<(u64, Option<Timestamp>, &[u8]), ReadError> {
        let broken = || unreadable("a record");
        let (version, rest) = bytes.split_first_chunk().ok_or_else(broken)?;
        let (&[has_due], rest) = rest.split_first_chunk().ok_or_else(broken)?;
        let (due, json) = rest.split_first_chunk().ok_or_else(broken)?;
        let due = if has_due == 0 { None } else { Some(instant_of(*due).ok_or_else(broken)?) };
        Ok((u64::from_be_bytes(*version), due, json))
    }

    pub(super) fn row(self, key: Key) -> Result<Row, ReadError> {
        let value: Value = serde_json::from_slice(&self.json)
            .map_err(|cause| ReadError(format!("{}/{} is not JSON: {cause}", key.kind.name(), key.id)))?;
        Ok(Row { key, version: self.version, due: self.due, value })
    }
}

pub(super) fn unreadable(what: &str) -> ReadError {
    ReadError(format!("{what} is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_sort_and_come_back() {
        let instants = [Timestamp::MIN, Timestamp::UNIX_EPOCH, "2026-11-25T10:00:00.000000001Z".parse().unwrap(), Timestamp::MAX];
        assert!(instants.map(instant).is_sorted());
        assert_eq!(instants.map(|at| instant_of(instant(at))), instants.map(Some));
    }

    #[test]
    fn no_two_kinds_share_a_letter() {
        let letters: std::collections::BTreeSet<u8> = KINDS.into_iter().map(kind).collect();
        assert_eq!(letters.len(), KINDS.len());
    }

    #[test]
    fn a_record_comes_back_as_it_was_kept() {
        for due in [None, Some(Timestamp::UNIX_EPOCH)] {
            let stored = Stored { version: 7, due, json: b"{}".to_vec() };
            assert_eq!(Stored::from_bytes(&stored.to_bytes()).unwrap(), stored);
        }
        assert!(Stored::from_bytes(b"short").is_err());
    }
}
