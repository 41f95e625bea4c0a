//! Any bytes as the webhook of Grafana.
#![no_main]

use fuzz::{NOW, check, proof, source};
use libfuzzer_sys::fuzz_target;
use watchkeeper::sources::Kind;

fuzz_target!(|body: &[u8]| {
    check(source(Kind::Grafana { proof: proof() }).decode(body, NOW));
});
