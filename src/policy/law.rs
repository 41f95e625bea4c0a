//! The law of the house: policy, people and settings together answer what somebody may do now.

use std::sync::Arc;

use commands::context::{Authority, Decision, Settings};
use commands::{Person, PersonId, Resource};

use super::{Policy, or};
use crate::identity::Directory;

/// Policy, people and settings. Shared in an [`Arc`]; replaced as a whole.
#[derive(Debug)]
pub struct Law {
    policy: Policy,
    directory: Arc<Directory>,
    settings: Settings,
}

impl Law {
    /// The law made of these.
    pub fn new(policy: Policy, directory: Directory, settings: Settings) -> Self {
        Self { policy, directory: Arc::new(directory), settings }
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
    fn with_names(&self, decision: Decision, action: &str, resources: &[Resource]) -> Decision {
        let Decision::Denied { rule: None, why } = decision else { return decision };
        let groups = self.policy.groups_that_could(action, resources);
        let people = self.directory.people();
        let could = |person: &Person| {
            groups.iter().any(|group| person.groups.contains(group)) && self.policy.permits(person, action, resources)
        };
        let names: Vec<_> = people.into_iter().filter(could).take(3).map(|person| person.name).collect();
        let ask = if names.is_empty() { String::new() } else { format!(" Ask {}.", or(&names)) };
        Decision::Denied { rule: None, why: format!("{why}{ask}") }
    }
}

impl Authority for Law {
    fn decide(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        let decision = self.policy.decide(person, action, resource);
        self.with_names(decision, action, std::slice::from_ref(resource))
    }

    fn possible(&self, person: &Person, action: &str, resource: &Resource) -> Decision {
        let decision = self.policy.possible(person, action, resource, &self.settings);
        self.with_names(decision, action, &self.policy.places(resource, &self.settings))
    }

    fn person(&self, id: &PersonId) -> Option<Person> {
        self.directory.person(id)
    }

    fn people(&self) -> Vec<Person> {
        self.directory.people()
    }
}
