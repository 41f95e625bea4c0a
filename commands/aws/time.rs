//! AWS's instants and ours.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// An instant of AWS's as ours.
pub(crate) fn instant(at: &DateTime) -> Option<Timestamp> {
    Timestamp::new(at.secs(), i32::try_from(at.subsec_nanos()).ok()?).ok()
}

/// An instant of ours as AWS's.
pub(crate) fn date_time(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}
