//! The steps of offboarding: grants are told to end, then assignments go, then memberships, then the user.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::State;
use crate::access::aws::Identity;
use crate::access::batch::{Batch, Way, Worked};
use crate::access::given::{self, Given};
use crate::access::model::{Assignee, Assignment, User};
use crate::access::writes::{Removal, Update, UserUpdate};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Permit, Step};
use crate::records::ChangeId;
use crate::text;

/// How often grants that were told to end are looked at.
const PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// What is to be done, and what was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    id: String,
    name: String,
    last: Last,
    grants: usize,
    assignments: usize,
    memberships: usize,
}

/// What becomes of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Last {
    Disable,
    Delete,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub(super) enum Stage {
    /// Tell the grants that run to end.
    Tell { job: Job },
    /// Wait until what they gave is gone.
    AwaitGrants { job: Job },
    /// Take away what is assigned.
    Take { job: Job, assignments: Vec<Assignment>, batch: Batch },
    /// Take the user out of all groups.
    Leave { job: Job },
    /// Disable or delete the user.
    Close { job: Job },
}

impl Job {
    pub(super) fn new(user: &User, last: Last) -> Self {
        Self { id: user.id.clone(), name: user.name.clone(), last, grants: 0, assignments: 0, memberships: 0 }
    }

    /// The grants for them that run.
    async fn grants(&self, cx: &Context<'_>) -> Result<Vec<Given>> {
        let mut running = given::timed(cx).await?;
        running.retain(|given| given.is_for(&Assignee::user(&*self.id), &self.name));
        Ok(running)
    }
}

/// What disabling a user changes.
pub(super) fn disabling() -> UserUpdate {
    UserUpdate { active: Some(false), ..UserUpdate::default() }
}

pub(super) async fn step(stage: Stage, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let identity = Identity::open(cx).await?;
    match stage {
        Stage::Tell { job } => tell(job, cx).await,
        Stage::AwaitGrants { job } => await_grants(job, &identity, cx).await,
        Stage::Take { job, assignments, batch } => match batch.work(&assignments, &identity, permit, cx).await? {
            Worked::More { batch, again, so_far } => {
                Ok(Step::Progress { state: State(Stage::Take { job, assignments, batch }), until: again, so_far })
            }
            Worked::Done { unneeded, .. } => {
                let removed = assignments.len() - unneeded;
                let job = Job { assignments: removed, ..job };
                let note = text![format!("Removed {}.", counted(removed, "assignment"))];
                Ok(Step::Next { state: State(Stage::Leave { job }), note })
            }
        },
        Stage::Leave { job } => leave(job, &identity, permit).await,
        Stage::Close { job } => close(&job, &identity, permit).await,
    }
}

async fn tell(mut job: Job, cx: &Context<'_>) -> Result<Step<State>> {
    let mut changes: Vec<ChangeId> = job.grants(cx).await?.iter().map(|given| given.change).collect();
    changes.sort();
    job.grants = changes.len();
    let name = job.name.clone();
    let state = State(Stage::AwaitGrants { job });
    if changes.is_empty() {
        return Ok(Step::Progress { state, until: cx.now, so_far: "No grants of mine run.".into() });
    }
    let note = text![code(name), " is offboarded by ", code(cx.operation), ": this ends now."];
    Ok(Step::Tell { state, changes, what: "end".to_owned(), note })
}

/// A grant may go on after it gave its access back, to end open sessions: it is the access that counts.
async fn await_grants(job: Job, identity: &Identity, cx: &Context<'_>) -> Result<Step<State>> {
    let grants = job.grants(cx).await?;
    let standing = identity.assigned_itself(&Assignee::user(&*job.id)).await?;
    let mut holding: Vec<&Given> =
        grants.iter().filter(|given| standing.iter().any(|assignment| given.covers(assignment, &job.name))).collect();
    holding.sort_by_key(|given| given.change);
    if !holding.is_empty() {
        let ids: Vec<String> = holding.iter().map(|given| given.change.to_string()).collect();
        let note = text!["Waits until AWS has taken back what ", ids.join(", "), " gave."];
        return Ok(Step::Wait { state: State(Stage::AwaitGrants { job }), until: cx.now + PAUSE, note });
    }
    let mut assignments = standing;
    assignments.retain(|assignment| !identity.out_of_reach(&assignment.account));
    if assignments.is_empty() {
        return Ok(Step::Progress { state: State(Stage::Leave { job }), until: cx.now, so_far: "Nothing is assigned.".into() });
    }
    let batch = Batch::new(Way::Take, assignments.len(), cx.now);
    let so_far = format!("0 of {} assignments done.", assignments.len());
    Ok(Step::Progress { state: State(Stage::Take { job, assignments, batch }), until: cx.now, so_far: so_far.into() })
}

async fn leave(mut job: Job, identity: &Identity, permit: &Permit) -> Result<Step<State>> {
    let before = job.memberships;
    for membership in identity.memberships(&job.id).await? {
        match identity.remove_member(permit, &membership.id).await {
            Ok(Removal::Removed) => job.memberships += 1,
            Ok(Removal::AlreadyGone) => {}
            // What was removed is kept first; the next step meets the same trouble again.
            Err(_) if job.memberships > before => {
                let so_far = format!("{} removed.", counted(job.memberships, "membership")).into();
                return Ok(Step::Progress { state: State(Stage::Leave { job }), until: identity.now, so_far });
            }
            Err(error) => return Err(error),
        }
    }
    let note = text![format!("Removed {}.", counted(job.memberships, "membership"))];
    Ok(Step::Next { state: State(Stage::Close { job }), note })
}

async fn close(job: &Job, identity: &Identity, permit: &Permit) -> Result<Step<State>> {
    let Some(user) = identity.user(&job.id).await? else {
        return Ok(Step::Done(last_word(job, " is deleted", permit)));
    };
    match job.last {
        Last::Delete => {
            identity.delete_user(permit, &job.id).await?;
            Ok(Step::Done(last_word(job, " is deleted", permit)))
        }
        Last::Disable if !user.active => Ok(Step::Done(last_word(job, " is disabled", permit))),
        Last::Disable => match identity.update_user(permit, &user, &disabling()).await? {
            Update::Done => Ok(Step::Done(last_word(job, " is disabled", permit))),
            Update::Gone => Ok(Step::Done(last_word(job, " is deleted", permit))),
            Update::Conflict(words) => Err(Error::Outside {
                say: text!["AWS could not disable ", code(&*job.name), " yet: “", words.trim_end_matches('.'), "”."],
                cause: words,
            }),
        },
    }
}

fn last_word(job: &Job, is: &str, permit: &Permit) -> Text {
    let done =
        [(job.grants, "grant", "ended"), (job.assignments, "assignment", "removed"), (job.memberships, "membership", "removed")];
    let done: Vec<String> = done
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, noun, word)| format!("{} {word}", counted(*count, noun)))
        .collect();
    let done = if done.is_empty() { "there was nothing to take".to_owned() } else { done.join(", ") };
    let told = text![code(&*job.name), is, "; ", done, "."];
    let back = match job.last {
        Last::Disable => text![
            " To bring the user back: ",
            code(format!("access user update {} --enable", job.name)),
            ", then add the groups and assignments again that ",
            code(format!("change show {}", permit.change())),
            " lists."
        ],
        Last::Delete => text![
            " It can't be undone. ",
            code(format!("change show {}", permit.change())),
            " lists the groups and assignments that a new user would need."
        ],
    };
    told.then(back)
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
