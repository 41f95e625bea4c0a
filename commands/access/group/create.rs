//! `access group create`.

use clap::Args;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::access::aws::Identity;
use crate::access::configured;
use crate::access::model::Group;
use crate::access::writes::{Creation, NewGroup};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{bold, code};
use crate::plan::{Check, Permit, Plan, Runs, Step, Work};
use crate::{Change, Command, text};

/// How long tries go on.
const PATIENCE: SignedDuration = SignedDuration::from_hours(1);

/// Creates a group in IAM Identity Center, with nobody in it.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Create {
    /// Its name, such as payments-oncall
    name: String,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
}

/// Where a creation stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum State {
    /// Create the group.
    Create,
}

impl Command for Create {
    const NAME: &'static str = "access group create";

    fn resource(&self) -> Resource {
        let name = self.name.trim();
        Resource { id: format!("group {}", name.to_lowercase()), ..Resource::named("group", name) }
    }
}

impl Change for Create {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let new = self.new_group()?;
        let identity = Identity::open(cx).await?;
        if let Some(group) = identity.group_named(&new.name).await? {
            return Err(taken(&group));
        }
        let mut risks = Vec::new();
        if configured(cx)?.groups.iter().any(|name| name.to_lowercase() == new.name.to_lowercase()) {
            risks.push(text!["My policy goes by who is in ", code(&*new.name), ": whoever is put into it may do what it says."]);
        }
        let what = match &new.description {
            Some(words) => text!["Create the group ", bold(&*new.name), ": ", &**words],
            None => text!["Create the group ", bold(&*new.name), "."],
        };
        Ok(Plan::Work(Box::new(Work {
            resource: self.resource(),
            runs: Runs::Alone,
            title: format!("create group {}", new.name),
            what: vec![what, "Nobody is in it, and it is assigned nothing.".into()],
            calls: vec![new.planned()],
            checks: vec![Check::pass("name free", "no group in IAM Identity Center has it")],
            risks,
            start: None,
            patience: PATIENCE,
            offers: Vec::new(),
            gate: None,
            first: State::Create,
        })))
    }

    async fn step(&self, State::Create: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        let new = self.new_group()?;
        let identity = Identity::open(cx).await?;
        // It was looked right before the start that there is none: one that stands now is this change's.
        if !self.stands(&new, &identity).await?
            && let Creation::Taken(words) = identity.create_group(permit, &new).await?
            && !self.stands(&new, &identity).await?
        {
            return Err(Error::shown(text![
                "AWS did not create the group ",
                code(&*new.name),
                ": “",
                words.trim_end_matches('.'),
                "”. Nothing was changed. Ask again with another name."
            ]));
        }
        let add = code(format!("access group add {}", shlex::try_quote(&new.name).unwrap_or_default()));
        Ok(Step::Done(text!["AWS created the group ", bold(&*new.name), ". ", add, " puts people into it."]))
    }
}

impl Create {
    fn new_group(&self) -> Result<NewGroup> {
        let name = self.name.trim();
        if name.is_empty() || name.contains(['@', ':']) {
            return Err(Error::shown(text![
                "A group's name has neither @ nor : in it, and ",
                code(name),
                " does. Nothing was changed. ",
                code("payments-oncall"),
                " would do."
            ]));
        }
        let description = self.description.as_ref().map(|words| words.trim().to_owned()).filter(|words| !words.is_empty());
        Ok(NewGroup { name: name.to_owned(), description })
    }

    async fn stands(&self, new: &NewGroup, identity: &Identity) -> Result<bool> {
        match identity.group_named(&new.name).await? {
            None => Ok(false),
            Some(group) if group.description == new.description => Ok(true),
            Some(group) => Err(taken(&group)),
        }
    }
}

fn taken(group: &Group) -> Error {
    let show = code(format!("access group show {}", shlex::try_quote(&group.name).unwrap_or_default()));
    Error::shown(text!["There is a group ", code(&*group.name), " already. Nothing was changed. ", show, " shows it."])
}
