//! Whose a chat account is, as far as it was learned. Each link is a record of the store, so that a restart forgets nobody.

use std::collections::{BTreeSet, HashMap};

use commands::PersonId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::platform::Account;

/// Whose an account is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The account.
    pub account: Account,
    /// The person.
    pub person: PersonId,
    /// Their user in Identity Center, by the id that never changes; none where there is none. With it the e-mail address no
    /// longer matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Their time zone when they were last seen.
    pub zone: String,
    /// How it was learned.
    #[serde(default, skip_serializing_if = "By::is_address")]
    pub by: By,
    /// The groups the platform last vouched for: to be shown, and to know where to ask. They count only once it vouches for
    /// them again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// When it was learned.
    pub at: Timestamp,
}

/// How it was learned whose an account is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// By the e-mail address its platform vouched for, or because it is written down.
    #[default]
    Address,
    /// By a code that was typed with it: it is theirs until they give it up.
    Code,
}

impl By {
    fn is_address(&self) -> bool {
        *self == Self::Address
    }
}

/// A link that is not on record yet, and what it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The link.
    pub link: Link,
    /// The accounts that were the person's on the same platform until now.
    pub replaced: Vec<Account>,
    /// Whether the account is now bound to a user of Identity Center, and was not to this one before.
    pub matched: Option<String>,
}

/// All links.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    by_account: HashMap<Account, Link>,
    by_person: HashMap<PersonId, BTreeSet<Account>>,
}

impl Links {
    pub(super) fn of(&self, account: &Account) -> Option<&Link> {
        self.by_account.get(account)
    }

    /// The accounts of a person on a platform.
    pub(super) fn accounts(&self, person: &PersonId, platform: &str) -> impl Iterator<Item = &Account> {
        self.by_person.get(person).into_iter().flatten().filter(move |account| account.platform == platform)
    }

    /// All accounts of a person.
    pub(super) fn all(&self, person: &PersonId) -> impl Iterator<Item = &Link> {
        self.by_person.get(person).into_iter().flatten().filter_map(|account| self.of(account))
    }

    /// Whether another account of the platform is the person's for good: bound to their user, or linked by a code.
    pub(super) fn has_another(&self, account: &Account, person: &PersonId, user: Option<&str>) -> bool {
        let others = self.accounts(person, &account.platform).filter(|other| *other != account);
        let for_good = |link: &Link| link.by == By::Code || (user.is_some() && link.user.as_deref() == user);
        others.filter_map(|other| self.of(other)).any(for_good)
    }

    /// Everybody of whom a platform vouched for groups, now or before.
    pub(super) fn people_with_groups(&self) -> impl Iterator<Item = &PersonId> {
        self.by_account.values().filter(|link| !link.groups.is_empty()).map(|link| &link.person)
    }

    /// The time zone a person was last seen with.
    pub(super) fn zone(&self, person: &PersonId) -> Option<&String> {
        let links = self.by_person.get(person)?.iter().filter_map(|account| self.by_account.get(account));
        links.max_by_key(|link| link.at).map(|link| &link.zone)
    }

    pub(super) fn learn(&mut self, news: News) {
        for account in &news.replaced {
            self.forget(account);
        }
        self.forget(&news.link.account);
        self.by_person.entry(news.link.person.clone()).or_default().insert(news.link.account.clone());
        self.by_account.insert(news.link.account.clone(), news.link);
    }

    pub(super) fn forget(&mut self, account: &Account) {
        let Some(link) = self.by_account.remove(account) else { return };
        if let Some(accounts) = self.by_person.get_mut(&link.person) {
            accounts.remove(account);
        }
    }
}
