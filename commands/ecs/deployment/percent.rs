//! A share of traffic.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A share, in hundredths of a percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(u16);

impl Percent {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// All of it.
    pub const ALL: Self = Self(10_000);

    /// AWS's `12.5`; what is below 0 or above 100 becomes these.
    pub fn of(value: f64) -> Self {
        // `as` saturates, and makes 0 of what is no number.
        Self(((value * 100.0).round() as u16).min(Self::ALL.0))
    }

    /// What is left to the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(Self::ALL.0.saturating_sub(self.0))
    }

    /// Both together, at most all of it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(Self::ALL.0))
    }

    /// In hundredths of a percent, 0 to 10,000.
    pub fn hundredths(self) -> u16 {
        self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match (self.0 / 100, self.0 % 100) {
            (whole, 0) => format!("{whole} %"),
            (whole, part) => format!("{} %", format!("{whole}.{part:02}").trim_end_matches('0')),
        };
        f.pad(&words)
    }
}
