//! Signs of life: whether the gateway's connection stands, and when Discord last said something.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::health::{Health, ago};

/// What is known about the connection.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Since when the connection stands.
    since: Option<Timestamp>,
    last_event: Option<Timestamp>,
    /// Why it does not stand, where that is known.
    refused: Option<String>,
}

impl Pulse {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection stands, new or taken up again.
    pub(super) fn up(&self, now: Timestamp) {
        let mut state = self.state();
        state.since = state.since.or(Some(now));
        state.refused = None;
    }

    /// It does not stand any more.
    pub(super) fn down(&self) {
        self.state().since = None;
    }

    /// It was refused, or could not be made.
    pub(super) fn refused(&self, why: String) {
        let mut state = self.state();
        state.since = None;
        state.refused = Some(why);
    }

    /// Discord sent something for us.
    pub(super) fn event(&self, now: Timestamp) {
        self.state().last_event = Some(now);
    }

    /// How it is doing, `trouble` that an operator must mend included.
    pub(super) fn health(&self, trouble: Option<String>, now: Timestamp) -> Health {
        let state = self.state();
        let mut words = vec![match (state.since, &state.refused) {
            (Some(since), _) => format!("connected for {}", ago(since, now)),
            (None, Some(why)) => format!("not connected: {why}"),
            (None, None) => "not connected".to_owned(),
        }];
        words.push(match state.last_event {
            Some(event) => format!("last event {} ago", ago(event, now)),
            None => "no event yet".to_owned(),
        });
        let ok = state.since.is_some() && trouble.is_none();
        words.extend(trouble);
        Health { ok, words: words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_follows_the_connection() {
        let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let pulse = Pulse::default();
        assert_eq!(pulse.health(None, start).words, "not connected, no event yet");
        pulse.refused("Discord does not take the token".to_owned());
        assert_eq!(pulse.health(None, start).words, "not connected: Discord does not take the token, no event yet");
        pulse.up(start);
        pulse.event(start);
        let now = start + jiff::SignedDuration::from_secs(12);
        assert_eq!(pulse.health(None, now), Health { ok: true, words: "connected for 12 s, last event 12 s ago".to_owned() });
        let refused = pulse.health(Some("the commands are not registered: HTTP 403".to_owned()), now);
        assert!(!refused.ok && refused.words.ends_with("12 s ago, the commands are not registered: HTTP 403"));
        pulse.down();
        assert!(!pulse.health(None, now).ok);
    }
}
