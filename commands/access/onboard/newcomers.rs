//! Who is onboarded: new users with a name made from their address, and those who exist already.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::access::find::all_of;
use crate::access::model::User;
use crate::access::writes::NewUser;
use crate::error::{Error, Result};
use crate::message::code;
use crate::text;

/// How many people one command takes: a plan that people can read, in a record that can be kept.
const MOST: usize = 250;

/// One person to onboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Newcomer {
    /// Somebody to create.
    New(NewUser),
    /// Somebody who exists already.
    Known {
        /// Their id.
        id: String,
        /// Their user name.
        name: String,
    },
}

impl Newcomer {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::New(user) => &user.name,
            Self::Known { name, .. } => name,
        }
    }

    /// The id, or the user name while there is no id yet.
    pub(super) fn reference(&self) -> &str {
        match self {
            Self::New(user) => &user.name,
            Self::Known { id, .. } => id,
        }
    }
}

/// The people meant by these addresses, in their order. `name` is the full name of a single one.
///
/// # Errors
/// One to show: an address is none, or there are too many.
pub(super) fn of(addresses: &[String], name: Option<&str>, users: &[User]) -> Result<Vec<Newcomer>> {
    if addresses.len() > MOST {
        return Err(Error::shown(format!(
            "That is {} people, and I take {MOST} in one command, so that somebody can still read the plan. Nothing was changed. \
             Give me them in parts.",
            addresses.len()
        )));
    }
    if name.is_some() && addresses.len() > 1 {
        return Err(Error::shown(text![
            code("--name"),
            " names one person, and these are several. Nothing was changed. Leave it out: their names are made from their \
             addresses."
        ]));
    }
    let wrong: Vec<&str> = addresses.iter().map(String::as_str).filter(|address| !is_address(address)).collect();
    if !wrong.is_empty() {
        let is = if wrong.len() == 1 { " is no e-mail address." } else { " are no e-mail addresses." };
        let shown = &wrong[..wrong.len().min(5)];
        return Err(Error::shown(all_of(shown).then(is).then(" Nothing was changed. They look like kai.berg@example.com.")));
    }
    let known: HashMap<String, &User> =
        users.iter().filter_map(|user| Some((user.email.as_ref()?.to_lowercase(), user))).collect();
    let mut taken: BTreeSet<String> = users.iter().map(|user| user.name.to_lowercase()).collect();
    Ok(addresses
        .iter()
        .map(|address| match known.get(address) {
            Some(user) => Newcomer::Known { id: user.id.clone(), name: user.name.clone() },
            None => Newcomer::New(new(address, name, &mut taken)),
        })
        .collect())
}

fn is_address(address: &str) -> bool {
    let fine = |part: &str| !part.is_empty() && !part.chars().any(|letter| letter.is_whitespace() || letter == '@');
    address.split_once('@').is_some_and(|(local, domain)| fine(local) && fine(domain) && domain.trim_matches('.').contains('.'))
}

fn new(address: &str, name: Option<&str>, taken: &mut BTreeSet<String>) -> NewUser {
    let local = address.split('@').next().unwrap_or(address);
    let wanted = local.split('+').next().unwrap_or(local);
    let mut user_name = wanted.to_owned();
    let mut count = 2;
    while !taken.insert(user_name.clone()) {
        user_name = format!("{wanted}{count}");
        count += 1;
    }
    let (given, family) = match name {
        Some(name) => halves(name.split_whitespace().map(str::to_owned).collect()),
        None => halves(wanted.split(['.', '_', '-']).filter(|word| !word.is_empty()).map(capitalised).collect()),
    };
    let display_name = if given == family { given.clone() } else { format!("{given} {family}") };
    NewUser { name: user_name, display_name, email: address.to_owned(), given, family }
}

/// The given name and the family name. AWS wants both: who has one name has it twice.
fn halves(mut words: Vec<String>) -> (String, String) {
    match words.len() {
        0 => ("Unknown".to_owned(), "Unknown".to_owned()),
        1 => (words[0].clone(), words[0].clone()),
        _ => {
            let given = words.remove(0);
            (given, words.join(" "))
        }
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn created(address: &str, name: Option<&str>, users: &[&str]) -> String {
        let users: Vec<User> = users.iter().map(|name| User { name: (*name).to_owned(), ..User::default() }).collect();
        let made = of(&[address.to_owned()], name, &users).unwrap();
        let [Newcomer::New(new)] = &made[..] else { panic!("{made:?}") };
        format!("{} = {} | {} | {}", new.name, new.given, new.family, new.display_name)
    }

    #[test]
    fn names_come_from_the_address() {
        assert_eq!(created("kai.berg@example.com", None, &[]), "kai.berg = Kai | Berg | Kai Berg");
        assert_eq!(created("kai@example.com", None, &["Kai", "kai2"]), "kai3 = Kai | Kai | Kai");
        assert_eq!(created("kai@example.com", Some("Kai von der Berg"), &[]), "kai = Kai | von der Berg | Kai von der Berg");
        assert_eq!(created("ana_maria-luz@example.com", None, &[]), "ana_maria-luz = Ana | Maria Luz | Ana Maria Luz");
    }

    #[test]
    fn two_of_the_same_local_part_get_two_user_names() {
        let addresses = ["kai@a.example".to_owned(), "kai@b.example".to_owned()];
        let made = of(&addresses, None, &[]).unwrap();
        assert_eq!(made.iter().map(Newcomer::name).collect::<Vec<_>>(), ["kai", "kai2"]);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["kai", "@example.com", "kai@example", "kai@@example.com", "kai@."] {
            assert!(of(&[wrong.to_owned()], None, &[]).is_err(), "{wrong}");
        }
    }
}
