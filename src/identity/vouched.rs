//! The groups that platforms vouch for: believed for a while only, since nobody says when somebody leaves one.

use std::collections::{BTreeSet, HashMap, HashSet};

use commands::PersonId;
use jiff::{SignedDuration, Timestamp};

use crate::platform::Account;

/// How long what a platform said about an account is believed: a deactivated person loses their rights within it, and
/// somebody who left a group the rights it gave.
pub const BELIEVED: SignedDuration = SignedDuration::from_mins(5);

/// What platforms last said.
#[derive(Debug, Default)]
pub(super) struct Vouched {
    words: HashMap<Account, Word>,
    /// The platforms that ever put somebody into a group.
    giving: HashSet<String>,
}

/// What a platform said about one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Whose the account was then.
    pub(super) person: PersonId,
    /// Their groups.
    pub(super) groups: BTreeSet<String>,
    /// When.
    pub(super) at: Timestamp,
}

impl Vouched {
    /// Whether no platform ever put anybody into a group.
    pub(super) fn is_empty(&self) -> bool {
        self.giving.is_empty()
    }

    /// Whether a platform puts people into groups.
    pub(super) fn gives(&self, platform: &str) -> bool {
        self.giving.contains(platform)
    }

    /// Remembers that a platform puts people into groups.
    pub(super) fn gave(&mut self, platform: &str) {
        self.giving.insert(platform.to_owned());
    }

    /// What was said about an account that is still the person's, believed or not.
    pub(super) fn of(&self, account: &Account, person: &PersonId) -> Option<&Word> {
        self.words.get(account).filter(|word| word.person == *person)
    }

    /// Hears what a platform says. Where it never spoke of groups, nothing is kept.
    pub(super) fn hear(&mut self, account: &Account, word: Word) {
        if !word.groups.is_empty() {
            self.gave(&account.platform);
        }
        if self.gives(&account.platform) {
            self.words.insert(account.clone(), word);
        }
    }

    /// Forgets what was said about an account.
    pub(super) fn forget(&mut self, account: &Account) {
        self.words.remove(account);
    }
}

impl Word {
    /// Whether it is believed at an instant.
    pub(super) fn is_believed(&self, now: Timestamp) -> bool {
        now.duration_since(self.at) < BELIEVED
    }
}
