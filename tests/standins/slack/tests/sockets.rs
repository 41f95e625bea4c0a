use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::{acknowledge, bot, connect, next, office, office_with, quiet};
use crate::slack::{DisconnectReason, EventIds, Outcome, SlackOptions};

#[tokio::test]
async fn a_command_reaches_the_bot_and_its_answer_the_person() {
    let slack = office().await;
    let mut heard = bot(&slack, |_| json!({"text": "on it"})).await;
    let done = slack.person("ana").types("dba", "/rds upgrade a&b").await;
    assert!(done.deliveries[0].acknowledged());
    let command = heard.recv().await.expect("a command");
    assert_eq!((&command["command"], &command["text"]), (&json!("/rds"), &json!("upgrade a&amp;b")));
    assert_eq!(slack.person("ana").expect("on it").await.only_for.as_deref(), Some(slack.person("ana").id()));
    assert_eq!(slack.acks().len(), 1);
    quiet(&slack);
}

#[tokio::test]
async fn envelopes_take_turns_between_connections() {
    let slack = office().await;
    let (mut one, mut other) = (bot(&slack, |_| Value::Null).await, bot(&slack, |_| Value::Null).await);
    for _ in 0..2 {
        slack.person("ana").types("dba", "@watchkeeper hello").await;
    }
    assert!(one.recv().await.is_some() && other.recv().await.is_some());
    quiet(&slack);
}

#[tokio::test]
async fn a_ticket_opens_one_socket_and_handshakes_can_be_refused() {
    let slack = office().await;
    slack.refuse_handshakes(1);
    assert!(connect(&slack).await.expect_err("a conflict").to_string().contains("409"));
    let request = reqwest::Client::new().post(format!("{}/apps.connections.open", slack.api_url()));
    let answer: Value = request.bearer_auth(slack.app_token()).send().await.expect("an answer").json().await.expect("JSON");
    let url = answer["url"].as_str().expect("a URL");
    let _open = tokio_tungstenite::connect_async(url).await.expect("a socket");
    assert!(tokio_tungstenite::connect_async(url).await.is_err(), "the ticket is used");
}

#[tokio::test]
async fn a_missed_acknowledgement_is_a_violation_and_events_come_again() {
    let slack = office_with(SlackOptions { ack_timeout: Duration::from_millis(100), ..SlackOptions::default() }).await;
    let mut socket = connect(&slack).await.expect("a socket");
    let ana = slack.person("ana");
    let typed = tokio::spawn(async move { ana.types("dba", "@watchkeeper hello").await });
    let first = next(&mut socket).await.expect("an event");
    let second = next(&mut socket).await.expect("the event again");
    assert_eq!((&first["retry_attempt"], &second["retry_attempt"]), (&json!(0), &json!(1)));
    assert_eq!(second["retry_reason"], "timeout");
    assert_eq!(first["payload"]["event_id"], second["payload"]["event_id"]);
    acknowledge(&mut socket, &second, Value::Null).await;
    assert!(typed.await.expect("no panic").deliveries[0].acknowledged());
    assert_eq!(slack.take_violations().len(), 1);
    assert!(slack.undelivered().is_empty());

    let slack_again = slack.clone();
    let retried = tokio::spawn(async move { slack_again.redeliver_last(EventIds::New).await });
    let third = next(&mut socket).await.expect("the event once more");
    assert_ne!(third["payload"]["event_id"], first["payload"]["event_id"]);
    assert_eq!(third["payload"]["event"], first["payload"]["event"]);
    acknowledge(&mut socket, &third, Value::Null).await;
    assert!(retried.await.expect("no panic").acknowledged());
}

#[tokio::test]
async fn what_nobody_hears_waits_until_somebody_listens() {
    let slack = office().await;
    let done = slack.person("ana").types("dba", "@watchkeeper hello").await;
    assert_eq!(done.deliveries[0].outcome, Outcome::NotConnected);
    let command = slack.person("ana").types("dba", "/rds list").await;
    assert_eq!(command.deliveries[0].outcome, Outcome::NotConnected);
    assert!(slack.ephemerals("ana")[0].plain().contains("dispatch_failed"));
    let mut heard = bot(&slack, |_| Value::Null).await;
    assert!(slack.redeliver_missed().await[0].acknowledged());
    assert_eq!(heard.recv().await.expect("the event")["event"]["type"], "app_mention");
    quiet(&slack);
}

#[tokio::test]
async fn the_eleventh_socket_is_sent_away() {
    let slack = office().await;
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(connect(&slack).await.expect("a socket"));
    }
    let mut eleventh = connect(&slack).await.expect("a socket, for a moment");
    assert_eq!(next(&mut eleventh).await.expect("a farewell")["reason"], "too_many_websockets");
    assert!(next(&mut eleventh).await.is_none());
    slack.open_sockets()[0].sends_binary();
    let binary = loop {
        let frame = sockets[0].next().await.expect("a frame").expect("an open socket");
        if !frame.is_ping() {
            break frame;
        }
    };
    assert!(binary.is_binary());
}

#[tokio::test]
async fn sockets_are_told_to_go_fall_silent_and_break() {
    let slack = office_with(SlackOptions { ack_timeout: Duration::from_millis(200), ..SlackOptions::default() }).await;
    let mut leaving = connect(&slack).await.expect("a socket");
    slack.open_sockets()[0].disconnect(DisconnectReason::RefreshRequested);
    assert_eq!(next(&mut leaving).await.expect("a farewell")["reason"], "refresh_requested");
    assert!(next(&mut leaving).await.is_none());
    slack.disconnected().await;

    let _silent = connect(&slack).await.expect("a socket");
    slack.open_sockets()[0].goes_silent();
    let done = slack.person("ana").types("dba", "@watchkeeper hello").await;
    assert_eq!(done.deliveries[0].outcome, Outcome::LineCut);
    let mut noisy = connect(&slack).await.expect("a socket");
    let handle = slack.open_sockets().pop().expect("the new socket");
    handle.sends_unknown();
    assert_eq!(next(&mut noisy).await.expect("an envelope")["type"], "something_new");
    handle.cut();
    assert!(next(&mut noisy).await.is_none());
    quiet(&slack);
}
