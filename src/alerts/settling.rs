//! Brings to an alert's source what people decided here, and tries until it is there: quiet while somebody has it in hand,
//! loud again afterwards. While it is quiet it sends nothing, so it is asked.

use std::sync::Arc;

use commands::PersonId;
use commands::context::MYSELF;
use commands::plan::Permit;
use commands::records::{AtSource, Condition, Handling, Quiet};
use jiff::SignedDuration;

use super::Matter;
use crate::alert::Happening;
use crate::host::Trouble;
use crate::reach::{self, Lasts};

/// How often a source that is kept quiet is asked.
const LOOKS: SignedDuration = SignedDuration::from_mins(2);
/// The first pause after a try that failed; doubled with each, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(15);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

/// Does what is due between an alert and its source, one thing a look.
///
/// # Errors
/// Faults of ours alone; a source that can't be reached is shown on the card and tried again.
pub async fn settle(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let host = Arc::clone(matter.host);
    let now = host.clock.now();
    if matter.record.at_source.next.is_none_or(|next| next > now) {
        return Ok(());
    }
    let AtSource { wanted, begun, stands, .. } = matter.record.at_source.clone();
    let permit = issue(&matter.record.id.to_string(), actor(matter));
    let record = &matter.record;
    let done = match (wanted, begun, stands) {
        (Some(until), _, Some(quiet)) if quiet.until == until => match reach::look(&host, record).await {
            // Of its clock nothing is told here: words that are on their way may still count.
            Ok(Some(Condition::Resolved)) => Ok(Happening::Cleared { as_of: None }),
            Ok(Some(Condition::Firing) | None) => {
                matter.record.at_source.next = Some(now + LOOKS);
                return Ok(());
            }
            Err(trouble) => Err(trouble),
        },
        // Written down first: what was done at a source has to be undone, even if this process does not live to see it.
        (Some(until), None, stands) => reach::before(&host, record, until, stands.as_ref()).await.map(Happening::Quieting),
        (Some(until), Some(begun), _) => {
            let begun = Quiet { until, ..begun };
            let quieted = |quiet| Happening::Quieted { quiet, look: now + LOOKS };
            reach::quiet(&host, record, &begun, &permit).await.map(quieted)
        }
        (None, Some(quiet), _) | (None, None, Some(quiet)) => {
            reach::loud(&host, record, &quiet, &permit).await.map(|()| Happening::Unquieted)
        }
        (None, None, None) => {
            matter.record.at_source.next = None;
            // It may have ended while it was quiet, which was told by nobody.
            let asked = if record_fires(matter) { reach::look(&host, &matter.record).await } else { Ok(None) };
            return match asked {
                Ok(Some(Condition::Resolved)) => matter.must(Happening::Cleared { as_of: None }, &PersonId(MYSELF.to_owned())),
                Ok(Some(Condition::Firing) | None) | Err(_) => Ok(()),
            };
        }
    };
    let myself = PersonId(MYSELF.to_owned());
    match done {
        Ok(happening) => matter.must(happening, &myself),
        Err(trouble) => {
            let why = trouble.to_string();
            tracing::warn!(alert = %matter.record.id, why, "an alert's source can't be reached");
            let pause = (PAUSE * (1 << matter.record.at_source.tries.min(6))).min(LONGEST);
            let next = match trouble.lasts() {
                Lasts::AWhile => Some(now + pause),
                Lasts::ForGood => None,
            };
            matter.must(Happening::Unreached { why, next }, &myself)
        }
    }
}

/// Whether it is not over, as far as anybody has said.
fn record_fires(matter: &Matter<'_>) -> bool {
    matter.record.is_open() && matter.record.condition == Condition::Firing
}

/// What the end of somebody's time brings: the alert comes back, unless its source says that it is over. What ended while it was
/// silenced was told by nobody.
pub async fn back(matter: &Matter<'_>) -> Happening {
    match reach::look(matter.host, &matter.record).await {
        Ok(Some(Condition::Resolved)) => Happening::Cleared { as_of: None },
        Ok(Some(Condition::Firing) | None) => Happening::CameBack,
        Err(trouble) => {
            tracing::warn!(alert = %matter.record.id, %trouble, "an alert's source can't be asked whether it is over");
            Happening::CameBack
        }
    }
}

/// In whose name its source is reached: of whoever decided last.
fn actor(matter: &Matter<'_>) -> PersonId {
    match &matter.record.handling {
        Handling::Acknowledged { by, .. } | Handling::Silenced { by, .. } | Handling::Resolved { by: Some(by), .. } => by.clone(),
        Handling::Open | Handling::Resolved { by: None, .. } => PersonId(MYSELF.to_owned()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the intent is on record: this carries it out")]
fn issue(alert: &str, actor: PersonId) -> Permit {
    Permit::issue(alert, "source", actor)
}
