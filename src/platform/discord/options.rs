//! The arguments of a command as options of an application command, and back.

use clap::{Arg, ArgAction};
use commands::registry::{self, Entry};
use serde_json::{Map, Value};

/// The name of an argument's option: lower case, `-` between words.
pub(super) fn name(arg: &Arg) -> String {
    arg.get_long().unwrap_or(arg.get_id().as_str()).replace('_', "-").to_lowercase()
}

/// The arguments people see.
pub(super) fn shown(clap: &clap::Command) -> impl Iterator<Item = &Arg> {
    clap.get_arguments().filter(|arg| !arg.is_hide_set() && !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version))
}

/// Options by their names → arguments by theirs. One that takes several values gets the words of its option.
pub(super) fn given(entry: Entry, options: &[(String, Value)]) -> Map<String, Value> {
    let clap = entry.clap();
    let mut given = Map::new();
    for arg in clap.get_arguments() {
        let Some((_, value)) = options.iter().find(|(option, _)| *option == name(arg)) else { continue };
        let value = match value {
            Value::String(text) if matches!(arg.get_action(), ArgAction::Append) => several(text),
            other => other.clone(),
        };
        given.insert(arg.get_id().to_string(), value);
    }
    given
}

/// The command line that a command with these arguments stands for.
pub(super) fn line(entry: Entry, given: &Map<String, Value>) -> String {
    let words = registry::argv(entry, given);
    // What phones make of quotes is made undone here: where the line is read it would end the quotes put around it.
    let plain = words.iter().map(|word| {
        let straight = word.replace(['“', '”', '„', '«', '»'], "\"").replace(['‘', '’', '‚'], "'");
        straight.replace('\0', "")
    });
    let quoted = plain.filter_map(|word| shlex::try_quote(&word).ok().map(|word| word.into_owned()));
    let words: Vec<String> = std::iter::once(entry.name().to_owned()).chain(quoted).collect();
    words.join(" ")
}

fn several(text: &str) -> Value {
    let words = registry::words_of(text).unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect());
    words.into_iter().map(Value::String).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn typed(command: &str, options: &[(&str, Value)]) -> String {
        let entry = commands::ALL.iter().find(|entry| entry.name() == command).unwrap();
        let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        line(*entry, &given(*entry, &options))
    }

    #[test]
    fn options_become_the_line_that_people_type() {
        let upgrade = typed("rds upgrade", &[("id", json!("orders")), ("to", json!("8.0.40")), ("reason", json!("it’s “due”"))]);
        assert_eq!(upgrade, r#"rds upgrade '--to=8.0.40' "--reason=it's \"due\"" -- orders"#);
        let asked = registry::parse(commands::ALL, &upgrade).unwrap();
        assert_eq!(asked.options.reason.as_deref(), Some("it's \"due\""));
        assert_eq!(typed("rds list", &[("outdated", json!(true)), ("share", json!(false))]), "rds list --outdated");
    }

    #[test]
    fn any_text_arrives_as_it_was_entered() {
        proptest::proptest!(|(text in "[^\u{10fffe}\0“”„«»‘’‚]{1,40}")| {
            let line = typed("change approve", &[("id", json!("CHG-1")), ("reason", json!(text))]);
            let asked = registry::parse(commands::ALL, &line).unwrap();
            proptest::prop_assert_eq!(asked.options.reason, Some(text));
        });
    }
}
