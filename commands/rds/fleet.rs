//! Looking everywhere at once: all accounts and regions, each account's failure beside the others' results.

use futures_util::future::join_all;

use super::aws::Rds;
use super::model::Database;
use crate::aws::everywhere::{places, sorted};
use crate::aws::{Aws, Caller};
use crate::context::Account;
use crate::error::Result;
use crate::message::Text;

/// What was found, and what could not be looked at.
pub(super) struct Fleet {
    /// Sorted by name, then account and region.
    pub(super) databases: Vec<Database>,
    /// One line for each account and trouble.
    pub(super) unseen: Vec<Text>,
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
