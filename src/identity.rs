//! Who is who: chat account ↔ person. People come from `people.toml` and, where it is configured, from IAM Identity Center;
//! somebody who is in both is one person.
//!
//! Which account is whose is written in `people.toml`, or learned: the first time from the verified e-mail address the
//! platform reports, and for users of Identity Center from then on by their user's id, which never changes. Reading order:
//! this file says who is behind an account; `center` keeps the users of Identity Center, `everybody` puts both halves
//! together, `link` is what was learned, `mention` turns accounts in command lines into people.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use commands::context::{AtCenter, Origin};
use commands::{Person, PersonId};
use jiff::Timestamp;

use crate::platform::{Account, Names, Profile, Standing};

pub mod center;
mod everybody;
pub mod link;
mod mention;

use center::{Center, Reading};
use everybody::Everybody;
use link::{Link, Links, News};

/// A person as `people.toml` has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub id: PersonId,
    /// The name they go by.
    pub name: String,
    /// Their e-mail address, lower case.
    pub email: Option<String>,
    /// Their groups.
    pub groups: BTreeSet<String>,
    /// Their IANA time zone, where it is written down.
    pub zone: Option<String>,
    /// Their chat accounts, as far as they are written down.
    pub accounts: Vec<Account>,
    /// How their user in Identity Center is found.
    pub pairing: Pairing,
}

/// How a person's user in Identity Center is found, the first time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pairing {
    /// By their e-mail address.
    #[default]
    ByEmail,
    /// By this user name.
    Named(String),
    /// They have none.
    Nobody,
}

/// Whether a text can be a person's id: `watchkeeper` stands for the bot itself in the audit log.
pub fn is_id(id: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter);
    id != "watchkeeper" && !id.is_empty() && id.chars().all(fits)
}

/// What is written down about people.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The people of `people.toml`, by id.
    pub members: BTreeMap<PersonId, Member>,
    /// The groups of Identity Center that count.
    pub counting: BTreeSet<String>,
    /// Ids no user of Identity Center is ever given: those of people whom the policy calls by name.
    pub reserved: BTreeSet<PersonId>,
}

/// Everybody, and what was learned about their accounts.
#[derive(Debug)]
pub struct Directory {
    register: Register,
    written: HashMap<Account, PersonId>,
    source: Source,
    now: RwLock<Arc<Everybody>>,
    links: RwLock<Links>,
}

/// Where people come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    PeopleToml,
    Both,
}

/// Who is behind a chat account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identified {
    /// A person the directory knows.
    Known(Person),
    /// Nobody it knows.
    Unknown,
    /// An account that may neither ask nor approve, whoever is behind it.
    Refused(Refusal),
}

/// Why an account may neither ask nor approve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is a guest's, or of another workspace.
    Guest,
    /// It is a program's.
    Bot,
    /// It is deactivated.
    Deactivated,
    /// Its owner's user in Identity Center is disabled.
    Disabled,
    /// Its owner's user in Identity Center was deleted.
    Deleted,
    /// Its e-mail address is that of somebody who uses another account of the platform.
    Taken,
    /// Neither `people.toml` nor Identity Center knows its e-mail address.
    Unlisted,
    /// Nobody could be read from Identity Center yet, so it may be a stranger's or not.
    Unread,
}

impl Refusal {
    /// The reason and the way forward, for the account's owner.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Guest => "Guests can't use Watchkeeper. Ask a full member of this workspace to do it.",
            Self::Bot => "Watchkeeper answers people only, not other programs.",
            Self::Deactivated => "This account is deactivated, so Watchkeeper does nothing for it.",
            Self::Disabled => {
                "Your user in IAM Identity Center is disabled, so I do nothing for you. If that is a mistake, ask whoever \
                 looks after Identity Center to enable it; I notice by myself."
            }
            Self::Deleted => {
                "Your user in IAM Identity Center was deleted, so I do nothing for you. If you have a new one, ask whoever \
                 looks after Watchkeeper to write it and this account down in people.toml."
            }
            Self::Taken => {
                "The e-mail address of this account belongs to somebody who uses another account here. If that is you, ask \
                 whoever looks after Watchkeeper to write this account down in people.toml."
            }
            Self::Unlisted => {
                "I don't know you yet. Ask for a user in IAM Identity Center with the e-mail address of this account, or ask \
                 whoever looks after Watchkeeper to add you to people.toml."
            }
            Self::Unread => {
                "I could not read the people of IAM Identity Center yet, so I don't know who you are. Nothing was done. Try \
                 again in a few minutes."
            }
        }
    }
}

/// An account that nobody may act with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outsider {
    /// The directory does not know whose it is.
    Unknown,
    /// It is none that counts, whoever is behind it.
    Refused(Refusal),
}

