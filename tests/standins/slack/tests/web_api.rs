use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{call, office, office_with, post, quiet};
use crate::slack::{ALL_SCOPES, Fault, NewChannel, SlackOptions, TokenKind, User, UserKind};

#[tokio::test]
async fn tokens_and_scopes_are_asked_for() {
    let slack = office().await;
    let client = reqwest::Client::new();
    let test = |token: &str| {
        let request = client.post(format!("{}/auth.test", slack.api_url()));
        if token.is_empty() { request } else { request.bearer_auth(token) }
    };
    for (token, error) in [("", "not_authed"), ("xoxb-other", "invalid_auth"), (slack.app_token(), "not_allowed_token_type")] {
        let answer: Value = test(token).send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer["error"], error);
    }
    slack.grant_scopes(vec!["chat:write".into(), "users:read".into()]);
    let answer = call(&slack, "reactions.get", json!({})).await;
    assert_eq!((&answer["error"], &answer["needed"]), (&json!("missing_scope"), &json!("reactions:read")));
    assert_eq!(answer["provided"], "chat:write,users:read");
    let ana = slack.person("ana");
    let profile = call(&slack, "users.info", json!({"user": ana.id()})).await["user"]["profile"].clone();
    assert!(profile["email"].is_null(), "without users:read.email there is no address");
    assert_eq!(call(&slack, "chat.nonsense", json!({})).await["error"], "unknown_method");
    assert_eq!(slack.calls_of("auth.test")[1].token, TokenKind::Unknown);
    assert!(!slack.take_violations().is_empty());
}

#[tokio::test]
async fn messages_are_posted_edited_and_refused() {
    let slack = office().await;
    let ts = post(&slack, json!({"text": "one", "blocks": [{"type": "divider"}]})).await;
    let dba = slack.channel("dba");
    let edit = |body: Value| {
        let mut body = body;
        body["channel"] = dba.id().into();
        body["ts"] = ts.clone().into();
        body
    };
    assert_eq!(call(&slack, "chat.update", edit(json!({"text": "two"}))).await["ok"], true);
    let message = &slack.messages("dba")[0];
    assert_eq!(message.versions.len(), 2);
    assert!(message.current().blocks.is_empty(), "text without blocks removes the blocks");
    assert_eq!(slack.unread(), ["#dba: ---", "#dba: two"]);

    let ana = slack.person("ana").types("dba", "hello").await;
    let foreign = json!({"channel": dba.id(), "ts": ana.message().ts, "text": "three"});
    assert_eq!(call(&slack, "chat.update", foreign).await["error"], "cant_update_message");
    for (body, error) in [
        (json!({"channel": "C0NOWHERE", "text": "x"}), "channel_not_found"),
        (json!({"channel": dba.id()}), "no_text"),
        (json!({"channel": dba.id(), "text": "x".repeat(40_001)}), "msg_too_long"),
        (json!({"channel": dba.id(), "text": "x", "blocks": [{"type": "nonsense"}]}), "invalid_blocks"),
    ] {
        assert_eq!(call(&slack, "chat.postMessage", body).await["error"], error);
    }
    slack.add_channel(NewChannel::public("elsewhere").without_bot());
    let elsewhere = slack.channel("elsewhere").id().to_owned();
    let body = json!({"channel": elsewhere, "text": "x"});
    assert_eq!(call(&slack, "chat.postMessage", body.clone()).await["error"], "not_in_channel");
    let mut scopes: Vec<String> = ALL_SCOPES.iter().map(ToString::to_string).collect();
    scopes.push("chat:write.public".into());
    slack.grant_scopes(scopes);
    assert_eq!(call(&slack, "chat.postMessage", body.clone()).await["ok"], true);
    slack.grant_scopes(ALL_SCOPES.iter().map(ToString::to_string).collect());
    assert_eq!(call(&slack, "conversations.join", json!({"channel": elsewhere})).await["ok"], true);
    assert_eq!(call(&slack, "chat.postMessage", body).await["ok"], true);
}

