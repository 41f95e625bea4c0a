//! What a platform wants around it, for tests of a platform without the bot.

use async_trait::async_trait;
use commands::PersonId;
use tokio::sync::mpsc;
use watchkeeper::platform::{Ack, Event, Inbound, Names};

/// Passes on what comes in.
pub(crate) struct Ears(pub(crate) mpsc::UnboundedSender<Event>);

#[async_trait]
impl Inbound for Ears {
    async fn receive(&self, event: Event) -> Ack {
        // Whoever listens may have heard enough.
        let _enough = self.0.send(event);
        Ack::Received
    }
}

/// Knows nobody's account.
pub(crate) struct Nobody;

impl Names for Nobody {
    fn account(&self, _platform: &str, _person: &PersonId) -> Option<String> {
        None
    }

    fn name(&self, person: &PersonId) -> String {
        person.0.clone()
    }
}
