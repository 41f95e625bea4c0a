use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{bot, call, office, office_with, post, quiet};
use crate::slack::{SlackOptions, Submitted};

fn card() -> Value {
    json!([
        {"type": "header", "text": {"type": "plain_text", "text": "CHG-1"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*orders*: `mysql` 8.0.35 → 8.0.40 for <@U0000000ANA> &lt;!channel&gt;"},
         "fields": [{"type": "mrkdwn", "text": "*Account*\nprod_eu"}]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]]},
        {"type": "actions", "elements": [
            {"type": "button", "action_id": "approve", "value": "CHG-1", "text": {"type": "plain_text", "text": "Approve"}},
            {"type": "static_select", "action_id": "more", "placeholder": {"type": "plain_text", "text": "More"},
             "options": [{"text": {"type": "plain_text", "text": "Freeze"}, "value": "freeze"}]}
        ]},
    ])
}

#[tokio::test]
async fn a_card_is_read_and_clicked() {
    let slack = office().await;
    let mut heard = bot(&slack, |_| Value::Null).await;
    post(&slack, json!({"text": "CHG-1", "blocks": card()})).await;
    let card = slack.channel("dba").expect("orders: mysql 8.0.35 … 8.0.40").await;
    assert_eq!(
        card.plain(),
        "CHG-1\norders: mysql 8.0.35 → 8.0.40 for @ana <!channel>\nAccount prod_eu\na | b\n[Approve] [More ▾]"
    );
    let ben = slack.person("ben");
    ben.clicks(&card, "Approve").await;
    let click = heard.recv().await.expect("a click");
    assert_eq!((&click["actions"][0]["value"], &click["user"]["id"]), (&json!("CHG-1"), &json!(ben.id())));
    assert_eq!(click["message"]["ts"], card.ts);
    ben.chooses(&card, "Freeze").await;
    let choice = heard.recv().await.expect("a choice");
    assert_eq!(choice["actions"][0]["selected_option"]["value"], "freeze");
    ben.reacts("white_check_mark", &card).await;
    let reaction = heard.recv().await.expect("a reaction");
    assert_eq!((&reaction["event"]["reaction"], &reaction["event"]["item"]["ts"]), (&json!("white_check_mark"), &json!(card.ts)));
    assert!(slack.unread().is_empty());
    quiet(&slack);
}

#[tokio::test]
async fn response_urls_answer_replace_and_run_out() {
    let clock = Arc::new(Mutex::new(Timestamp::from_second(1_800_000_000).expect("in range")));
    let now = clock.clone();
    let slack =
        office_with(SlackOptions { now: Arc::new(move || *now.lock().expect("a clock")), ..SlackOptions::default() }).await;
    let mut heard = bot(&slack, |_| Value::Null).await;
    let ana = slack.person("ana");
    ana.types("dba", "/rds list").await;
    let url = heard.recv().await.expect("a command")["response_url"].as_str().expect("a URL").to_owned();
    let respond = |url: String, body: Value| async move {
        let answer = reqwest::Client::new().post(url).json(&body).send().await.expect("an answer");
        answer.json::<Value>().await.expect("JSON")["error"].clone()
    };
    let only_ana = json!({"text": "only you", "blocks": card()});
    assert_eq!(respond(url.clone(), only_ana).await, Value::Null);
    let seen = ana.expect("Approve").await;
    ana.clicks(&seen, "Approve").await;
    let click = heard.recv().await.expect("a click");
    assert!(click["message"].is_null(), "ephemeral messages are not part of the payload");
    let own = click["response_url"].as_str().expect("a URL").to_owned();
    respond(own, json!({"text": "approved", "replace_original": true})).await;
    assert_eq!(ana.expect("approved").await.ts, seen.ts);
    for _ in 0..4 {
        assert_eq!(respond(url.clone(), json!({"text": "again", "response_type": "in_channel"})).await, Value::Null);
    }
    assert_eq!(respond(url.clone(), json!({"text": "again"})).await, "used_url");
    ana.types("dba", "/rds list").await;
    let url = heard.recv().await.expect("a command")["response_url"].as_str().expect("a URL").to_owned();
    *clock.lock().expect("a clock") += SignedDuration::from_mins(30);
    assert_eq!(respond(url, json!({"text": "late"})).await, "expired_url");
    assert_eq!(slack.channel("dba").read_all().len(), 4);
}

fn form() -> Value {
    json!({
        "type": "modal", "callback_id": "upgrade", "private_metadata": "{}",
        "title": {"type": "plain_text", "text": "Upgrade"}, "submit": {"type": "plain_text", "text": "Plan"},
        "blocks": [
            {"type": "input", "block_id": "db", "label": {"type": "plain_text", "text": "Database"},
             "element": {"type": "external_select", "action_id": "v", "min_query_length": 0}},
            {"type": "input", "block_id": "why", "optional": true, "label": {"type": "plain_text", "text": "Why"},
             "element": {"type": "plain_text_input", "action_id": "v"}},
        ],
    })
}

