//! `[[hooks]]` of `watchkeeper.toml`: other systems that are told what becomes of alerts.

use std::collections::BTreeSet;

use url::Url;

use super::document::{Table, parsed, text};
use super::sources::{Around, VARIABLE, is_name, secret};
use crate::hooks::Hook;

const NAME: &str = "a name of lower-case letters, digits, - and _, such as \"tickets\"";
const URL: &str = "an address, such as \"https://tickets.example.com/alerts\"";

/// Reads the tables under `[[hooks]]`.
pub(super) fn read(tables: Vec<Table<'_>>, around: &Around<'_>) -> Vec<Hook> {
    let mut seen = BTreeSet::new();
    let hook = |table: Table<'_>| {
        let name = table.must("name", NAME, |value| text(value).filter(|name| is_name(name)));
        let url = table.must("url", URL, |value| parsed(value).filter(|url: &Url| matches!(url.scheme(), "https" | "http")));
        let key = secret(&table, "secret", table.must("secret", VARIABLE, text), around);
        table.done();
        let name = name?;
        if !seen.insert(name.clone()) {
            table.wrong(Some("name"), format!("Two hooks are called {name}."));
        }
        Some(Hook { name, url: url?, secret: key? })
    };
    tables.into_iter().filter_map(hook).collect()
}
