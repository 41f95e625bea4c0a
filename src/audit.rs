//! The audit log as values: canonical form, hash chain, verification. Pure: the store keeps what this file computes.
//!
//! **Canonical form.** An entry without its hash, as JSON without spaces: the members `at` (RFC 3339, UTC), `fact` and
//! `number`, in this order; members of every object sorted by their UTF-8 bytes, absent ones left out; numbers are whole
//! (a fraction in a fact becomes text when the entry is made, so that reading it back can't change a bit of it).
//!
//! **Chain.** An entry's hash is SHA-256 over the previous entry's hash (32 bytes; zeros before the first entry) and its
//! own canonical form. The hash covers every member, and through the one before it every entry there ever was.

use commands::records::{ChangeId, Entry, Fact, Verification};
use jiff::Timestamp;
use ring::digest::{Context, SHA256};
use serde::Deserialize;
use serde_json::Value;

pub mod cli;
mod filter;
mod terms;

pub use filter::Filter;
pub use terms::{Term, Terms, words};

/// A SHA-256.
pub type Hash = [u8; 32];

/// The end of the log: the last entry's number and hash. Zeros stand for an empty log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The last entry's number; 0 before the first.
    pub number: u64,
    /// The last entry's hash.
    pub hash: Hash,
}

/// An entry in the form in which it is hashed and kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number and hash.
    pub head: Head,
    /// Its canonical form.
    pub canonical: Vec<u8>,
}

#[derive(Deserialize)]
struct Canonical {
    at: Timestamp,
    fact: Fact,
    number: u64,
}

impl Head {
    /// The link that follows this head: `fact`, stamped with `at`.
    #[must_use]
    pub fn next(&self, at: Timestamp, fact: &Fact) -> Link {
        let number = self.number + 1;
        let canonical = canonical(number, at, fact);
        let hash = link_hash(&self.hash, &canonical);
        Link { head: Self { number, hash }, canonical }
    }

    /// Whether `link` follows this head; why not, as a whole sentence, otherwise.
    ///
    /// # Errors
    /// The number that should have come and what is wrong with it.
    pub fn follow(&self, link: &Link) -> Result<Self, Verification> {
        let number = self.number + 1;
        let broken = |why: String| Err(Verification::Broken { number, why });
        if link.head.number != number {
            return broken(format!("Entry #{number} is missing; #{} stands in its place.", link.head.number));
        }
        if link_hash(&self.hash, &link.canonical) != link.head.hash {
            return broken(format!("Entry #{number} was altered, or the one before it was: its hash does not follow."));
        }
        // The hash can be right and the number inside still another's only if the log was written that way.
        if !link.canonical.ends_with(format!(",\"number\":{number}}}").as_bytes()) {
            return broken(format!("Entry #{number} says inside that it has another number."));
        }
        Ok(link.head)
    }
}

impl Link {
    /// The entry it stands for.
    ///
    /// # Errors
    /// Why its canonical form can't be read.
    pub fn entry(&self) -> Result<Entry, serde_json::Error> {
        let Canonical { at, fact, number } = serde_json::from_slice(&self.canonical)?;
        Ok(Entry { number, at, fact, hash: hex(&self.head.hash) })
    }

    /// The link of an entry that came from elsewhere, such as an export. None when its hash is not 64 hexadecimal digits.
    pub fn of(entry: &Entry) -> Option<Self> {
        let hash = from_hex(&entry.hash)?;
        let canonical = canonical(entry.number, entry.at, &entry.fact);
        Some(Self { head: Head { number: entry.number, hash }, canonical })
    }
}

/// Walks entries from the first on; names the first that does not follow, or that is missing before `end`.
pub fn verify(entries: impl IntoIterator<Item = Entry>, end: Head) -> Verification {
    let mut links = entries.into_iter().map(|entry| {
        Link::of(&entry).ok_or_else(|| Verification::Broken {
            number: entry.number,
            why: format!("The hash of entry #{} is no hash.", entry.number),
        })
    });
    let walked = links.try_fold(Head::default(), |head, link| head.follow(&link?));
    walked.map_or_else(|broken| broken, |head| verdict(head, end))
}

/// What it means that a walk came to `head` where the log should end at `end`.
pub fn verdict(head: Head, end: Head) -> Verification {
    match head {
        head if head == end => Verification::Whole { entries: head.number, head: hex(&head.hash) },
        head if head.number < end.number => {
            let number = head.number + 1;
            let why = format!("Entry #{number} is missing, and so is all that follows up to #{}.", end.number);
            Verification::Broken { number, why }
        }
        head if head.number > end.number => {
            let number = end.number + 1;
            Verification::Broken { number, why: format!("Entry #{number} was added: the log ended at #{}.", end.number) }
        }
        head => {
            let why = format!("Entry #{} is not the one the log ended with.", head.number);
            Verification::Broken { number: head.number, why }
        }
    }
}

/// The canonical form of an entry; the module's comment says what that is.
fn canonical(number: u64, at: Timestamp, fact: &Fact) -> Vec<u8> {
    let Fact { operation, event, person, account, place, action, resource, project, change, outcome, detail } = fact;
    let mut out = Vec::with_capacity(512);
    out.extend_from_slice(b"{\"at\":");
    text(&mut out, &at.to_string());
    out.extend_from_slice(b",\"fact\":{");
    let optional = |name, value: &Option<String>| value.clone().map(|value| (name, Value::String(value)));
    let details = (!detail.is_empty()).then(|| ("detail", Value::Object(detail.clone().into_iter().collect())));
    let members = [
        optional("account", account),
        optional("action", action),
        change.map(|ChangeId(change)| ("change", change.into())),
        details,
        Some(("event", event.as_str().into())),
        Some(("operation", operation.as_str().into())),
        optional("outcome", outcome),
        Some(("person", person.as_str().into())),
        optional("place", place),
        optional("project", project),
        optional("resource", resource),
    ];
    write_members(&mut out, members.iter().flatten().map(|(name, value)| (*name, value)));
    out.extend_from_slice(format!("}},\"number\":{number}}}").as_bytes());
    out
}

fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Number(number) if number.is_f64() => text(out, &number.to_string()),
        Value::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::String(words) => text(out, words),
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_value(out, item);
            }
            out.push(b']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&str, &Value)> = members.iter().map(|(name, value)| (name.as_str(), value)).collect();
            sorted.sort_by_key(|(name, _)| *name);
            out.push(b'{');
            write_members(out, sorted.into_iter());
            out.push(b'}');
        }
    }
}

fn write_members<'a>(out: &mut Vec<u8>, members: impl Iterator<Item = (&'a str, &'a Value)>) {
    for (at, (name, value)) in members.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        text(out, name);
        out.push(b':');
        write_value(out, value);
    }
}

/// A JSON string: `"` and `\` escaped, control characters as `\u00XX`, everything else as it is.
fn text(out: &mut Vec<u8>, words: &str) {
    out.push(b'"');
    for byte in words.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

fn link_hash(previous: &Hash, canonical: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(canonical);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A hash in 64 lower-case hexadecimal digits.
pub fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn from_hex(digits: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    // Upper-case digits would be another way to write the same hash: every change must show.
    let lower = digits.len() == 64 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if !lower {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
pub(crate) mod tests;
