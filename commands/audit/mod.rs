//! The audit log: what was asked, decided and done, by whom, when.

use crate::context::{Context, Resource};

pub mod search;
pub mod show;
pub mod verify;

#[cfg(test)]
mod tests;

/// What all of these act on, as the policy sees it.
fn log(project: Option<&str>) -> Resource {
    Resource { project: project.map(str::to_owned), ..Resource::named("audit", "log") }
}

/// The projects whose entries the asker may see; none for the whole log.
fn seen(cx: &Context<'_>) -> Option<Vec<String>> {
    if cx.may(&log(None)) {
        return None;
    }
    let mut projects: Vec<String> = cx.settings.accounts.iter().map(|account| account.project.clone()).collect();
    projects.sort();
    projects.dedup();
    projects.retain(|project| cx.may(&log(Some(project))));
    Some(projects)
}
