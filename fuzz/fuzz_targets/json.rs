//! Any bytes as JSON with a field map.
#![no_main]

use std::sync::LazyLock;

use fuzz::{NOW, check, proof, source};
use libfuzzer_sys::fuzz_target;
use watchkeeper::sources::json::{Fields, Pointer};
use watchkeeper::sources::{Kind, Source};

/// Short pointers, so that the fuzzer soon finds what stands behind them.
static SOURCE: LazyLock<Source> = LazyLock::new(|| {
    let at = |path: &str| path.parse::<Pointer>().ok();
    let fields = Fields {
        alerts: at("/a"),
        title: at("/t").unwrap_or_default(),
        state: at("/s"),
        fingerprint: at("/f"),
        severity: at("/v"),
        since: at("/w"),
        summary: at("/x"),
        resource: at("/r/0"),
        labels: at("/l"),
        graph: at("/g"),
        links: at("/u").map(|pointer| ("Link".to_owned(), pointer)).into_iter().collect(),
        ..Fields::default()
    };
    source(Kind::Json { proof: proof(), fields: Box::new(fields) })
});

fuzz_target!(|body: &[u8]| check(SOURCE.decode(body, NOW)));
