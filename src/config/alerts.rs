//! `[alerts]` of `watchkeeper.toml`: how alerts are handled; and the runbooks, a Markdown file each.

use std::collections::BTreeSet;
use std::path::Path;

use commands::context::Alerting;
use commands::records::Severity;
use commands::registry::{self, nearest};
use toml::de::DeValue;

use super::document::{Document, Table, list, text};
use super::written::duration;
use super::{ConfigError, ConfigErrors, Place};
use crate::alerts::runbook::{Action, Runbook, takes_values};

/// The commented default runbooks, compiled in, by name.
const DEFAULTS: [(&str, &str); 1] = [("service-keeps-failing", include_str!("../../config/runbooks/service-keeps-failing.md"))];
/// What encloses the head of a runbook.
const FENCE: &str = "+++";

/// Reads `[alerts]`.
pub(super) fn alerting(table: Option<Table<'_>>) -> Alerting {
    const LENGTH: &str = "a duration, such as \"4h\"";
    let usual = Alerting::default();
    let Some(table) = table else { return usual };
    let alerting = Alerting {
        acknowledged: table.get("acknowledged", LENGTH, duration).unwrap_or(usual.acknowledged),
        silenced: table.get("silenced", LENGTH, duration).unwrap_or(usual.silenced),
        flapping: table.get("flapping", LENGTH, duration).unwrap_or(usual.flapping),
        settle: table.get("settle", LENGTH, duration).unwrap_or(usual.settle),
        storm: table.get("storm", "a number from 1 to 50", storm).unwrap_or(usual.storm),
    };
    table.done();
    alerting
}

fn storm(value: &DeValue<'_>) -> Option<usize> {
    let number = value.as_integer()?;
    usize::from_str_radix(number.as_str(), number.radix()).ok().filter(|cards| (1..=50).contains(cards))
}

/// Reads every `.md` file of the folder `runbooks` beside the configuration; without the folder the compiled-in ones hold.
pub(super) fn runbooks(folder: &Path) -> Result<Vec<Runbook>, ConfigErrors> {
    let folder = folder.join("runbooks");
    let Ok(files) = std::fs::read_dir(&folder) else {
        return DEFAULTS.iter().map(|(name, content)| runbook(name, &format!("{name}.md (compiled in)"), content)).collect();
    };
    let mut errors = ConfigErrors::default();
    let mut runbooks = Vec::new();
    let named: BTreeSet<_> = files.filter_map(|file| Some(file.ok()?.path())).collect();
    for path in named.iter().filter(|path| path.extension().is_some_and(|ending| ending == "md")) {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let read = super::read(path).and_then(|content| runbook(&name, &path.display().to_string(), &content));
        match read {
            Ok(runbook) => runbooks.push(runbook),
            Err(wrong) => errors.0.extend(wrong.0),
        }
    }
    errors.or(runbooks)
}

/// One runbook: a head in TOML between two lines `+++`, then its text.
fn runbook(name: &str, file: &str, content: &str) -> Result<Runbook, ConfigErrors> {
    let headless = || {
        let words = format!("A runbook begins with its head: a line {FENCE}, what it is for in TOML, and another line {FENCE}.");
        ConfigErrors(vec![ConfigError { place: Place::whole(file), key: None, words }])
    };
    let rest = content.strip_prefix(FENCE).and_then(|rest| rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')));
    let (head, body) = rest.and_then(|rest| rest.split_once(&format!("\n{FENCE}"))).ok_or_else(headless)?;
    // As many lines stand before it as in the file, so that errors name the right one.
    let head = format!("\n{head}\n");
    let document = Document::new(file, &head);
    let parsed = document.parse()?;
    let top = document.top(&parsed);
    let labels = top.table("labels").map(|table| table.named_texts().into_iter().collect()).unwrap_or_default();
    let severities = top.get("severity", "a list of critical, warning and info", severities).unwrap_or_default();
    let actions = top.tables("actions").into_iter().filter_map(|table| action(&table)).collect();
    top.done();
    let steps = body.lines().map(str::trim_end).skip_while(|line| line.is_empty()).map(str::to_owned).collect();
    document.errors().or(Runbook { name: name.to_owned(), labels, severities, actions, steps })
}

fn action(table: &Table<'_>) -> Option<Action> {
    let label = table.must("label", "what stands on the button", text);
    let run = table.must("run", "a command, such as \"ecs status {{service}}\"", text);
    table.done();
    let (label, run) = (label?, run?);
    if !takes_values(&run) {
        let why = "{{…}} is one word whatever is in it: it stands outside of quotes, closed, and does not name an option.";
        table.wrong(Some("run"), why.to_owned());
        return None;
    }
    let words: Vec<&str> = run.split_whitespace().collect();
    if registry::find(commands::ALL, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).is_none() {
        let line = words.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        let words = match nearest(&line, commands::ALL.iter().map(registry::Entry::name)) {
            Some(close) => format!("{run:?} is no command. Did you mean {close}?"),
            None => format!("{run:?} is no command."),
        };
        table.wrong(Some("run"), words);
    }
    Some(Action { label, run })
}

fn severities(value: &DeValue<'_>) -> Option<Vec<Severity>> {
    list(value, |value| match text(value)?.as_str() {
        "critical" => Some(Severity::Critical),
        "warning" => Some(Severity::Warning),
        "info" => Some(Severity::Info),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_place_for_a_value_in_quotes_is_refused() {
        let read = |run: &str| {
            let content = format!("+++\n[[actions]]\nlabel = \"Status\"\nrun = {run}\n+++\n1. Look.\n");
            super::runbook("orders", "orders.md", &content).map(|runbook| runbook.actions.len()).map_err(|why| why.to_string())
        };
        assert_eq!(read(r#""ecs status {{service}}""#), Ok(1));
        insta::assert_snapshot!(read(r#""ecs status '{{service}}'""#).unwrap_err(), @"orders.md:4:7: actions[0].run: {{…}} is one word whatever is in it: it stands outside of quotes, closed, and does not name an option.");
    }
}
