//! Several people into a group, or out of it: planned as the difference to today, one step a person.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::resource;
use crate::access::aws::Identity;
use crate::access::model::{Group, Membership, Principal, User};
use crate::access::words::{count, some};
use crate::access::writes::{planned_joining, planned_leaving};
use crate::access::{find, guard, permitted};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, bold, code, lasting};
use crate::plan::{Check, Permit, Plan, Runs, Step, Work};
use crate::text;

/// How long tries go on.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// Which way people go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Way {
    /// Into the group.
    In,
    /// Out of it.
    Out,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum State {
    /// The next person's turn.
    Member(Turn),
}

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    group: Principal,
    people: Vec<Principal>,
    /// How many of these are done, and how many there was nothing to do for.
    done: usize,
    idle: usize,
    /// When the first step was taken.
    began: Option<Timestamp>,
}

/// Plans it for the people that were typed.
pub(super) async fn plan(way: Way, group: &str, typed: &[String], cx: &Context<'_>) -> Result<Plan<State>> {
    let identity = Identity::open(cx).await?;
    let group = find::group(group, cx, &identity).await?;
    permitted::to_change(&resource(&group), cx)?;
    guard::own_group(&group)?;
    let typed = each_person(typed);
    let mut users = identity.each(&typed, |one| find::user(one, cx, &identity)).await?;
    users.sort_by_cached_key(|user| user.name.to_lowercase());
    users.dedup_by(|a, b| a.id == b.id);
    let members = identity.members(&group.id).await?;
    let is_in = |user: &User| members.iter().any(|member| member.user == user.id);
    let (inside, outside): (Vec<User>, Vec<User>) = users.into_iter().partition(is_in);
    let (moving, still) = match way {
        Way::In => (outside, inside),
        Way::Out => (inside, outside),
    };
    if moving.is_empty() {
        return Err(Error::shown(way.nothing(&group, &still)));
    }
    if way == Way::Out {
        let leaving: Vec<&User> = moving.iter().collect();
        if guard::administers(&group, cx)? {
            guard::administrators_remain(&leaving, cx, &identity).await?;
        }
        if members.len() == moving.len() {
            guard::group_may_be_empty(&group, cx)?;
        }
    }
    let calls = moving.iter().map(|user| match members.iter().find(|member| member.user == user.id) {
        Some(membership) => planned_leaving(membership),
        None => planned_joining(&group.id, &user.id),
    });
    let after = if way == Way::In { members.len() + moving.len() } else { members.len() - moving.len() };
    let turn =
        Turn { group: group.principal(), people: moving.iter().map(User::principal).collect(), done: 0, idle: 0, began: None };
    Ok(Plan::Work(Box::new(Work {
        resource: resource(&group),
        runs: Runs::Alone,
        title: way.title(&group, &moving),
        what: way.what(&group, (&moving, &still), (members.len(), after)),
        calls: calls.collect(),
        checks: doubts(way, &moving),
        risks: way.risks(&group, cx)?,
        start: None,
        patience: PATIENCE,
        offers: Vec::new(),
        gate: None,
        first: State::Member(turn),
    })))
}

/// Takes one person's turn.
pub(super) async fn step(way: Way, state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let State::Member(mut turn) = state;
    let identity = Identity::open(cx).await?;
    let Some(person) = turn.people.get(turn.done) else { return Ok(Step::Done(way.said(&turn))) };
    let began = *turn.began.get_or_insert(cx.now);
    let membership = identity.membership(&turn.group.id, &person.id).await?;
    let moved = match (way, membership) {
        (Way::In, None) => join(&turn.group, person, &identity, permit).await?,
        (Way::Out, Some(membership)) => leave(&membership, person, &identity, permit, cx).await?,
        // Done by another try of this step, or by somebody else meanwhile.
        _ => true,
    };
    turn.done += 1;
    turn.idle += usize::from(!moved);
    let so_far = so_far((turn.done, turn.people.len()), cx.now.duration_since(began));
    Ok(Step::Progress { state: State::Member(turn), until: cx.now, so_far })
}

/// False if there is no such user any more.
async fn join(group: &Principal, person: &Principal, identity: &Identity, permit: &Permit) -> Result<bool> {
    match identity.add_member(permit, &group.id, &person.id).await {
        // Taken: they are in it already.
        Ok(_) => Ok(true),
        // The others' turns go on without somebody who was deleted meanwhile.
        Err(Error::Shown(_)) if identity.user(&person.id).await?.is_none() => Ok(false),
        Err(error) => Err(error),
    }
}

async fn leave(
    membership: &Membership,
    person: &Principal,
    identity: &Identity,
    permit: &Permit,
    cx: &Context<'_>,
) -> Result<bool> {
    // Somebody else may have left since this was planned.
    if let (Some(user), Some(group)) = (identity.user(&person.id).await?, identity.group(&membership.group).await?)
        && guard::administers(&group, cx)?
    {
        guard::administrators_remain(&[&user], cx, identity).await?;
    }
    identity.remove_member(permit, &membership.id).await?;
    Ok(true)
}

/// `37 of 200 done, about 3 min left.`
fn so_far((done, all): (usize, usize), took: SignedDuration) -> Text {
    let left = i32::try_from(all - done).unwrap_or(i32::MAX);
    let left = took / i32::try_from(done.max(1)).unwrap_or(i32::MAX) * left;
    if left.as_secs() < 1 {
        return format!("{done} of {all} done.").into();
    }
    format!("{done} of {all} done, about {} left.", lasting(SignedDuration::from_secs(left.as_secs()))).into()
}

