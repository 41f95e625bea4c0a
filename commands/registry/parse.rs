//! Chat text → a command with its arguments, or a fault that says in one sentence what is wrong.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Entry, Kind};
use crate::message::{Text, code, marked};
use crate::text;

/// A command that was asked for, its arguments checked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Which command.
    pub entry: Entry,
    /// Its arguments as JSON.
    pub args: Value,
    /// The options every command of its kind has.
    pub options: Options,
}

/// Options that every command of a kind has; the host reads them, commands do not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The answer is for everybody in the channel.
    #[serde(default)]
    pub share: bool,
    /// Why, in the asker's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// The glass is to be broken: at once, without approval, through freezes. There is a reason then.
    #[serde(default)]
    pub emergency: bool,
}

/// The name of the option that breaks the glass.
pub const EMERGENCY: &str = "emergency";

/// Why words did not become a command.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Nothing was typed, or help was asked for: of one command, of a capability, or of all (an empty string).
    Help(String),
    /// A command is known, but arguments it needs are missing: time for a form.
    Missing {
        /// Which command.
        entry: Entry,
        /// What was given so far, argument by argument, as typed.
        given: Map<String, Value>,
        /// The names of those that are missing.
        missing: Vec<String>,
    },
    /// Anything else.
    Wrong {
        /// One sentence to show.
        why: Text,
        /// The name of the argument that is wrong, where it is one.
        arg: Option<String>,
    },
}

impl Fault {
    fn wrong(why: impl Into<Text>) -> Self {
        Self::Wrong { why: why.into(), arg: None }
    }
}

/// Finds the command that `words` begin with, and how many words its name takes.
pub fn find(commands: &[Entry], words: &[String]) -> Option<(Entry, usize)> {
    (1..=3.min(words.len())).rev().find_map(|count| {
        let name = words[..count].join(" ").to_lowercase();
        commands.iter().find(|entry| entry.name() == name).map(|entry| (*entry, count))
    })
}

/// Stands for `#` while a line is split: a character that no text holds.
const HASH: &str = "\u{10fffe}";

/// Splits chat text into words as a shell would, after undoing what phones do to dashes and quotes.
pub fn words_of(typed: &str) -> std::result::Result<Vec<String>, Fault> {
    let plain = plain_dashes(typed).replace(['“', '”', '„', '«', '»'], "\"").replace(['‘', '’', '‚'], "'");
    // To a shell `#` begins a comment; in chat it begins a channel or the number of an entry.
    let plain = plain.replace('#', HASH);
    shlex::split(&plain)
        .or_else(|| {
            let apostrophes_only = !plain.contains('"');
            apostrophes_only
                .then(|| plain.split_whitespace().map(str::to_owned).collect())
                .filter(|_| plain.matches('\'').count() == 1)
        })
        .map(|words: Vec<String>| words.iter().map(|word| word.replace(HASH, "#")).collect())
        .ok_or_else(|| Fault::wrong("A quote is opened and never closed. Close it, or leave it out."))
}

/// Turns the dashes that phones make of `--` back, at the beginning of a word only.
fn plain_dashes(typed: &str) -> String {
    let mut plain = String::with_capacity(typed.len());
    let mut begins = true;
    for letter in typed.chars() {
        match letter {
            '—' | '–' if begins => plain.push_str("--"),
            _ => plain.push(letter),
        }
        begins = letter.is_whitespace();
    }
    plain
}

/// Parses a whole line, such as `rds upgrade orders --to 8.0.40`.
pub fn parse(commands: &[Entry], typed: &str) -> std::result::Result<Asked, Fault> {
    let words = words_of(typed)?;
    let Some(first) = words.first() else { return Err(Fault::Help(String::new())) };
    if let Some((entry, count)) = find(commands, &words) {
        return arguments(entry, &words[count..]);
    }
    let first = first.to_lowercase();
    let capability = commands.iter().any(|entry| entry.capability() == first);
    if capability && words.len() == 1 {
        return Err(Fault::Help(first));
    }
    Err(Fault::wrong(unknown(commands, &words)))
}

/// The sentence for words that begin with no command, with the one that may be meant.
pub fn unknown(commands: &[Entry], words: &[String]) -> Text {
    let first = words.first().map(|first| first.to_lowercase()).unwrap_or_default();
    let capability = commands.iter().any(|entry| entry.capability() == first);
    let asked = words.iter().take(if capability { 2 } else { 1 }).cloned().collect::<Vec<_>>().join(" ");
    let close = if capability { nearest_of(commands, &first, &words[1..]) } else { nearest_at_all(commands, words) };
    let hint = match close {
        Some(close) => text![" Did you mean ", code(close), "?"],
        None if capability => text![" ", code(format!("help {first}")), " lists what there is."],
        None => text![" ", code("help"), " lists what you can run."],
    };
    text!["I don't know the command ", code(asked), "."].then(hint)
}

