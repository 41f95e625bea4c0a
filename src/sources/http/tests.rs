use std::sync::Mutex;

use async_trait::async_trait;
use commands::events::Event;
use commands::records::{Condition, Severity, Signal};
use ring::hmac;
use serde_json::json;

use super::*;
use crate::secret::Secret;
use crate::sources::Refused;
use crate::sources::json::Fields;

#[derive(Default)]
struct Kept {
    signals: Mutex<Vec<Signal>>,
    full: bool,
}

#[async_trait]
impl Inbox for Kept {
    async fn take(&self, signals: Vec<Signal>) -> Result<(), Refused> {
        if self.full {
            return Err(Refused("The disk is full.".to_owned()));
        }
        self.signals.lock().unwrap().extend(signals);
        Ok(())
    }

    async fn hear(&self, _: Event) {}
}

fn source(name: &str, kind: Kind) -> Source {
    Source { name: name.to_owned(), kind, project: None, severity: Severity::Warning }
}

fn bearer() -> Proof {
    Proof::Bearer(Secret::new("token"))
}

fn sources() -> Vec<Source> {
    let signed = |timestamp| Proof::Signature { key: Secret::new("key"), header: "x-signature".to_owned(), timestamp };
    let fields = Fields { title: "/name".parse().unwrap(), ..Fields::default() };
    vec![
        source("prod", Kind::Alertmanager { proof: bearer(), api: None }),
        source("grafana", Kind::Grafana { proof: signed(Some("x-time".to_owned())) }),
        source("checks", Kind::Json { proof: signed(None), fields: Box::new(fields) }),
        source(
            "alarms",
            Kind::Sns(Topics { allowed: vec!["arn:aws:sns:eu-west-1:111122223333:alarms".to_owned()], roots: None }),
        ),
    ]
}

/// Sources, their door, and what is kept behind it.
struct Place {
    base: String,
    kept: Arc<Kept>,
    metrics: Metrics,
}

const NOW: &str = "2026-11-25T10:00:00Z";

async fn place(kept: Kept) -> Place {
    let (kept, metrics) = (Arc::new(kept), Metrics::new());
    let clock = Clock::standing_at(NOW.parse().unwrap());
    let ground = Ground { clock, metrics: metrics.clone(), outward: Outward::new(None).unwrap() };
    let router = routes(&sources(), Arc::clone(&kept) as Arc<dyn Inbox>, ground);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Place { base, kept, metrics }
}

