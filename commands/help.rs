//! `help`

use clap::ArgAction;
use serde::{Deserialize, Serialize};

use crate::context::Decision;
use crate::message::{bold, code, marked};
use crate::outlook::Outlook;
use crate::registry::{Entry, Kind, find, nearest, usage_of};
use crate::{Command, Context, Error, Message, Query, Resource, Result, Text, text};

/// What you can run here, and how
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Help {
    /// A command or the first word of some, such as rds; without it, everything you may run
    words: Vec<String>,
}

impl Command for Help {
    const NAME: &'static str = "help";

    fn resource(&self) -> Resource {
        Resource::named("help", self.words.join(" "))
    }
}

impl Query for Help {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let words: Vec<String> = self.words.iter().flat_map(|words| words.split_whitespace()).map(str::to_lowercase).collect();
        if words.is_empty() {
            return Ok(everything(cx));
        }
        if let Some((entry, _)) = find(cx.commands, &words) {
            return Ok(one(entry, cx));
        }
        let begin = words.join(" ") + " ";
        let some: Vec<Entry> = cx.commands.iter().filter(|entry| entry.name().starts_with(&begin)).copied().collect();
        if some.is_empty() {
            return Err(unknown(cx, begin.trim_end()));
        }
        let may: Vec<Entry> = some.iter().filter(|entry| possible(cx, entry)).copied().collect();
        match (may.as_slice(), some.first()) {
            ([], Some(first)) => Ok(one(*first, cx)),
            (may, _) => Ok(Message::new().text(list(begin.trim_end(), may, cx)).note(more(cx))),
        }
    }
}

/// The commands the asker may run somewhere, in the order of the list of all.
pub(crate) fn allowed(cx: &Context<'_>) -> Vec<Entry> {
    cx.commands.iter().filter(|entry| possible(cx, entry)).copied().collect()
}

/// Asked before anything is known of what the command will act on.
fn possible(cx: &Context<'_>, entry: &Entry) -> bool {
    let anything = entry.resource(&serde_json::json!({})).unwrap_or_default();
    matches!(cx.authority.possible(cx.person, entry.name(), &anything), Decision::Allowed { .. })
}

fn everything(cx: &Context<'_>) -> Message {
    let may = allowed(cx);
    const GENERAL: &str = "general";
    let mut groups: Vec<(&str, Vec<Entry>)> = Vec::new();
    for entry in may {
        let title = if entry.name().contains(' ') { entry.capability() } else { GENERAL };
        match groups.iter_mut().find(|(name, _)| *name == title) {
            Some((_, entries)) => entries.push(entry),
            None => groups.push((title, vec![entry])),
        }
    }
    groups.sort_by_key(|(title, _)| *title == GENERAL);
    if groups.is_empty() {
        return "There is nothing you may run here yet. Ask whoever looks after Watchkeeper to put you into a group.".into();
    }
    groups
        .into_iter()
        .fold(Message::new().text("Here is what you can run:"), |message, (title, entries)| {
            message.text(list(title, &entries, cx))
        })
        .note(more(cx))
}

fn list(title: &str, entries: &[Entry], cx: &Context<'_>) -> Text {
    entries
        .iter()
        .fold(text![bold(title)], |told, entry| told.then(text!["\n", typed(entry, cx), " — "]).then(marked(&entry.about())))
}

fn more(cx: &Context<'_>) -> Text {
    let example = format!("{}help COMMAND", cx.settings.prefix);
    text![code(example), " explains one of them. What you may not run is left out; ", code("can me …"), " says why."]
}

/// Everything about one command.
fn one(entry: Entry, cx: &Context<'_>) -> Message {
    let mut clap = entry.clap().bin_name(entry.name());
    let usage = clap.render_usage().to_string();
    let usage = format!("{}{}", cx.settings.prefix, usage.trim_start_matches("Usage:").trim());
    let kind = match entry.kind {
        Kind::Query => "It only reads.",
        Kind::Change => "It changes something, so it is recorded and may need approval.",
    };
    let mut told = text![typed(&entry, cx), " — ", format!("{}. {kind}", entry.about()), "\nUsage: ", code(usage)];
    if let Some(example) = example(&entry, cx) {
        told = told.then(text!["\nExample: ", code(example)]);
    }
    let arguments = clap.get_arguments().filter(|arg| !arg.is_hide_set() && !matches!(arg.get_action(), ArgAction::Help));
    let arguments = arguments.map(|arg| {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        text!["\n", code(usage_of(arg)), " — "].then(marked(&help))
    });
    let arguments = arguments.fold(text![bold("Arguments")], Text::then);
    let anything = entry.resource(&serde_json::json!({})).unwrap_or_default();
    let outlook = Outlook::of(cx, cx.person, entry.name(), &anything);
    let lines = outlook.lines(cx, cx.person).into_iter();
    let may = lines.fold(text![bold("May you run it?")], |told, line| told.then("\n").then(line));
    Message::new().text(told).text(arguments).text(may)
}

fn typed(entry: &Entry, cx: &Context<'_>) -> crate::message::Span {
    code(format!("{}{}", cx.settings.prefix, entry.name()))
}

/// The command with its required arguments, taken from their help: "The change, such as CHG-1042".
fn example(entry: &Entry, cx: &Context<'_>) -> Option<String> {
    let clap = entry.clap();
    let required = clap.get_arguments().filter(|arg| arg.is_required_set());
    let words = required.map(|arg| {
        let help = arg.get_help()?.to_string();
        let rest = help.split_once("such as ")?.1;
        let value = match rest.strip_prefix('"') {
            Some(quoted) => format!("\"{}\"", quoted.split('"').next()?),
            None => rest.split([',', ';', '(']).next()?.split(" or ").next()?.trim().to_owned(),
        };
        Some(arg.get_long().map_or(value.clone(), |long| format!("--{long} {value}")))
    });
    let words: Vec<String> = words.collect::<Option<_>>()?;
    (!words.is_empty()).then(|| format!("{}{} {}", cx.settings.prefix, entry.name(), words.join(" ")))
}

fn unknown(cx: &Context<'_>, typed: &str) -> Error {
    let capabilities = cx.commands.iter().map(Entry::capability);
    let hint = match nearest(typed, cx.commands.iter().map(Entry::name).chain(capabilities)) {
        Some(close) => text![" Did you mean ", code(format!("help {close}")), "?"],
        None => text![" ", code("help"), " lists what you can run."],
    };
    Error::shown(text!["I don't know the command ", code(typed), "."].then(hint))
}
