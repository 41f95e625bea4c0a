//! Interactions under way: an answer may not leave before Discord has the first response, and only the first one takes the
//! placeholder's place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedMutexGuard, watch};

/// How many of the newest interactions are remembered at least. Their tokens end after fifteen minutes anyway.
const REMEMBERED: usize = 10_000;
/// How long an answer waits for the first response at most; Discord takes none after three seconds.
const PATIENCE: Duration = Duration::from_secs(4);

/// What is known about interactions. Those of an earlier run are not known: they were responded to long ago.
#[derive(Debug, Default)]
pub(super) struct Askings(Mutex<Generations>);

/// Interactions by their ids, those that came last and those before them.
#[derive(Debug, Default)]
struct Generations {
    young: HashMap<String, Asking>,
    old: HashMap<String, Asking>,
}

#[derive(Clone, Debug)]
struct Asking {
    responded: Arc<watch::Sender<bool>>,
    answered: Arc<tokio::sync::Mutex<bool>>,
}

/// The right to take the placeholder's place. Until it is used or given back, by being dropped, other answers wait: one that
/// comes while the placeholder stands would be put in its place by Discord.
#[derive(Debug)]
pub(super) struct Claim(OwnedMutexGuard<bool>);

impl Claim {
    /// The place is taken.
    pub(super) fn used(mut self) {
        *self.0 = true;
    }
}

impl Generations {
    fn get(&self, id: &str) -> Option<&Asking> {
        self.young.get(id).or_else(|| self.old.get(id))
    }

    fn add(&mut self, id: &str, responded: bool) -> &Asking {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        let asking = Asking { responded: Arc::new(watch::Sender::new(responded)), answered: Arc::default() };
        self.young.entry(id.to_owned()).or_insert(asking)
    }
}

impl Askings {
    fn state(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An interaction came, and its first response is on its way. Whether it came for the first time.
    pub(super) fn came(&self, id: &str) -> bool {
        let mut known = self.state();
        if known.get(id).is_some() {
            return false;
        }
        known.add(id, false);
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

    /// Claims the placeholder's place for an answer; none where an answer has it already.
    pub(super) async fn claim(&self, id: &str) -> Option<Claim> {
        let answered = {
            let mut known = self.state();
            let asking = known.get(id).cloned().unwrap_or_else(|| known.add(id, true).clone());
            asking.answered
        };
        let answered = answered.lock_owned().await;
        (!*answered).then_some(Claim(answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_waits_for_the_first_response() {
        let askings = Askings::default();
        askings.may_be_answered("of an earlier run").await;
        assert!(askings.came("1"));
        assert!(!askings.came("1"), "Discord tells some things twice");
        let mut waits = Box::pin(askings.may_be_answered("1"));
        assert!(futures_util::poll!(&mut waits).is_pending());
        askings.responded("1");
        waits.await;
    }

    #[tokio::test]
    async fn one_of_two_answers_takes_the_place_and_gives_it_back_where_it_fails() {
        let askings = Askings::default();
        askings.came("1");
        for id in ["1", "of an earlier run"] {
            let failing = askings.claim(id).await.unwrap();
            let (mut second, mut third) = (Box::pin(askings.claim(id)), Box::pin(askings.claim(id)));
            assert!(futures_util::poll!(&mut second).is_pending() && futures_util::poll!(&mut third).is_pending());
            drop(failing);
            second.await.unwrap().used();
            assert!(third.await.is_none());
        }
    }

    #[test]
    fn many_others_make_none_forgotten_that_is_under_way() {
        let askings = Askings::default();
        askings.came("under way");
        for other in 0..REMEMBERED {
            askings.came(&other.to_string());
        }
        assert!(!askings.came("under way") && !askings.came("0"));
        let known = askings.state();
        assert!(known.young.len() <= REMEMBERED && known.old.len() <= REMEMBERED);
    }
}
