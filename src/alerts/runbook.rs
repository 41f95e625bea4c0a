//! Runbooks: what to do about an alert, written down by those who know. A Markdown file each, headed by which alerts it is
//! for and by actions, which are ordinary commands of the bot filled in from the alert.

use std::collections::BTreeMap;

use commands::message::Button;
use commands::oncall::matches;
use commands::records::{AlertRecord, Severity};

/// A runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runbook {
    /// Its file's name without `.md`.
    pub name: String,
    /// The labels an alert must have; `*` stands for any text. `alertname` also stands for its title.
    pub labels: BTreeMap<String, String>,
    /// The severities it is for; none for all.
    pub severities: Vec<Severity>,
    /// Its buttons.
    pub actions: Vec<Action>,
    /// Its text, a line each, as plain words.
    pub steps: Vec<String>,
}

/// A button of a runbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What stands on it.
    pub label: String,
    /// The command it runs, with `{{label}}` where a label's value goes.
    pub run: String,
}

/// A runbook filled in for one alert.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Its name.
    pub name: String,
    /// What to do, line by line.
    pub steps: Vec<String>,
    /// What can be done with a button.
    pub buttons: Vec<Button>,
}

/// The runbook for an alert: of those that fit the one that asks for most.
pub fn of(runbooks: &[Runbook], record: &AlertRecord) -> Option<Filled> {
    let fits = |runbook: &&Runbook| {
        (runbook.severities.is_empty() || runbook.severities.contains(&record.signal.severity))
            && runbook.labels.iter().all(|(name, pattern)| value(record, name).is_some_and(|value| matches(pattern, &value)))
    };
    // The later of two that ask for as much would be a matter of chance; names decide.
    let best = runbooks.iter().filter(fits).max_by_key(|runbook| (runbook.labels.len(), std::cmp::Reverse(&runbook.name)))?;
    let buttons = best.actions.iter().filter_map(|action| Some(Button::new(&action.label, fill(&action.run, record)?)));
    Some(Filled { name: best.name.clone(), steps: best.steps.clone(), buttons: buttons.collect() })
}

/// A command line filled in from an alert, each value as one word whatever is in it. None where the alert lacks a value, or
/// where one could be taken for an option.
pub fn fill(run: &str, record: &AlertRecord) -> Option<String> {
    let mut filled = String::new();
    let mut rest = run;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}")?;
        let value = value(record, name.trim()).filter(|value| !value.is_empty() && !value.starts_with(['-', '–', '—']))?;
        filled.push_str(before);
        filled.push_str(&shlex::try_quote(&value).ok()?);
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

/// What an alert has by a name: a label, or a fact about the alert itself.
fn value(record: &AlertRecord, name: &str) -> Option<String> {
    let signal = &record.signal;
    let own = match name {
        "alert" => Some(record.id.to_string()),
        "alertname" | "title" => Some(signal.title.clone()),
        "source" => Some(signal.source.clone()),
        "account" => signal.account.clone(),
        "region" => signal.region.clone(),
        "resource" => signal.resource.clone(),
        "project" => record.project.clone(),
        "env" => record.env.clone(),
        _ => None,
    };
    signal.labels.get(name).cloned().or(own)
}

#[cfg(test)]
mod tests {
    use commands::records::{AlertId, Fact, Signal};

    use super::*;
    use crate::alert::{self, Road, Ways};

    fn record(labels: &[(&str, &str)]) -> AlertRecord {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let signal = Signal { title: "HighErrorRate".to_owned(), labels, ..Signal::default() };
        let ways = Ways { policies: &[], flapping: jiff::SignedDuration::ZERO, settle: jiff::SignedDuration::ZERO };
        let at = "2026-11-25T10:00:00Z".parse().unwrap();
        let (record, _): (AlertRecord, Fact) = alert::open(AlertId(7), signal, Road::default(), (ways, at));
        record
    }

    #[test]
    fn a_value_stays_one_word_and_never_becomes_an_option() {
        let filled = |service: &str| fill("ecs rollback {{service}} --reason {{alert}}", &record(&[("service", service)]));
        assert_eq!(filled("orders").unwrap(), "ecs rollback orders --reason ALR-7");
        assert_eq!(filled("a b; rm").unwrap(), "ecs rollback 'a b; rm' --reason ALR-7");
        assert_eq!(filled("--emergency"), None);
        assert_eq!(filled("—emergency"), None);
        assert_eq!(filled(""), None);
        assert_eq!(fill("ecs status {{service}}", &record(&[])), None);
    }

    #[test]
    fn the_runbook_that_asks_for_most_is_shown() {
        let runbook = |name: &str, labels: &[(&str, &str)]| Runbook {
            name: name.to_owned(),
            labels: labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            severities: Vec::new(),
            actions: Vec::new(),
            steps: Vec::new(),
        };
        let all = [
            runbook("any", &[]),
            runbook("errors", &[("alertname", "High*")]),
            runbook("orders", &[("alertname", "High*"), ("service", "orders")]),
        ];
        let named = |labels: &[(&str, &str)]| of(&all, &record(labels)).unwrap().name;
        assert_eq!(named(&[("service", "orders")]), "orders");
        assert_eq!(named(&[]), "errors");
        assert_eq!(of(&all[2..], &record(&[])), None);
    }
}
