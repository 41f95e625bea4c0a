//! Several grants of the same access at once: it stands until the latest of them ends, and is taken back once. Pure.
//!
//! Each grant commits where it stands before it looks at the others, so of two that move at once at least one sees the other.
//! One that begins waits for those that take back; one that ends leaves the access to those that stand, and tells the one it
//! counts on, so that this one takes it back should it never begin.

use jiff::Timestamp;

use super::state::{At, Job, Lasts, Sessions, State};
use crate::access::model::Assignment;
use crate::access::onboard;
use crate::context::Context;
use crate::error::Result;
use crate::records::{ChangeId, ChangeRecord, Status, Told};

/// What a grant is told while it runs, in the one word of [`Told::what`].
pub(crate) mod word {
    /// Hand it back.
    pub(crate) const END: &str = "end";
    /// A grant that lasts longer took its place.
    pub(crate) const EXTENDED: &str = "extended";
    /// Somebody takes the access away.
    pub(crate) const TAKEN: &str = "taken";
    /// The access stands for good now.
    pub(crate) const KEEP: &str = "keep";
    /// Another grant ended and counts on this one.
    pub(crate) const HEIR: &str = "heir";
}

/// Where a grant of the same access stands, as the others see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It is being given, or stands until then; none where that is not settled or never.
    Stands { end: Option<Timestamp> },
    /// It stands, but is about to end.
    Ends,
    /// It may ask AWS to take the access back.
    Releases,
    /// It leaves the access to another, if that one still stands at its next look; else it takes the access back.
    Yields,
    /// AWS is taking it back.
    Deletes,
    /// It has nothing to do with the access any more.
    Past,
}

/// A grant of the same access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) rank: Rank,
    pub(crate) phase: Phase,
}

/// Of several that end at once the highest takes the access back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    /// Whether it was asked for to take the access away.
    pub(crate) removes: bool,
    /// Whether it ends sessions too.
    pub(crate) ends_sessions: bool,
    pub(crate) id: ChangeId,
}

/// What one that begins does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// Goes on.
    Go,
    /// Waits for this one, which takes the access back.
    After(ChangeId),
}

/// What one that ends does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// The access goes on through this one.
    Heir(ChangeId, Option<Timestamp>),
    /// This one takes it back.
    LeaveTo(ChangeId),
    /// Waits for this one, and looks again.
    After(ChangeId),
    /// Takes it back.
    Act,
}

/// What one that begins does, given all others.
pub(crate) fn begin(others: &[Grant]) -> Begin {
    let busy = others.iter().find(|other| matches!(other.phase, Phase::Releases | Phase::Yields | Phase::Deletes));
    busy.map_or(Begin::Go, |other| Begin::After(other.rank.id))
}

/// What one that ends does, given all others.
pub(crate) fn release(me: Rank, others: &[Grant]) -> Release {
    let standing = others.iter().filter_map(|other| match other.phase {
        Phase::Stands { end } => Some((end.unwrap_or(Timestamp::MAX), other.rank.id, end)),
        _ => None,
    });
    if let Some((_, id, end)) = standing.max() {
        return Release::Heir(id, end);
    }
    let find = |fits: &dyn Fn(&Grant) -> bool| others.iter().find(|other| fits(other)).map(|other| other.rank.id);
    // One that yields may have looked already and be about to be past: nothing can be left to it.
    if let Some(id) = find(&|other| matches!(other.phase, Phase::Deletes | Phase::Ends | Phase::Yields)) {
        return Release::After(id);
    }
    if let Some(id) = find(&|other| other.phase == Phase::Releases && other.rank > me) {
        return Release::LeaveTo(id);
    }
    find(&|other| other.phase == Phase::Releases).map_or(Release::Act, Release::After)
}

/// The newest word that ends a grant.
pub(crate) fn ending(told: &[Told]) -> Option<&Told> {
    told.iter().rfind(|told| [word::END, word::EXTENDED, word::TAKEN, word::KEEP].contains(&&*told.what))
}

