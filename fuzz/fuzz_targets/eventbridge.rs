//! Any JSON as an event of EventBridge.
#![no_main]

use fuzz::{SAID, fits};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use watchkeeper::sources::eventbridge;

fuzz_target!(|body: &[u8]| {
    let Ok(event) = serde_json::from_slice::<Value>(body) else { return };
    if let Ok(Some(signal)) = eventbridge::decode(&event, SAID) {
        fits(&signal);
    }
});
