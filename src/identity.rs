//! Who is who: chat account ↔ person. People come from `people.toml`; which account is whose is written there, or
//! learned from the verified e-mail address a platform reports.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{PoisonError, RwLock};

use commands::{Person, PersonId};

use crate::platform::{Account, Names, Profile, Standing};

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
}

/// Everybody, and what was learned about their accounts since the start.
#[derive(Debug)]
pub struct Directory {
    members: BTreeMap<PersonId, Member>,
    by_email: HashMap<String, PersonId>,
    written: HashMap<Account, PersonId>,
    learned: RwLock<Learned>,
}

#[derive(Debug, Default)]
struct Learned {
    people: HashMap<Account, PersonId>,
    zones: HashMap<PersonId, String>,
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
}

impl Refusal {
    /// The reason and the way forward, for the account's owner.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Guest => "Guests can't use Watchkeeper. Ask a full member of this workspace to do it.",
            Self::Bot => "Watchkeeper answers people only, not other programs.",
            Self::Deactivated => "This account is deactivated, so Watchkeeper does nothing for it.",
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
        matches!(self, Self::Unknown | Self::Refused(Refusal::Guest))
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
        let by_email = members.iter().filter_map(|member| Some((member.email.clone()?, member.id.clone()))).collect();
        let account =
            |member: &Member| member.accounts.iter().map(|account| (account.clone(), member.id.clone())).collect::<Vec<_>>();
        Self {
            written: members.iter().flat_map(account).collect(),
            by_email,
            members: members.into_iter().map(|member| (member.id.clone(), member)).collect(),
            learned: RwLock::default(),
        }
    }

    /// The person with this id, with today's groups. Their zone is the one written down, else the one their platform
    /// reported, else UTC.
    pub fn person(&self, id: &PersonId) -> Option<Person> {
        let member = self.members.get(id)?;
        let learned = || self.learned.read().unwrap_or_else(PoisonError::into_inner).zones.get(id).cloned();
        Some(person(member, member.zone.clone().or_else(learned)))
    }

    /// Everybody, by id.
    pub fn people(&self) -> Vec<Person> {
        self.members.keys().filter_map(|id| self.person(id)).collect()
    }

    /// The person with this e-mail address, in any case.
    pub fn by_email(&self, email: &str) -> Option<Person> {
        self.by_email.get(&email.to_lowercase()).and_then(|id| self.person(id))
    }

    /// Who is behind `account`, given what its platform says about it now, where it was asked.
    ///
    /// An account written down in `people.toml` counts; where a person has none on this platform, the e-mail address the
    /// platform vouches for does. What was learned before is believed only while the platform has not been asked anew.
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
        let id = self.written.get(account).cloned().or_else(|| match profile {
            Some(profile) => self.vouched(account, profile),
            None => self.learned.read().unwrap_or_else(PoisonError::into_inner).people.get(account).cloned(),
        });
        let Some(mut person) = id.and_then(|id| self.person(&id)) else { return Identified::Unknown };
        if let (None, Some(zone)) = (self.members.get(&person.id).and_then(|member| member.zone.as_ref()), profile_zone(profile))
        {
            person.zone = zone;
        }
        Identified::Known(person)
    }

    /// Remembers whose account it is, and the zone the person was identified with. A person has one account a platform.
    pub fn learn(&self, account: &Account, person: &Person) {
        let mut learned = self.learned.write().unwrap_or_else(PoisonError::into_inner);
        learned.people.retain(|other, id| *id != person.id || other.platform != account.platform);
        learned.people.insert(account.clone(), person.id.clone());
        learned.zones.insert(person.id.clone(), person.zone.clone());
    }

    /// Turns mentions of accounts in a command line (`@slack:U123`) into people (`@ana`), where they are known.
    pub fn with_people(&self, line: &str) -> String {
        let mut rest = line;
        let mut told = String::with_capacity(line.len());
        while let Some(start) = rest.find('@') {
            let (before, mention) = rest.split_at(start);
            told.push_str(before);
            let end = mention[1..].find(|letter: char| !is_mention(letter)).map_or(mention.len(), |end| end + 1);
            let (mention, after) = mention.split_at(end);
            match self.mentioned(&mention[1..]) {
                Some(person) => told.extend(["@", &person.0]),
                None => told.push_str(mention),
            }
            rest = after;
        }
        told + rest
    }

    /// The accounts of a platform that a line mentions and nobody is known for yet.
    pub fn unknown_in(&self, platform: &str, line: &str) -> Vec<Account> {
        let mentions = line.split('@').skip(1).map(|rest| rest.split(|letter: char| !is_mention(letter)).next());
        let accounts = mentions.flatten().filter_map(account_of).filter(|account| account.platform == platform);
        accounts.filter(|account| self.identify(account, None) == Identified::Unknown).collect()
    }

    fn mentioned(&self, mention: &str) -> Option<PersonId> {
        match self.identify(&account_of(mention)?, None) {
            Identified::Known(person) => Some(person.id),
            _ => None,
        }
    }

    /// The person whose e-mail address the platform vouches for, unless another account of theirs is written down.
    fn vouched(&self, account: &Account, profile: &Profile) -> Option<PersonId> {
        let id = self.by_email.get(&profile.email.as_ref()?.to_lowercase())?;
        let member = self.members.get(id)?;
        let elsewhere = member.accounts.iter().any(|other| other.platform == account.platform);
        (!elsewhere).then(|| id.clone())
    }
}

