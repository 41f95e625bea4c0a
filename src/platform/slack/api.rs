//! Slack's Web API: calls with a deadline, and what its errors mean for a message.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;
use slack_morphism::errors::SlackClientError;
use slack_morphism::hyper_tokio::{SlackClientHyperConnector, SlackClientHyperHttpsConnector};
use slack_morphism::{SlackApiToken, SlackApiTokenValue, SlackClient, SlackClientApiCallContext, SlackClientHttpConnector};
use tracing::Span;
use url::Url;

use super::way::trusted;
use super::{SetupError, SlackSettings};
use crate::platform::SendError;
use crate::secret::Secret;

/// How long a call may take; slack-morphism sets no limit.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait where Slack says "rate limited" without saying for how long.
const PAUSE: Duration = Duration::from_secs(5);

/// The Web API.
pub(super) struct Api {
    client: SlackClient<SlackClientHyperHttpsConnector>,
    base: Url,
    bot: SlackApiToken,
    app: Option<SlackApiToken>,
    /// Errors that need an operator, by method, until the method works again.
    trouble: Mutex<BTreeMap<&'static str, String>>,
}

/// Why a call did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// Slack understood and refused.
    #[error("Slack answered {code} to {method}")]
    Refused {
        /// What was called.
        method: &'static str,
        /// Slack's error code, or an HTTP status.
        code: String,
    },
    /// Slack asks to wait.
    #[error("Slack asks to wait {0:?}")]
    Limited(Duration),
    /// No answer, or none that makes sense. It may have been done.
    #[error("{method} got no answer: {cause}")]
    Lost {
        /// What was called.
        method: &'static str,
        /// What happened.
        cause: String,
    },
}

impl Fault {
    /// Whether Slack refused with one of these codes.
    pub(super) fn is(&self, codes: &[&str]) -> bool {
        matches!(self, Self::Refused { code, .. } if codes.contains(&code.as_str()))
    }

    fn needs_operator(&self) -> bool {
        self.is(&[
            "invalid_auth",
            "not_authed",
            "account_inactive",
            "token_revoked",
            "token_expired",
            "missing_scope",
            "no_permission",
            "not_allowed_token_type",
            "org_login_required",
            "ekm_access_denied",
            "access_denied",
        ])
    }

    /// Whether Slack will answer the same to another try, as far as can be told.
    pub(super) fn lasts(&self) -> bool {
        matches!(self, Self::Refused { .. }) && !self.passes()
    }

    fn passes(&self) -> bool {
        self.is(&[
            "internal_error",
            "fatal_error",
            "service_unavailable",
            "request_timeout",
            "team_added_to_org",
            "accesslimited",
        ])
    }
}

impl From<Fault> for SendError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Limited(pause) => Self::Wait(SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX)),
            Fault::Lost { .. } => Self::Again(fault.to_string()),
            Fault::Refused { .. } if fault.needs_operator() || fault.passes() => Self::Again(fault.to_string()),
            Fault::Refused { .. } => Self::Never(fault.to_string()),
        }
    }
}

