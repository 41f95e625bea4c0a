//! What one person writes is taken in the order in which they wrote it: after a line that was lost Discord tells it all at
//! once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::platform::ACKNOWLEDGE;

/// The newest message of each person that is being taken, by account.
#[derive(Debug, Default)]
pub(super) struct Order(Mutex<HashMap<String, oneshot::Receiver<()>>>);

/// A place behind what the same person wrote before.
#[derive(Debug)]
pub(super) struct Turn {
    before: Option<oneshot::Receiver<()>>,
    taken: Taken,
}

/// Whoever is next waits until this is dropped.
#[derive(Debug)]
pub(super) struct Taken {
    _next: oneshot::Sender<()>,
}

impl Order {
    /// The place of a message that came this moment.
    pub(super) fn turn(&self, account: &str) -> Turn {
        let (next, waits) = oneshot::channel();
        let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        newest.retain(|_, taken| taken.try_recv() == Err(TryRecvError::Empty));
        Turn { before: newest.insert(account.to_owned(), waits), taken: Taken { _next: next } }
    }
}

impl Turn {
    /// Returns once the one before was taken. One that is slow is not waited for much longer than its acknowledgement would be.
    pub(super) async fn comes(self) -> Taken {
        if let Some(before) = self.before {
            let _late = tokio::time::timeout(ACKNOWLEDGE, before).await;
        }
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn each_person_is_taken_in_order_and_nobody_waits_for_another() {
        let order = Order::default();
        let (first, second, other) = (order.turn("ana"), order.turn("ana"), order.turn("ben"));
        let (mut second, mut other) = (Box::pin(second.comes()), Box::pin(other.comes()));
        let first = first.comes().now_or_never().unwrap();
        assert!(futures_util::poll!(&mut second).is_pending());
        assert!(futures_util::poll!(&mut other).is_ready());
        drop(first);
        drop(second.now_or_never().unwrap());
        order.turn("bea");
        assert_eq!(order.0.lock().unwrap().keys().collect::<Vec<_>>(), ["bea"], "who is done is forgotten");
    }
}
