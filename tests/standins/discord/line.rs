//! A typed line → an application command, as somebody fills in Discord's boxes.
//!
//! Tests say `/rds upgrade orders --to 8.0.40` on every platform. The words after the slash choose command, group and
//! subcommand; `--to` is the option `to`; words without a name are the command's positional arguments in their order.

use commands::registry::{self, Entry};
use serde_json::{Map, Value, json};

use super::{
    json,
    mentions::marked_up,
    state::{GUILD_ID, State},
};

/// The option that is being typed into, and what stands there so far.
pub(super) struct Typing<'a> {
    pub(super) option: &'a str,
    pub(super) typed: &'a str,
}

/// Translates lines with what is registered now.
pub(super) struct Translator<'a> {
    pub(super) state: &'a State,
    pub(super) known: &'static [Entry],
}

/// A line in parts.
struct Chosen<'c> {
    command: &'c Value,
    /// Groups and subcommands on the way, outermost first.
    way: Vec<&'c Value>,
    /// The options that can be filled in.
    options: Vec<&'c Value>,
    /// The words after the names.
    words: Vec<String>,
    name: String,
}

impl Translator<'_> {
    /// The `data` of the interaction. Errors are what Discord's client would refuse.
    pub(super) fn translate(&self, line: &str, typing: Option<Typing<'_>>) -> Result<Value, String> {
        let chosen = self.choose(line)?;
        let mut filled = self.fill(&chosen)?;
        if let Some(typing) = &typing {
            filled.insert(typing.option.into(), typing.typed.into());
        }
        let mut resolved = Map::new();
        let mut values = Vec::new();
        for option in &chosen.options {
            let name = option["name"].as_str().unwrap_or_default();
            let focused = typing.as_ref().is_some_and(|typing| typing.option == name);
            match filled.remove(name) {
                Some(value) if focused => {
                    if option["autocomplete"] != true {
                        return Err(format!("the option {name} of /{} is not completed by the bot", chosen.name));
                    }
                    values.push(json!({"name": name, "type": option["type"], "value": value, "focused": true}));
                }
                Some(text) => {
                    let value = self.value(option, &text, &mut resolved).map_err(|why| format!("{name}: {why}"))?;
                    values.push(json!({"name": name, "type": option["type"], "value": value}));
                }
                None if option["required"] == true && typing.is_none() => {
                    return Err(format!("the option {name} of /{} is required", chosen.name));
                }
                None => {}
            }
        }
        if let Some(name) = filled.keys().next() {
            return Err(format!("/{} has no option {name}, only {}", chosen.name, names(&chosen.options)));
        }
        let mut options = values;
        for step in chosen.way.iter().rev() {
            options = vec![json!({"name": step["name"], "type": step["type"], "options": options})];
        }
        let mut data = json!({"id": chosen.command["id"], "name": chosen.command["name"], "type": 1});
        if chosen.command["guild_id"].is_string() {
            data["guild_id"] = GUILD_ID.into();
        }
        if !options.is_empty() {
            data["options"] = options.into();
        }
        if !resolved.is_empty() {
            data["resolved"] = resolved.into();
        }
        Ok(data)
    }

    fn choose(&self, line: &str) -> Result<Chosen<'_>, String> {
        let mut words = registry::words_of(line.trim_start_matches('/')).map_err(|_| "a quote is never closed")?;
        let first = if words.is_empty() { String::new() } else { words.remove(0) };
        let command = self.state.command(&first).ok_or_else(|| format!("there is no command /{first} here"))?;
        let (mut at, mut way, mut name) = (command, Vec::new(), first);
        loop {
            let options: Vec<&Value> = at["options"].as_array().into_iter().flatten().collect();
            if !options.iter().any(|option| matches!(option["type"].as_u64(), Some(1 | 2))) {
                return Ok(Chosen { command, way, options, words, name });
            }
            let next = words.first().and_then(|word| options.iter().find(|option| option["name"] == word.as_str()));
            let next = next.ok_or_else(|| format!("/{name} goes on with one of {}", names(&options)))?;
            name = format!("{name} {}", words.remove(0));
            way.push(*next);
            at = *next;
        }
    }

    /// Which text goes into which option.
    fn fill(&self, chosen: &Chosen<'_>) -> Result<Map<String, Value>, String> {
        let mut filled = Map::new();
        let mut loose: Vec<&str> = Vec::new();
        let mut words = chosen.words.iter().peekable();
        let mut named = true;
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix("--").filter(|_| named) else {
                loose.push(word);
                continue;
            };
            if flag.is_empty() {
                named = false;
                continue;
            }
            let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value.to_owned())));
            let option = chosen.options.iter().find(|option| same(option, name));
            let option =
                option.ok_or_else(|| format!("/{} has no option {name}, only {}", chosen.name, names(&chosen.options)))?;
            let mut values = match value {
                Some(value) => vec![value],
                None if option["type"] == 5 => vec!["true".into()],
                None => vec![words.next().cloned().ok_or_else(|| format!("--{name} wants a value"))?],
            };
            if self.takes_several(chosen, name) {
                while let Some(more) = words.next_if(|word| !word.starts_with("--")) {
                    values.push(more.clone());
                }
            }
            let key = option["name"].as_str().unwrap_or_default();
            if let Some(before) = filled.get(key).and_then(Value::as_str) {
                values.insert(0, before.to_owned());
            }
            let text = if let [only] = values.as_slice() { only.clone() } else { listed(&values) };
            filled.insert(key.into(), text.into());
        }
        let mut places = self.positional(chosen).into_iter().filter(|name| !filled.contains_key(name)).collect::<Vec<_>>();
        if places.len() > loose.len() {
            places.truncate(loose.len());
        }
        if places.is_empty() && !loose.is_empty() {
            return Err(format!("/{} takes no words but {}", chosen.name, names(&chosen.options)));
        }
        let last = places.len().saturating_sub(1);
        for (at, name) in places.into_iter().enumerate() {
            // People type whatever is left over into the last box.
            let text = if at == last { loose[at..].join(" ") } else { loose[at].to_owned() };
            filled.insert(name, text.into());
        }
        Ok(filled)
    }

    /// The options that stand for words without a name: the command's own positional arguments, where it is known, else all.
    fn positional(&self, chosen: &Chosen<'_>) -> Vec<String> {
        let name = |option: &&Value| option["name"].as_str().unwrap_or_default().to_owned();
        let Some(entry) = self.known.iter().find(|entry| entry.name() == chosen.name) else {
            return chosen.options.iter().map(name).collect();
        };
        let clap = entry.clap();
        let arguments: Vec<String> = clap.get_positionals().map(|argument| argument.get_id().to_string()).collect();
        arguments.iter().filter_map(|id| chosen.options.iter().find(|option| same(option, id)).map(name)).collect()
    }

    /// Whether a flag goes on with more words, as its command says.
    fn takes_several(&self, chosen: &Chosen<'_>, flag: &str) -> bool {
        let entry = self.known.iter().find(|entry| entry.name() == chosen.name);
        entry.is_some_and(|entry| {
            let clap = entry.clap();
            let argument = clap.get_arguments().find(|argument| argument.get_long() == Some(flag));
            argument.and_then(clap::Arg::get_num_args).is_some_and(|count| count.max_values() > 1)
        })
    }

    fn value(&self, option: &Value, text: &Value, resolved: &mut Map<String, Value>) -> Result<Value, String> {
        let text = text.as_str().unwrap_or_default();
        let value: Value = match option["type"].as_u64() {
            Some(4) => text.parse::<i64>().map_err(|_| format!("{text} is no whole number"))?.into(),
            Some(10) => text.parse::<f64>().map_err(|_| format!("{text} is no number"))?.into(),
            Some(5) => text.parse::<bool>().map_err(|_| format!("{text} is neither true nor false"))?.into(),
            Some(6) => return self.user(text, resolved),
            Some(7) => {
                let channel = self.state.channel(text).ok_or_else(|| format!("there is no channel {text}"))?;
                resolved.insert("channels".into(), json!({channel.id.as_str(): json::channel(self.state, channel)}));
                return Ok(channel.id.clone().into());
            }
            Some(8) => {
                let role = self.state.role(text.trim_start_matches('@')).ok_or_else(|| format!("there is no role {text}"))?;
                resolved.insert("roles".into(), json!({role.id.as_str(): json::role(role)}));
                return Ok(role.id.clone().into());
            }
            _ => marked_up(self.state, text).into(),
        };
        let choices = option["choices"].as_array().filter(|choices| !choices.is_empty());
        if let Some(choices) = choices {
            let chosen = choices.iter().find(|choice| choice["value"] == value || choice["name"] == text);
            let offered: Vec<&str> = choices.iter().filter_map(|choice| choice["name"].as_str()).collect();
            return chosen.map(|choice| choice["value"].clone()).ok_or_else(|| format!("{text} is none of {offered:?}"));
        }
        let length = text.chars().count() as u64;
        let least = option["min_length"].as_u64().unwrap_or(0);
        let most = option["max_length"].as_u64().unwrap_or(6_000);
        if option["type"] == 3 && !(least..=most).contains(&length) {
            return Err(format!("must be {least} to {most} letters long"));
        }
        let number = value.as_f64();
        let beyond = |bound: &str, is_beyond: fn(f64, f64) -> bool| {
            number.zip(option[bound].as_f64()).is_some_and(|(number, bound)| is_beyond(number, bound))
        };
        if beyond("min_value", |number, least| number < least) || beyond("max_value", |number, most| number > most) {
            return Err(format!("{text} is out of bounds"));
        }
        Ok(value)
    }

    fn user(&self, text: &str, resolved: &mut Map<String, Value>) -> Result<Value, String> {
        let user = self.state.user(text.trim_start_matches('@')).ok_or_else(|| format!("there is nobody called {text}"))?;
        for (kind, json) in [("users", json::user(user)), ("members", json::partial_member(self.state, user))] {
            if kind == "users" || user.is_member() {
                resolved.entry(kind).or_insert_with(|| json!({}))[&user.id] = json;
            }
        }
        Ok(user.id.clone().into())
    }
}

/// Several values in one box: a word each, in quotes where they hold a space.
fn listed(values: &[String]) -> String {
    let quoted = values.iter().map(|value| if value.contains(' ') { format!("'{value}'") } else { value.clone() });
    quoted.collect::<Vec<_>>().join(" ")
}

/// Whether an option has this name; `_` and `-` are one letter here, as names of arguments and flags differ in them.
fn same(option: &Value, name: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    option["name"].as_str().is_some_and(|own| plain(own) == plain(name))
}

fn names(options: &[&Value]) -> String {
    options.iter().filter_map(|option| option["name"].as_str()).collect::<Vec<_>>().join(", ")
}
