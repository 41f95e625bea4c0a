//! What is known around an alert: who is on call, the runbook for it, what changed in its project lately.

use commands::message::{Text, code};
use commands::oncall::{self, Whom};
use commands::records::{AlertRecord, ChangeRecord};
use commands::text;
use jiff::{SignedDuration, Timestamp};

use super::runbook::{self, Filled};
use crate::host::{Host, Trouble, read};
use crate::store::Kind;
use crate::watching;

/// How far back a change may have something to do with an alert.
const LATELY: SignedDuration = SignedDuration::from_hours(24);
/// The newest changes that are looked through.
const NEWEST: usize = 200;
/// How many of them a card names.
const SHOWN: usize = 4;

/// What is known around an alert.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Who is on call for it now, by name: a card mentions nobody, its escalation does.
    pub on_call: Vec<String>,
    /// What to do about it.
    pub runbook: Option<Filled>,
    /// What changed in its project lately, the newest first.
    pub lately: Vec<Text>,
}

/// What is known around an alert now.
///
/// # Errors
/// When the store can't be read.
pub async fn of(host: &Host, record: &AlertRecord) -> Result<Around, Trouble> {
    if record.gathers.is_some() {
        return Ok(Around { on_call: on_call(host, record).await?, ..Around::default() });
    }
    let runbook = runbook::of(&host.rules.runbooks, record);
    Ok(Around { on_call: on_call(host, record).await?, runbook, lately: lately(host, record).await? })
}

/// Who is on call for an alert now: whoever has the shift of a rotation of its escalation policy, else of its project.
async fn on_call(host: &Host, record: &AlertRecord) -> Result<Vec<String>, Trouble> {
    let oncall = &host.settings.oncall;
    let policy = record.escalation.as_ref().and_then(|own| oncall.policies.iter().find(|policy| policy.name == own.policy));
    let told = policy.into_iter().flat_map(|policy| policy.steps.iter().flat_map(|step| &step.tell));
    let named: Vec<&str> = told
        .filter_map(|recipient| match &recipient.whom {
            Whom::Rotation(name) => Some(name.as_str()),
            Whom::Person(_) | Whom::Group(_) | Whom::Channel(_) => None,
        })
        .take(1)
        .collect();
    let own = oncall.rotations.iter().filter(|rotation| {
        if named.is_empty() {
            rotation.project.is_some() && rotation.project == record.project
        } else {
            named.contains(&rotation.name.as_str())
        }
    });
    let overrides = crate::shifts::overrides(host).await?;
    let now = host.clock.now();
    let named = |who: commands::PersonId| host.authority.person(&who).map_or_else(|| who.to_string(), |person| person.name);
    Ok(own.filter_map(|rotation| oncall::rota::turn(rotation, &overrides, now)).map(|turn| named(turn.who)).collect())
}

/// What changed in an alert's project shortly before it, and since.
async fn lately(host: &Host, record: &AlertRecord) -> Result<Vec<Text>, Trouble> {
    let Some(project) = record.project.as_deref() else { return Ok(Vec::new()) };
    let since = record.signal.since - LATELY;
    let mut found: Vec<(Timestamp, Text)> = watching::lately(host, project, since).await?;
    for row in host.store.newest(Kind::Change, NEWEST).await? {
        let change: ChangeRecord = read(&row)?;
        if change.plan.resource.project.as_deref() == Some(project) && change.asked >= since {
            let words = text![
                code(change.id.to_string()),
                format!(" {}", change.plan.title),
                format!(" by {}, ", change.asker),
                change.asked
            ];
            found.push((change.asked, words));
        }
    }
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok(found.into_iter().take(SHOWN).map(|(_, words)| words).collect())
}
