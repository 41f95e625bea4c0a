//! What the configuration declares to stand.

use super::model::{Assignment, PrincipalKind};
use crate::context::{Context, Declared, Holder};

/// Whether it declares this assignment; principal and permission set by name.
pub(super) fn is_declared(assignment: &Assignment, names: (&str, &str), cx: &Context<'_>) -> bool {
    let baseline = cx.settings.identity.iter().filter_map(|identity| identity.baseline.as_ref()).flatten();
    baseline.into_iter().any(|declared| declares(declared, assignment, names))
}

/// Whether this line of it declares this assignment; principal and permission set by name.
pub(super) fn declares(declared: &Declared, assignment: &Assignment, (principal, permission_set): (&str, &str)) -> bool {
    let holder = match (&declared.principal, assignment.principal.kind) {
        (Holder::User(name), PrincipalKind::User) | (Holder::Group(name), PrincipalKind::Group) => name,
        _ => return false,
    };
    holder.eq_ignore_ascii_case(principal) && declared.permission_set == permission_set && declared.account == assignment.account
}
