//! Runbooks: what to do about an alert, written down by those who know. A Markdown file each, headed by which alerts it is
//! for and by actions, which are ordinary commands of the bot filled in from the alert.

use std::collections::BTreeMap;

use commands::message::Button;
use commands::oncall::matches;
use commands::records::{AlertRecord, Severity};
use commands::registry;

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
/// where one would not come out of [`registry::words_of`] as it went in, or could be taken for an option.
pub fn fill(run: &str, record: &AlertRecord) -> Option<String> {
    filled(run, |name| {
        let value = value(record, name).filter(|value| is_plain(value))?;
        Some(shlex::try_quote(&value).ok()?.into_owned())
    })
}

/// Whether every place of a command for a value takes it as one word, or as a part of one: it is not in quotes, nothing
/// before it takes the meaning of quotes away, and it does not name an option.
pub fn takes_values(run: &str) -> bool {
    let words = |value: &str| registry::words_of(&filled(run, |_| Some(value.to_owned()))?).ok();
    let (Some(bare), Some(quoted)) = (words("\u{e000}"), words("'\u{e000} \u{e000}'")) else { return false };
    let spaced: Vec<_> = bare.iter().map(|word| word.replace('\u{e000}', "\u{e000} \u{e000}")).collect();
    spaced == quoted
        && bare.iter().all(|word| !word.trim_start_matches('-').starts_with('\u{e000}') || word.starts_with('\u{e000}'))
}

/// A command line with something in each of its places for a value; none where one is not closed, or nothing belongs there.
fn filled(run: &str, put: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut filled = String::new();
    let mut rest = run;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}")?;
        filled.push_str(before);
        filled.push_str(&put(name.trim())?);
        rest = behind;
    }
    filled.push_str(rest);
    Some(filled)
}

/// Whether a value means the same to [`registry::words_of`] once it is quoted: what phones make of quotes and dashes does not,
/// as that is undone before quotes are looked at.
fn is_plain(value: &str) -> bool {
    const UNDONE: [char; 10] = ['’', '‘', '‚', '“', '”', '„', '«', '»', '–', '—'];
    // The last one stands for a number sign while a line is split.
    let breaks = |letter: char| letter.is_control() || UNDONE.contains(&letter) || letter == '\u{10fffe}';
    !value.is_empty() && !value.starts_with('-') && !value.contains(breaks)
}

/// What an alert has by a name: a fact about the alert itself, else a label. Who can send an alert can name its labels as they
/// like, so no label stands in for what the bot itself decided.
fn value(record: &AlertRecord, name: &str) -> Option<String> {
    let signal = &record.signal;
    let label = || signal.labels.get(name).cloned();
    let given = |fact: &str| Some(fact.to_owned()).filter(|fact| !fact.is_empty());
    match name {
        "alert" => Some(record.id.to_string()),
        "source" => given(&signal.source),
        "account" => signal.account.clone(),
        "project" => record.project.clone(),
        "env" => record.env.clone(),
        "alertname" | "title" => given(&signal.title).or_else(label),
        "region" => signal.region.clone().or_else(label),
        "resource" => signal.resource.clone().or_else(label),
        _ => label(),
    }
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
        const RUN: &str = "ecs rollback {{service}} --reason {{alert}}";
        let words = |service: &str| Some(registry::words_of(&fill(RUN, &record(&[("service", service)]))?).unwrap());
        for service in ["orders", "a b; rm", "it's", "\"", "#1", "a\\", "x --emergency", "{{alert}}", "ü\u{2028}"] {
            assert_eq!(words(service).unwrap(), ["ecs", "rollback", service, "--reason", "ALR-7"]);
        }
        let injects = "orders’ --emergency ’";
        for service in ["", "--emergency", "—emergency", injects, "a –b", "«x»", "“x” y", "„x", "‚x", "‘", "a\nb", "a\0b"]
        {
            assert_eq!(words(service), None, "{service:?}");
        }
        assert_eq!(fill("ecs status {{service}}", &record(&[])), None);
    }

    #[test]
    fn a_place_for_a_value_is_not_in_quotes() {
        for run in ["ecs failing", "ecs status {{service}}", "ecs rollback {{ service }} --reason=by-{{alert}} --to 'the last'"] {
            assert!(takes_values(run), "{run}");
        }
        for run in [
            "ecs status '{{service}}'",
            "ecs status \"{{service}}\"",
            "ecs status “{{service}}”",
            "ecs rollback x --reason 'by {{service}}, {{alert}}'",
            "ecs status \\{{service}}",
            "ecs status {{service",
            "ecs status --{{service}}",
            "alert note {{alert}} don't touch {{service}}",
        ] {
            assert!(!takes_values(run), "{run}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_label_says_the_line_has_the_words_of_its_runbook(
            service in "(\\PC|[-–—'\"’‘‚“”„«»#\\\\ \t\n$`;{}]){0,12}",
            at in 0..3_usize,
        ) {
            const RUNS: [&str; 3] = [
                "ecs rollback {{service}} --reason {{alert}}",
                "ecs status {{service}} {{service}}",
                "ecs rollback x --reason=of-{{service}}-it 'and so on'",
            ];
            let run = RUNS[at];
            if let Some(line) = fill(run, &record(&[("service", &service)])) {
                let template = registry::words_of(run).unwrap();
                let meant: Vec<String> =
                    template.iter().map(|word| word.replace("{{alert}}", "ALR-7").replace("{{service}}", &service)).collect();
                let words = registry::words_of(&line).unwrap();
                proptest::prop_assert_eq!(&words, &meant);
                for (word, template) in words.iter().zip(&template) {
                    proptest::prop_assert!(!word.starts_with('-') || template.starts_with('-'));
                }
            }
        }
    }

    #[test]
    fn what_the_bot_knows_of_an_alert_no_label_says_otherwise() {
        let names = ["alert", "alertname", "title", "source", "account", "region", "resource", "project", "env", "service"];
        let labels: Vec<_> = names.iter().map(|name| (*name, "forged")).collect();
        let mut record = record(&labels);
        let known = |record: &AlertRecord| names.map(|name| value(record, name).unwrap_or_default()).join(" ");
        assert_eq!(known(&record), "ALR-7 HighErrorRate HighErrorRate   forged forged   forged");
        let fact = |fact: &str| Some(fact.to_owned());
        let signal = &mut record.signal;
        (signal.account, signal.region, signal.resource) = (fact("111122223333"), fact("eu-west-1"), fact("orders"));
        "prometheus".clone_into(&mut signal.source);
        (record.project, record.env) = (fact("shop"), fact("prod"));
        let facts = "ALR-7 HighErrorRate HighErrorRate prometheus 111122223333 eu-west-1 orders shop prod forged";
        assert_eq!(known(&record), facts);
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
