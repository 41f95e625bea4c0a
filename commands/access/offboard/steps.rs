//! The steps of offboarding: grants are told to end, then assignments go, then memberships, then the user.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::State;
use crate::access::aws::Identity;
use crate::access::given::{self, Given};
use crate::access::grant::overlap::word;
use crate::access::leaving::{Leaving, Left};
use crate::access::model::{Assignee, Principal, PrincipalKind, User};
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
    /// Tell the grants that run to end, and wait until what they gave is gone.
    EndGrants { job: Job },
    /// Take away what is assigned.
    Take { job: Job, leaving: Box<Leaving> },
    /// Take the user out of all groups.
    Leave { job: Job },
    /// Disable or delete the user.
    Close { job: Job },
}

impl Job {
    pub(super) fn new(user: &User, last: Last) -> Self {
        Self { id: user.id.clone(), name: user.name.clone(), last, grants: 0, assignments: 0, memberships: 0 }
    }

    fn who(&self) -> Principal {
        Principal { kind: PrincipalKind::User, id: self.id.clone(), name: self.name.clone() }
    }

    /// The grants for them that run, and have not given their access back.
    async fn grants(&self, cx: &Context<'_>) -> Result<Vec<Given>> {
        let mut running = given::grants(cx).await?;
        running.retain(|given| given.is_for(&Assignee::user(&*self.id), &self.name));
        running.sort_by_key(|given| given.change);
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
        Stage::EndGrants { job } => end_grants(job, cx).await,
        Stage::Take { job, leaving } => take(job, *leaving, &identity, permit, cx).await,
        Stage::Leave { job } => leave(job, &identity, permit).await,
        Stage::Close { job } => close(job, &identity, permit, cx).await,
    }
}

/// Tells those that were not told yet, also such as began after the others were; then waits. A grant may run on after it gave its
/// access back, to end open sessions: it is the access that counts.
async fn end_grants(mut job: Job, cx: &Context<'_>) -> Result<Step<State>> {
    let grants = job.grants(cx).await?;
    let changes: Vec<ChangeId> = grants.iter().filter(|given| !given.ends).map(|given| given.change).collect();
    if !changes.is_empty() {
        job.grants += changes.len();
        let note = text![code(&*job.name), " is offboarded by ", code(cx.operation), ": this ends now."];
        return Ok(Step::Tell { state: State(Stage::EndGrants { job }), changes, what: word::END.to_owned(), note });
    }
    if !grants.is_empty() {
        let ids: Vec<String> = grants.iter().map(|given| given.change.to_string()).collect();
        let note = text!["Waits until AWS has taken back what ", ids.join(", "), " gave."];
        return Ok(Step::Wait { state: State(Stage::EndGrants { job }), until: cx.now + PAUSE, note });
    }
    let leaving = Leaving::within_reach(job.who());
    Ok(Step::Progress {
        state: State(Stage::Take { job, leaving: Box::new(leaving) }),
        until: cx.now,
        so_far: "No grants of mine run.".into(),
    })
}

async fn take(mut job: Job, leaving: Leaving, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    match leaving.step(identity, permit, cx).await? {
        Left::More(leaving, until, so_far) => Ok(Step::Progress { state: State(Stage::Take { job, leaving }), until, so_far }),
        Left::Nothing(0) => {
            let so_far = "Nothing is assigned.".into();
            Ok(Step::Progress { state: State(Stage::Leave { job }), until: cx.now, so_far })
        }
        Left::Nothing(removed) => {
            job.assignments += removed;
            let note = text![format!("Removed {}.", counted(removed, "assignment"))];
            Ok(Step::Next { state: State(Stage::Leave { job }), note })
        }
    }
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

/// Whether they have got something since it was taken from them.
async fn has_something(job: &Job, identity: &Identity, cx: &Context<'_>) -> Result<bool> {
    let assigned = identity.assigned_itself(&Assignee::user(&*job.id)).await?;
    Ok(assigned.iter().any(|assignment| !identity.out_of_reach(&assignment.account))
        || !identity.memberships(&job.id).await?.is_empty()
        || !job.grants(cx).await?.is_empty())
}

async fn close(job: Job, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let Some(user) = identity.user(&job.id).await? else {
        return Ok(Step::Done(last_word(&job, " is deleted", permit)));
    };
    if has_something(&job, identity, cx).await? {
        let so_far = "They were given something meanwhile; that goes too.".into();
        return Ok(Step::Progress { state: State(Stage::EndGrants { job }), until: cx.now + PAUSE, so_far });
    }
    let job = &job;
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
