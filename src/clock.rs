//! The only file that knows what time it is.

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// The longest nap before the time is read again: timers stand still while a machine is suspended, and its clock may be set.
const NAP: std::time::Duration = std::time::Duration::from_secs(60);

/// The clock everything reads. Clones show the same time.
#[derive(Clone, Debug)]
pub struct Clock(watch::Sender<Mode>);

#[derive(Clone, Copy, Debug)]
enum Mode {
    /// The machine's clock, moved by an offset.
    Running(SignedDuration),
    /// Stands still until it is set.
    Standing(Timestamp),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(watch::Sender::new(Mode::Running(SignedDuration::ZERO)))
    }

    /// A clock that shows `now` and runs on from there.
    pub fn running_from(now: Timestamp) -> Self {
        let clock = Self::system();
        clock.set(now);
        clock
    }

    /// A clock that stands at `now` until it is set.
    pub fn standing_at(now: Timestamp) -> Self {
        Self(watch::Sender::new(Mode::Standing(now)))
    }

    /// The current instant.
    pub fn now(&self) -> Timestamp {
        match *self.0.borrow() {
            Mode::Running(offset) => machine().checked_add(offset).unwrap_or(Timestamp::MAX),
            Mode::Standing(at) => at,
        }
    }

    /// Sets it; whoever sleeps until then or earlier wakes.
    pub fn set(&self, now: Timestamp) {
        self.0.send_modify(|mode| {
            *mode = match mode {
                Mode::Running(_) => Mode::Running(now.duration_since(machine())),
                Mode::Standing(_) => Mode::Standing(now),
            }
        });
    }

    /// Returns once the clock shows `instant` or later.
    pub async fn sleep_until(&self, instant: Timestamp) {
        let mut changes = self.0.subscribe();
        loop {
            // Before the time is read, so that a change in between wakes at once.
            let running = matches!(*changes.borrow_and_update(), Mode::Running(_));
            let ahead = instant.duration_since(self.now());
            if !ahead.is_positive() {
                return;
            }
            let real = std::time::Duration::try_from(ahead).map_or(NAP, |ahead| ahead.min(NAP));
            let set = if running {
                let slept = tokio::time::timeout(real, changes.changed()).await;
                slept.unwrap_or(Ok(()))
            } else {
                changes.changed().await
            };
            if set.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock")]
fn machine() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_set_and_not_before() {
        let start: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let clock = Clock::standing_at(start);
        let wake = start + SignedDuration::from_hours(1);
        let sleeper = clock.sleep_until(wake);
        tokio::pin!(sleeper);
        clock.set(wake - SignedDuration::from_secs(1));
        assert!(futures_util::poll!(&mut sleeper).is_pending());
        clock.set(wake);
        sleeper.await;
        assert_eq!(clock.now(), wake);
    }
}
