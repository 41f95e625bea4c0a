//! The records of who stands in for whom.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::context::PersonId;
use crate::message::{Text, code};
use crate::text;

/// The number of an override; said and typed as `OVR-3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OverrideId(pub u64);

/// The number of a swap; said and typed as `SWP-2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SwapId(pub u64);

impl fmt::Display for OverrideId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OVR-{}", self.0)
    }
}

impl fmt::Display for SwapId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SWP-{}", self.0)
    }
}

impl FromStr for OverrideId {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        number(typed, "OVR-").map(Self).ok_or_else(|| format!("“{typed}” is not the id of an override; they look like OVR-3"))
    }
}

impl FromStr for SwapId {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, Self::Err> {
        number(typed, "SWP-").map(Self).ok_or_else(|| format!("“{typed}” is not the id of a swap; they look like SWP-2"))
    }
}

/// The number behind a prefix in any case, or alone.
fn number(typed: &str, prefix: &str) -> Option<u64> {
    let typed = typed.trim().to_uppercase();
    typed.strip_prefix(prefix).unwrap_or(&typed).parse().ok()
}

/// Somebody who stands in: within its time they are on call whenever the rotation has anybody on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Its number. Where two hold at once, the higher one counts.
    pub id: OverrideId,
    /// The rotation's name.
    pub rotation: String,
    /// Who stands in.
    pub who: PersonId,
    /// From when.
    pub from: Timestamp,
    /// Until when, that instant not included.
    pub until: Timestamp,
    /// Who said so.
    pub by: PersonId,
    /// When they said so.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<String>,
    /// The swap it came from, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swap: Option<SwapId>,
}

/// A time on call that somebody gives and somebody else takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// From when.
    pub from: Timestamp,
    /// Until when, that instant not included.
    pub until: Timestamp,
}

/// Two people who mean to swap shifts of one rotation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap {
    /// Its number.
    pub id: SwapId,
    /// The rotation's name.
    pub rotation: String,
    /// Who offers it.
    pub asker: PersonId,
    /// Who is asked.
    pub other: PersonId,
    /// The asker's shift, which the other one takes.
    pub gives: Shift,
    /// The other one's shift, which the asker takes.
    pub takes: Shift,
    /// Why, in the asker's words.
    pub reason: Option<String>,
    /// When it was offered.
    pub asked: Timestamp,
    /// How it stands.
    pub status: SwapStatus,
}

impl Swap {
    /// Until when it can be answered: the earlier of the two shifts has not begun.
    pub fn expires(&self) -> Timestamp {
        self.gives.from.min(self.takes.from)
    }

    /// Why it can no longer be answered at an instant; none while it can.
    pub fn closed(&self, now: Timestamp) -> Option<Text> {
        let id = code(self.id.to_string());
        Some(match &self.status {
            SwapStatus::Offered if now < self.expires() => return None,
            SwapStatus::Offered | SwapStatus::Expired => {
                text![id, " expired ", self.expires(), ", when the first of the two shifts began. Everybody keeps their shifts."]
            }
            SwapStatus::Accepted { at } => text![id, " was accepted ", *at, " already."],
            SwapStatus::Declined { at, .. } => text![id, " was declined ", *at, ". Everybody keeps their shifts."],
            SwapStatus::Withdrawn { at } => {
                text![&self.asker, " took ", id, " back ", *at, ". Everybody keeps their shifts."]
            }
        })
    }
}

/// What becomes of a swap that was offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapAnswer {
    /// The other one accepts.
    Accept,
    /// The other one declines, or whoever offered it takes it back.
    Decline {
        /// Why.
        reason: Option<String>,
    },
}

/// How a swap stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwapStatus {
    /// The other one has not answered.
    Offered,
    /// The other one accepted: both stand in for each other.
    Accepted {
        /// When.
        at: Timestamp,
    },
    /// The other one declined.
    Declined {
        /// When.
        at: Timestamp,
        /// Why, in their words.
        reason: Option<String>,
    },
    /// The asker took it back.
    Withdrawn {
        /// When.
        at: Timestamp,
    },
    /// Nobody answered before the first of the shifts began.
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_people_type_them() {
        for typed in ["OVR-3", "ovr-3", " 3 "] {
            assert_eq!(typed.parse(), Ok(OverrideId(3)), "{typed}");
        }
        assert_eq!("swp-12".parse(), Ok(SwapId(12)));
        for typed in ["SWP-3", "OVR", "-3", "OVR-OVR-3", ""] {
            assert!(typed.parse::<OverrideId>().is_err(), "{typed}");
        }
    }
}
