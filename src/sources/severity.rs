//! Every source's words for "it is wrong", "it is right again" and "how bad", mapped in one place.

use commands::records::{Condition, Severity};

/// What a source's word for a state means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is wrong.
    Firing,
    /// It is right again.
    Resolved,
    /// The source does not know: what was known stays.
    Unknown,
}

impl State {
    /// The condition to keep; none where the source does not know.
    pub fn condition(self) -> Option<Condition> {
        match self {
            Self::Firing => Some(Condition::Firing),
            Self::Resolved => Some(Condition::Resolved),
            Self::Unknown => None,
        }
    }
}

/// Reads a state, in any case: Alertmanager's and Grafana's `firing` and `resolved`, CloudWatch's `ALARM`, `OK` and
/// `INSUFFICIENT_DATA`, and the usual words of others. None for a word that is not known.
pub fn state(said: &str) -> Option<State> {
    match said.trim().to_ascii_lowercase().as_str() {
        "firing" | "alerting" | "alarm" | "alert" | "trigger" | "triggered" | "open" | "opened" | "new" | "active"
        | "problem" | "down" | "failing" | "failed" | "failure" | "error" | "critical" | "warning" | "unhealthy" => {
            Some(State::Firing)
        }
        "resolved" | "resolve" | "ok" | "okay" | "normal" | "closed" | "close" | "recovered" | "recovery" | "inactive" | "up"
        | "passing" | "success" | "healthy" => Some(State::Resolved),
        "insufficient_data" | "unknown" | "pending" | "no_data" | "nodata" => Some(State::Unknown),
        _ => None,
    }
}

/// Reads a severity, in any case. None for a word that is not known.
pub fn severity(said: &str) -> Option<Severity> {
    match said.trim().to_ascii_lowercase().as_str() {
        "critical" | "crit" | "fatal" | "emergency" | "emerg" | "disaster" | "page" | "high" | "major" | "p0" | "p1" | "sev0"
        | "sev1" => Some(Severity::Critical),
        "warning" | "warn" | "error" | "err" | "average" | "medium" | "moderate" | "minor" | "ticket" | "p2" | "p3" | "sev2"
        | "sev3" => Some(Severity::Warning),
        "info" | "information" | "informational" | "notice" | "low" | "none" | "debug" | "ok" | "p4" | "p5" | "sev4" | "sev5" => {
            Some(Severity::Info)
        }
        _ => None,
    }
}

/// Reads the severity out of labels: the first of `severity`, `level`, `priority` that holds a word that is known.
pub fn of_labels<'l>(label: impl Fn(&str) -> Option<&'l str>) -> Option<Severity> {
    ["severity", "Severity", "level", "priority"].into_iter().filter_map(label).find_map(severity)
}

/// Finds a severity that was written into an alarm's name or description, since CloudWatch's alarms have none of their
/// own: `[critical]`, `severity=info`, `Severity: P1`.
pub fn in_words(text: &str) -> Option<Severity> {
    let word = |rest: &str| rest.chars().take_while(|letter| letter.is_ascii_alphanumeric()).collect::<String>();
    let bracketed = text.match_indices('[').find_map(|(at, _)| {
        let word = word(&text[at + 1..]);
        text[at + 1 + word.len()..].starts_with(']').then(|| severity(&word)).flatten()
    });
    let lower = text.to_ascii_lowercase();
    let named = lower.match_indices("severity").find_map(|(at, name)| {
        let rest = lower[at + name.len()..].trim_start().strip_prefix([':', '='])?;
        severity(&word(rest.trim_start()))
    });
    bracketed.or(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sources_own_words_are_known() {
        for firing in ["firing", "ALARM", "alerting", "Triggered", " open "] {
            assert_eq!(state(firing).and_then(State::condition), Some(Condition::Firing), "{firing}");
        }
        for resolved in ["resolved", "OK", "normal", "CLOSED"] {
            assert_eq!(state(resolved).and_then(State::condition), Some(Condition::Resolved), "{resolved}");
        }
        assert_eq!(state("INSUFFICIENT_DATA"), Some(State::Unknown));
        assert_eq!(State::Unknown.condition(), None);
        assert_eq!(state("sideways"), None);
    }

    #[test]
    fn a_severity_is_read_from_a_word_from_labels_and_from_a_description() {
        assert_eq!((severity("CRITICAL"), severity("P3")), (Some(Severity::Critical), Some(Severity::Warning)));
        assert_eq!(severity("purple"), None);
        let labels = [("severity", "purple"), ("priority", "low")];
        let label = |name: &str| labels.iter().find(|(label, _)| *label == name).map(|(_, value)| *value);
        assert_eq!(of_labels(label), Some(Severity::Info), "a word that is not known does not hide one that is");
        for (text, expected) in [
            ("[critical] orders 5xx", Some(Severity::Critical)),
            ("Orders fail. Severity: info.", Some(Severity::Info)),
            ("severity=P1", Some(Severity::Critical)),
            ("[prod] severe weather", None),
            ("severity", None),
            ("é[", None),
        ] {
            assert_eq!(in_words(text), expected, "{text}");
        }
    }
}
