//! Amazon SNS over HTTP ("Parsing Amazon SNS message formats" in its developer guide): an envelope that SNS signs, with an
//! alarm, an event or words inside. What the envelope says is believed once [`Gate`] has let it in.

use commands::records::{Condition, Ends, Signal};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::eventbridge::Arn;
use super::reading::{Decoded, Malformed, json, object, since};
use super::severity::in_words;
use super::{Said, Source, cloudwatch, cut, eventbridge};

mod gate;
mod verify;

pub use gate::{Gate, Refusal};

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
        let body = json(body)?;
        let body = object(&body, "body")?;
        let text = |name: &str| {
            let found = body.get(name);
            found.and_then(Value::as_str).map(str::to_owned).ok_or_else(|| Malformed::expected(name, "a text", found))
        };
        let kind = match text("Type")?.as_str() {
            "Notification" => EnvelopeKind::Notification,
            "SubscriptionConfirmation" => EnvelopeKind::Subscription { url: text("SubscribeURL")?, token: text("Token")? },
            "UnsubscribeConfirmation" => EnvelopeKind::Unsubscribed { url: text("SubscribeURL")?, token: text("Token")? },
            _ => return Err(Malformed::expected("Type", "a type that SNS sends", body.get("Type"))),
        };
        let (version, signature, certificate) = (text("SignatureVersion")?, text("Signature")?, text("SigningCertURL")?);
        Ok(Self {
            kind,
            topic: text("TopicArn")?,
            id: text("MessageId")?,
            subject: body.get("Subject").and_then(Value::as_str).map(str::to_owned),
            message: text("Message")?,
            timestamp: text("Timestamp")?,
            signed: Signed { version, signature, certificate },
        })
    }

    /// What the notification says; whether SNS says so is not looked at here.
    pub fn decode(&self, said: Said<'_>) -> Decoded {
        let mut decoded = Decoded::default();
        if self.kind == EnvelopeKind::Notification {
            let inside = |malformed: Malformed| Malformed { at: format!("Message.{}", malformed.at), ..malformed };
            decoded.add(self.signal(said).map_err(inside));
        }
        decoded
    }

    fn signal(&self, said: Said<'_>) -> Result<Option<Signal>, Malformed> {
        match serde_json::from_str::<Value>(&self.message) {
            Ok(Value::Object(alarm)) if is_alarm(&alarm) => cloudwatch::of_message(&alarm, said),
            Ok(Value::Object(event)) if eventbridge::is_event(&event) && eventbridge::is_known(&event) => {
                eventbridge::decode(&Value::Object(event), said)
            }
            _ => Ok(Some(self.words(said))),
        }
    }

    /// An alert of what is no alarm and no event: whoever sends it to this topic wants it seen.
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
