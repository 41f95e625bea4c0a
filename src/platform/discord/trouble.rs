//! What an operator must mend for the whole server, until it works again. What is about one channel, message or person is
//! not here: whoever asked for it is told, and the log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::api::{Fault, codes};
use super::buckets::Route;

/// What is wrong, if anything.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// What Discord refuses the bot whatever it is about, by what was called.
    refused: BTreeMap<String, String>,
    /// Whether the bot is not on the server.
    away: bool,
    /// Why the commands are not registered.
    unregistered: Option<String>,
}

impl Trouble {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns from what came of a call.
    pub(super) fn learn(&self, route: &Route, result: &Result<Value, Fault>) {
        let mut state = self.state();
        match result {
            Err(fault) if fault.is(&[codes::NO_GUILD]) => state.away = true,
            Err(fault @ Fault::Refused { code, message, .. }) if fault.needs_operator() => {
                let words = format!("{code} ({message})");
                if state.refused.insert(route.doing.clone(), words.clone()).as_ref() != Some(&words) {
                    tracing::error!(doing = route.doing, words, "Discord refuses the bot; check its token and its application");
                }
            }
            Err(_) => {}
            Ok(_) => {
                state.refused.remove(&route.doing);
                // Commands can be registered by an application whose bot is not on the server.
                state.away &= !route.doing.contains(" /guilds/");
            }
        }
    }

    /// Whether the bot is on the server, as the gateway says.
    pub(super) fn stands(&self, membership: Membership) {
        self.state().away = membership == Membership::Away;
    }

    /// Why the commands are not registered; none once they are.
    pub(super) fn registered(&self, trouble: Option<String>) {
        self.state().unregistered = trouble;
    }

    /// What is to be mended. `invitation` is the address that brings the bot to the server.
    pub(super) fn words(&self, invitation: &str) -> Option<String> {
        let state = self.state();
        if state.away {
            return Some(format!("the bot is not on the server: invite it with {invitation} and it goes on by itself"));
        }
        let unregistered = state.unregistered.as_ref().map(|why| format!("the commands are not registered: {why}"));
        let refused = state.refused.iter().next().map(|(doing, words)| format!("Discord answers {words} to {doing}"));
        let all: Vec<String> = unregistered.into_iter().chain(refused).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

/// Whether the bot is on the server it was set up for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    /// It is, though the server may be out of order.
    Here,
    /// It was not invited, or was sent away.
    Away,
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    fn refused(status: u16, code: u64) -> Result<Value, Fault> {
        Err(Fault::Refused { doing: String::new(), status, code, message: "no".to_owned() })
    }

    #[test]
    fn a_refusal_is_trouble_where_it_is_about_all() {
        let post = Route::of(&Method::POST, "/channels/1/messages");
        for (status, code, is_trouble) in [
            (401, 0, true),
            (401, 40_001, true),
            (403, 40_001, true),
            (403, 20_012, true),
            (401, 50_027, false),
            (403, 50_001, false),
            (403, 50_013, false),
            (403, 240_000, false),
            (403, 0, false),
            (404, 10_003, false),
        ] {
            let trouble = Trouble::default();
            trouble.learn(&post, &refused(status, code));
            assert_eq!(trouble.words("").is_some(), is_trouble, "{status} {code}");
            trouble.learn(&post, &Ok(Value::Null));
            assert_eq!(trouble.words(""), None);
        }
    }

    #[test]
    fn a_bot_that_is_away_is_told_how_to_come_back() {
        let members = Route::of(&Method::GET, "/guilds/1/members/2");
        let commands = Route::of(&Method::GET, "/applications/3/guilds/1/commands");
        let trouble = Trouble::default();
        trouble.registered(Some("50001".to_owned()));
        trouble.learn(&members, &refused(404, 10_004));
        assert_eq!(
            trouble.words("https://a.b").unwrap(),
            "the bot is not on the server: invite it with https://a.b and it goes on by itself"
        );
        trouble.learn(&commands, &Ok(Value::Null));
        assert!(trouble.words("").unwrap().starts_with("the bot is not on the server"));
        trouble.learn(&members, &Ok(Value::Null));
        assert_eq!(trouble.words("").unwrap(), "the commands are not registered: 50001");
        trouble.registered(None);
        trouble.stands(Membership::Away);
        assert!(trouble.words("").is_some());
        trouble.stands(Membership::Here);
        assert_eq!(trouble.words(""), None);
    }
}
