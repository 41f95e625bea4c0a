//! Collecting complaints, in Discord's form: nested by path, each with a code and a sentence.

use std::fmt::Display;

use serde_json::{Value, json};

/// What is wrong so far.
#[derive(Default)]
pub(in super::super) struct Report {
    wrong: Vec<(String, &'static str, String)>,
    unknown: Vec<String>,
}

impl Report {
    /// The `errors` of a 50035, if there is anything wrong; and keys Discord does not know, which it ignores silently.
    pub(super) fn finish(self) -> (Option<Value>, Vec<String>) {
        let mut errors = json!({});
        for (path, code, message) in &self.wrong {
            let mut place = &mut errors;
            for step in path.split('/').filter(|step| !step.is_empty()) {
                place = &mut place[step];
            }
            let complaint = json!({"code": code, "message": message});
            match place["_errors"].as_array_mut() {
                Some(list) => list.push(complaint),
                None => place["_errors"] = json!([complaint]),
            }
        }
        ((!self.wrong.is_empty()).then_some(errors), self.unknown)
    }

    /// Complains about what is at this path, such as `embeds/0/title`.
    pub(super) fn say(&mut self, at: &str, code: &'static str, message: impl Display) {
        self.wrong.push((at.into(), code, message.to_string()));
    }

    /// Complains that something has to be there.
    pub(super) fn required(&mut self, at: &str) {
        self.say(at, "BASE_TYPE_REQUIRED", "This field is required");
    }

    /// Notes keys that Discord does not know.
    pub(super) fn keys(&mut self, object: &Value, at: &str, known: &[&str]) {
        for key in object.as_object().into_iter().flat_map(|object| object.keys()) {
            if !known.contains(&key.as_str()) {
                self.unknown.push(format!("{at}/{key}").trim_start_matches('/').to_owned());
            }
        }
    }

    /// Checks the text under `key`, counted in characters. Missing and null are fine where the least is 0.
    pub(super) fn text(&mut self, object: &Value, at: &str, key: &str, least: usize, most: usize) {
        match object.get(key) {
            None | Some(Value::Null) if least == 0 => {}
            None | Some(Value::Null) => self.required(&format!("{at}/{key}")),
            _ => self.optional_text(object, at, key, least, most),
        }
    }

    /// The same for text that may be missing, and must not be too short where it is there.
    pub(super) fn optional_text(&mut self, object: &Value, at: &str, key: &str, least: usize, most: usize) {
        let at = format!("{at}/{key}");
        match object.get(key) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => self.length(&at, text.chars().count(), least, most),
            Some(_) => self.say(&at, "STRING_TYPE_CONVERT", "Could not interpret as string."),
        }
    }

    /// Checks how long or how many something is.
    pub(super) fn length(&mut self, at: &str, length: usize, least: usize, most: usize) {
        if (least..=most).contains(&length) {
            return;
        }
        match least {
            0 => self.say(at, "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length.")),
            _ => self.say(at, "BASE_TYPE_BAD_LENGTH", format!("Must be between {least} and {most} in length.")),
        }
    }

    /// The list under `key`; complains when it holds too few or too many. A missing one is empty.
    pub(super) fn list<'a>(&mut self, object: &'a Value, at: &str, key: &str, least: usize, most: usize) -> &'a [Value] {
        let list = match object.get(key) {
            None | Some(Value::Null) => &[][..],
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.say(&format!("{at}/{key}"), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
                return &[];
            }
        };
        self.length(&format!("{at}/{key}"), list.len(), least, most);
        list
    }
}
