//! Where an alert stands on its escalation policy.

use commands::records::{AlertRecord, Escalation, Handling};
use jiff::Timestamp;

use super::Ways;

/// Gives an alert another escalation policy, which it climbs from its first step while nobody has it.
pub fn route(next: &mut AlertRecord, policy: Option<String>, (ways, now): (Ways<'_>, Timestamp)) {
    let Some(policy) = policy.filter(|_| next.storm.is_none()) else { return };
    next.escalation = Some(Escalation { policy, step: 0, next: None });
    if matches!(next.handling, Handling::Open) {
        climb(next, ways, now);
    }
}

/// Its escalation goes on where it was when it was right for a while: what flaps does not begin anew, and does not stay at its
/// first step.
pub(super) fn go_on(next: &mut AlertRecord, ways: Ways<'_>, now: Timestamp) {
    let Some(escalation) = &mut next.escalation else { return };
    let policy = ways.policies.iter().find(|policy| policy.name == escalation.policy);
    let rung = escalation.step as usize;
    match policy.filter(|policy| rung > 0 && rung < policy.rungs()) {
        Some(policy) => escalation.next = Some(now + policy.wait(rung)),
        None => climb(next, ways, now),
    }
}

/// Its escalation begins anew.
pub(super) fn climb(next: &mut AlertRecord, ways: Ways<'_>, now: Timestamp) {
    let Some(escalation) = &mut next.escalation else { return };
    let policy = ways.policies.iter().find(|policy| policy.name == escalation.policy);
    escalation.step = 0;
    escalation.next = policy.and_then(|policy| policy.steps.first()).map(|step| now + step.after);
}

/// Whether its escalation has a step left.
pub(super) fn has_step(escalation: &Escalation, ways: Ways<'_>) -> bool {
    let policy = ways.policies.iter().find(|policy| policy.name == escalation.policy);
    policy.is_some_and(|policy| (escalation.step as usize) < policy.rungs())
}
