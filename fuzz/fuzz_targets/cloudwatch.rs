//! Any text as the message in a notification of SNS: an alarm, an event, or words.
#![no_main]

use fuzz::{SAID, check};
use libfuzzer_sys::fuzz_target;
use watchkeeper::sources::sns::{Envelope, EnvelopeKind, Signed};

fuzz_target!(|message: &str| {
    let signed = Signed { version: "2".to_owned(), signature: String::new(), certificate: String::new() };
    let envelope = Envelope {
        kind: EnvelopeKind::Notification,
        topic: "arn:aws:sns:eu-west-1:111122223333:alarms".to_owned(),
        id: "1".to_owned(),
        subject: None,
        message: message.to_owned(),
        timestamp: "2026-11-25T10:00:00.000Z".to_owned(),
        signed,
    };
    let decoded = envelope.decode(SAID);
    assert!(decoded.signals.len() + decoded.malformed.len() <= 1);
    check(decoded);
});
