//! Walks a TOML file and gathers everything that is wrong with it: key by key, each with its place.
//!
//! The file is walked rather than deserialized because serde stops at the first error.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::Range;

use commands::registry::nearest;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigError, ConfigErrors, Place};

/// A TOML file that is being read.
pub(super) struct Document<'d> {
    file: &'d str,
    text: &'d str,
    errors: RefCell<Vec<ConfigError>>,
}

/// A table of it, and the keys that were asked for so far.
pub(super) struct Table<'d> {
    document: &'d Document<'d>,
    path: String,
    span: Range<usize>,
    entries: &'d DeTable<'d>,
    known: RefCell<Vec<&'static str>>,
}

impl<'d> Document<'d> {
    pub(super) fn new(file: &'d str, text: &'d str) -> Self {
        Self { file, text, errors: RefCell::default() }
    }

    /// Parses the whole text; with errors of syntax nothing else is looked at.
    pub(super) fn parse(&self) -> Result<Spanned<DeTable<'d>>, ConfigErrors> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            self.wrong(error.span().unwrap_or(0..0), None, format!("This is not TOML: {}.", error.message().trim_end()));
        }
        self.errors().or(table)
    }

    /// The topmost table.
    pub(super) fn top(&'d self, table: &'d Spanned<DeTable<'d>>) -> Table<'d> {
        Table { document: self, path: String::new(), span: 0..0, entries: table.get_ref(), known: RefCell::default() }
    }

    /// Notes that something is wrong.
    pub(super) fn wrong(&self, span: Range<usize>, key: Option<String>, words: String) {
        let place = Place::in_text(self.file, self.text, span.start);
        self.errors.borrow_mut().push(ConfigError { place, key, words });
    }

    /// What was wrong so far, from top to bottom; the document starts anew.
    pub(super) fn errors(&self) -> ConfigErrors {
        let mut errors = self.errors.take();
        errors.sort_by(|a, b| a.place.cmp(&b.place));
        ConfigErrors(errors)
    }
}

impl<'d> Table<'d> {
    /// The value of `key` if it is there and `read` can use it; `expected` says in words what `read` takes.
    pub(super) fn get<T>(&self, key: &'static str, expected: &str, read: impl FnOnce(&DeValue<'_>) -> Option<T>) -> Option<T> {
        let value = self.value(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            let words = format!("Expected {expected}, found {}.", found(value.get_ref()));
            self.document.wrong(value.span(), Some(self.named(key)), words);
        }
        read
    }

    /// Like [`Table::get`], for a key that must be there.
    pub(super) fn must<T>(&self, key: &'static str, expected: &str, read: impl FnOnce(&DeValue<'_>) -> Option<T>) -> Option<T> {
        if self.value(key).is_none() {
            self.wrong(Some(key), format!("This key is missing: it takes {expected}."));
        }
        self.get(key, expected, read)
    }

    /// Whether `key` is there, whatever its value.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    /// A table inside this one.
    pub(super) fn table(&self, key: &'static str) -> Option<Table<'d>> {
        let value = self.value(key)?;
        self.inner(self.named(key), value, &format!("a table, [{}]", self.named(key)))
    }

    /// The tables of an array: `[[accounts]]`.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'d>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let path = self.named(key);
        let expected = format!("tables, each under [[{path}]]");
        match value.get_ref().as_array() {
            Some(array) => {
                array.iter().enumerate().filter_map(|(at, one)| self.inner(format!("{path}[{at}]"), one, &expected)).collect()
            }
            None => {
                let words = format!("Expected {expected}, found {}.", found(value.get_ref()));
                self.document.wrong(value.span(), Some(path), words);
                Vec::new()
            }
        }
    }

    /// All tables inside this one, whatever they are called: `[projects.shop]`.
    pub(super) fn named_tables(&self) -> Vec<(String, Table<'d>)> {
        let inner = |(name, value): (&Spanned<_>, &'d Spanned<DeValue<'d>>)| {
            let name: &std::borrow::Cow<'_, str> = name.get_ref();
            let path = format!("{}.{name}", self.path);
            self.inner(path, value, "a table").map(|table| (name.to_string(), table))
        };
        self.entries.iter().filter_map(inner).collect()
    }

    /// All texts inside this table, whatever they are called: `roles = { rds = "arn:…" }`.
    pub(super) fn named_texts(&self) -> Vec<(String, String)> {
        let one = |(name, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            let read = text(value.get_ref());
            if read.is_none() {
                let words = format!("Expected a text in quotes, found {}.", found(value.get_ref()));
                self.document.wrong(value.span(), Some(format!("{}.{}", self.path, name.get_ref())), words);
            }
            read.map(|read| (name.get_ref().to_string(), read))
        };
        self.entries.iter().filter_map(one).collect()
    }

    /// Notes that the value of `key` (or the table as a whole) is wrong.
    pub(super) fn wrong(&self, key: Option<&str>, words: String) {
        let value = key.and_then(|key| self.entries.get(key));
        let span = value.map_or_else(|| self.span.clone(), Spanned::span);
        let path = (!self.path.is_empty()).then(|| self.path.clone());
        self.document.wrong(span, key.map(|key| self.named(key)).or(path), words);
    }

    /// Call it last: notes the keys nobody asked for.
    pub(super) fn done(&self) {
        let known = self.known.borrow();
        for name in self.entries.keys().filter(|name| !known.contains(&name.get_ref().as_ref())) {
            let words = match nearest(name.get_ref(), known.iter().copied()) {
                Some(close) => format!("There is no such key. Did you mean {close}?"),
                None => format!("There is no such key. Known here: {}.", known.join(", ")),
            };
            self.document.wrong(name.span(), Some(self.named(name.get_ref())), words);
        }
    }

    fn value(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.entries.get(key)
    }

    fn inner(&self, path: String, value: &'d Spanned<DeValue<'d>>, expected: &str) -> Option<Table<'d>> {
        let Some(entries) = value.get_ref().as_table() else {
            let words = format!("Expected {expected}, found {}.", found(value.get_ref()));
            self.document.wrong(value.span(), Some(path), words);
            return None;
        };
        Some(Table { document: self.document, path, span: value.span(), entries, known: RefCell::default() })
    }

    fn named(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// A text.
pub(super) fn text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A list of texts.
pub(super) fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    list(value, text)
}

/// A list.
pub(super) fn list<T>(value: &DeValue<'_>, read: impl Fn(&DeValue<'_>) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(|one| read(one.get_ref())).collect()
}

/// A text that means something: an address, a duration.
pub(super) fn parsed<T: std::str::FromStr>(value: &DeValue<'_>) -> Option<T> {
    value.as_str()?.parse().ok()
}

/// A text without what an address in it names as user and password: errors are logged.
fn without_password(text: &str) -> Cow<'_, str> {
    let hidden = || {
        let (scheme, rest) = text.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        let (_, name) = host.rsplit_once('@')?;
        Some(format!("{scheme}://***@{name}{}", &rest[host.len()..]))
    };
    hidden().map_or(Cow::Borrowed(text), Cow::Owned)
}

fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", without_password(text)),
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Array(array) => match array.iter().find(|one| !matches!(one.get_ref(), DeValue::String(_))) {
            Some(other) => format!("a list with {}", found(other.get_ref())),
            None => {
                let items: Vec<_> = array.iter().map(|one| found(one.get_ref())).collect();
                format!("[{}]", items.join(", "))
            }
        },
        other => format!("a {}", other.type_str()),
    }
}
