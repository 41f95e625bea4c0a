//! The people of IAM Identity Center as the directory keeps them. Pure: what was known and what was read → what is known.
//!
//! A user who was seen once is kept for ever, by the id that AWS never gives to anybody else: so nobody becomes somebody
//! who left by taking over their user name or e-mail address.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use commands::PersonId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Member, Pairing, Register, is_id};

/// Everybody in Identity Center, as read at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// When.
    pub at: Timestamp,
    /// Who is there.
    pub users: Vec<Seen>,
}

/// A user as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The id, which never changes and is never given again.
    pub id: String,
    /// The user name.
    pub name: String,
    /// The name shown.
    pub display_name: String,
    /// The e-mail address, in any case.
    pub email: Option<String>,
    /// Whether they may sign in.
    pub standing: Standing,
    /// The names of all groups they are in.
    pub groups: BTreeSet<String>,
}

/// Whether a user is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// They may sign in.
    Active,
    /// They are there and may not.
    Disabled,
    /// They are not there any more.
    Deleted,
}

/// A user as the directory keeps them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id, which never changes.
    pub id: String,
    /// Who they are here.
    pub person: PersonId,
    /// What `people.toml` said when it made them one of its people; none where they are only in Identity Center.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paired: Option<String>,
    /// The user name.
    pub name: String,
    /// The name shown.
    pub display_name: String,
    /// The e-mail address, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Their groups, as far as these count.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Whether they are still there.
    pub standing: Standing,
}

/// Everybody who was ever seen in Identity Center.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Center {
    at: Timestamp,
    /// In the order in which they were first seen, so that little changes where it is kept.
    users: Vec<User>,
    places: HashMap<String, usize>,
}

/// A name shown is cut here: AWS allows a thousand letters.
const LONGEST_NAME: usize = 100;

impl Center {
    /// These users, confirmed at `at`.
    pub fn of(at: Timestamp, users: Vec<User>) -> Self {
        let places = users.iter().enumerate().map(|(place, user)| (user.id.clone(), place)).collect();
        Self { at, users, places }
    }

    /// When they were last read.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// All of them, in the order in which they were first seen.
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// The user with this id.
    pub fn user(&self, id: &str) -> Option<&User> {
        self.users.get(*self.places.get(id)?)
    }

    /// What is known after a reading. Groups that do not count are dropped.
    #[must_use]
    pub fn after(&self, reading: &Reading, register: &Register) -> Self {
        let counting = &register.counting;
        let mut users = self.users.clone();
        let mut read: HashMap<&str, &Seen> = reading.users.iter().map(|seen| (seen.id.as_str(), seen)).collect();
        for user in &mut users {
            match read.remove(user.id.as_str()) {
                Some(seen) => *user = User { person: user.person.clone(), paired: user.paired.take(), ..kept(seen, counting) },
                None => (user.standing, user.groups) = (Standing::Deleted, BTreeSet::new()),
            }
        }
        let mut new: Vec<&Seen> = read.into_values().collect();
        new.sort_by_key(|seen| (&seen.name, &seen.id));
        users.extend(new.into_iter().map(|seen| kept(seen, counting)));
        Self::of(reading.at, users).with(register)
    }

    /// The same users, matched to the people of `people.toml` as these are now, each with an id of their own.
    #[must_use]
    pub fn with(&self, register: &Register) -> Self {
        let mut users = self.users.clone();
        pair(&mut users, &register.members);
        name(&mut users, register);
        Self::of(self.at, users)
    }
}

fn kept(seen: &Seen, counting: &BTreeSet<String>) -> User {
    User {
        id: seen.id.clone(),
        person: PersonId(String::new()),
        paired: None,
        name: seen.name.clone(),
        display_name: seen.display_name.chars().take(LONGEST_NAME).collect(),
        email: seen.email.as_ref().map(|email| email.to_lowercase()),
        groups: seen.groups.intersection(counting).cloned().collect(),
        standing: seen.standing,
    }
}

