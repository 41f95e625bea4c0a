//! Brings to an alert's source what people decided here, and tries until it is there: quiet while somebody has it in hand,
//! loud again afterwards. While it is quiet it sends nothing, so it is asked.

use commands::PersonId;
use commands::context::MYSELF;
use commands::plan::Permit;
use commands::records::{Condition, Handling};
use jiff::SignedDuration;

use super::Matter;
use crate::alert::Happening;
use crate::host::Trouble;
use crate::reach;

/// How often a source that is kept quiet is asked.
const LOOKS: SignedDuration = SignedDuration::from_mins(2);
/// The first pause after a try that failed; doubled with each, up to the longest.
const PAUSE: SignedDuration = SignedDuration::from_secs(15);
/// The longest pause.
const LONGEST: SignedDuration = SignedDuration::from_mins(10);

/// Does what is due between an alert and its source.
///
/// # Errors
/// Faults of ours alone; a source that can't be reached is shown on the card and tried again.
pub async fn settle(matter: &mut Matter<'_>) -> Result<(), Trouble> {
    let host = std::sync::Arc::clone(matter.host);
    let now = host.clock.now();
    let myself = PersonId(MYSELF.to_owned());
    let at_source = matter.record.at_source.clone();
    if at_source.next.is_none_or(|next| next > now) {
        return Ok(());
    }
    let stands = at_source.stands.as_ref().map(|quiet| quiet.until);
    if stands == at_source.wanted {
        return match &at_source.stands {
            Some(_) => match reach::look(&host, &matter.record).await {
                Ok(Some(Condition::Resolved)) => matter.must(Happening::Cleared, &myself),
                Ok(Some(Condition::Firing) | None) => {
                    matter.record.at_source.next = Some(now + LOOKS);
                    Ok(())
                }
                Err(trouble) => unreached(matter, trouble.to_string()),
            },
            None => {
                matter.record.at_source.next = None;
                Ok(())
            }
        };
    }
    let actor = actor(matter);
    let permit = issue(&matter.record.id.to_string(), actor);
    let done = match (at_source.wanted, &at_source.stands) {
        (Some(until), _) => reach::quiet(&host, &matter.record, until, &permit)
            .await
            .map(|quiet| Happening::Quieted { quiet: commands::records::Quiet { until, ..quiet }, look: now + LOOKS }),
        (None, Some(quiet)) => reach::loud(&host, &matter.record, quiet, &permit).await.map(|()| Happening::Unquieted),
        (None, None) => return Ok(()),
    };
    match done {
        Ok(happening) => matter.must(happening, &myself),
        Err(trouble) => unreached(matter, trouble.to_string()),
    }
}

fn unreached(matter: &mut Matter<'_>, why: String) -> Result<(), Trouble> {
    let tries = matter.record.at_source.tries.min(6);
    let pause = (PAUSE * (1 << tries)).min(LONGEST);
    tracing::warn!(alert = %matter.record.id, why, "an alert's source can't be reached");
    let next = matter.host.clock.now() + pause;
    matter.must(Happening::Unreached { why, next }, &PersonId(MYSELF.to_owned()))
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
