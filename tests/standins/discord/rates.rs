//! Rate limits as REST shows them: a bucket for each route and each channel, guild or webhook in it.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

/// Buckets and what is left in them, by the stand-in's clock.
#[derive(Default)]
pub(super) struct Rates {
    /// Whether calls beyond a limit are refused.
    enforced: bool,
    windows: HashMap<String, Window>,
}

struct Window {
    ends: Timestamp,
    used: u32,
}

/// What the headers of an answer say.
#[derive(Debug, Clone)]
pub(super) struct Rate {
    pub(super) bucket: String,
    pub(super) limit: u32,
    pub(super) remaining: u32,
    pub(super) reset: Timestamp,
    pub(super) reset_after: Duration,
    /// Whether this call is one too many.
    pub(super) exceeded: bool,
}

/// Calls in a window of this length: 5 messages in 5 s a channel, a reaction each quarter of a second, else 50 in 1 s.
fn allowance(route: &str) -> (u32, SignedDuration) {
    match route {
        "POST /channels/{channel}/messages" => (5, SignedDuration::from_secs(5)),
        route if route.starts_with("PUT /channels") && route.contains("/reactions/") => (1, SignedDuration::from_millis(250)),
        route if route.starts_with("POST /webhooks") => (5, SignedDuration::from_secs(2)),
        _ => (50, SignedDuration::from_secs(1)),
    }
}

impl Rates {
    /// Refuses what goes beyond a limit from now on.
    pub(super) fn enforce(&mut self) {
        self.enforced = true;
        self.windows.clear();
    }

    /// Counts a call. `major` is the channel, guild or webhook of its path. Nothing is counted where no limit is enforced,
    /// since a clock that stands still would never give a bucket back.
    pub(super) fn count(&mut self, route: &str, major: &str, now: Timestamp) -> Rate {
        let (limit, length) = allowance(route);
        let mut hasher = DefaultHasher::new();
        route.hash(&mut hasher);
        let bucket = format!("{:016x}", hasher.finish());
        let window = self.windows.entry(format!("{bucket}:{major}")).or_insert(Window { ends: now + length, used: 0 });
        if window.ends <= now || !self.enforced {
            *window = Window { ends: now + length, used: 0 };
        }
        let exceeded = window.used >= limit;
        window.used += 1;
        let left = now.duration_until(window.ends);
        Rate {
            bucket,
            limit,
            // A limit of one leaves nothing after every call; said only where it is enforced.
            remaining: if self.enforced { limit.saturating_sub(window.used) } else { limit.saturating_sub(window.used).max(1) },
            reset: window.ends,
            reset_after: left.unsigned_abs(),
            exceeded,
        }
    }
}
