//! Planned calls about assignments. One may stand for many principals, so that plans of hundreds stay readable.

use super::model::{Assignee, Assignment, PrincipalKind};
use super::writes::planned_assignment;
use crate::records::PlannedCall;

/// What stands between several values of one parameter.
const BETWEEN: &str = ", ";

/// One planned call for many assignments of the same permission set in the same account. Principals stand there by id, or by
/// user name where they do not exist yet.
pub(super) fn planned_for_all(access: &Assignment, principals: &[String]) -> PlannedCall {
    let mut call = planned_assignment(access);
    call.parameters.insert("PrincipalId".to_owned(), listed(principals.iter().cloned()));
    call
}

/// Several values as one parameter.
pub(super) fn listed(values: impl IntoIterator<Item = String>) -> String {
    values.into_iter().collect::<Vec<_>>().join(BETWEEN)
}

/// The values of one parameter.
pub(super) fn each<'a>(call: &'a PlannedCall, parameter: &str) -> impl Iterator<Item = &'a str> {
    of(call, parameter).split(BETWEEN).filter(|one| !one.is_empty())
}

/// Whether a call creates assignments.
pub(super) fn creates(call: &PlannedCall) -> bool {
    call.api == "sso:CreateAccountAssignment"
}

/// Whether a call ends assignments.
pub(super) fn ends(call: &PlannedCall) -> bool {
    call.api == "sso:DeleteAccountAssignment"
}

/// Whether a call is about this assignment, among others; `name` is its principal's.
pub(super) fn covers(call: &PlannedCall, assignment: &Assignment, name: &str) -> bool {
    of(call, "TargetId") == assignment.account
        && of(call, "PermissionSetArn") == assignment.permission_set
        && is_for(call, &assignment.principal, name)
}

/// Whether a call is about an assignment of this principal's.
pub(super) fn is_for(call: &PlannedCall, principal: &Assignee, name: &str) -> bool {
    let kind = match principal.kind {
        PrincipalKind::User => "USER",
        PrincipalKind::Group => "GROUP",
    };
    of(call, "PrincipalType") == kind && each(call, "PrincipalId").any(|one| one == principal.id || one == name)
}

fn of<'a>(call: &'a PlannedCall, parameter: &str) -> &'a str {
    call.parameters.get(parameter).map(String::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_call_stands_for_many_by_id_or_name() {
        let assignment = |principal| Assignment { account: "1".to_owned(), permission_set: "a".to_owned(), principal };
        let call = planned_for_all(&assignment(Assignee::user("")), &["u-1".to_owned(), "mia".to_owned()]);
        assert!(covers(&call, &assignment(Assignee::user("u-1")), "kai"));
        assert!(covers(&call, &assignment(Assignee::user("u-9")), "mia"));
        assert!(!covers(&call, &assignment(Assignee::user("u-9")), "kai"));
        assert!(!covers(&call, &assignment(Assignee::group("u-1")), "kai"));
        let elsewhere = Assignment { account: "2".to_owned(), ..assignment(Assignee::user("u-1")) };
        assert!(!covers(&call, &elsewhere, "kai") && is_for(&call, &elsewhere.principal, "kai"));
    }
}
