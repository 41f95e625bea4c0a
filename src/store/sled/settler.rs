//! The thread that brings what the journal holds into sled, many groups at once, a moment after they were acknowledged.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::shared::{Shared, unpoisoned};

/// How long groups gather in the journal: then sled and the high-water mark follow. At rest both have everything.
const GATHER: Duration = Duration::from_millis(50);
/// Bytes of groups that are settled at once, without waiting for more.
const MANY: u64 = 512 << 10;
/// Bytes of groups beyond which the writer waits until they are settled.
const TOO_MANY: u64 = 4 * MANY;

/// The thread, and what wakes it.
#[derive(Debug)]
pub(super) struct Settler {
    shared: Arc<Shared>,
    wanted: Arc<Wanted>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Wanted {
    when: Mutex<When>,
    changed: Condvar,
}

/// When to settle next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum When {
    /// Nothing is there to settle.
    #[default]
    Never,
    /// After [`GATHER`].
    Soon,
    /// At once.
    Now,
    /// Not any more.
    Stopped,
}

impl Wanted {
    /// Asks for it at `when`, unless it is asked for earlier already.
    fn ask(&self, when: When) {
        let mut wanted = unpoisoned(self.when.lock());
        if when > *wanted {
            *wanted = when;
            self.changed.notify_all();
        }
    }

    /// Returns when there is something to settle; false for not any more.
    fn wait(&self) -> bool {
        let wanted = unpoisoned(self.when.lock());
        let wanted = unpoisoned(self.changed.wait_while(wanted, |when| *when == When::Never));
        let (mut wanted, _) = unpoisoned(self.changed.wait_timeout_while(wanted, GATHER, |when| *when == When::Soon));
        let goes_on = *wanted != When::Stopped;
        if goes_on {
            *wanted = When::Never;
        }
        goes_on
    }
}

impl Settler {
    /// Starts the thread.
    pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<Self> {
        let wanted = Arc::<Wanted>::default();
        let work = {
            let (shared, wanted) = (Arc::clone(&shared), Arc::clone(&wanted));
            move || {
                while wanted.wait() {
                    if let Err(why) = shared.settle() {
                        tracing::error!(why, "what is acknowledged lies safely in the journal, but sled can't be written");
                        shared.set_trouble(&why);
                    }
                }
            }
        };
        let thread = std::thread::Builder::new().name("store-settler".to_owned()).spawn(work)?;
        Ok(Self { shared, wanted, thread: Some(thread) })
    }

    /// Says that `waiting` bytes of groups wait in the journal.
    pub(super) fn journaled(&self, waiting: u64) {
        self.wanted.ask(if waiting < MANY { When::Soon } else { When::Now });
        if waiting > TOO_MANY {
            // An error is found by the thread as well, which says so.
            let _ = self.shared.settle();
        }
    }

    /// Ends the thread and settles all.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.stop();
        self.shared.settle_all()
    }

    fn stop(&mut self) {
        self.wanted.ask(When::Stopped);
        if let Some(thread) = self.thread.take() {
            // Its panic was reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        self.stop();
    }
}
