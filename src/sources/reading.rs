//! Reading what a source posted: as forgiving as it can be without guessing, and what can't be used is named by its place.

use std::collections::BTreeMap;

use commands::records::Signal;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What a body held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// What can be kept. One bad alert never costs the good ones that came with it.
    pub signals: Vec<Signal>,
    /// What can't be used.
    pub malformed: Vec<Malformed>,
    /// How many alerts the source left out of what it sent, as far as it says.
    pub left_out: u64,
}

/// Something that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {words}")]
pub struct Malformed {
    /// Where it stands: `alerts[2].status`; `body` for the whole.
    pub at: String,
    /// What is wrong with it.
    pub words: String,
}

impl Malformed {
    /// Something wrong at a place.
    pub fn at(at: impl Into<String>, words: impl Into<String>) -> Self {
        let at = Some(at.into()).filter(|at| !at.is_empty());
        Self { at: at.unwrap_or_else(|| "body".to_owned()), words: words.into() }
    }

    /// Something else was expected at a place.
    pub fn expected(at: impl Into<String>, expected: &str, found: Option<&Value>) -> Self {
        let words = match found.filter(|value| !value.is_null()) {
            None => format!("expected {expected}, and there is nothing"),
            Some(value) => format!("expected {expected}, found {}", shown(value)),
        };
        Self::at(at, words)
    }
}

impl From<Malformed> for Decoded {
    fn from(malformed: Malformed) -> Self {
        Self { malformed: vec![malformed], ..Self::default() }
    }
}

impl Decoded {
    /// Adds what one alert of a body gave: a signal, nothing worth keeping, or why it can't be used.
    pub(super) fn add(&mut self, one: Result<Option<Signal>, Malformed>) {
        match one {
            Ok(signal) => self.signals.extend(signal),
            Err(malformed) => self.malformed.push(malformed),
        }
    }
}

/// A body as JSON.
pub(super) fn json(body: &[u8]) -> Result<Value, Malformed> {
    let text = std::str::from_utf8(body)
        .map_err(|cause| Malformed::at("body", format!("it is not UTF-8 from byte {} on", cause.valid_up_to())))?;
    serde_json::from_str(text).map_err(|cause| Malformed::at("body", format!("it is not JSON: {cause}")))
}

/// The alerts under `alerts` of a webhook's object.
pub(super) fn alerts(body: &Value) -> Result<&Vec<Value>, Malformed> {
    let found = body.get("alerts");
    found.and_then(Value::as_array).ok_or_else(|| Malformed::expected("alerts", "a list of alerts", found))
}

/// One alert of a list, as an object.
pub(super) fn object<'v>(value: &'v Value, at: &str) -> Result<&'v Map<String, Value>, Malformed> {
    value.as_object().ok_or_else(|| Malformed::expected(at, "an object", Some(value)))
}

/// A value as a text; numbers and truths as they are written, lists and objects as JSON. None for null and empty texts.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        other => Some(other.to_string()),
    }
}

/// An object's values as texts; nulls as empty ones. Anything else holds none.
pub(super) fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs.map(|(name, value)| (name.clone(), text(value).unwrap_or_default())).collect()
}

/// Since when, as a source says it; `now` where it does not.
pub(super) fn since(said: Option<&Value>, now: Timestamp) -> Timestamp {
    time(said).unwrap_or(now)
}

/// A time as a source says it: RFC 3339 (also with `+0000`), RFC 2822, or seconds since 1970 or their thousandths. None where
/// that is no time, or Go's zero time, which means the same.
pub(super) fn time(said: Option<&Value>) -> Option<Timestamp> {
    let told = match said? {
        Value::String(text) => instant(text.trim()),
        Value::Number(number) => number.as_f64().and_then(epoch),
        _ => None,
    };
    told.filter(|at| *at > Timestamp::UNIX_EPOCH)
}

fn instant(text: &str) -> Option<Timestamp> {
    let mail = || jiff::fmt::rfc2822::parse(text).ok().map(|at| at.timestamp());
    text.parse().ok().or_else(|| epoch(text.parse().ok()?)).or_else(mail)
}

/// Seconds since 1970, or their thousandths: no alert began in the year 5138 or later.
fn epoch(number: f64) -> Option<Timestamp> {
    let seconds = if number.abs() < 1e11 { number } else { number / 1_000.0 };
    // Out of range, and what is no number, saturates to a time that is out of range.
    Timestamp::from_millisecond((seconds * 1_000.0) as i64).ok()
}

/// A value shown in a sentence: short, and never what may be a whole body.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => {
            let text = other.to_string();
            if text.chars().count() > 60 { text.chars().take(59).chain(['…']).collect() } else { text }
        }
    }
}

/// Any JSON, for properties of decoders.
#[cfg(test)]
pub(super) fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop_oneof![Just("firing"), Just("resolved"), Just("ALARM"), Just("OK")].prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map("[a-zA-Z]{0,9}", inner, 0..6)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_795_600_000, 0);

    #[test]
    fn times_are_read_as_sources_write_them() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        for (said, expected) in [
            (json!("2026-11-22T19:07:00.562034038Z"), at("2026-11-22T19:07:00.562034038Z")),
            (json!("2021-10-12T09:51:03.157076+02:00"), at("2021-10-12T07:51:03.157076Z")),
            (json!("2026-11-22T19:07:00.562+0000"), at("2026-11-22T19:07:00.562Z")),
            (json!(1_763_838_420), at("2025-11-22T19:07:00Z")),
            (json!(1_763_838_420_500_i64), at("2025-11-22T19:07:00.5Z")),
            (json!("Sun, 22 Nov 2026 19:07:00 GMT"), at("2026-11-22T19:07:00Z")),
            (json!("1763838420"), at("2025-11-22T19:07:00Z")),
            (json!("0001-01-01T00:00:00Z"), NOW),
            (json!("yesterday"), NOW),
            (json!(-1e300), NOW),
            (json!(null), NOW),
        ] {
            assert_eq!(since(Some(&said), NOW), expected, "{said}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_shortly() {
        let long = json!("x".repeat(1_000));
        let malformed = Malformed::expected("alerts[1].status", "a state", Some(&long)).to_string();
        assert!(malformed.starts_with("alerts[1].status: expected a state, found \"xxx") && malformed.len() < 120);
        assert_eq!(json(b"{\"a\":\"\xff\"}").unwrap_err().to_string(), "body: it is not UTF-8 from byte 6 on");
        assert_eq!(json(b"{").unwrap_err().to_string(), "body: it is not JSON: EOF while parsing an object at line 1 column 1");
    }
}
