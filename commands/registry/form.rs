//! The form shown when arguments are missing, derived from the command's arguments.

use clap::{Arg, ArgAction};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{EMERGENCY, Entry};
use crate::Choice;
use crate::message::capitalised;

/// A form for one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Form {
    /// The command's name; submitting the form runs it.
    pub command: String,
    /// What it is for.
    pub about: String,
    /// Its fields from top to bottom: required ones first.
    pub fields: Vec<Field>,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The argument's name.
    pub id: String,
    /// What stands above it.
    pub label: String,
    /// A word of help below it.
    pub hint: String,
    /// How it is filled in.
    pub input: Input,
    /// Whether it must be.
    pub required: bool,
    /// What is in it already.
    pub value: Option<String>,
}

/// How a field is filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// By typing.
    Line,
    /// By choosing one of a few.
    Choice(Vec<Choice>),
    /// By searching in what the command suggests.
    Pick,
    /// By ticking.
    Tick,
}

impl Entry {
    /// Its form, with what was `given` already filled in.
    pub fn form(&self, given: &Map<String, Value>) -> Form {
        let clap = self.clap();
        let mut fields: Vec<Field> = clap
            .get_arguments()
            .filter(|arg| !arg.is_hide_set() && !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version))
            // Nobody breaks the glass by ticking a box; whoever typed it is asked why.
            .filter(|arg| arg.get_id() != EMERGENCY || given.contains_key(EMERGENCY))
            .map(|arg| self.field(arg, given))
            .collect();
        for field in fields.iter_mut().filter(|field| field.id == "reason") {
            field.required |= given.contains_key(EMERGENCY);
        }
        // Of one choice there is nothing to choose.
        fields.retain(|field| !matches!(&field.input, Input::Choice(choices) if choices.len() < 2));
        fields.sort_by_key(|field| !field.required);
        Form { command: self.name().to_owned(), about: self.about(), fields }
    }

    fn field(&self, arg: &Arg, given: &Map<String, Value>) -> Field {
        let id = arg.get_id().to_string();
        let values: Vec<Choice> = arg
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| Choice {
                value: value.get_name().to_owned(),
                label: value.get_help().map_or_else(|| value.get_name().to_owned(), ToString::to_string),
            })
            .collect();
        let input = match arg.get_action() {
            ArgAction::SetTrue => Input::Tick,
            _ if self.picks().contains(&id.as_str()) => Input::Pick,
            _ if !values.is_empty() => Input::Choice(values),
            _ => Input::Line,
        };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let (label, hint) = if input == Input::Tick { (capitalised(&id.replace('_', " ")), help) } else { titled(&help) };
        Field {
            label: if label.is_empty() { capitalised(&id.replace('_', " ")) } else { label },
            hint,
            input,
            required: arg.is_required_set(),
            value: given.get(&id).and_then(|value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Bool(true) => Some("true".to_owned()),
                _ => None,
            }),
            id,
        }
    }
}

/// The label and the hint in a line of help: `The database: its name or ARN` → `Database`, `Its name or ARN`.
fn titled(help: &str) -> (String, String) {
    let ends = [": ", "; ", ", such as ", ", for "];
    let end = ends.iter().filter_map(|end| help.find(end)).min().unwrap_or(help.len());
    let (title, rest) = help.split_at(end);
    let title = ["The ", "An ", "A "].iter().find_map(|article| title.strip_prefix(article)).unwrap_or(title);
    (capitalised(title), capitalised(rest.trim_start_matches([':', ';', ',', ' '])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_help_becomes_label_and_hint() {
        for (help, label, hint) in [
            ("The database: its name, name@account, or ARN", "Database", "Its name, name@account, or ARN"),
            ("An instance class to change to, such as db.r7g.large", "Instance class to change to", "Such as db.r7g.large"),
            ("When to start: `sat 02:00`; now if left out", "When to start", "`sat 02:00`; now if left out"),
            ("Why, for the card and the audit log", "Why", "For the card and the audit log"),
            ("How it is done", "How it is done", ""),
            ("", "", ""),
        ] {
            assert_eq!(titled(help), (label.to_owned(), hint.to_owned()));
        }
    }
}
