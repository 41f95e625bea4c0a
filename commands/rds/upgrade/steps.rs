//! The steps of an upgrade. Each looks first and acts only if that is still needed, since each may run twice.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::follow::{self, Phase, Watch};
use super::says::{moved, rolled_back, stuck, waiting, with_snapshot};
use crate::aws::{Fault, Kind as Trouble};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{bold, code, lasting};
use crate::plan::{Permit, Step};
use crate::rds::aws::{Rds, Snapshot};
use crate::rds::model::Database;
use crate::rds::writes::{MakeSnapshot, Modify};
use crate::text;

/// How long between two looks.
const PAUSE: SignedDuration = SignedDuration::from_secs(30);

/// How long AWS may take until a snapshot it was asked for shows.
const SHOWS_WITHIN: SignedDuration = SignedDuration::from_mins(2);
/// How long after the end of an upgrade AWS may take until it tells of the restart.
const TELLS_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// What an upgrade has to do, settled when it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub(super) from: String,
    pub(super) snapshot: MakeSnapshot,
    modify: Modify,
}

/// Where an upgrade stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum State {
    /// Take the snapshot.
    Snapshot {
        /// What to do.
        job: Job,
    },
    /// Wait until the snapshot is complete.
    AwaitSnapshot {
        /// What to do.
        job: Job,
        /// When the first step was taken.
        began: Timestamp,
    },
    /// Ask AWS for the upgrade.
    Modify {
        /// What to do.
        job: Job,
        /// When the first step was taken.
        began: Timestamp,
    },
    /// Wait until AWS has done it.
    Follow {
        /// What to do.
        job: Job,
        /// When the first step was taken.
        began: Timestamp,
        /// When AWS was asked.
        asked: Timestamp,
        /// Whether AWS was seen at work.
        begun: bool,
    },
    /// Look once more and report.
    Verify {
        /// What to do.
        job: Job,
        /// When the first step was taken.
        began: Timestamp,
    },
}

impl Job {
    pub(super) fn new(database: &Database, snapshot: MakeSnapshot, modify: Modify) -> Self {
        Self { from: database.version.clone(), snapshot, modify }
    }

    pub(super) fn id(&self) -> &str {
        &self.modify.of.id
    }

    pub(super) fn to(&self) -> &str {
        &self.modify.version
    }

    async fn look(&self, rds: &Rds) -> Result<Database> {
        let found = rds.database(self.id()).await?;
        found.filter(|database| database.at == self.modify.of).ok_or_else(|| {
            Error::shown(text![
                code(self.id()),
                " is gone: AWS no longer knows it, so I stop here. If the snapshot ",
                code(&*self.snapshot.name),
                " was taken, it is kept."
            ])
        })
    }
}

pub(super) async fn step(state: State, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let rds = match &state {
        State::Snapshot { job }
        | State::AwaitSnapshot { job, .. }
        | State::Modify { job, .. }
        | State::Follow { job, .. }
        | State::Verify { job, .. } => Rds::at(&job.modify.of, cx).await?,
    };
    match state {
        State::Snapshot { job } => snapshot(job, &rds, permit, cx).await,
        State::AwaitSnapshot { job, began } => await_snapshot(job, began, &rds, cx).await,
        State::Modify { job, began } => modify(job, began, &rds, permit, cx).await,
        State::Follow { job, began, asked, begun } => {
            let since = Since { began, asked, begun };
            follow(job, since, &rds, cx).await
        }
        State::Verify { job, began } => verify(job, began, &rds, cx).await,
    }
}

async fn snapshot(job: Job, rds: &Rds, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let name = job.snapshot.name.clone();
    let taken = rds.snapshot(&job.modify.of, &name).await?;
    if let Some(taken) = taken {
        ours(&taken, permit)?;
        let note = text!["AWS is taking the snapshot ", code(name), "."];
        return Ok(Step::Next { state: State::AwaitSnapshot { job, began: cx.now }, note });
    }
    let database = job.look(rds).await?;
    if database.version != job.from {
        return Err(moved(&job, &database, "Nothing was changed."));
    }
    let note = text!["AWS is taking the snapshot ", code(name), "."];
    match rds.make_snapshot(permit, &job.snapshot).await {
        Ok(()) => Ok(Step::Next { state: State::AwaitSnapshot { job, began: cx.now }, note }),
        // Another try of this step was answered late: look again whose it is.
        Err(fault) if fault.is("DBSnapshotAlreadyExists") || fault.is("DBClusterSnapshotAlreadyExists") => {
            let note = text!["The snapshot ", code(&*job.snapshot.name), " is there already; looking whose it is."];
            Ok(Step::Wait { state: State::Snapshot { job }, until: later(cx), note })
        }
        Err(fault) if busy(&fault) => {
            let note = waiting(&database, None);
            Ok(Step::Wait { state: State::Snapshot { job }, until: later(cx), note })
        }
        Err(fault) => Err(fault.error(&format!("taking the snapshot {} of {}", job.snapshot.name, job.id()))),
    }
}

