//! stub
use crate::host::Host;
use crate::store::Write;
use commands::PersonId;
use commands::records::AlertRecord;
pub fn told(_: &Host, _: &AlertRecord, _: &str, _: &PersonId) -> Vec<Write> {
    Vec::new()
}
pub async fn look(_: std::sync::Arc<Host>, _: crate::store::Row) -> Result<(), crate::host::Trouble> {
    Ok(())
}
