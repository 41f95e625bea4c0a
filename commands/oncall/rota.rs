//! Who is on call when: computed from a rotation and those who stand in, for any instant. Pure.
//!
//! Turns begin at the same hour of the rotation's own clock all year: a week in which the clocks change is an hour shorter
//! or longer. An hour that is skipped counts as the one after it, an hour that comes twice as the first.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::model::{Hours, Rotation, Turn};
use crate::context::PersonId;
use crate::records::{Override, OverrideId, Shift};

/// A time in which one person is on call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnOf {
    /// Who.
    pub who: PersonId,
    /// From when. Where the rotation has hours, these are one day's.
    pub from: Timestamp,
    /// Until when, that instant not included.
    pub until: Timestamp,
    /// Whose turn it is by the rotation, where somebody else stands in.
    pub instead_of: Option<PersonId>,
    /// The override by which they stand in.
    pub by: Option<OverrideId>,
}

/// Who is on call at an instant; nobody outside the rotation's hours.
pub fn turn(rotation: &Rotation, overrides: &[Override], at: Timestamp) -> Option<TurnOf> {
    let just_after = at.checked_add(SignedDuration::from_nanos(1)).ok()?;
    turns(rotation, overrides, at, just_after).into_iter().next()
}

/// All turns of which some part lies in a time, the first and the last in their full length; in order.
pub fn turns(rotation: &Rotation, overrides: &[Override], from: Timestamp, until: Timestamp) -> Vec<TurnOf> {
    let calendar = Calendar::of(rotation);
    let own: Vec<&Override> = overrides.iter().filter(|one| one.rotation == rotation.name).collect();
    let mut turns = Vec::new();
    let Some(first) = calendar.number_at(from) else { return turns };
    for number in first.. {
        let Some((begins, ends)) = calendar.turn(number).filter(|(begins, _)| *begins < until) else { break };
        for window in calendar.windows(begins, ends) {
            turns.extend(cut(window, calendar.person(number), &own));
        }
    }
    turns.retain(|turn| turn.from < until && turn.until > from);
    turns
}

/// The next instant after `at` from which somebody else may be on call, or nobody, or somebody again; none where there is
/// none within a year.
pub fn next_change(rotation: &Rotation, overrides: &[Override], at: Timestamp) -> Option<Timestamp> {
    if let Some(turn) = turn(rotation, overrides, at) {
        return Some(turn.until);
    }
    // The next turn is mostly near; only the last look goes far.
    let ahead = [2, 10, 366].map(|days| at.checked_add(SignedDuration::from_hours(24 * days)));
    ahead.into_iter().flatten().find_map(|until| turns(rotation, overrides, at, until).first().map(|turn| turn.from))
}

/// A time in which nobody else is on call: one or several turns of one person, with the nights between them where the
/// rotation has hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who.
    pub who: PersonId,
    /// From the first turn's begin to the last one's end.
    pub time: Shift,
}

/// Turns in order, those of one person without another's between them taken together.
pub fn runs(turns: &[TurnOf]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for turn in turns {
        match runs.last_mut() {
            Some(last) if last.who == turn.who => last.time.until = turn.until,
            _ => runs.push(Run { who: turn.who.clone(), time: Shift { from: turn.from, until: turn.until } }),
        }
    }
    runs
}

/// Turns in order, the days of one turn of a rotation that has hours taken together.
pub fn without_nights(turns: Vec<TurnOf>) -> Vec<TurnOf> {
    let mut whole: Vec<TurnOf> = Vec::new();
    for turn in turns {
        match whole.last_mut() {
            Some(last)
                if last.until < turn.from && (&last.who, &last.instead_of, last.by) == (&turn.who, &turn.instead_of, turn.by) =>
            {
                last.until = turn.until;
            }
            _ => whole.push(turn),
        }
    }
    whole
}

/// A rotation's turns, counted from its first one.
struct Calendar<'r> {
    rotation: &'r Rotation,
    zone: TimeZone,
    /// How many days a turn takes.
    days: i64,
}

