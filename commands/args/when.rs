//! An instant as people type it: `sat 02:00`, `tomorrow 3pm Asia/Taipei`, `in 2 hours`, `2026-11-28 02:00`, RFC 3339.
//!
//! It is kept as typed and resolved against a clock and the asker's zone; the resolved instant is always shown before
//! anything is scheduled. Words that people read in two ways (`midnight`, `next friday`) are refused.

use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::message::code;
use crate::text;

/// An instant as typed. Its shape is checked when it is parsed, its meaning when it is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct When(String);

#[derive(Clone, Debug)]
enum Shape {
    Instant(Timestamp),
    After(Span),
    Clock { day: Day, time: Time, zone: Option<TimeZone> },
}

#[derive(Clone, Debug, PartialEq)]
enum Day {
    /// The next time the clock shows it.
    Next,
    Today,
    Tomorrow,
    Weekday(Weekday),
    Date(Date),
    /// Day and month; the next such day.
    Yearly {
        day: i8,
        month: i8,
    },
}

impl FromStr for When {
    type Err = String;

    fn from_str(typed: &str) -> std::result::Result<Self, Self::Err> {
        shape(typed)?;
        Ok(Self(typed.trim().to_owned()))
    }
}

impl std::fmt::Display for When {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl When {
    /// The instant it means at `now` for somebody in the IANA zone `zone`.
    ///
    /// # Errors
    /// One to show: it has passed, it does not exist or exists twice because clocks change, or the zone is unknown.
    pub fn resolve(&self, now: Timestamp, zone: &str) -> Result<Timestamp> {
        let at = match shape(&self.0).map_err(|why| Error::shown(text![code(&*self.0), ": ", why, "."]))? {
            Shape::Instant(at) => at,
            Shape::After(span) => now.to_zoned(TimeZone::UTC).checked_add(span).map_err(|_| self.too_far())?.timestamp(),
            Shape::Clock { day, time, zone: typed } => {
                let zone = match typed {
                    Some(zone) => zone,
                    None => {
                        TimeZone::get(zone).map_err(|cause| Error::internal(format!("reading the time zone {zone}"), cause))?
                    }
                };
                self.on_the_clock(&day, time, &now.to_zoned(zone))?
            }
        };
        if at <= now {
            return Err(Error::shown(text![code(&*self.0), " was ", at, ", which has passed. Give a time ahead."]));
        }
        Ok(at)
    }

    fn on_the_clock(&self, day: &Day, time: Time, now: &Zoned) -> Result<Timestamp> {
        let today = now.date();
        let later = |date: Date, days: Span| date.checked_add(days).map_err(|_| self.too_far());
        let passed_today = now.time() >= time;
        let date = match day {
            Day::Today => today,
            Day::Tomorrow => later(today, 1.day())?,
            Day::Next => later(today, if passed_today { 1.day() } else { 0.days() })?,
            Day::Weekday(weekday) => {
                let ahead = today.weekday().until(*weekday);
                later(today, if ahead == 0 && passed_today { 7.days() } else { ahead.days() })?
            }
            Day::Date(date) => *date,
            Day::Yearly { day, month } => {
                let of = |year| {
                    Date::new(year, *month, *day).map_err(|_| Error::shown(text![code(&*self.0), " is not a day of that month."]))
                };
                let this_year = of(today.year())?;
                if this_year < today || (this_year == today && passed_today) { of(today.year() + 1)? } else { this_year }
            }
        };
        let zone = now.time_zone();
        let ambiguous = zone.to_ambiguous_zoned(date.to_datetime(time));
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => {}
            AmbiguousOffset::Gap { .. } => {
                return Err(Error::shown(text![
                    code(&*self.0),
                    " does not exist: the clocks go forward then. Give another hour."
                ]));
            }
            AmbiguousOffset::Fold { before, after } => {
                let with = |offset: jiff::tz::Offset| code(format!("{date}T{time}{offset}"));
                return Err(Error::shown(text![
                    code(&*self.0),
                    " comes twice: the clocks go back then. Give it with its offset, ",
                    with(before),
                    " or ",
                    with(after),
                    "."
                ]));
            }
        }
        ambiguous.compatible().map(|at| at.timestamp()).map_err(|_| self.too_far())
    }

