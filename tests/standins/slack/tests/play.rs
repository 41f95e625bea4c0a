use serde_json::{Value, json};

use super::{bot, office, post};
use crate::slack::Slack;

async fn play(slack: &Slack, path: &str, body: Value) -> Value {
    let request = reqwest::Client::new().post(format!("{}/play/{path}", slack.base_url()));
    request.json(&body).send().await.expect("an answer").json().await.expect("JSON")
}

async fn state(slack: &Slack, person: &str) -> Value {
    let id = slack.person(person).id().to_owned();
    let answer = reqwest::get(format!("{}/play/state?as={id}", slack.base_url())).await.expect("an answer");
    answer.json().await.expect("JSON")
}

#[tokio::test]
async fn the_page_speaks_reacts_and_clicks() {
    let slack = office().await;
    slack.register_manifest(
        &json!({"features": {"slash_commands": [{"command": "/rds", "usage_hint": "list", "description": "Databases"}]}}),
    );
    let mut heard =
        bot(&slack, |payload| if payload["command"].is_string() { json!({"text": "psst"}) } else { Value::Null }).await;
    let (ana, dba) = (slack.person("ana").id().to_owned(), slack.channel("dba").id().to_owned());
    assert_eq!(play(&slack, "say", json!({"as": ana, "channel": dba, "text": "/rds list"})).await, json!({"ok": true}));
    heard.recv().await.expect("a command");
    let unknown = play(&slack, "say", json!({"as": ana, "channel": dba, "text": "/nope"})).await;
    assert!(unknown["error"].as_str().expect("a sentence").contains("not a valid command"));
    let seen = state(&slack, "ana").await;
    assert_eq!(seen["messages"][&dba][0]["ephemeral"], true);
    assert_eq!(state(&slack, "ben").await["messages"][&dba], json!([]), "only Ana sees it");

    let button = json!({"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}});
    let ts = post(&slack, json!({"text": "card", "blocks": [{"type": "actions", "block_id": "b", "elements": [button]}]})).await;
    let at = json!({"as": ana, "channel": dba, "ts": ts, "block_id": "b", "action_id": "go"});
    assert_eq!(play(&slack, "click", at).await, json!({"ok": true}));
    assert_eq!(heard.recv().await.expect("a click")["actions"][0]["action_id"], "go");
    play(&slack, "react", json!({"as": ana, "channel": dba, "ts": ts, "name": "eyes", "on": true})).await;
    let card = state(&slack, "ben").await["messages"][&dba][0].clone();
    assert_eq!(card["reactions"], json!([{"name": "eyes", "users": [ana]}]));
    let commands: Value =
        reqwest::get(format!("{}/play/commands", slack.base_url())).await.expect("one").json().await.expect("JSON");
    assert_eq!(commands["commands"][0]["command"], "/rds");
}

#[tokio::test]
async fn the_page_is_served_with_its_policy() {
    let slack = office().await;
    let page = reqwest::get(slack.base_url()).await.expect("a page");
    assert!(page.headers().contains_key("content-security-policy"));
    assert!(page.text().await.expect("text").starts_with("<!doctype html>"));
}

#[tokio::test]
async fn the_page_hears_of_changes() {
    let slack = office().await;
    let mut answer = reqwest::get(format!("{}/play/events", slack.base_url())).await.expect("a stream");
    post(&slack, json!({"text": "news"})).await;
    let part = answer.chunk().await.expect("bytes").expect("an event");
    assert!(part.starts_with(b"event: change\n"), "{part:?}");
}
