//! Messages: their own limits, and those of what is in them (API reference "Message", "Create Message").

use serde_json::Value;

use super::{components, embeds, report::Report};

/// What sort of body a message comes in; they know different keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Body {
    /// `POST /channels/…/messages`.
    New,
    /// An edit of a message.
    Edit,
    /// The data of an interaction's callback, or a follow-up.
    Answer,
}

const NEW: &[&str] = &[
    "content",
    "nonce",
    "tts",
    "embeds",
    "allowed_mentions",
    "message_reference",
    "components",
    "sticker_ids",
    "attachments",
    "flags",
    "enforce_nonce",
    "poll",
];
const EDIT: &[&str] = &["content", "embeds", "flags", "allowed_mentions", "components", "attachments"];
const ANSWER: &[&str] = &["tts", "content", "embeds", "allowed_mentions", "flags", "components", "attachments", "poll"];

/// Checks a message; `files` is how many came with it.
pub(in super::super) fn check_message(body: &Value, kind: Body, files: usize) -> Report {
    let mut report = Report::default();
    let known = match kind {
        Body::New => NEW,
        Body::Edit => EDIT,
        Body::Answer => ANSWER,
    };
    report.keys(body, "", known);
    report.text(body, "", "content", 0, 2_000);
    embeds::check(&mut report, body);
    components::check(&mut report, body);
    match &body["nonce"] {
        Value::Null => {}
        Value::String(nonce) => report.length("nonce", nonce.chars().count(), 0, 25),
        Value::Number(_) => {}
        _ => report.say("nonce", "NONCE_TYPE", "Could not interpret as nonce."),
    }
    mentions(&mut report, &body["allowed_mentions"]);
    let attachments = report.list(body, "", "attachments", 0, 10);
    for (at, attachment) in attachments.iter().enumerate() {
        let at = format!("attachments/{at}");
        report.keys(attachment, &at, &["id", "filename", "description", "title", "duration_secs", "waveform", "is_remix"]);
        report.text(attachment, &at, "description", 0, 1_024);
    }
    report.length("files", files, 0, 10);
    report.keys(
        &body["message_reference"],
        "message_reference",
        &["type", "message_id", "channel_id", "guild_id", "fail_if_not_exists"],
    );
    report
}

fn mentions(report: &mut Report, allowed: &Value) {
    let at = "allowed_mentions";
    report.keys(allowed, at, &["parse", "roles", "users", "replied_user"]);
    let parse = report.list(allowed, at, "parse", 0, 3);
    for (number, kind) in parse.iter().enumerate() {
        if !["roles", "users", "everyone"].iter().any(|known| kind == known) {
            let choices = "Value must be one of ('users', 'everyone', 'roles').";
            report.say(&format!("{at}/parse/{number}"), "BASE_TYPE_CHOICES", choices);
        }
    }
    for kind in ["users", "roles"] {
        let listed = report.list(allowed, at, kind, 0, 100);
        if !listed.is_empty() && parse.iter().any(|one| one == kind) {
            let exclusive = format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive.");
            report.say(at, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", exclusive);
        }
    }
}
