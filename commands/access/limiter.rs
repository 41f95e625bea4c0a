//! AWS takes about twenty Identity Center calls a second from an organisation, all APIs together ("IAM Identity Center API
//! throttle limits"). Every request of the process, each page and each retry, takes its turn here first; it paces real calls,
//! so it goes by the machine's own time.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

/// A second, and a little for calls that overtake each other on the way.
const WINDOW: Duration = Duration::from_millis(1050);
/// How long one request may take once it has had its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who waits for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A person, or a change of theirs: first come, first served.
    Person,
    /// Nobody: it goes when no person waits.
    Background,
}

/// Lets at most so many calls through in any second. Clones are the same limiter.
#[derive(Clone)]
pub(crate) struct Limiter(Arc<Line>);

struct Line {
    most: usize,
    window: Duration,
    /// When the last calls went. Its lock is the line: tokio's is fair.
    gone: Mutex<VecDeque<Instant>>,
    /// How many people wait.
    people: watch::Sender<usize>,
    /// The background waits one at a time.
    background: Mutex<()>,
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limiter({} a second)", self.0.most)
    }
}

impl Limiter {
    pub(crate) fn new(calls_per_second: u32) -> Self {
        Self::within(WINDOW, calls_per_second)
    }

    fn within(window: Duration, calls: u32) -> Self {
        let most = usize::try_from(calls).unwrap_or(usize::MAX).max(1);
        let (gone, people, background) = (Mutex::default(), watch::Sender::new(0), Mutex::default());
        Self(Arc::new(Line { most, window, gone, people, background }))
    }

    /// Waits until a call may go. Whoever stops waiting leaves no gap.
    pub(crate) async fn turn(&self, urgency: Urgency) {
        match urgency {
            Urgency::Person => {
                let _waiting = Waiting::join(&self.0.people);
                self.pass(&mut *self.0.gone.lock().await).await;
            }
            Urgency::Background => {
                let _first = self.0.background.lock().await;
                let (mut none, mut some) = (self.0.people.subscribe(), self.0.people.subscribe());
                loop {
                    // It fails only when the sender is gone, and the limiter holds it.
                    none.wait_for(|people| *people == 0).await.ok();
                    let mut gone = self.0.gone.lock().await;
                    tokio::select! {
                        biased;
                        _ = some.wait_for(|people| *people > 0) => {}
                        () = self.pass(&mut gone) => return,
                    }
                }
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "it paces real calls, which AWS counts by its own clock and not by the bot's")]
    async fn pass(&self, gone: &mut VecDeque<Instant>) {
        if gone.len() >= self.0.most {
            if let Some(oldest) = gone.front() {
                tokio::time::sleep_until(*oldest + self.0.window).await;
            }
            gone.pop_front();
        }
        gone.push_back(Instant::now());
    }

    /// The same way to AWS, with every request waiting for its turn. The time it waits is not held against it.
    pub(crate) fn pace(&self, config: &SdkConfig, urgency: Urgency) -> SdkConfig {
        let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(3)).read_timeout(PATIENCE).build();
        let mut paced = config.to_builder();
        // Bodies are small, and a request that waits is not a stalled one.
        paced.set_stalled_stream_protection(Some(StalledStreamProtectionConfig::disabled()));
        paced.set_timeout_config(Some(timeouts));
        if let Some(client) = config.http_client() {
            paced.set_http_client(Some(SharedHttpClient::new(Paced { inner: client, limiter: self.clone(), urgency })));
        }
        paced.build()
    }
}

/// One person more who waits, until dropped.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn join(people: &'a watch::Sender<usize>) -> Self {
        people.send_modify(|people| *people += 1);
        Self(people)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|people| *people -= 1);
    }
}

/// An HTTP client, or a connector of one, whose requests wait for their turn.
#[derive(Clone, Debug)]
struct Paced<T> {
    inner: T,
    limiter: Limiter,
    urgency: Urgency,
}

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Paced { inner, limiter: self.limiter.clone(), urgency: self.urgency })
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let paced = self.clone();
        HttpConnectorFuture::new(async move {
            paced.limiter.turn(paced.urgency).await;
            paced.inner.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn no_second_holds_more_calls_than_allowed() {
        let limiter = Limiter::within(SHORT, 20);
        let tasks = (0..10).map(|at| {
            let limiter = limiter.clone();
            let urgency = if at % 3 == 0 { Urgency::Background } else { Urgency::Person };
            tokio::spawn(async move {
                for _ in 0..15 {
                    limiter.turn(urgency).await;
                }
            })
        });
        let start = Instant::now();
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        // 150 calls are 20 at once and 130 that wait: the last of them for seven windows.
        assert!(start.elapsed() >= SHORT * 7, "{:?}", start.elapsed());
        let gone = limiter.0.gone.lock().await;
        assert_eq!(gone.len(), 20);
    }

    #[tokio::test]
    async fn people_go_first_and_in_the_order_they_came() {
        let limiter = Limiter::within(SHORT, 1);
        let last = limiter.0.gone.lock().await;
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for (name, urgency) in
            [("refresh", Urgency::Background), ("ana", Urgency::Person), ("ben", Urgency::Person), ("kim", Urgency::Person)]
        {
            let (limiter, order) = (limiter.clone(), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                limiter.turn(urgency).await;
                order.lock().unwrap().push(name);
            }));
            tokio::task::yield_now().await;
        }
        drop(last);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["ana", "ben", "kim", "refresh"]);
    }

    #[tokio::test]
    async fn who_stops_waiting_takes_no_turn() {
        let limiter = Limiter::within(Duration::from_secs(3600), 1);
        limiter.turn(Urgency::Person).await;
        for urgency in [Urgency::Person, Urgency::Background] {
            let waiting = tokio::spawn({
                let limiter = limiter.clone();
                async move { limiter.turn(urgency).await }
            });
            tokio::task::yield_now().await;
            waiting.abort();
            assert!(waiting.await.unwrap_err().is_cancelled());
        }
        assert_eq!(*limiter.0.people.borrow(), 0, "nobody waits any more");
        assert_eq!(limiter.0.gone.lock().await.len(), 1, "no turn was lost");
    }
}
