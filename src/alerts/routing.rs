//! Where an alert goes: its project, its environment, its channel and its escalation policy.

use commands::context::Settings;
use commands::records::Signal;

use crate::alert::Road;
use crate::config::Channels;

/// The labels that name an environment.
const ENVIRONMENTS: [&str; 3] = ["env", "environment", "stage"];

/// The road of a signal. Its project is what the route says, else its label `project`, else its account's, else its
/// source's; labels count where they name a project or an environment that is configured, so that nobody's label
/// invents one.
pub fn road(signal: &Signal, source_project: Option<&str>, (settings, channels): (&Settings, &Channels)) -> Road {
    let account = signal.account.as_ref().and_then(|id| settings.accounts.iter().find(|account| account.id == *id));
    let is_project = |name: &&String| {
        channels.projects.contains_key(*name) || settings.accounts.iter().any(|account| account.project == **name)
    };
    let is_env = |name: &&String| settings.accounts.iter().any(|account| account.env == **name);
    let labelled = signal.labels.get("project").filter(is_project).map(String::as_str);
    let project = labelled.or(account.map(|account| account.project.as_str())).or(source_project);
    let env = ENVIRONMENTS.iter().find_map(|label| signal.labels.get(*label).filter(is_env)).map(String::as_str);
    let env = env.or(account.map(|account| account.env.as_str()));
    let route = settings.oncall.routes.iter().find(|route| route.fits(signal, project));
    let project = route.and_then(|route| route.into.as_deref()).or(project);
    let channel = route.and_then(|route| route.channel.as_deref()).unwrap_or_else(|| channels.of(project));
    Road {
        project: project.map(str::to_owned),
        env: env.map(str::to_owned),
        channel: channel.to_owned(),
        policy: route.and_then(|route| route.policy.clone()),
    }
}
