use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use commands::records::Severity;
use jiff::SignedDuration;
use proptest::prelude::*;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde_json::json;

use super::*;
use crate::outward::Outward;
use crate::sources::Topics;
use crate::sources::reading::any_json;

const SAID: Said<'_> = Said { by: "alarms", severity: Severity::Warning, now: Timestamp::constant(1_795_600_800, 0) };
const NOTIFICATION: &str = include_str!("../../../tests/data/sns/notification.json");
const SUBSCRIPTION: &str = include_str!("../../../tests/data/sns/subscription.json");
const SNS: &str = include_str!("../../../tests/data/sns/sns.pem");
const INTERMEDIATE: &str = include_str!("../../../tests/data/sns/intermediate.pem");
const ROOT: &str = include_str!("../../../tests/data/sns/root.pem");

fn topics() -> Topics {
    let roots = Some(vec![CertificateDer::from_pem_slice(ROOT.as_bytes()).unwrap()]);
    Topics { allowed: vec!["arn:aws:sns:eu-west-1:111122223333:alarms".to_owned()], roots }
}

/// A stand-in of SNS: its certificate, how often that was asked for, and how often a confirmation came.
struct Sns {
    gate: Gate,
    fetched: Arc<AtomicUsize>,
    confirmed: Arc<AtomicUsize>,
}

