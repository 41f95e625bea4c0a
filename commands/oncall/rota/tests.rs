use jiff::civil::{Weekday, date, time};
use proptest::prelude::*;

use super::*;

fn rotation(zone: &str, turn: Turn, hours: Option<Hours>) -> Rotation {
    Rotation {
        name: "web".to_owned(),
        project: None,
        people: ["ana", "ben", "cleo"].map(|id| PersonId(id.to_owned())).to_vec(),
        zone: zone.to_owned(),
        turn,
        starts: date(2026, 1, 5).at(9, 0, 0, 0),
        hours,
        channel: None,
        user_group: None,
    }
}

fn office() -> Hours {
    let days = [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    Hours { days: days.to_vec(), from: time(9, 0, 0, 0), until: time(17, 30, 0, 0) }
}

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

fn stands_in(id: u64, who: &str, from: &str, until: &str) -> Override {
    let (who, by) = (PersonId(who.to_owned()), PersonId("dana".to_owned()));
    let (from, until) = (at(from), at(until));
    Override { id: OverrideId(id), rotation: "web".to_owned(), who, from, until, by, at: from, reason: None, swap: None }
}

fn shown(turns: &[TurnOf]) -> String {
    let one = |turn: &TurnOf| {
        let instead = turn.instead_of.as_ref().map(|person| format!(" instead of {person}")).unwrap_or_default();
        format!("{} {} {}{instead}", turn.from, turn.until, turn.who)
    };
    turns.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[test]
fn weeks_begin_at_the_same_hour_when_the_clocks_change() {
    let rotation = rotation("Europe/Berlin", Turn::Weekly, None);
    insta::assert_snapshot!(shown(&turns(&rotation, &[], at("2026-03-20T00:00:00Z"), at("2026-04-01T00:00:00Z"))), @"
    2026-03-16T08:00:00Z 2026-03-23T08:00:00Z ben
    2026-03-23T08:00:00Z 2026-03-30T07:00:00Z cleo
    2026-03-30T07:00:00Z 2026-04-06T07:00:00Z ana
    ");
    insta::assert_snapshot!(shown(&turns(&rotation, &[], at("2025-12-30T00:00:00Z"), at("2026-01-06T00:00:00Z"))), @"
    2025-12-29T08:00:00Z 2026-01-05T08:00:00Z cleo
    2026-01-05T08:00:00Z 2026-01-12T08:00:00Z ana
    ");
}

#[test]
fn an_hour_that_is_skipped_counts_as_the_next_and_one_that_comes_twice_as_the_first() {
    let rotation = Rotation { starts: date(2026, 1, 1).at(2, 30, 0, 0), ..rotation("Europe/Berlin", Turn::Daily, None) };
    insta::assert_snapshot!(shown(&turns(&rotation, &[], at("2026-03-28T02:00:00Z"), at("2026-03-29T12:00:00Z"))), @"
    2026-03-28T01:30:00Z 2026-03-29T01:30:00Z cleo
    2026-03-29T01:30:00Z 2026-03-30T00:30:00Z ana
    ");
    insta::assert_snapshot!(shown(&turns(&rotation, &[], at("2026-10-24T12:00:00Z"), at("2026-10-25T12:00:00Z"))), @"
    2026-10-24T00:30:00Z 2026-10-25T00:30:00Z cleo
    2026-10-25T00:30:00Z 2026-10-26T01:30:00Z ana
    ");
}

#[test]
fn outside_the_hours_nobody_is_on_call() {
    let rotation = rotation("Europe/Berlin", Turn::Weekly, Some(office()));
    insta::assert_snapshot!(shown(&turns(&rotation, &[], at("2026-11-20T10:00:00Z"), at("2026-11-24T10:00:00Z"))), @"
    2026-11-20T08:00:00Z 2026-11-20T16:30:00Z ana
    2026-11-23T08:00:00Z 2026-11-23T16:30:00Z ben
    2026-11-24T08:00:00Z 2026-11-24T16:30:00Z ben
    ");
    assert_eq!(turn(&rotation, &[], at("2026-11-20T16:30:00Z")), None, "the end is not included");
    assert_eq!(next_change(&rotation, &[], at("2026-11-20T16:30:00Z")), Some(at("2026-11-23T08:00:00Z")));
    assert_eq!(next_change(&rotation, &[], at("2026-11-23T08:00:00Z")), Some(at("2026-11-23T16:30:00Z")));
}

#[test]
fn hours_across_a_change_of_turns_are_shared() {
    let rotation = Rotation { starts: date(2026, 1, 5).at(12, 0, 0, 0), ..rotation("UTC", Turn::Weekly, Some(office())) };
    insta::assert_snapshot!(shown(&turns(&rotation, &[], at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"))), @"
    2026-11-23T09:00:00Z 2026-11-23T12:00:00Z ana
    2026-11-23T12:00:00Z 2026-11-23T17:30:00Z ben
    ");
}

#[test]
fn whoever_stands_in_does_so_for_their_time_and_the_newest_word_counts() {
    let rotation = rotation("UTC", Turn::Weekly, None);
    let overrides = [
        stands_in(1, "ana", "2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z"),
        stands_in(2, "cleo", "2026-11-25T00:00:00Z", "2026-11-25T12:00:00Z"),
        stands_in(3, "ben", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"),
        Override { rotation: "data".to_owned(), ..stands_in(4, "cleo", "2026-11-20T00:00:00Z", "2026-12-20T00:00:00Z") },
    ];
    insta::assert_snapshot!(shown(&turns(&rotation, &overrides, at("2026-11-23T10:00:00Z"), at("2026-11-29T00:00:00Z"))), @"
    2026-11-23T09:00:00Z 2026-11-24T00:00:00Z ben
    2026-11-24T00:00:00Z 2026-11-25T00:00:00Z ana instead of ben
    2026-11-25T00:00:00Z 2026-11-25T12:00:00Z cleo instead of ben
    2026-11-25T12:00:00Z 2026-11-26T00:00:00Z ana instead of ben
    2026-11-26T00:00:00Z 2026-11-30T09:00:00Z ben
    ");
}

#[test]
fn an_override_fills_no_hours_in_which_nobody_is_on_call() {
    let rotation = rotation("UTC", Turn::Weekly, Some(office()));
    let overrides = [stands_in(1, "ana", "2026-11-23T12:00:00Z", "2026-11-24T12:00:00Z")];
    insta::assert_snapshot!(shown(&turns(&rotation, &overrides, at("2026-11-23T00:00:00Z"), at("2026-11-25T00:00:00Z"))), @"
    2026-11-23T09:00:00Z 2026-11-23T12:00:00Z ben
    2026-11-23T12:00:00Z 2026-11-23T17:30:00Z ana instead of ben
    2026-11-24T09:00:00Z 2026-11-24T12:00:00Z ana instead of ben
    2026-11-24T12:00:00Z 2026-11-24T17:30:00Z ben
    ");
}

#[test]
fn nobody_is_on_call_in_a_rotation_without_people_or_at_the_end_of_all_times() {
    let nobody = Rotation { people: Vec::new(), ..rotation("UTC", Turn::Daily, None) };
    assert_eq!(turn(&nobody, &[], at("2026-11-23T12:00:00Z")), None);
    assert_eq!(next_change(&nobody, &[], at("2026-11-23T12:00:00Z")), None);
    let rotation = rotation("Asia/Taipei", Turn::Daily, None);
    for end in [Timestamp::MIN, Timestamp::MAX] {
        assert_eq!(turn(&rotation, &[], end), None);
    }
}

/// Zones whose clocks change: by an hour north and south, by half an hour, and by a whole day that never was.
const ZONES: [&str; 6] =
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia", "Asia/Taipei"];

fn seconds(range: std::ops::Range<i64>) -> impl Strategy<Value = Timestamp> {
    range.prop_map(|second| Timestamp::from_second(second).unwrap())
}

prop_compose! {
    fn any_rotation()(
        zone in proptest::sample::select(&ZONES[..]),
        weekly: bool,
        minutes in 0..24 * 60i64,
        day in 0..3000i64,
        people in 1..5usize,
    ) -> Rotation {
        let starts = date(2009, 1, 1).at(0, 0, 0, 0) + Span::new().days(day).minutes(minutes);
        let turn = if weekly { Turn::Weekly } else { Turn::Daily };
        let people = (0..people).map(|number| PersonId(format!("p{number}"))).collect();
        Rotation { starts, people, ..rotation(zone, turn, None) }
    }
}

prop_compose! {
    /// From 2011, in which Samoa skipped a day, for a few weeks.
    fn any_time()(from in seconds(1_300_000_000..1_900_000_000), hours in 1..1_000i64) -> (Timestamp, Timestamp) {
        (from, from + SignedDuration::from_hours(hours))
    }
}

prop_compose! {
    fn any_override((from, until): (Timestamp, Timestamp))(
        id in 1..100u64,
        who in 0..5usize,
        start in -200..1_000i64,
        length in 1..400i64,
    ) -> Override {
        let from = from.min(until) + SignedDuration::from_hours(start);
        let one = stands_in(id, &format!("p{who}"), "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        Override { from, until: from + SignedDuration::from_hours(length), ..one }
    }
}

fn with_overrides() -> impl Strategy<Value = (Rotation, (Timestamp, Timestamp), Vec<Override>)> {
    (any_rotation(), any_time())
        .prop_flat_map(|(rotation, time)| (Just(rotation), Just(time), proptest::collection::vec(any_override(time), 0..6)))
}

proptest! {
    #[test]
    fn somebody_is_always_on_call_and_never_two((rotation, (from, until), overrides) in with_overrides()) {
        let turns = turns(&rotation, &overrides, from, until);
        prop_assert!(turns.first().is_some_and(|first| first.from <= from), "no gap before the first");
        prop_assert!(turns.last().is_some_and(|last| last.until >= until), "no gap after the last");
        for (one, next) in turns.iter().zip(turns.iter().skip(1)) {
            prop_assert_eq!(one.until, next.from);
        }
        for turn in &turns {
            prop_assert!(turn.from < turn.until);
            prop_assert_ne!(Some(&turn.who), turn.instead_of.as_ref());
            prop_assert_eq!(turn.by.is_some(), turn.instead_of.is_some());
        }
    }

    #[test]
    fn an_instant_is_in_the_turn_that_holds_it(
        (rotation, (from, until), overrides) in with_overrides(), share in 0.0..1.0f64
    ) {
        let at = from + SignedDuration::from_secs_f64((until.duration_since(from)).as_secs_f64() * share);
        let now = turn(&rotation, &overrides, at).unwrap();
        prop_assert!(now.from <= at && at < now.until);
        prop_assert!(turns(&rotation, &overrides, from, until).contains(&now) || at == until);
        prop_assert_eq!(next_change(&rotation, &overrides, at), Some(now.until));
    }

    #[test]
    fn turns_begin_at_the_rotations_own_hour(rotation in any_rotation(), (from, until) in any_time()) {
        let zone = TimeZone::get(&rotation.zone).unwrap();
        for turn in turns(&rotation, &[], from, until) {
            let local = zone.to_datetime(turn.from);
            let wanted = local.date().to_datetime(rotation.starts.time());
            let skipped = zone.to_ambiguous_timestamp(wanted).is_ambiguous() || rotation.zone == "Pacific/Apia";
            prop_assert!(local == wanted || skipped, "{local} {wanted}");
        }
    }

    #[test]
    fn hours_are_kept_to(rotation in any_rotation(), (from, until) in any_time(), first in 0..23i8, length in 1..23i8) {
        let (opens, closes) = (time(first, 0, 0, 0), time((first + length).min(23), 30, 0, 0));
        let days = vec![Weekday::Monday, Weekday::Saturday];
        let rotation = Rotation { hours: Some(Hours { days: days.clone(), from: opens, until: closes }), ..rotation };
        let zone = TimeZone::get(&rotation.zone).unwrap();
        let turns = turns(&rotation, &[], from, until);
        for (one, next) in turns.iter().zip(turns.iter().skip(1)) {
            prop_assert!(one.until <= next.from, "never two");
        }
        for turn in &turns {
            let (from, last) = (zone.to_datetime(turn.from), zone.to_datetime(turn.until - SignedDuration::from_nanos(1)));
            prop_assert!(days.contains(&from.weekday()) && from.date() == last.date());
            // Where the clocks skip the closing hour, it counts as the one after it.
            let shifted = closes.wrapping_add(SignedDuration::from_hours(1));
            prop_assert!(opens <= from.time() && last.time() < closes.max(shifted), "{from} {last}");
        }
    }
}
