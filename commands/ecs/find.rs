//! From what people type to one service: `orders`, `main/orders`, either with `@account`, or an ARN.

use std::cmp::Ordering;

use futures_util::future::join_all;

use super::aws::Ecs;
use super::deployment::ServiceRef;
use super::fleet;
use super::service::Service;
use crate::aws::Caller;
use crate::aws::everywhere::{no_account, places, sorted};
use crate::context::{Account, Context, Resource, check};
use crate::error::{Error, Result};
use crate::message::{Text, code, codes};
use crate::text;

/// What was typed, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The service's name.
    name: String,
    /// The cluster's name.
    cluster: Option<String>,
    /// The account's name or number.
    account: Option<String>,
    region: Option<String>,
}

/// One service, and the way to it.
pub(super) struct Found {
    pub(super) service: Service,
    pub(super) ecs: Ecs,
    /// Accounts that could not be asked whether they have one of that name too.
    pub(super) unseen: Vec<Text>,
}

impl Wanted {
    pub(super) fn read(typed: &str) -> Self {
        let typed = typed.trim();
        let parts: Vec<&str> = typed.split(':').collect();
        if let ["arn", _, "ecs", region, account, path] = parts[..]
            && let Some(path) = path.strip_prefix("service/")
        {
            // Services made before 2021 may have no cluster in their ARN.
            let (cluster, name) = path.split_once('/').map_or((None, path), |(cluster, name)| (Some(cluster.to_owned()), name));
            return Self { name: name.to_owned(), cluster, account: Some(account.to_owned()), region: Some(region.to_owned()) };
        }
        let (path, account) = match typed.split_once('@') {
            Some((path, account)) => (path, Some(account.to_owned())),
            None => (typed, None),
        };
        let (cluster, name) = match path.split_once('/') {
            Some((cluster, name)) => (Some(cluster.to_owned()), name),
            None => (None, path),
        };
        Self { name: name.to_owned(), cluster, account, region: None }
    }

    /// What it acts on before AWS has been asked.
    pub(super) fn resource(&self) -> Resource {
        Resource::named("service", self.name.clone())
    }

    fn accounts<'a>(&self, accounts: &'a [Account]) -> Vec<&'a Account> {
        let is = |name: &String, account: &Account| name.eq_ignore_ascii_case(&account.name) || *name == account.id;
        accounts.iter().filter(|account| self.account.as_ref().is_none_or(|name| is(name, account))).collect()
    }
}

/// The one service meant by what was typed, which the asker may see with this command.
///
/// # Errors
/// One to show when none or several are meant, or the policy says no; AWS's trouble when that may be why.
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
            let ecs = Ecs::open(cx.aws, caller, account, region).await?;
            let named = ecs.named(&wanted.name, wanted.cluster.as_deref()).await?;
            Ok(named.into_iter().map(|service| (service, ecs.clone())).collect::<Vec<_>>())
        };
        async move { (account, region, look.await) }
    });
    let (found, unseen) = sorted(join_all(looks).await)?;
    let mut found: Vec<(Service, Ecs)> = found.into_iter().flatten().collect();
    if found.len() > 1 {
        // Several share the name: those the asker may not see can't be meant.
        let refused = check(&found[0].0.at.resource(), cx);
        found.retain(|(service, _)| cx.may(&service.at.resource()));
        if found.is_empty() {
            refused?;
        }
        if found.len() > 1 {
            let services: Vec<ServiceRef> = found.into_iter().map(|(service, _)| service.at).collect();
            return Err(which(&wanted.name, &services));
        }
    }
    let Some((service, ecs)) = found.pop() else { return Err(unknown(&wanted, unseen, cx).await) };
    check(&service.at.resource(), cx)?;
    Ok(Found { service, ecs, unseen })
}

/// What to call a service among others: its name, `cluster/name`, that with `@account`, or its ARN, whichever is enough.
pub(super) fn name(service: &ServiceRef, among: &[ServiceRef]) -> String {
    let with_cluster = format!("{}/{}", service.cluster, service.name);
    let with_account = format!("{}@{}", service.name, service.account_name);
    let with_both = format!("{with_cluster}@{}", service.account_name);
    let same: Vec<&ServiceRef> = among.iter().filter(|other| other.name == service.name).collect();
    let alone = |is: &dyn Fn(&ServiceRef) -> bool| same.iter().filter(|other| is(other)).count() < 2;
    let (cluster, account) =
        (|other: &ServiceRef| other.cluster == service.cluster, |other: &ServiceRef| other.account == service.account);
    if alone(&|_| true) {
        service.name.clone()
    } else if alone(&cluster) {
        with_cluster
    } else if alone(&account) {
        with_account
    } else if alone(&|other| cluster(other) && account(other)) {
        with_both
    } else {
        service.arn.clone()
    }
}

fn which(name_: &str, services: &[ServiceRef]) -> Error {
    let names: Vec<String> = services.iter().map(|service| name(service, services)).collect();
    let mut text = text!["There are ", services.len().to_string(), " services called ", code(name_), ". Which one: "];
    text.0.extend(codes(&names, " or "));
    Error::shown(text.then("?"))
}