#[tokio::test]
async fn history_returns_metadata_when_asked() {
    let slack = office().await;
    let metadata = json!({"event_type": "change", "event_payload": {"id": "CHG-1"}});
    let ts = post(&slack, json!({"text": "card", "metadata": metadata})).await;
    post(&slack, json!({"text": "reply", "thread_ts": ts})).await;
    let channel = slack.channel("dba").id().to_owned();
    let plain = call(&slack, "conversations.history", json!({"channel": channel})).await;
    assert_eq!(plain["messages"].as_array().map(Vec::len), Some(1), "replies are not part of the history");
    assert!(plain["messages"][0]["metadata"].is_null());
    assert_eq!(plain["messages"][0]["reply_count"], 1);
    let full = call(&slack, "conversations.history", json!({"channel": channel, "include_all_metadata": true})).await;
    assert_eq!(full["messages"][0]["metadata"], metadata);
    let thread = call(&slack, "conversations.replies", json!({"channel": channel, "ts": ts})).await;
    assert_eq!(thread["messages"][1]["text"], "reply");
    quiet(&slack);
}

#[tokio::test]
async fn reactions_are_listed_in_full_only_on_request() {
    let slack = office().await;
    let ts = post(&slack, json!({"text": "card"})).await;
    let card = slack.channel("dba").expect("card").await;
    for name in ["cai", "dee", "eva", "fay"] {
        slack.add_person(User::named(name)).reacts("eyes", &card).await;
    }
    let body = json!({"channel": card.channel, "timestamp": ts});
    let cut = call(&slack, "reactions.get", body.clone()).await;
    assert_eq!(cut["message"]["reactions"][0]["count"], 4);
    assert_eq!(cut["message"]["reactions"][0]["users"].as_array().map(Vec::len), Some(3));
    let mut body = body;
    body["full"] = true.into();
    let full = call(&slack, "reactions.get", body.clone()).await;
    assert_eq!(full["message"]["reactions"][0]["users"].as_array().map(Vec::len), Some(4));
    body["name"] = "eyes".into();
    assert_eq!(call(&slack, "reactions.add", body.clone()).await["ok"], true);
    assert_eq!(call(&slack, "reactions.add", body.clone()).await["error"], "already_reacted");
    assert_eq!(call(&slack, "reactions.remove", body.clone()).await["ok"], true);
    assert_eq!(call(&slack, "reactions.remove", body).await["error"], "no_reaction");
}

#[tokio::test]
async fn accounts_say_what_they_are() {
    let slack = office().await;
    let kinds = [
        ("guest", UserKind::Guest, "is_restricted"),
        ("single", UserKind::SingleChannelGuest, "is_ultra_restricted"),
        ("gone", UserKind::Deactivated, "deleted"),
        ("robot", UserKind::Bot, "is_bot"),
        ("other", UserKind::Stranger, "is_stranger"),
    ];
    for (name, kind, flag) in kinds {
        let person = slack.add_person(User::named(name).of_kind(kind));
        let user = call(&slack, "users.info", json!({"user": person.id()})).await["user"].clone();
        assert_eq!(user[flag], true, "{name}");
    }
    let shared = slack.add_person(User::named("shared").of_team("T9").of_enterprise("E9").unconfirmed());
    let user = call(&slack, "users.info", json!({"user": shared.id()})).await["user"].clone();
    let told = (&user["is_stranger"], &user["team_id"], &user["enterprise_user"]["enterprise_id"], &user["is_email_confirmed"]);
    assert_eq!(told, (&json!(false), &json!("T9"), &json!("E9"), &json!(false)));
    let ana = call(&slack, "users.lookupByEmail", json!({"email": "ANA@example.com"})).await["user"].clone();
    assert_eq!((&ana["tz"], &ana["tz_offset"]), (&json!("Asia/Taipei"), &json!(28_800)));
    assert_eq!(call(&slack, "users.lookupByEmail", json!({"email": "gone@example.com"})).await["error"], "users_not_found");
}

