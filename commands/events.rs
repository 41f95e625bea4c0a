//! What AWS's EventBridge says through a queue. To watches an event only says where to look: the world is asked. Alerts are made
//! of what it says, by whoever knows its kind.

use aws_sdk_sqs::Client;
use serde_json::Value;

use crate::aws::{Aws, Caller, Place};
use crate::context::EventQueue;
use crate::error::Result;

/// The capability whose role reads the queue.
pub const CAPABILITY: &str = "events";
/// How long AWS holds the line while a queue is empty, in seconds; the most it allows.
const HOLDS: i32 = 20;
/// How many messages AWS gives at once; the most it allows.
const AT_ONCE: i32 = 10;

/// What an event is about ("Amazon EventBridge events", the envelope that all events share).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Where it comes from: `aws.ecs`.
    pub source: String,
    /// What it tells: `ECS Deployment State Change`.
    pub about: String,
    /// The account it happened in, twelve digits.
    pub account: String,
    /// The region it happened in.
    pub region: String,
    /// The whole of it, as EventBridge wrote it: an object.
    pub whole: Value,
}

/// A message of a queue.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The event in it; none where it is no event, or one that can't be read.
    pub event: Option<Event>,
    /// AWS's number for the message.
    pub id: String,
    receipt: String,
}

/// Waits for the next messages of a queue, up to twenty seconds; none came if it gives none.
///
/// # Errors
/// What AWS said.
pub async fn hear(aws: &Aws, queue: &EventQueue, caller: &Caller) -> Result<Vec<Heard>> {
    let session = aws.session(caller, place(queue)).await?;
    let call = Client::new(&session.patient())
        .receive_message()
        .queue_url(&queue.url)
        .max_number_of_messages(AT_ONCE)
        .wait_time_seconds(HOLDS)
        .send();
    let answer = session.read_alone("sqs:ReceiveMessage", call).await;
    let answer = answer.map_err(|fault| fault.error("listening to the queue of events"))?;
    let heard = |message: aws_sdk_sqs::types::Message| {
        let event = message.body.as_deref().and_then(read);
        Some(Heard { event, id: message.message_id.unwrap_or_default(), receipt: message.receipt_handle? })
    };
    Ok(answer.messages.unwrap_or_default().into_iter().filter_map(heard).collect())
}

/// Takes a message that was heard off its queue. One that stays there is heard again, which does no harm.
///
/// # Errors
/// What AWS said.
pub async fn forget(aws: &Aws, queue: &EventQueue, caller: &Caller, heard: &Heard) -> Result<()> {
    let session = aws.session(caller, place(queue)).await?;
    let call = Client::new(&session.reading()).delete_message().queue_url(&queue.url).receipt_handle(&heard.receipt).send();
    session.read_alone("sqs:DeleteMessage", call).await.map_err(|fault| fault.error("taking an event off its queue"))?;
    Ok(())
}

fn place(queue: &EventQueue) -> Place<'_> {
    Place { capability: CAPABILITY, account: &queue.home, region: queue.region() }
}

/// The event in a message: as EventBridge puts it there, or wrapped by SNS on its way.
pub fn read(body: &str) -> Option<Event> {
    let value: Value = serde_json::from_str(body).ok()?;
    if let Some(inner) = value.get("Message").and_then(Value::as_str) {
        return envelope(serde_json::from_str(inner).ok()?);
    }
    envelope(value)
}

fn envelope(whole: Value) -> Option<Event> {
    let text = |name: &str| whole.get(name).and_then(Value::as_str).map(str::to_owned);
    let (source, about, account, region) = (text("source")?, text("detail-type")?, text("account")?, text("region")?);
    Some(Event { source, about, account, region, whole })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_role_may_do_what_is_called_and_no_more() {
        let is_call = |literal: &&str| literal.split_once(':').is_some_and(|(service, _)| service == "sqs");
        let called: BTreeSet<&str> = include_str!("events.rs").split('"').filter(is_call).collect();
        let policy: Value = serde_json::from_str(include_str!("../config/iam/events.json")).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        let allowed = statements.iter().flat_map(|statement| statement["Action"].as_array().unwrap());
        assert_eq!(allowed.filter_map(Value::as_str).collect::<BTreeSet<_>>(), called);
    }

    #[test]
    fn an_event_is_read_as_it_comes_and_through_sns() {
        let plain = r#"{"version":"0","source":"aws.ecs","detail-type":"ECS Task State Change","account":"111122223333",
            "region":"eu-west-1","detail":{}}"#;
        let event = read(plain).unwrap();
        assert_eq!((event.source.as_str(), event.account.as_str()), ("aws.ecs", "111122223333"));
        let wrapped = serde_json::json!({ "Type": "Notification", "Message": plain }).to_string();
        assert_eq!(read(&wrapped), Some(event));
        for nothing in ["", "hello", "{}", r#"{"Message":"hello"}"#, r#"{"source":"aws.ecs"}"#] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
    }
}
