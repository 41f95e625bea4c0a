//! `[identity_center]` of `watchkeeper.toml`, and the file that declares which assignments stand.

use std::collections::{BTreeMap, BTreeSet};

use commands::context::{Account, Declared, Holder, IdentityCenter};
use commands::registry::nearest;
use jiff::SignedDuration;
use toml::de::DeValue;

use super::ConfigErrors;
use super::document::{Document, Table, text, texts};
use super::written::{DIGITS, Everywhere, REGION, ROLE, digits, duration, is_account, role};
use crate::policy::Policy;

/// The capability whose role reaches Identity Center.
const CAPABILITY: &str = "access";
/// People are not read more often than this: a reading takes many calls, and all share AWS's twenty a second.
const SHORTEST_REFRESH: SignedDuration = SignedDuration::from_secs(10);

const GROUPS: &str = "a list of groups, such as [\"sre\", \"dba\"]";

/// Reads the table, and the path of the file that declares assignments where one is named.
pub(super) fn read(table: Option<Table<'_>>, aws: &Everywhere, accounts: &[Account]) -> (Option<IdentityCenter>, Option<String>) {
    let Some(table) = table else { return (None, None) };
    let home = home(&table, aws, accounts);
    let management = table.get("management", DIGITS, digits);
    if let Some(id) = management.as_ref().filter(|id| home.as_ref().is_some_and(|home| home.id == **id)) {
        let words = format!("{id} is `account` itself. Leave this key out: it is for delegated administrators.");
        table.wrong(Some("management"), words);
    }
    let portal = table.get("portal", "where people sign in, such as \"https://acme.awsapps.com/start\"", |value| {
        text(value).filter(|url| url.starts_with("https://") && !url.contains(char::is_whitespace))
    });
    let groups = table.get("groups", GROUPS, set);
    let protected_users = table.get("protected_users", "a list of user names, such as [\"break.glass\"]", set);
    let protected_groups = table.get("protected_groups", GROUPS, set);
    let administrators = table.get("administrators", "a group, such as \"sre\"", text);
    let profiles = profiles(&table);
    let baseline = table.get("baseline", "a file's path", text);
    let calls = table.get("calls_per_second", "a number from 1 to 1000", |value| number(value, 1000));
    let outstanding = table.get("outstanding", "a number from 1 to 100", |value| number(value, 100));
    let refresh = table.get("refresh", "a duration of ten seconds or more, such as \"5m\"", |value| {
        duration(value).filter(|gap| *gap >= SHORTEST_REFRESH)
    });
    table.done();
    let center = home.map(|home| IdentityCenter {
        home,
        management,
        portal,
        groups: groups.unwrap_or_default(),
        protected_users: protected_users.unwrap_or_default(),
        protected_groups: protected_groups.unwrap_or_default(),
        administrators,
        profiles,
        baseline: None,
        calls_per_second: calls.unwrap_or(20),
        outstanding: outstanding.map_or(10, |count| count as usize),
        refresh: refresh.unwrap_or(SignedDuration::from_mins(5)),
    });
    (center, baseline)
}

/// The account Identity Center is managed from.
fn home(table: &Table<'_>, aws: &Everywhere, accounts: &[Account]) -> Option<Account> {
    let id = table.must("account", DIGITS, digits);
    let name = table.get("name", "what people call the account", text);
    let region = match (table.get("region", REGION, text), &aws.region) {
        (Some(region), _) => Some(region),
        (None, Some(region)) => Some(region.clone()),
        (None, None) => table.must("region", REGION, text),
    };
    let own = table.get("role", ROLE, role);
    let id = id?;
    let Some(arn) = own.or_else(|| aws.role(&id, CAPABILITY)) else {
        table.wrong(Some("role"), format!("This key is missing, and [aws] gives no `role` either: it takes {ROLE}."));
        return None;
    };
    let known = accounts.iter().find(|account| account.id == id);
    Some(Account {
        name: name.or_else(|| known.map(|account| account.name.clone())).unwrap_or_else(|| "identity-center".to_owned()),
        project: known.map(|account| account.project.clone()).unwrap_or_default(),
        env: known.map(|account| account.env.clone()).unwrap_or_default(),
        regions: vec![region?],
        roles: BTreeMap::from([(CAPABILITY.to_owned(), arn)]),
        id,
    })
}

fn profiles(table: &Table<'_>) -> BTreeMap<String, Vec<String>> {
    let tables = table.table("profiles").iter().flat_map(Table::named_tables).collect::<Vec<_>>();
    let profile = |(name, table): (String, Table<'_>)| {
        let groups = table.must("groups", GROUPS, |value| texts(value).filter(|groups| !groups.is_empty()));
        table.done();
        Some((name, groups?))
    };
    tables.into_iter().filter_map(profile).collect()
}

