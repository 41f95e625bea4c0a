//! Values that may be a little old: served at once, renewed behind the scenes.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// How old a value may be before it is renewed.
const FRESH: SignedDuration = SignedDuration::from_secs(60);
/// How long the first to ask waits for a value.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// Values by key. Only for what helps people choose: decisions look for themselves.
pub(crate) struct Cache<K, V> {
    slots: Mutex<HashMap<K, Slot<V>>>,
}

type Slot<V> = Arc<watch::Sender<Held<V>>>;

struct Held<V> {
    value: Option<Arc<V>>,
    /// When it was last renewed or tried to be.
    tried: Option<Timestamp>,
    renewing: bool,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<K: Eq + Hash, V: Send + Sync + 'static> Cache<K, V> {
    /// The value under `key`, the old one while `renew` runs in the background. None if there is none within two seconds.
    /// `renew` gives none when it could not; it is asked again after a minute.
    pub(crate) async fn get(
        &self,
        key: K,
        now: Timestamp,
        renew: impl Future<Output = Option<V>> + Send + 'static,
    ) -> Option<Arc<V>> {
        let slot = self.slot(key);
        let mut due = false;
        slot.send_if_modified(|held| {
            due = !held.renewing && held.tried.is_none_or(|tried| now.duration_since(tried).abs() > FRESH);
            held.renewing |= due;
            if due {
                held.tried = Some(now);
            }
            false
        });
        let mut values = slot.subscribe();
        if due {
            tokio::spawn(async move {
                let renewed = renew.await;
                slot.send_modify(|held| {
                    held.renewing = false;
                    if let Some(value) = renewed {
                        held.value = Some(Arc::new(value));
                    }
                });
            });
        }
        let settled = values.wait_for(|held| held.value.is_some() || !held.renewing);
        tokio::time::timeout(FIRST_WAIT, settled).await.ok()?.ok()?.value.clone()
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(watch::Sender::new(Held { value: None, tried: None, renewing: false }));
        Arc::clone(slots.entry(key).or_insert_with(fresh))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_old_value_is_served_while_it_is_renewed() {
        let cache: Cache<(), u32> = Cache::default();
        let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let later = start + SignedDuration::from_secs(61);
        assert_eq!(cache.get((), start, async { Some(1) }).await.as_deref(), Some(&1));
        assert_eq!(cache.get((), start + FRESH, async { panic!("it is fresh") }).await.as_deref(), Some(&1));
        assert_eq!(cache.get((), later, async { Some(2) }).await.as_deref(), Some(&1), "the old one, at once");
        let mut values = cache.slot(()).subscribe();
        values.wait_for(|held| !held.renewing).await.unwrap();
        assert_eq!(cache.get((), later, async { panic!("it is fresh") }).await.as_deref(), Some(&2));
    }

    #[tokio::test]
    async fn who_fails_to_renew_keeps_nobody_waiting() {
        let cache: Cache<(), u32> = Cache::default();
        let now: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        assert_eq!(cache.get((), now, async { None }).await, None);
        assert_eq!(cache.get((), now, async { panic!("tried a moment ago") }).await, None);
    }
}
