//! `can`

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::Person;
use crate::message::{bold, code};
use crate::outlook::{self, Outlook};
use crate::records::ChangeId;
use crate::registry::{self, Entry, Fault};
use crate::{Choice, Command, Context, Error, Message, PersonId, Query, Resource, Result, Text, text};

/// Why somebody may or may not run something: the rule, where it holds, and who would have to approve
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Can {
    /// Who, such as @ana or me
    who: String,
    /// The command, such as rds upgrade orders
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Command for Can {
    const NAME: &'static str = "can";
    const PICKS: &'static [&'static str] = &["who", "command"];

    fn resource(&self) -> Resource {
        Resource::named("person", self.who.trim_start_matches('@'))
    }

    async fn suggest(arg: &str, typed: &str, _given: &Value, cx: &Context<'_>) -> Vec<Choice> {
        let people = || cx.authority.people().into_iter().map(|person| (format!("@{}", person.id), person.name));
        let commands = || cx.commands.iter().map(|entry| (entry.name().to_owned(), entry.name().to_owned()));
        let all: Vec<(String, String)> = if arg == "who" { people().collect() } else { commands().collect() };
        let typed = typed.to_lowercase();
        let fits = |choice: &Choice| choice.label.to_lowercase().contains(&typed) || choice.value.contains(&typed);
        all.into_iter().map(|(value, label)| Choice { value, label }).filter(fits).take(100).collect()
    }
}

impl Query for Can {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        let person = self.person(cx)?;
        // A form hands the command over in one piece, a line word by word.
        let words: Vec<String> = self.command.iter().flat_map(|words| words.split_whitespace()).map(str::to_owned).collect();
        let Some((entry, taken)) = registry::find(cx.commands, &words) else {
            return Err(Error::shown(registry::unknown(cx.commands, &words)));
        };
        let mut resource = resource(entry, &words[taken..]);
        let mut also = None;
        if let Some(record) = match resource.name.parse::<ChangeId>() {
            Ok(id) if entry.capability() == "change" => cx.records.change(id).await?,
            _ => None,
        } {
            resource = record.as_resource();
            let asker = cx.authority.person(&record.asker);
            also = asker.and_then(|asker| outlook::vote(&person, entry.name(), record.requires.as_ref(), &asker));
        }
        let outlook = Outlook::of(cx, &person, entry.name(), &resource);
        let may = if outlook.allows() { " may run " } else { " may not run " };
        let on = if resource.name.is_empty() { Text::default() } else { text![" on ", code(&resource.name)] };
        let head = text![bold(&person.name), may, code(entry.name())].then(on).then(":");
        let lines = outlook.lines(cx, &person).into_iter().chain(also.map(|also| text!["• "].then(also)));
        Ok(lines.fold(head, |told, line| told.then("\n").then(line)).into())
    }
}

impl Can {
    fn person(&self, cx: &Context<'_>) -> Result<Person> {
        let who = self.who.trim_start_matches('@').to_lowercase();
        if who == "me" {
            return Ok(cx.person.clone());
        }
        let people = cx.authority.people();
        let called = |person: &&Person| person.email.as_deref() == Some(&who) || person.name.to_lowercase() == who;
        let known = || people.iter().find(|person| person.id.0 == who).cloned();
        let person = known().or_else(|| cx.authority.person(&PersonId(who.clone())));
        if let Some(person) = person.or_else(|| people.iter().find(called).cloned()) {
            return Ok(person);
        }
        let hint = match registry::nearest(&who, people.iter().map(|person| person.id.0.as_str())) {
            Some(close) => text![" Did you mean ", code(format!("@{close}")), "?"],
            None => " People are known by what stands in people.toml.".into(),
        };
        Err(Error::shown(text!["I don't know ", code(&self.who), "."].then(hint)))
    }
}

/// What the words behind a command's name act on; of words that are not all there yet, the first argument is its name.
fn resource(entry: Entry, words: &[String]) -> Resource {
    match registry::arguments(entry, words) {
        Ok(asked) => entry.resource(&asked.args).unwrap_or_default(),
        Err(Fault::Missing { given, .. }) => {
            let clap = entry.clap();
            let first = clap.get_positionals().next().map(|arg| arg.get_id().to_string());
            let name = first.and_then(|first| given.get(&first)?.as_str().map(str::to_owned));
            Resource::named("", name.unwrap_or_default())
        }
        Err(_) => Resource::default(),
    }
}