async fn sns(pem: String) -> Sns {
    let (fetched, confirmed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (fetches, confirms) = (Arc::clone(&fetched), Arc::clone(&confirmed));
    let certificate = get(async move || {
        fetches.fetch_add(1, Ordering::SeqCst);
        if pem.is_empty() { (StatusCode::NOT_FOUND, pem) } else { (StatusCode::OK, pem) }
    });
    let confirm = get(async move || confirms.fetch_add(1, Ordering::SeqCst).to_string());
    let routes = Router::new().route("/SimpleNotificationService-test.pem", certificate).route("/", confirm);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Sns { gate: Gate::new(Outward::new(Some(&base)).unwrap()), fetched, confirmed }
}

fn envelope(text: &str) -> Envelope {
    Envelope::read(text.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_signed_notification_is_let_in_and_its_certificate_fetched_once() {
    let sns = sns(format!("{SNS}{INTERMEDIATE}")).await;
    for _ in 0..3 {
        assert_eq!(sns.gate.admit(&envelope(NOTIFICATION), &topics(), SAID.now).await, Ok(()));
    }
    assert_eq!(sns.fetched.load(Ordering::SeqCst), 1);
    let elsewhere = Topics { roots: None, ..topics() };
    assert!(sns.gate.admit(&envelope(NOTIFICATION), &elsewhere, SAID.now).await.is_err());
    assert_eq!(sns.fetched.load(Ordering::SeqCst), 2, "one that can't be trusted any more may have a successor");
    let decoded = envelope(NOTIFICATION).decode(SAID);
    assert_eq!(decoded.signals[0].title, "Ümläuts and");
    let tampered = Envelope { message: "Other words.".to_owned(), ..envelope(NOTIFICATION) };
    assert_eq!(sns.gate.admit(&tampered, &topics(), SAID.now).await, Err(Refusal::Signature));
}

#[tokio::test]
async fn a_certificate_is_remembered_once_something_is_signed_with_it() {
    let sns = sns(format!("{SNS}{INTERMEDIATE}")).await;
    let tampered = Envelope { message: "Other words.".to_owned(), ..envelope(NOTIFICATION) };
    for (posted, fetched) in [(&tampered, 1), (&envelope(NOTIFICATION), 2), (&envelope(NOTIFICATION), 2), (&tampered, 2)] {
        let _ = sns.gate.admit(posted, &topics(), SAID.now).await;
        assert_eq!(sns.fetched.load(Ordering::SeqCst), fetched);
    }
}

#[tokio::test]
async fn a_subscription_is_confirmed_for_topics_that_are_allowed_and_for_no_other() {
    let sns = sns(format!("{SNS}{INTERMEDIATE}")).await;
    let asked = envelope(SUBSCRIPTION);
    let others = Topics { allowed: vec!["arn:aws:sns:eu-west-1:111122223333:others".to_owned()], ..topics() };
    assert_eq!(sns.gate.admit(&asked, &others, SAID.now).await, Err(Refusal::Topic(asked.topic.clone())));
    assert_eq!(sns.confirmed.load(Ordering::SeqCst), 0);
    assert_eq!(sns.gate.admit(&asked, &topics(), SAID.now).await, Ok(()));
    assert_eq!(sns.confirmed.load(Ordering::SeqCst), 1);
    assert_eq!(asked.decode(SAID), Decoded::default(), "it is no alert");
}

#[tokio::test]
async fn what_is_old_comes_from_elsewhere_or_can_not_be_fetched_is_not_let_in() {
    let hour = SignedDuration::from_hours(1) + SignedDuration::from_secs(1);
    let sns_with_chain = sns(format!("{SNS}{INTERMEDIATE}")).await;
    let gate = &sns_with_chain.gate;
    for now in [SAID.now + hour, SAID.now - hour] {
        assert_eq!(gate.admit(&envelope(NOTIFICATION), &topics(), now).await, Err(Refusal::Stale));
    }
    let mut elsewhere = envelope(NOTIFICATION);
    elsewhere.signed.certificate = "https://evil.example/a.pem".to_owned();
    let refusal = gate.admit(&elsewhere, &topics(), SAID.now).await.unwrap_err();
    assert_eq!(refusal.to_string(), "SigningCertURL: it is not at https://sns.eu-west-1.amazonaws.com/");
    assert_eq!(sns_with_chain.fetched.load(Ordering::SeqCst), 0, "nothing is fetched for those");
    let mut many = envelope(NOTIFICATION);
    for end in ["?1", "#1"] {
        many.signed.certificate = format!("{}{end}", envelope(NOTIFICATION).signed.certificate);
        assert!(matches!(gate.admit(&many, &topics(), SAID.now).await, Err(Refusal::Address("SigningCertURL", _))), "{end}");
    }
    let long = Envelope { topic: "x".repeat(9_000), ..envelope(NOTIFICATION) };
    assert!(gate.admit(&long, &topics(), SAID.now).await.unwrap_err().to_string().len() < 300);
    assert_eq!(sns_with_chain.fetched.load(Ordering::SeqCst), 0, "nothing is fetched for those");
    let untrusted = gate.admit(&envelope(NOTIFICATION), &Topics { roots: None, ..topics() }, SAID.now).await;
    assert!(matches!(untrusted, Err(Refusal::Certificate(_) | Refusal::Later(_))), "{untrusted:?}");
    let gone = sns(String::new()).await;
    let later = gone.gate.admit(&envelope(NOTIFICATION), &topics(), SAID.now).await;
    assert_eq!(later, Err(Refusal::Later("sns.eu-west-1.amazonaws.com answers 404".to_owned())));
}

#[test]
fn words_are_an_alert_too_and_an_alarm_and_an_event_are_read() {
    let inside = |message: String, subject: Option<&str>| {
        let own = Envelope { message, subject: subject.map(str::to_owned), ..envelope(NOTIFICATION) };
        own.decode(SAID)
    };
    let words = inside("Disk of db-1 is [critical] full.\nLook there.".to_owned(), Some("Disk")).signals.remove(0);
    assert_eq!((words.title.as_str(), words.severity), ("Disk", Severity::Critical));
    assert_eq!((words.labels["topic"].as_str(), words.region.as_deref()), ("alarms", Some("eu-west-1")));
    assert_eq!(words.as_of, envelope(NOTIFICATION).timestamp.parse().ok(), "what tells no time is as of when SNS took it in");
    let again = inside("Disk of db-1 is [critical] fuller.".to_owned(), Some("Disk")).signals.remove(0);
    assert_eq!(words.fingerprint, again.fingerprint);
    let event = json!({
        "detail-type": "ECS Service Action", "source": "aws.ecs", "account": "111122223333", "region": "eu-west-1",
        "resources": ["arn:aws:ecs:eu-west-1:111122223333:service/shop/orders"],
        "detail": { "eventType": "ERROR", "eventName": "SERVICE_TASK_PLACEMENT_FAILURE" },
    });
    assert_eq!(inside(event.to_string(), None).signals[0].title, "orders: task placement failure");
    let mut other = event;
    other["detail-type"] = "ECS Task State Change".into();
    assert_eq!(inside(other.to_string(), Some("Tasks")), Decoded::default(), "an event of another kind is no alert");
}

#[test]
fn an_alarm_or_an_event_that_can_not_be_read_is_shown_as_it_is() {
    let alarm = json!({ "AlarmName": "a", "NewStateValue": "ALARM", "AlarmArn": "nothing" }).to_string();
    let event = json!({ "detail-type": "ECS Service Action", "source": "aws.ecs", "detail": {} }).to_string();
    for message in [alarm, event] {
        let own = Envelope { subject: Some("ALARM: a".to_owned()), message: message.clone(), ..envelope(NOTIFICATION) };
        let Decoded { signals, malformed, .. } = own.decode(SAID);
        assert_eq!((signals[0].title.as_str(), &signals[0].summary, malformed.len()), ("ALARM: a", &message, 0));
    }
}

#[test]
fn what_is_no_envelope_is_named_shortly() {
    let words = |body: &str| Envelope::read(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(words("{}"), "Type: expected a text, and there is nothing");
    assert_eq!(words("{\"Type\":\"Pigeon\"}"), "Type: expected a type that SNS sends, found \"Pigeon\"");
    assert!(words(&format!("\"{}\"", "x".repeat(9_000))).len() < 300);
    assert!(words("{\"Type\":\"Notification\",\"Type\":\"Notification\"}").contains("duplicate field `Type`"));
}

proptest! {
    #[test]
    fn whatever_a_notification_says_it_is_an_alert(message in prop_oneof![any::<String>(), any_json().prop_map(|json| json.to_string())]) {
        let decoded = Envelope { message, ..envelope(NOTIFICATION) }.decode(SAID);
        prop_assert_eq!((decoded.signals.len(), decoded.malformed.len()), (1, 0));
    }

    #[test]
    fn nothing_makes_it_panic(field in "Type|TopicArn|Timestamp|Signature|SigningCertURL|Message", value in any_json()) {
        let mut odd: Value = serde_json::from_str(SUBSCRIPTION).unwrap();
        odd[field] = value;
        if let Ok(envelope) = Envelope::read(odd.to_string().as_bytes()) {
            let _ = envelope.decode(SAID);
            let _ = verify::certificate(&envelope, "eu-west-1");
        }
    }
}
