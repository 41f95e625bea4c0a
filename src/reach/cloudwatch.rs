//! CloudWatch: while somebody has an alert in hand, the actions of its alarm are disabled.
//!
//! CloudWatch does not say who disabled them, so that is remembered: [`Quiet::handle`] is the alarm's name where the bot did,
//! and empty where they were disabled before. What others disabled is never enabled.

use commands::alert::cloudwatch::{Actions, Alarm, Alarms, State};
use commands::aws::Caller;
use commands::context::Account;
use commands::plan::Permit;
use commands::records::{AlertRecord, Condition, Origin, Quiet};
use jiff::Timestamp;

use super::Trouble;
use crate::host::Host;

/// What the bot's own sessions are called that look at alarms.
const WORK: &str = "alerts";

/// An alarm, and the way to it.
struct Way {
    alarms: Alarms,
    name: String,
    place: String,
}

impl Way {
    async fn to(host: &Host, record: &AlertRecord, permit: Option<&Permit>) -> Result<Self, Trouble> {
        let Origin::CloudWatch { account, region, alarm } = &record.signal.origin else {
            return Err(super::unreachable(record));
        };
        let Some(home) = account_of(host, account) else {
            return Err(Trouble::lasting(format!(
                "The account {account} of the alarm {alarm} is not configured, so I can't switch its actions. Whoever runs me can \
                 add it."
            )));
        };
        let now = host.clock.now();
        let caller = match permit {
            Some(permit) => Caller { person: permit.person().0.clone(), operation: permit.change().to_owned(), now },
            None => Caller::background(WORK, now),
        };
        let alarms = Alarms::open(&host.aws, &caller, home, region).await?;
        Ok(Self { alarms, name: alarm.clone(), place: format!("{} ({region})", home.name) })
    }

    async fn alarm(&self) -> Result<Option<Alarm>, Trouble> {
        Ok(self.alarms.alarm(&self.name).await?)
    }

    fn gone(&self) -> Trouble {
        Trouble::lasting(format!("There is no alarm {} in {} any more.", self.name, self.place))
    }

    /// What became of a switch: an answer that did not come is looked after.
    async fn switched(&self, answer: commands::Result<()>, wanted: Actions) -> Result<(), Trouble> {
        let Err(error) = answer else { return Ok(()) };
        match self.alarm().await {
            Ok(Some(alarm)) if alarm.actions == wanted => Ok(()),
            _ => Err(error.into()),
        }
    }
}

fn account_of<'h>(host: &'h Host, id: &str) -> Option<&'h Account> {
    host.settings.accounts.iter().find(|account| account.id == id)
}

/// Whether what keeps an alarm quiet is the bot's own doing.
fn is_ours(quiet: &Quiet, alarm: &str) -> bool {
    quiet.handle == alarm
}

pub(super) async fn before(
    host: &Host,
    record: &AlertRecord,
    until: Timestamp,
    stands: Option<&Quiet>,
) -> Result<Quiet, Trouble> {
    let way = Way::to(host, record, None).await?;
    let alarm = way.alarm().await?.ok_or_else(|| way.gone())?;
    let ours = alarm.actions == Actions::Enabled || stands.is_some_and(|stands| is_ours(stands, &way.name));
    Ok(Quiet { until, handle: if ours { way.name } else { String::new() } })
}

pub(super) async fn quiet(host: &Host, record: &AlertRecord, begun: &Quiet, permit: &Permit) -> Result<Quiet, Trouble> {
    let way = Way::to(host, record, Some(permit)).await?;
    let alarm = way.alarm().await?.ok_or_else(|| way.gone())?;
    if alarm.actions == Actions::Disabled {
        return Ok(begun.clone());
    }
    way.switched(way.alarms.disable_actions(permit, &way.name).await, Actions::Disabled).await?;
    Ok(Quiet { until: begun.until, handle: way.name })
}

pub(super) async fn loud(host: &Host, record: &AlertRecord, quiet: &Quiet, permit: &Permit) -> Result<(), Trouble> {
    let Origin::CloudWatch { alarm, .. } = &record.signal.origin else { return Ok(()) };
    if !is_ours(quiet, alarm) {
        return Ok(());
    }
    let way = Way::to(host, record, Some(permit)).await?;
    match way.alarm().await? {
        Some(alarm) if alarm.actions == Actions::Disabled => {
            way.switched(way.alarms.enable_actions(permit, &way.name).await, Actions::Enabled).await
        }
        Some(_) | None => Ok(()),
    }
}

pub(super) async fn look(host: &Host, record: &AlertRecord) -> Result<Option<Condition>, Trouble> {
    let alarm = Way::to(host, record, None).await?.alarm().await?;
    Ok(alarm.and_then(|alarm| match alarm.state {
        State::Alarm => Some(Condition::Firing),
        State::Ok => Some(Condition::Resolved),
        State::Unknown => None,
    }))
}
