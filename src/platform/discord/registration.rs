//! How Discord learns of the commands: application commands of the server, from the list of all commands
//! (discord.com/developers/docs "Application Commands").

use clap::{Arg, ArgAction};
use commands::registry::Entry;
use serde_json::{Value, json};

use super::limits::{self, cut};
use super::options;

/// Types of options.
const SUBCOMMAND: u8 = 1;
const GROUP: u8 = 2;
const STRING: u8 = 3;
const BOOLEAN: u8 = 5;
/// Lengths that descriptions are cut to, until a command's letters are few enough.
const LENGTHS: [usize; 6] = [limits::ABOUT, 80, 60, 40, 25, 12];

/// The application commands of these commands: one for each first word, subcommands for the second, groups of them where
/// there are three.
pub(super) fn commands(entries: &[Entry]) -> Vec<Value> {
    let mut capabilities: Vec<&str> = Vec::new();
    for entry in entries {
        if !capabilities.contains(&entry.capability()) {
            capabilities.push(entry.capability());
        }
    }
    capabilities.into_iter().map(|capability| fitted(capability, entries)).collect()
}

/// What of a command counts when two are compared: Discord adds ids, defaults and translations.
pub(super) fn essence(command: &Value) -> Value {
    let options = command["options"].as_array().into_iter().flatten().map(essence);
    let choices = command["choices"].as_array().into_iter().flatten();
    let choices = choices.map(|choice| json!({ "name": choice["name"], "value": choice["value"] }));
    json!({
        "type": command["type"].as_u64().unwrap_or(1),
        "name": command["name"],
        "description": command["description"],
        "required": command["required"] == true,
        "autocomplete": command["autocomplete"] == true,
        "choices": choices.collect::<Vec<_>>(),
        "options": options.collect::<Vec<_>>(),
    })
}

/// A command with descriptions as long as its letters allow.
fn fitted(capability: &str, entries: &[Entry]) -> Value {
    let of: Vec<&Entry> = entries.iter().filter(|entry| entry.capability() == capability).collect();
    let made = LENGTHS.map(|length| command(capability, &of, length));
    let [.., shortest] = &made;
    made.iter().find(|command| letters(command) <= limits::COMMAND).unwrap_or(shortest).clone()
}

fn command(capability: &str, entries: &[&Entry], length: usize) -> Value {
    let (mut options, mut abouts): (Vec<Value>, Vec<String>) = (Vec::new(), Vec::new());
    for entry in entries {
        let words: Vec<&str> = entry.name().split(' ').skip(1).collect();
        match words.as_slice() {
            [] => {
                abouts.insert(0, entry.about().trim_end_matches('.').to_owned());
                options.extend(arguments(entry, length));
            }
            [word] => {
                abouts.push((*word).to_owned());
                options.push(subcommand(entry, word, length));
            }
            [group, rest @ ..] => {
                let inner = subcommand(entry, &rest.join("-"), length);
                match options.iter_mut().find(|option| option["type"] == GROUP && option["name"] == *group) {
                    Some(known) => {
                        if let Some(list) = known["options"].as_array_mut() {
                            list.push(inner);
                        }
                    }
                    None => {
                        abouts.push((*group).to_owned());
                        options.push(json!({ "type": GROUP, "name": group, "options": [inner] }));
                    }
                }
            }
        }
    }
    for option in options.iter_mut().filter(|option| option["type"] == GROUP) {
        let names = option["options"].as_array().into_iter().flatten().filter_map(|inner| inner["name"].as_str());
        let names: Vec<&str> = names.collect();
        option["description"] = described(&names.join(", "), length).into();
    }
    json!({ "type": 1, "name": capability, "description": described(&abouts.join(", "), limits::ABOUT), "options": options })
}

fn subcommand(entry: &Entry, word: &str, length: usize) -> Value {
    let options = arguments(entry, length);
    json!({ "type": SUBCOMMAND, "name": word, "description": described(&entry.about(), length), "options": options })
}

/// The options of a command, those that Discord insists on first.
fn arguments(entry: &Entry, length: usize) -> Vec<Value> {
    let clap = entry.clap();
    let mut options: Vec<Value> = options::shown(&clap).map(|arg| argument(entry, arg, length)).collect();
    options.sort_by_key(|option| option["required"] != true);
    options.truncate(limits::OPTIONS);
    options
}

/// An argument as an option. Discord insists on those that it helps to fill in; for the others that are needed a form asks.
fn argument(entry: &Entry, arg: &Arg, length: usize) -> Value {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let about = if help.is_empty() { options::name(arg) } else { help };
    let mut option = json!({ "type": STRING, "name": options::name(arg), "description": described(&about, length) });
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        option["type"] = BOOLEAN.into();
        return option;
    }
    let values = arg.get_possible_values();
    let choices: Vec<Value> = values.iter().filter(|value| !value.is_hide_set()).map(|value| choice(value.get_name())).collect();
    let helped = if entry.picks().contains(&arg.get_id().as_str()) {
        option["autocomplete"] = true.into();
        true
    } else if !choices.is_empty() && choices.len() <= limits::CHOICES {
        option["choices"] = choices.into();
        true
    } else {
        false
    };
    if helped && arg.is_required_set() {
        option["required"] = true.into();
    }
    option
}