/// The people in what was typed: a form gives several in one line.
fn each_person(typed: &[String]) -> Vec<String> {
    let split = |line: &String| -> Vec<String> {
        let by_blank: Vec<&str> = line.split_whitespace().collect();
        let all_are_people = by_blank.iter().all(|word| word.contains('@'));
        if all_are_people { by_blank.into_iter().map(str::to_owned).collect() } else { vec![line.trim().to_owned()] }
    };
    let lines = typed.iter().flat_map(|line| line.split(',')).map(str::to_owned).filter(|line| !line.trim().is_empty());
    lines.collect::<Vec<_>>().iter().flat_map(split).collect()
}

impl Way {
    fn nothing(self, group: &Group, still: &[User]) -> Text {
        let who = some(still.iter().map(|user| &*user.name));
        match (self, still.len()) {
            (Self::In, 1) => who.then(text![" is in ", code(&*group.name), " already: there is nothing to change."]),
            (Self::In, _) => who.then(text![" are in ", code(&*group.name), " already: there is nothing to change."]),
            (Self::Out, 1) => who.then(text![" is not in ", code(&*group.name), ": there is nothing to change."]),
            (Self::Out, _) => who.then(text![" are not in ", code(&*group.name), ": there is nothing to change."]),
        }
    }

    fn title(self, group: &Group, moving: &[User]) -> String {
        let who = match moving {
            [one] => one.name.clone(),
            several => count(several.len(), "user"),
        };
        match self {
            Self::In => format!("group {}: add {who}", group.name),
            Self::Out => format!("group {}: remove {who}", group.name),
        }
    }

    /// The difference to today.
    fn what(self, group: &Group, (moving, still): (&[User], &[User]), (now, then): (usize, usize)) -> Vec<Text> {
        let names = |users: &[User]| some(users.iter().map(|user| &*user.name));
        let (head, rest) = match self {
            Self::In => ("Add to ", "In it already: "),
            Self::Out => ("Remove from ", "Not in it: "),
        };
        let mut what = vec![text![head, bold(&*group.name), ": "].then(names(moving)).then(".")];
        if !still.is_empty() {
            what.push(text![rest].then(names(still)).then(". Nothing changes for them."));
        }
        what.push(format!("It has {} today and {then} then.", count(now, "member")).into());
        what
    }

    fn risks(self, group: &Group, cx: &Context<'_>) -> Result<Vec<Text>> {
        Ok(match (self, guard::counts(group, cx)?) {
            (Self::In, true) => {
                vec![text!["My policy goes by who is in ", code(&*group.name), ": they may do what it says then."]]
            }
            (Self::Out, true) => {
                vec![text!["My policy goes by who is in ", code(&*group.name), ": they may no longer do what it says."]]
            }
            (Self::In, false) => Vec::new(),
            (Self::Out, false) => vec!["Sessions they have in accounts go on until they end by themselves.".into()],
        })
    }

    fn said(self, turn: &Turn) -> Text {
        let moved = turn.people.len() - turn.idle;
        let who = match (&turn.people[..], turn.idle) {
            ([one], 0) => text![bold(&*one.name), " is"],
            _ => text![count(moved, "user"), if moved == 1 { " is" } else { " are" }],
        };
        let where_to = match self {
            Self::In => " in ",
            Self::Out => " out of ",
        };
        let said = who.then(text![where_to, bold(&*turn.group.name), " now."]);
        match turn.idle {
            0 => said,
            gone => said.then(format!(" {} of those asked for no longer exist.", gone)),
        }
    }
}

fn doubts(way: Way, moving: &[User]) -> Vec<Check> {
    let disabled: Vec<&str> = moving.iter().filter(|user| !user.active).map(|user| &*user.name).collect();
    if way == Way::Out || disabled.is_empty() {
        return Vec::new();
    }
    vec![Check::warn("everybody can sign in", format!("not {}: disabled", some(disabled).plain()))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_people_may_stand_in_one_line() {
        let typed = ["@ana @ben".to_owned(), "bea@example.com,Ben Chan".to_owned(), "lee".to_owned()];
        assert_eq!(each_person(&typed), ["@ana", "@ben", "bea@example.com", "Ben Chan", "lee"]);
    }

    #[test]
    fn how_far_it_is_is_told_with_the_time_left_once_that_is_known() {
        assert_eq!(so_far((37, 200), SignedDuration::ZERO).plain(), "37 of 200 done.");
        assert_eq!(so_far((50, 200), SignedDuration::from_secs(60)).plain(), "50 of 200 done, about 3 min left.");
        assert_eq!(so_far((200, 200), SignedDuration::from_secs(60)).plain(), "200 of 200 done.");
    }

    #[test]
    fn a_state_is_kept_under_a_name_that_lasts() {
        let group = Group { id: "g-1".to_owned(), name: "sre".to_owned(), ..Group::default() }.principal();
        let state = State::Member(Turn { group, people: Vec::new(), done: 1, idle: 0, began: None });
        insta::assert_snapshot!(serde_json::to_string(&state).unwrap(), @r#"{"step":"member","group":{"kind":"group","id":"g-1","name":"sre"},"people":[],"done":1,"idle":0,"began":null}"#);
    }
}
