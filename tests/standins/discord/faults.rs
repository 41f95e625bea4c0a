//! Faults of REST on demand, queued per route.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use crate::slack::Gate;

/// What a rate limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The bot on this route.
    User,
    /// Everybody on this route; does not count as the bot's fault.
    Shared,
    /// The bot everywhere.
    Global,
}

impl Scope {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Shared => "shared",
            Self::Global => "global",
        }
    }
}

/// What goes wrong with a call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// A refusal with this code of Discord's, without doing anything.
    Error(u32),
    /// Status 429, without doing anything.
    RateLimited {
        /// `retry_after`, to the millisecond.
        retry_after: Duration,
        /// What the limit is about.
        scope: Scope,
    },
    /// This HTTP status with a page of HTML, without doing anything.
    Status(u16),
    /// The call waits until the gate opens, then goes on as usual.
    Held(Gate),
    /// No answer ever, nothing done.
    Hang,
    /// The connection is cut before anything is done.
    Cut,
    /// The call is carried out, then the connection is cut instead of an answer.
    CutAfterActing,
    /// The call is carried out, then nothing is answered.
    HangAfterActing,
}

/// Faults waiting for calls, by the route's name; `*` stands for all routes.
#[derive(Default)]
pub(super) struct Faults {
    once: HashMap<String, VecDeque<Fault>>,
    always: HashMap<String, Fault>,
    pub(super) refused_handshakes: u32,
}

impl Faults {
    pub(super) fn queue(&mut self, route: &str, fault: Fault) {
        self.once.entry(route.into()).or_default().push_back(fault);
    }

    pub(super) fn keep(&mut self, route: &str, fault: Fault) {
        self.always.insert(route.into(), fault);
    }

    pub(super) fn clear(&mut self) {
        self.once.clear();
        self.always.clear();
    }

    /// The fault the next call of `route` meets; one that was queued once is used up.
    pub(super) fn next(&mut self, route: &str) -> Option<Fault> {
        let queued = self.once.get_mut(route).and_then(VecDeque::pop_front);
        queued.or_else(|| self.always.get(route).or_else(|| self.always.get("*")).cloned())
    }
}
