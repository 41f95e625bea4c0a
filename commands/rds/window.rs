//! The weekly maintenance window: `sun:05:00-sun:06:00`, always in UTC ("Maintaining a DB instance", RDS User Guide).

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// When `window` next opens after `now`. None where it can't be read.
pub(crate) fn opens(window: &str, now: Timestamp) -> Option<Timestamp> {
    let (start, _) = window.split_once('-')?;
    let (day, time) = start.split_once(':')?;
    let day = weekday(day)?;
    let time: Time = Time::strptime("%H:%M", time).ok()?;
    let today = now.to_zoned(TimeZone::UTC).date();
    let date = today.checked_add(i64::from(today.weekday().until(day)).days()).ok()?;
    let opens = |date: jiff::civil::Date| date.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp());
    let first = opens(date)?;
    if first > now { Some(first) } else { opens(date.checked_add(7.days()).ok()?) }
}

fn weekday(day: &str) -> Option<Weekday> {
    Some(match day.to_lowercase().as_str() {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_opens_at_its_next_start() {
        for (window, now, opens_at) in [
            ("sun:05:00-sun:06:00", "2026-11-25T10:00:00Z", Some("2026-11-29T05:00:00Z")),
            ("wed:11:30-wed:12:00", "2026-11-25T10:00:00Z", Some("2026-11-25T11:30:00Z")),
            ("wed:09:00-wed:11:00", "2026-11-25T10:00:00Z", Some("2026-12-02T09:00:00Z")),
            ("wed:10:00-wed:10:30", "2026-11-25T10:00:00Z", Some("2026-12-02T10:00:00Z")),
            ("tue:23:45-wed:00:15", "2026-11-25T00:00:00Z", Some("2026-12-01T23:45:00Z")),
            ("Mon:03:00-Mon:04:00", "2026-12-31T00:00:00Z", Some("2027-01-04T03:00:00Z")),
            ("someday", "2026-11-25T10:00:00Z", None),
            ("sun:25:00-sun:26:00", "2026-11-25T10:00:00Z", None),
        ] {
            let opened = opens(window, now.parse().unwrap()).map(|at| at.to_string());
            assert_eq!(opened.as_deref(), opens_at, "{window} at {now}");
        }
    }
}
