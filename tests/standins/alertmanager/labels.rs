//! Labels, the fingerprint of a set of them, and the filters of the API.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// Labels of pairs: `labels(&[("alertname", "HighErrorRate")])`.
#[must_use]
pub fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The fingerprint of a set of labels as Prometheus makes it: 64-bit FNV-1a over names and values in order, each followed by
/// the byte 255 (`model.LabelSet.Fingerprint`).
#[must_use]
pub fn fingerprint(labels: &Labels) -> String {
    let mut sum: u64 = 0xcbf2_9ce4_8422_2325;
    for (name, value) in labels {
        for byte in name.bytes().chain([255]).chain(value.bytes()).chain([255]) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{sum:016x}")
}

/// One matcher of a silence, as the API writes it. Regular expressions are not known here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Matcher {
    /// The label's name.
    pub name: String,
    /// What its value is compared with.
    pub value: String,
    /// Whether the value is a regular expression.
    pub is_regex: bool,
    /// Whether it must be equal, rather than different.
    #[serde(default = "yes")]
    pub is_equal: bool,
}

fn yes() -> bool {
    true
}

impl Matcher {
    /// Whether labels are what it says; a missing label is an empty one.
    #[must_use]
    pub fn fits(&self, labels: &Labels) -> bool {
        (labels.get(&self.name).map_or("", String::as_str) == self.value) == self.is_equal
    }

    /// Whether its name is one that a label may have (before Alertmanager 0.27).
    pub(super) fn has_valid_name(&self) -> bool {
        let mut letters = self.name.chars();
        letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    }

    /// Reads a filter such as `alertname="HighErrorRate"`, with Go's escapes for quotes, backslashes and line ends.
    pub(super) fn of_filter(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('=')?;
        let (name, is_equal) = name.strip_suffix('!').map_or((name, true), |name| (name, false));
        let quoted = rest.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))?;
        let mut value = String::new();
        let mut letters = quoted.chars();
        while let Some(letter) = letters.next() {
            value.push(match letter {
                '\\' => match letters.next()? {
                    'n' => '\n',
                    same @ ('"' | '\\') => same,
                    _ => return None,
                },
                '"' => return None,
                other => other,
            });
        }
        let matcher = Self { name: name.trim().to_owned(), value, is_regex: false, is_equal };
        matcher.has_valid_name().then_some(matcher)
    }
}
