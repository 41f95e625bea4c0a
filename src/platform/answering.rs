//! What both chats do with the answer of a handler that can't go with its acknowledgement.

use commands::message::{Block, Message};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinError;

use super::{Ack, Platform, SendError, Target};
use crate::clock::Clock;

/// How often a late answer is tried.
const TRIES: usize = 3;
/// How long between two tries.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// What people read when a handler panicked.
const BROKEN: &str = "Something broke on my side while I took that. Look before you ask again: it may have been recorded.";
/// What people read whose form does not fit.
pub(super) const MEND: &str = "That form can't be used as it is. Ask again, please.";

/// Posts an answer that is too late, or too large, for an acknowledgement.
pub(super) async fn say(platform: &dyn Platform, clock: &Clock, target: &Target, message: &Message) {
    let name = platform.name();
    for _ in 0..TRIES {
        let pause = match platform.post(target, message, "").await {
            Ok(_) => return,
            Err(SendError::Never(error)) => {
                tracing::warn!(name, error, "an answer could not be given");
                return;
            }
            Err(SendError::Wait(pause)) => pause,
            Err(SendError::Again(_)) => PAUSE,
        };
        clock.sleep_until(clock.now().checked_add(pause).unwrap_or(Timestamp::MAX)).await;
    }
    tracing::warn!(name, "an answer could not be given in {TRIES} tries");
}

/// What is said in place of a handler that panicked.
pub(super) fn broken(panic: JoinError) -> Ack {
    let cause = panic.try_into_panic().map_or_else(|_| "cancelled".to_owned(), |panic| crate::panics::words(&*panic).to_owned());
    tracing::error!(cause, "a handler panicked");
    Ack::Say(BROKEN.into())
}

/// Whether a message brings a file, which no acknowledgement can carry.
pub(super) fn has_file(message: &Message) -> bool {
    message.blocks.iter().any(|block| matches!(block, Block::File(_)))
}
