//! `access onboard`: people, their groups and their access in one plan.
//!
//! `newcomers` is who they are, `plan` says what they get, `passing` what of it the asker may give, `steps` gives it.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{configured, pick};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::plan::{Permit, Plan, Step};
use crate::{Change, Choice, Command};

mod newcomers;
mod passing;
mod plan;
mod steps;

pub(super) use plan::names;
pub(super) use steps::is_giving;

/// Creates people, one or hundreds, with the groups and the access of somebody like them or of a profile.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Onboard {
    /// The e-mail addresses, with spaces between them
    #[arg(required = true, value_name = "EMAIL")]
    emails: Vec<String>,
    /// Somebody who has what they should have: their groups, and what they are assigned themselves
    #[arg(long, value_name = "PERSON", conflicts_with = "profile")]
    like: Option<String>,
    /// A profile of the configuration: it names groups
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// The name of one new person, given name first; made from the address if left out
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct State(steps::Stage);

impl Command for Onboard {
    const NAME: &'static str = "access onboard";
    const PICKS: &'static [&'static str] = &["like", "profile"];

    fn resource(&self) -> Resource {
        let all = self.addresses();
        match &all[..] {
            [one] => Resource::named("user", one.as_str()),
            many => Resource::named("user", format!("{} people", many.len())),
        }
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        match arg {
            "like" => pick::users(typed, cx).await,
            "profile" => profiles(typed, cx),
            _ => Vec::new(),
        }
    }
}

impl Change for Onboard {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        Ok(Plan::Work(Box::new(plan::plan(self, cx).await?)))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        steps::step(state.0, permit, cx).await
    }
}

impl Onboard {
    /// The addresses, lower case, each once; a form gives them in one line.
    fn addresses(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        let words = self.emails.iter().flat_map(|words| words.split([' ', ',', ';', '\n']));
        for word in words.map(|word| word.trim().to_lowercase()).filter(|word| !word.is_empty()) {
            if !all.contains(&word) {
                all.push(word);
            }
        }
        all
    }
}

fn profiles(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let Ok(identity) = configured(cx) else { return Vec::new() };
    let fits = identity.profiles.iter().filter(|(name, _)| name.to_lowercase().contains(&typed.trim().to_lowercase()));
    let choices = fits.map(|(name, groups)| Choice { value: name.clone(), label: format!("{name} · {}", groups.join(", ")) });
    choices.take(100).collect()
}
