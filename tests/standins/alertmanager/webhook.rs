//! What is sent to the bot: version 4 of the webhook, a request a group.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::labels::Labels;
use super::state::{Alert, State};

/// A notification that is due.
#[derive(Debug)]
pub(super) struct Notice {
    /// The group's key.
    pub(super) group: String,
    pub(super) firing: BTreeSet<String>,
    pub(super) over: BTreeSet<String>,
    pub(super) body: Value,
}

/// Whom it is for, and how alerts are grouped.
pub(super) struct Route<'a> {
    /// The names of the labels that make a group.
    pub(super) by: &'a [String],
    /// This Alertmanager's own address.
    pub(super) external: &'a str,
}

/// The alerts of one group, with their ids, and the labels that make it.
type Group<'a> = (Labels, Vec<(&'a String, &'a Alert)>);

impl State {
    /// What has to be told, as the deduplication stage sees it: groups in which something fires that was not told, or is over
    /// that was told to fire. What is silenced is left out.
    pub(super) fn notices(&self, route: &Route<'_>, now: Timestamp) -> Vec<Notice> {
        let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
        for (id, alert) in &self.alerts {
            if self.silenced_by(&alert.labels, now).is_empty() {
                let named = |(name, _): &(&String, &String)| route.by.iter().any(|by| by == *name);
                let labels: Labels =
                    alert.labels.iter().filter(named).map(|(name, value)| (name.clone(), value.clone())).collect();
                groups.entry(group_key(&labels)).or_insert_with(|| (labels, Vec::new())).1.push((id, alert));
            }
        }
        let notice = |(group, (labels, alerts)): (String, Group<'_>)| {
            let nobody = (BTreeSet::new(), BTreeSet::new());
            let (told_firing, told_over) = self.told.get(&group).unwrap_or(&nobody);
            let ids = |over: bool| -> BTreeSet<String> {
                alerts.iter().filter(|(_, alert)| alert.is_over(now) == over).map(|(id, _)| (*id).clone()).collect()
            };
            let (firing, over) = (ids(false), ids(true));
            let news =
                !firing.is_subset(told_firing) || over.iter().any(|id| told_firing.contains(id) && !told_over.contains(id));
            // Nobody hears of the end of what nobody heard of.
            let shown: Vec<_> = alerts.iter().filter(|(id, _)| firing.contains(*id) || told_firing.contains(*id)).collect();
            let body = body(&group, &labels, &shown, (route, now));
            news.then_some(Notice { group, firing, over, body })
        };
        groups.into_iter().filter_map(notice).collect()
    }
}

fn group_key(labels: &Labels) -> String {
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{}}:{{{}}}", labels.join(", "))
}

fn body(group: &str, labels: &Labels, alerts: &[&(&String, &Alert)], (route, now): (&Route<'_>, Timestamp)) -> Value {
    let status = |over: bool| if over { "resolved" } else { "firing" };
    let shown = alerts.iter().map(|(id, alert)| {
        let over = alert.is_over(now);
        json!({
            "status": status(over),
            "labels": alert.labels,
            "annotations": alert.annotations,
            "startsAt": alert.starts.to_string(),
            "endsAt": if over { alert.end(now).to_string() } else { "0001-01-01T00:00:00Z".to_owned() },
            "generatorURL": alert.generator,
            "fingerprint": id,
        })
    });
    json!({
        "receiver": "bot",
        "status": status(alerts.iter().all(|(_, alert)| alert.is_over(now))),
        "alerts": shown.collect::<Value>(),
        "groupLabels": labels,
        "commonLabels": common(alerts.iter().map(|(_, alert)| &alert.labels)),
        "commonAnnotations": common(alerts.iter().map(|(_, alert)| &alert.annotations)),
        "externalURL": route.external,
        "version": "4",
        "groupKey": group,
        "truncatedAlerts": 0,
    })
}

/// What all have in common.
fn common<'a>(mut all: impl Iterator<Item = &'a Labels>) -> Labels {
    let mut common = all.next().cloned().unwrap_or_default();
    for labels in all {
        common.retain(|name, value| labels.get(name) == Some(value));
    }
    common
}
