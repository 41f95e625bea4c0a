//! What of somebody's access the asker may pass on: no more than `access grant` would let them give for good, and on no fewer
//! approvals than the onboarding itself takes.

use super::steps::Access;
use crate::access::Grant;
use crate::context::{self, Context, Decision, Requirement, Resource, SelfApproval};
use crate::error::Result;
use crate::message::{Text, code};
use crate::records::Freeze;
use crate::{Command, text};

/// What the policy says to the onboarding, and what is frozen.
pub(super) struct Passing {
    /// What the onboarding itself takes.
    own: Option<Requirement>,
    freezes: Vec<Freeze>,
}

impl Passing {
    /// As it is for the onboarding of `people`.
    pub(super) async fn of(people: &Resource, cx: &Context<'_>) -> Result<Self> {
        let own = match cx.authority.decide(cx.person, cx.action, people) {
            Decision::Allowed { requires, .. } => requires,
            Decision::Denied { .. } => None,
        };
        Ok(Self { own, freezes: cx.records.freezes().await? })
    }

    /// Why this access is not passed on; none where it is.
    pub(super) fn refuses(&self, access: &Access, cx: &Context<'_>) -> Option<Text> {
        let resource = resource(access, cx);
        match cx.authority.decide(cx.person, Grant::NAME, &resource) {
            Decision::Denied { why, .. } => {
                return Some(text!["the policy does not let you give it for good: ", why.trim_end_matches('.')]);
            }
            Decision::Allowed { requires: Some(need), .. } if !self.covers(&need) => {
                let noun = if need.approvals == 1 { "approval" } else { "approvals" };
                let takes = format!("it takes {} {noun} of {} for good; ask for it with ", need.approvals, need.group);
                return Some(text![takes, code(Grant::NAME)]);
            }
            Decision::Allowed { .. } => {}
        }
        let freeze = self.freezes.iter().find(|freeze| freeze.holds(resource.project.as_deref(), cx.now))?;
        let id = code(format!("FRZ-{}", freeze.id));
        Some(text!["the freeze ", id, " of ", &freeze.by, " holds until ", freeze.until, ": ", freeze.reason.as_str()])
    }

    /// Whether whoever approves the onboarding approves as much as this demands.
    fn covers(&self, need: &Requirement) -> bool {
        let strict = |one: &Requirement| one.self_approval == SelfApproval::Refused;
        self.own
            .as_ref()
            .is_some_and(|own| own.group == need.group && own.approvals >= need.approvals && (strict(own) || !strict(need)))
    }
}

/// The access, as policy judges it when it is granted for good.
fn resource(access: &Access, cx: &Context<'_>) -> Resource {
    let account = cx.settings.accounts.iter().find(|account| account.id == access.account);
    Resource {
        account: Some(access.account.clone()),
        project: account.map(|account| account.project.clone()),
        env: account.map(|account| account.env.clone()),
        access: Some(context::Access { permission_set: access.set_name.clone(), minutes: None }),
        ..Resource::named("account", access.account_name.as_str())
    }
}
