//! Any bytes as what SNS posts.
#![no_main]

use fuzz::{NOW, check, source};
use libfuzzer_sys::fuzz_target;
use watchkeeper::sources::{Kind, Topics};

fuzz_target!(|body: &[u8]| {
    check(source(Kind::Sns(Topics { allowed: Vec::new(), roots: None })).decode(body, NOW));
});