/// Finds the user of each person in `people.toml`. A pair once found stays until `people.toml` says something else: a new
/// user with the old name or address is somebody else.
fn pair(users: &mut [User], members: &BTreeMap<PersonId, Member>) {
    let before: HashMap<PersonId, usize> =
        users.iter().enumerate().filter(|(_, user)| user.paired.is_some()).map(|(at, user)| (user.person.clone(), at)).collect();
    let claims: Vec<(&Member, String)> = members.values().filter_map(|member| Some((member, claim(member)?))).collect();
    let mut paired: HashMap<usize, (PersonId, String)> = HashMap::new();
    let standing = claims.iter().filter_map(|(member, claim)| {
        let at = *before.get(&member.id)?;
        (users.get(at)?.paired.as_ref() == Some(claim)).then(|| (at, (member.id.clone(), claim.clone())))
    });
    paired.extend(standing);
    let settled: HashSet<PersonId> = paired.values().map(|(id, _)| id.clone()).collect();
    let index = Index::of(users);
    // Who is named outright goes first.
    let (named, by_email): (Vec<_>, Vec<_>) = claims.iter().partition(|(member, _)| matches!(member.pairing, Pairing::Named(_)));
    for (member, claim) in named.into_iter().chain(by_email).filter(|(member, _)| !settled.contains(&member.id)) {
        let found = index.find(member).filter(|at| !paired.contains_key(at));
        let earlier = || before.get(&member.id).copied().filter(|at| !paired.contains_key(at));
        if let Some(at) = found.or_else(earlier) {
            paired.insert(at, (member.id.clone(), claim.clone()));
        }
    }
    for (at, user) in users.iter_mut().enumerate() {
        match paired.remove(&at) {
            Some((id, claim)) => (user.person, user.paired) = (id, Some(claim)),
            None => user.paired = None,
        }
    }
}

/// What `people.toml` says by which a person's user is found.
fn claim(member: &Member) -> Option<String> {
    match &member.pairing {
        Pairing::ByEmail => member.email.clone(),
        Pairing::Named(name) => Some(format!("user {name}")),
        Pairing::Nobody => None,
    }
}

/// Users who are still there, by what `people.toml` may call them.
struct Index {
    names: HashMap<String, usize>,
    /// None where two have the same address: neither is meant then.
    emails: HashMap<String, Option<usize>>,
}

impl Index {
    fn of(users: &[User]) -> Self {
        let here = || users.iter().enumerate().filter(|(_, user)| user.standing != Standing::Deleted);
        let mut emails = HashMap::new();
        for (at, email) in here().filter_map(|(at, user)| Some((at, user.email.clone()?))) {
            emails.entry(email).and_modify(|found| *found = None).or_insert(Some(at));
        }
        Self { names: here().map(|(at, user)| (user.name.to_lowercase(), at)).collect(), emails }
    }

    fn find(&self, member: &Member) -> Option<usize> {
        match &member.pairing {
            Pairing::ByEmail => self.emails.get(member.email.as_ref()?).copied().flatten(),
            Pairing::Named(name) => self.names.get(&name.to_lowercase()).copied(),
            Pairing::Nobody => None,
        }
    }
}

/// Gives an id to everybody who has none, or one that `people.toml` meanwhile gives to somebody else.
fn name(users: &mut [User], register: &Register) {
    let members = &register.members;
    let needs = |user: &User| user.paired.is_none() && (user.person.0.is_empty() || members.contains_key(&user.person));
    let mut taken: HashSet<PersonId> = members.keys().chain(&register.reserved).cloned().collect();
    taken.extend(users.iter().filter(|user| !needs(user)).map(|user| user.person.clone()));
    for user in users.iter_mut().filter(|user| needs(user)) {
        let wanted = wanted(user);
        let numbered = (2_u32..).map(|number| format!("{wanted}-{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).map(PersonId).find(|id| !taken.contains(id));
        user.person = free.unwrap_or_else(|| PersonId(user.id.clone()));
        taken.insert(user.person.clone());
    }
}

/// The user name where it makes an id, else what stands before the `@` of the e-mail address.
fn wanted(user: &User) -> String {
    let local = |address: &str| address.split('@').next().unwrap_or_default().to_lowercase();
    let email = user.email.as_deref().map(local);
    let fits = [Some(user.name.to_lowercase()), email, Some(local(&user.name))].into_iter().flatten().find(|id| is_id(id));
    fits.unwrap_or_else(|| "user".to_owned())
}

#[cfg(test)]
mod tests;
