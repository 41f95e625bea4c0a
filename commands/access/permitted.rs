//! What the policy says once it is known who or what is meant, before anything else is said about it.

use crate::context::{Context, Decision, Resource};
use crate::error::{Error, Result};

/// Refuses to show what the policy denies.
///
/// # Errors
/// One to show, with the policy's reason.
pub(super) fn to_see(resource: &Resource, cx: &Context<'_>) -> Result<()> {
    match cx.authority.decide(cx.person, cx.action, resource) {
        Decision::Allowed { .. } => Ok(()),
        Decision::Denied { why, .. } => Err(Error::shown(why)),
    }
}

/// Refuses to plan what the policy allows in no way, not in an emergency either. Whether it is one, and what that takes, is seen
/// to once there is a plan.
///
/// # Errors
/// One to show, with the policy's reason.
pub(super) fn to_change(resource: &Resource, cx: &Context<'_>) -> Result<()> {
    match cx.authority.decide_in_emergency(cx.person, cx.action, resource) {
        Decision::Allowed { .. } => Ok(()),
        Decision::Denied { .. } => to_see(resource, cx),
    }
}
