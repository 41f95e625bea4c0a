//! Keeps the directory's half from Identity Center true: reads everybody at the start and every few minutes, and remembers
//! them in the store, so that a start while AWS is away still knows who is who, and pickers have what to offer at once.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use commands::access::{Roster, roster};
use commands::aws::Aws;
use commands::context::IdentityCenter;
use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};

use crate::activity::{Activity, Bell, InFlight};
use crate::health::Health;
use crate::host::{Host, Trouble};
use crate::identity::Directory;
use crate::identity::center::{Reading, Seen, Standing};
use crate::store::Store;
use crate::waiting;

mod lists;
mod shelf;

use lists::Lists;
use shelf::Shelf;

/// When it is read again after that went wrong, unless it would be sooner anyway.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);
/// Who was not confirmed for longer than this is no longer known well.
const STALE: SignedDuration = SignedDuration::from_hours(24);

/// The people of Identity Center, kept true.
pub struct Keeping {
    directory: Arc<Directory>,
    center: IdentityCenter,
    shelf: tokio::sync::Mutex<Shelf>,
    lists: tokio::sync::Mutex<Lists>,
    bell: Bell,
    state: Mutex<State>,
}

/// How it goes.
#[derive(Clone, Debug, Default)]
struct State {
    /// When it is read next; none while it is read.
    next: Option<Timestamp>,
    /// What went wrong the last time.
    trouble: Option<String>,
}

impl Keeping {
    /// Hands the directory those who were read before the start, and the commands all that was.
    ///
    /// # Errors
    /// When the store can't be read, or a record of it.
    pub async fn restore(
        directory: Arc<Directory>,
        center: IdentityCenter,
        (store, aws): (Arc<dyn Store>, &Aws),
        activity: &Activity,
    ) -> Result<Self, Trouble> {
        let home = format!("{}/{}", center.home.id, center.home.regions.first().map(String::as_str).unwrap_or_default());
        let (shelf, known) = Shelf::open(Arc::clone(&store), home.clone()).await?;
        if let Some(known) = known {
            directory.restore(&known);
        }
        let (lists, read) = Lists::open(store, home).await?;
        if let Some(read) = read {
            roster::recall(aws, read);
        }
        let (shelf, lists) = (tokio::sync::Mutex::new(shelf), tokio::sync::Mutex::new(lists));
        Ok(Self { directory, center, shelf, lists, bell: Bell::new(activity.clone()), state: Mutex::default() })
    }

    /// Looks whether it is time to read, as after the clock was set.
    pub fn ring(&self) {
        self.bell.ring();
    }

    /// When it is read next.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.state().next
    }

    /// How well people are known, and as of when.
    pub fn health(&self, now: Timestamp) -> Health {
        let trouble = self.state().trouble.clone();
        let Some(center) = self.directory.center() else {
            let why = trouble.map(|why| format!(": {why}")).unwrap_or_default();
            return Health { ok: false, words: format!("the people of Identity Center were never read yet{why}") };
        };
        let age = now.duration_since(center.at());
        let users = center.users().iter().filter(|user| user.standing == Standing::Active).count();
        let noun = if users == 1 { "user" } else { "users" };
        let words = format!("{users} {noun} of Identity Center, as of {}", ago(age));
        match trouble {
            Some(why) => Health { ok: age < STALE, words: format!("{words}; reading them again went wrong: {why}") },
            None => Health { ok: true, words },
        }
    }

    /// Reads everybody now and whenever it is time, for ever. `awake` is held while it reads.
    pub async fn look_after(self: Arc<Self>, host: Arc<Host>, awake: InFlight) {
        let mut awake = Some(awake);
        loop {
            let read = AssertUnwindSafe(self.read(&host)).catch_unwind().await;
            let trouble = match read {
                Ok(read) => read.err(),
                Err(panic) => {
                    tracing::error!(panic = crate::panics::words(&*panic), "reading the people of Identity Center panicked");
                    Some("it broke".to_owned())
                }
            };
            let gap = match &trouble {
                Some(_) => AGAIN.min(self.center.refresh),
                None => self.center.refresh,
            };
            let next = host.clock.now() + gap;
            *self.state() = State { next: Some(next), trouble };
            while host.clock.now() < next {
                drop(awake.take());
                tokio::select! {
                    heard = self.bell.heard() => awake = Some(heard),
                    () = host.clock.sleep_until(next) => awake = Some(host.activity.begin()),
                }
            }
            self.state().next = None;
        }
    }

    async fn read(&self, host: &Host) -> Result<(), String> {
        let roster = roster::refresh(&host.aws, &self.center, host.clock.now()).await.map_err(told)?;
        let after = self.directory.after(&reading(&roster));
        self.shelf.lock().await.keep(&after, host.clock.now()).await.map_err(|trouble| {
            tracing::error!(%trouble, "the people of Identity Center can't be kept; those known before still count");
            "they can't be written down".to_owned()
        })?;
        if let Err(trouble) = self.lists.lock().await.keep(&roster, host.clock.now()).await {
            // Who is who is written down; the next start only has to read before it can offer names.
            tracing::error!(%trouble, "what was read of Identity Center can't be kept");
        }
        let edition = self.directory.edition();
        self.directory.take_over(after);
        if self.directory.edition() != edition {
            tracing::info!(users = roster.users.len(), "people of Identity Center or their groups changed");
            if let Err(trouble) = waiting::nudge_waiting(host).await {
                // They are looked at at their time all the same.
                tracing::error!(%trouble, "looking for the changes that wait");
            }
        }
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the directory needs of a roster.
fn reading(roster: &Roster) -> Reading {
    let seen = roster.users.iter().map(|user| Seen {
        id: user.id.clone(),
        name: user.name.clone(),
        display_name: user.display_name.clone(),
        email: user.email.clone(),
        standing: if user.active { Standing::Active } else { Standing::Disabled },
        groups: roster.groups_of(&user.id).map(|group| group.name.clone()).collect(),
    });
    Reading { at: roster.at, users: seen.collect() }
}

/// Logs why they can't be read, and gives it in words.
fn told(error: commands::Error) -> String {
    let (words, cause) = match error {
        commands::Error::Shown(words) => (words.plain(), String::new()),
        commands::Error::Outside { say, cause } => (say.plain(), cause),
        commands::Error::Internal { doing, cause } => (format!("it broke while {doing}"), cause),
    };
    tracing::warn!(why = words, cause, "the people of Identity Center can't be read; those known before still count");
    words
}

/// `3 min ago`.
fn ago(age: SignedDuration) -> String {
    let minutes = SignedDuration::from_mins(age.as_mins());
    if minutes.is_zero() { "just now".to_owned() } else { format!("{} ago", commands::message::lasting(minutes)) }
}
