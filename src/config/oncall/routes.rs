//! `[[routes]]` of `oncall.toml`: where alerts go.

use commands::oncall::Route;
use commands::records::Severity;
use toml::de::DeValue;

use super::super::document::{Table, list, text};
use super::super::written::channel;
use super::{CHANNEL, Known, Names, among, project};

const ALL: [Severity; 3] = [Severity::Critical, Severity::Warning, Severity::Info];

pub(super) fn read(top: &Table<'_>, known: &Known<'_>, policies: &Names) -> Vec<Route> {
    const SEVERITIES: &str = "a list of \"critical\", \"warning\" or \"info\"";
    let mut routes: Vec<Route> = Vec::new();
    for table in top.tables("routes") {
        let source = table.get("source", "a source's name, such as \"prometheus\"", text);
        if let (Some(name), Some(sources)) = (&source, &known.sources) {
            among(&table, "source", ("No source is called", name), sources.iter().copied());
        }
        let own = project(&table, "project", known);
        let severities = table.get("severities", SEVERITIES, |value| list(value, severity).filter(|all| !all.is_empty()));
        let labels = table.table("labels").map(|labels| labels.named_texts().into_iter().collect());
        let into = project(&table, "into", known);
        let channel = table.get("channel", CHANNEL, channel);
        let policy = table.get("policy", "an escalation policy, such as \"shop\"", text);
        if let Some(name) = &policy {
            among(&table, "policy", ("No policy above is called", name), policies.iter().map(String::as_str));
        }
        table.done();
        if severities.is_none() && table.has("severities") {
            continue;
        }
        let (severities, labels) = (severities.unwrap_or_default(), labels.unwrap_or_default());
        let route = Route { source, project: own, severities, labels, into, channel, policy };
        if let Some(at) = routes.iter().position(|other| covers(other, &route)) {
            table.wrong(None, format!("No alert comes this far: routes[{at}] above takes all that fit this one."));
        }
        routes.push(route);
    }
    routes
}

fn severity(value: &DeValue<'_>) -> Option<Severity> {
    let name = value.as_str()?;
    ALL.into_iter().find(|one| one.name() == name)
}

/// Whether every alert that fits `other` fits `route`.
fn covers(route: &Route, other: &Route) -> bool {
    let severities = || {
        let all = if other.severities.is_empty() { &ALL[..] } else { &other.severities[..] };
        all.iter().all(|one| route.severities.contains(one))
    };
    (route.source.is_none() || route.source == other.source)
        && (route.project.is_none() || route.project == other.project)
        && (route.severities.is_empty() || severities())
        && route.labels.iter().all(|(name, pattern)| other.labels.get(name) == Some(pattern))
}
