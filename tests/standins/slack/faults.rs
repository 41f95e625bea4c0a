//! Faults of the Web API on demand, queued per method.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::sync::Semaphore;

/// What goes wrong with a call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// `{"ok":false,"error":…}` without doing anything.
    Error(String),
    /// Status 429, error `ratelimited`, with this `Retry-After`.
    RateLimited {
        /// Whole seconds to wait.
        retry_after: Duration,
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

/// Holds calls back until a test lets them go.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets everything through that waits or will come.
    pub fn open(&self) {
        self.0.close();
    }

    /// Returns once the gate is open.
    pub(crate) async fn pass(&self) {
        // A closed semaphore is the open gate: acquiring fails at once, now and later.
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
    }
}

/// Faults waiting for calls.
#[derive(Default)]
pub(super) struct Faults {
    once: HashMap<String, VecDeque<Fault>>,
    always: HashMap<String, Fault>,
    pub(super) one_message_a_second: bool,
    pub(super) handshake_conflicts: u32,
}

impl Faults {
    pub(super) fn queue(&mut self, method: &str, fault: Fault) {
        self.once.entry(method.into()).or_default().push_back(fault);
    }

    pub(super) fn keep(&mut self, method: &str, fault: Fault) {
        self.always.insert(method.into(), fault);
    }

    pub(super) fn clear(&mut self) {
        self.once.clear();
        self.always.clear();
    }

    /// The fault the next call of `method` meets; one that was queued once is used up.
    pub(super) fn next(&mut self, method: &str) -> Option<Fault> {
        let queued = self.once.get_mut(method).and_then(VecDeque::pop_front);
        queued.or_else(|| self.always.get(method).or_else(|| self.always.get("*")).cloned())
    }
}
