//! `access revoke`

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::grant::overlap::{self, Grant, Phase};
use super::grant::plan::{self, Wanted};
use super::grant::state::{At, Lasts, Sessions, State, place};
use super::grant::{self, State as GrantState, steps};
use super::permitted;
use crate::message::{Text, bold, code};
use crate::plan::{Check, Permit, Runs, Step, Work};
use crate::{Change, Choice, Command, Context, Error, Plan, Resource, Result, text};

/// Takes access to an account away, whoever gave it.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Revoke {
    /// From whom: @ana, a user name, an e-mail address, or group NAME
    #[arg(long, value_name = "WHO", num_args = 1..=2, required = true)]
    from: Vec<String>,
    /// The account, by name or number
    #[arg(long)]
    account: String,
    /// The permission set
    #[arg(long, value_name = "NAME")]
    permission_set: String,
    /// End open sessions too
    #[arg(long)]
    end_sessions: bool,
}

impl Command for Revoke {
    const NAME: &'static str = "access revoke";
    const PICKS: &'static [&'static str] = &["from", "account", "permission_set"];

    fn resource(&self) -> Resource {
        Resource::named("account", self.account.as_str())
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        grant::suggest(arg, typed, cx).await
    }
}

impl Change for Revoke {
    type State = GrantState;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<GrantState>> {
        let wanted = Wanted::find(self.from.join(" ").trim(), &self.account, &self.permission_set, cx).await?;
        permitted::to_change(&wanted.resource(None), cx)?;
        let sessions = if self.end_sessions { Sessions::End } else { Sessions::RunOut };
        let job = wanted.job(Lasts::Removed, sessions, cx);
        let grants = overlap::others(&job.assignment, "", cx).await?;
        let stands = named(&grants, |phase| matches!(phase, Phase::Stands { .. }));
        let ending = named(&grants, |phase| !matches!(phase, Phase::Stands { .. } | Phase::Past));
        let all = wanted.identity.assignments_of(&job.assignment.principal).await?;
        if stands.is_empty() && !all.contains(&job.assignment) {
            return Err(nothing(&wanted, &all));
        }
        plan::endable(&wanted, sessions, cx).await?;
        let mut what = vec![
            text!["Take the permission set ", bold(&*wanted.set.name), " in "]
                .then(place(wanted.account))
                .then(" away from ")
                .then(wanted.who())
                .then("."),
        ];
        what.extend(plan::ends(sessions, &wanted));
        what.push(match (&stands[..], &ending[..]) {
            ([], []) => text!["Today: they have it for good; no grant of mine stands for it."],
            ([], ending) => text!["Today: they still have it through ", code(ending.join(", ")), ", which is ending already."],
            (stands, _) => text!["Today: they have it through ", code(stands.join(", ")), ", which ends with it."],
        });
        let declared = job.is_declared(cx);
        let check = declared.then(|| {
            Check::warn("Declared", "the configuration declares that it stands, so access drift will miss it from now on")
        });
        Ok(Plan::Work(Box::new(Work {
            resource: wanted.resource(None),
            runs: Runs::Beside,
            title: format!("{}: {} in {} taken away", wanted.principal, wanted.set.name, wanted.account.name),
            what,
            calls: plan::calls(&wanted, Lasts::Removed, sessions),
            checks: check.into_iter().collect(),
            risks: plan::risks(&wanted, Lasts::Removed, sessions),
            start: None,
            patience: plan::patience(Lasts::Removed, cx.now),
            offers: Vec::new(),
            gate: None,
            first: State { at: At::Sweep, job },
        })))
    }

    async fn step(&self, state: GrantState, permit: &Permit, cx: &Context<'_>) -> Result<Step<GrantState>> {
        steps::step(state, permit, cx).await
    }
}

/// The grants at that point, by id.
fn named(grants: &[Grant], at: impl Fn(Phase) -> bool) -> Vec<String> {
    grants.iter().filter(|grant| at(grant.phase)).map(|grant| grant.rank.id.to_string()).collect()
}

/// That there is nothing to take away, and through whom they have it where they do.
fn nothing(wanted: &Wanted<'_>, all: &[super::model::Assignment]) -> Error {
    let mine = wanted.assignment();
    let through_group = all.iter().any(|one| one.account == mine.account && one.permission_set == mine.permission_set);
    let none = text![wanted.principal.to_string(), " has no ", code(&*wanted.set.name), " of their own in "];
    let none = none.then(text![code(&*wanted.account.name), ", so there is nothing to take away."]);
    let hint: Text = if through_group {
        text![" They have it through a group: ", code("access group remove"), " takes them out of it."]
    } else {
        Text::default()
    };
    Error::shown(none.then(hint))
}
