//! `watchkeeper docs`: documentation made from the list of all commands.

use std::io::{self, Write};

use clap::{Arg, ArgAction};
use commands::registry::{Entry, Kind};

use super::{Answer, Failure};

const INTRODUCTION: &str = "\
# Commands

Made from the code by `cargo run --quiet -- docs commands > docs/commands.md`; a test fails when this page is stale.

Type them as slash commands (`/rds list`), after a mention (`@watchkeeper rds list`), or in a direct message (`rds list`).
Where a required argument is missing, a form opens. A command that **reads** answers you alone, or everybody with `--share`.
A command that **changes** something is planned, recorded, perhaps approved, and carries a `--reason`.
The name of a command is also its action in `policy.cedar` and its name in the audit log.
";

/// Prints all commands as Markdown.
pub(super) fn commands(out: &mut dyn Write) -> Result<Answer, Failure> {
    writeln!(out, "{INTRODUCTION}")?;
    writeln!(out, "| Command | | What it is for |\n|---|---|---|")?;
    for entry in commands::ALL {
        let anchor = entry.name().replace(' ', "-");
        writeln!(out, "| [`{}`](#{anchor}) | {} | {} |", entry.name(), kind(*entry), cell(&about(*entry)))?;
    }
    for entry in commands::ALL {
        one(*entry, out)?;
    }
    Ok(Answer::Yes)
}

fn kind(entry: Entry) -> &'static str {
    match entry.kind {
        Kind::Query => "reads",
        Kind::Change => "changes",
    }
}

fn about(entry: Entry) -> String {
    entry.about().trim_end_matches('.').to_owned()
}

fn one(entry: Entry, out: &mut dyn Write) -> io::Result<()> {
    let mut clap = entry.clap().bin_name(entry.name());
    let usage = clap.render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").trim();
    writeln!(out, "\n## {}\n\n{}. It {}.\n", entry.name(), about(entry), kind(entry))?;
    writeln!(out, "```\n/{usage}\n```\n")?;
    writeln!(out, "| Argument | What it is |\n|---|---|")?;
    let shown = |arg: &&Arg| !arg.is_hide_set() && !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version);
    for arg in clap.get_arguments().filter(shown) {
        writeln!(out, "| `{}` | {} |", typed(arg), cell(&help(arg)))?;
    }
    writeln!(out, "\nPolicy: `Action::\"{}\"`", entry.name())
}

/// An argument as it is typed: `ID`, `--to VERSION`, `--window`.
fn typed(arg: &Arg) -> String {
    let names: Vec<String> = arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let value = if names.is_empty() { arg.get_id().as_str().to_uppercase() } else { names.join(" ") };
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => format!("--{long} {value}"),
        Some(long) => format!("--{long}"),
        None => value,
    }
}

/// Its help, whether it is required, its values and its default.
fn help(arg: &Arg) -> String {
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    help.push_str(if arg.is_required_set() { ". Required." } else { "." });
    let takes_values = arg.get_action().takes_values();
    let values = arg.get_possible_values();
    let values: Vec<String> =
        values.iter().filter(|value| !value.is_hide_set()).map(|value| format!("`{}`", value.get_name())).collect();
    if takes_values && !values.is_empty() {
        help.push_str(&format!(" One of {}.", values.join(", ")));
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|value| format!("`{}`", value.to_string_lossy())).collect();
    if takes_values && !defaults.is_empty() {
        help.push_str(&format!(" Otherwise {}.", defaults.join(", ")));
    }
    help
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ").replace('<', "&lt;")
}