/// Refuses a snapshot that this change did not make.
fn ours(taken: &Snapshot, permit: &Permit) -> Result<()> {
    if taken.operation.as_deref() == Some(permit.change()) {
        return Ok(());
    }
    let whose = match &taken.operation {
        Some(other) => text!["it was made by ", code(&**other)],
        None => text!["it was not made by me"],
    };
    let text = text!["A snapshot called ", code(&*taken.name), " exists already, and ",];
    Err(Error::shown(text.then(whose).then(". Nothing was changed. Ask for the upgrade again: it will take another name.")))
}

async fn await_snapshot(job: Job, began: Timestamp, rds: &Rds, cx: &Context<'_>) -> Result<Step<State>> {
    let name = code(&*job.snapshot.name);
    let taken = rds.snapshot(&job.modify.of, &job.snapshot.name).await?;
    match taken.as_ref().map(|taken| (taken.status.as_str(), taken.percent)) {
        Some(("available", _)) => {
            Ok(Step::Next { state: State::Modify { job, began }, note: text!["The snapshot ", name, " is complete."] })
        }
        Some((status @ ("failed" | "deleting" | "incompatible-restore"), _)) => Err(Error::shown(text![
            "The snapshot ",
            name,
            " is ",
            code(status),
            ", so I stop before the upgrade. ",
            code(job.id()),
            " was not changed. Ask for the upgrade again when AWS takes snapshots of it."
        ])),
        Some((_, percent)) => {
            // In quarters, so that the thread is not told every percent.
            let quarter = (percent / 25 * 25).to_string();
            let note = text!["The snapshot ", name, " is ", quarter, " % done."];
            Ok(Step::Wait { state: State::AwaitSnapshot { job, began }, until: later(cx), note })
        }
        // What was made a moment ago may not be told of yet.
        None if cx.now.duration_since(began) < SHOWS_WITHIN => {
            let note = text!["AWS is taking the snapshot ", name, "."];
            Ok(Step::Wait { state: State::AwaitSnapshot { job, began }, until: later(cx), note })
        }
        None => Err(Error::shown(text![
            "The snapshot ",
            name,
            " is gone, so I stop before the upgrade. ",
            code(job.id()),
            " was not changed. Ask for the upgrade again to take another."
        ])),
    }
}

async fn modify(job: Job, began: Timestamp, rds: &Rds, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let database = job.look(rds).await?;
    let to = job.to().to_owned();
    let upgrading = text!["AWS took the request to upgrade ", bold(job.id()), " to ", code(&*to), "."];
    let asked = |job| State::Follow { job, began, asked: cx.now, begun: false };
    let begun = database.status == "upgrading" && database.pending_version().is_none_or(|version| version == to);
    if database.version == to || database.pending_version() == Some(&to) || begun {
        return Ok(Step::Next { state: asked(job), note: upgrading });
    }
    if database.version != job.from {
        let made = format!("Only the snapshot {} was made; it is kept.", job.snapshot.name);
        return Err(moved(&job, &database, &made));
    }
    if !database.settled() {
        let note = waiting(&database, None);
        return Ok(Step::Wait { state: State::Modify { job, began }, until: later(cx), note });
    }
    match rds.modify(permit, &job.modify).await {
        Ok(()) => Ok(Step::Next { state: asked(job), note: upgrading }),
        Err(fault) if busy(&fault) => {
            let note = waiting(&database, None);
            Ok(Step::Wait { state: State::Modify { job, began }, until: later(cx), note })
        }
        Err(fault) => {
            let refused = fault.kind == Trouble::Refused;
            let error = fault.error(&format!("upgrading {} to {to}", job.id()));
            Err(if refused { with_snapshot(error, &job) } else { error })
        }
    }
}

/// When an upgrade began, was asked for, and whether it was seen at work.
#[derive(Clone, Copy)]
struct Since {
    began: Timestamp,
    asked: Timestamp,
    begun: bool,
}

async fn follow(job: Job, since: Since, rds: &Rds, cx: &Context<'_>) -> Result<Step<State>> {
    let database = job.look(rds).await?;
    let Since { began, asked, begun } = since;
    let mut events = rds.events(&database, asked).await?;
    // AWS's `StartTime` counts in, and what ended as the upgrade was asked for is not part of it.
    events.retain(|event| event.at > asked);
    let watch = Watch { to: job.to(), asked, begun, now: cx.now };
    match follow::phase(&database, &events, watch) {
        Phase::Finished => {
            let note = text![bold(job.id()), " is available on ", code(job.to()), "."];
            Ok(Step::Next { state: State::Verify { job, began }, note })
        }
        Phase::Working => {
            let begun = begun || !database.settled();
            let note = if begun {
                waiting(&database, events.last())
            } else {
                text![bold(job.id()), " is ", code(&*database.status), "; AWS has not begun yet."]
            };
            Ok(Step::Wait { state: State::Follow { job, began, asked, begun }, until: later(cx), note })
        }
        Phase::RolledBack => Err(Error::shown(rolled_back(&job, &database, &events))),
        Phase::Stuck => Err(Error::shown(stuck(&job, &database, &events))),
    }
}

