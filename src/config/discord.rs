//! `[discord]` of `watchkeeper.toml`.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::DeValue;

use super::document::{Table, list, text};

const ROLES: &str = "a list of role ids in quotes, such as [\"41771983423143936\"]";
const ROLE: &str = "a role's id in quotes, such as \"41771983423143936\"";

/// What the table holds.
pub(super) struct Written {
    pub(super) guild: String,
    pub(super) roles: BTreeSet<String>,
    pub(super) groups: BTreeMap<String, String>,
}

pub(super) fn read(table: Option<Table<'_>>) -> Option<Written> {
    let table = table?;
    let guild = table.must("guild", "the server's id in quotes, such as \"41771983423143937\"", snowflake);
    let roles = table.get("roles", ROLES, |value| list(value, snowflake)).unwrap_or_default().into_iter().collect();
    let mut groups = BTreeMap::new();
    if let Some(inner) = table.table("groups") {
        for (group, role) in inner.named_texts() {
            if is_snowflake(&role) {
                groups.insert(group, role);
            } else {
                inner.wrong(None, format!("{group}: expected {ROLE}, found {role:?}."));
            }
        }
    }
    table.done();
    Some(Written { guild: guild?, roles, groups })
}

/// An id of Discord in quotes.
pub(super) fn snowflake(value: &DeValue<'_>) -> Option<String> {
    text(value).filter(|id| is_snowflake(id))
}

/// Whether it can be an id of Discord: a number of 64 bits whose upper 42 count milliseconds since 2015.
pub(super) fn is_snowflake(id: &str) -> bool {
    id.len() >= 15 && id.parse::<u64>().is_ok()
}