/// Where a grant stands at `now`, given what it was told.
pub(crate) fn phase(state: &State, told: &[Told], now: Timestamp) -> Phase {
    let stands = |end: Option<Timestamp>| {
        let over = end.is_some_and(|end| end <= now) || ending(told).is_some();
        if over { Phase::Ends } else { Phase::Stands { end } }
    };
    match (&state.at, state.job.lasts) {
        (At::Assign | At::Follow { .. }, Lasts::Until { end, .. }) => stands(Some(end)),
        (At::Assign | At::Follow { .. }, _) => stands(None),
        (At::Hold { end }, _) => stands(Some(*end)),
        // What stands for good is not ended by a word, but by whoever takes it away afterwards.
        (At::Settle | At::Settled, _) => Phase::Stands { end: None },
        (At::Release { .. }, _) => Phase::Releases,
        (At::Yield { .. }, _) => Phase::Yields,
        (At::FollowEnd { .. }, _) => Phase::Deletes,
        (
            At::Sweep | At::Deny { .. } | At::FollowDeny { .. } | At::Denied { .. } | At::Lift { .. } | At::FollowLift { .. },
            _,
        ) => Phase::Past,
    }
}

pub(crate) fn rank(job: &Job, id: ChangeId) -> Rank {
    Rank { removes: job.removes(), ends_sessions: job.sessions == Sessions::End, id }
}

/// The state of a change that is a grant and runs; none for all other changes.
pub(crate) fn state_of(record: &ChangeRecord) -> Option<State> {
    let Status::Running { state, .. } = &record.status else { return None };
    super::COMMANDS.contains(&&*record.command).then(|| serde_json::from_value(state.clone()).ok())?
}

/// All grants that run, with their records.
pub(crate) async fn running(cx: &Context<'_>) -> Result<Vec<(ChangeRecord, State)>> {
    let open = cx.records.open_changes().await?;
    Ok(open.into_iter().filter_map(|record| state_of(&record).map(|state| (record, state))).collect())
}

/// The grants of the same access that run, but for the one called `me`.
pub(crate) async fn others(assignment: &Assignment, me: &str, cx: &Context<'_>) -> Result<Vec<Grant>> {
    let mut running = running(cx).await?;
    running.retain(|(record, _)| record.id.to_string() != me);
    Ok(of(assignment, &running, cx.now))
}

/// Those grants that are of this access.
pub(crate) fn of(assignment: &Assignment, running: &[(ChangeRecord, State)], now: Timestamp) -> Vec<Grant> {
    let same = running.iter().filter(|(_, state)| state.job.assignment == *assignment);
    same.map(|(record, state)| Grant { rank: rank(&state.job, record.id), phase: phase(state, &record.told, now) }).collect()
}

/// Changes that give this access to many people for good, and are at it: a grant of it that ends leaves it to them, as to a grant
/// that has no end. They tell those that are left to keep it, but listen to nobody themselves.
pub(crate) async fn givers(assignment: &Assignment, cx: &Context<'_>) -> Result<Vec<Grant>> {
    let open = cx.records.open_changes().await?;
    let giving = open.iter().filter(|record| onboard::is_giving(record, assignment));
    let rank = |id| Rank { removes: false, ends_sessions: false, id };
    Ok(giving.map(|record| Grant { rank: rank(record.id), phase: Phase::Stands { end: None } }).collect())
}

/// Of all grants that run those that would take back, sooner or later, what stands for good now, and have not been told to keep
/// it.
pub(crate) fn to_tell(running: &[(ChangeRecord, State)], now: Timestamp) -> impl Iterator<Item = (ChangeId, &Assignment)> {
    let ends = running.iter().filter(move |(record, state)| {
        let takes = matches!(phase(state, &record.told, now), Phase::Stands { .. } | Phase::Ends | Phase::Releases);
        let kept = ending(&record.told).is_some_and(|told| told.what == word::KEEP);
        takes && !kept && !matches!(state.job.lasts, Lasts::ForGood | Lasts::Removed)
    });
    ends.map(|(record, state)| (record.id, &state.job.assignment))
}

#[cfg(test)]
mod tests;
