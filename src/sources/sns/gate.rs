//! Lets in what SNS signed for a topic that is allowed: fetches its certificate, confirms subscriptions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor};
use url::Url;

use super::{Envelope, EnvelopeKind, REPEATED, verify};
use crate::outward::{Outward, Request, system_roots};
use crate::sources::eventbridge::Arn;
use crate::sources::{Topics, cut};

/// How far an envelope's time may be from now: SNS tries for an hour at most to deliver one.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// How long a certificate or a confirmation is waited for. SNS itself waits fifteen seconds for an answer.
const PATIENCE: Duration = Duration::from_secs(4);
/// Certificates that are remembered: one a region, and the next one while they change.
const REMEMBERED: usize = 32;
/// Issuers that are fetched for a chain.
const ISSUERS: usize = 2;

/// A certificate of SNS, and those that lead from it to a root.
type Chain = Arc<Vec<CertificateDer<'static>>>;

/// What stands between SNS and the inbox. Clones remember together.
#[derive(Clone, Debug)]
pub struct Gate {
    outward: Outward,
    chains: Arc<Mutex<BTreeMap<Url, Chain>>>,
}

/// Why an envelope is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The source has no such topic.
    #[error("the topic {0} is none of this source's `topics`")]
    Topic(String),
    /// It is too old, or from the future.
    #[error("its Timestamp is more than an hour off")]
    Stale,
    /// An address in it is none of SNS.
    #[error("{0}: {1}")]
    Address(&'static str, String),
    /// The certificate does not vouch for SNS. That may be this side's fault, a root that is missing: SNS should try again.
    #[error("the certificate can't be trusted: {0}")]
    Certificate(String),
    /// The signature is wrong.
    #[error("the signature does not fit")]
    Signature,
    /// What is needed can't be fetched now: SNS should try again.
    #[error("{0}")]
    Later(String),
}

impl Gate {
    /// A gate that fetches through `outward`.
    pub fn new(outward: Outward) -> Self {
        Self { outward, chains: Arc::default() }
    }

    /// Lets an envelope in, and does what it asks for: a subscription is confirmed.
    ///
    /// # Errors
    /// Why it is not let in, or can't be now.
    pub async fn admit(&self, envelope: &Envelope, topics: &Topics, now: Timestamp) -> Result<(), Refusal> {
        if !topics.allowed.contains(&envelope.topic) {
            return Err(Refusal::Topic(cut::line(&envelope.topic, REPEATED)));
        }
        let sent = envelope.timestamp.parse::<Timestamp>();
        if sent.map_or(true, |sent| sent.duration_since(now).abs() > WINDOW) {
            return Err(Refusal::Stale);
        }
        let arn = Arn::read(&envelope.topic, "TopicArn").map_err(|_| Refusal::Topic(cut::line(&envelope.topic, REPEATED)))?;
        let url = verify::certificate(envelope, arn.region).map_err(|why| Refusal::Address("SigningCertURL", why))?;
        let chain = self.chain(&url, topics, (arn.region, now)).await?;
        let signed = chain.first().is_some_and(|certificate| verify::is_signed(envelope, certificate));
        if !signed {
            return Err(Refusal::Signature);
        }
        self.remember(url, chain);
        match &envelope.kind {
            EnvelopeKind::Notification => Ok(()),
            EnvelopeKind::Subscription { url, .. } => self.confirm(url, &envelope.topic, arn.region).await,
            EnvelopeKind::Unsubscribed { .. } => {
                tracing::warn!(
                    topic = envelope.topic,
                    "unsubscribed from a topic: nothing comes from it until it is subscribed anew"
                );
                Ok(())
            }
        }
    }

    /// The certificate at an address with what leads from it to a root, proved now.
    async fn chain(&self, url: &Url, topics: &Topics, (region, now): (&str, Timestamp)) -> Result<Chain, Refusal> {
        let proved = |chain: &[CertificateDer<'_>]| {
            let system = system_roots();
            match &topics.roots {
                None => verify::vouch(chain, &system.roots, region, now),
                Some(own) => verify::vouch(chain, &anchors(own), region, now),
            }
        };
        let known = self.chains.lock().unwrap_or_else(PoisonError::into_inner).get(url).map(Arc::clone);
        // One that has run out may have a successor at the same address.
        if let Some(chain) = known.filter(|chain| proved(chain).is_ok()) {
            return Ok(chain);
        }
        let pem = self.fetch(url.clone()).await?;
        let mut chain: Vec<_> = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok).collect();
        let mut outcome = proved(&chain);
        for _ in 0..ISSUERS {
            // SNS serves its own certificate alone; it says itself where the one above it is.
            let Some(next) = chain.last().filter(|_| outcome.is_err()).and_then(verify::issuer) else { break };
            chain.push(CertificateDer::from(self.fetch(next).await?.to_vec()));
            outcome = proved(&chain);
        }
        outcome.map_err(Refusal::Certificate)?;
        Ok(Arc::new(chain))
    }

    /// Keeps a chain that an envelope was signed with: what nobody signs with takes no room.
    fn remember(&self, url: Url, chain: Chain) {
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        if chains.len() >= REMEMBERED && !chains.contains_key(&url) {
            chains.clear();
        }
        chains.insert(url, chain);
    }

    async fn confirm(&self, url: &str, topic: &str, region: &str) -> Result<(), Refusal> {
        let url = verify::address(url, region).map_err(|why| Refusal::Address("SubscribeURL", why))?;
        self.fetch(url).await?;
        tracing::info!(topic, "subscribed to a topic");
        Ok(())
    }

    async fn fetch(&self, url: Url) -> Result<Bytes, Refusal> {
        let host = url.host_str().unwrap_or_default().to_owned();
        match self.outward.send(Request::get(url, PATIENCE)).await {
            Ok((200, body)) => Ok(body),
            Ok((status, _)) => Err(Refusal::Later(format!("{host} answers {status}"))),
            Err(cause) => Err(Refusal::Later(cause)),
        }
    }
}

/// Configured roots as anchors of trust; one that is no certificate is none.
fn anchors<'r>(roots: &'r [CertificateDer<'static>]) -> Vec<TrustAnchor<'r>> {
    roots.iter().filter_map(|root| webpki::anchor_from_trusted_cert(root).ok()).collect()
}
