//! How the API answers when it is not at its best.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::Semaphore;

/// How the API answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// As it should.
    #[default]
    Well,
    /// It acts, and keeps its answers to itself until [`super::Alertmanager::recovers`].
    Slow,
    /// It acts, and what stands before it answers 502 instead.
    Lost,
    /// With this status, without acting: 401, 500, 503.
    Refusing(u16),
}

/// A mood, and what it holds back.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    mood: Mood,
    open: Arc<Semaphore>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::of(Mood::Well)
    }
}

impl Gate {
    pub(super) fn of(mood: Mood) -> Self {
        Self { mood, open: Arc::new(Semaphore::new(0)) }
    }

    pub(super) fn refuses(&self) -> Option<StatusCode> {
        match self.mood {
            Mood::Refusing(status) => StatusCode::from_u16(status).ok(),
            Mood::Well | Mood::Slow | Mood::Lost => None,
        }
    }

    pub(super) fn cuts(&self) -> bool {
        self.mood == Mood::Lost
    }

    /// Waits as long as answers are held back.
    pub(super) async fn hold(&self) {
        if self.mood == Mood::Slow {
            // Closed when it recovers, which ends the wait.
            let _ = self.open.acquire().await;
        }
    }

    pub(super) fn release(&self) {
        self.open.close();
    }
}
