//! The rows of a review and what people said to them. Both stand in the change's record: the rows as the calls that would remove
//! them, the answers as what the change was told.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Review;
use crate::Command;
use crate::access::calls::{each, listed};
use crate::access::model::{Assignee, Assignment, PrincipalKind};
use crate::access::roster::{self, Roster};
use crate::access::writes::planned_end;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::code;
use crate::plan::call;
use crate::records::{ChangeId, ChangeRecord, PlannedCall, Told};
use crate::text;

/// The word for a row that stays.
pub(super) const KEEP: &str = "keep";
/// The word for a row that goes.
pub(super) const DROP: &str = "drop";

/// One thing to keep or to remove.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    /// An assignment.
    Assigned(Assignment),
    /// A user in a group, both by id.
    Member {
        /// The group.
        group: String,
        /// The user.
        user: String,
    },
}

/// What people said to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer<'r> {
    Keep(&'r Told),
    Drop(&'r Told),
    None,
}

/// What stands in [`Told::detail`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct About {
    /// Which rows, counted from 1.
    pub(super) rows: Vec<usize>,
}

impl Row {
    pub(super) fn principal(&self) -> Assignee {
        match self {
            Self::Assigned(assignment) => assignment.principal.clone(),
            Self::Member { user, .. } => Assignee::user(user.as_str()),
        }
    }

    /// In a few words: `ben: ReadOnlyAccess`; of an account one permission set after the other.
    pub(super) fn told(&self, roster: &Roster) -> String {
        let who = who(&self.principal(), roster);
        match self {
            Self::Assigned(assignment) => format!("{who}: {}", roster.permission_set_name(&assignment.permission_set)),
            Self::Member { .. } => who,
        }
    }

    /// Whether it is about the asker: about the user the directory knows as theirs, else one of their name or address.
    pub(super) fn is_about_asker(&self, roster: &Roster, cx: &Context<'_>) -> bool {
        let (principal, person) = (self.principal(), cx.person);
        if let Some(own) = cx.authority.origin(&person.id).center {
            return principal == Assignee::user(own.id);
        }
        let Some(user) = roster.user(&principal.id).filter(|_| principal.kind == PrincipalKind::User) else { return false };
        let email = |email: &String| email.to_lowercase();
        user.name.eq_ignore_ascii_case(&person.id.0)
            || person.email.is_some() && user.email.as_ref().map(email) == person.email.as_ref().map(email)
    }
}

/// Who somebody is, also where AWS no longer knows them.
pub(in crate::access) fn who(principal: &Assignee, roster: &Roster) -> String {
    let known = match principal.kind {
        PrincipalKind::User => roster.user(&principal.id).is_some(),
        PrincipalKind::Group => roster.group(&principal.id).is_some(),
    };
    if known { roster.principal(principal).to_string() } else { format!("deleted {} {}", principal.kind, principal.id) }
}

