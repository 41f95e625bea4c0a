//! Looking everywhere at once: all accounts and regions, each account's failure beside the others' results.

use futures_util::future::join_all;

use super::aws::Rds;
use super::model::Database;
use super::{line, listed};
use crate::aws::{Aws, Caller};
use crate::context::Account;
use crate::error::{Error, Result};
use crate::message::Text;

/// What was found, and what could not be looked at.
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
    let looks = places(accounts.iter().copied()).into_iter().map(|(account, region)| async move {
        let looked = async { Rds::open(aws, caller, account, region).await?.databases().await };
        (account, region, looked.await)
    });
    let (found, unseen) = sorted(join_all(looks).await)?;
    let mut databases: Vec<Database> = found.into_iter().flatten().collect();
    databases.sort_by(|a, b| (&a.at.id, &a.account_name, &a.at.region).cmp(&(&b.at.id, &b.account_name, &b.at.region)));
    Ok(Fleet { databases, unseen })
}

/// The results that came, and a line for each account and trouble. If nothing but errors came, the first one is the error.
pub(super) fn sorted<T>(results: Vec<(&Account, &str, Result<T>)>) -> Result<(Vec<T>, Vec<Text>)> {
    let mut found = Vec::new();
    let mut errors: Vec<(&Account, &str, Error)> = Vec::new();
    for (account, region, result) in results {
        match result {
            Ok(result) => found.push(result),
            Err(error) => errors.push((account, region, error)),
        }
    }
    if found.is_empty() && !errors.is_empty() {
        return Err(errors.swap_remove(0).2);
    }
    let mut troubles: Vec<(&Account, Text, Vec<&str>)> = Vec::new();
    for (account, region, error) in errors {
        let said = line(error);
        match troubles.iter_mut().find(|(other, text, _)| other.id == account.id && *text == said) {
            Some((_, _, regions)) => regions.push(region),
            None => troubles.push((account, said, vec![region])),
        }
    }
    let line = |(account, said, regions): (&Account, Text, Vec<&str>)| {
        let everywhere = regions.len() == account.regions.len();
        if everywhere { said } else { said.then(format!(" (Only in {}.)", listed(&regions))) }
    };
    Ok((found, troubles.into_iter().map(line).collect()))
}