    fn too_far(&self) -> Error {
        Error::shown(text![code(&*self.0), " is too far ahead."])
    }
}

fn shape(typed: &str) -> std::result::Result<Shape, String> {
    let typed = typed.trim();
    if let Ok(at) = typed.parse::<Timestamp>() {
        return Ok(Shape::Instant(at));
    }
    let lower = typed.to_lowercase();
    if let Some(ahead) = lower.strip_prefix("in ").or_else(|| lower.strip_prefix('+')) {
        return ahead_of(ahead.trim()).map(Shape::After);
    }
    if lower.split_whitespace().any(|word| matches!(word, "midnight" | "next")) {
        return Err("people read that in two ways; give a day and an hour, such as `sat 02:00`".to_owned());
    }
    let mut words: Vec<&str> = typed.split_whitespace().collect();
    let zone = match words.last() {
        Some(last) if last.contains('/') || last.eq_ignore_ascii_case("utc") || *last == "Z" => {
            let name = if *last == "Z" { "UTC" } else { last };
            let zone = TimeZone::get(name).map_err(|_| format!("I don't know the time zone {name}"))?;
            words.pop();
            Some(zone)
        }
        _ => None,
    };
    let example = "try `sat 02:00`, `tomorrow 3pm`, `in 2 hours` or `2026-11-28 02:00 UTC`";
    let time = words.pop().and_then(clock_time).ok_or_else(|| format!("I can't read the hour; {example}"))?;
    let words: Vec<String> = words.iter().map(|word| word.trim_end_matches(',').to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let day = day(&words).ok_or_else(|| format!("I can't read the day; {example}"))?;
    Ok(Shape::Clock { day, time, zone })
}

fn ahead_of(typed: &str) -> std::result::Result<Span, String> {
    let span: Span =
        typed.parse().map_err(|_| format!("I can't read “{typed}” as a length of time; try `in 2 hours` or `+90m`"))?;
    let length: SignedDuration = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| "give it in days, hours or minutes".to_owned())?;
    if length.is_positive() { Ok(span) } else { Err("that is not ahead".to_owned()) }
}

fn day(words: &[&str]) -> Option<Day> {
    match words {
        [] => Some(Day::Next),
        ["today"] => Some(Day::Today),
        ["tomorrow"] => Some(Day::Tomorrow),
        [one] => weekday(one).map(Day::Weekday).or_else(|| one.parse().ok().map(Day::Date)),
        [a, b] => {
            let (number, name) = if a.starts_with(|first: char| first.is_ascii_digit()) { (a, b) } else { (b, a) };
            let day =
                number.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']).parse().ok().filter(|day| (1..=31).contains(day))?;
            Some(Day::Yearly { day, month: month(name)? })
        }
        _ => None,
    }
}

pub(super) fn weekday(word: &str) -> Option<Weekday> {
    let days = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    by_name(word, &days)
}

fn month(word: &str) -> Option<i8> {
    let months = [
        ("january", 1),
        ("february", 2),
        ("march", 3),
        ("april", 4),
        ("may", 5),
        ("june", 6),
        ("july", 7),
        ("august", 8),
        ("september", 9),
        ("october", 10),
        ("november", 11),
        ("december", 12),
    ];
    by_name(word, &months)
}

/// A name by its whole word or by at least its first three letters.
fn by_name<T: Copy>(word: &str, names: &[(&str, T)]) -> Option<T> {
    (word.len() >= 3).then(|| names.iter().find(|(name, _)| name.starts_with(word)).map(|(_, value)| *value)).flatten()
}

