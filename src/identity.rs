//! Who is who: chat account ↔ person. People come from `people.toml` and, where it is configured, from IAM Identity Center;
//! somebody who is in both is one person.
//!
//! Which account is whose is written in `people.toml`, or learned: the first time from the verified e-mail address the
//! platform reports, and for users of Identity Center from then on by their user's id, which never changes; or by a code
//! that its owner types with it. Reading order: this file says who is behind an account; `center` keeps the users of Identity
//! Center, `everybody` puts both halves together, `link` is what was learned, `vouched` the groups that platforms vouch for,
//! `refusal` why an account is none that counts, `mention` turns accounts in command lines into people.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use commands::context::{AtCenter, ChatAccount, Known, Origin};
use commands::{Person, PersonId};
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::platform::{Account, Names, Profile, Standing};

pub mod center;
mod everybody;
pub mod link;
mod mention;
mod refusal;
pub mod vouched;

use center::{Center, Reading};
use everybody::Everybody;
use link::{By, Link, Links, News};
pub use refusal::{Outsider, Refusal};
use vouched::{Vouched, Word};

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
    vouched: RwLock<Vouched>,
    /// Counts how often the groups that platforms vouch for changed.
    vouchings: AtomicU64,
    /// Without it nothing that a platform vouches for is believed.
    clock: OnceLock<Clock>,
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
        Self {
            register,
            written,
            source,
            now,
            links: RwLock::default(),
            vouched: RwLock::default(),
            vouchings: AtomicU64::new(0),
            clock: OnceLock::new(),
        }
    }

    /// Has it read the time from this clock, by which what platforms vouch for grows old.
    pub fn reads(&self, clock: Clock) {
        // It is given one once, at the start.
        let _ = self.clock.set(clock);
    }

    /// Whether everybody is known; not so until Identity Center was read for the first time ever.
    pub fn is_complete(&self) -> bool {
        self.source == Source::PeopleToml || self.now().center.is_some()
    }

    /// Counts how often people and their groups changed.
    pub fn edition(&self) -> u64 {
        self.now().edition + self.vouchings.load(Ordering::Relaxed)
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

    /// The person with this id, with the groups that count now: what a platform vouched for too long ago does not. Their zone
    /// is the one written down, else the one their platform reported, else UTC.
    pub fn person(&self, id: &PersonId) -> Option<Person> {
        Some(self.as_of_now(self.now().people.get(id)?))
    }

    /// Everybody, by id, with the groups they were last known to be in.
    pub fn people(&self) -> Vec<Person> {
        let now = self.now();
        let links = self.links();
        let last_known = |person: &Person| {
            let groups = links.all(&person.id).flat_map(|link| &link.groups).cloned();
            let groups = person.groups.iter().cloned().chain(groups).collect();
            Person { groups, zone: self.zone(&person.id, &links), ..person.clone() }
        };
        now.people.values().map(last_known).collect()
    }

    /// Where a person's groups come from, and by which accounts they are known.
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
            accounts: self.accounts(id).iter().map(|account| self.chat_account(account, id)).collect(),
        }
    }

    fn chat_account(&self, account: &Account, id: &PersonId) -> ChatAccount {
        let links = self.links();
        let link = links.of(account).filter(|link| link.person == *id);
        let believed = self.vouched().of(account, id).filter(|word| self.believes(word)).cloned();
        let known = match link {
            _ if self.written.contains_key(account) => Known::Written,
            Some(link) if link.by == By::Code => Known::ByCode,
            _ => Known::ByAddress,
        };
        ChatAccount {
            platform: account.platform.clone(),
            account: account.to_string(),
            known,
            at: believed.as_ref().map(|word| word.at),
            groups: believed.map(|word| word.groups).or_else(|| Some(link?.groups.clone())).unwrap_or_default(),
        }
    }

    /// The chat accounts of a person as far as they are known, one a platform.
    pub fn accounts(&self, id: &PersonId) -> Vec<Account> {
        let written = self.written_accounts(id).cloned();
        let learned = self.links().all(id).map(|link| link.account.clone()).collect::<Vec<_>>();
        let learned = learned.into_iter().filter(|account| !self.is_written_on(&account.platform, id));
        let mut accounts: Vec<Account> = written.chain(learned).collect();
        accounts.sort();
        accounts
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
            (None, Some(profile)) => self.by_address(account, profile, &now),
            (None, None) => {
                let learned = self.links().of(account).map(|link| link.person.clone());
                let known = learned.filter(|person| now.people.contains_key(person));
                known.map_or(Identified::Unknown, |person| self.standing(&now, &person))
            }
        };
        match identified {
            Identified::Known(person) => Identified::Known(self.in_zone_of(profile, person)),
            other => other,
        }
    }

    /// The person in the zone their platform reports, where none is written down.
    pub fn in_zone_of(&self, profile: Option<&Profile>, person: Person) -> Person {
        match profile_zone(profile) {
            Some(zone) if self.zone_written(&person.id).is_none() => Person { zone, ..person },
            _ => person,
        }
    }

    /// What was learned about an account whose owner was just identified, where that is not on record yet. A person has one
    /// account a platform.
    pub fn news(&self, account: &Account, person: &Person, at: Timestamp) -> Option<News> {
        let known = self.links().of(account).cloned();
        let by = known.as_ref().filter(|link| link.person == person.id).map_or(By::Address, |link| link.by);
        let news = self.linked(account, person, (by, at));
        if known.as_ref().is_some_and(|known| Link { at: known.at, ..news.link.clone() } == *known) {
            return None;
        }
        let before = known.and_then(|link| link.user);
        let matched = news.link.user.clone().filter(|user| before.as_ref() != Some(user));
        Some(News { matched, ..news })
    }

    /// What it means that an account is a person's from now on.
    pub fn linked(&self, account: &Account, person: &Person, (by, at): (By, Timestamp)) -> News {
        let user = self.now().user_of(&person.id).map(|user| user.id.clone());
        let links = self.links();
        let replaced = links.accounts(&person.id, &account.platform).filter(|other| *other != account).cloned().collect();
        let last_known = || links.of(account).filter(|link| link.person == person.id).map(|link| link.groups.clone());
        let groups = self.vouched().of(account, &person.id).map(|word| word.groups.clone());
        let link = Link {
            account: account.clone(),
            person: person.id.clone(),
            user,
            zone: person.zone.clone(),
            by,
            groups: groups.or_else(last_known).unwrap_or_default(),
            at,
        };
        News { link, replaced, matched: None }
    }

    /// Remembers what was learned.
    pub fn learn(&self, news: News) {
        if !news.link.groups.is_empty() {
            self.vouched_mut().gave(&news.link.account.platform);
        }
        self.links.write().unwrap_or_else(PoisonError::into_inner).learn(news);
    }

    /// Forgets whose an account is, as far as it was learned.
    pub fn forget(&self, account: &Account) {
        self.links.write().unwrap_or_else(PoisonError::into_inner).forget(account);
        self.vouched_mut().forget(account);
    }

    /// Whether an account of the person on this platform is written down: then no other one counts there.
    pub fn is_written_on(&self, platform: &str, id: &PersonId) -> bool {
        self.written_accounts(id).any(|account| account.platform == platform)
    }

    /// Hears what a platform says about an account: the groups of whoever it belongs to now. An account that may not act
    /// gives none.
    pub fn hear(&self, account: &Account, profile: &Profile, at: Timestamp) {
        let learned = || self.links().of(account).map(|link| link.person.clone());
        let word = match self.identify(account, Some(profile)) {
            Identified::Known(person) => Some((person.id, profile.groups.clone())),
            _ => self.written.get(account).cloned().or_else(learned).map(|owner| (owner, BTreeSet::new())),
        };
        let Some((person, groups)) = word else { return self.vouched_mut().forget(account) };
        let word = Word { person, groups, at };
        let last_known = self.links().of(account).map(|link| link.groups.clone()).unwrap_or_default();
        let mut vouched = self.vouched_mut();
        let before = vouched.of(account, &word.person).map_or(last_known, |word| word.groups.clone());
        if before != word.groups {
            self.vouchings.fetch_add(1, Ordering::Relaxed);
        }
        vouched.hear(account, word);
    }

    /// The accounts of a person whose platforms gave groups and said so longer ago than `age`.
    pub fn unheard(&self, id: &PersonId, (age, now): (SignedDuration, Timestamp)) -> Vec<Account> {
        if self.vouched().is_empty() {
            return Vec::new();
        }
        let mut accounts = self.accounts(id);
        let vouched = self.vouched();
        let is_fresh = |account: &Account| vouched.of(account, id).is_some_and(|word| now.duration_since(word.at) < age);
        accounts.retain(|account| vouched.gives(&account.platform) && !is_fresh(account));
        accounts
    }

    /// Everybody of whom a platform vouched for groups, now or before.
    pub fn people_with_groups(&self) -> BTreeSet<PersonId> {
        self.links().people_with_groups().cloned().collect()
    }

    /// The person whose account is known without asking its platform: written down, bound to a user, or linked by a code.
    fn known(&self, account: &Account, now: &Everybody) -> Option<PersonId> {
        if let Some(id) = self.written.get(account) {
            return Some(id.clone());
        }
        let links = self.links();
        let link = links.of(account)?;
        let id = match &link.user {
            Some(user) => now.center.as_ref()?.user(user)?.person.clone(),
            None => Some(link.person.clone()).filter(|_| link.by == By::Code)?,
        };
        (!self.is_written_on(&account.platform, &id)).then_some(id)
    }

    fn standing(&self, now: &Everybody, id: &PersonId) -> Identified {
        match (now.people.get(id), now.gone.get(id)) {
            (Some(person), _) => Identified::Known(self.as_of_now(person)),
            (None, Some(refusal)) => Identified::Refused(*refusal),
            (None, None) => Identified::Unknown,
        }
    }

    /// The person whose e-mail address the platform vouches for, unless another account is theirs for good.
    fn by_address(&self, account: &Account, profile: &Profile, now: &Everybody) -> Identified {
        let found = profile.email.as_ref().and_then(|email| now.emails.get(&email.to_lowercase()));
        let Some(id) = found else {
            return match self.source {
                Source::PeopleToml => Identified::Unknown,
                Source::Both if self.is_complete() => Identified::Refused(Refusal::Unlisted),
                Source::Both => Identified::Refused(Refusal::Unread),
            };
        };
        if self.is_written_on(&account.platform, id) {
            return Identified::Unknown;
        }
        if self.links().has_another(account, id, now.user_of(id).map(|user| user.id.as_str())) {
            return Identified::Refused(Refusal::Taken);
        }
        self.standing(now, id)
    }

    fn zone_written(&self, id: &PersonId) -> Option<&String> {
        self.register.members.get(id)?.zone.as_ref()
    }

    fn zone(&self, id: &PersonId, links: &Links) -> String {
        let zone = self.zone_written(id).or_else(|| links.zone(id)).cloned();
        zone.unwrap_or_else(|| "UTC".to_owned())
    }

    /// The person in their zone, with the groups their platforms vouch for and are believed.
    fn as_of_now(&self, person: &Person) -> Person {
        let zone = self.zone(&person.id, &self.links());
        let mut groups = person.groups.clone();
        if !self.vouched().is_empty() {
            let accounts = self.accounts(&person.id);
            let vouched = self.vouched();
            let words = accounts.iter().filter_map(|account| vouched.of(account, &person.id));
            groups.extend(words.filter(|word| self.believes(word)).flat_map(|word| word.groups.iter().cloned()));
        }
        Person { groups, zone, ..person.clone() }
    }

    fn believes(&self, word: &Word) -> bool {
        self.clock.get().is_some_and(|clock| word.is_believed(clock.now()))
    }

    fn written_accounts(&self, id: &PersonId) -> impl Iterator<Item = &Account> {
        self.register.members.get(id).into_iter().flat_map(|member| &member.accounts)
    }

    fn now(&self) -> Arc<Everybody> {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn links(&self) -> std::sync::RwLockReadGuard<'_, Links> {
        self.links.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn vouched(&self) -> std::sync::RwLockReadGuard<'_, Vouched> {
        self.vouched.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn vouched_mut(&self) -> std::sync::RwLockWriteGuard<'_, Vouched> {
        self.vouched.write().unwrap_or_else(PoisonError::into_inner)
    }
}

fn profile_zone(profile: Option<&Profile>) -> Option<String> {
    profile?.zone.clone().filter(|zone| jiff::tz::TimeZone::get(zone).is_ok())
}

impl Names for Directory {
    fn account(&self, platform: &str, person: &PersonId) -> Option<String> {
        if let Some(account) = self.written_accounts(person).find(|account| account.platform == platform) {
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
