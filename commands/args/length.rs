//! A length of time as people type it: `4h`, `90m`, `1h 30m`, `2 days`.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use crate::message::lasting;

/// A length of time in whole minutes, at least one and at most a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Length(i64);

const YEAR: i64 = 365 * 24 * 60;

impl Length {
    /// In minutes.
    pub fn minutes(self) -> i64 {
        self.0
    }

    /// As a duration.
    pub fn duration(self) -> SignedDuration {
        SignedDuration::from_mins(self.0)
    }
}

impl FromStr for Length {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        let unclear = || format!("“{typed}” is not a length of time; they look like 4h, 90m or 1h 30m");
        let (mut minutes, mut rest) = (0_i64, typed.trim());
        if rest.is_empty() {
            return Err(unclear());
        }
        while !rest.is_empty() {
            let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(unclear)?;
            let number: i64 = rest[..digits].parse().map_err(|_| unclear())?;
            let unit = rest[digits..].trim_start();
            let letters = unit.find(|letter: char| !letter.is_alphabetic()).unwrap_or(unit.len());
            let each = match unit[..letters].to_lowercase().as_str() {
                "m" | "min" | "mins" | "minute" | "minutes" => 1,
                "h" | "hr" | "hrs" | "hour" | "hours" => 60,
                "d" | "day" | "days" => 24 * 60,
                "w" | "week" | "weeks" => 7 * 24 * 60,
                _ => return Err(unclear()),
            };
            minutes = number.checked_mul(each).and_then(|more| minutes.checked_add(more)).ok_or_else(unclear)?;
            rest = unit[letters..].trim_start();
        }
        match minutes {
            1..=YEAR => Ok(Self(minutes)),
            0 => Err(format!("“{typed}” is no time at all")),
            _ => Err(format!("“{typed}” is too long; a year is the most")),
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&lasting(self.duration()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_people_write_them() {
        let read = |typed: &str| typed.parse::<Length>().map(Length::minutes);
        let same = ["4h", "4 hours", "240m", "3h 60 min", "3h60m"].map(read);
        assert!(same.iter().all(|minutes| *minutes == Ok(240)), "{same:?}");
        assert_eq!(read("2 Days"), Ok(2880));
        assert_eq!("90m".parse::<Length>().unwrap().to_string(), "1 h 30 min");
        insta::assert_snapshot!(read("4").unwrap_err(), @"“4” is not a length of time; they look like 4h, 90m or 1h 30m");
        insta::assert_snapshot!(read("0h").unwrap_err(), @"“0h” is no time at all");
        insta::assert_snapshot!(read("2 years").unwrap_err(), @"“2 years” is not a length of time; they look like 4h, 90m or 1h 30m");
        insta::assert_snapshot!(read("400d").unwrap_err(), @"“400d” is too long; a year is the most");
        assert!(read("99999999999999999999h").is_err() && read("9223372036854775807w").is_err());
    }
}
