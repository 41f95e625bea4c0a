//! Ends that come before their beginnings: a source says that a thing is right of which nobody here knows that it was wrong.
//! SNS and queues keep no order, so the word that it was wrong may still be on its way. It is over then, and calls nobody.

use commands::plan::hex;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::store::{Key, Kind};

/// How long such a word counts: SNS tries for an hour at most to deliver one.
const COUNTS: SignedDuration = SignedDuration::from_hours(1);
/// Letters of a digest that name a compartment: there are 4,096.
const LETTERS: usize = 3;
/// Words in a compartment. With all compartments they are enough for a storm of them, and what is written for each stays small.
const ROOM: usize = 8;

/// The words that share a record, the oldest first. A fixed number of records has room for all, so nobody has to clear them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Compartment(Vec<Word>);

/// That a thing is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Word {
    /// What, as the source and its fingerprint of it.
    of: String,
    /// As of when, by the source's clock.
    as_of: Timestamp,
    came: Timestamp,
}

/// The key of the compartment for what a source says of a thing, which is known by the key of its fingerprint.
pub(super) fn compartment(of: &Key) -> Key {
    let digest = hex(digest(&SHA256, of.id.as_bytes()).as_ref());
    Key::new(Kind::Early, &digest[..LETTERS])
}

impl Compartment {
    /// Keeps that a thing is right as of then. Whether that is news: what is too old, or was known, is none.
    pub(super) fn keep(&mut self, of: &Key, as_of: Timestamp, now: Timestamp) -> bool {
        if as_of + COUNTS <= now || self.right_as_of(of, now).is_some_and(|known| known >= as_of) {
            return false;
        }
        self.0.retain(|word| word.of != of.id && word.came + COUNTS > now);
        self.0.push(Word { of: of.id.clone(), as_of, came: now });
        let surplus = self.0.len().saturating_sub(ROOM);
        self.0.drain(..surplus);
        true
    }

    /// As of when a thing was right before anybody knew that it was wrong; none where nothing was said of it lately.
    pub(super) fn right_as_of(&self, of: &Key, now: Timestamp) -> Option<Timestamp> {
        let word = self.0.iter().rev().find(|word| word.of == of.id && word.came + COUNTS > now)?;
        Some(word.as_of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::fingerprint;

    fn at(minutes: i64) -> Timestamp {
        "2026-11-25T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    #[test]
    fn the_newest_word_on_a_thing_counts_for_an_hour() {
        let (disk, other) = (fingerprint("checks", "disk"), fingerprint("others", "disk"));
        let mut kept = Compartment::default();
        assert!(kept.keep(&disk, at(1), at(2)) && kept.keep(&disk, at(5), at(5)));
        assert!(!kept.keep(&disk, at(5), at(6)) && !kept.keep(&disk, at(3), at(6)), "no news");
        assert_eq!((kept.right_as_of(&disk, at(64)), kept.right_as_of(&disk, at(65))), (Some(at(5)), None));
        assert_eq!(kept.right_as_of(&other, at(6)), None);
        assert!(!kept.keep(&other, at(0), at(60)), "too old");
        assert!(kept.keep(&other, at(65), at(65)));
        assert_eq!(kept.0.len(), 1, "what counts no more takes no room");
    }

    #[test]
    fn a_storm_of_them_takes_little_room() {
        let mut kept = Compartment::default();
        for number in 0..100 {
            assert!(kept.keep(&fingerprint("checks", &number.to_string()), at(0), at(0)));
        }
        assert_eq!(kept.0.len(), ROOM);
        assert_eq!(kept.right_as_of(&fingerprint("checks", "99"), at(0)), Some(at(0)));
        let names: std::collections::BTreeSet<String> =
            (0..10_000).map(|number| compartment(&fingerprint("checks", &number.to_string())).id).collect();
        assert!(names.len() > 3_000 && names.iter().all(|name| name.len() == LETTERS), "{}", names.len());
    }
}
