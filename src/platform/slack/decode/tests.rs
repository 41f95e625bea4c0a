use proptest::prelude::*;
use serde_json::json;

use super::*;

fn decoder() -> Decoder<'static> {
    Decoder { prefix: "/wk-", me: Some("UB"), now: "2026-11-25T10:00:00Z".parse().unwrap() }
}

fn invocation(outcome: Outcome) -> Invocation {
    match outcome {
        Ok(Decoded::Delivery(delivery)) => match delivery.event {
            Event::Asked(invocation) => invocation,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn way(reply: &Target) -> (Way, bool) {
    let Target::Only { handle, .. } = reply else { panic!("{reply:?}") };
    (Way::of(handle.as_ref(), decoder().now), handle.as_ref().is_some_and(|handle| handle.replaces))
}

fn slash() -> Value {
    json!({
        "command": "/wk-rds", "text": "upgrade <@U2|ann> &lt;x", "user_id": "U1", "channel_id": "C1",
        "trigger_id": "1.2", "response_url": "https://hooks.slack.com/commands/1",
    })
}

fn event(event: Value) -> Value {
    json!({ "type": "event_callback", "event": event, "event_id": "Ev1" })
}

fn pressed() -> Value {
    json!({
        "type": "block_actions", "user": { "id": "U1" }, "trigger_id": "3.4", "channel": { "id": "C1" },
        "container": { "type": "message", "message_ts": "1.1", "thread_ts": "1.0" }, "response_url": "https://hooks.slack.com/a",
        "actions": [{ "action_id": "swap.1", "value": "rds list --page 2", "action_ts": "9.9" }],
    })
}

fn view() -> Value {
    let carry = Carry { command: "rds upgrade".into(), place: place("C1", None), reply: Target::Direct { account: "U1".into() } };
    json!({
        "id": "V1", "hash": "h", "callback_id": "command", "private_metadata": json!(carry).to_string(),
        "state": { "values": {
            "database": { "value": { "type": "external_select", "selected_option": { "value": "orders", "text": {} } } },
            "to": { "value": { "type": "plain_text_input", "value": "8.0.40" } },
            "at": { "value": { "type": "plain_text_input", "value": null } },
            "window": { "value": { "type": "checkboxes", "selected_options": [{ "value": "true" }] } },
            "share": { "value": { "type": "checkboxes", "selected_options": [] } },
        } },
    })
}

#[test]
fn a_slash_command_is_a_line() {
    let asked = invocation(decoder().command(&slash()));
    assert_eq!(asked.line, "rds upgrade @slack:U2 <x");
    assert_eq!((asked.once.as_str(), asked.ticket.as_deref()), ("slack/cmd/1.2", Some("1.2")));
    assert_eq!(asked.place, place("C1", None));
    assert_eq!(way(&asked.reply), (Way { url: Some("https://hooks.slack.com/commands/1".into()), thread: None }, false));
    let mut other = slash();
    other["command"] = "/rds".into();
    other["text"] = Value::Null;
    assert_eq!(invocation(decoder().command(&other)).line, "rds");
}

#[test]
fn mentions_and_direct_messages_are_lines_and_redeliveries_are_the_same() {
    let mention = json!({ "type": "app_mention", "user": "U1", "channel": "C1", "ts": "5.5", "thread_ts": "5.0", "text": "<@UB> rds list" });
    let asked = invocation(decoder().event(&event(mention)));
    assert_eq!((asked.line.as_str(), asked.once.as_str()), ("rds list", "slack/evt/C1/5.5/U1"));
    assert_eq!(way(&asked.reply), (Way { url: None, thread: Some("5.0".into()) }, false));
    let direct = json!({ "type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "ts": "5.5", "text": "can <@U2> rds list" });
    let asked = invocation(decoder().event(&event(direct.clone())));
    assert_eq!(asked.line, "can @slack:U2 rds list");
    assert_eq!(asked.reply, Target::Channel { channel: "D1".into(), thread: None });
    for (key, value) in [("subtype", "message_changed"), ("bot_id", "B1"), ("user", "UB"), ("channel_type", "channel")] {
        let mut other = direct.clone();
        other[key] = value.into();
        assert!(matches!(decoder().event(&event(other)), Ok(Decoded::Ignored)), "{key}");
    }
}

#[test]
fn a_button_is_the_line_it_stands_for() {
    let asked = invocation(decoder().interaction(&pressed()));
    assert_eq!((asked.line.as_str(), asked.once.as_str()), ("rds list --page 2", "slack/act/3.4"));
    assert_eq!(asked.place, place("C1", Some("1.0".into())));
    let (way, replaces) = way(&asked.reply);
    assert!(replaces && way.thread.as_deref() == Some("1.0"));
    let mut late = pressed();
    late["trigger_id"] = Value::Null;
    assert_eq!(invocation(decoder().interaction(&late)).once, "slack/act/9.9/U1");
    let mut other = pressed();
    other["actions"][0]["action_id"] = "else".into();
    assert!(matches!(decoder().interaction(&other), Ok(Decoded::Ignored)));
}

#[test]
fn a_form_brings_what_it_carried_and_what_was_given() {
    let submitted =
        |view: Value| match decoder().interaction(&json!({ "type": "view_submission", "user": { "id": "U1" }, "view": view })) {
            Ok(Decoded::Delivery(delivery)) => match delivery.event {
                Event::Submitted(submission) => submission,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
    let first = submitted(view());
    assert_eq!(Value::from(first.given.clone()), json!({ "database": "orders", "to": "8.0.40", "window": true }));
    assert_eq!((first.carry.command.as_str(), &first.carry.reply), ("rds upgrade", &Target::Direct { account: "U1".into() }));
    assert!(first.once.starts_with("slack/view/V1/h/"));
    assert_eq!(submitted(view()).once, first.once);
    let mut mended = view();
    mended["state"]["values"]["to"]["value"]["value"] = "8.0.41".into();
    assert_ne!(submitted(mended).once, first.once);
}

#[test]
fn typing_knows_its_command_and_the_other_fields() {
    let payload = json!({ "type": "block_suggestion", "user": { "id": "U1" }, "block_id": "to", "value": "8.", "view": view() });
    let Ok(Decoded::Delivery(delivery)) = decoder().interaction(&payload) else { panic!() };
    let Event::Typing(typing) = delivery.event else { panic!() };
    assert_eq!((typing.command.as_str(), typing.arg.as_str(), typing.typed.as_str()), ("rds upgrade", "to", "8."));
    assert_eq!(typing.given["database"], "orders");
}

#[test]
fn a_reaction_points_at_its_message() {
    let reaction = json!({ "type": "reaction_removed", "user": "U1", "reaction": "x", "item": { "type": "message", "channel": "C1", "ts": "7.7" } });
    let Ok(Decoded::Delivery(delivery)) = decoder().event(&event(reaction)) else { panic!() };
    let Event::Nudged(at) = delivery.event else { panic!() };
    assert_eq!((at.channel.as_str(), at.message.as_str()), ("C1", "7.7"));
}

#[test]
fn the_unknown_is_named() {
    assert!(
        matches!(decoder().event(&event(json!({ "type": "app_home_opened" }))), Ok(Decoded::Unknown(kind)) if kind == "event app_home_opened")
    );
    assert!(matches!(decoder().interaction(&json!({ "type": "shortcut" })), Ok(Decoded::Unknown(_))));
    assert!(matches!(decoder().interaction(&json!({ "type": "view_closed" })), Ok(Decoded::Ignored)));
    assert_eq!(decoder().command(&json!({})).unwrap_err(), Malformed("command"));
}

/// Takes away, or changes the type of, the value that `nth` points at.
fn spoil(value: &mut Value, nth: &mut usize, with: &Value) {
    if *nth == 0 {
        *value = with.clone();
    }
    *nth = nth.wrapping_sub(1);
    match value {
        Value::Object(object) => object.values_mut().for_each(|value| spoil(value, nth, with)),
        Value::Array(list) => list.iter_mut().for_each(|value| spoil(value, nth, with)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_shape_panics(nth in 0..40_usize, which in 0..5_usize, with in 0..6_usize) {
        let with = [Value::Null, json!(""), json!(7), json!([]), json!({}), json!("x")][with].clone();
        let mention = event(json!({ "type": "app_mention", "user": "U1", "channel": "C1", "ts": "5.5", "text": "<@UB> rds list" }));
        let submission = json!({ "type": "view_submission", "user": { "id": "U1" }, "view": view() });
        let suggestion = json!({ "type": "block_suggestion", "user": { "id": "U1" }, "block_id": "to", "value": "8.", "view": view() });
        let mut payload = [slash(), pressed(), submission, suggestion, mention][which].clone();
        spoil(&mut payload, &mut nth.clone(), &with);
        let _ = (decoder().command(&payload), decoder().interaction(&payload), decoder().event(&payload));
    }
}
