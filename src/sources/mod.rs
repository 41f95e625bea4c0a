//! The room for everything that says what is wrong: Alertmanager, Grafana, SNS, anything that posts JSON, and AWS's events
//! from a queue. A source is believed only behind its own secret or signature; what it says becomes [`Signal`]s, and it is
//! answered once they are kept.
//!
//! Reading order: [`http`] is the door, `auth` looks at secrets and signatures; `alertmanager`, `grafana`, `json`, `sns` (with
//! `cloudwatch` and `eventbridge` inside) decode; `severity` knows their words, [`reading`] their JSON, `cut` what a record keeps.

use std::fmt;

use async_trait::async_trait;
use commands::events::Event;
use commands::records::{Severity, Signal};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use url::Url;

use crate::secret::Secret;

pub mod alertmanager;
mod auth;
pub mod cloudwatch;
mod cut;
pub mod eventbridge;
pub mod grafana;
pub mod http;
pub mod json;
pub mod reading;
pub mod severity;
pub mod sns;

pub use http::{Ground, routes};
pub use reading::{Decoded, Malformed};

/// What the signals of AWS's own events say as their source, when they come from a queue. No configured source may be
/// called so.
pub const AWS: &str = "aws";

/// Keeps what sources say.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// Returns once all of it is durable; all or nothing of what came together is kept.
    ///
    /// # Errors
    /// Says why it can't be kept. The source is told to try again.
    async fn take(&self, signals: Vec<Signal>) -> Result<(), Refused>;

    /// Has whatever follows the place an event of AWS tells of look there soon.
    async fn hear(&self, event: Event);
}

/// Why signals can't be kept now, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A configured source.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name: in its address `/alerts/NAME`, on cards and in routes.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The project its alerts belong to, unless their labels or a route say otherwise.
    pub project: Option<String>,
    /// How bad its alerts are where they don't say so.
    pub severity: Severity,
}

/// What a source is, and what it needs.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Prometheus' Alertmanager: webhook version 4.
    Alertmanager {
        /// What it shows to be let in.
        proof: Proof,
        /// Where it can be reached, for silences.
        api: Option<Api>,
    },
    /// Grafana's alerting: its webhook.
    Grafana {
        /// What it shows to be let in.
        proof: Proof,
    },
    /// Anything that posts JSON.
    Json {
        /// What it shows to be let in.
        proof: Proof,
        /// Where in it things stand.
        fields: Box<json::Fields>,
    },
    /// Amazon SNS, which signs what it sends.
    Sns(Topics),
}

/// What a source shows to be let in.
#[derive(Clone, Debug)]
pub enum Proof {
    /// `Authorization: Bearer …` with this token.
    Bearer(Secret),
    /// The HMAC-SHA256 of the body with this key, in hexadecimal digits in a header.
    Signature {
        /// The key.
        key: Secret,
        /// The header with the signature, in lower case; `sha256=` may stand before the digits.
        header: String,
        /// The header with the time of sending in seconds, in lower case. Where there is one, `{time}:{body}` is signed, and
        /// what is more than five minutes off is refused.
        timestamp: Option<String>,
    },
}

/// Where an Alertmanager can be reached.
#[derive(Clone, Debug)]
pub struct Api {
    /// Its address, without `/api/v2` and without a slash at its end.
    pub url: Url,
    /// The bearer token it wants, if any.
    pub token: Option<Secret>,
}

/// The topics of an SNS source.
#[derive(Clone, Debug)]
pub struct Topics {
    /// Their ARNs; messages of others are refused, and subscriptions to others are not confirmed.
    pub allowed: Vec<String>,
    /// The certificates that SNS's own must come from; none for those this system trusts.
    pub roots: Option<Vec<CertificateDer<'static>>>,
}

impl Source {
    /// Where its Alertmanager can be reached; none for other kinds, and where that is not configured.
    pub fn api(&self) -> Option<&Api> {
        match &self.kind {
            Kind::Alertmanager { api, .. } => api.as_ref(),
            _ => None,
        }
    }

    /// What it says in a body, received `now`. Whether it is the source that says so is not looked at here.
    pub fn decode(&self, body: &[u8], now: Timestamp) -> Decoded {
        match &self.kind {
            Kind::Alertmanager { .. } => alertmanager::decode(body, self, now),
            Kind::Grafana { .. } => grafana::decode(body, self, now),
            Kind::Json { fields, .. } => json::decode(body, self, fields, now),
            Kind::Sns(_) => sns::decode(body, self, now),
        }
    }
}

/// Who says something, and when it came in.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// The source's name.
    pub by: &'a str,
    /// How bad its alerts are where they don't say so.
    pub severity: Severity,
    /// When it came in.
    pub now: Timestamp,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alertmanager { .. } => "alertmanager",
            Self::Grafana { .. } => "grafana",
            Self::Json { .. } => "json",
            Self::Sns(_) => "sns",
        })
    }
}
