//! `people.toml` and Identity Center put together: one list of people. Made anew, as a whole, whenever a half changes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use commands::{Person, PersonId};

use super::center::{Center, Standing, User};
use super::{Member, Pairing, Refusal, Register};

/// Everybody as they are now.
#[derive(Debug, Default)]
pub(super) struct Everybody {
    /// Who may ask and approve. Their zones are not filled in.
    pub(super) people: BTreeMap<PersonId, Person>,
    /// Who was, and why they are not any more.
    pub(super) gone: BTreeMap<PersonId, Refusal>,
    /// Whose e-mail address it is, lower case: somebody of either list.
    pub(super) emails: HashMap<String, PersonId>,
    /// Where in `center` each person's user is.
    places: HashMap<PersonId, usize>,
    names: HashMap<PersonId, String>,
    /// The users of Identity Center.
    pub(super) center: Option<Arc<Center>>,
    /// Counts how often people and their groups changed.
    pub(super) edition: u64,
}

impl Everybody {
    /// The two halves, put together.
    pub(super) fn of(register: &Register, center: Option<Arc<Center>>, edition: u64) -> Self {
        let mut all = Self { edition, ..Self::default() };
        let users = center.as_deref().map(Center::users).unwrap_or_default();
        let ranked = |standing| users.iter().enumerate().filter(move |(_, user)| user.standing == standing);
        for (place, user) in users.iter().enumerate() {
            all.places.insert(user.person.clone(), place);
        }
        for member in register.members.values() {
            let user = all.places.get(&member.id).and_then(|place| users.get(*place));
            all.names.insert(member.id.clone(), member.name.clone());
            match user.and_then(|user| refusal(user.standing)) {
                Some(refusal) => drop(all.gone.insert(member.id.clone(), refusal)),
                None => drop(all.people.insert(member.id.clone(), of_both(member, user, register))),
            }
        }
        for user in users.iter().filter(|user| user.paired.is_none()) {
            all.names.insert(user.person.clone(), shown(user).to_owned());
            match refusal(user.standing) {
                Some(refusal) => drop(all.gone.insert(user.person.clone(), refusal)),
                None => drop(all.people.insert(user.person.clone(), of_center(user, register))),
            }
        }
        // Of several claims to an address the first counts: who says outright that it is theirs alone, who is here, who is
        // written down, who is disabled.
        let shared = shared(users);
        let members = || register.members.values().filter_map(|member| Some((member.email.clone()?, member)));
        for (email, member) in members().filter(|(_, member)| member.pairing == Pairing::Nobody) {
            all.emails.insert(email, member.id.clone());
        }
        for (_, user) in ranked(Standing::Active) {
            all.claim_of_user(user, register, &shared);
        }
        for (email, member) in members() {
            all.emails.entry(email).or_insert_with(|| member.id.clone());
        }
        for (_, user) in ranked(Standing::Disabled) {
            all.claim_of_user(user, register, &shared);
        }
        all.center = center;
        all
    }

    /// The address of a user counts as their person's, unless `people.toml` gives that person another one: whoever may
    /// change addresses in Identity Center must not become somebody who is written down. One that several have is nobody's.
    fn claim_of_user(&mut self, user: &User, register: &Register, shared: &HashSet<(&str, Standing)>) {
        let Some(email) = &user.email else { return };
        let written = user.paired.as_ref().and_then(|_| register.members.get(&user.person)?.email.as_ref());
        if written.is_none_or(|written| written == email) && !shared.contains(&(email, user.standing)) {
            self.emails.entry(email.clone()).or_insert_with(|| user.person.clone());
        }
    }

    /// A person's user in Identity Center.
    pub(super) fn user_of(&self, id: &PersonId) -> Option<&User> {
        self.center.as_ref()?.users().get(*self.places.get(id)?)
    }

    /// The name of somebody who is or was here.
    pub(super) fn name(&self, id: &PersonId) -> Option<String> {
        self.names.get(id).cloned()
    }

    /// Whether the same people are in the same groups.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.people == other.people && self.gone == other.gone
    }
}

/// The addresses that several users of one standing have.
fn shared(users: &[User]) -> HashSet<(&str, Standing)> {
    let mut seen = HashSet::new();
    let addresses = users.iter().filter_map(|user| Some((user.email.as_deref()?, user.standing)));
    addresses.filter(|address| !seen.insert(*address)).collect()
}

fn refusal(standing: Standing) -> Option<Refusal> {
    match standing {
        Standing::Active => None,
        Standing::Disabled => Some(Refusal::Disabled),
        Standing::Deleted => Some(Refusal::Deleted),
    }
}

fn of_both(member: &Member, user: Option<&User>, register: &Register) -> Person {
    let at_center = user.into_iter().flat_map(|user| user.groups.intersection(&register.counting));
    Person {
        id: member.id.clone(),
        name: member.name.clone(),
        email: member.email.clone().or_else(|| user?.email.clone()),
        groups: member.groups.iter().chain(at_center).cloned().collect(),
        zone: String::new(),
    }
}

fn of_center(user: &User, register: &Register) -> Person {
    Person {
        id: user.person.clone(),
        name: shown(user).to_owned(),
        email: user.email.clone(),
        groups: user.groups.intersection(&register.counting).cloned().collect(),
        zone: String::new(),
    }
}

fn shown(user: &User) -> &str {
    if user.display_name.is_empty() { &user.name } else { &user.display_name }
}