/// The command of a capability whose further words are nearest to those typed, of which the last may be arguments.
fn nearest_of<'a>(commands: &'a [Entry], capability: &str, typed: &[String]) -> Option<&'a str> {
    let rest = |entry: &'a Entry| entry.name().strip_prefix(capability).map(str::trim).filter(|rest| !rest.is_empty());
    let close = (1..=2.min(typed.len())).rev().find_map(|count| {
        let words = typed[..count].join(" ");
        nearest(&words, commands.iter().filter(|entry| entry.capability() == capability).filter_map(rest))
    })?;
    commands.iter().find(|entry| entry.capability() == capability && rest(entry) == Some(close)).map(Entry::name)
}

/// The command nearest to the first word or two.
fn nearest_at_all<'a>(commands: &'a [Entry], typed: &[String]) -> Option<&'a str> {
    let words = typed.iter().take(2).cloned().collect::<Vec<_>>().join(" ");
    let names = || commands.iter().map(Entry::name);
    nearest(&words, names()).or_else(|| nearest(typed.first()?, names()))
}

/// An argument as it is typed: `--to VERSION`, `ID`.
pub fn usage_of(arg: &Arg) -> String {
    let value = arg.get_value_names().and_then(<[_]>::first).map(ToString::to_string).unwrap_or_default();
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    }
}

/// Parses the words behind a command's name.
pub fn arguments(entry: Entry, words: &[String]) -> std::result::Result<Asked, Fault> {
    let clap = entry.clap();
    match clap.clone().try_get_matches_from(words) {
        Ok(matches) => {
            let options = options_of(&matches, entry);
            if options.emergency && options.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
                return Err(Fault::Wrong { why: unexplained(), arg: Some("reason".to_owned()) });
            }
            let args = entry.read(&matches).map_err(|error| Fault::wrong(error.to_string()))?;
            Ok(Asked { entry, args, options })
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Err(Fault::Help(entry.name().to_owned())),
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
            let given = given(clap.clone(), words);
            let missing = clap.get_arguments().filter(|arg| arg.is_required_set() && !given.contains_key(arg.get_id().as_str()));
            Err(Fault::Missing { entry, missing: missing.map(|arg| arg.get_id().to_string()).collect(), given })
        }
        Err(error) => Err(Fault::Wrong { why: sentence(entry, &error), arg: culprit(entry, &error) }),
    }
}

/// What was given of a command's arguments, as typed, when some are missing.
fn given(clap: clap::Command, words: &[String]) -> Map<String, Value> {
    let lenient = clap.mut_args(|arg| arg.required(false));
    let Ok(matches) = lenient.clone().ignore_errors(true).try_get_matches_from(words) else { return Map::new() };
    let mut given = Map::new();
    for arg in lenient.get_arguments() {
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(clap::parser::ValueSource::CommandLine) {
            continue;
        }
        if matches!(arg.get_action(), ArgAction::SetTrue) {
            given.insert(id.to_owned(), Value::Bool(true));
        } else if let Ok(Some(raw)) = matches.try_get_raw(id) {
            let typed: Vec<_> = raw.map(|word| word.to_string_lossy().into_owned()).collect();
            given.insert(id.to_owned(), Value::String(typed.join(" ")));
        }
    }
    given
}

/// The words that a filled-in form stands for, to be parsed like typed ones.
pub fn argv(entry: Entry, given: &Map<String, Value>) -> Vec<String> {
    let clap = entry.clap();
    let mut positional = Vec::new();
    let mut flags = Vec::new();
    for arg in clap.get_arguments() {
        let values: Vec<String> = match given.get(arg.get_id().as_str()) {
            Some(Value::Bool(true)) => vec![String::new()],
            Some(Value::String(value)) if !value.is_empty() => vec![value.clone()],
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => continue,
        };
        if arg.is_positional() {
            positional.extend(values);
        } else if let Some(long) = arg.get_long() {
            let takes_value = arg.get_action().takes_values();
            flags.extend(
                values.into_iter().map(|value| if takes_value { format!("--{long}={value}") } else { format!("--{long}") }),
            );
        }
    }
    if !positional.is_empty() {
        flags.push("--".to_owned());
    }
    flags.extend(positional);
    flags
}

