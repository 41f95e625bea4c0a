//! Whatever happens in whatever order, a change keeps to its life.

use commands::context::{Requirement, SelfApproval};
use commands::plan::Gate;
use commands::records::{Cast, ChangeId, Emergency, PlanRecord, Verdict};
use commands::{PersonId, Resource};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;

pub(crate) fn start() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

pub(crate) fn person(number: u8) -> PersonId {
    PersonId(format!("p{number}"))
}

/// A change of `p0` that waits for `approvals` of dba.
pub(crate) fn waiting(approvals: u32, self_approval: SelfApproval) -> ChangeRecord {
    let mut plan = PlanRecord {
        runs: commands::plan::Runs::Alone,
        offers: Vec::new(),
        gate: None,
        resource: Resource::named("database", "orders"),
        title: "orders: mysql 8.0.35 → 8.0.40".to_owned(),
        what: Vec::new(),
        calls: Vec::new(),
        checks: Vec::new(),
        risks: Vec::new(),
        start: Some(start() + SignedDuration::from_hours(2)),
        patience: 3600,
        digest: String::new(),
    };
    plan.digest = plan.digested();
    ChangeRecord {
        id: ChangeId(7),
        command: "rds upgrade".to_owned(),
        args: Value::Null,
        asker: person(0),
        reason: None,
        place: Default::default(),
        asked: start(),
        plan,
        requires: Some(Requirement { approvals, group: "dba".to_owned(), self_approval }),
        emergency: None,
        rule: "upgrade-prod".to_owned(),
        round: 1,
        votes: Vec::new(),
        rejected: None,
        claimed: None,
        status: Status::AwaitingApproval { expires: start() + SignedDuration::from_hours(8) },
        notes: Vec::new(),
        so_far: None,
        told: Vec::new(),
        reminded: Vec::new(),
        prodded: 0,
        turned_away: Vec::new(),
    }
}

fn gate() -> Gate<Value> {
    let until = start() + SignedDuration::from_mins(30);
    let (rejecting, otherwise) = ("turns it around".to_owned(), "the tide turns".to_owned());
    Gate { since: start(), until, rejecting, otherwise, rejected: json!({ "step": "back" }) }
}

/// Where a change can stand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stand {
    Waiting,
    Scheduled,
    Running,
    Ended,
}

fn stand(record: &ChangeRecord) -> Stand {
    match record.status {
        Status::AwaitingApproval { .. } => Stand::Waiting,
        Status::Scheduled { .. } => Stand::Scheduled,
        Status::Running { .. } => Stand::Running,
        Status::Ended { .. } => Stand::Ended,
    }
}

/// Where something that `by` does leads from where a change stands; none where it can't happen.
fn leads(record: &ChangeRecord, happening: &Happening, by: &PersonId) -> Option<Stand> {
    use Stand::{Ended, Running, Scheduled, Waiting};
    Some(match (stand(record), happening) {
        (
            Waiting,
            Happening::Voted(_)
            | Happening::Withdrawn(_)
            | Happening::TurnedAway { .. }
            | Happening::Claimed(_)
            | Happening::Prodded,
        ) => Waiting,
        (Waiting, Happening::Approved { .. }) => Scheduled,
        (Waiting, Happening::TurnedAround { .. }) if record.plan.gate.is_some() => Running,
        (_, Happening::Rescheduled { .. }) if record.plan.gate.is_some() => return None,
        (_, Happening::Rescheduled { .. }) if record.emergency.is_some() => return None,
        (Waiting | Scheduled, Happening::Rescheduled { expires, .. }) => expires.map_or(Scheduled, |_| Waiting),
        (Scheduled, Happening::Reminded { .. } | Happening::Held { .. }) => Scheduled,
        (Scheduled, Happening::Started { .. }) => Running,
        (Running, Happening::Stepped { .. } | Happening::Stumbled { .. }) => Running,
        (Waiting, Happening::Ended { outcome: Outcome::Rejected, .. }) => Ended,
        (Running, Happening::Ended { outcome: Outcome::Rejected, .. }) if record.rejected.is_some() => Ended,
        (Waiting | Scheduled, Happening::Ended { outcome: Outcome::Cancelled | Outcome::Expired | Outcome::Void, .. }) => Ended,
        (Running, Happening::Ended { outcome: Outcome::Succeeded | Outcome::Failed, .. }) => Ended,
        (Ended, Happening::ReviewMissed { .. }) if record.is_unreviewed() => Ended,
        (Ended, Happening::Reviewed { .. }) if record.is_unreviewed() && *by != record.asker => Ended,
        _ => return None,
    })
}

