//! How changes are approved, reminded of and announced: settings of the host, as used.

use jiff::SignedDuration;

use crate::alerts::runbook::Runbook;
use crate::config::{Approvals, Channels, Config};
use crate::hooks::Hook;
use crate::sources::Source;

/// How late a change may still start. Work that was due at night does not begin by surprise in the morning.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// The host's own settings.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Which channel gets what.
    pub channels: Channels,
    /// How approvals go.
    pub approvals: Approvals,
    /// How long before a start people are reminded, longest first.
    pub remind: Vec<SignedDuration>,
    /// How late a change may still start.
    pub late: SignedDuration,
    /// What to do about alerts.
    pub runbooks: Vec<Runbook>,
    /// Where alerts come from.
    pub sources: Vec<Source>,
    /// The other systems that are told what becomes of them.
    pub hooks: Vec<Hook>,
}

impl Rules {
    /// The rules of a configuration.
    pub fn of(config: &Config) -> Self {
        Self {
            channels: config.channels.clone(),
            approvals: config.approvals.clone(),
            remind: config.remind_before_start.clone(),
            late: LATE,
            runbooks: config.runbooks.clone(),
            sources: config.sources.clone(),
            hooks: config.hooks.clone(),
        }
    }
}