async fn verify(job: Job, began: Timestamp, rds: &Rds, cx: &Context<'_>) -> Result<Step<State>> {
    let database = job.look(rds).await?;
    let events = rds.events(&database, began).await?;
    if !database.settled() {
        let note = waiting(&database, events.last());
        return Ok(Step::Wait { state: State::Verify { job, began }, until: later(cx), note });
    }
    if !database.runs(job.to()) {
        return Err(Error::shown(rolled_back(&job, &database, &events)));
    }
    // Events come late: the restart may be told of after the state is good again.
    let last = events.last().map_or(began, |event| event.at);
    if follow::still_down(&events).is_some() && cx.now.duration_since(last) < TELLS_WITHIN {
        let note = text![bold(job.id()), " is available; waiting for AWS to say when it was back."];
        return Ok(Step::Wait { state: State::Verify { job, began }, until: later(cx), note });
    }
    let took = lasting(cx.now.duration_since(began));
    let mut said =
        text![bold(job.id()), " runs ", code(database.software()), " (before: ", code(&*job.from), ") and is available."];
    if let Some(class) = job.modify.class.as_deref() {
        said = said.then(if database.class == class {
            text![" Its class is ", code(class), "."]
        } else {
            text![" Its class is still ", code(&*database.class), ": the change to ", code(class), " has not been made."]
        });
    }
    said = said.then(match (follow::still_down(&events), follow::unavailable(&events)) {
        (Some(since), _) => {
            text![" It took ", took, "; it went down ", since, ", and AWS's events don't say yet when it was back."]
        }
        (None, Some(down)) => text![" It took ", took, "; unavailable for ", bold(lasting(down)), " by AWS's events."],
        (None, None) => text![" It took ", took, "; no interruption seen in AWS's events."],
    });
    if database.parameter_groups.iter().any(|group| group.status == "pending-reboot") {
        said = said.then(" Some parameters wait for a reboot.");
    }
    Ok(Step::Done(said.then(text![" The snapshot ", code(&*job.snapshot.name), " is kept."])))
}

fn later(cx: &Context<'_>) -> Timestamp {
    cx.now.saturating_add(PAUSE).unwrap_or(Timestamp::MAX)
}

/// Whether AWS refused because something else is going on, which passes.
fn busy(fault: &Fault) -> bool {
    fault.is("InvalidDBInstanceState") || fault.is("InvalidDBClusterState")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::context::PersonId;
    use crate::rds::model::tests::database;

    pub(in crate::rds::upgrade) fn job() -> Job {
        let orders = database("orders");
        let snapshot = MakeSnapshot { of: orders.at.clone(), name: "wk-orders-8-0-40".to_owned() };
        let modify =
            Modify { of: orders.at.clone(), version: "8.0.40".to_owned(), major: false, class: None, parameter_group: None };
        Job::new(&orders, snapshot, modify)
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a step is tested without the engine")]
    fn only_a_snapshot_of_this_change_is_taken_for_its_own() {
        let permit = Permit::issue("CHG-7", "snapshot", PersonId("ana".to_owned()));
        let taken = |operation: Option<&str>| Snapshot {
            name: "wk-orders-8-0-40".to_owned(),
            status: "available".to_owned(),
            percent: 100,
            operation: operation.map(str::to_owned),
        };
        assert!(ours(&taken(Some("CHG-7")), &permit).is_ok());
        insta::assert_snapshot!(ours(&taken(Some("CHG-3")), &permit).unwrap_err(), @"A snapshot called wk-orders-8-0-40 exists already, and it was made by CHG-3. Nothing was changed. Ask for the upgrade again: it will take another name.");
        insta::assert_snapshot!(ours(&taken(None), &permit).unwrap_err(), @"A snapshot called wk-orders-8-0-40 exists already, and it was not made by me. Nothing was changed. Ask for the upgrade again: it will take another name.");
    }

    #[test]
    fn a_state_is_kept_under_a_name_that_lasts() {
        let state = State::Modify { job: job(), began: Timestamp::UNIX_EPOCH };
        insta::assert_snapshot!(serde_json::to_string(&state).unwrap(), @r#"{"step":"modify","job":{"from":"8.0.35","snapshot":{"of":{"account":"111122223333","region":"eu-west-1","id":"orders","arn":"arn:aws:rds:eu-west-1:111122223333:db:orders","kind":"instance"},"name":"wk-orders-8-0-40"},"modify":{"of":{"account":"111122223333","region":"eu-west-1","id":"orders","arn":"arn:aws:rds:eu-west-1:111122223333:db:orders","kind":"instance"},"version":"8.0.40","major":false,"class":null,"parameter_group":null}},"began":"1970-01-01T00:00:00Z"}"#);
    }
}
