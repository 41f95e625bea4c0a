//! Slack's request signature, see "Verifying requests from Slack".

use ring::hmac;

/// `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{body}` in hexadecimal. The timestamp is in seconds.
#[must_use]
pub fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("v0:{timestamp}:").as_bytes());
    context.update(body);
    let tag = context.sign();
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={hex}")
}