impl Place {
    async fn post(&self, source: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> (u16, String) {
        let request = reqwest::Client::new().post(format!("{}/alerts/{source}", self.base)).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    fn titles(&self) -> Vec<String> {
        self.kept.signals.lock().unwrap().iter().map(|signal| signal.title.clone()).collect()
    }

    fn refused(&self, source: &str) -> bool {
        self.metrics.text().contains(&format!("watchkeeper_source_requests_refused_total{{source=\"{source}\"}}"))
    }
}

const TOKEN: (&str, &str) = ("authorization", "Bearer token");

fn firing(names: &[&str]) -> String {
    let alert = |name: &&str| json!({ "status": "firing", "labels": { "alertname": name } });
    json!({ "alerts": names.iter().map(alert).collect::<Vec<_>>() }).to_string()
}

fn sign(text: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"key"), text.as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn what_a_source_says_is_kept_before_it_is_answered() {
    let place = place(Kept::default()).await;
    assert_eq!(place.post("prod", &[TOKEN], firing(&["A", "B"])).await, (200, "Kept: 2.\n".to_owned()));
    assert_eq!(place.titles(), ["A", "B"]);
    assert_eq!(place.kept.signals.lock().unwrap()[0].condition, Condition::Firing);
    assert!(place.metrics.text().contains("watchkeeper_signals_total{source=\"prod\"} 2"));
    assert_eq!(place.post("prod", &[TOKEN], firing(&[])).await, (200, "Kept: 0.\n".to_owned()));
}

#[tokio::test]
async fn without_its_secret_nobody_is_a_source() {
    let place = place(Kept::default()).await;
    let alerts = || firing(&["A"]);
    assert_eq!(place.post("prod", &[], alerts()).await, (401, "There is no Authorization header.\n".to_owned()));
    let wrong = ("authorization", "Bearer other");
    assert_eq!(place.post("prod", &[wrong], alerts()).await, (401, "The bearer token is wrong.\n".to_owned()));
    assert_eq!(place.post("checks", &[TOKEN], alerts()).await.0, 401);
    assert_eq!(place.post("checks", &[("x-signature", &sign("other"))], alerts()).await.0, 401);
    assert_eq!(place.post("grafana", &[("x-signature", &sign(&alerts()))], alerts()).await.0, 401);
    assert_eq!(place.post("nobody", &[TOKEN], alerts()).await.0, 404);
    assert_eq!(place.titles(), [""; 0]);
    assert!(place.refused("prod") && place.refused("checks") && place.refused("grafana"));
    assert!(!place.refused("nobody"), "what anybody may write into an address makes no series");
    assert!(place.metrics.text().contains("watchkeeper_source_requests_refused_total{source=\"prod\"} 2"));
}

#[tokio::test]
async fn a_signed_body_is_let_in() {
    let place = place(Kept::default()).await;
    let body = json!({ "name": "Disk" }).to_string();
    assert_eq!(place.post("checks", &[("x-signature", &format!("sha256={}", sign(&body)))], body).await.0, 200);
    let now = NOW.parse::<Timestamp>().unwrap().as_second().to_string();
    let body = firing(&["Memory"]);
    let signature = sign(&format!("{now}:{body}"));
    assert_eq!(place.post("grafana", &[("x-signature", &signature), ("x-time", &now)], body).await.0, 200);
    assert_eq!(place.titles(), ["Disk", "Memory"]);
}

#[tokio::test]
async fn what_can_not_be_read_is_named_and_the_rest_is_kept() {
    let place = place(Kept::default()).await;
    let words = "Kept: 0. This can't be used: body: it is not UTF-8 from byte 1 on.\n";
    assert_eq!(place.post("prod", &[TOKEN], b"\"\xff\"".to_vec()).await, (400, words.to_owned()));
    let mixed = json!({ "alerts": [{ "status": "firing", "labels": { "alertname": "A" } }, 7, 8] }).to_string();
    let words = "Kept: 1. This can't be used: alerts[1]: expected an object, found 7. And 1 more like it.\n";
    assert_eq!(place.post("prod", &[TOKEN], mixed).await, (400, words.to_owned()));
    assert_eq!(place.titles(), ["A"]);
    let words = "Kept: 0. This can't be used: Type: expected a text, and there is nothing.\n";
    assert!(!place.refused("alarms"));
    assert_eq!(place.post("alarms", &[], "{}").await, (400, words.to_owned()));
    assert!(place.refused("alarms"), "what is not signed is refused, whatever it is");
}

#[tokio::test]
async fn what_can_not_be_kept_is_to_come_again() {
    let place = place(Kept { full: true, ..Kept::default() }).await;
    let words = "This can't be kept now: The disk is full.\n";
    assert_eq!(place.post("prod", &[TOKEN], firing(&["A"])).await, (503, words.to_owned()));
    assert_eq!(place.post("prod", &[TOKEN], firing(&[])).await.0, 200, "nothing to keep can't fail");
}

#[tokio::test]
async fn a_body_over_one_mebibyte_is_refused_and_one_below_is_not() {
    let place = place(Kept::default()).await;
    let large = reqwest::Client::new().post(format!("{}/alerts/prod", place.base)).header(TOKEN.0, TOKEN.1);
    let answer = large.body(vec![b' '; BODY + 1]).send().await;
    // The connection may end while the rest is still being sent.
    assert!(answer.map_or(true, |answer| answer.status() == 413));
    let alert = json!({
        "status": "firing", "labels": { "alertname": "A" }, "annotations": { "description": "x".repeat(100_000) },
    });
    let body = json!({ "alerts": vec![alert; 10] }).to_string();
    assert_eq!(place.post("prod", &[TOKEN], body).await.0, 200);
    assert_eq!(place.kept.signals.lock().unwrap()[0].summary.chars().count(), 2_000);
}

#[tokio::test]
async fn sns_is_let_in_by_its_signature_alone() {
    let place = place(Kept::default()).await;
    let raw = ("x-amz-sns-rawdelivery", "true");
    let words = "Raw message delivery is not signed: turn it off for this subscription.\n";
    assert_eq!(place.post("alarms", &[raw], "hello").await, (403, words.to_owned()));
    let envelope = json!({
        "Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:other", "Message": "m",
        "Timestamp": NOW, "SignatureVersion": "2", "Signature": "", "SigningCertURL": "https://evil.example/a.pem",
    });
    let words = "Refused: the topic arn:aws:sns:eu-west-1:111122223333:other is none of this source's `topics`.\n";
    assert_eq!(place.post("alarms", &[], envelope.to_string()).await, (403, words.to_owned()));
    assert!(place.refused("alarms"));
}
