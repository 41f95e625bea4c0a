//! What the policy says once it is known who or what is meant, before anything else is said about it.

pub(super) use crate::context::check as to_see;
use crate::context::{Context, Decision, Resource};
use crate::error::Result;

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
