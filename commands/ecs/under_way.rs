//! From what people type to one deployment that is under way: its id or the beginning of it, or the name of its service.

use super::aws::Ecs;
use super::deployment::{Deployment, Id};
use super::find::find;
use super::fleet::{self, Filter};
use super::service::Service;
use crate::aws::Caller;
use crate::context::{Context, Resource, check};
use crate::error::{Error, Result};
use crate::message::{Text, code, codes};
use crate::text;

/// One deployment, and the way to it.
pub(super) struct Found {
    pub(super) deployment: Deployment,
    pub(super) ecs: Ecs,
}

/// What a command on a deployment acts on before AWS has been asked.
pub(super) fn resource(typed: &str, service: Option<&str>) -> Resource {
    Resource::named("service", service.unwrap_or(typed).trim())
}

/// The deployment meant by what was typed, which the asker may run this command on; with `service` one of that service, whether
/// it is over or not.
///
/// # Errors
/// One to show when none or several are meant, or the policy says no; AWS's trouble when that may be why.
pub(super) async fn one(typed: &str, service: Option<&str>, cx: &Context<'_>) -> Result<Found> {
    let typed = typed.trim();
    if let Some(service) = service {
        return of_service(typed, service, cx).await;
    }
    let found = fleet::deployments(&Filter::default(), None, cx).await?;
    let mut meant: Vec<Deployment> = found.what.into_iter().filter(|one| is_meant(one, typed)).collect();
    if meant.len() > 1 {
        let names: Vec<String> = meant.iter().map(|one| one.id.short().to_owned()).collect();
        let mut words = text!["Several deployments are under way that fit ", code(typed), ". Which one: "];
        words.0.extend(codes(&names, " or "));
        return Err(Error::shown(words.then("?")));
    }
    let Some(deployment) = meant.pop() else { return Err(none(typed, found.unseen)) };
    check(&deployment.service.resource(), cx)?;
    let ecs = Ecs::at(&deployment.service, cx.aws, &Caller::of(cx), &cx.settings.accounts).await?;
    // Once more, with all that is known of this one.
    let deployment = ecs.deployment(&deployment.id, &deployment.service).await?.unwrap_or(deployment);
    Ok(Found { deployment, ecs })
}

fn is_meant(one: &Deployment, typed: &str) -> bool {
    one.id.is_meant_by(typed) || one.service.name.eq_ignore_ascii_case(typed)
}

fn none(typed: &str, unseen: Vec<Text>) -> Error {
    match unseen.into_iter().next() {
        Some(first) => {
            let say = text!["I found no deployment ", code(typed), ", but could not look everywhere. "].then(first);
            Error::Outside { say, cause: "an account could not be looked at".to_owned() }
        }
        None => Error::shown(text![
            "No deployment ",
            code(typed),
            " is under way. ",
            code("ecs deployments"),
            " lists those that are."
        ]),
    }
}

async fn of_service(typed: &str, service: &str, cx: &Context<'_>) -> Result<Found> {
    let found = find(service, cx).await?;
    let (service, ecs) = (found.service, found.ecs);
    let known = match whole(typed) {
        Some(id) => ecs.deployment(&id, &service.at).await?,
        None => under_way(&ecs, &service).await?.into_iter().find(|one| is_meant(one, typed)),
    };
    match known {
        Some(deployment) => Ok(Found { deployment, ecs }),
        None => Err(none(typed, found.unseen)),
    }
}

/// What is under way of one service.
pub(super) async fn under_way(ecs: &Ecs, service: &Service) -> Result<Vec<Deployment>> {
    let this = std::slice::from_ref(service);
    let (own, by_codedeploy) = tokio::try_join!(ecs.under_way(this), ecs.under_way_by_codedeploy(this))?;
    Ok(own.into_iter().chain(by_codedeploy).collect())
}

/// An id that was typed as a whole.
fn whole(typed: &str) -> Option<Id> {
    if typed.starts_with("arn:") && typed.contains(":service-deployment/") {
        return Some(Id::Ecs(typed.to_owned()));
    }
    (typed.starts_with("d-") && typed.len() == 11).then(|| Id::CodeDeploy(typed.to_uppercase().replacen("D-", "d-", 1)))
}
