//! What the targets share: sources to decode for, and what must hold of every signal whatever came in.

use commands::records::{Severity, Signal};
use jiff::Timestamp;
use watchkeeper::secret::Secret;
use watchkeeper::sources::{Decoded, Kind, Proof, Said, Source};

/// When everything comes in.
pub const NOW: Timestamp = Timestamp::constant(1_795_600_000, 0);
/// Who says what comes through AWS.
pub const SAID: Said<'static> = Said { by: "fuzz", severity: Severity::Warning, now: NOW };

/// What a source shows to be let in; decoders do not look at it.
pub fn proof() -> Proof {
    Proof::Bearer(Secret::new(""))
}

/// A source of a kind.
pub fn source(kind: Kind) -> Source {
    Source { name: "fuzz".to_owned(), kind, project: None, severity: Severity::Warning }
}

/// Checks what was made of a body.
pub fn check(decoded: Decoded) {
    decoded.signals.iter().for_each(fits);
    for malformed in &decoded.malformed {
        assert!(!malformed.at.is_empty() && !malformed.words.is_empty(), "{malformed:?}");
    }
}

/// Checks that a record can keep a signal as it is.
pub fn fits(signal: &Signal) {
    let letters = |text: &str| text.chars().count();
    let one_line = |text: &str, most| letters(text) <= most && !text.chars().any(char::is_control);
    assert!(one_line(&signal.title, 200) && !signal.title.is_empty(), "{signal:?}");
    assert!(letters(&signal.summary) <= 2_000, "{signal:?}");
    assert!((1..=128).contains(&signal.fingerprint.len()) && signal.fingerprint.is_ascii(), "{signal:?}");
    assert!(signal.labels.len() <= 40 && signal.links.len() <= 5, "{signal:?}");
    assert!(signal.labels.iter().all(|(name, value)| one_line(name, 100) && one_line(value, 500)), "{signal:?}");
    assert!(signal.links.iter().all(|link| link.url.starts_with("http") && letters(&link.url) <= 2_000), "{signal:?}");
    assert!(signal.since <= NOW && signal.as_of.is_none_or(|told| told <= NOW), "{signal:?}");
    assert!(signal.account.as_ref().is_none_or(|id| id.len() == 12), "{signal:?}");
}
