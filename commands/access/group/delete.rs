//! `access group delete`.

use clap::Args;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource;
use crate::access::aws::Identity;
use crate::access::grant::overlap::word;
use crate::access::holding::Names;
use crate::access::leaving::{Leaving, Left};
use crate::access::user::refuse_out_of_reach;
use crate::access::words::{count, some};
use crate::access::writes::{planned_end, planned_group_deletion};
use crate::access::{find, guard, permitted, pick};
use crate::context::{Context, Resource};
use crate::error::Result;
use crate::message::{Text, bold};
use crate::plan::{Permit, Plan, Runs, Step, Work};
use crate::records::ChangeId;
use crate::{Change, Choice, Command, text};

/// How long tries go on: assignments end one after another, each in its turn.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// Deletes a group with everything it is assigned; its members stay users.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Delete {
    /// The group, such as payments-oncall
    group: String,
}

/// Where a deletion stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum State {
    /// Tell my own grants to it that they end.
    Grants {
        /// Which.
        grants: Vec<ChangeId>,
        /// What is to end then.
        leaving: Leaving,
    },
    /// End what it is assigned.
    Assignments {
        /// How far that is.
        leaving: Leaving,
    },
    /// Delete it.
    Delete {
        /// What was to end before.
        leaving: Leaving,
        /// How many assignments ended.
        ended: usize,
    },
}

impl Command for Delete {
    const NAME: &'static str = "access group delete";
    const PICKS: &'static [&'static str] = &["group"];

    fn resource(&self) -> Resource {
        Resource::named("group", &*self.group)
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::groups(typed, cx).await
    }
}

impl Change for Delete {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let identity = Identity::open(cx).await?;
        let group = find::group(&self.group, cx, &identity).await?;
        permitted::to_change(&resource(&group), cx)?;
        guard::own_group(&group)?;
        guard::group_may_go(&group, cx)?;
        let who = group.principal();
        let assignee = who.assignee();
        let (members, assignments) = tokio::try_join!(identity.members(&group.id), identity.assigned_itself(&assignee))?;
        refuse_out_of_reach(&assignments, &group.name, cx, &identity)?;
        let names = Names::of(&assignments, &members, &identity, cx).await?;
        let grants: Vec<ChangeId> = names.history.grants_for(&assignee, &group.name);
        let mut what = Vec::new();
        if !grants.is_empty() {
            let grants: Vec<String> = grants.iter().map(ToString::to_string).collect();
            what.push(text!["End my grants to it: "].then(some(grants.iter().map(String::as_str))).then("."));
        }
        if !assignments.is_empty() {
            let has = names.of_all(&assignments);
            let count = count(assignments.len(), "assignment");
            what.push(text!["End ", count, ": "].then(some(has.iter().map(String::as_str))).then("."));
        }
        let mut people: Vec<String> = members.iter().map(|member| names.user(&member.user)).collect();
        people.sort();
        what.push(match people.len() {
            0 => text!["Delete the group ", bold(&*group.name), ". Nobody is in it."],
            all => text!["Delete the group ", bold(&*group.name), ". ", count(all, "user"), " lose what it gave: "]
                .then(some(people.iter().map(String::as_str)))
                .then("."),
        });
        let leaving = Leaving::new(who);
        Ok(Plan::Work(Box::new(Work {
            resource: resource(&group),
            runs: Runs::Alone,
            title: format!("delete group {}", group.name),
            what,
            calls: assignments.iter().map(planned_end).chain([planned_group_deletion(&group)]).collect(),
            checks: Vec::new(),
            risks: vec!["AWS can't take it back: a new group of the same name has another id and none of this.".into()],
            start: None,
            patience: PATIENCE,
            offers: Vec::new(),
            gate: None,
            first: if grants.is_empty() { State::Assignments { leaving } } else { State::Grants { grants, leaving } },
        })))
    }

    async fn step(&self, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        let identity = Identity::open(cx).await?;
        match state {
            State::Grants { grants, leaving } => {
                let note: Text = text!["My grants to the group ", bold(&*leaving.who.name), " end: it is about to be deleted."];
                Ok(Step::Tell { state: State::Assignments { leaving }, changes: grants, what: word::END.to_owned(), note })
            }
            State::Assignments { leaving } => {
                let again = leaving.clone();
                Ok(match leaving.step(&identity, permit, cx).await? {
                    Left::More(leaving, until, so_far) => {
                        Step::Progress { state: State::Assignments { leaving: *leaving }, until, so_far }
                    }
                    Left::Nothing(ended) => {
                        let note = text![bold(&*again.who.name), " is assigned nothing any more."];
                        Step::Next { state: State::Delete { leaving: again, ended }, note }
                    }
                })
            }
            State::Delete { leaving, ended } => {
                identity.delete_group(permit, &leaving.who.id).await?;
                let ended = count(ended, "assignment");
                Ok(Step::Done(text!["AWS deleted the group ", bold(&*leaving.who.name), ", after ", ended, " had ended."]))
            }
        }
    }
}
