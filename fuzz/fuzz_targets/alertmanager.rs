//! Any bytes as the webhook of Alertmanager.
#![no_main]

use fuzz::{NOW, check, proof, source};
use libfuzzer_sys::fuzz_target;
use watchkeeper::sources::Kind;

fuzz_target!(|body: &[u8]| {
    check(source(Kind::Alertmanager { proof: proof(), api: None }).decode(body, NOW));
});
