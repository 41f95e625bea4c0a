use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde_json::json;

use super::*;

/// What Discord answers next, and what it was asked.
#[derive(Default)]
struct Door {
    answers: Vec<Answer>,
    asked: Vec<String>,
}

/// Status, headers, body.
type Answer = (u16, Vec<(&'static str, String)>, String);
type Doors = Arc<Mutex<Door>>;

async fn answer(State(door): State<Doors>, method: Method, uri: Uri, headers: HeaderMap, body: String) -> impl IntoResponse {
    let mut door = door.lock().unwrap();
    let token = headers.get("authorization").map_or("nobody", |token| token.to_str().unwrap());
    door.asked.push(format!("{method} {uri} {body} as {token}"));
    let (status, headers, body) = door.answers.remove(0);
    let headers = headers
        .into_iter()
        .map(|(name, value)| (name.parse::<axum::http::HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap()));
    (StatusCode::from_u16(status).unwrap(), headers.collect::<HeaderMap>(), body)
}

async fn api() -> (Api, Doors, Clock) {
    let door = Doors::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/v10", listener.local_addr().unwrap()).parse().unwrap();
    let routes = Router::new().fallback(answer).with_state(door.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let settings = DiscordSettings {
        api_url: url,
        token: Secret::new("t0p-secret"),
        guild: "1".to_owned(),
        roles: BTreeSet::new(),
        groups: BTreeMap::new(),
    };
    let clock = Clock::standing_at("2026-11-25T10:00:00Z".parse::<Timestamp>().unwrap());
    (Api::new(&settings, Outward::new(None).unwrap(), clock.clone()), door, clock)
}

fn says(door: &Doors, status: u16, headers: &[(&'static str, &str)], body: &Value) {
    let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    door.lock().unwrap().answers.push((status, headers, body.to_string()));
}

#[tokio::test]
async fn a_call_carries_the_token_but_where_its_path_is_one() {
    let (api, door, _clock) = api().await;
    says(&door, 200, &[], &json!({ "id": "7" }));
    says(&door, 200, &[], &Value::Null);
    let body = json!({ "content": "hi" });
    assert_eq!(api.call(Method::POST, "/channels/2/messages", Some(&body)).await.unwrap()["id"], "7");
    api.call(Method::POST, "/webhooks/3/aW50", Some(&body)).await.unwrap();
    assert_eq!(
        door.lock().unwrap().asked,
        [
            r#"POST /api/v10/channels/2/messages {"content":"hi"} as Bot t0p-secret"#,
            r#"POST /api/v10/webhooks/3/aW50 {"content":"hi"} as nobody"#,
        ]
    );
}

#[tokio::test]
async fn what_discord_refuses_is_told_with_its_words_and_without_secrets() {
    let (api, door, _clock) = api().await;
    let long = json!({ "code": 50_035, "message": "Invalid Form Body",
        "errors": { "content": { "_errors": [{ "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length." }] } } });
    for (status, body, path, told) in [
        (
            400,
            long,
            "/channels/2/messages",
            "never Discord answered 50035 (Invalid Form Body: content: Must be 2000 or fewer in length.) to POST /channels/{id}/messages",
        ),
        (
            403,
            json!({ "code": 50_001, "message": "Missing Access" }),
            "/channels/2/messages",
            "never Discord answered 50001 (Missing Access) to POST /channels/{id}/messages",
        ),
        (
            404,
            json!({ "code": 10_015, "message": "Unknown Webhook" }),
            "/webhooks/3/aW50",
            "never Discord answered 10015 (Unknown Webhook) to POST /webhooks/{id}/{token}",
        ),
        (
            401,
            json!({ "code": 50_027, "message": "Invalid Webhook Token" }),
            "/webhooks/3/aW50",
            "never Discord answered 50027 (Invalid Webhook Token) to POST /webhooks/{id}/{token}",
        ),
        (
            403,
            json!({ "code": 40_001, "message": "Unauthorized" }),
            "/channels/2/messages",
            "again Discord answered 40001 (Unauthorized) to POST /channels/{id}/messages",
        ),
        (502, json!("bad gateway"), "/channels/2/messages", "again POST /channels/{id}/messages got no answer: HTTP 502"),
    ] {
        says(&door, status, &[], &body);
        let fault = api.call(Method::POST, path, None).await.unwrap_err();
        let words = match SendError::from(fault) {
            SendError::Wait(wait) => format!("wait {wait:#}"),
            SendError::Again(words) => format!("again {words}"),
            SendError::Never(words) => format!("never {words}"),
        };
        assert_eq!(words, told);
    }
}

#[tokio::test]
async fn an_operator_is_told_of_a_token_that_does_not_work_until_it_does() {
    let (api, door, _clock) = api().await;
    assert_eq!(api.trouble.words(""), None);
    says(&door, 401, &[], &json!({ "code": 0, "message": "401: Unauthorized" }));
    let fault = api.call(Method::GET, "/users/@me", None).await.unwrap_err();
    assert!(matches!(SendError::from(fault), SendError::Again(_)));
    assert_eq!(api.trouble.words("").as_deref(), Some("Discord answers 0 (401: Unauthorized) to GET /users/@me"));
    says(&door, 200, &[], &json!({}));
    api.call(Method::GET, "/users/@me", None).await.unwrap();
    assert_eq!(api.trouble.words(""), None);
}

#[tokio::test]
async fn what_is_limited_waits_and_the_rest_goes_on() {
    let (api, door, clock) = api().await;
    says(&door, 429, &[("x-ratelimit-scope", "shared")], &json!({ "retry_after": 4.5, "global": false, "message": "slow" }));
    let post = async |channel: u8| api.call(Method::POST, &format!("/channels/{channel}/messages"), None).await;
    assert_eq!(post(1).await, Err(Fault::Limited(Duration::from_millis(4_500))));
    assert_eq!(post(1).await, Err(Fault::Limited(Duration::from_millis(4_500))), "without asking");
    says(&door, 200, &[], &json!({}));
    assert!(post(2).await.is_ok());
    says(&door, 429, &[("retry-after", "2")], &json!({ "global": true, "retry_after": 2.0, "message": "slow" }));
    assert_eq!(post(2).await, Err(Fault::Limited(Duration::from_secs(2))));
    assert_eq!(post(3).await, Err(Fault::Limited(Duration::from_secs(2))), "a limit for all");
    assert_eq!(door.lock().unwrap().asked.len(), 3);
    says(&door, 200, &[], &json!([]));
    let reads = api.call(Method::GET, "/channels/1/messages", None);
    tokio::pin!(reads);
    assert!(futures_util::poll!(&mut reads).is_pending(), "what reads waits by itself");
    clock.set(clock.now() + SignedDuration::from_secs(5));
    assert!(reads.await.is_ok());
    says(&door, 200, &[], &json!({}));
    assert!(post(1).await.is_ok());
}

#[tokio::test]
async fn old_messages_that_were_edited_too_often_keep_no_other_edit_back() {
    let (api, door, _clock) = api().await;
    let old = json!({ "code": 30_046, "message": "Maximum number of edits to messages older than 1 hour reached.", "retry_after": 20.0 });
    says(&door, 429, &[], &old);
    says(&door, 200, &[], &json!({}));
    let edit = async |message: u8| api.call(Method::PATCH, &format!("/channels/1/messages/{message}"), None).await;
    assert_eq!(edit(1).await, Err(Fault::Limited(Duration::from_secs(20))));
    assert!(edit(2).await.is_ok());
    says(
        &door,
        400,
        &[],
        &json!({ "code": 30_046, "message": "Maximum number of edits to messages older than 1 hour reached." }),
    );
    assert!(matches!(SendError::from(edit(1).await.unwrap_err()), SendError::Again(_)), "such a card is not posted anew");
}
