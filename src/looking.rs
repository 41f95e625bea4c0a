//! The loop that looks after records that are due. Wake-ups carry no data: a bell, the clock and a restart only make it look.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::activity::Bell;
use crate::host::{Bells, Host, TRIES, Trouble};
use crate::store::{CommitError, Key, Kind, ReadError, Row};

/// How long a claimed record is left to whoever claimed it.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// When a record is looked at again after looking at it broke.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// How many records of a kind are looked at at once: one that hangs does not hold up the others.
const AT_ONCE: usize = 128;
/// How long after a start the rest waits at most for those that come first.
const HEAD_START: Duration = Duration::from_secs(10);

/// What is done with records that were claimed together; gives those that each are looked at now, having put off the others and
/// ended their claims.
pub type Arrange = for<'a> fn(&'a Host, Vec<Row>) -> BoxFuture<'a, Vec<Row>>;

/// Looks after the records of `kind`, for ever. The `first` so many that are due are looked at before all others.
pub async fn look_after<F, Fut>(host: Arc<Host>, of: (Kind, usize), bell: fn(&Bells) -> &Bell, look: F)
where
    F: Fn(Arc<Host>, Row) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Trouble>> + Send + 'static,
{
    look_after_together(host, of, (bell, |_, rows| Box::pin(std::future::ready(rows))), look).await;
}

/// The same, where those that are due together have something to do with each other.
pub async fn look_after_together<F, Fut>(
    host: Arc<Host>,
    (kind, first): (Kind, usize),
    (bell, arrange): (fn(&Bells) -> &Bell, Arrange),
    look: F,
) where
    F: Fn(Arc<Host>, Row) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<(), Trouble>> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let contested = Contested::default();
    // Held while the loop is awake, so that a loop about to look is not taken for an idle one.
    let mut awake = Some(host.activity.begin());
    let mut first = first.min(AT_ONCE);
    loop {
        let ahead = std::mem::take(&mut first);
        let many = if ahead > 0 { ahead } else { room.available_permits() };
        let (rows, next) = match claim(&host, kind, many).await {
            Ok(found) => found,
            Err(error) => {
                tracing::error!(%error, kind = kind.name(), "looking for what is due");
                (Vec::new(), Some(host.clock.now() + AGAIN))
            }
        };
        if rows.is_empty() {
            let now = host.clock.now();
            if next.is_some_and(|next| next <= now) && room.available_permits() > 0 {
                continue;
            }
            drop(awake.take());
            let due = async {
                match next {
                    Some(next) if next > now => host.clock.sleep_until(next).await,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                heard = bell(&host.bells).heard() => awake = Some(heard),
                () = due => awake = Some(host.activity.begin()),
            }
            continue;
        }
        let mut begun = Vec::new();
        for row in arrange(&host, rows).await {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let (host, look, contested) = (Arc::clone(&host), look.clone(), Arc::clone(&contested));
            let busy = host.activity.begin();
            begun.push(tokio::spawn(async move {
                one(&host, row, look, &contested).await;
                // Whoever hears the bell must find the room.
                drop(permit);
                bell(&host.bells).ring();
                drop(busy);
            }));
        }
        if ahead > 0 && tokio::time::timeout(HEAD_START, join_all(begun)).await.is_err() {
            tracing::warn!(kind = kind.name(), "what comes first takes long; the rest goes on beside it");
        }
    }
}

/// What is due, and, where nothing is that there is room for, when something will be.
async fn claim(host: &Host, kind: Kind, room: usize) -> Result<(Vec<Row>, Option<Timestamp>), ReadError> {
    if room > 0 {
        let rows = host.store.claim(&[kind], host.clock.now(), LEASE, room).await?;
        if !rows.is_empty() {
            return Ok((rows, None));
        }
    }
    Ok((Vec::new(), host.store.next_due(&[kind]).await?))
}

/// How often in a row looking at a record ended because another changed under its hands.
type Contested = Arc<Mutex<HashMap<Key, usize>>>;

/// Counts whether looking at a record ended so.
fn conflicts(contested: &Contested, key: &Key, again: bool) -> usize {
    let mut contested = contested.lock().unwrap_or_else(PoisonError::into_inner);
    if !again {
        contested.remove(key);
        return 0;
    }
    let count = contested.entry(key.clone()).or_default();
    *count += 1;
    *count
}

/// Looks at one record. A panic ends nothing else.
async fn one<F, Fut>(host: &Arc<Host>, row: Row, look: F, contested: &Contested)
where
    F: Fn(Arc<Host>, Row) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Trouble>> + Send + 'static,
{
    let key = row.key.clone();
    let looked = AssertUnwindSafe(async { look(Arc::clone(host), row).await }).catch_unwind().await;
    let conflicts = conflicts(contested, &key, matches!(looked, Ok(Err(Trouble::Commit(CommitError::Conflict(_))))));
    let again = match looked {
        Ok(Ok(())) => None,
        Ok(Err(Trouble::Commit(CommitError::Conflict(_)))) if conflicts < TRIES => Some(SignedDuration::ZERO),
        Ok(Err(trouble)) => {
            tracing::error!(record = key.id, kind = key.kind.name(), %trouble, "looking at a record");
            Some(AGAIN)
        }
        Err(panic) => {
            let panic = crate::panics::words(&*panic);
            tracing::error!(record = key.id, kind = key.kind.name(), panic, "looking at a record panicked");
            host.metrics.command("none", "broke");
            Some(AGAIN)
        }
    };
    if let Some(again) = again {
        // Whoever wrote it meanwhile, or woke it, does not make it break sooner than that.
        host.store.wake(&key, host.clock.now() + again).await;
    }
    host.store.done(&key).await;
}
