//! AWS through assumed roles: one per capability and account, its session named after the person and tagged with the
//! operation, so that CloudTrail shows the human.
//!
//! `session` opens sessions and lets calls through, `fault` says what went wrong, `everywhere` looks in many places, `cache`
//! serves pickers, `time` converts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::tls;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use crate::context::Context;

pub(crate) mod cache;
pub(crate) mod everywhere;
mod fault;
mod session;
pub(crate) mod time;

pub use fault::{Fault, Kind};
pub use session::{Place, Session};

/// How AWS is reached.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    /// The region in which roles are assumed, such as `eu-west-1`. Resources are looked for in their account's regions.
    pub region: String,
    /// Where AWS is, when it is not at its own addresses: an `http` or `https` URL.
    pub endpoint: Option<String>,
    /// The bot's own access key; none for the SDK's default chain (environment, profile, web identity, instance role).
    pub keys: Option<Keys>,
}

/// A long-lived access key.
#[derive(Clone)]
pub struct Keys {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("id", &self.id).finish_non_exhaustive()
    }
}

/// AWS, as commands reach it. Clones share connections, sessions and caches.
///
/// The default one has no credentials: every call says so.
#[derive(Clone, Default)]
pub struct Aws(Arc<Shared>);

struct Shared {
    base: SdkConfig,
    sessions: session::Sessions,
    rds: crate::rds::Caches,
    ecs: crate::ecs::Caches,
    access: crate::access::Memory,
}

impl Default for Shared {
    fn default() -> Self {
        let base = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        let (sessions, rds, ecs, access) = Default::default();
        Self { base, sessions, rds, ecs, access }
    }
}

impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Aws")
    }
}

impl Aws {
    /// Makes the one HTTPS client and finds the bot's own credentials. Calls nobody: credentials are fetched when needed.
    pub async fn connect(settings: AwsSettings) -> Self {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(
                aws_smithy_http_client::Builder::new()
                    .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
                    .build_https(),
            )
            .region(Region::new(settings.region))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(3))
                    .operation_timeout(Duration::from_secs(10))
                    .build(),
            );
        if let Some(endpoint) = settings.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        if let Some(keys) = settings.keys {
            loader = loader.credentials_provider(Credentials::new(keys.id, keys.secret, None, None, "settings"));
        }
        Self(Arc::new(Shared { base: loader.load().await, ..Shared::default() }))
    }

    /// What pickers of databases are served from.
    pub(crate) fn rds(&self) -> &crate::rds::Caches {
        &self.0.rds
    }

    /// What is remembered of services and their deployments.
    pub(crate) fn ecs(&self) -> &crate::ecs::Caches {
        &self.0.ecs
    }

    /// What is remembered of Identity Center.
    pub(crate) fn access(&self) -> &crate::access::Memory {
        &self.0.access
    }

    /// How AWS is reached without a role: for calls that carry no signature.
    pub(crate) fn base(&self) -> &SdkConfig {
        &self.0.base
    }

    /// Lets a call through that carries no signature; `api` is its name, such as `sso-oauth:CreateToken`.
    ///
    /// # Errors
    /// What AWS, or the way to it, said.
    pub(crate) async fn unsigned<T, E>(
        &self,
        api: &'static str,
        call: impl Future<Output = Result<T, SdkError<E, Response>>>,
    ) -> Result<T, Fault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        call.await.map_err(|error| Fault::new(api, fault::Deed::Read, &error))
    }
}

/// As whom, for what and when AWS is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The person's id; `watchkeeper` for the bot's own background work.
    pub person: String,
    /// The operation's id, or the name of the background work.
    pub operation: String,
    /// The current instant, by which sessions expire.
    pub now: Timestamp,
}

impl Caller {
    /// The person who asked.
    pub fn of(cx: &Context<'_>) -> Self {
        Self { person: cx.person.id.0.clone(), operation: cx.operation.to_owned(), now: cx.now }
    }

    /// The bot itself, for work nobody asked for.
    pub fn background(work: &str, now: Timestamp) -> Self {
        Self { person: "watchkeeper".to_owned(), operation: work.to_owned(), now }
    }
}
