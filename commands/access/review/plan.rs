//! What is reviewed, until when.

use jiff::SignedDuration;

use super::rows::{self, Row};
use super::steps::{Course, Stage, counted};
use super::{Review, Rows, State};
use crate::access::aws::Identity;
use crate::access::model::{Assignment, PrincipalKind};
use crate::access::onboard::names;
use crate::access::roster::Roster;
use crate::access::{find, guard};
use crate::context::{Context, Resource};
use crate::error::{Error, Result};
use crate::message::code;
use crate::plan::{Offer, Runs, Work};
use crate::{Command, text};

/// How many rows one review takes: as many as people go through, and as one record keeps with all that is said to them.
const MOST: usize = 200;
/// How long a review takes if nothing is said.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest one.
const LONGEST: SignedDuration = SignedDuration::from_hours(90 * 24);
/// What AWS fails to take away is tried again for so long.
const PATIENCE: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(super) async fn plan(asked: &Review, cx: &Context<'_>) -> Result<Work<State>> {
    let until = match &asked.until {
        Some(until) => until.resolve(cx.now, &cx.person.zone)?,
        None => cx.now + USUAL,
    };
    if until.duration_since(cx.now) > LONGEST {
        return Err(Error::shown(text!["A review takes 90 days at most, and ", until, " is further away. Nothing was changed."]));
    }
    let identity = Identity::open(cx).await?;
    let (resource, of, mut rows) = match (&asked.account, &asked.group) {
        (Some(account), _) => account_rows(account, asked, cx, &identity).await?,
        (None, Some(group)) => group_rows(group, cx, &identity).await?,
        (None, None) => {
            return Err(Error::shown(text![
                "Say what to review: ",
                code("--account shop-prod"),
                " for everything assigned in an account, or ",
                code("--group sre"),
                " for everybody in a group."
            ]));
        }
    };
    if rows.is_empty() {
        return Err(Error::shown(text!["There is nothing to review: the list of ", of.as_str(), " is empty."]));
    }
    if rows.len() > MOST {
        let narrower = if asked.account.is_some() { " Name one permission set with --permission-set." } else { "" };
        return Err(Error::shown(format!(
            "That is {} rows, and one review takes {MOST}. Nothing was changed.{narrower}",
            rows.len()
        )));
    }
    let roster = rows::roster(&rows, cx.now, cx).await?;
    sort(&mut rows, &roster);
    let count = counted(rows.len());
    let told: Vec<String> = rows.iter().map(|row| row.told(&roster)).collect();
    let course = Course { until, half: cx.now + until.duration_since(cx.now) / 2, last: until - SignedDuration::from_hours(24) };
    Ok(Work {
        resource,
        runs: Runs::Alone,
        title: format!("Review {of}: {count}"),
        what: vec![
            text!["Go through ", count, " until ", until, ": ", names(told.iter().map(String::as_str)), "."],
            "Remind this channel at half time and a day before the end of what nobody has answered.".into(),
            "At the end remove what was marked, and nothing else. What nobody answered stays and is reported.".into(),
        ],
        calls: rows::calls(&rows),
        checks: Vec::new(),
        risks: vec!["Whoever is removed loses that access when the review ends.".into()],
        start: None,
        patience: until.duration_since(cx.now) + PATIENCE,
        offers: vec![Offer::new("Go through the rows", Rows::NAME)],
        gate: None,
        first: State(Stage::Open { course }),
    })
}

type Found = (Resource, String, Vec<Row>);

async fn account_rows(name: &str, asked: &Review, cx: &Context<'_>, identity: &Identity) -> Result<Found> {
    let account = find::account(name, cx)?;
    find::within_reach(account, cx)?;
    let assignments: Vec<Assignment> = match &asked.permission_set {
        Some(set) => {
            let set = find::permission_set(set, cx, identity).await?;
            identity.assignments(&account.id, &set.arn).await?
        }
        None => identity.assignments_in(&account.id).await?,
    };
    let resource = Resource {
        kind: "account".to_owned(),
        name: account.name.clone(),
        id: format!("review of account {}", account.id),
        account: Some(account.id.clone()),
        project: Some(account.project.clone()),
        env: Some(account.env.clone()),
        ..Resource::default()
    };
    let of = match &asked.permission_set {
        Some(set) => format!("who has {set} in {}", account.name),
        None => format!("who has access to {}", account.name),
    };
    Ok((resource, of, assignments.into_iter().map(Row::Assigned).collect()))
}

async fn group_rows(name: &str, cx: &Context<'_>, identity: &Identity) -> Result<Found> {
    let group = find::group(name, cx, identity).await?;
    guard::own_group(&group)?;
    let members = identity.members(&group.id).await?;
    let rows = members.into_iter().map(|member| Row::Member { group: member.group, user: member.user }).collect();
    let resource = Resource { id: format!("review of group {}", group.id), ..Resource::named("group", group.name.as_str()) };
    Ok((resource, format!("who is in the group {}", group.name), rows))
}

/// By permission set, groups after users, then by name: rows that differ in nothing but who stand together.
fn sort(rows: &mut [Row], roster: &Roster) {
    rows.sort_by_cached_key(|row| {
        let principal = row.principal();
        let set = match row {
            Row::Assigned(assignment) => roster.permission_set_name(&assignment.permission_set).to_lowercase(),
            Row::Member { .. } => String::new(),
        };
        (set, principal.kind == PrincipalKind::Group, roster.principal(&principal).name.to_lowercase(), principal.id)
    });
}
