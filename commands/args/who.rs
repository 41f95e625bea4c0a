//! A person as people type them: `@ana`, `ana`, their name or their e-mail address.

use std::convert::Infallible;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::context::{Context, Person};
use crate::error::{Error, Result};
use crate::message::code;
use crate::registry::nearest;
use crate::{Choice, text};

/// Choices in a picker of people, at most.
const SUGGESTED: usize = 100;

/// A person as typed. Any text can be meant for one; who it is turns out when it is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Who(String);

impl FromStr for Who {
    type Err = Infallible;

    fn from_str(typed: &str) -> std::result::Result<Self, Self::Err> {
        Ok(Self(typed.trim().to_owned()))
    }
}

impl Who {
    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.0
    }

    /// The person of the directory who is meant.
    ///
    /// # Errors
    /// One to show: nobody is, or several.
    pub fn resolve(&self, cx: &Context<'_>) -> Result<Person> {
        let wanted = self.0.strip_prefix('@').unwrap_or(&self.0).to_lowercase();
        let people = cx.authority.people();
        if let Some(person) = people.iter().find(|person| person.id.0 == wanted) {
            return Ok(person.clone());
        }
        let is = |person: &&Person| person.name.to_lowercase() == wanted || person.email.as_ref() == Some(&wanted);
        let mut found = people.iter().filter(is);
        match (found.next(), found.next()) {
            (Some(person), None) => Ok(person.clone()),
            (Some(_), Some(_)) => {
                let typed = code(self.0.as_str());
                Err(Error::shown(text!["Several people are called ", typed, ". Say whom you mean as ", code("@ana"), "."]))
            }
            (None, _) => {
                let unknown = text!["I know nobody called ", code(self.0.as_str()), "."];
                Err(Error::shown(match nearest(&wanted, people.iter().map(|person| person.id.0.as_str())) {
                    Some(close) => unknown.then(text![" Did you mean ", code(format!("@{close}")), "?"]),
                    None => unknown,
                }))
            }
        }
    }

    /// The people who fit what was typed, for a picker.
    pub fn suggest(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
        let typed = typed.trim().trim_start_matches('@').to_lowercase();
        let people = cx.authority.people().into_iter();
        let choices =
            people.map(|person| Choice { value: format!("@{}", person.id), label: format!("{} (@{})", person.name, person.id) });
        let mut choices: Vec<Choice> = choices.filter(|choice| choice.label.to_lowercase().contains(&typed)).collect();
        choices.sort_by(|a, b| a.label.cmp(&b.label));
        choices.truncate(SUGGESTED);
        choices
    }
}
