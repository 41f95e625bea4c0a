//! What an upgrade says on its way and when it ends badly: what happened, what stays changed, what to do.

use super::follow;
use super::steps::Job;
use crate::error::Error;
use crate::message::{Text, bold, code};
use crate::rds::aws::Event;
use crate::rds::model::Database;
use crate::text;

/// `orders is upgrading. AWS: “…”`.
pub(super) fn waiting(database: &Database, event: Option<&Event>) -> Text {
    let text = text![bold(database.id()), " is ", code(&*database.status), "."];
    match event {
        Some(event) => text.then(text![" AWS: “", event.message.trim_end_matches('.'), "”"]),
        None => text,
    }
}

pub(super) fn moved(job: &Job, database: &Database, changed: &str) -> Error {
    Error::shown(text![
        code(job.id()),
        " runs ",
        code(&*database.version),
        " now, not ",
        code(&*job.from),
        " as when this was approved: somebody else upgraded it. ",
        changed,
        " Ask again if it should still go to ",
        code(job.to()),
        "."
    ])
}

/// AWS's refusal of the upgrade, and what stays behind.
pub(super) fn with_snapshot(error: Error, job: &Job) -> Error {
    match error {
        Error::Shown(say) => Error::Shown(say.then(text![
            " ",
            code(job.id()),
            " still runs ",
            code(&*job.from),
            ". Only the snapshot ",
            code(&*job.snapshot.name),
            " was made; it is kept."
        ])),
        other => other,
    }
}

fn telling(events: &[Event]) -> Text {
    match follow::telling(events) {
        Some(event) => text![" AWS says: “", event.message.trim_end_matches('.'), "”."],
        None => Text::from(" AWS has no event that says why."),
    }
}

pub(super) fn rolled_back(job: &Job, database: &Database, events: &[Event]) -> Text {
    text![
        bold(job.id()),
        " is ",
        code(&*database.status),
        " on ",
        code(&*database.version),
        ": the upgrade to ",
        code(job.to()),
        " did not go through."
    ]
    .then(telling(events))
    .then(if database.version == job.from {
        text![" Apart from the snapshot ", code(&*job.snapshot.name), ", which is kept, nothing was changed."]
    } else {
        text![" The snapshot ", code(&*job.snapshot.name), " is kept."]
    })
    .then(" Read the upgrade log in RDS, mend what it names, and ask again.")
}

pub(super) fn stuck(job: &Job, database: &Database, events: &[Event]) -> Text {
    let way_out = match database.status.as_str() {
        "incompatible-parameters" => " Mend its parameter group or give it the default one, then reboot it.",
        "storage-full" => " Give it more storage.",
        _ => " Open it in the RDS console and, if that does not help, ask AWS Support.",
    };
    text![
        bold(job.id()),
        " is ",
        code(&*database.status),
        " on ",
        code(&*database.version),
        " and does not leave that state by itself. I asked AWS for the upgrade to ",
        code(job.to()),
        " and stop here."
    ]
    .then(telling(events))
    .then(text![way_out, " The snapshot ", code(&*job.snapshot.name), " from before is kept."])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::steps::tests::job;
    use super::*;
    use crate::rds::model::tests::database;

    fn failure() -> Vec<Event> {
        let categories = vec!["maintenance".to_owned(), "failure".to_owned()];
        let message = "The pre-checks found incompatibilities.".to_owned();
        vec![Event { at: Timestamp::UNIX_EPOCH, source: "orders".to_owned(), message, categories }]
    }

    #[test]
    fn a_failure_says_what_happened_what_stays_and_what_to_do() {
        let mut orders = database("orders");
        insta::assert_snapshot!(rolled_back(&job(), &orders, &failure()).plain(), @"orders is available on 8.0.35: the upgrade to 8.0.40 did not go through. AWS says: “The pre-checks found incompatibilities”. Apart from the snapshot wk-orders-8-0-40, which is kept, nothing was changed. Read the upgrade log in RDS, mend what it names, and ask again.");
        orders.status = "incompatible-parameters".to_owned();
        orders.version = "8.0.40".to_owned();
        insta::assert_snapshot!(stuck(&job(), &orders, &[]).plain(), @"orders is incompatible-parameters on 8.0.40 and does not leave that state by itself. I asked AWS for the upgrade to 8.0.40 and stop here. AWS has no event that says why. Mend its parameter group or give it the default one, then reboot it. The snapshot wk-orders-8-0-40 from before is kept.");
        insta::assert_snapshot!(moved(&job(), &orders, "Nothing was changed."), @"orders runs 8.0.40 now, not 8.0.35 as when this was approved: somebody else upgraded it. Nothing was changed. Ask again if it should still go to 8.0.40.");
    }
}