#[tokio::test]
async fn a_form_is_filled_corrected_and_closed() {
    let slack = office().await;
    let answer = |payload: &Value| match payload["type"].as_str() {
        Some("block_suggestion") => json!({"options": [
            {"text": {"type": "plain_text", "text": "orders (mysql)"}, "value": "orders"},
            {"text": {"type": "plain_text", "text": "billing (postgres)"}, "value": "billing"}]}),
        Some("view_submission") if payload["view"]["state"]["values"]["why"]["v"]["value"].is_null() => {
            json!({"response_action": "errors", "errors": {"why": "Please say why."}})
        }
        _ => Value::Null,
    };
    let mut heard = bot(&slack, answer).await;
    let ana = slack.person("ana");
    ana.types("dba", "/rds upgrade").await;
    let trigger = heard.recv().await.expect("a command")["trigger_id"].clone();
    let open = json!({"trigger_id": trigger, "view": form()});
    assert_eq!(call(&slack, "views.open", open.clone()).await["ok"], true);
    assert_eq!(call(&slack, "views.open", open).await["error"], "exchanged_trigger_id");
    assert_eq!(ana.sees_form().await.plain(), "Upgrade\nDatabase: []\nWhy: []");
    let Submitted::Errors(errors) = ana.submits().await else { panic!("nothing is filled in") };
    assert_eq!((errors[0].label.as_str(), errors[0].text.as_str()), ("Database", "Please complete this required field."));
    assert_eq!(ana.picks("Database", "ord").await, "orders (mysql)");
    let Submitted::Errors(errors) = ana.submits().await else { panic!("the bot complains") };
    assert_eq!((errors[0].label.as_str(), errors[0].text.as_str()), ("Why", "Please say why."));
    ana.fills("Why", "end of support").await;
    assert_eq!(ana.submits().await, Submitted::Closed);
    assert!(ana.form().is_none());
    let mut last = Value::Null;
    while let Ok(payload) = heard.try_recv() {
        last = payload;
    }
    let values = &last["view"]["state"]["values"];
    assert_eq!(values["db"]["v"]["selected_option"]["value"], "orders");
    assert_eq!(values["why"]["v"], json!({"type": "plain_text_input", "value": "end of support"}));
    quiet(&slack);
}

#[tokio::test]
async fn triggers_expire_and_views_change() {
    let clock = Arc::new(Mutex::new(Timestamp::from_second(1_800_000_000).expect("in range")));
    let now = clock.clone();
    let slack =
        office_with(SlackOptions { now: Arc::new(move || *now.lock().expect("a clock")), ..SlackOptions::default() }).await;
    let mut heard = bot(&slack, |_| Value::Null).await;
    let ana = slack.person("ana");
    ana.types("dba", "/rds").await;
    let late = heard.recv().await.expect("a command")["trigger_id"].clone();
    *clock.lock().expect("a clock") += SignedDuration::from_secs(4);
    assert_eq!(call(&slack, "views.open", json!({"trigger_id": late, "view": form()})).await["error"], "expired_trigger_id");
    ana.types("dba", "/rds").await;
    let trigger = heard.recv().await.expect("a command")["trigger_id"].clone();
    let view = call(&slack, "views.open", json!({"trigger_id": trigger, "view": form()})).await["view"].clone();
    ana.fills("Why", "because").await;
    let mut changed = form();
    changed["title"]["text"] = "Upgrade 2".into();
    let update = json!({"view_id": view["id"], "hash": "old", "view": changed});
    assert_eq!(call(&slack, "views.update", update.clone()).await["error"], "hash_conflict");
    let update = json!({"view_id": view["id"], "hash": view["hash"], "view": changed});
    assert_eq!(call(&slack, "views.update", update).await["ok"], true);
    let form = ana.sees_form_with("Upgrade 2").await;
    assert_eq!(form.field("Why").value, "because", "what was entered stays");
    ana.dismisses().await;
    assert!(ana.form().is_none());
}

#[tokio::test]
#[should_panic(expected = "nothing in #dba says \"never said\"; unread there:\n#dba: something else")]
async fn expecting_what_is_never_said_fails_and_says_what_was() {
    let slack = office_with(SlackOptions { patience: std::time::Duration::from_millis(50), ..SlackOptions::default() }).await;
    post(&slack, json!({"text": "something else"})).await;
    slack.channel("dba").expect("never said").await;
}

#[tokio::test]
async fn direct_messages_are_told_and_read() {
    let slack = office().await;
    let mut heard = bot(&slack, |_| Value::Null).await;
    let ana = slack.person("ana");
    ana.types("@watchkeeper", "help").await;
    let event = heard.recv().await.expect("a message")["event"].clone();
    assert_eq!((&event["channel_type"], &event["text"]), (&json!("im"), &json!("help")));
    let answer = call(&slack, "chat.postMessage", json!({"channel": ana.id(), "text": "gladly"})).await;
    assert_eq!(answer["channel"], event["channel"]);
    ana.expect("gladly").await;
    assert!(slack.unread().is_empty());
    let echo = heard.recv().await.expect("the bot's own message")["event"].clone();
    assert_eq!((&echo["bot_id"], &echo["text"]), (&json!("B0000000001"), &json!("gladly")));
    call(&slack, "chat.update", json!({"channel": answer["channel"], "ts": answer["ts"], "text": "at once"})).await;
    let change = heard.recv().await.expect("the edit")["event"].clone();
    assert_eq!((&change["subtype"], &change["message"]["text"]), (&json!("message_changed"), &json!("at once")));
}

#[tokio::test]
async fn mentions_reach_the_bot_marked_up() {
    let slack = office().await;
    let mut heard = bot(&slack, |_| Value::Null).await;
    slack.person("ana").types("dba", "@watchkeeper, tell @ben. In #dba, please: a < b").await;
    let event = heard.recv().await.expect("a mention")["event"].clone();
    let (bot, ben, dba) = (slack.bot_user(), slack.person("ben").id().to_owned(), slack.channel("dba").id().to_owned());
    assert_eq!(event["text"], format!("<@{bot}>, tell <@{ben}>. In <#{dba}|dba>, please: a &lt; b"));
}