fn set(value: &DeValue<'_>) -> Option<BTreeSet<String>> {
    texts(value).map(|all| all.into_iter().collect())
}

fn number(value: &DeValue<'_>, most: u32) -> Option<u32> {
    let number = value.as_integer()?;
    u32::from_str_radix(number.as_str(), number.radix()).ok().filter(|number| (1..=most).contains(number))
}

/// Reads the file that declares which assignments stand. Accounts are named by the names of `accounts`, or by id.
pub(super) fn baseline(file: &str, content: &str, accounts: &[&Account]) -> Result<Vec<Declared>, ConfigErrors> {
    let document = Document::new(file, content);
    let parsed = document.parse()?;
    let top = document.top(&parsed);
    let mut declared = BTreeSet::new();
    for table in top.tables("assignments") {
        let user = table.get("user", "a user name, such as \"ana.ruiz\"", text).map(Holder::User);
        let group = table.get("group", "a group, such as \"sre\"", text).map(Holder::Group);
        let permission_set = table.must("permission_set", "a permission set, such as \"ReadOnly\"", text);
        let named = table
            .must("accounts", "a list of accounts, such as [\"shop-prod\"]", |value| texts(value).filter(|all| !all.is_empty()))
            .unwrap_or_default();
        table.done();
        let principal = match (user, group) {
            (Some(one), None) | (None, Some(one)) => Some(one),
            (Some(_), Some(_)) => {
                table.wrong(Some("group"), "An assignment is for a user or for a group, not for both.".to_owned());
                None
            }
            // A key of the wrong shape was told already.
            (None, None) => {
                table.wrong(None, "Whom it is for is missing: give it `group` or `user`.".to_owned());
                None
            }
        };
        let ids: Vec<String> = named.iter().filter_map(|name| account(&table, name, accounts)).collect();
        let (Some(principal), Some(permission_set)) = (principal, permission_set) else { continue };
        for id in ids {
            let one = Declared { principal: principal.clone(), permission_set: permission_set.clone(), account: id };
            if let Some(twice) = declared.replace(one) {
                table.wrong(Some("accounts"), format!("This is declared above for {} already.", twice.account));
            }
        }
    }
    top.done();
    document.errors().or(declared.into_iter().collect())
}

/// The id of an account by its name or id.
fn account(table: &Table<'_>, name: &str, accounts: &[&Account]) -> Option<String> {
    let known = accounts.iter().find(|account| account.name == name).map(|account| account.id.clone());
    let id = known.or_else(|| is_account(name).then(|| name.to_owned()));
    if id.is_none() {
        let hint = match nearest(name, accounts.iter().map(|account| account.name.as_str())) {
            Some(close) => format!("Did you mean {close:?}?"),
            None => "Others can be given by their twelve digits.".to_owned(),
        };
        table.wrong(Some("accounts"), format!("No account is called {name:?}. {hint}"));
    }
    id
}

/// What can be said of the groups without asking AWS: key and sentence.
pub(super) fn advice(center: &IdentityCenter, policy: &Policy) -> Vec<(String, String)> {
    let spoken: BTreeSet<String> = policy.groups_of_permits().into_iter().map(|(group, ..)| group).collect();
    let idle = |group: &&String| !spoken.contains(*group) && !policy.groups().contains(*group);
    let mut advice: Vec<(String, String)> = Vec::new();
    let mut say = |key: &str, words: String| advice.push((format!("identity_center.{key}"), words));
    for group in center.groups.iter().filter(idle) {
        say("groups", format!("No rule of the policy names {group:?}, so being in it changes nothing."));
    }
    let named = [("protected_groups".to_owned(), center.protected_groups.iter().collect::<Vec<_>>())];
    let administrators = [("administrators".to_owned(), center.administrators.iter().collect())];
    let profiles = center.profiles.iter().map(|(name, groups)| (format!("profiles.{name}.groups"), groups.iter().collect()));
    let declared = center.baseline.iter().flatten().filter_map(|declared| match &declared.principal {
        Holder::Group(group) => Some(group),
        Holder::User(_) => None,
    });
    let declared: BTreeSet<&String> = declared.collect();
    let baseline = [("baseline".to_owned(), declared.into_iter().collect())];
    for (key, groups) in named.into_iter().chain(administrators).chain(profiles).chain(baseline) {
        for group in groups {
            let twin = |other: &&String| *other != group && other.to_lowercase() == group.to_lowercase();
            if let Some(other) = center.groups.iter().find(twin) {
                say(&key, format!("{group:?} and {other:?} of `groups` differ in upper and lower case only. Are they one?"));
            }
        }
    }
    advice
}
