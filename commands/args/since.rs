//! An instant in the past as people type it: `7d`, `3 hours ago`, `yesterday`, `mon 09:00`, `2026-11-20`, RFC 3339.
//!
//! It is kept as typed and resolved against a clock and the asker's zone. A day alone means its beginning.

use std::str::FromStr;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, SpanRelativeTo, Timestamp, ToSpan, Zoned};
use serde::{Deserialize, Serialize};

use super::when::{clock_time, weekday};
use crate::error::{Error, Result};
use crate::message::code;
use crate::text;

/// An instant in the past as typed. Its shape is checked when it is parsed, its meaning when it is resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Since(String);

#[derive(Clone, Debug)]
enum Shape {
    Instant(Timestamp),
    Ago(SignedDuration),
    Clock { day: Option<Day>, time: Option<Time>, zone: Option<TimeZone> },
}

#[derive(Clone, Copy, Debug)]
enum Day {
    Today,
    Yesterday,
    /// The last such day, today included.
    Weekday(Weekday),
    Date(Date),
}

impl FromStr for Since {
    type Err = String;

    fn from_str(typed: &str) -> std::result::Result<Self, Self::Err> {
        shape(typed)?;
        Ok(Self(typed.trim().to_owned()))
    }
}

impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Since {
    /// The instant it means at `now` for somebody in the IANA zone `zone`. Where the clocks went back the first of two
    /// instants is meant, where they went forward the one after the gap: nothing in the past is left out by that.
    ///
    /// # Errors
    /// One to show: it lies too far back, or the zone is unknown.
    pub fn resolve(&self, now: Timestamp, zone: &str) -> Result<Timestamp> {
        let too_far = || Error::shown(text![code(&*self.0), " is too far back."]);
        match shape(&self.0).map_err(|why| Error::shown(text![code(&*self.0), ": ", why, "."]))? {
            Shape::Instant(at) => Ok(at),
            Shape::Ago(length) => now.checked_sub(length).map_err(|_| too_far()),
            Shape::Clock { day, time, zone: typed } => {
                let zone = match typed {
                    Some(zone) => zone,
                    None => {
                        TimeZone::get(zone).map_err(|cause| Error::internal(format!("reading the time zone {zone}"), cause))?
                    }
                };
                on_the_clock(day, time, &now.to_zoned(zone)).ok_or_else(too_far)
            }
        }
    }
}

fn on_the_clock(day: Option<Day>, time: Option<Time>, now: &Zoned) -> Option<Timestamp> {
    let today = now.date();
    let ahead_today = time.is_some_and(|time| time > now.time());
    let before = |days: i64| today.checked_sub(days.days()).ok();
    let date = match day {
        None => before(ahead_today.into())?,
        Some(Day::Today) => today,
        Some(Day::Yesterday) => before(1)?,
        Some(Day::Weekday(weekday)) => match i64::from(weekday.until(today.weekday())) {
            0 if ahead_today => before(7)?,
            ago => before(ago)?,
        },
        Some(Day::Date(date)) => date,
    };
    let zoned = now.time_zone().to_ambiguous_zoned(date.to_datetime(time.unwrap_or_else(Time::midnight)));
    zoned.compatible().map(|at| at.timestamp()).ok()
}

fn shape(typed: &str) -> std::result::Result<Shape, String> {
    let typed = typed.trim();
    if let Ok(at) = typed.parse::<Timestamp>() {
        return Ok(Shape::Instant(at));
    }
    let lower = typed.to_lowercase();
    let length = lower.strip_suffix("ago").unwrap_or(&lower).trim();
    if let Ok(span) = length.parse::<jiff::Span>() {
        let length = span.to_duration(SpanRelativeTo::days_are_24_hours());
        let length = length.map_err(|_| "give it in weeks, days, hours or minutes".to_owned())?;
        return if length.is_positive() { Ok(Shape::Ago(length)) } else { Err("that is not in the past".to_owned()) };
    }
    let example = || "try `7d`, `3 hours ago`, `yesterday 14:00`, `mon 09:00` or `2026-11-20`".to_owned();
    let mut words: Vec<&str> = typed.split_whitespace().collect();
    let zone = match words.last() {
        Some(last) if last.contains('/') || last.eq_ignore_ascii_case("utc") => {
            let zone = TimeZone::get(last).map_err(|_| format!("I don't know the time zone {last}"))?;
            words.pop();
            Some(zone)
        }
        _ => None,
    };
    let (day, time) = match words[..] {
        [one] => match clock_time(one) {
            Some(time) => (None, Some(time)),
            None => (Some(day(one).ok_or_else(example)?), None),
        },
        [first, second] => (Some(day(first).ok_or_else(example)?), Some(clock_time(second).ok_or_else(example)?)),
        _ => return Err(example()),
    };
    Ok(Shape::Clock { day, time, zone })
}

fn day(word: &str) -> Option<Day> {
    match word.to_lowercase().as_str() {
        "today" => Some(Day::Today),
        "yesterday" => Some(Day::Yesterday),
        word => weekday(word).map(Day::Weekday).or_else(|| word.parse().ok().map(Day::Date)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was typed means on Wednesday 25 November 2026 at 10:00 UTC, 18:00 in Taipei.
    fn at(typed: &str, zone: &str) -> std::result::Result<String, String> {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().map_err(|error| format!("{error}"))?;
        let since: Since = typed.parse()?;
        since.resolve(now, zone).map(|at| at.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn people_type_past_times_in_many_ways() {
        for (typed, meant) in [
            ("7d", "2026-11-18T10:00:00Z"),
            ("2 weeks", "2026-11-11T10:00:00Z"),
            ("3 hours ago", "2026-11-25T07:00:00Z"),
            ("90m", "2026-11-25T08:30:00Z"),
            ("today", "2026-11-25T00:00:00Z"),
            ("Yesterday", "2026-11-24T00:00:00Z"),
            ("yesterday 2pm", "2026-11-24T14:00:00Z"),
            ("09:00", "2026-11-25T09:00:00Z"),
            ("11:00", "2026-11-24T11:00:00Z"),
            ("mon 09:00", "2026-11-23T09:00:00Z"),
            ("wed", "2026-11-25T00:00:00Z"),
            ("wed 11:00", "2026-11-18T11:00:00Z"),
            ("2026-11-20", "2026-11-20T00:00:00Z"),
            ("2026-11-20 14:00 Asia/Taipei", "2026-11-20T06:00:00Z"),
            ("2026-11-20T14:00:00+08:00", "2026-11-20T06:00:00Z"),
        ] {
            assert_eq!(at(typed, "UTC").as_deref(), Ok(meant), "{typed}");
        }
        assert_eq!(at("today", "Asia/Taipei").as_deref(), Ok("2026-11-24T16:00:00Z"));
    }

    #[test]
    fn what_is_no_past_time_is_refused() {
        insta::assert_snapshot!(at("soon", "UTC").unwrap_err(), @"try `7d`, `3 hours ago`, `yesterday 14:00`, `mon 09:00` or `2026-11-20`");
        insta::assert_snapshot!(at("0m", "UTC").unwrap_err(), @"that is not in the past");
        insta::assert_snapshot!(at("3 months", "UTC").unwrap_err(), @"give it in weeks, days, hours or minutes");
        insta::assert_snapshot!(at("mon 09:00 Mars/Base", "UTC").unwrap_err(), @"I don't know the time zone Mars/Base");
        insta::assert_snapshot!(at("20000y", "UTC").unwrap_err(), @"try `7d`, `3 hours ago`, `yesterday 14:00`, `mon 09:00` or `2026-11-20`");
    }
}
