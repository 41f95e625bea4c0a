//! From the bot to where an alert comes from: quiet while somebody has it in hand, loud again afterwards, and what the source
//! says now. `alertmanager` silences, `cloudwatch` switches an alarm's actions.
//!
//! Everything may run twice: it looks first and acts only if that is still needed.

use commands::context::MYSELF;
use commands::plan::Permit;
use commands::records::{AlertRecord, Condition, Origin, Quiet};
use commands::{Error, PersonId};
use jiff::Timestamp;

use crate::host::Host;

mod alertmanager;
mod cloudwatch;

/// What is in the way between an alert and its source, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct Trouble {
    words: String,
    lasts: Lasts,
}

/// How long trouble lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// It may pass: another try makes sense.
    AWhile,
    /// Nothing but another configuration, or another alert, helps.
    ForGood,
}

impl Trouble {
    fn passing(words: impl Into<String>) -> Self {
        Self { words: words.into(), lasts: Lasts::AWhile }
    }

    fn lasting(words: impl Into<String>) -> Self {
        Self { words: words.into(), lasts: Lasts::ForGood }
    }

    /// How long it lasts.
    pub fn lasts(&self) -> Lasts {
        self.lasts
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::Shown(words) => Self::lasting(words.plain()),
            Error::Outside { say, cause } => {
                tracing::info!(%cause, "{}", say.plain());
                Self::passing(say.plain())
            }
            Error::Internal { doing, cause } => {
                tracing::error!(%cause, "{doing}");
                Self::passing(format!("Something broke while {doing}."))
            }
        }
    }
}

/// What will make the source of an alert quiet until then: to be on record before [`quiet`] does it, so that what was done is
/// known to be the bot's own whatever happens. `stands` is what makes it quiet already. It looks, and never writes.
///
/// # Errors
/// What is in the way.
pub async fn before(host: &Host, record: &AlertRecord, until: Timestamp, stands: Option<&Quiet>) -> Result<Quiet, Trouble> {
    match &record.signal.origin {
        Origin::Alertmanager => alertmanager::Way::to(host, record)?.before(until, stands),
        Origin::CloudWatch { .. } => cloudwatch::before(host, record, until, stands).await,
        Origin::Nowhere => Err(unreachable(record)),
    }
}

/// Does what [`before`] said, in the name of whoever the permit is for, and gives what makes the source quiet now. What keeps
/// it quiet already is found again and moved.
///
/// # Errors
/// What is in the way. Where the source gave no answer it may have acted: the next try finds what it did.
pub async fn quiet(host: &Host, record: &AlertRecord, begun: &Quiet, permit: &Permit) -> Result<Quiet, Trouble> {
    match &record.signal.origin {
        Origin::Alertmanager => {
            let person = named(host, permit.person());
            alertmanager::Way::to(host, record)?.quiet(begun.until, &person).await
        }
        Origin::CloudWatch { .. } => cloudwatch::quiet(host, record, begun, permit).await,
        Origin::Nowhere => Err(unreachable(record)),
    }
}

/// Ends what keeps a source quiet about an alert; it may have been begun alone, and never been done. What has ended by itself, or
/// by somebody else, is well.
///
/// # Errors
/// What is in the way. Where the source gave no answer it may have acted.
pub async fn loud(host: &Host, record: &AlertRecord, quiet: &Quiet, permit: &Permit) -> Result<(), Trouble> {
    match &record.signal.origin {
        Origin::Alertmanager => alertmanager::Way::to(host, record)?.loud(quiet).await,
        Origin::CloudWatch { .. } => cloudwatch::loud(host, record, quiet, permit).await,
        Origin::Nowhere => Ok(()),
    }
}

/// What the source says of an alert now; none if it can't tell.
///
/// # Errors
/// What is in the way.
pub async fn look(host: &Host, record: &AlertRecord) -> Result<Option<Condition>, Trouble> {
    match &record.signal.origin {
        Origin::Alertmanager => alertmanager::Way::to(host, record)?.look().await,
        Origin::CloudWatch { .. } => cloudwatch::look(host, record).await,
        Origin::Nowhere => Ok(None),
    }
}

fn unreachable(record: &AlertRecord) -> Trouble {
    Trouble::lasting(format!("The source {} takes no word from me, so it goes on sending.", record.signal.source))
}

/// A person's name, for others to read.
pub(crate) fn named(host: &Host, person: &PersonId) -> String {
    if person.0 == MYSELF {
        return "Watchkeeper".to_owned();
    }
    host.authority.person(person).map_or_else(|| person.0.clone(), |person| person.name)
}
