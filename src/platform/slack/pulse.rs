//! Signs of life: which connections stand, and when Slack last said something.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::health::{Health, ago};

/// What is known about the connections.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// When each connection that stands got its hello; two for one line while it is being replaced.
    standing: Vec<Standing>,
    last_event: Option<Timestamp>,
    /// Why the last attempt to connect did not work.
    refused: Option<String>,
}

#[derive(Debug)]
struct Standing {
    line: usize,
    number: u64,
    since: Timestamp,
}

/// A connection that stands, for as long as this is held.
#[derive(Debug)]
pub(super) struct Beat {
    pulse: Arc<Pulse>,
    number: u64,
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.pulse.state().standing.retain(|standing| standing.number != self.number);
    }
}

impl Pulse {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of `line` got its hello.
    pub(super) fn hello(self: &Arc<Self>, line: usize, now: Timestamp) -> Beat {
        let mut state = self.state();
        let number = state.standing.iter().map(|standing| standing.number).max().unwrap_or(0) + 1;
        state.standing.push(Standing { line, number, since: now });
        state.refused = None;
        Beat { pulse: self.clone(), number }
    }

    /// Slack sent something for us.
    pub(super) fn event(&self, now: Timestamp) {
        self.state().last_event = Some(now);
    }

    /// An attempt to connect did not work.
    pub(super) fn refused(&self, why: String) {
        self.state().refused = Some(why);
    }

    /// How `wanted` connections are doing (none where Slack comes over HTTP), `trouble` with the Web API included.
    pub(super) fn health(&self, wanted: usize, trouble: Option<String>, now: Timestamp) -> Health {
        let state = self.state();
        let up = (0..wanted).filter(|line| state.standing.iter().any(|standing| standing.line == *line)).count();
        let mut words = Vec::new();
        if wanted > 0 {
            let newest = state.standing.iter().map(|standing| standing.since).max();
            let since = newest.map(|hello| format!(", last hello {} ago", ago(hello, now))).unwrap_or_default();
            words.push(format!("{up} of {wanted} connections{since}"));
        } else {
            words.push("over HTTP".to_owned());
        }
        words.push(match state.last_event {
            Some(event) => format!("last event {} ago", ago(event, now)),
            None => "no event yet".to_owned(),
        });
        words.extend(state.refused.clone().filter(|_| up < wanted));
        let ok = trouble.is_none() && (wanted == 0 || up > 0);
        words.extend(trouble);
        Health { ok, words: words.join(", ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn health_follows_the_connections() {
        let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let pulse = Arc::new(Pulse::default());
        pulse.refused("too_many_websockets".to_owned());
        let dead = pulse.health(2, None, start);
        assert_eq!(dead, Health { ok: false, words: "0 of 2 connections, no event yet, too_many_websockets".to_owned() });
        let old = pulse.hello(0, start);
        let _new = pulse.hello(0, start);
        drop(old);
        pulse.event(start);
        let now = start + jiff::SignedDuration::from_secs(12);
        assert_eq!(pulse.health(2, None, now).words, "1 of 2 connections, last hello 12 s ago, last event 12 s ago");
        assert!(pulse.health(2, None, now).ok);
        let refused = pulse.health(0, Some("Slack answers invalid_auth to chat.postMessage".to_owned()), now);
        assert!(!refused.ok && refused.words.ends_with("invalid_auth to chat.postMessage"));
    }
}
