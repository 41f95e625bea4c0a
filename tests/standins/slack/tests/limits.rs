use serde_json::json;

use super::{call, office, post};

#[tokio::test]
async fn a_message_that_breaks_block_kit_is_refused_and_noted() {
    let slack = office().await;
    let blocks = json!([{"type": "header", "text": {"type": "plain_text", "text": "x".repeat(151)}}]);
    let answer = call(&slack, "chat.postMessage", json!({"channel": slack.channel("dba").id(), "blocks": blocks})).await;
    assert_eq!(answer["error"], "invalid_blocks");
    let expected = "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]";
    assert_eq!(answer["response_metadata"]["messages"][0], expected);
    assert!(slack.violations()[0].contains(expected));
}

#[tokio::test]
async fn a_live_broadcast_is_noted_and_an_escaped_one_is_not() {
    let slack = office().await;
    post(&slack, json!({"text": "&lt;!channel&gt; is a tag"})).await;
    assert!(slack.violations().is_empty());
    post(&slack, json!({"text": "<!channel> is not"})).await;
    assert_eq!(slack.take_violations().len(), 1);
}
