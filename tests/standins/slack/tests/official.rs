//! Slack's official clients against the stand-in. Where the packages cannot be had these tests say that they did not run.

use std::{io::BufRead, process::Stdio};

use serde_json::{Value, json};

use super::{office, post, quiet};
use crate::slack::{
    DisconnectReason, Signing, Slack, Submitted, Transport,
    official::{Judge, SignedRequest},
    sign,
};

fn judge() -> Option<Judge> {
    Judge::summon().inspect_err(|why| eprintln!("NOT RUN: Slack's Python packages cannot be had: {why}")).ok()
}

/// The bot of `official/bolt_bot.py`, which ends with this value.
struct Bolt {
    child: std::process::Child,
    ready: String,
}

impl Bolt {
    fn start(judge: &Judge, slack: &Slack, mode: &str) -> Self {
        let mut script = judge.script("bolt_bot.py");
        script.args([mode, &slack.api_url(), slack.bot_token(), slack.app_token(), slack.signing_secret()]);
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
        let mut ready = String::new();
        std::io::BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut ready).expect("a line");
        Self { child, ready: ready.trim().into() }
    }
}

impl Drop for Bolt {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("the bot ends with its standard input");
    }
}

/// Everything a bot does, as people see it.
async fn conversation(slack: &Slack) {
    let (ana, ben, dba) = (slack.person("ana"), slack.person("ben"), slack.channel("dba"));
    ana.types("dba", "/rds list").await;
    ana.expect("Looking…").await;
    dba.expect("1 database").await;

    ana.types("dba", "/rds upgrade").await;
    ana.sees_form().await;
    assert_eq!(ana.offered_for("Database", "").await, ["billing", "orders"]);
    ana.picks("Database", "ord").await;
    let Submitted::Errors(errors) = ana.submits().await else { panic!("the bot wants a reason") };
    assert_eq!((errors[0].label.as_str(), errors[0].text.as_str()), ("Why", "Please say why."));
    ana.fills("Why", "end of support").await;
    assert_eq!(ana.submits().await, Submitted::Closed);
    let card = dba.expect("orders: @ana says end of support").await;

    ben.reacts("white_check_mark", &card).await;
    let votes = dba.expect("1 so far").await;
    assert_eq!(votes.thread_ts.as_ref(), Some(&card.ts));
    ben.clicks(&card, "Approve").await;
    dba.expect("Approved by ben@example.com").await;
    ben.expect("Thank you for CHG-1").await;

    let asked = ana.types("dba", "@watchkeeper hello").await;
    assert_eq!(dba.expect("Hello @ana").await.thread_ts.as_ref(), Some(&asked.message().ts));
    ana.types("@watchkeeper", "a & b").await;
    ana.expect("You said a & b").await;
    ana.types("dba", "/rds report").await;
    dba.expect("(file: rows.csv)").await;
    ana.opens_home().await;
    assert_eq!(ana.sees_home().await, "Your changes");
    assert_eq!(slack.unread(), Vec::<String>::new());
    quiet(slack);
}

#[tokio::test(flavor = "multi_thread")]
async fn bolt_holds_a_conversation_in_socket_mode() {
    let Some(judge) = judge() else { return };
    let slack = office().await;
    let _bolt = Bolt::start(&judge, &slack, "socket");
    slack.connected(1).await;
    conversation(&slack).await;
    let socket = &slack.open_sockets()[0];
    socket.sends_malformed();
    slack.person("ana").types("dba", "/rds list").await;
    slack.channel("dba").expect("1 database").await;
    socket.disconnect(DisconnectReason::RefreshRequested);
    slack.connected(1).await;
    slack.person("ana").types("dba", "/rds list").await;
    slack.channel("dba").expect("1 database").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bolt_holds_a_conversation_over_http() {
    let Some(judge) = judge() else { return };
    let slack = office().await;
    let bolt = Bolt::start(&judge, &slack, "http");
    let url = format!("http://127.0.0.1:{}", bolt.ready);
    slack.use_transport(Transport::Http(url.clone()));
    conversation(&slack).await;
    let challenge = slack.verify_url(&url, "3eZbrw1a").await.expect("an answer");
    assert!(challenge.body.contains("3eZbrw1a"));
    for signing in [Signing::WrongSecret, Signing::Stale, Signing::Missing] {
        let answer = slack.send_raw(&url, "application/json", b"{}".to_vec(), signing).await.expect("an answer");
        assert_eq!(answer.status, 401, "{signing:?}");
    }
}

#[test]
fn the_sdk_agrees_with_our_signatures() {
    let Some(judge) = judge() else { return };
    let (secret, timestamp, body) = ("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", "payload=%7B%7D&text=größer");
    let signature = sign(secret, timestamp, body.as_bytes());
    let right = SignedRequest { secret, timestamp, body, signature: &signature };
    assert_eq!(judge.verify_signature(&right), Ok(()));
    assert!(judge.verify_signature(&SignedRequest { body: "other", ..right }).is_err());
}

#[tokio::test]
async fn the_sdk_judges_messages() {
    let Some(judge) = judge() else { return };
    let slack = office().await;
    let plain = |text: &str| json!({"type": "plain_text", "text": text});
    let confirm = json!({"title": plain("Sure?"), "text": plain("Really?"), "confirm": plain("Yes"), "deny": plain("No")});
    let good = json!([
        {"type": "header", "text": {"type": "plain_text", "text": "CHG-1", "emoji": true}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}, "fields": [{"type": "mrkdwn", "text": "a"}]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]], "column_settings": [{"align": "right"}]},
        {"type": "actions", "elements": [
            {"type": "button", "action_id": "go", "style": "danger", "text": plain("Go"), "confirm": confirm},
        ]},
    ]);
    post(&slack, json!({"text": "card", "blocks": good})).await;
    let bodies: Vec<Value> = slack.bot_messages().iter().map(|message| message.body()).collect();
    assert_eq!(judge.validate_blocks(bodies), Ok(()));
    for bad in [
        json!({"type": "cats"}),
        json!({"type": "header", "text": plain(&"x".repeat(151))}),
        json!({"type": "divider", "colour": "red"}),
    ] {
        let verdict = judge.validate_blocks(vec![json!({"blocks": [bad]})]);
        assert!(verdict.is_err(), "{bad}");
    }
}