fn choice(name: &str) -> Value {
    json!({ "name": cut(name, limits::CHOICE), "value": name })
}

/// A description: plain words on one line, never empty.
fn described(words: &str, length: usize) -> String {
    let plain = words.replace('`', "").replace(['\n', '\r', '\t'], " ");
    let plain = cut(plain.trim().trim_end_matches('.'), length.min(limits::ABOUT));
    if plain.is_empty() { "–".to_owned() } else { plain }
}

/// The letters of a command that Discord counts: names, descriptions and values, those of its options included.
fn letters(command: &Value) -> usize {
    let of = |key: &str| command[key].as_str().map_or(0, limits::len);
    let inner = command["options"].as_array().into_iter().flatten().map(letters).sum::<usize>();
    let choices = command["choices"].as_array().into_iter().flatten();
    let choices: usize = choices
        .map(|choice| choice["name"].as_str().map_or(0, limits::len) + choice["value"].as_str().map_or(0, limits::len))
        .sum();
    of("name") + of("description") + inner + choices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_registered_within_discords_limits() {
        let all = commands(commands::ALL);
        assert!(all.len() <= 100);
        let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
        let mut found = Vec::new();
        for command in &all {
            assert!(letters(command) <= limits::COMMAND, "{} has {} letters", command["name"], letters(command));
            each(command, &name(command), &mut |path, option| {
                let options = option["options"].as_array().cloned().unwrap_or_default();
                assert!(options.len() <= limits::OPTIONS, "{path}");
                let names: std::collections::BTreeSet<_> = options.iter().map(name).collect();
                assert_eq!(names.len(), options.len(), "{path}: two of a name");
                let shape = |name: &str| {
                    name.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
                };
                assert!(shape(&name(option)) && (1..=32).contains(&name(option).len()), "{path}");
                assert!((1..=100).contains(&limits::len(option["description"].as_str().unwrap())), "{path}");
                let first_free = options.iter().position(|option| option["required"] != true).unwrap_or(options.len());
                assert!(options[first_free..].iter().all(|option| option["required"] != true), "{path}: required ones first");
                if option["type"] == SUBCOMMAND
                    || (option.get("required").is_none() && options.iter().all(|o| o["type"] != SUBCOMMAND && o["type"] != GROUP))
                {
                    found.push(path.to_owned());
                }
            });
        }
        for entry in commands::ALL {
            assert!(found.iter().any(|path| path == entry.name()), "{} is not registered", entry.name());
        }
    }

    #[test]
    fn a_command_says_what_it_takes() {
        let all = commands(commands::ALL);
        let rds = all.iter().find(|command| command["name"] == "rds").unwrap();
        let upgrade = rds["options"].as_array().unwrap().iter().find(|option| option["name"] == "upgrade").unwrap();
        insta::assert_snapshot!(serde_json::to_string_pretty(upgrade).unwrap(), @r#"
        {
          "type": 1,
          "name": "upgrade",
          "description": "Upgrades a database to another version, after a snapshot",
          "options": [
            {
              "type": 3,
              "name": "id",
              "description": "The database: its name, name@account, or ARN",
              "autocomplete": true,
              "required": true
            },
            {
              "type": 3,
              "name": "to",
              "description": "The version to upgrade to; rds targets shows which",
              "autocomplete": true,
              "required": true
            },
            {
              "type": 3,
              "name": "at",
              "description": "When to start: sat 02:00, tomorrow 3pm Asia/Taipei, in 2 hours; as soon as it may if left out"
            },
            {
              "type": 5,
              "name": "window",
              "description": "Start when the database's own maintenance window opens next"
            },
            {
              "type": 3,
              "name": "strategy",
              "description": "How it is done",
              "choices": [
                {
                  "name": "in-place",
                  "value": "in-place"
                }
              ]
            },
            {
              "type": 3,
              "name": "class",
              "description": "An instance class to change to on the way, such as db.r7g.large"
            },
            {
              "type": 3,
              "name": "parameter-group",
              "description": "A parameter group for the new version; major upgrades away from a group of your own need one"
            },
            {
              "type": 3,
              "name": "reason",
              "description": "Why, for the card and the audit log"
            },
            {
              "type": 5,
              "name": "emergency",
              "description": "Break the glass: at once, without approval, through freezes; reviewed later"
            }
          ]
        }
        "#);
    }

    #[test]
    fn what_discord_adds_makes_no_difference() {
        let ours = &commands(commands::ALL)[0];
        let mut theirs = ours.clone();
        theirs["id"] = "1".into();
        theirs["options"][0]["name_localizations"] = Value::Null;
        assert_eq!(essence(ours), essence(&theirs));
        theirs["options"][0]["description"] = "other".into();
        assert_ne!(essence(ours), essence(&theirs));
    }

    fn each(option: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
        visit(path, option);
        for inner in option["options"].as_array().into_iter().flatten() {
            each(inner, &format!("{path} {}", inner["name"].as_str().unwrap()), visit);
        }
    }
}