impl Outsider {
    /// The reason and the way forward, for the account's owner.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => Identified::STRANGER,
            Self::Refused(refusal) => refusal.sentence(),
        }
    }

    /// Whether somebody reads what is written to the account.
    pub fn reads(self) -> bool {
        !matches!(self, Self::Refused(Refusal::Bot | Refusal::Deactivated))
    }
}

impl Identified {
    /// What somebody reads whom the directory does not know.
    pub const STRANGER: &str = "I don't know you yet. Ask whoever looks after Watchkeeper to add you to people.toml \
                                with the e-mail address of this account.";
}

impl Directory {
    /// A directory of these people, who have been checked for duplicates.
    pub fn new(members: Vec<Member>) -> Self {
        let account =
            |member: &Member| member.accounts.iter().map(|account| (account.clone(), member.id.clone())).collect::<Vec<_>>();
        let written = members.iter().flat_map(account).collect();
        let members = members.into_iter().map(|member| (member.id.clone(), member)).collect();
        Self::of(Register { members, ..Register::default() }, written, Source::PeopleToml)
    }

    /// The same people, and those of Identity Center once they are read. Of their groups these count. Nobody of them is
    /// ever given one of the `reserved` ids.
    #[must_use]
    pub fn with_identity_center(self, counting: BTreeSet<String>, reserved: BTreeSet<PersonId>) -> Self {
        let register = Register { counting, reserved, ..self.register };
        Self::of(register, self.written, Source::Both)
    }

    fn of(register: Register, written: HashMap<Account, PersonId>, source: Source) -> Self {
        let now = RwLock::new(Arc::new(Everybody::of(&register, None, 0)));
        Self { register, written, source, now, links: RwLock::default() }
    }

    /// Whether everybody is known; not so until Identity Center was read for the first time ever.
    pub fn is_complete(&self) -> bool {
        self.source == Source::PeopleToml || self.now().center.is_some()
    }

    /// Counts how often people and their groups changed.
    pub fn edition(&self) -> u64 {
        self.now().edition
    }

    /// The users of Identity Center; none until they were read for the first time ever.
    pub fn center(&self) -> Option<Arc<Center>> {
        self.now().center.clone()
    }

    /// What the users of Identity Center are after a reading. Nothing is taken over yet.
    pub fn after(&self, reading: &Reading) -> Center {
        let none = Center::default();
        self.now().center.as_deref().unwrap_or(&none).after(reading, &self.register)
    }

    /// Takes over the users of Identity Center, all at once.
    pub fn take_over(&self, center: Center) {
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Everybody::of(&self.register, Some(Arc::new(center)), now.edition);
        next.edition += u64::from(!next.is_like(&now));
        *now = Arc::new(next);
    }

    /// Takes over users of Identity Center as they were kept by an earlier run, under today's `people.toml`.
    pub fn restore(&self, center: &Center) {
        self.take_over(center.with(&self.register));
    }

    /// The person with this id, with today's groups. Their zone is the one written down, else the one their platform
    /// reported, else UTC.
    pub fn person(&self, id: &PersonId) -> Option<Person> {
        Some(self.in_zone(self.now().people.get(id)?))
    }

    /// Everybody, by id.
    pub fn people(&self) -> Vec<Person> {
        self.now().people.values().map(|person| self.in_zone(person)).collect()
    }

    /// Where a person's groups come from.
    pub fn origin(&self, id: &PersonId) -> Origin {
        let now = self.now();
        let user = now.user_of(id).zip(now.center.as_ref());
        Origin {
            people_toml: self.register.members.get(id).map(|member| member.groups.clone()),
            center: user.map(|(user, center)| AtCenter {
                id: user.id.clone(),
                user: user.name.clone(),
                groups: user.groups.intersection(&self.register.counting).cloned().collect(),
                at: center.at(),
            }),
        }
    }

    /// Whose user in Identity Center this is, by its id, whether they are still there or not.
    pub fn behind(&self, user: &str) -> Option<PersonId> {
        Some(self.now().center.as_ref()?.user(user)?.person.clone())
    }

