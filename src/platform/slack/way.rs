//! Slack's own ways to answer one asking, as they travel in a [`Handle`]'s token.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::platform::Handle;

/// How long a `response_url` works (api.slack.com "Handling user interaction", with five uses).
const RESPONSE_URL: SignedDuration = SignedDuration::from_mins(30);

/// A way to answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Way {
    /// The `response_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// The thread it was asked in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) thread: Option<String>,
}

impl Way {
    /// As a handle, where there is anything to hold.
    pub(super) fn handle(self, now: Timestamp, replaces: bool) -> Option<Handle> {
        if self == Self::default() {
            return None;
        }
        let token = serde_json::to_string(&self).ok()?;
        Some(Handle { token, until: now.checked_add(RESPONSE_URL).unwrap_or(Timestamp::MAX), replaces })
    }

    /// Out of a handle. The thread outlives the `response_url`, which is gone after its time.
    pub(super) fn of(handle: Option<&Handle>, now: Timestamp) -> Self {
        let Some(handle) = handle else { return Self::default() };
        let mut way: Self = serde_json::from_str(&handle.token).unwrap_or_default();
        way.url = way.url.filter(|_| now < handle.until);
        way
    }
}

/// Whether an address that came with a payload is Slack's, or the stand-in's that the Web API address names: an answer
/// must not leave for anywhere else.
pub(super) fn trusted(address: &str, api: &Url) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let Some(host) = url.host_str() else { return false };
    let slack = url.scheme() == "https" && (host == "slack.com" || host.ends_with(".slack.com"));
    slack || (url.scheme() == api.scheme() && Some(host) == api.host_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_go_to_slack_only() {
        let (real, local) = (Url::parse("https://slack.com/api").unwrap(), Url::parse("http://127.0.0.1:9/api").unwrap());
        assert!(trusted("https://hooks.slack.com/commands/1", &real));
        assert!(trusted("http://127.0.0.1:9/response/1", &local));
        for elsewhere in [
            "http://hooks.slack.com/1",
            "https://hooks.slack.com.evil.io/1",
            "https://evilslack.com/",
            "http://127.0.0.1:9/",
            "x",
        ] {
            assert!(!trusted(elsewhere, &real), "{elsewhere}");
        }
    }

    #[test]
    fn a_way_ends_and_its_thread_remains() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let way = Way { url: Some("https://hooks.slack.com/1".into()), thread: Some("1.2".into()) };
        let handle = way.clone().handle(now, false);
        assert_eq!(Way::of(handle.as_ref(), now), way);
        let later = now + SignedDuration::from_mins(30);
        assert_eq!(Way::of(handle.as_ref(), later), Way { url: None, thread: Some("1.2".into()) });
        assert_eq!(Way::default().handle(now, false), None);
    }
}
