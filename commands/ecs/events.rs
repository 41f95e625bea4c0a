//! What ECS says happened to a service.

use aws_sdk_ecs::types as sdk;
use jiff::Timestamp;

use crate::aws::time::instant;

/// One event, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What: `(service orders) has reached a steady state.`
    pub words: String,
}

/// Events as ECS gives them, newest first.
pub(super) fn events(given: &[sdk::ServiceEvent]) -> Vec<Event> {
    let event = |one: &sdk::ServiceEvent| Some(Event { at: one.created_at().and_then(instant)?, words: one.message.clone()? });
    given.iter().filter_map(event).collect()
}