#[tokio::test]
async fn faults_come_in_order_and_are_used_up() {
    let slack = office().await;
    slack.fail_next("chat.postMessage", Fault::Error("internal_error".into()));
    slack.fail_next("chat.postMessage", Fault::RateLimited { retry_after: Duration::from_secs(7) });
    slack.fail_next("chat.postMessage", Fault::Cut);
    slack.fail_next("chat.postMessage", Fault::CutAfterActing);
    let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().expect("a client");
    let send = || {
        let body = json!({"channel": slack.channel("dba").id(), "text": "hello"});
        client.post(format!("{}/chat.postMessage", slack.api_url())).bearer_auth(slack.bot_token()).json(&body).send()
    };
    assert_eq!(send().await.expect("an answer").json::<Value>().await.expect("JSON")["error"], "internal_error");
    let limited = send().await.expect("an answer");
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].as_bytes()), (429, b"7".as_slice()));
    assert!(send().await.is_err());
    assert!(slack.messages("dba").is_empty(), "cut before acting");
    assert!(send().await.is_err());
    assert_eq!(slack.messages("dba").len(), 1, "acted before the cut");
    assert_eq!(send().await.expect("an answer").status(), 200);

    let gate = slack.hold_next("chat.postMessage");
    let held = tokio::spawn(send());
    while slack.calls().len() < 6 {
        tokio::task::yield_now().await;
    }
    assert_eq!(slack.messages("dba").len(), 2, "held back");
    gate.open();
    assert_eq!(held.await.expect("no panic").expect("an answer").status(), 200);
    assert_eq!(slack.messages("dba").len(), 3);
}

#[tokio::test]
async fn one_message_a_second_by_the_stand_ins_clock() {
    let clock = std::sync::Arc::new(std::sync::Mutex::new(Timestamp::from_second(1_800_000_000).expect("in range")));
    let now = clock.clone();
    let options = SlackOptions { now: std::sync::Arc::new(move || *now.lock().expect("a clock")), ..SlackOptions::default() };
    let slack = office_with(options).await;
    slack.enforce_rate_limits();
    let body = json!({"channel": slack.channel("dba").id(), "text": "hello"});
    assert_eq!(call(&slack, "chat.postMessage", body.clone()).await["ok"], true);
    assert_eq!(call(&slack, "chat.postMessage", body.clone()).await["error"], "ratelimited");
    *clock.lock().expect("a clock") += jiff::SignedDuration::from_secs(1);
    assert_eq!(call(&slack, "chat.postMessage", body).await["ok"], true);
    assert_eq!(slack.busiest_second("dba").clock, 1);
}

#[tokio::test]
async fn files_travel_in_three_steps() {
    let slack = office().await;
    let parent = post(&slack, json!({"text": "report"})).await;
    let start = call(&slack, "files.getUploadURLExternal", json!({"filename": "rows.csv", "length": 4})).await;
    let id = start["file_id"].clone();
    let early = json!({"files": [{"id": id}], "channel_id": slack.channel("dba").id()});
    assert_eq!(call(&slack, "files.completeUploadExternal", early.clone()).await["error"], "file_not_found");
    let url = start["upload_url"].as_str().expect("a URL");
    assert!(reqwest::Client::new().post(url).body("a,b\n").send().await.expect("an answer").status().is_success());
    let mut complete = early;
    complete["thread_ts"] = parent.clone().into();
    assert_eq!(call(&slack, "files.completeUploadExternal", complete).await["files"][0]["size"], 4);
    let shared = &slack.messages("dba")[1];
    assert_eq!((shared.thread_ts.as_deref(), shared.plain()), (Some(parent.as_str()), "(file: rows.csv)"));
    quiet(&slack);
}

#[tokio::test]
async fn groups_are_listed_and_changed() {
    let slack = office().await;
    let group = slack.add_group("dba-oncall", &["ana"]);
    let ben = slack.person("ben").id().to_owned();
    let changed = call(&slack, "usergroups.users.update", json!({"usergroup": group, "users": [ben]})).await;
    assert_eq!(changed["usergroup"]["users"], json!([ben]));
    assert_eq!(call(&slack, "usergroups.users.list", json!({"usergroup": group})).await["users"], json!([ben]));
    assert_eq!(call(&slack, "usergroups.list", json!({"include_users": true})).await["usergroups"][0]["users"], json!([ben]));
}
