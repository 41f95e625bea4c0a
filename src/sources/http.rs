//! The door: `POST /alerts/{source}`. A source is answered 200 once all it said is kept.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use jiff::Timestamp;

use super::sns::{Envelope, Gate, Refusal};
use super::{Decoded, Inbox, Kind, Proof, Said, Source, Topics};
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::outward::Outward;

/// The largest body that is read.
const BODY: usize = 1 << 20;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the door stands on.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The clock.
    pub clock: Clock,
    /// Where refusals are counted.
    pub metrics: Metrics,
    /// How SNS's certificates are fetched and its subscriptions confirmed.
    pub outward: Outward,
}

/// A status, and a sentence for whoever set up the source.
type Answer = (StatusCode, String);

#[derive(Clone)]
struct Door {
    sources: Arc<BTreeMap<String, Source>>,
    inbox: Arc<dyn Inbox>,
    ground: Ground,
    gate: Gate,
}

/// The route of all sources. It answers 401 or 403 to who does not show what its source has to show, 400 to what can't be
/// read (naming the field), 413 above 1 MiB, 503 where something can't be kept now.
pub fn routes(sources: &[Source], inbox: Arc<dyn Inbox>, ground: Ground) -> Router {
    let sources: BTreeMap<_, _> = sources.iter().map(|source| (source.name.clone(), source.clone())).collect();
    let gate = Gate::new(ground.outward.clone());
    let door = Door { sources: Arc::new(sources), inbox, ground, gate };
    Router::new().route("/alerts/{source}", post(take)).with_state(door)
}

async fn take(State(door): State<Door>, Path(name): Path<String>, headers: HeaderMap, body: Body) -> Answer {
    let Some(source) = door.sources.get(&name) else {
        return (StatusCode::NOT_FOUND, "No source of this name is configured.\n".to_owned());
    };
    let now = door.ground.clock.now();
    let admitted = match &source.kind {
        Kind::Alertmanager { proof, .. } | Kind::Grafana { proof } | Kind::Json { proof, .. } => {
            door.posted(source, proof, (&headers, body), now).await
        }
        Kind::Sns(topics) => door.notified(source, topics, (&headers, body), now).await,
    };
    match admitted {
        Ok(decoded) => door.keep(source, decoded).await,
        Err(answer) => answer,
    }
}

impl Door {
    /// What somebody posted who showed what it has to show.
    async fn posted(
        &self,
        source: &Source,
        proof: &Proof,
        (headers, body): (&HeaderMap, Body),
        now: Timestamp,
    ) -> Result<Decoded, Answer> {
        let refused = |wrong: super::auth::Wrong| self.refused(source, StatusCode::UNAUTHORIZED, wrong.0);
        proof.early(headers, now).map_err(refused)?;
        let body = read(headers, body).await?;
        proof.late(headers, &body).map_err(refused)?;
        Ok(source.decode(&body, now))
    }

    /// What SNS sent.
    async fn notified(
        &self,
        source: &Source,
        topics: &Topics,
        (headers, body): (&HeaderMap, Body),
        now: Timestamp,
    ) -> Result<Decoded, Answer> {
        if headers.contains_key("x-amz-sns-rawdelivery") {
            let words = "Raw message delivery is not signed: turn it off for this subscription.";
            return Err(self.refused(source, StatusCode::FORBIDDEN, words));
        }
        let body = read(headers, body).await?;
        let envelope = match Envelope::read(&body) {
            Ok(envelope) => envelope,
            Err(malformed) => {
                let words = format!("Kept: 0. This can't be used: {malformed}.");
                return Err(self.refused(source, StatusCode::BAD_REQUEST, &words));
            }
        };
        match self.gate.admit(&envelope, topics, now).await {
            Ok(()) => {
                if let Some(event) = commands::events::read(&envelope.message) {
                    self.inbox.hear(event).await;
                }
                Ok(envelope.decode(Said { by: &source.name, severity: source.severity, now }))
            }
            Err(Refusal::Later(why)) => {
                tracing::warn!(source = source.name, why, "SNS can't be answered now");
                Err((StatusCode::SERVICE_UNAVAILABLE, format!("This can't be verified now: {why}.\n")))
            }
            // SNS tries again after 5xx alone.
            Err(refusal @ Refusal::Certificate(_)) => {
                Err(self.refused(source, StatusCode::SERVICE_UNAVAILABLE, &format!("Refused: {refusal}.")))
            }
            Err(refusal) => Err(self.refused(source, StatusCode::FORBIDDEN, &format!("Refused: {refusal}."))),
        }
    }

    /// Keeps what was said, and answers.
    async fn keep(&self, source: &Source, decoded: Decoded) -> Answer {
        let Decoded { signals, malformed, left_out } = decoded;
        let kept = signals.len();
        if left_out > 0 {
            tracing::warn!(source = source.name, left_out, "a source left alerts out of what it sent; raise its limit");
        }
        if kept > 0
            && let Err(refused) = self.inbox.take(signals).await
        {
            tracing::error!(source = source.name, %refused, "alerts can't be kept; their source is told to try again");
            return (StatusCode::SERVICE_UNAVAILABLE, format!("This can't be kept now: {refused}\n"));
        }
        self.ground.metrics.signals(&source.name, kept);
        let Some(first) = malformed.first() else { return (StatusCode::OK, format!("Kept: {kept}.\n")) };
        self.ground.metrics.unusable(&source.name, malformed.len());
        let (count, others) = (malformed.len(), malformed.len() - 1);
        tracing::warn!(source = source.name, kept, malformed = count, first = %first, "something a source said can't be used");
        let more = if others == 0 { String::new() } else { format!(" And {others} more like it.") };
        (StatusCode::BAD_REQUEST, format!("Kept: {kept}. This can't be used: {first}.{more}\n"))
    }

    fn refused(&self, source: &Source, status: StatusCode, why: &str) -> Answer {
        self.ground.metrics.source_refused(&source.name);
        tracing::warn!(source = source.name, why, "a request in a source's name was refused");
        (status, format!("{why}\n"))
    }
}

/// A body, if it is not too large and arrives in time.
async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Answer> {
    let too_large = || (StatusCode::PAYLOAD_TOO_LARGE, "The body is larger than 1 MiB: send fewer alerts at once.\n".to_owned());
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY) {
        return Err(too_large());
    }
    match tokio::time::timeout(PATIENCE, to_bytes(body, BODY)).await {
        Ok(Ok(body)) => Ok(body),
        // A body without an announced length that goes on past the limit, or one that broke off.
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "The body did not arrive in time.\n".to_owned())),
    }
}

#[cfg(test)]
mod tests;