fn is_mention(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || ":_-".contains(letter)
}

fn profile_zone(profile: Option<&Profile>) -> Option<String> {
    profile?.zone.clone().filter(|zone| jiff::tz::TimeZone::get(zone).is_ok())
}

fn person(member: &Member, zone: Option<String>) -> Person {
    Person {
        id: member.id.clone(),
        name: member.name.clone(),
        email: member.email.clone(),
        groups: member.groups.clone(),
        zone: zone.unwrap_or_else(|| "UTC".to_owned()),
    }
}

impl Names for Directory {
    fn account(&self, platform: &str, person: &PersonId) -> Option<String> {
        let written = self.members.get(person)?.accounts.iter().find(|account| account.platform == platform);
        if let Some(account) = written {
            return Some(account.id.clone());
        }
        let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
        learned
            .people
            .iter()
            .find(|(account, id)| *id == person && account.platform == platform)
            .map(|(account, _)| account.id.clone())
    }

    fn name(&self, person: &PersonId) -> String {
        self.members.get(person).map_or_else(|| person.to_string(), |member| member.name.clone())
    }
}

fn account_of(mention: &str) -> Option<Account> {
    let (platform, id) = mention.split_once(':')?;
    Some(Account { platform: platform.to_owned(), id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, accounts: &[&str]) -> Member {
        Member {
            id: PersonId(id.to_owned()),
            name: id.to_uppercase(),
            email: Some(format!("{id}@example.com")),
            groups: BTreeSet::new(),
            zone: None,
            accounts: accounts.iter().map(|id| slack(id)).collect(),
        }
    }

    fn slack(id: &str) -> Account {
        Account { platform: "slack".to_owned(), id: id.to_owned() }
    }

    fn profile(email: &str, standing: Standing) -> Profile {
        Profile { email: Some(email.to_owned()), name: "?".to_owned(), zone: Some("Asia/Taipei".to_owned()), standing }
    }

    fn id(identified: Identified) -> Option<String> {
        match identified {
            Identified::Known(person) => Some(person.id.0),
            _ => None,
        }
    }

    #[test]
    fn a_written_account_counts_and_an_email_only_where_none_is_written() {
        let directory = Directory::new(vec![member("ana", &["U1"]), member("ben", &[])]);
        let ana = profile("ana@example.com", Standing::Member);
        assert_eq!(id(directory.identify(&slack("U1"), None)).as_deref(), Some("ana"));
        assert_eq!(directory.identify(&slack("U9"), Some(&ana)), Identified::Unknown, "somebody else with ana's address");
        let ben = profile("Ben@Example.com", Standing::Member);
        let Identified::Known(person) = directory.identify(&slack("U2"), Some(&ben)) else { panic!("ben is known") };
        assert_eq!((person.id.0.as_str(), person.zone.as_str()), ("ben", "Asia/Taipei"));
        assert_eq!(directory.identify(&slack("U2"), None), Identified::Unknown, "nothing was learned yet");
        directory.learn(&slack("U2"), &person);
        assert_eq!(directory.identify(&slack("U2"), None), Identified::Known(person.clone()));
        assert_eq!(directory.person(&person.id), Some(person.clone()), "the zone is remembered");
        assert_eq!(directory.account("slack", &person.id).as_deref(), Some("U2"));
        let gone = profile("other@example.com", Standing::Member);
        assert_eq!(directory.identify(&slack("U2"), Some(&gone)), Identified::Unknown, "the address is no longer ben's");
    }

    #[test]
    fn guests_bots_and_deactivated_accounts_are_refused_even_when_written_down() {
        let directory = Directory::new(vec![member("ana", &["U1"])]);
        for (standing, refusal) in
            [(Standing::Guest, Refusal::Guest), (Standing::Bot, Refusal::Bot), (Standing::Gone, Refusal::Deactivated)]
        {
            let profile = profile("ana@example.com", standing);
            assert_eq!(directory.identify(&slack("U1"), Some(&profile)), Identified::Refused(refusal));
        }
    }

    #[test]
    fn mentions_become_people_where_they_are_known() {
        let directory = Directory::new(vec![member("ana", &["U1"])]);
        assert_eq!(
            directory.with_people("can @slack:U1 rds upgrade; not @slack:U77, nor a@b.c @ana @"),
            "can @ana rds upgrade; not @slack:U77, nor a@b.c @ana @"
        );
        let unknown = directory.unknown_in("slack", "can @slack:U1 rds upgrade; not @slack:U77, nor a@b.c @ana @irc:U7 @");
        assert_eq!(unknown, [slack("U77")]);
    }
}
