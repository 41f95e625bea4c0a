//! Discord's rate limits: a bucket for each kind of call and the channel, guild or webhook it is about, and one for all
//! (discord.com/developers/docs "Rate Limits"). Which calls share a bucket is learned from answers.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};

/// Buckets that are remembered; those whose time is over are forgotten first.
const REMEMBERED: usize = 10_000;

/// What a call is, as rate limits and errors see it: no token stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The call without what it is about: `POST /channels/{id}/messages`.
    pub(super) doing: String,
    /// What its limit is counted for: a channel, a guild, a webhook.
    major: String,
    /// Whether the call carries its own right to be made, in its path; then it needs no token and no limit for all holds it.
    pub(super) by_itself: bool,
}

impl Route {
    /// Of a method and a path with or without a query.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let kind = parts.first().copied().unwrap_or_default();
        let by_itself = matches!(kind, "webhooks" | "interactions") && parts.len() > 2;
        let shown = parts.iter().enumerate().map(|(at, part)| {
            let behind = at.checked_sub(1).and_then(|at| parts.get(at)).copied().unwrap_or_default();
            match *part {
                _ if by_itself && at == 2 => "{token}",
                _ if behind == "reactions" => "{emoji}",
                part if part.bytes().all(|letter| letter.is_ascii_digit()) => "{id}",
                part => part,
            }
        });
        let doing = shown.fold(method.to_string() + " ", |doing, part| doing + "/" + part);
        let major = match kind {
            "channels" | "guilds" => parts.iter().take(2).copied().collect::<Vec<_>>().join("/"),
            "webhooks" | "interactions" => parts.iter().take(3).copied().collect::<Vec<_>>().join("/"),
            _ => String::new(),
        };
        Self { doing, major, by_itself }
    }
}

/// What is known of the limits.
#[derive(Debug, Default)]
pub(super) struct Buckets(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The names Discord gave buckets, by what is called.
    names: HashMap<String, String>,
    /// What is left in each, by its name and what it is about.
    left: HashMap<String, Left>,
    /// No call is made before.
    all: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Left {
    calls: u64,
    until: Timestamp,
}

impl State {
    fn key(&self, route: &Route) -> String {
        format!("{} {}", self.names.get(&route.doing).unwrap_or(&route.doing), route.major)
    }

    fn put(&mut self, key: String, left: Left, now: Timestamp) {
        if self.left.len() >= REMEMBERED {
            self.left.retain(|_, left| left.until > now);
        }
        if self.left.len() >= REMEMBERED {
            self.left.clear();
        }
        self.left.insert(key, left);
    }
}

impl Buckets {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a call out of its bucket.
    ///
    /// # Errors
    /// With how long to wait where nothing is left.
    pub(super) fn take(&self, route: &Route, now: Timestamp) -> Result<(), Duration> {
        let mut state = self.state();
        if let Some(until) = state.all.filter(|until| *until > now && !route.by_itself) {
            return Err(until_then(now, until));
        }
        let key = state.key(route);
        match state.left.get_mut(&key).filter(|left| left.until > now) {
            Some(left) if left.calls == 0 => Err(until_then(now, left.until)),
            Some(left) => {
                left.calls -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Learns from the headers of an answer.
    pub(super) fn learn(&self, route: &Route, headers: &HeaderMap, now: Timestamp) {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut state = self.state();
        if let Some(bucket) = header("x-ratelimit-bucket")
            && state.names.get(&route.doing).is_none_or(|known| known != bucket)
        {
            state.names.insert(route.doing.clone(), bucket.to_owned());
        }
        let calls = header("x-ratelimit-remaining").and_then(|calls| calls.parse().ok());
        let after = header("x-ratelimit-reset-after").and_then(seconds);
        if let (Some(calls), Some(after)) = (calls, after) {
            let key = state.key(route);
            state.put(key, Left { calls, until: later(now, after) }, now);
        }
    }

    /// Nothing is left for a call, or for any call, for as long as this.
    pub(super) fn limited(&self, route: &Route, pause: Duration, scope: Scope, now: Timestamp) {
        let mut state = self.state();
        let until = later(now, pause);
        match scope {
            Scope::All => state.all = Some(state.all.map_or(until, |known| known.max(until))),
            Scope::Bucket => {
                let key = state.key(route);
                state.put(key, Left { calls: 0, until }, now);
            }
        }
    }
}

/// Whom a refusal for too many calls is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Calls of this bucket.
    Bucket,
    /// Every call.
    All,
}

/// A number of seconds, with a fraction or without.
pub(super) fn seconds(words: &str) -> Option<Duration> {
    words.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    now.checked_add(SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX)).unwrap_or(Timestamp::MAX)
}

fn until_then(now: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(now)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(bucket: &str, remaining: u64, after: &str) -> HeaderMap {
        let pairs = [("bucket", bucket.to_owned()), ("remaining", remaining.to_string()), ("reset-after", after.to_owned())];
        let header = |(name, value): (&str, String)| {
            (format!("x-ratelimit-{name}").parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap())
        };
        pairs.map(header).into_iter().collect()
    }

    #[test]
    fn a_route_names_what_is_called_and_no_token() {
        for (path, doing, major) in [
            ("/channels/12/messages/34?limit=1", "GET /channels/{id}/messages/{id}", "channels/12"),
            ("/channels/12/messages/34/reactions/%E2%9C%85", "GET /channels/{id}/messages/{id}/reactions/{emoji}", "channels/12"),
            ("/webhooks/1/aW50/messages/@original", "GET /webhooks/{id}/{token}/messages/@original", "webhooks/1/aW50"),
            ("/interactions/1/123/callback", "GET /interactions/{id}/{token}/callback", "interactions/1/123"),
            ("/users/@me", "GET /users/@me", ""),
        ] {
            let route = Route::of(&Method::GET, path);
            assert_eq!((route.doing.as_str(), route.major.as_str()), (doing, major));
            assert_eq!(route.by_itself, path.starts_with("/webhooks") || path.starts_with("/interactions"));
        }
    }

    #[test]
    fn what_is_left_is_taken_from_its_bucket_alone() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let buckets = Buckets::default();
        let post = |channel: u64| Route::of(&Method::POST, &format!("/channels/{channel}/messages"));
        let delete = Route::of(&Method::DELETE, "/channels/1/messages/2");
        buckets.learn(&post(1), &headers("abc", 1, "2.5"), now);
        buckets.learn(&delete, &headers("abc", 1, "2.5"), now);
        assert_eq!(buckets.take(&post(1), now), Ok(()));
        assert_eq!(buckets.take(&delete, now), Err(Duration::from_millis(2_500)), "they share a bucket");
        assert_eq!(buckets.take(&post(2), now), Ok(()), "another channel has its own");
        assert_eq!(buckets.take(&post(1), now + SignedDuration::from_secs(3)), Ok(()));
    }

    #[test]
    fn a_limit_for_all_holds_everything_but_answers_to_interactions() {
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let buckets = Buckets::default();
        let post = Route::of(&Method::POST, "/channels/1/messages");
        buckets.limited(&post, Duration::from_secs(1), Scope::All, now);
        assert_eq!(buckets.take(&Route::of(&Method::GET, "/users/@me"), now), Err(Duration::from_secs(1)));
        assert_eq!(buckets.take(&Route::of(&Method::POST, "/webhooks/1/t"), now), Ok(()));
        buckets.limited(&post, Duration::from_secs(9), Scope::Bucket, now);
        assert_eq!(buckets.take(&post, now + SignedDuration::from_secs(1)), Err(Duration::from_secs(8)));
    }
}
