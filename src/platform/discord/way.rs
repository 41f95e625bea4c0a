//! Discord's own way to answer one asking, as it travels in a [`Handle`]'s token.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::platform::Handle;

/// How long an interaction's token works (discord.com/developers/docs "Receiving and Responding": 15 minutes), less what a
/// call may take.
const WORKS: SignedDuration = SignedDuration::from_secs(14 * 60 + 45);

/// An interaction that can be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    /// The interaction's id.
    pub(super) id: String,
    /// Its token, good for answers to it alone.
    pub(super) token: String,
    /// Whether a placeholder stands that the first answer takes the place of.
    pub(super) placeholder: bool,
}

impl Way {
    /// As a handle. The answer `replaces` the message that was clicked where the button says so.
    pub(super) fn handle(&self, now: Timestamp, replaces: bool) -> Option<Handle> {
        let token = serde_json::to_string(self).ok()?;
        Some(Handle { token, until: now.checked_add(WORKS).unwrap_or(Timestamp::MAX), replaces })
    }

    /// Out of a handle that works still.
    pub(super) fn of(handle: Option<&Handle>, now: Timestamp) -> Option<Self> {
        let handle = handle.filter(|handle| now < handle.until)?;
        serde_json::from_str(&handle.token).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_ends_before_its_token_does() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let way = Way { id: "1".into(), token: "t".into(), placeholder: true };
        let handle = way.handle(now, false);
        assert_eq!(Way::of(handle.as_ref(), now), Some(way));
        assert_eq!(Way::of(handle.as_ref(), now + SignedDuration::from_mins(15)), None);
        assert_eq!(Way::of(None, now), None);
    }
}