/// The name in `known` nearest to `typed`, if any is near enough to be meant.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let likeness = |name: &str| {
        let likeness = strsim::jaro_winkler(&typed, name);
        // A slip of one letter in a short word: `--tp`.
        if typed.len() > 1 && strsim::osa_distance(&typed, name) == 1 { likeness.max(0.9) } else { likeness }
    };
    known
        .into_iter()
        .map(|name| (likeness(&name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

pub(super) fn with_options(command: clap::Command, kind: Kind) -> clap::Command {
    let command =
        command.no_binary_name(true).color(clap::ColorChoice::Never).disable_version_flag(true).disable_help_subcommand(true);
    match kind {
        Kind::Query => command.arg(
            Arg::new("share").long("share").action(ArgAction::SetTrue).help("Post the answer in the channel, for everybody"),
        ),
        Kind::Change => {
            command.arg(Arg::new("reason").long("reason").value_name("WHY").help("Why, for the card and the audit log"))
        }
    }
}

/// The option of commands that may have to wait.
pub(super) fn emergency() -> Arg {
    Arg::new(EMERGENCY)
        .long(EMERGENCY)
        .action(ArgAction::SetTrue)
        .help("Break the glass: at once, without approval, through freezes; reviewed later")
}

fn options_of(matches: &ArgMatches, entry: Entry) -> Options {
    match entry.kind {
        Kind::Query => Options { share: matches.get_flag("share"), ..Options::default() },
        Kind::Change => Options {
            reason: matches.get_one::<String>("reason").cloned(),
            emergency: entry.has_glass() && matches.get_flag(EMERGENCY),
            share: false,
        },
    }
}

fn unexplained() -> Text {
    text!["Say why you break the glass: add ", code("--reason \"…\""), ". Whoever reviews it will read it. Nothing was changed."]
}

/// clap's error as one sentence of ours.
fn sentence(entry: Entry, error: &clap::Error) -> Text {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(value)) => Some(value.clone()),
        Some(ContextValue::Strings(values)) => Some(values.join(", ")),
        Some(ContextValue::StyledStr(value)) => Some(value.to_string()),
        Some(ContextValue::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let arg = context(ContextKind::InvalidArg).unwrap_or_default();
    let name = arg_name(&arg);
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if !arg.starts_with('-') => text![
            code(&arg),
            " is a word too many for ",
            code(entry.name()),
            ". ",
            code(format!("help {}", entry.name())),
            " shows what it takes."
        ],
        ErrorKind::UnknownArgument => {
            let text = text![code(entry.name()), " has no ", code(&arg), "."];
            let clap = entry.clap();
            match nearest(arg.trim_start_matches('-'), clap.get_arguments().filter_map(|arg| arg.get_long())) {
                Some(close) => text.then(text![" Did you mean ", code(format!("--{close}")), "?"]),
                None => text.then(text![" ", code(format!("help {}", entry.name())), " shows what it takes."]),
            }
        }
        ErrorKind::InvalidValue if value.is_empty() => text![code(name), " needs a value."],
        ErrorKind::InvalidValue => {
            let valid = context(ContextKind::ValidValue).unwrap_or_default();
            text![code(value), " is not a value for ", code(name), ". It takes one of: ", valid, "."]
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
            let why = in_range(&why).unwrap_or(why);
            text![code(value), " does not fit ", code(name), ": "].then(marked(&why)).then(".")
        }
        ErrorKind::ArgumentConflict => {
            let other = context(ContextKind::PriorArg).unwrap_or_default();
            text![code(name), " can't be combined with ", code(arg_name(&other)), "."]
        }
        _ => {
            let said = error.to_string();
            let first = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            text!["I can't read that: ", first, ". ", code(format!("help {}", entry.name())), " shows how it goes."]
        }
    }
}

/// clap's `0 is not in 1..=50` in words.
fn in_range(why: &str) -> Option<String> {
    let (least, most) = why.split_once(" is not in ")?.1.split_once("..=")?;
    Some(format!("it takes a number from {least} to {most}"))
}

/// The argument that clap's error is about.
fn culprit(entry: Entry, error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(usage)) = error.get(ContextKind::InvalidArg) else { return None };
    let name = arg_name(usage);
    let clap = entry.clap();
    let is_named = |arg: &&Arg| match arg.get_long() {
        Some(long) => name.trim_start_matches('-') == long,
        None => arg.get_id().as_str().eq_ignore_ascii_case(&name),
    };
    clap.get_arguments().find(is_named).map(|arg| arg.get_id().to_string())
}

/// `--to <VERSION>` → `--to`.
fn arg_name(usage: &str) -> String {
    usage.split([' ', '=']).next().unwrap_or_default().trim_matches(['<', '>', '[', ']', '.']).to_owned()
}
