//! The law of the house: policy, people and settings together answer what somebody may do now.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use commands::context::{Authority, Decision, MYSELF, Origin, Settings};
use commands::{Person, PersonId, Resource};

use super::{Policy, Road, or};
use crate::identity::Directory;

/// How many answers of [`Authority::possible`] are remembered: names are typed by people, so there is no end to them.
const REMEMBERED: usize = 256;

/// Policy, people and settings. Shared in an [`Arc`]; replaced as a whole.
#[derive(Debug)]
pub struct Law {
    policy: Policy,
    directory: Arc<Directory>,
    settings: Settings,
    /// Answers of [`Authority::possible`]. They follow from the question and from what here never changes, except that
    /// they name people who could be asked; each takes a look at every place a resource may turn out to be in.
    answers: Mutex<Answers>,
}

/// Answers that hold for one edition of the directory.
#[derive(Debug, Default)]
struct Answers {
    edition: u64,
    known: HashMap<(Person, String, Resource), Decision>,
}

impl Law {
    /// The law made of these.
    pub fn new(policy: Policy, directory: Directory, settings: Settings) -> Self {
        Self { policy, directory: Arc::new(directory), settings, answers: Mutex::default() }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The people.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Adds to a denial for want of a permit who could be asked: two or three names.
    fn with_names(&self, decision: Decision, action: &str, resources: &[Resource], road: Road) -> Decision {
        let Decision::Denied { rule: None, why } = decision else { return decision };
        let groups = self.policy.groups_that_could(action, resources, road);
        let people = self.directory.people();
        let could = |person: &Person| {
            groups.iter().any(|group| person.groups.contains(group)) && self.policy.permits(person, action, resources, road)
        };
        let names: Vec<_> = people.into_iter().filter(could).take(3).map(|person| person.name).collect();
        let ask = if names.is_empty() { String::new() } else { format!(" Ask {}.", or(&names)) };
        Decision::Denied { rule: None, why: format!("{why}{ask}") }
    }
}

impl Authority for Law {
    fn decide(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        let decision = self.policy.decide(person, action, resource);
        self.with_names(decision, action, std::slice::from_ref(resource), Road::Ordinary)
    }

    /// A denial also says what they may do without breaking the glass.
    fn decide_in_emergency(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        let decision = self.policy.decide_in_emergency(person, action, resource);
        let decision = self.with_names(decision, action, std::slice::from_ref(resource), Road::Emergency);
        let Decision::Denied { rule: None, why } = decision else { return decision };
        let otherwise = match self.policy.decide(person, action, resource) {
            Decision::Allowed { requires: None, .. } => " Without --emergency you may run it at once.".to_owned(),
            Decision::Allowed { requires: Some(need), .. } => {
                let noun = if need.approvals == 1 { "approval" } else { "approvals" };
                format!(" Without --emergency you may run it after {} {noun} of {}.", need.approvals, need.group)
            }
            Decision::Denied { .. } => String::new(),
        };
        Decision::Denied { rule: None, why: why + &otherwise }
    }

    fn likeness(&self, resource: &Resource) -> Resource {
        self.policy.likeness(resource)
    }

    fn possible(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        let question = (person.clone(), action.to_owned(), resource.clone());
        let edition = self.directory.edition();
        let answers = || {
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.edition != edition {
                *answers = Answers { edition, known: HashMap::new() };
            }
            answers
        };
        if let Some(known) = answers().known.get(&question) {
            return known.clone();
        }
        let decision = self.policy.possible(person, action, resource, &self.settings);
        let decision = self.with_names(decision, action, &self.policy.places(resource, &self.settings), Road::Ordinary);
        let mut answers = answers();
        if answers.known.len() >= REMEMBERED {
            answers.known.clear();
        }
        answers.known.insert(question, decision.clone());
        decision
    }

    fn person(&self, id: &PersonId) -> Option<Person> {
        if id.0 == MYSELF {
            return Some(Person::myself());
        }
        self.directory.person(id)
    }

    fn people(&self) -> Vec<Person> {
        self.directory.people()
    }

    fn is_complete(&self) -> bool {
        self.directory.is_complete()
    }

    fn origin(&self, id: &PersonId) -> Origin {
        self.directory.origin(id)
    }

    fn behind(&self, user: &str) -> Option<PersonId> {
        self.directory.behind(user)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests;
    use super::*;

    #[test]
    fn a_remembered_answer_is_for_the_same_person_in_the_same_groups_only() {
        let law = tests::law();
        let sam = law.person(&PersonId("sam".to_owned())).unwrap();
        let stripped = Person { groups: Default::default(), ..sam.clone() };
        let ask = |person: &Person| law.possible(person, "rds upgrade", &Resource::named("database", "orders"));
        let first = ask(&sam);
        assert!(matches!(first, Decision::Allowed { .. }), "{first:?}");
        assert!(matches!(ask(&stripped), Decision::Denied { .. }));
        assert_eq!(ask(&sam), first);
        for number in 0..=REMEMBERED {
            law.possible(&sam, "rds upgrade", &Resource::named("database", format!("db-{number}")));
        }
        assert!(law.answers.lock().unwrap().known.len() <= REMEMBERED);
        assert_eq!(ask(&sam), first);
    }
}
