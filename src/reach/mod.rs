//! stub: REACH helper, please keep these signatures (they changed: `before` is new, `quiet` takes what `before` gave).
use crate::host::Host;
use commands::plan::Permit;
use commands::records::{AlertRecord, Condition, Quiet};
use jiff::Timestamp;
/// What will make its source quiet until then, found by looking alone and put on record before [`quiet`] does it: for an
/// Alertmanager an empty handle, or that of the silence of ours that stands; for a CloudWatch alarm whether its actions were
/// enabled before we touched them (`stands` knows, where we did). Never writes.
pub async fn before(_: &Host, _: &AlertRecord, _: Timestamp, _stands: Option<&Quiet>) -> Result<Quiet, String> {
    Err(String::new())
}
/// Makes it quiet; `begun` is what [`before`] gave, on record. May run twice. Gives what stands now.
pub async fn quiet(_: &Host, _: &AlertRecord, _begun: &Quiet, _: &Permit) -> Result<Quiet, String> {
    Err(String::new())
}
/// Ends that. `quiet` is what stands, or only what was begun: it may never have been done.
pub async fn loud(_: &Host, _: &AlertRecord, _quiet: &Quiet, _: &Permit) -> Result<(), String> {
    Ok(())
}
/// What the source says now; none if it can't tell.
pub async fn look(_: &Host, _: &AlertRecord) -> Result<Option<Condition>, String> {
    Ok(None)
}
