//! Databases as pickers offer them: from a cache, renewed behind the scenes. Nothing is decided from it.

use std::sync::Arc;

use serde_json::Value;

use super::aws::Rds;
use super::find::Wanted;
use super::model::{Database, UpgradeTarget};
use super::{fleet, versions};
use crate::Choice;
use crate::aws::Caller;
use crate::aws::cache::Cache;
use crate::context::{Account, Context};

/// How many values a picker offers: Slack's limit for a menu.
const OFFERED: usize = 100;

/// What pickers of databases are served from.
#[derive(Default)]
pub(crate) struct Caches {
    databases: Cache<(), Vec<Database>>,
    targets: Cache<(String, String), Vec<UpgradeTarget>>,
}

/// The databases the asker may run this command on, as they were within about a minute.
pub(super) async fn databases(cx: &Context<'_>) -> Vec<Database> {
    let (aws, accounts, now) = (cx.aws.clone(), cx.settings.accounts.clone(), cx.now);
    let renew = async move {
        let accounts: Vec<&Account> = accounts.iter().collect();
        let looked = fleet::look(&aws, &Caller::background("inventory", now), &accounts).await;
        looked.map_err(super::line).ok().map(|fleet| fleet.databases)
    };
    let known: Arc<Vec<Database>> = cx.aws.rds().databases.get((), cx.now, renew).await.unwrap_or_default();
    known.iter().filter(|database| cx.may(&database.resource())).cloned().collect()
}

/// Databases whose name holds what was typed.
pub(super) async fn choices(typed: &str, cx: &Context<'_>) -> Vec<Choice> {
    let typed = typed.trim().to_lowercase();
    let known = databases(cx).await;
    let label =
        |database: &Database| format!("{} · {} · {}/{}", database.id(), database.software(), database.project, database.env);
    known
        .iter()
        .filter(|database| label(database).to_lowercase().contains(&typed))
        .take(OFFERED)
        .map(|database| Choice { value: name(database, &known), label: label(database) })
        .collect()
}

/// What to call a database among others: its id, or `id@account`, or its ARN, whichever is enough.
pub(super) fn name(database: &Database, among: &[Database]) -> String {
    let same = |other: &&Database| other.id() == database.id();
    let same_account = |other: &&Database| same(other) && other.account_name == database.account_name;
    if among.iter().filter(same).count() < 2 {
        database.id().to_owned()
    } else if among.iter().filter(same_account).count() < 2 {
        format!("{}@{}", database.id(), database.account_name)
    } else {
        database.at.arn.clone()
    }
}

/// Versions that begin with what was typed and that the database in `given` can be upgraded to.
pub(super) async fn targets(typed: &str, given: &Value, cx: &Context<'_>) -> Vec<Choice> {
    let Some(id) = given.get("id").and_then(Value::as_str) else { return Vec::new() };
    let wanted = Wanted::read(id);
    let known = databases(cx).await;
    let Some(database) = known.into_iter().find(|database| wanted.is(database)) else { return Vec::new() };
    let mode = database.engine_mode.clone();
    let key = (database.engine.clone(), database.version.clone());
    let account = cx.settings.accounts.iter().find(|account| account.id == database.at.account).cloned();
    let (aws, caller) = (cx.aws.clone(), Caller::background("inventory", cx.now));
    let renew = async move {
        let rds = Rds::open(&aws, &caller, &account?, &database.at.region).await.map_err(super::line).ok()?;
        let version = rds.version(&database.engine, &database.version).await.map_err(super::line).ok()?;
        Some(version.targets)
    };
    let known = cx.aws.rds().targets.get(key, cx.now, renew).await.unwrap_or_default();
    let mut fitting: Vec<UpgradeTarget> = known.iter().filter(|target| target.fits(mode.as_deref())).cloned().collect();
    versions::sort(&mut fitting);
    let recommended = versions::recommended(&fitting).map(|target| target.version.clone());
    fitting
        .iter()
        .filter(|target| target.version.starts_with(typed.trim()))
        .take(OFFERED)
        .map(|target| Choice { value: target.version.clone(), label: target.label(recommended.as_deref()) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::model::tests::database;

    #[test]
    fn a_database_is_called_by_what_is_enough() {
        let at = |account: &str, region: &str| {
            let mut one = database("orders");
            one.account_name = account.to_owned();
            one.at.region = region.to_owned();
            one.at.arn = format!("arn:aws:rds:{region}:{account}:db:orders");
            one
        };
        let among = [at("shop-prod", "eu-west-1"), at("shop-dev", "eu-west-1"), at("shop-dev", "us-east-1"), database("users")];
        let names: Vec<String> = among.iter().map(|one| name(one, &among)).collect();
        assert_eq!(
            names,
            ["orders@shop-prod", "arn:aws:rds:eu-west-1:shop-dev:db:orders", "arn:aws:rds:us-east-1:shop-dev:db:orders", "users"]
        );
    }
}