impl<'r> Calendar<'r> {
    fn of(rotation: &'r Rotation) -> Self {
        let days = match rotation.turn {
            Turn::Daily => 1,
            Turn::Weekly => 7,
        };
        // The configuration has only zones that exist.
        Self { rotation, zone: TimeZone::get(&rotation.zone).unwrap_or(TimeZone::UTC), days }
    }

    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        self.zone.to_ambiguous_timestamp(local).compatible().ok()
    }

    /// When a turn begins; none at the end of all times.
    fn begin(&self, number: i64) -> Option<Timestamp> {
        let span = Span::new().try_days(number.checked_mul(self.days)?).ok()?;
        self.instant(self.rotation.starts.checked_add(span).ok()?)
    }

    fn turn(&self, number: i64) -> Option<(Timestamp, Timestamp)> {
        Some((self.begin(number)?, self.begin(number + 1)?))
    }

    /// The number of the turn an instant lies in.
    fn number_at(&self, at: Timestamp) -> Option<i64> {
        let days = self.rotation.starts.date().duration_until(self.zone.to_datetime(at).date()).as_hours() / 24;
        let mut number = days.div_euclid(self.days);
        while self.begin(number)? > at {
            number -= 1;
        }
        while self.begin(number + 1)? <= at {
            number += 1;
        }
        Some(number)
    }

    /// Whose turn it is; nobody in a rotation without people.
    fn person(&self, number: i64) -> Option<&'r PersonId> {
        let people = &self.rotation.people;
        let at = number.rem_euclid(i64::try_from(people.len()).ok().filter(|count| *count > 0)?);
        people.get(usize::try_from(at).ok()?)
    }

    /// The parts of a turn in which somebody is on call: all of it, or the hours of its days.
    fn windows(&self, begins: Timestamp, ends: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let Some(hours) = &self.rotation.hours else { return vec![(begins, ends)] };
        let (first, last) = (self.zone.to_datetime(begins).date(), self.zone.to_datetime(ends).date());
        let days = first.series(Span::new().days(1)).take_while(|day| *day <= last);
        let window = |day: Date| {
            let at = |time: Time| self.instant(day.to_datetime(time));
            let (from, until) = (at(hours.from)?.max(begins), at(hours.until)?.min(ends));
            (from < until).then_some((from, until))
        };
        days.filter(|day| works_on(hours, *day)).filter_map(window).collect()
    }
}

fn works_on(hours: &Hours, day: Date) -> bool {
    hours.days.contains(&day.weekday())
}

/// A window of one person's turn, cut where others stand in.
fn cut((from, until): (Timestamp, Timestamp), person: Option<&PersonId>, overrides: &[&Override]) -> Vec<TurnOf> {
    let Some(person) = person else { return Vec::new() };
    let near: Vec<&&Override> = overrides.iter().filter(|one| one.from < until && one.until > from).collect();
    let edges = near.iter().flat_map(|one| [one.from.max(from), one.until.min(until)]);
    let edges: Vec<Timestamp> = edges.chain([from, until]).collect::<BTreeSet<_>>().into_iter().collect();
    let mut parts: Vec<TurnOf> = Vec::new();
    for (&from, &until) in edges.iter().zip(edges.iter().skip(1)) {
        let holds = near.iter().filter(|one| one.from <= from && one.until >= until).max_by_key(|one| one.id);
        let part = match holds.filter(|one| one.who != *person) {
            Some(one) => TurnOf { who: one.who.clone(), from, until, instead_of: Some(person.clone()), by: Some(one.id) },
            None => TurnOf { who: person.clone(), from, until, instead_of: None, by: None },
        };
        match parts.last_mut() {
            Some(last) if last.who == part.who && last.by == part.by => last.until = part.until,
            _ => parts.push(part),
        }
    }
    parts
}

#[cfg(test)]
mod tests;
