//! The limits Discord publishes for what an application sends, with its words for what breaks them.

mod commands;
mod components;
mod embeds;
mod message;
mod modal;
mod report;

pub(super) use commands::{check_choices, check_commands};
pub(super) use message::{Body, check_message};
pub(super) use modal::check_modal;
pub(super) use report::Report;

use super::errors::ApiError;

/// A refusal of what is wrong, if anything is; what Discord would not notice comes back as sentences.
pub(super) fn verdict(report: Report) -> (Result<(), ApiError>, Vec<String>) {
    let (errors, unknown) = report.finish();
    (errors.map_or(Ok(()), |errors| Err(ApiError::invalid(errors))), unknown)
}
