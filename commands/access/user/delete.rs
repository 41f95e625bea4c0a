//! `access user delete`.

use clap::Args;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::resource;
use crate::access::aws::Identity;
use crate::access::grant::overlap::word;
use crate::access::holding::Names;
use crate::access::leaving::{Leaving, Left};
use crate::access::model::{Assignment, Membership, Principal, User};
use crate::access::words::{account_name, count, some};
use crate::access::writes::{planned_end, planned_leaving, planned_user_deletion};
use crate::access::{find, guard, permitted, pick};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, bold, code};
use crate::plan::{Check, Permit, Plan, Runs, Step, Work};
use crate::records::ChangeId;
use crate::{Change, Choice, Command, text};

/// How long tries go on: assignments end one after another, each in its turn.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// Deletes a user with everything they are assigned and all their memberships.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub struct Delete {
    /// The user: @ana, a user name or an e-mail address
    user: String,
}

/// Where a deletion stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum State {
    /// Tell my own grants to them that they end.
    Grants {
        /// Which.
        grants: Vec<ChangeId>,
        /// What is to end then.
        leaving: Leaving,
    },
    /// End what they are assigned.
    Assignments {
        /// How far that is.
        leaving: Leaving,
    },
    /// Take them out of one group after another, and delete them after the last.
    Memberships {
        /// Who.
        user: Principal,
        /// How many assignments ended.
        ended: usize,
        /// How many groups they have left.
        left: usize,
    },
}

impl Command for Delete {
    const NAME: &'static str = "access user delete";
    const PICKS: &'static [&'static str] = &["user"];

    fn resource(&self) -> Resource {
        Resource::named("user", self.user.trim_start_matches('@'))
    }

    async fn suggest(_arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        pick::users(typed, cx).await
    }
}

impl Change for Delete {
    type State = State;

    async fn plan(&self, cx: &Context<'_>) -> Result<Plan<State>> {
        let identity = Identity::open(cx).await?;
        let user = find::user(&self.user, cx, &identity).await?;
        permitted::to_change(&resource(&user), cx)?;
        guard::own_user(&user)?;
        guard::user_may_go(&user, cx)?;
        guard::administrators_remain(&[&user], cx, &identity).await?;
        let who = user.principal();
        let assignee = who.assignee();
        let (mut memberships, assignments) =
            tokio::try_join!(identity.memberships(&user.id), identity.assigned_itself(&assignee))?;
        memberships.sort();
        refuse_out_of_reach(&assignments, &user.name, cx, &identity)?;
        let names = Names::of(&assignments, &memberships, &identity, cx).await?;
        let grants: Vec<ChangeId> = names.history.grants_for(&assignee, &user.name);
        let ends = assignments.iter().map(planned_end).chain(memberships.iter().map(planned_leaving));
        let leaving = Leaving::new(who);
        let checks = if memberships.is_empty() && assignments.is_empty() {
            vec![Check::pass("nothing else goes", "they are in no group and assigned nothing")]
        } else {
            Vec::new()
        };
        Ok(Plan::Work(Box::new(Work {
            resource: resource(&user),
            runs: Runs::Alone,
            title: format!("delete user {}", user.name),
            what: what(&user, (&memberships, &assignments, &grants), &names),
            calls: ends.chain([planned_user_deletion(&user)]).collect(),
            checks,
            risks: vec![
                "AWS can't take it back: a new user of the same name has another id and none of this.".into(),
                "Sessions they have in accounts go on until they end by themselves.".into(),
            ],
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
                let note = text!["My grants to ", bold(&*leaving.who.name), " end: they are about to be deleted."];
                Ok(Step::Tell { state: State::Assignments { leaving }, changes: grants, what: word::END.to_owned(), note })
            }
            State::Assignments { leaving } => {
                let user = leaving.who.clone();
                Ok(match leaving.step(&identity, permit, cx).await? {
                    Left::More(leaving, until, so_far) => {
                        Step::Progress { state: State::Assignments { leaving: *leaving }, until, so_far }
                    }
                    Left::Nothing(ended) => {
                        let left = identity.memberships(&user.id).await?.len();
                        let note = text![bold(&*user.name), " is assigned nothing any more."];
                        Step::Next { state: State::Memberships { user, ended, left }, note }
                    }
                })
            }
            State::Memberships { user, ended, left } => memberships(user, (ended, left), &identity, permit, cx).await,
        }
    }
}

/// Leaves one group, or deletes who is in none any more.
async fn memberships(
    user: Principal,
    (ended, left): (usize, usize),
    identity: &Identity,
    permit: &Permit,
    cx: &Context<'_>,
) -> Result<Step<State>> {
    let standing = identity.memberships(&user.id).await?;
    if let Some(membership) = standing.first() {
        // Another deletion may have gone first since this one was planned.
        if let Some(user) = identity.user(&user.id).await? {
            guard::administrators_remain(&[&user], cx, identity).await?;
        }
        identity.remove_member(permit, &membership.id).await?;
        let so_far = format!("{} to leave.", count(standing.len() - 1, "group")).into();
        return Ok(Step::Progress { state: State::Memberships { user, ended, left }, until: cx.now, so_far });
    }
    identity.delete_user(permit, &user.id).await?;
    let (ended, left) = (count(ended, "assignment"), count(left, "membership"));
    Ok(Step::Done(text!["AWS deleted the user ", bold(&*user.name), ", after ", ended, " and ", left, " had ended."]))
}

/// Refuses to begin what could not be finished: assignments in the management account can't be ended from here.
pub(in crate::access) fn refuse_out_of_reach(
    assignments: &[Assignment],
    name: &str,
    cx: &Context<'_>,
    identity: &Identity,
) -> Result<()> {
    let Some(there) = assignments.iter().find(|assignment| identity.out_of_reach(&assignment.account)) else { return Ok(()) };
    Err(Error::shown(text![
        code(name),
        " is assigned something in ",
        code(account_name(&there.account, cx)),
        ", the management account, and I work from a delegated administrator: AWS lets me change nothing there, and a deletion \
         would leave it behind. Nothing was changed. Whoever looks after the management account ends it first."
    ]))
}

/// Everything that goes.
fn what(
    user: &User,
    (memberships, assignments, grants): (&[Membership], &[Assignment], &[ChangeId]),
    names: &Names<'_>,
) -> Vec<Text> {
    let mut what = Vec::new();
    if !grants.is_empty() {
        let grants: Vec<String> = grants.iter().map(ToString::to_string).collect();
        what.push(text!["End my grants to them: "].then(some(grants.iter().map(String::as_str))).then("."));
    }
    if !assignments.is_empty() {
        let has = names.of_all(assignments);
        let count = count(assignments.len(), "assignment");
        what.push(text!["End ", count, ": "].then(some(has.iter().map(String::as_str))).then("."));
    }
    if !memberships.is_empty() {
        let mut groups: Vec<String> = memberships.iter().map(|membership| names.group(&membership.group)).collect();
        groups.sort();
        let count = count(groups.len(), "group");
        what.push(text!["Take them out of ", count, ": "].then(some(groups.iter().map(String::as_str))).then("."));
    }
    let email = user.email.as_ref().map(|email| text![", ", code(&**email)]).unwrap_or_default();
    what.push(text!["Delete the user ", bold(&*user.name), ": ", &*user.display_name].then(email).then("."));
    what
}
