//! `access extend`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::done;
use super::grant::overlap::{self, Phase};
use super::grant::plan::{self, Wanted};
use super::grant::state::{At, Lasts, State};
use super::grant::{State as GrantState, steps};
use crate::args::Length;
use crate::message::{bold, code};
use crate::plan::{Check, Permit, Runs, Step, Work};
use crate::records::{ChangeId, ChangeRecord};
use crate::{Change, Choice, Command, Context, Error, Plan, Resource, Result, text};

/// Lets access stand longer than it was given for.
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Extend {
    /// The grant, such as CHG-1042
    id: ChangeId,
    /// By how long: 2h, 30m; counted from its end
    #[arg(long = "for", value_name = "TIME")]
    lasts: Length,
}

impl Command for Extend {
    const NAME: &'static str = "access extend";
    const PICKS: &'static [&'static str] = &["id"];

    fn resource(&self) -> Resource {
        Resource::named("account", "")
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        done::choices(typed, cx).await
    }
}

impl Change for Extend {
    type State = GrantState;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<GrantState>> {
        let (record, job) = done::running(self.id, cx).await?;
        if !done::is_own(&record, &job, cx) {
            let id = code(self.id.to_string());
            return Err(Error::shown(text![id, " is not yours. Ask for access of your own with ", code("access grant"), "."]));
        }
        let end = end(&record, cx)?;
        let until = end.saturating_add(self.lasts.duration()).unwrap_or(end);
        let lasts = Lasts::Until { end: until, instead_of: self.id };
        let who = match job.principal.kind {
            super::model::PrincipalKind::User => job.principal.id.clone(),
            super::model::PrincipalKind::Group => job.principal.to_string(),
        };
        let wanted = Wanted::find(&who, &job.account, &job.assignment.permission_set, cx).await?;
        let resource = wanted.resource(Some(self.lasts.minutes()));
        plan::permitted(&resource, cx)?;
        let what = vec![
            text!["Leave "]
                .then(wanted.who())
                .then(text![" the permission set ", bold(&*wanted.set.name), " in ", code(&*wanted.account.name)])
                .then(text![" until ", until, "."]),
            text!["Today: it ends ", end, ", through ", code(self.id.to_string()), ", which ends now instead."],
        ];
        let what = what.into_iter().chain(plan::ends(job.sessions, &wanted)).collect();
        let reason = record.reason.as_deref().unwrap_or("no reason given").to_owned();
        Ok(Plan::Work(Box::new(Work {
            resource,
            runs: Runs::Beside,
            title: format!("{}: {} in {} for {} more", wanted.principal, wanted.set.name, wanted.account.name, self.lasts),
            what,
            calls: plan::calls(&wanted, lasts, job.sessions),
            checks: vec![Check::pass(&self.id.to_string(), format!("asked for because: {reason}"))],
            risks: plan::risks(&wanted, lasts, job.sessions),
            start: None,
            patience: plan::patience(lasts, cx.now),
            offers: plan::offers(lasts),
            gate: None,
            first: State { at: At::Assign, job: wanted.job(lasts, job.sessions, cx) },
        })))
    }

    async fn step(&self, state: GrantState, permit: &Permit, cx: &Context<'_>) -> Result<Step<GrantState>> {
        steps::step(state, permit, cx).await
    }
}

/// When it ends, if that can be moved.
fn end(record: &ChangeRecord, cx: &Context<'_>) -> Result<jiff::Timestamp> {
    let id = code(record.id.to_string());
    let phase = overlap::state_of(record).map(|state| overlap::phase(&state, &record.told, cx.now));
    match phase {
        Some(Phase::Stands { end: Some(end) }) => Ok(end),
        Some(Phase::Stands { end: None }) => Err(Error::shown(text![id, " is being given right now. Ask again in a moment."])),
        _ => Err(Error::shown(text![id, " is ending, so there is nothing to extend. ", code("access grant"), " asks anew."])),
    }
}