async fn unknown(wanted: &Wanted, unseen: Vec<Text>, cx: &Context<'_>) -> Error {
    let cluster = wanted.cluster.as_ref().map(|cluster| format!(" in the cluster {cluster}")).unwrap_or_default();
    let place = wanted.account.as_ref().map(|account| format!(" in {account}")).unwrap_or_default();
    if let Some(first) = unseen.into_iter().next() {
        let say =
            text!["I found no service ", code(&*wanted.name), cluster, place, ", but could not look everywhere. "].then(first);
        return Error::Outside { say, cause: "an account could not be looked at".to_owned() };
    }
    let accounts: Vec<&Account> = cx.settings.accounts.iter().collect();
    let known: Vec<ServiceRef> = match fleet::look(cx.aws, &Caller::of(cx), &accounts, None).await {
        Ok(found) => found.what.into_iter().map(|service| service.at).filter(|service| cx.may(&service.resource())).collect(),
        Err(error) => {
            tracing::warn!(%error, "looking for the nearest names");
            Vec::new()
        }
    };
    let near = nearest(&wanted.name, &known);
    let text = text!["There is no service ", code(&*wanted.name), cluster, place, "."];
    if near.is_empty() {
        return Error::shown(text.then(text![" ", code("ecs services"), " shows those you may see."]));
    }
    let mut text = text.then(" Did you mean ");
    text.0.extend(codes(&near, " or "));
    Error::shown(text.then("?"))
}

/// Up to three names near enough to be meant, nearest first.
fn nearest(typed: &str, known: &[ServiceRef]) -> Vec<String> {
    let score = |service: &ServiceRef| {
        let likeness = strsim::jaro_winkler(&typed.to_lowercase(), &service.name.to_lowercase());
        if service.name.contains(typed) { likeness.max(0.9) } else { likeness }
    };
    let mut near: Vec<(f64, &ServiceRef)> =
        known.iter().map(|service| (score(service), service)).filter(|(score, _)| *score > 0.8).collect();
    near.sort_by(|(a, _), (b, _)| b.partial_cmp(a).unwrap_or(Ordering::Equal));
    let mut names: Vec<String> = near.iter().map(|(_, service)| name(service, known)).collect();
    names.dedup();
    names.truncate(3);
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecs::deployment::tests::orders;

    fn at(name: &str, cluster: &str, account: &str, region: &str) -> ServiceRef {
        ServiceRef {
            name: name.to_owned(),
            cluster: cluster.to_owned(),
            account: account.to_owned(),
            account_name: account.to_owned(),
            region: region.to_owned(),
            arn: format!("arn:aws:ecs:{region}:{account}:service/{cluster}/{name}"),
            ..orders()
        }
    }

    #[test]
    fn a_service_is_named_in_five_ways() {
        let read = |typed: &str| {
            let wanted = Wanted::read(typed);
            [Some(wanted.name), wanted.cluster, wanted.account, wanted.region]
                .map(|part| part.unwrap_or("-".to_owned()))
                .join(" ")
        };
        let arn = "arn:aws:ecs:eu-west-1:111122223333:service/main/orders";
        let typed =
            ["orders", " main/orders ", "orders@shop-prod", "main/orders@shop-prod", arn, "arn:aws:ecs:eu-west-1:1:cluster/main"];
        assert_eq!(
            typed.map(read),
            [
                "orders - - -",
                "orders main - -",
                "orders - shop-prod -",
                "orders main shop-prod -",
                "orders main 111122223333 eu-west-1",
                "main arn:aws:ecs:eu-west-1:1:cluster - -"
            ]
        );
    }

    #[test]
    fn a_service_is_called_by_what_is_enough() {
        let among = [
            at("orders", "main", "shop-prod", "eu-west-1"),
            at("orders", "batch", "shop-prod", "eu-west-1"),
            at("orders", "main", "shop-dev", "eu-west-1"),
            at("orders", "main", "media", "eu-west-1"),
            at("orders", "main", "media", "us-east-1"),
            at("users", "main", "shop-prod", "eu-west-1"),
        ];
        let names: Vec<String> = among.iter().map(|one| name(one, &among)).collect();
        assert_eq!(
            names,
            [
                "main/orders@shop-prod",
                "batch/orders",
                "orders@shop-dev",
                "arn:aws:ecs:eu-west-1:media:service/main/orders",
                "arn:aws:ecs:us-east-1:media:service/main/orders",
                "users"
            ]
        );
        insta::assert_snapshot!(which("orders", &among[..3]), @"There are 3 services called orders. Which one: main/orders@shop-prod, batch/orders or orders@shop-dev?");
    }

    #[test]
    fn names_nearby_are_offered() {
        let known = ["orders", "orders-worker", "users"].map(|name| at(name, "main", "shop-prod", "eu-west-1"));
        assert_eq!(nearest("ordres", &known), ["orders", "orders-worker"]);
        assert!(nearest("payments", &known).is_empty());
    }
}
