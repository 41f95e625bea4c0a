//! Listens to the queues through which AWS says what happens. What is heard makes the watches look, and becomes alerts where the
//! queue is configured so.

use std::sync::Arc;

use commands::aws::Caller;
use commands::context::EventQueue;
use commands::events::{self, Event, Heard};
use commands::records::{Severity, Signal};
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::host::Host;
use crate::sources::{AWS, Said, eventbridge};
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
                let mut kept = true;
                for message in heard {
                    kept &= take(&host, &queue, message).await;
                }
                if kept {
                    continue;
                }
                AGAIN
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

/// Makes the watches look that an event concerns, keeps the alert in it, and takes it off the queue. Says whether the alert
/// was kept, as far as there was one: one that can't be kept stays on the queue.
async fn take(host: &Host, queue: &EventQueue, heard: Heard) -> bool {
    let signal = match &heard.event {
        Some(event) => {
            watching::hear(host, event).await;
            alert(host, queue, event)
        }
        None => {
            // Left on the queue it would be heard for ever.
            tracing::warn!(
                queue = queue.url,
                message = heard.id,
                "a message is no event of EventBridge; it is taken off its queue"
            );
            host.metrics.unusable(AWS, 1);
            None
        }
    };
    if let Some(signal) = signal {
        if let Err(refused) = host.inbox.take(vec![signal]).await {
            tracing::error!(%refused, queue = queue.url, "an alert can't be kept; its event stays on the queue");
            return false;
        }
        host.metrics.signals(AWS, 1);
    }
    let caller = Caller::background(WORK, host.clock.now());
    if let Err(error) = events::forget(&host.aws, queue, &caller, &heard).await {
        // It is heard once more, and makes them look once more.
        tracing::warn!(queue = queue.url, %error, "an event stays on its queue");
    }
    true
}

/// The alert an event is, where the queue's events of that service are.
fn alert(host: &Host, queue: &EventQueue, event: &Event) -> Option<Signal> {
    let service = event.source.strip_prefix("aws.")?;
    if !queue.alerts.iter().any(|wanted| wanted == service) {
        return None;
    }
    let said = Said { by: AWS, severity: Severity::default(), now: host.clock.now() };
    eventbridge::decode(&event.whole, said).unwrap_or_else(|malformed| {
        tracing::warn!(queue = queue.url, about = event.about, %malformed, "an event can't be used as an alert");
        host.metrics.unusable(AWS, 1);
        None
    })
}
