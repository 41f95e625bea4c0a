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
        let most = usize::try_from(calls_per_second).unwrap_or(usize::MAX).max(1);
        let (gone, people, background) = (Mutex::default(), watch::Sender::new(0), Mutex::default());
        Self(Arc::new(Line { most, gone, people, background }))
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

    async fn pass(&self, gone: &mut VecDeque<Instant>) {
        if gone.len() >= self.0.most {
            if let Some(oldest) = gone.front() {
                tokio::time::sleep_until(*oldest + WINDOW).await;
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

    async fn turns(limiter: &Limiter, urgency: Urgency, count: usize) -> Vec<Instant> {
        let mut went = Vec::new();
        for _ in 0..count {
            limiter.turn(urgency).await;
            went.push(Instant::now());
        }
        went
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_holds_more_calls_than_allowed() {
        let limiter = Limiter::new(20);
        let tasks: Vec<_> = (0..10)
            .map(|at| {
                let limiter = limiter.clone();
                let urgency = if at % 3 == 0 { Urgency::Background } else { Urgency::Person };
                tokio::spawn(async move { turns(&limiter, urgency, 15).await })
            })
            .collect();
        let mut went = Vec::new();
        for task in tasks {
            went.extend(task.await.unwrap());
        }
        went.sort();
        assert_eq!(went.len(), 150);
        for window in went.windows(21) {
            assert!(window[20] - window[0] > Duration::from_secs(1), "21 calls in {:?}", window[20] - window[0]);
        }
        let all = went[149] - went[0];
        assert!(all < Duration::from_secs(8), "it took {all:?}: turns were wasted");
    }

    #[tokio::test(start_paused = true)]
    async fn people_go_first_and_in_the_order_they_came() {
        let limiter = Limiter::new(1);
        limiter.turn(Urgency::Person).await;
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
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), ["ana", "ben", "kim", "refresh"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_waiting_takes_no_turn() {
        let limiter = Limiter::new(1);
        limiter.turn(Urgency::Person).await;
        let start = Instant::now();
        let gave_up = tokio::time::timeout(Duration::from_millis(500), limiter.turn(Urgency::Person)).await;
        assert!(gave_up.is_err());
        limiter.turn(Urgency::Background).await;
        assert_eq!(start.elapsed(), WINDOW, "nobody waits any more, and no turn was lost");
    }
}
