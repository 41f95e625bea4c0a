//! What people should know of a deployment before they let it go on. Pure.

use super::deployment::{Deployment, Watch};
use super::failure::Why;
use crate::message::{count, listed};
use crate::plan::Check;

/// What was looked at: nothing of it blocks, since people may know better, but all of it stands on the card.
pub(super) fn checks(it: &Deployment, why: Option<&Why>) -> Vec<Check> {
    let checks = [alarms(it), tasks(it), targets(it), deaths(why)];
    checks.into_iter().flatten().collect()
}

fn alarms(it: &Deployment) -> Option<Check> {
    let alarms = it.alarms.as_ref()?;
    Some(match (&alarms.watch, &alarms.triggered[..]) {
        (Watch::Triggered, []) => Check::warn("alarms", "one of them went off"),
        (Watch::Triggered, triggered) => Check::warn("alarms", format!("{} went off", listed(triggered))),
        (Watch::Off, _) => Check::warn("alarms", "they are off"),
        (Watch::Watching | Watch::Complete, _) => Check::pass("alarms", "all quiet"),
        (Watch::Other(word), _) => Check::warn("alarms", format!("AWS says {word}")),
    })
}

fn tasks(it: &Deployment) -> Option<Check> {
    let tasks = it.green.as_ref()?.tasks;
    let words = format!("{} of {} of green's tasks run", tasks.running, tasks.wanted);
    Some(if tasks.running < tasks.wanted { Check::warn("tasks", words) } else { Check::pass("tasks", words) })
}

fn targets(it: &Deployment) -> Option<Check> {
    let health = it.green.as_ref()?.health.as_ref()?;
    if health.unhealthy == 0 {
        let words = format!("{} of green {} healthy", health.healthy, if health.healthy == 1 { "is" } else { "are" });
        return Some(Check::pass("targets", words));
    }
    let why = health.reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
    Some(Check::warn("targets", format!("{} of green unhealthy{why}", health.unhealthy)))
}

fn deaths(why: Option<&Why>) -> Option<Check> {
    let (cause, number) = why?.deaths.first()?;
    let tasks = if *number == 0 { "a task".to_owned() } else { count(*number, "task") };
    Some(Check::warn("green's tasks", format!("{tasks} died: {}", cause.words())))
}
