//! Collecting complaints, in Slack's form.

use std::fmt::Display;

use serde_json::Value;

/// Whether a text field has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// There, with at least one character.
    Required,
    /// With at least one character when it is there.
    Optional,
    /// May be missing or empty.
    EmptyToo,
}

/// What is wrong so far.
#[derive(Default)]
pub(super) struct Report {
    wrong: Vec<String>,
}

impl Report {
    pub(super) fn complaints(self) -> Vec<String> {
        self.wrong
    }

    /// Complains about what is at this JSON pointer.
    pub(super) fn say(&mut self, at: &str, what: impl Display) {
        self.wrong.push(format!("[ERROR] {what} [json-pointer:{at}]"));
    }

    /// Complains about keys that are not allowed.
    pub(super) fn keys(&mut self, object: &Value, at: &str, allowed: &[&str]) {
        for key in object.as_object().into_iter().flat_map(|object| object.keys()) {
            if !allowed.contains(&key.as_str()) {
                self.say(at, format!("no more fields allowed: {key}"));
            }
        }
    }

    /// Checks a plain string under `key`, counted in characters.
    pub(super) fn string(&mut self, object: &Value, at: &str, key: &str, longest: usize, need: Need) {
        let at = format!("{at}/{key}");
        match object.get(key) {
            None if need == Need::Required => self.say(&at, format!("missing required field: {key}")),
            None => {}
            Some(Value::String(text)) => self.length(text, &at, longest, need),
            Some(_) => self.say(&at, "must be a string"),
        }
    }

    /// Checks the number of characters.
    pub(super) fn length(&mut self, text: &str, at: &str, longest: usize, need: Need) {
        let length = text.chars().count();
        if length > longest {
            self.say(at, format!("must be less than {} characters", longest + 1));
        }
        if length == 0 && need != Need::EmptyToo {
            self.say(at, "must be more than 0 characters");
        }
    }

    /// The list under `key`, which must be there; complains when it holds too few or too many.
    pub(super) fn list<'a>(&mut self, object: &'a Value, at: &str, key: &str, least: usize, most: usize) -> &'a [Value] {
        let at = format!("{at}/{key}");
        let Some(list) = object[key].as_array() else {
            self.say(&at, format!("missing required field: {key}"));
            return &[];
        };
        if list.len() < least {
            self.say(&at, format!("no fewer than {least} items allowed"));
        }
        if list.len() > most {
            self.say(&at, format!("no more than {most} items allowed"));
        }
        list
    }
}
