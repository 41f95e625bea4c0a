//! Amazon SNS as a subscriber meets it: it posts signed envelopes, serves the certificate of its key, and is asked for the
//! address that confirms a subscription. Its certificate comes from an authority of the tests' own (`tests/data/sns`).
#![expect(clippy::expect_used, reason = "a stand-in that can not go on stops the test that uses it, saying why")]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};

/// The certificate of the authority, in PEM: what `roots` of a source is to hold.
pub const ROOT: &str = include_str!("../../data/sns/root.pem");
/// SNS's own certificate, which says where the one above it is…
const OWN: &str = include_str!("../../data/sns/sns.pem");
/// … and that, which leads to the root.
const INTERMEDIATE: &str = include_str!("../../data/sns/intermediate.pem");
/// Its address at the authority.
const ISSUER: &str = "/test.cer";
const KEY: &str = include_str!("../../data/sns/sns.key");
const CERTIFICATE: &str = "/SimpleNotificationService-standin.pem";

/// A stand-in of SNS, and of the authority its certificate is from.
pub struct Sns {
    url: String,
    state: Arc<Mutex<Served>>,
}

/// How the certificate above SNS's own is to be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Issuer {
    /// It comes with SNS's own.
    #[default]
    Beside,
    /// Its authority gives it: SNS itself does it so.
    AtAuthority,
    /// Its authority does not give it.
    Missing,
    /// Its authority gives far too much.
    Endless,
}

#[derive(Default)]
struct Served {
    confirmed: Vec<String>,
    issuer: Issuer,
    /// How often the authority was asked.
    asked: usize,
}

type Shared = State<Arc<Mutex<Served>>>;

impl Sns {
    /// Starts it. A bot finds it when `AWS_ENDPOINT_URL` says [`Sns::url`].
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(Served::default()));
        let routes = Router::new().route(CERTIFICATE, get(certificate)).route(ISSUER, get(issuer)).route("/", get(confirm));
        let routes = routes.with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("listening for SNS");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, state }
    }

    /// From here on the certificate above SNS's own is to be had so.
    pub fn issuer(&self, issuer: Issuer) {
        of(&self.state).issuer = issuer;
    }

    /// How often the authority was asked for it.
    pub fn asked_authority(&self) -> usize {
        of(&self.state).asked
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The tokens of the subscriptions that were confirmed.
    pub fn confirmed(&self) -> Vec<String> {
        of(&self.state).confirmed.clone()
    }

    /// A notification of a topic as SNS writes it at that time, signed.
    pub fn notification(&self, topic: &str, message: &str, at: Timestamp) -> Value {
        let envelope = json!({
            "Type": "Notification", "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324", "TopicArn": topic, "Message": message,
            "Timestamp": instant(at),
        });
        signed(envelope, &["Message", "MessageId", "Timestamp", "TopicArn", "Type"])
    }

    /// What SNS sends first to an address that was subscribed to a topic.
    pub fn subscription(&self, topic: &str, token: &str, at: Timestamp) -> Value {
        let region = topic.split(':').nth(3).unwrap_or_default();
        let address = format!("https://sns.{region}.amazonaws.com/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}");
        let envelope = json!({
            "Type": "SubscriptionConfirmation", "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "TopicArn": topic,
            "Message": "You have chosen to subscribe.", "SubscribeURL": address, "Token": token, "Timestamp": instant(at),
        });
        signed(envelope, &["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"])
    }

    /// Posts an envelope as SNS does; the status of the answer.
    pub async fn posts(&self, address: &str, envelope: &Value) -> u16 {
        let request = reqwest::Client::new().post(address).header("content-type", "text/plain; charset=UTF-8");
        let request = request.header("x-amz-sns-message-type", envelope["Type"].as_str().unwrap_or_default());
        request.body(envelope.to_string()).send().await.expect("the bot answers SNS").status().as_u16()
    }
}

fn of(state: &Mutex<Served>) -> MutexGuard<'_, Served> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn certificate(State(state): Shared) -> String {
    let above = if of(&state).issuer == Issuer::Beside { INTERMEDIATE } else { "" };
    format!("{OWN}{above}")
}

/// The certificate above SNS's own in DER, as an authority gives it.
async fn issuer(State(state): Shared) -> (StatusCode, Vec<u8>) {
    let mut served = of(&state);
    served.asked += 1;
    match served.issuer {
        Issuer::Beside | Issuer::Missing => (StatusCode::NOT_FOUND, Vec::new()),
        Issuer::Endless => (StatusCode::OK, vec![0x30; 8 << 20]),
        Issuer::AtAuthority => {
            let der = CertificateDer::from_pem_slice(INTERMEDIATE.as_bytes()).expect("the certificate is PEM");
            (StatusCode::OK, der.to_vec())
        }
    }
}

async fn confirm(State(state): Shared, RawQuery(query): RawQuery) -> &'static str {
    let query = query.unwrap_or_default();
    let token = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "Token");
    let token = token.map(|(_, token)| token.into_owned()).unwrap_or_default();
    of(&state).confirmed.push(token);
    "<ConfirmSubscriptionResponse/>"
}

/// Signs the fields of an envelope, version 2 (SHA-256).
fn signed(mut envelope: Value, fields: &[&str]) -> Value {
    let text = |name: &&str| format!("{name}\n{}\n", envelope[*name].as_str().unwrap_or_default());
    let text: String = fields.iter().map(text).collect();
    let key = PrivatePkcs8KeyDer::from_pem_slice(KEY.as_bytes()).expect("the key is PEM");
    let key = RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).expect("the key is RSA's");
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).expect("signing");
    let region = envelope["TopicArn"].as_str().and_then(|topic| topic.split(':').nth(3)).unwrap_or_default();
    envelope["SigningCertURL"] = format!("https://sns.{region}.amazonaws.com{CERTIFICATE}").into();
    envelope["SignatureVersion"] = "2".into();
    envelope["Signature"] = STANDARD.encode(&signature).into();
    envelope
}

fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
