//! `audit verify`

use serde::{Deserialize, Serialize};

use super::log;
use crate::message::{Message, bold, code};
use crate::records::Verification;
use crate::{Command, Context, Query, Resource, Result, text};

/// Walk the whole audit log and say whether anything was altered or removed
#[derive(Clone, Debug, clap::Args, Serialize, Deserialize)]
pub struct Verify {}

impl Command for Verify {
    const NAME: &'static str = "audit verify";

    fn resource(&self) -> Resource {
        log(None)
    }
}

impl Query for Verify {
    async fn answer(&self, cx: &Context<'_>) -> Result<Message> {
        Ok(report(&cx.records.verify().await?))
    }
}

/// What a walk of the log found, in words.
pub fn report(found: &Verification) -> Message {
    match found {
        Verification::Whole { entries: 0, .. } => "The audit log is empty.".into(),
        Verification::Whole { entries, head } => Message::new()
            .text(text![
                bold("The audit log is whole."),
                format!(" Each of its {entries} entries follows from the one before, and none is missing at the end.")
            ])
            .note(text!["Entry ", code(format!("#{entries}")), " ends the chain with ", code(head), "."]),
        Verification::Broken { number, why } => Message::new()
            .text(text![
                bold("The audit log is broken"),
                " at entry ",
                code(format!("#{number}")),
                format!(". {why} What comes before it is as it was written.")
            ])
            .note("Nothing was changed. Keep a copy of the data folder as it is, then compare with a backup or an export."),
    }
}
