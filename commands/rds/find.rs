//! From what people type to one database: its id, `id@account`, or its ARN.

use std::cmp::Ordering;

use futures_util::future::join_all;

use super::aws::Rds;
use super::model::Database;
use super::{check, fleet, inventory};
use crate::aws::Caller;
use crate::aws::everywhere::{no_account, places, sorted};
use crate::context::{Account, Context, Resource};
use crate::error::{Error, Result};
use crate::message::{Text, code, codes};
use crate::text;

/// What was typed, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The identifier, lower case as RDS keeps it.
    id: String,
    /// The account's name or number.
    account: Option<String>,
    region: Option<String>,
    /// Whether it is a cluster, where an ARN says so.
    cluster: Option<bool>,
}

/// One database, and the way to it.
pub(super) struct Found {
    pub(super) database: Database,
    pub(super) rds: Rds,
    /// Accounts that could not be asked whether they have one of that name too.
    pub(super) unseen: Vec<Text>,
}

impl Wanted {
    pub(super) fn read(typed: &str) -> Self {
        let typed = typed.trim();
        let parts: Vec<&str> = typed.split(':').collect();
        if let ["arn", _, "rds", region, account, kind @ ("db" | "cluster"), id] = parts[..] {
            return Self {
                id: id.to_lowercase(),
                account: Some(account.to_owned()),
                region: Some(region.to_owned()),
                cluster: Some(kind == "cluster"),
            };
        }
        let (id, account) = match typed.split_once('@') {
            Some((id, account)) => (id, Some(account.to_owned())),
            None => (typed, None),
        };
        Self { id: id.to_lowercase(), account, region: None, cluster: None }
    }

    /// What it acts on before AWS has been asked.
    pub(super) fn resource(&self) -> Resource {
        Resource::named("database", self.id.clone())
    }

    /// Whether this database is meant.
    pub(super) fn is(&self, database: &Database) -> bool {
        self.id == database.at.id
            && self.account.as_ref().is_none_or(|account| *account == database.account_name || *account == database.at.account)
            && self.region.as_ref().is_none_or(|region| *region == database.at.region)
            && self.cluster.is_none_or(|cluster| cluster == database.at.kind.is_cluster())
    }

    fn accounts<'a>(&self, accounts: &'a [Account]) -> Vec<&'a Account> {
        let meant = |account: &&Account| self.account.as_ref().is_none_or(|name| *name == account.name || *name == account.id);
        accounts.iter().filter(meant).collect()
    }
}

/// The one database meant by what was typed.
///
/// # Errors
/// One to show when none or several are meant, or it is an instance of a cluster; AWS's trouble when that may be why.
pub(super) async fn find(typed: &str, cx: &Context<'_>) -> Result<Found> {
    let wanted = Wanted::read(typed);
    let accounts = wanted.accounts(&cx.settings.accounts);
    if accounts.is_empty() {
        return Err(no_account(wanted.account.as_deref(), cx));
    }
    let caller = Caller::of(cx);
    let mut places = places(accounts);
    places.retain(|(_, region)| wanted.region.as_deref().is_none_or(|only| only == *region));
    let looks = places.into_iter().map(|(account, region)| {
        let (caller, wanted) = (&caller, &wanted);
        let look = async move {
            let rds = Rds::open(cx.aws, caller, account, region).await?;
            Ok(rds.database(&wanted.id).await?.filter(|database| wanted.is(database)).map(|database| (database, rds)))
        };
        async move { (account, region, look.await) }
    });
    let (found, unseen) = sorted(join_all(looks).await)?;
    let mut found: Vec<(Database, Rds)> = found.into_iter().flatten().collect();
    if found.len() > 1 {
        // Several share the name: those the asker may not touch can't be meant.
        let refused = check(&found[0].0.resource(), cx);
        found.retain(|(database, _)| cx.may(&database.resource()));
        if found.is_empty() {
            refused?;
        }
        if found.len() > 1 {
            let databases: Vec<Database> = found.into_iter().map(|(database, _)| database).collect();
            return Err(which(&wanted.id, &databases));
        }
    }
    let Some((database, rds)) = found.pop() else { return Err(unknown(&wanted, unseen, cx).await) };
    if let Some(cluster) = &database.cluster {
        return Err(Error::shown(text![
            code(database.id()),
            " is an instance of the cluster ",
            code(&**cluster),
            ", and a cluster is handled as one. Ask for ",
            code(&**cluster),
            "."
        ]));
    }
    Ok(Found { database, rds, unseen })
}

