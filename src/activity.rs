//! Knows whether anything is in flight, so that a stop can drain and a test can wait without sleeping.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, watch};

/// Counts what is in flight. Clones count together.
#[derive(Clone, Debug)]
pub struct Activity(Arc<watch::Sender<usize>>);

impl Default for Activity {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

/// Something in flight, until it is dropped.
#[derive(Debug)]
pub struct InFlight(Activity);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

impl Activity {
    /// Something begins.
    pub fn begin(&self) -> InFlight {
        self.0.send_modify(|count| *count += 1);
        InFlight(self.clone())
    }

    /// Returns once nothing is in flight.
    pub async fn idle(&self) {
        let mut count = self.0.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = count.wait_for(|count| *count == 0).await;
    }
}

/// Wakes one loop. A ring that nobody has heard yet counts as in flight.
#[derive(Debug)]
pub struct Bell {
    activity: Activity,
    rung: AtomicBool,
    notify: Notify,
}

impl Bell {
    /// A bell whose rings count in `activity`.
    pub fn new(activity: Activity) -> Self {
        Self { activity, rung: AtomicBool::new(false), notify: Notify::new() }
    }

    /// Rings it. Rings before the loop listens again are one.
    pub fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            std::mem::forget(self.activity.begin());
        }
        self.notify.notify_one();
    }

    /// Waits for a ring and takes it over: the loop is in flight until it drops what it is given.
    pub async fn heard(&self) -> InFlight {
        loop {
            self.notify.notified().await;
            if self.rung.swap(false, Ordering::AcqRel) {
                return InFlight(self.activity.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_unheard_ring_is_in_flight() {
        let activity = Activity::default();
        let bell = Bell::new(activity.clone());
        activity.idle().await;
        bell.ring();
        bell.ring();
        let idle = activity.idle();
        tokio::pin!(idle);
        assert!(futures_util::poll!(&mut idle).is_pending());
        let heard = bell.heard().await;
        assert!(futures_util::poll!(&mut idle).is_pending());
        drop(heard);
        idle.await;
    }
}