pub(super) fn clock_time(word: &str) -> Option<Time> {
    let word = word.to_lowercase();
    if word == "noon" {
        return Time::new(12, 0, 0, 0).ok();
    }
    let (digits, afternoon) = match (word.strip_suffix("am"), word.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(false)),
        (_, Some(digits)) => (digits, Some(true)),
        _ => (word.as_str(), None),
    };
    let (hour, minute) = match digits.split_once(':') {
        Some((hour, minute)) if minute.len() == 2 => (hour.parse::<i8>().ok()?, minute.parse().ok()?),
        Some(_) => return None,
        None => (afternoon.and(digits.parse::<i8>().ok())?, 0),
    };
    let hour = match afternoon {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(later) => hour % 12 + if later { 12 } else { 0 },
    };
    Time::new(hour, minute, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(typed: &str, zone: &str) -> std::result::Result<String, String> {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().map_err(|error| format!("{error}"))?;
        let when: When = typed.parse()?;
        when.resolve(now, zone).map(|at| at.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn people_type_times_in_many_ways() {
        for (typed, meant) in [
            ("sat 02:00", "2026-11-28T02:00:00Z"),
            ("Saturday 2am", "2026-11-28T02:00:00Z"),
            ("sat 02:00 Asia/Taipei", "2026-11-27T18:00:00Z"),
            ("wed 09:00", "2026-12-02T09:00:00Z"),
            ("wed 11:00", "2026-11-25T11:00:00Z"),
            ("tomorrow 3pm", "2026-11-26T15:00:00Z"),
            ("09:30", "2026-11-26T09:30:00Z"),
            ("noon", "2026-11-25T12:00:00Z"),
            ("28 nov 02:00", "2026-11-28T02:00:00Z"),
            ("Nov 3rd 02:00", "2027-11-03T02:00:00Z"),
            ("2026-12-01 23:15 UTC", "2026-12-01T23:15:00Z"),
            ("2026-12-01T23:15:00+08:00", "2026-12-01T15:15:00Z"),
            ("in 2 hours", "2026-11-25T12:00:00Z"),
            ("+90m", "2026-11-25T11:30:00Z"),
        ] {
            assert_eq!(at(typed, "UTC").as_deref(), Ok(meant), "{typed}");
        }
    }

    #[test]
    fn a_zone_is_the_askers_unless_typed() {
        assert_eq!(at("sat 02:00", "Asia/Taipei").as_deref(), Ok("2026-11-27T18:00:00Z"));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        insta::assert_snapshot!(at("today 09:00", "UTC").unwrap_err(), @"today 09:00 was Wed 25 Nov 2026 09:00 UTC, which has passed. Give a time ahead.");
        insta::assert_snapshot!(at("next friday", "UTC").unwrap_err(), @"people read that in two ways; give a day and an hour, such as `sat 02:00`");
        insta::assert_snapshot!(at("28 mar 02:30 Europe/Berlin", "UTC").unwrap_err(), @"28 mar 02:30 Europe/Berlin does not exist: the clocks go forward then. Give another hour.");
        insta::assert_snapshot!(at("31 oct 2027 02:30", "UTC").unwrap_err(), @"I can't read the day; try `sat 02:00`, `tomorrow 3pm`, `in 2 hours` or `2026-11-28 02:00 UTC`");
        insta::assert_snapshot!(at("31 feb 02:30", "UTC").unwrap_err(), @"31 feb 02:30 is not a day of that month.");
        insta::assert_snapshot!(at("sat 25:00", "UTC").unwrap_err(), @"I can't read the hour; try `sat 02:00`, `tomorrow 3pm`, `in 2 hours` or `2026-11-28 02:00 UTC`");
        insta::assert_snapshot!(at("sat 02:00 Mars/Base", "UTC").unwrap_err(), @"I don't know the time zone Mars/Base");
        insta::assert_snapshot!(at("in 0 minutes", "UTC").unwrap_err(), @"that is not ahead");
    }
}
