//! The slot of a message, kept with it: letters nobody sees, and a nonce.

use ring::digest::{SHA256, digest};

use super::limits;

/// Function application, invisible times, separator and plus (U+2061 to U+2064): they show nothing, are not trimmed as white
/// space is, and stand for two bits each.
const LETTERS: [char; 4] = ['\u{2061}', '\u{2062}', '\u{2063}', '\u{2064}'];
/// How many bytes of the digest a marker holds.
const BYTES: usize = 8;
/// How long a marker is.
pub(super) const LENGTH: usize = BYTES * 4;

/// Whether this letter could be part of a marker; words from outside must hold none.
pub(super) fn is_marker(letter: char) -> bool {
    LETTERS.contains(&letter)
}

/// What stands unseen at the end of the message of this slot.
pub(super) fn marker(slot: &str) -> String {
    let digest = digest(&SHA256, slot.as_bytes());
    let bits = digest.as_ref().iter().take(BYTES).flat_map(|byte| [6, 4, 2, 0].map(|shift| usize::from(byte >> shift & 3)));
    bits.filter_map(|two| LETTERS.get(two)).collect()
}

/// What Discord recognises a second try of the same message by, for a few minutes (`enforce_nonce`).
pub(super) fn nonce(slot: &str) -> String {
    commands::plan::hex(digest(&SHA256, slot.as_bytes()).as_ref()).chars().take(limits::NONCE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_has_its_own_marker_and_nonce() {
        let (one, other) = (marker("card/CHG-7"), marker("card/CHG-8"));
        assert_eq!(limits::len(&one), LENGTH);
        assert!(one.chars().all(is_marker) && one != other && one == marker("card/CHG-7"));
        assert_eq!(nonce("card/CHG-7").len(), 25);
        assert_ne!(nonce("card/CHG-7"), nonce("card/CHG-8"));
    }
}
