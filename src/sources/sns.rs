//! Amazon SNS over HTTP ("Parsing Amazon SNS message formats" in its developer guide): an envelope that SNS signs, with an
//! alarm, an event or words inside. What the envelope says is believed once [`Gate`] has let it in.

use commands::records::{Condition, Ends, Signal};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::eventbridge::Arn;
use super::reading::{Decoded, Malformed, since, time};
use super::severity::in_words;
use super::{Said, Source, cloudwatch, cut, eventbridge};

mod gate;
mod verify;

pub use gate::{Gate, Refusal};

/// Letters of what a sender wrote that a refusal repeats.
const REPEATED: usize = 200;

/// An envelope as it is written. Read so, and not as any JSON, it takes no more memory than its body did.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Posted {
    #[serde(rename = "Type")]
    kind: Option<String>,
    topic_arn: Option<String>,
    message_id: Option<String>,
    subject: Option<String>,
    message: Option<String>,
    timestamp: Option<String>,
    token: Option<String>,
    #[serde(rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    signature_version: Option<String>,
    signature: Option<String>,
    #[serde(rename = "SigningCertURL")]
    signing_cert_url: Option<String>,
}

fn must(name: &str, text: Option<String>) -> Result<String, Malformed> {
    text.ok_or_else(|| Malformed::expected(name, "a text", None))
}

/// What SNS posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What it is for.
    pub kind: EnvelopeKind,
    /// The topic's ARN.
    pub topic: String,
    /// SNS's number for it.
    pub id: String,
    /// The subject, where the sender gave one.
    pub subject: Option<String>,
    /// The message itself.
    pub message: String,
    /// When SNS took it in, as written: it is signed as it stands.
    pub timestamp: String,
    /// Who vouches for it.
    pub signed: Signed,
}

/// What an envelope is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvelopeKind {
    /// A message.
    Notification,
    /// Somebody subscribed this address to a topic: it wants to be confirmed.
    Subscription {
        /// Asking for this address confirms it.
        url: String,
        /// The token in that address.
        token: String,
    },
    /// The subscription ended. Asking for the address takes that back.
    Unsubscribed {
        /// The address.
        url: String,
        /// The token in that address.
        token: String,
    },
}

/// An envelope's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// 1 for SHA-1, 2 for SHA-256.
    pub version: String,
    /// The signature in base64.
    pub signature: String,
    /// Where the certificate of its key is.
    pub certificate: String,
}

impl Envelope {
    /// Reads what was posted.
    ///
    /// # Errors
    /// Names the field that can't be used.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let posted: Posted = serde_json::from_slice(body).map_err(|cause| {
            let cause = cut::line(&cause.to_string(), REPEATED);
            Malformed::at("body", format!("it is no message of SNS: {cause}"))
        })?;
        let asked = |url, token| Ok((must("SubscribeURL", url)?, must("Token", token)?));
        let kind = must("Type", posted.kind)?;
        let kind = match kind.as_str() {
            "Notification" => EnvelopeKind::Notification,
            "SubscriptionConfirmation" => {
                let (url, token) = asked(posted.subscribe_url, posted.token)?;
                EnvelopeKind::Subscription { url, token }
            }
            "UnsubscribeConfirmation" => {
                let (url, token) = asked(posted.subscribe_url, posted.token)?;
                EnvelopeKind::Unsubscribed { url, token }
            }
            _ => return Err(Malformed::expected("Type", "a type that SNS sends", Some(&kind.into()))),
        };
        let signed = Signed {
            version: must("SignatureVersion", posted.signature_version)?,
            signature: must("Signature", posted.signature)?,
            certificate: must("SigningCertURL", posted.signing_cert_url)?,
        };
        Ok(Self {
            kind,
            topic: must("TopicArn", posted.topic_arn)?,
            id: must("MessageId", posted.message_id)?,
            subject: posted.subject,
            message: must("Message", posted.message)?,
            timestamp: must("Timestamp", posted.timestamp)?,
            signed,
        })
    }

    /// What the notification says; whether SNS says so is not looked at here.
    pub fn decode(&self, said: Said<'_>) -> Decoded {
        let mut decoded = Decoded::default();
        if self.kind == EnvelopeKind::Notification {
            decoded.signals.extend(self.signal(said));
        }
        decoded
    }

    fn signal(&self, said: Said<'_>) -> Option<Signal> {
        let read = match serde_json::from_str::<Value>(&self.message) {
            Ok(Value::Object(alarm)) if is_alarm(&alarm) => cloudwatch::of_message(&alarm, said),
            Ok(Value::Object(event)) if eventbridge::is_event(&event) => eventbridge::decode(&Value::Object(event), said),
            _ => Ok(Some(self.words(said))),
        };
        let signal = read.unwrap_or_else(|malformed| {
            // Nobody reads what SNS is answered.
            tracing::warn!(source = said.by, topic = self.topic, %malformed, "an alarm or event is shown as it is");
            Some(self.words(said))
        })?;
        let sent = || time(Some(&Value::from(self.timestamp.as_str())));
        Some(Signal { as_of: signal.as_of.or_else(sent).map(|told| told.min(said.now)), ..signal })
    }

    /// An alert of what is no alarm and no event, or one that can't be read: whoever sends it to this topic wants it seen.
    fn words(&self, said: Said<'_>) -> Signal {
        let first = || self.message.trim().lines().next().unwrap_or_default().to_owned();
        let title = self.subject.clone().filter(|subject| !subject.trim().is_empty()).unwrap_or_else(first);
        let arn = Arn::read(&self.topic, "TopicArn").ok();
        let severity = in_words(&title).or_else(|| in_words(&self.message)).unwrap_or(said.severity);
        let topic = arn.map_or(self.topic.as_str(), |arn| arn.rest);
        let signal = Signal {
            source: said.by.to_owned(),
            fingerprint: cut::digest_of([self.topic.as_str(), &title]),
            condition: Condition::Firing,
            severity,
            since: since(Some(&Value::from(self.timestamp.as_str())), said.now),
            summary: self.message.clone(),
            account: arn.map(|arn| arn.account.to_owned()),
            region: arn.map(|arn| arn.region.to_owned()),
            labels: [("topic".to_owned(), topic.to_owned())].into(),
            ends: Ends::ByPeople,
            title,
            ..Signal::default()
        };
        cut::to_fit(signal, said.now)
    }
}

/// What SNS says in a body; whether SNS says so is not looked at here.
pub fn decode(body: &[u8], source: &Source, now: Timestamp) -> Decoded {
    let said = Said { by: &source.name, severity: source.severity, now };
    Envelope::read(body).map_or_else(Decoded::from, |envelope| envelope.decode(said))
}

fn is_alarm(message: &Map<String, Value>) -> bool {
    ["AlarmName", "NewStateValue"].iter().all(|name| message.contains_key(*name))
}

#[cfg(test)]
mod tests;