impl Api {
    /// A client for `settings.api_url`. System roots are needed for `https` only.
    pub(super) fn new(settings: &SlackSettings) -> Result<Self, SetupError> {
        let builder = hyper_rustls::HttpsConnectorBuilder::new();
        let ring = rustls::crypto::ring::default_provider();
        let https = if settings.api_url.scheme() == "https" {
            builder.with_provider_and_native_roots(ring)?
        } else {
            let tls = rustls::ClientConfig::builder_with_provider(ring.into()).with_safe_default_protocol_versions()?;
            builder.with_tls_config(tls.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
        };
        let connector = SlackClientHyperConnector::with_connector(https.https_or_http().enable_all_versions().build())
            .with_slack_api_url(settings.api_url.as_str().trim_end_matches('/'));
        let token = |secret: &Secret| SlackApiToken::new(SlackApiTokenValue(secret.expose().to_owned()));
        Ok(Self {
            client: SlackClient::new(connector),
            base: settings.api_url.clone(),
            bot: token(&settings.bot_token),
            app: settings.app_token.as_ref().map(token),
            trouble: Mutex::default(),
        })
    }

    /// Calls a method that takes JSON.
    pub(super) async fn call(&self, method: &'static str, body: &Value) -> Result<Value, Fault> {
        let session = self.client.open_session(&self.bot);
        self.judged(method, session.http_session_api.http_post(method, body, None)).await
    }

    /// Calls a method that takes parameters: those that read, mostly.
    pub(super) async fn ask(&self, method: &'static str, params: &[(&'static str, String)]) -> Result<Value, Fault> {
        let params: Vec<(&str, Option<&String>)> = params.iter().map(|(key, value)| (*key, Some(value))).collect();
        let session = self.client.open_session(&self.bot);
        self.judged(method, session.http_session_api.http_get(method, &params, None)).await
    }

    /// A fresh WebSocket address, through the app-level token.
    pub(super) async fn open_socket(&self) -> Result<String, Fault> {
        const METHOD: &str = "apps.connections.open";
        let no_token = || Fault::Refused { method: METHOD, code: "not_authed".to_owned() };
        let session = self.client.open_session(self.app.as_ref().ok_or_else(no_token)?);
        let answer: Value = self.judged(METHOD, session.http_session_api.http_post(METHOD, &serde_json::json!({}), None)).await?;
        let url = answer["url"].as_str().ok_or(Fault::Lost { method: METHOD, cause: "no url in the answer".to_owned() })?;
        Ok(url.to_owned())
    }

    /// Posts to a `response_url`, without any token.
    pub(super) async fn respond(&self, url: &str, body: &Value) -> Result<(), Fault> {
        const METHOD: &str = "response_url";
        let url = self.checked(METHOD, url)?;
        let span = Span::none();
        let sent = self.client.http_api.connector.http_post_uri::<_, Value>(url, body, bare(&span));
        self.judged(METHOD, sent).await.map(drop)
    }

    /// Uploads a file's content to the address that `files.getUploadURLExternal` gave.
    pub(super) async fn upload(&self, url: &str, content: &[u8]) -> Result<(), Fault> {
        const METHOD: &str = "upload";
        let url = self.checked(METHOD, url)?;
        let span = Span::none();
        let kind = "application/octet-stream".to_owned();
        let sent = self.client.http_api.connector.http_post_uri_binary::<Value>(url, kind, content, bare(&span));
        self.judged(METHOD, sent).await.map(drop)
    }

    /// What an operator must mend, if anything.
    pub(super) fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.iter().next().map(|(method, code)| format!("Slack answers {code} to {method}"))
    }

    fn checked(&self, method: &'static str, url: &str) -> Result<Url, Fault> {
        let refused = || Fault::Refused { method, code: "not_an_address_of_slack".to_owned() };
        if !trusted(url, &self.base) {
            return Err(refused());
        }
        Url::parse(url).map_err(|_| refused())
    }

    async fn judged<T>(&self, method: &'static str, call: impl Future<Output = Result<T, SlackClientError>>) -> Result<T, Fault> {
        let result = match tokio::time::timeout(PATIENCE, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(judge(method, error)),
            Err(_) => Err(Fault::Lost { method, cause: format!("nothing within {} s", PATIENCE.as_secs()) }),
        };
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match &result {
            Err(fault @ Fault::Refused { code, .. }) if fault.needs_operator() => {
                if trouble.insert(method, code.clone()).as_ref() != Some(code) {
                    tracing::error!(method, code, "Slack refuses the bot; check its tokens and scopes");
                }
            }
            Err(_) => {}
            Ok(_) => {
                trouble.remove(method);
            }
        }
        result
    }
}

fn bare(span: &Span) -> SlackClientApiCallContext<'_> {
    SlackClientApiCallContext { rate_control_params: None, token: None, tracing_span: span, is_sensitive_url: true }
}

/// The crate's errors hold whole bodies; only codes and causes go on from here.
fn judge(method: &'static str, error: SlackClientError) -> Fault {
    let lost = |cause: String| Fault::Lost { method, cause };
    match error {
        SlackClientError::ApiError(error) if matches!(error.code.as_str(), "ratelimited" | "rate_limited") => {
            Fault::Limited(PAUSE)
        }
        SlackClientError::ApiError(error) => Fault::Refused { method, code: error.code },
        SlackClientError::RateLimitError(error) => Fault::Limited(error.retry_after.unwrap_or(PAUSE)),
        SlackClientError::HttpError(error) if error.status_code.is_client_error() => {
            Fault::Refused { method, code: format!("HTTP {}", error.status_code.as_u16()) }
        }
        SlackClientError::HttpError(error) => lost(format!("HTTP {}", error.status_code.as_u16())),
        SlackClientError::HttpProtocolError(error) => lost(error.cause.map_or_else(String::new, |cause| chain(&*cause))),
        SlackClientError::SystemError(error) => lost(error.cause.map_or_else(String::new, |cause| chain(&*cause))),
        SlackClientError::ProtocolError(error) => lost(format!("an answer that is not as documented: {}", error.json_error)),
        SlackClientError::EndOfStream(_) | SlackClientError::SocketModeProtocolError(_) => {
            lost("the connection ended".to_owned())
        }
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
}
