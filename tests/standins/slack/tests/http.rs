use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, http::Uri};
use serde_json::json;

use super::{office, quiet};
use crate::slack::{Envelope, EnvelopeKind, EventIds, Signing, Slack, Transport, sign};

type Seen = Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>;

/// A bot that notes requests, answers 200 with the body when the signature is right, else 401.
async fn bot(slack: &Slack) -> (String, Seen) {
    let seen = Seen::default();
    let secret = slack.signing_secret().to_owned();
    let handle = move |State(seen): State<Seen>, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let right = text("x-slack-signature") == sign(&secret, &text("x-slack-request-timestamp"), &body);
        seen.lock().expect("a list").push((uri.path().into(), headers, body.clone()));
        if right { (axum::http::StatusCode::OK, "{\"text\":\"done\"}") } else { (axum::http::StatusCode::UNAUTHORIZED, "") }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().fallback(handle).with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

#[test]
fn the_signature_of_slacks_documentation() {
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&\
                user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com\
                %2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let signature = sign("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body.as_bytes());
    assert_eq!(signature, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
}

#[tokio::test]
async fn the_same_deeds_travel_over_http() {
    let slack = office().await;
    let (url, seen) = bot(&slack).await;
    slack.use_transport(Transport::Http(url));
    slack.person("ana").types("dba", "/rds list").await;
    slack.person("ana").expect("done").await;
    slack.person("ana").types("dba", "@watchkeeper hello").await;
    slack.redeliver_last(EventIds::Same).await;
    let seen = seen.lock().expect("a list");
    let paths: Vec<&str> = seen.iter().map(|(path, _, _)| path.as_str()).collect();
    assert_eq!(paths, ["/slack/commands", "/slack/events", "/slack/events"]);
    assert!(seen[0].2.starts_with(b"api_app_id=") || seen[0].2.windows(8).any(|part| part == b"command="));
    assert!(seen[1].1.get("x-slack-retry-num").is_none());
    assert_eq!(seen[2].1["x-slack-retry-num"], "1");
    quiet(&slack);
}

#[tokio::test]
async fn bad_signatures_can_be_sent() {
    let slack = office().await;
    let (url, _) = bot(&slack).await;
    let envelope = Envelope { kind: EnvelopeKind::EventsApi, payload: json!({}), attempt: 0, reason: String::new() };
    for (signing, status) in
        [(Signing::Right, 200), (Signing::WrongSecret, 401), (Signing::Missing, 401), (Signing::Garbage, 401)]
    {
        assert_eq!(slack.send_signed(&url, &envelope, signing).await.expect("an answer").status, status, "{signing:?}");
    }
    let challenge = slack.verify_url(&url, "3eZbrw1a").await.expect("an answer");
    assert_eq!(challenge.status, 200);
}