fn happenings() -> impl Strategy<Value = Happening> {
    let people = || (0_u8..4).prop_map(person);
    let at = || (0_i64..86_400).prop_map(|seconds| start() + SignedDuration::from_secs(seconds));
    let words = || prop::sample::select(vec!["one", "two", "three"]).prop_map(Text::from);
    let state = || prop::sample::select(vec!["snapshot", "modify"]).prop_map(|step| json!({ "step": step }));
    let outcome = prop::sample::select(vec![
        Outcome::Succeeded,
        Outcome::Failed,
        Outcome::Rejected,
        Outcome::Cancelled,
        Outcome::Expired,
        Outcome::Void,
    ]);
    let vote = (people(), any::<bool>(), any::<bool>(), at()).prop_map(|(by, yes, command, at)| {
        let verdict = if yes { Verdict::Approve } else { Verdict::Reject };
        let cast = if command { Cast::Command } else { Cast::Reaction };
        Happening::Voted(Vote { by, verdict, cast, at, reason: None })
    });
    let calls = Vec::new;
    prop_oneof![
        4 => vote,
        1 => people().prop_map(Happening::Withdrawn),
        1 => words().prop_map(|why| Happening::TurnedAway { key: "p3 approve".to_owned(), why: why.plain() }),
        1 => people().prop_map(Happening::Claimed),
        2 => at().prop_map(|at| Happening::Approved { at }),
        1 => people().prop_map(|by| Happening::TurnedAround { by, reason: None }),
        2 => (at(), prop::option::of(at())).prop_map(|(at, expires)| Happening::Rescheduled { at, expires }),
        1 => Just(Happening::Prodded),
        1 => (0_i64..3).prop_map(|before| Happening::Reminded { before }),
        1 => (at(), words()).prop_map(|(until, why)| Happening::Held { until, why }),
        2 => state().prop_map(|state| Happening::Started { state }),
        2 => (state(), at(), prop::option::of(words())).prop_map(move |(state, next, note)| Happening::Stepped {
            state, next, note, calls: calls(),
        }),
        2 => (at(), words()).prop_map(move |(next, why)| Happening::Stumbled { next, why, cause: "cause".to_owned(), calls: calls() }),
        2 => prop::option::of(words()).prop_map(|note| Happening::Reviewed { note: note.map(|note| note.plain()) }),
        1 => (1_i64..9).prop_map(|days| Happening::ReviewMissed { days }),
        1 => (outcome, words()).prop_map(move |(outcome, said)| Happening::Ended { outcome, said, calls: calls() }),
    ]
}

proptest! {
    #[test]
    fn only_legal_transitions_happen(
        life in prop::collection::vec((happenings(), (0_u8..3).prop_map(person)), 1..40),
        is_emergency in any::<bool>(),
        is_gate in any::<bool>(),
    ) {
        let mut record = waiting(1, SelfApproval::Refused);
        record.plan.gate = is_gate.then(gate);
        record.emergency = is_emergency.then(Emergency::default);
        for (at, (happening, by)) in life.into_iter().enumerate() {
            let now = start() + SignedDuration::from_secs(i64::try_from(at).unwrap());
            let expected = leads(&record, &happening, &by);
            let before = record.clone();
            match (happen(&record, happening.clone(), &by, now), expected) {
                (Err(_), None) => prop_assert_eq!(&record, &before),
                (Ok((next, fact)), Some(expected)) => {
                    prop_assert_eq!(stand(&next), expected);
                    kept(&before, &next, &happening)?;
                    prop_assert_eq!(&fact.operation, "CHG-7");
                    prop_assert_eq!(fact.change, Some(ChangeId(7)));
                    prop_assert!(!fact.event.is_empty());
                    prop_assert_eq!(fact.outcome.is_some(), matches!(happening, Happening::Ended { .. }));
                    record = next;
                }
                (result, expected) => prop_assert!(false, "{:?} in {:?} led to {:?}, not {:?}", happening, before.status, result, expected),
            }
        }
    }
}

/// What no transition may touch, and what one must.
fn kept(before: &ChangeRecord, after: &ChangeRecord, happening: &Happening) -> Result<(), TestCaseError> {
    prop_assert_eq!(&after.plan.digest, &after.plan.digested());
    prop_assert_eq!((after.id, &after.asker, &after.args), (before.id, &before.asker, &before.args));
    prop_assert!(after.notes.starts_with(&before.notes), "notes are only added");
    let mut voters: Vec<_> = after.votes.iter().map(|vote| &vote.by).collect();
    voters.sort();
    voters.dedup();
    prop_assert_eq!(voters.len(), after.votes.len());
    if let Happening::Rescheduled { at, .. } = happening {
        prop_assert_eq!(after.round, before.round + 1);
        prop_assert!(after.votes.is_empty());
        prop_assert_eq!(after.plan.start, Some(*at));
        prop_assert_eq!(after.plan.digest == before.plan.digest, before.plan.start == Some(*at));
        return Ok(());
    }
    prop_assert_eq!((after.round, &after.plan), (before.round, &before.plan));
    prop_assert_eq!(after.emergency.is_some(), before.emergency.is_some());
    if !matches!(happening, Happening::Reviewed { .. }) {
        prop_assert_eq!(after.is_unreviewed(), before.is_unreviewed());
    }
    if !matches!(happening, Happening::Voted(_) | Happening::Withdrawn(_)) {
        prop_assert_eq!(&after.votes, &before.votes);
    }
    Ok(())
}
