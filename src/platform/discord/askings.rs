//! Interactions under way: an answer may not leave before Discord has the first response, and only the first one takes the
//! placeholder's place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// Interactions that are remembered; their tokens end after fifteen minutes anyway.
const REMEMBERED: usize = 10_000;
/// How long an answer waits for the first response at most; Discord takes none after three seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// What is known about interactions, by their ids. Those of an earlier run are not known: they were responded to long ago.
#[derive(Debug, Default)]
pub(super) struct Askings(Mutex<HashMap<String, Asking>>);

#[derive(Clone, Debug)]
struct Asking {
    responded: Arc<watch::Sender<bool>>,
    answered: bool,
}

impl Askings {
    fn state(&self) -> std::sync::MutexGuard<'_, HashMap<String, Asking>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An interaction came, and its first response is on its way. Whether it came for the first time.
    pub(super) fn came(&self, id: &str) -> bool {
        let mut known = self.state();
        if known.contains_key(id) {
            return false;
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(id.to_owned(), Asking { responded: Arc::new(watch::Sender::new(false)), answered: false });
        true
    }

    /// Discord has the first response, or never will.
    pub(super) fn responded(&self, id: &str) {
        if let Some(asking) = self.state().get(id) {
            asking.responded.send_replace(true);
        }
    }

    /// Returns once the interaction may be answered.
    pub(super) async fn may_be_answered(&self, id: &str) {
        let Some(asking) = self.state().get(id).cloned() else { return };
        let mut responded = asking.responded.subscribe();
        // An answer that comes too early is refused by Discord and given another way.
        let _late = tokio::time::timeout(PATIENCE, responded.wait_for(|responded| *responded)).await;
    }

    /// Whether this is the first answer, which takes the placeholder's place.
    pub(super) fn is_first(&self, id: &str) -> bool {
        self.state().get(id).is_none_or(|asking| !asking.answered)
    }

    /// An answer was given.
    pub(super) fn answered(&self, id: &str) {
        if let Some(asking) = self.state().get_mut(id) {
            asking.answered = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_waits_for_the_first_response() {
        let askings = Arc::new(Askings::default());
        askings.may_be_answered("of an earlier run").await;
        assert!(askings.came("1"));
        assert!(!askings.came("1"), "Discord tells some things twice");
        let waits = tokio::spawn({
            let askings = askings.clone();
            async move { askings.may_be_answered("1").await }
        });
        tokio::task::yield_now().await;
        assert!(!waits.is_finished());
        askings.responded("1");
        waits.await.unwrap();
        assert!(askings.is_first("1"));
        askings.answered("1");
        assert!(!askings.is_first("1"));
    }
}