/// The calls that would remove all rows, one for those that differ in nothing but who, in the order of the rows.
pub(super) fn calls(rows: &[Row]) -> Vec<PlannedCall> {
    let mut calls: Vec<PlannedCall> = Vec::new();
    for row in rows {
        let (planned, of) = match row {
            Row::Assigned(assignment) => (planned_end(assignment), "PrincipalId"),
            Row::Member { group, user } => {
                let names = [("GroupId", group.as_str()), ("MemberId.UserId", user.as_str())];
                (call("identitystore:DeleteGroupMembership", names), "MemberId.UserId")
            }
        };
        let rest = |call: &PlannedCall| -> BTreeMap<String, String> {
            call.parameters.iter().filter(|(name, _)| *name != of).map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        match calls.last_mut().filter(|last| rest(last) == rest(&planned)) {
            Some(last) => {
                let all = listed(each(last, of).chain(each(&planned, of)).map(str::to_owned));
                last.parameters.insert(of.to_owned(), all);
            }
            None => calls.push(planned),
        }
    }
    calls
}

/// The roster that names those in the rows who still exist, read at `since` or later where somebody in them is unknown.
///
/// # Errors
/// What AWS said, as a sentence.
pub(super) async fn roster(rows: &[Row], since: Timestamp, cx: &Context<'_>) -> Result<Arc<Roster>> {
    let knows = |roster: &Roster, row: &Row| match row {
        Row::Assigned(assignment) => roster.knows(assignment),
        Row::Member { user, .. } => roster.user(user).is_some(),
    };
    roster::knowing(|roster| rows.iter().all(|row| knows(roster, row)), since, cx).await
}

/// The rows of a review.
pub(super) fn rows(record: &ChangeRecord) -> Vec<Row> {
    record.plan.calls.iter().flat_map(rows_of).collect()
}

fn rows_of(call: &PlannedCall) -> Vec<Row> {
    let of = |name: &str| call.parameters.get(name).cloned().unwrap_or_default();
    if call.api == "identitystore:DeleteGroupMembership" {
        let group = of("GroupId");
        return each(call, "MemberId.UserId").map(|user| Row::Member { group: group.clone(), user: user.to_owned() }).collect();
    }
    let kind = if of("PrincipalType") == "GROUP" { PrincipalKind::Group } else { PrincipalKind::User };
    let (account, permission_set) = (of("TargetId"), of("PermissionSetArn"));
    let assigned = each(call, "PrincipalId").map(|id| {
        let principal = Assignee { kind, id: id.to_owned() };
        Row::Assigned(Assignment { account: account.clone(), permission_set: permission_set.clone(), principal })
    });
    assigned.collect()
}

/// What people said to each of `count` rows: the last word counts.
pub(super) fn answers(told: &[Told], count: usize) -> Vec<Answer<'_>> {
    let mut answers = vec![Answer::None; count];
    for one in told {
        let answer = match one.what.as_str() {
            KEEP => Answer::Keep(one),
            DROP => Answer::Drop(one),
            _ => continue,
        };
        let Ok(about) = serde_json::from_value::<About>(one.detail.clone()) else { continue };
        for row in about.rows {
            if let Some(place) = row.checked_sub(1).and_then(|row| answers.get_mut(row)) {
                *place = answer;
            }
        }
    }
    answers
}

/// Whether people said of this assignment that it goes; a review that has ended has removed it.
pub(in crate::access) fn removed(record: &ChangeRecord, assignment: &Assignment) -> bool {
    let rows = rows(record);
    let answers = answers(&record.told, rows.len());
    let is_it = |row: &Row| matches!(row, Row::Assigned(one) if one == assignment);
    rows.iter().zip(answers).any(|(row, answer)| is_it(row) && matches!(answer, Answer::Drop(_)))
}

/// The record of a review.
///
/// # Errors
/// One to show where there is none of that id, or it is another command's.
pub(super) async fn find(id: ChangeId, cx: &Context<'_>) -> Result<ChangeRecord> {
    let record = cx.records.change(id).await?;
    record.filter(|record| record.command == Review::NAME).ok_or_else(|| {
        Error::shown(text![
            code(id.to_string()),
            " is no review of access. ",
            code("change list"),
            " shows the changes there are."
        ])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assigned(set: &str, kind: PrincipalKind, id: &str) -> Row {
        let principal = Assignee { kind, id: id.to_owned() };
        Row::Assigned(Assignment { account: "111122223333".to_owned(), permission_set: set.to_owned(), principal })
    }

    #[test]
    fn rows_come_back_from_the_calls_that_would_remove_them() {
        let rows = vec![
            assigned("a", PrincipalKind::User, "1"),
            assigned("a", PrincipalKind::User, "2"),
            assigned("a", PrincipalKind::Group, "3"),
            assigned("b", PrincipalKind::User, "1"),
            Row::Member { group: "g".to_owned(), user: "1".to_owned() },
            Row::Member { group: "g".to_owned(), user: "2".to_owned() },
        ];
        let calls = calls(&rows);
        assert_eq!(calls.len(), 4);
        assert_eq!(calls.iter().flat_map(rows_of).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn the_last_answer_counts() {
        let told = |what: &str, rows: &[usize]| Told {
            by: crate::PersonId("ana".to_owned()),
            at: "2026-11-25T10:00:00Z".parse().unwrap(),
            what: what.to_owned(),
            detail: serde_json::json!({ "rows": rows }),
        };
        let all = [told(DROP, &[1, 2]), told("end", &[3]), told(KEEP, &[2, 9])];
        let answers = answers(&all, 3);
        assert!(matches!(answers[..], [Answer::Drop(_), Answer::Keep(_), Answer::None]), "{answers:?}");
    }
}
