//! Listens to the queues through which AWS says what happens. What is heard only makes the watches look.

use std::sync::Arc;

use commands::aws::Caller;
use commands::context::EventQueue;
use commands::events::{self, Heard};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::host::Host;
use crate::watching;

/// When a queue is listened to again after that went wrong.
const AGAIN: SignedDuration = SignedDuration::from_secs(30);
/// Between an empty answer and the next call, should whoever answers not hold the line.
const BREATH: SignedDuration = SignedDuration::from_secs(1);
/// What the bot's sessions are called that listen.
const WORK: &str = "events";

/// Listens to a queue until the bot stops.
pub async fn listen(host: Arc<Host>, queue: EventQueue, mut closed: watch::Receiver<bool>) {
    loop {
        let caller = Caller::background(WORK, host.clock.now());
        let heard = tokio::select! {
            heard = events::hear(&host.aws, &queue, &caller) => heard,
            _ = closed.wait_for(|closed| *closed) => return,
        };
        let pause = match heard {
            Ok(heard) if heard.is_empty() => BREATH,
            Ok(heard) => {
                let _in_flight = host.activity.begin();
                for message in heard {
                    take(&host, &queue, message).await;
                }
                continue;
            }
            Err(error) => {
                tracing::warn!(queue = queue.url, %error, "a queue can't be listened to");
                host.metrics.aws_in_the_way(WORK);
                AGAIN
            }
        };
        tokio::select! {
            () = host.clock.sleep_until(host.clock.now() + pause) => {}
            _ = closed.wait_for(|closed| *closed) => return,
        }
    }
}

/// Makes the watches look that an event concerns, and takes it off the queue.
async fn take(host: &Host, queue: &EventQueue, heard: Heard) {
    for watch in host.watches {
        let Some(post) = heard.event.as_ref().and_then(|event| watch.concerns(event)) else { continue };
        if let Err(trouble) = watching::nudge(host, watch.name(), &post).await {
            // It is looked at at its time all the same.
            tracing::error!(%trouble, watch = watch.name(), post, "making a watch look");
        }
    }
    let caller = Caller::background(WORK, host.clock.now());
    if let Err(error) = events::forget(&host.aws, queue, &caller, &heard).await {
        // It is heard once more, and makes them look once more.
        tracing::warn!(queue = queue.url, %error, "an event stays on its queue");
    }
}
