//! Looking everywhere at once: all accounts and regions, each account's failure beside the others' results.

use futures_util::future::join_all;

use super::aws::Rds;
use super::line;
use super::model::Database;
use crate::aws::{Aws, Caller};
use crate::context::Account;
use crate::error::{Error, Result};
use crate::message::Text;

/// What was found, and what could not be looked at.
#[derive(Default)]
pub(super) struct Fleet {
    /// Sorted by name, then account and region.
    pub(super) databases: Vec<Database>,
    /// One line for each account and trouble.
    pub(super) unseen: Vec<Text>,
}

/// Every place an account is looked at.
pub(super) fn places<'a>(accounts: impl IntoIterator<Item = &'a Account>) -> Vec<(&'a Account, &'a str)> {
    accounts.into_iter().flat_map(|account| account.regions.iter().map(move |region| (account, region.as_str()))).collect()
}

/// All databases of `accounts`.
///
/// # Errors
/// Only when no place at all could be looked at.
pub(super) async fn look(aws: &Aws, caller: &Caller, accounts: &[&Account]) -> Result<Fleet> {
    let looks = places(accounts.iter().copied())
        .into_iter()
        .map(|(account, region)| async move { Rds::open(aws, caller, account, region).await?.databases().await });
    let mut fleet = Fleet::default();
    fleet.databases = all(join_all(looks).await, &mut fleet.unseen)?.into_iter().flatten().collect();
    fleet.databases.sort_by(|a, b| (&a.at.id, &a.account_name, &a.at.region).cmp(&(&b.at.id, &b.account_name, &b.at.region)));
    Ok(fleet)
}

/// The results that came; each distinct error becomes a line. If nothing but errors came, the first one is it.
pub(super) fn all<T>(results: Vec<Result<T>>, unseen: &mut Vec<Text>) -> Result<Vec<T>> {
    let mut found = Vec::new();
    let mut errors: Vec<Error> = Vec::new();
    for result in results {
        match result {
            Ok(result) => found.push(result),
            Err(error) => errors.push(error),
        }
    }
    if found.is_empty() && !errors.is_empty() {
        return Err(errors.swap_remove(0));
    }
    for error in errors {
        let said = line(error);
        if !unseen.contains(&said) {
            unseen.push(said);
        }
    }
    Ok(found)
}