    /// Who is behind `account`, given what its platform says about it now, where it was asked.
    ///
    /// An account written down in `people.toml` counts; then one that is bound to a user of Identity Center; where a person
    /// has none on this platform, the e-mail address the platform vouches for does. A match by e-mail address with
    /// somebody of `people.toml` alone is believed only while the platform has not been asked anew.
    pub fn identify(&self, account: &Account, profile: Option<&Profile>) -> Identified {
        let refusal = profile.and_then(|profile| match profile.standing {
            Standing::Member => None,
            Standing::Guest => Some(Refusal::Guest),
            Standing::Bot => Some(Refusal::Bot),
            Standing::Gone => Some(Refusal::Deactivated),
        });
        if let Some(refusal) = refusal {
            return Identified::Refused(refusal);
        }
        let now = self.now();
        let identified = match (self.known(account, &now), profile) {
            (Some(id), _) => self.standing(&now, &id),
            (None, Some(profile)) => self.vouched(account, profile, &now),
            (None, None) => match self.links().of(account) {
                Some(link) if now.people.contains_key(&link.person) => self.standing(&now, &link.person),
                _ => Identified::Unknown,
            },
        };
        match identified {
            Identified::Known(person) if self.zone_written(&person.id).is_none() => {
                Identified::Known(Person { zone: profile_zone(profile).unwrap_or(person.zone), ..person })
            }
            other => other,
        }
    }

    /// What was learned about an account whose owner was just identified, where that is not on record yet. A person has one
    /// account a platform.
    pub fn news(&self, account: &Account, person: &Person, at: Timestamp) -> Option<News> {
        let now = self.now();
        let user = now.user_of(&person.id).map(|user| user.id.clone());
        let links = self.links();
        let known = links.of(account);
        if known.is_some_and(|link| link.person == person.id && link.user == user && link.zone == person.zone) {
            return None;
        }
        let matched = user.clone().filter(|user| known.and_then(|link| link.user.as_ref()) != Some(user));
        let replaced = links.accounts(&person.id, &account.platform).filter(|other| *other != account).cloned().collect();
        let link = Link { account: account.clone(), person: person.id.clone(), user, zone: person.zone.clone(), at };
        Some(News { link, replaced, matched })
    }

    /// Remembers what was learned.
    pub fn learn(&self, news: News) {
        self.links.write().unwrap_or_else(PoisonError::into_inner).learn(news);
    }

    /// The person whose account is known without asking its platform: written down, or bound to a user.
    fn known(&self, account: &Account, now: &Everybody) -> Option<PersonId> {
        if let Some(id) = self.written.get(account) {
            return Some(id.clone());
        }
        let bound = self.links().of(account).and_then(|link| link.user.clone())?;
        Some(now.center.as_ref()?.user(&bound)?.person.clone())
    }

    fn standing(&self, now: &Everybody, id: &PersonId) -> Identified {
        match (now.people.get(id), now.gone.get(id)) {
            (Some(person), _) => Identified::Known(self.in_zone(person)),
            (None, Some(refusal)) => Identified::Refused(*refusal),
            (None, None) => Identified::Unknown,
        }
    }

    /// The person whose e-mail address the platform vouches for, unless another account is theirs for good.
    fn vouched(&self, account: &Account, profile: &Profile, now: &Everybody) -> Identified {
        let found = profile.email.as_ref().and_then(|email| now.emails.get(&email.to_lowercase()));
        let Some(id) = found else {
            return match self.source {
                Source::PeopleToml => Identified::Unknown,
                Source::Both if self.is_complete() => Identified::Refused(Refusal::Unlisted),
                Source::Both => Identified::Refused(Refusal::Unread),
            };
        };
        let written = self.register.members.get(id).into_iter().flat_map(|member| &member.accounts);
        if written.into_iter().any(|other| other.platform == account.platform) {
            return Identified::Unknown;
        }
        let user = now.user_of(id).map(|user| &user.id);
        if user.is_some_and(|user| self.links().binds_another(account, id, user)) {
            return Identified::Refused(Refusal::Taken);
        }
        self.standing(now, id)
    }

    fn zone_written(&self, id: &PersonId) -> Option<&String> {
        self.register.members.get(id)?.zone.as_ref()
    }

    fn in_zone(&self, person: &Person) -> Person {
        let written = self.zone_written(&person.id).cloned();
        let zone = written.or_else(|| self.links().zone(&person.id).cloned());
        Person { zone: zone.unwrap_or_else(|| "UTC".to_owned()), ..person.clone() }
    }

    fn now(&self) -> Arc<Everybody> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn links(&self) -> std::sync::RwLockReadGuard<'_, Links> {
        self.links.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn profile_zone(profile: Option<&Profile>) -> Option<String> {
    profile?.zone.clone().filter(|zone| jiff::tz::TimeZone::get(zone).is_ok())
}

impl Names for Directory {
    fn account(&self, platform: &str, person: &PersonId) -> Option<String> {
        let mut written = self.register.members.get(person).into_iter().flat_map(|member| &member.accounts);
        if let Some(account) = written.find(|account| account.platform == platform) {
            return Some(account.id.clone());
        }
        self.links().accounts(person, platform).next().map(|account| account.id.clone())
    }

    fn name(&self, person: &PersonId) -> String {
        self.now().name(person).unwrap_or_else(|| person.to_string())
    }
}

#[cfg(test)]
mod tests;
