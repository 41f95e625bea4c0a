//! CloudWatch alarms in one account and region: what they find, and whether they tell anybody.
//!
//! An alarm can't be silenced: its actions can be disabled, which has no end of its own. "Using Amazon CloudWatch alarms": an
//! alarm whose actions are enabled again tells of its next change of state, not of the state it is in.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use jiff::Timestamp;

use crate::aws::time::instant;
use crate::aws::{Aws, Caller, Fault, Place, Session};
use crate::context::Account;
use crate::error::Result;

/// The capability, which picks the role.
const CAPABILITY: &str = "alert";

/// The alarms of one account and region, as one person, for one operation.
#[derive(Clone)]
pub struct Alarms {
    session: Session,
    /// The account's name and the region, for sentences.
    place: String,
}

/// An alarm as CloudWatch shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// What it finds.
    pub state: State,
    /// Whether it tells anybody when its state changes.
    pub actions: Actions,
    /// Since when it finds that, by AWS's clock.
    pub since: Option<Timestamp>,
}

/// What an alarm finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// All is well.
    Ok,
    /// It fires.
    Alarm,
    /// It can't tell: its metric says nothing, or it finds what this version does not know.
    Unknown,
}

/// Whether an alarm tells anybody when its state changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actions {
    /// It does.
    Enabled,
    /// It does not.
    Disabled,
}

impl Alarms {
    /// Opens the session with the account's role for `alert`.
    ///
    /// # Errors
    /// One to show when no role is configured; what AWS said when it does not let the bot assume it.
    pub async fn open(aws: &Aws, caller: &Caller, account: &Account, region: &str) -> Result<Self> {
        let session = aws.session(caller, Place { capability: CAPABILITY, account, region }).await?;
        Ok(Self { session, place: format!("{} ({region})", account.name) })
    }

    /// The alarm of this name, of whatever type; none where there is none.
    ///
    /// # Errors
    /// What AWS said.
    pub async fn alarm(&self, name: &str) -> Result<Option<Alarm>> {
        // Without types AWS tells of metric alarms alone.
        let types = [AlarmType::MetricAlarm, AlarmType::CompositeAlarm, AlarmType::LogAlarm];
        let call = Client::new(&self.session.reading()).describe_alarms().alarm_names(name).set_alarm_types(Some(types.into()));
        let answer = self.session.read("cloudwatch:DescribeAlarms", call.send()).await;
        let answer = answer.map_err(|fault| fault.error(&format!("looking at the alarm {name} in {}", self.place)))?;
        let metric = answer.metric_alarms().iter().map(|one| {
            let seen = (one.state_value(), one.actions_enabled());
            (one.alarm_name(), seen, one.state_transitioned_timestamp().or(one.state_updated_timestamp()))
        });
        let composite = answer.composite_alarms().iter().map(|one| {
            let seen = (one.state_value(), one.actions_enabled());
            (one.alarm_name(), seen, one.state_transitioned_timestamp().or(one.state_updated_timestamp()))
        });
        let log = answer.log_alarms().iter().map(|one| {
            let seen = (one.state_value(), one.actions_enabled());
            (one.alarm_name(), seen, one.state_transitioned_timestamp().or(one.state_updated_timestamp()))
        });
        let mut all = metric.chain(composite).chain(log);
        let found = all.find(|(called, ..)| *called == Some(name));
        Ok(found.map(|(_, (state, enabled), since)| Alarm {
            state: state_of(state),
            actions: if enabled == Some(false) { Actions::Disabled } else { Actions::Enabled },
            since: since.and_then(instant),
        }))
    }

    /// Has an alarm tell nobody when its state changes. AWS says nothing of a name that no alarm has: look first.
    ///
    /// # Errors
    /// What AWS said. Where it gave no answer it may have acted: look again.
    pub async fn disable_actions(&self, permit: &crate::Permit, name: &str) -> Result<()> {
        let call = Client::new(&self.session.writing()).disable_alarm_actions().alarm_names(name).send();
        let done = self.session.write(permit, "cloudwatch:DisableAlarmActions", call).await.map(drop);
        done.map_err(|fault| self.switching("disabling", name, fault))
    }

    /// Has an alarm tell of its next change of state. As [`Alarms::disable_actions`].
    ///
    /// # Errors
    /// As there.
    pub async fn enable_actions(&self, permit: &crate::Permit, name: &str) -> Result<()> {
        let call = Client::new(&self.session.writing()).enable_alarm_actions().alarm_names(name).send();
        let done = self.session.write(permit, "cloudwatch:EnableAlarmActions", call).await.map(drop);
        done.map_err(|fault| self.switching("enabling", name, fault))
    }

    fn switching(&self, verb: &str, name: &str, fault: Fault) -> crate::Error {
        fault.error(&format!("{verb} the actions of the alarm {name} in {}", self.place))
    }
}

fn state_of(state: Option<&StateValue>) -> State {
    match state {
        Some(StateValue::Ok) => State::Ok,
        Some(StateValue::Alarm) => State::Alarm,
        _ => State::Unknown,
    }
}
