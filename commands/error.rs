//! Two kinds of error: ours to show, ours to log with an id. The outside world in the way is shown too, and tried again.

use crate::message::Text;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Ours to show as it is: what is wrong, whether anything changed, the way forward. Final.
    #[error("{}", .0.plain())]
    Shown(Text),
    /// Something outside is down, slow, throttling or denying. Shown; the engine tries a change again until its deadline.
    #[error("{} ({cause})", say.plain())]
    Outside {
        /// What to show.
        say: Text,
        /// The cause as it was reported, for the log.
        cause: String,
    },
    /// Ours to log once with an id; people see what was being done and the id.
    #[error("{doing}: {cause}")]
    Internal {
        /// What was being done: "listing databases".
        doing: String,
        /// The cause, for the log.
        cause: String,
    },
}

/// What commands return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error to show as it is.
    pub fn shown(text: impl Into<Text>) -> Self {
        Self::Shown(text.into())
    }

    /// An error of ours, to be logged.
    pub fn internal(doing: impl Into<String>, cause: impl std::fmt::Display) -> Self {
        Self::Internal { doing: doing.into(), cause: cause.to_string() }
    }
}
