//! Everything that goes.

use jiff::SignedDuration;

use super::steps::{Job, Last, Stage};
use super::{Offboard, State};
use crate::access::aws::Identity;
use crate::access::given::{self, Given};
use crate::access::model::{Assignment, Group, Membership, User};
use crate::access::onboard::names;
use crate::access::roster::Roster;
use crate::access::words::account_name;
use crate::access::writes::{planned_end, planned_leaving, planned_user_deletion};
use crate::access::{calls, find, guard, roster, user};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Runs, Work};
use crate::records::{ChangeRecord, PlannedCall, Status};
use crate::text;

/// What AWS fails to take away is tried again for so long.
const PATIENCE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// What somebody has.
struct Holdings {
    /// Grants of the bot that run.
    grants: Vec<Given>,
    /// What is assigned to them apart from the grants.
    assignments: Vec<Assignment>,
    /// What stands in the management account, where a delegated administrator can take nothing away.
    out_of_reach: Vec<Assignment>,
    memberships: Vec<(Membership, Group)>,
}

pub(super) async fn plan(asked: &Offboard, cx: &Context<'_>) -> Result<Work<State>> {
    let identity = Identity::open(cx).await?;
    let user = find::user(&asked.who, cx, &identity).await?;
    guard::own_user(&user)?;
    guard::user_may_go(&user, cx)?;
    guard::administrators_remain(&[&user], cx, &identity).await?;
    let holdings = holdings(&user, cx, &identity).await?;
    let last = if asked.delete { Last::Delete } else { Last::Disable };
    if last == Last::Disable && !user.active && holdings.is_empty() {
        return Err(Error::shown(text![
            code(&*user.name),
            " is disabled already and has nothing. There is nothing to do. ",
            code("--delete"),
            " deletes the user."
        ]));
    }
    let waiting = waiting(&user, cx).await?;
    let end = match last {
        Last::Disable => "disable",
        Last::Delete => "delete",
    };
    Ok(Work {
        resource: user::resource(&user),
        runs: Runs::Alone,
        title: format!("Offboard {}: take everything and {end} the user", user.label()),
        what: what(&user, &holdings, last, &*roster::naming(&holdings.assignments, cx).await?, cx),
        calls: calls(&user, &holdings, last),
        checks: Vec::new(),
        risks: risks(&holdings, &waiting, last),
        start: None,
        patience: PATIENCE,
        offers: Vec::new(),
        gate: None,
        first: State(Stage::EndGrants { job: Job::new(&user, last) }),
    })
}

async fn holdings(user: &User, cx: &Context<'_>, identity: &Identity) -> Result<Holdings> {
    let who = user.principal().assignee();
    let mut grants = given::grants(cx).await?;
    grants.retain(|given| given.is_for(&who, &user.name));
    grants.sort_by_key(|given| given.change);
    let all = identity.assigned_itself(&who).await?.into_iter();
    let rest = all.filter(|assignment| !grants.iter().any(|given| given.covers(assignment, &user.name)));
    let (out_of_reach, assignments) = rest.partition(|assignment| identity.out_of_reach(&assignment.account));
    let mut memberships = Vec::new();
    for membership in identity.memberships(&user.id).await? {
        let group = identity.group(&membership.group).await?.unwrap_or_else(|| Group {
            id: membership.group.clone(),
            name: membership.group.clone(),
            ..Group::default()
        });
        memberships.push((membership, group));
    }
    memberships.sort_by(|(_, a), (_, b)| a.name.cmp(&b.name));
    Ok(Holdings { grants, assignments, out_of_reach, memberships })
}

impl Holdings {
    fn is_empty(&self) -> bool {
        self.grants.is_empty() && self.assignments.is_empty() && self.memberships.is_empty()
    }
}

/// Changes that would give them something and have not begun: nobody can tell these to end.
async fn waiting(user: &User, cx: &Context<'_>) -> Result<Vec<ChangeRecord>> {
    let mut open = cx.records.open_changes().await?;
    let who = user.principal().assignee();
    let theirs = |call: &PlannedCall| calls::creates(call) && calls::is_for(call, &who, &user.name);
    open.retain(|record| {
        let ahead = matches!(record.status, Status::AwaitingApproval { .. } | Status::Scheduled { .. });
        ahead && record.plan.calls.iter().any(theirs)
    });
    Ok(open)
}

fn what(user: &User, holdings: &Holdings, last: Last, roster: &Roster, cx: &Context<'_>) -> Vec<Text> {
    let told = |all: &[Assignment]| {
        let all: Vec<String> = all
            .iter()
            .map(|one| format!("{} in {}", roster.permission_set_name(&one.permission_set), account_name(&one.account, cx)))
            .collect();
        names(all.iter().map(String::as_str))
    };
    let counted = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut what = Vec::new();
    if !holdings.grants.is_empty() {
        let all: Vec<String> = holdings.grants.iter().map(|given| given.change.to_string()).collect();
        what.push(text![
            format!("End {} early: ", counted(all.len(), "grant")),
            names(all.iter().map(String::as_str)),
            "; wait until AWS has taken the access back."
        ]);
    }
    if !holdings.assignments.is_empty() {
        let count = counted(holdings.assignments.len(), "assignment");
        what.push(text![format!("Remove {count}: "), told(&holdings.assignments), "."]);
    }
    if !holdings.memberships.is_empty() {
        let all: Vec<&str> = holdings.memberships.iter().map(|(_, group)| &*group.name).collect();
        what.push(text![format!("Take out of {}: ", counted(all.len(), "group")), names(all.iter().copied()), "."]);
    }
    what.push(match last {
        Last::Disable if user.active => {
            text!["Disable the user ", code(&*user.name), ": nobody can sign in with it, and it can be enabled again."]
        }
        Last::Disable => text!["The user ", code(&*user.name), " is disabled already and stays so."],
        Last::Delete => text!["Delete the user ", code(&*user.name), "."],
    });
    if !holdings.out_of_reach.is_empty() {
        what.push(text![
            "Left as it is, since AWS lets me change nothing in the management account: ",
            told(&holdings.out_of_reach),
            ". Whoever looks after that account removes it in the console."
        ]);
    }
    what
}

fn calls(user: &User, holdings: &Holdings, last: Last) -> Vec<PlannedCall> {
    let mut calls: Vec<PlannedCall> = holdings.assignments.iter().map(planned_end).collect();
    calls.extend(holdings.memberships.iter().map(|(membership, _)| {
        let mut call = planned_leaving(membership);
        call.parameters.insert("GroupId".to_owned(), membership.group.clone());
        call
    }));
    match last {
        Last::Disable if user.active => calls.push(super::steps::disabling().planned(user)),
        Last::Disable => {}
        Last::Delete => calls.push(planned_user_deletion(user)),
    }
    calls
}

fn risks(holdings: &Holdings, waiting: &[ChangeRecord], last: Last) -> Vec<Text> {
    let mut risks: Vec<Text> = vec![
        "Sessions that are open in AWS accounts last until their permission set lets them end.".into(),
        match last {
            Last::Disable => "It is reversible by hand: the record keeps what the user had.".into(),
            Last::Delete => "A deleted user can't be brought back: a new one of the same name is somebody else to AWS.".into(),
        },
    ];
    if !waiting.is_empty() {
        let ids: Vec<String> = waiting.iter().map(|record| record.id.to_string()).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        risks.push(
            text!["Not begun yet, and not ended by this: "].then(find::all_of(&ids)).then(". Reject or cancel what waits."),
        );
    }
    if !holdings.grants.is_empty() {
        risks.push("What was granted for a time is not given back by enabling the user again.".into());
    }
    risks
}