fn which(id: &str, databases: &[Database]) -> Error {
    let names: Vec<String> = databases.iter().map(|database| inventory::name(database, databases)).collect();
    let mut text = text!["There are ", databases.len().to_string(), " databases called ", code(id), ". Which one: "];
    text.0.extend(codes(&names, " or "));
    Error::shown(text.then("?"))
}

async fn unknown(wanted: &Wanted, unseen: Vec<Text>, cx: &Context<'_>) -> Error {
    let place = wanted.account.as_ref().map(|account| format!(" in {account}")).unwrap_or_default();
    if let Some(first) = unseen.into_iter().next() {
        let say = text!["I found no database ", code(&*wanted.id), &*place, ", but could not look everywhere. "].then(first);
        return Error::Outside { say, cause: "an account could not be looked at".to_owned() };
    }
    let accounts: Vec<&Account> = cx.settings.accounts.iter().collect();
    let known = match fleet::look(cx.aws, &Caller::of(cx), &accounts).await {
        Ok(fleet) => fleet.databases.into_iter().filter(|database| cx.may(&database.resource())).collect(),
        Err(error) => {
            tracing::warn!(%error, "looking for the nearest names");
            Vec::new()
        }
    };
    let near = nearest(&wanted.id, &known);
    let text = text!["There is no database ", code(&*wanted.id), &*place, "."];
    if near.is_empty() {
        return Error::shown(text.then(text![" ", code("rds list"), " shows those you may see."]));
    }
    let mut text = text.then(" Did you mean ");
    text.0.extend(codes(&near, " or "));
    Error::shown(text.then("?"))
}

/// Up to three names near enough to be meant, nearest first.
fn nearest(typed: &str, known: &[Database]) -> Vec<String> {
    let score = |database: &Database| {
        let likeness = strsim::jaro_winkler(typed, database.id());
        if database.id().contains(typed) { likeness.max(0.9) } else { likeness }
    };
    let mut near: Vec<(f64, &Database)> =
        known.iter().map(|database| (score(database), database)).filter(|(score, _)| *score > 0.8).collect();
    near.sort_by(|(a, _), (b, _)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    let mut names: Vec<String> = near.iter().map(|(_, database)| inventory::name(database, known)).collect();
    names.dedup();
    names.truncate(3);
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rds::model::tests::database;

    #[test]
    fn a_database_is_named_in_three_ways() {
        let orders = database("orders");
        for typed in
            ["orders", "Orders", "orders@shop-prod", "orders@111122223333", "arn:aws:rds:eu-west-1:111122223333:db:orders"]
        {
            assert!(Wanted::read(typed).is(&orders), "{typed}");
            assert_eq!(Wanted::read(typed).resource().name, "orders");
        }
        for typed in [
            "order",
            "orders@shop-dev",
            "arn:aws:rds:eu-west-1:111122223333:cluster:orders",
            "arn:aws:rds:us-east-1:111122223333:db:orders",
            "arn:aws:rds:eu-west-1:111122223333:snapshot:orders",
        ] {
            assert!(!Wanted::read(typed).is(&orders), "{typed}");
        }
    }

    #[test]
    fn names_nearby_are_offered() {
        let known = [database("orders"), database("orders-replica"), database("users"), database("billing-orders")];
        assert_eq!(nearest("ordres", &known), ["orders", "orders-replica"]);
        assert_eq!(nearest("orders-", &known), ["orders", "orders-replica"]);
        assert!(nearest("payments", &known).is_empty());
    }

    #[test]
    fn several_of_one_name_are_asked_about() {
        let mut other = database("orders");
        other.account_name = "shop-dev".to_owned();
        insta::assert_snapshot!(which("orders", &[database("orders"), other]), @"There are 2 databases called orders. Which one: orders@shop-prod or orders@shop-dev?");
    }
}
