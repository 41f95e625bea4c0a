//! Any JSON as the details of each kind of event that can be an alert.
#![no_main]

use fuzz::{SAID, fits};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use watchkeeper::sources::eventbridge;

const KINDS: [&str; 6] = [
    "CloudWatch Alarm State Change",
    "ECS Deployment State Change",
    "ECS Service Action",
    "RDS DB Instance Event",
    "CodeDeploy Deployment State-change Notification",
    "AWS Health Event",
];

fuzz_target!(|input: (u8, &str, &[u8])| {
    let (kind, resource, body) = input;
    let Ok(detail) = serde_json::from_slice::<Value>(body) else { return };
    let event = json!({
        "detail-type": KINDS[usize::from(kind) % KINDS.len()], "source": "aws.fuzz", "account": "111122223333",
        "region": "eu-west-1", "time": "2026-11-25T10:00:00Z", "resources": [resource], "detail": detail,
    });
    if let Ok(Some(signal)) = eventbridge::decode(&event, SAID) {
        fits(&signal);
    }
});
