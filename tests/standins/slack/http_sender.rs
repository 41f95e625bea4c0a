//! Signed HTTP requests to the bot: as Slack sends them, and as nobody should.

use jiff::ToSpan;

use super::{
    Workspace,
    delivery::{Envelope, EnvelopeKind},
    signature::sign,
};

/// How a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// With the secret, now.
    Right,
    /// With another secret.
    WrongSecret,
    /// With the secret, six minutes ago.
    Stale,
    /// With the secret, six minutes ahead.
    Future,
    /// Not at all: neither header is there.
    Missing,
    /// A signature that is not even hexadecimal.
    Garbage,
}

/// The bot's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// HTTP status.
    pub status: u16,
    /// Body as text.
    pub body: String,
}

impl Workspace {
    /// Sends any body to `{url}{path}`, signed as asked for. This is how to try wrong signatures, huge and malformed bodies.
    ///
    /// # Errors
    /// When the connection fails or there is no answer in time.
    pub async fn send_raw(&self, url: &str, content_type: &str, body: Vec<u8>, signing: Signing) -> reqwest::Result<HttpAnswer> {
        let answer = self.signed(url, content_type, body, signing).send().await?;
        let status = answer.status().as_u16();
        Ok(HttpAnswer { status, body: answer.text().await? })
    }

    /// Sends a payload to the bot at `base` on the path for its kind, signed as asked for.
    ///
    /// # Errors
    /// When the connection fails or there is no answer in time.
    pub async fn send_signed(&self, base: &str, envelope: &Envelope, signing: Signing) -> reqwest::Result<HttpAnswer> {
        let url = format!("{}{}", base.trim_end_matches('/'), envelope.kind.path());
        let (content_type, body) = encoded(envelope);
        let mut request = self.signed(&url, content_type, body, signing);
        if envelope.attempt > 0 {
            request = request
                .header("x-slack-retry-num", envelope.attempt.to_string())
                .header("x-slack-retry-reason", &envelope.reason);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok(HttpAnswer { status, body: answer.text().await? })
    }

    /// Sends the challenge with which Slack checks an events URL; the answer's body must be the challenge.
    ///
    /// # Errors
    /// When the connection fails or there is no answer in time.
    pub async fn verify_url(&self, base: &str, challenge: &str) -> reqwest::Result<HttpAnswer> {
        let url = format!("{}{}", base.trim_end_matches('/'), EnvelopeKind::EventsApi.path());
        let body = serde_json::json!({"token": "verification-token", "challenge": challenge, "type": "url_verification"});
        self.send_raw(&url, "application/json", body.to_string().into_bytes(), Signing::Right).await
    }

    fn signed(&self, url: &str, content_type: &str, body: Vec<u8>, signing: Signing) -> reqwest::RequestBuilder {
        let now = self.now();
        let at = match signing {
            Signing::Stale => now.checked_sub(6.minutes()),
            Signing::Future => now.checked_add(6.minutes()),
            _ => Ok(now),
        };
        let timestamp = at.unwrap_or(now).as_second().to_string();
        let signature = match signing {
            Signing::WrongSecret => sign("another secret", &timestamp, &body),
            Signing::Garbage => "v0=no-hexadecimal-digits".into(),
            _ => sign(self.signing_secret(), &timestamp, &body),
        };
        let request = self.http.post(url).timeout(self.settings.ack_timeout).header("content-type", content_type).body(body);
        let request = request.header("user-agent", "Slackbot 1.0 (+https://api.slack.com/robots)");
        if signing == Signing::Missing {
            return request;
        }
        request.header("x-slack-request-timestamp", timestamp).header("x-slack-signature", signature)
    }
}

/// Content type and body of a payload: commands are forms, interactions a form with JSON inside, events JSON.
fn encoded(envelope: &Envelope) -> (&'static str, Vec<u8>) {
    const FORM: &str = "application/x-www-form-urlencoded";
    match envelope.kind {
        EnvelopeKind::EventsApi => ("application/json", envelope.payload.to_string().into_bytes()),
        EnvelopeKind::Interactive => (FORM, form([("payload", envelope.payload.to_string().as_str())])),
        EnvelopeKind::SlashCommands => {
            let fields = envelope.payload.as_object().into_iter().flatten();
            (FORM, form(fields.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))))
        }
    }
}

fn form<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<u8> {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes()
}
