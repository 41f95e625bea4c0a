//! stub
use crate::host::Host;
use commands::plan::Permit;
use commands::records::{AlertRecord, Condition, Quiet};
use jiff::Timestamp;
pub async fn quiet(_: &Host, _: &AlertRecord, _: Timestamp, _: &Permit) -> Result<Quiet, String> {
    Err(String::new())
}
pub async fn loud(_: &Host, _: &AlertRecord, _: &Quiet, _: &Permit) -> Result<(), String> {
    Ok(())
}
pub async fn look(_: &Host, _: &AlertRecord) -> Result<Option<Condition>, String> {
    Ok(None)
}
