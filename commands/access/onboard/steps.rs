//! The steps of onboarding: a few people at a time, then all that is assigned to them directly.

use std::collections::VecDeque;
use std::mem;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::newcomers::Newcomer;
use super::{Onboard, State};
use crate::access::aws::Identity;
use crate::access::batch::{Batch, Failure, Way, Worked, left};
use crate::access::grant::overlap::{self, word};
use crate::access::model::{Assignee, Assignment};
use crate::access::writes::Creation;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code};
use crate::plan::{Permit, Step};
use crate::records::{ChangeId, ChangeRecord, Status};
use crate::{Command, text};

/// How many people one step takes.
const AT_ONCE: usize = 5;

/// What is to be done, settled when it was planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) people: Vec<Newcomer>,
    pub(super) groups: Vec<Named>,
    pub(super) access: Vec<Access>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
    pub(super) name: String,
}

/// A permission set in an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) account: String,
    pub(super) account_name: String,
    pub(super) permission_set: String,
    pub(super) set_name: String,
}

impl Access {
    pub(super) fn assignment(&self, user: &str) -> Assignment {
        let (account, permission_set) = (self.account.clone(), self.permission_set.clone());
        Assignment { account, permission_set, principal: Assignee::user(user) }
    }

    /// `ReadOnlyAccess in shop-prod`
    pub(super) fn told(&self) -> String {
        format!("{} in {}", self.set_name, self.account_name)
    }
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub(super) enum Stage {
    /// Create people and put them into their groups.
    People {
        /// Its people are those who are not there yet.
        job: Job,
        /// How many are there.
        #[serde(default)]
        done: usize,
        /// The ids of those who are there, where they are assigned something later.
        ids: Vec<String>,
        /// How many of them were created here.
        created: usize,
        /// How many memberships were made.
        joined: usize,
        began: Option<Timestamp>,
    },
    /// Assign to them what they get directly.
    Assign { people: People, access: Vec<Access>, batch: Batch },
    /// It stands for good now: say so to grants that would take some of it back.
    Settle { people: People, access: Vec<Access>, assigned: Assigned },
}

/// What came of assigning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assigned {
    /// How many of them AWS made.
    made: usize,
    /// How many grants would have taken some back.
    kept: usize,
    failed: Vec<Failure>,
}

/// The people, once they all exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct People {
    /// How many.
    #[serde(default)]
    done: usize,
    /// Their ids, where something is assigned to them.
    ids: Vec<String>,
    created: usize,
    joined: usize,
}

impl Stage {
    pub(super) fn first(job: Job) -> Self {
        Self::People { job, done: 0, ids: Vec::new(), created: 0, joined: 0, began: None }
    }

    /// Whether it gives this assignment for good: what AWS failed at it does not.
    fn gives(&self, assignment: &Assignment) -> bool {
        let (people, access) = match self {
            Self::People { .. } => return false,
            Self::Assign { people, access, .. } | Self::Settle { people, access, .. } => (people, access),
        };
        let Some(item) = wanted(people, access).iter().position(|one| one == assignment) else { return false };
        match self {
            Self::People { .. } => false,
            Self::Assign { batch, .. } => !batch.failed_at(item),
            Self::Settle { assigned, .. } => assigned.failed.iter().all(|failure| failure.item != item),
        }
    }
}

/// Whether a change is an onboarding that is giving this assignment.
pub(in crate::access) fn is_giving(record: &ChangeRecord, assignment: &Assignment) -> bool {
    let Status::Running { state, .. } = &record.status else { return false };
    let stage = (record.command == Onboard::NAME).then(|| serde_json::from_value::<State>(state.clone()).ok()).flatten();
    stage.is_some_and(|State(stage)| stage.gives(assignment))
}

/// All that is to stand: for each person each access.
fn wanted(people: &People, access: &[Access]) -> Vec<Assignment> {
    people.ids.iter().flat_map(|id| access.iter().map(|access| access.assignment(id))).collect()
}

pub(super) async fn step(stage: Stage, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
    let identity = Identity::open(cx).await?;
    match stage {
        Stage::People { mut job, done, ids, created, joined, began } => {
            // A state without a count of those who are done names them among its people, as earlier releases wrote it.
            let named = ids.len().saturating_sub(done).min(job.people.len());
            job.people.drain(..named);
            let done = done + named;
            let work = Welcome { people: People { done, ids, created, joined }, job, began: began.unwrap_or(cx.now) };
            work.go_on(&identity, permit, cx).await
        }
        Stage::Assign { people, access, batch } => assign(people, access, batch, (&identity, permit, cx)).await,
        Stage::Settle { people, access, assigned } => settle(people, access, assigned, cx).await,
    }
}

/// Creating people and putting them into their groups.
struct Welcome {
    job: Job,
    people: People,
    began: Timestamp,
}

impl Welcome {
    async fn go_on(mut self, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Step<State>> {
        let before = self.people.done;
        let mut people = VecDeque::from(mem::take(&mut self.job.people));
        while let Some(person) = people.front().filter(|_| self.people.done < before + AT_ONCE) {
            if let Err(error) = self.welcome(person, people.len(), identity, permit).await {
                // Who is done is kept first; the next step meets the same trouble again.
                if self.people.done > before {
                    break;
                }
                return Err(error);
            }
            people.pop_front();
        }
        // Whoever is done is forgotten, so that the record never grows beyond what was planned.
        self.job.people = people.into();
        let (done, open) = (self.people.done, self.job.people.len());
        if open > 0 {
            let left = left(self.began, cx.now, done, open);
            let all = done + open;
            let Self { job, people: People { done, ids, created, joined }, began } = self;
            let state = State(Stage::People { job, done, ids, created, joined, began: Some(began) });
            return Ok(Step::Progress { state, until: cx.now, so_far: format!("{done} of {all} people done{left}.").into() });
        }
        if self.job.access.is_empty() {
            return Ok(Step::Done(welcome(&self.people, &Assigned::default(), cx)));
        }
        let batch = Batch::new(Way::Give, done * self.job.access.len(), cx.now);
        let state = State(Stage::Assign { people: self.people, access: self.job.access, batch });
        Ok(Step::Progress { state, until: cx.now, so_far: format!("All {done} people are there.").into() })
    }

    /// Sees to the next person, of `open` who are left: looks what is there, and adds what is missing.
    async fn welcome(&mut self, person: &Newcomer, open: usize, identity: &Identity, permit: &Permit) -> Result<()> {
        let (id, is_new) = match person {
            Newcomer::Known { id, .. } => (id.clone(), false),
            Newcomer::New(user) => match identity.user_with_email(&user.email).await? {
                Some(found) => (found.id, false),
                None => match identity.create_user(permit, user).await? {
                    Creation::Made(id) => (id, true),
                    Creation::Taken(words) => return Err(self.taken(&user.name, &words, open)),
                },
            },
        };
        let memberships = if is_new { Vec::new() } else { identity.memberships(&id).await? };
        for group in &self.job.groups {
            if memberships.iter().any(|membership| membership.group == group.id) {
                continue;
            }
            if let Creation::Made(_) = identity.add_member(permit, &group.id, &id).await? {
                self.people.joined += 1;
            }
        }
        // Whom an earlier try of this step created is new all the same.
        self.people.created += usize::from(matches!(person, Newcomer::New(_)));
        self.people.done += 1;
        if !self.job.access.is_empty() {
            self.people.ids.push(id);
        }
        Ok(())
    }

    fn taken(&self, name: &str, words: &str, open: usize) -> Error {
        let (done, all) = (self.people.done, self.people.done + open);
        Error::shown(text![
            "Somebody else took the user name ",
            code(name),
            " meanwhile (AWS: “",
            words.trim_end_matches('.'),
            format!(
                "”), so I stopped. {done} of {all} people are there with their groups. Ask for the same again: I go on where I stopped."
            )
        ])
    }
}

async fn assign(
    people: People,
    access: Vec<Access>,
    batch: Batch,
    (identity, permit, cx): (&Identity, &Permit, &Context<'_>),
) -> Result<Step<State>> {
    let wanted = wanted(&people, &access);
    match batch.work(&wanted, identity, permit, cx).await? {
        Worked::More { batch, again, so_far } => {
            Ok(Step::Progress { state: State(Stage::Assign { people, access, batch }), until: again, so_far })
        }
        Worked::Done { failed, unneeded } => {
            let made = wanted.len() - unneeded - failed.len();
            settle(people, access, Assigned { made, kept: 0, failed }, cx).await
        }
    }
}

/// Tells grants that would take some of it back to keep it, and looks again: it is done once there are none. A grant that begins
/// after that look ends after this change, and finds it in the records.
async fn settle(people: People, access: Vec<Access>, mut assigned: Assigned, cx: &Context<'_>) -> Result<Step<State>> {
    let wanted = wanted(&people, &access);
    let stands = |assignment: &Assignment| {
        let place = wanted.iter().position(|one| one == assignment);
        place.is_some_and(|item| assigned.failed.iter().all(|failure| failure.item != item))
    };
    let running = overlap::running(cx).await?;
    let told = overlap::to_tell(&running, cx.now).filter(|(_, assignment)| stands(assignment));
    let changes: Vec<ChangeId> = told.map(|(id, _)| id).collect();
    if !changes.is_empty() {
        assigned.kept += changes.len();
        let note = text![code(cx.operation), " makes it stand for good."];
        let state = State(Stage::Settle { people, access, assigned });
        return Ok(Step::Tell { state, changes, what: word::KEEP.to_owned(), note });
    }
    match assigned.failed.is_empty() {
        true => Ok(Step::Done(welcome(&people, &assigned, cx))),
        false => Err(failure(&assigned.failed, &access, wanted.len())),
    }
}

/// What AWS did not do; all else was done.
fn failure(failed: &[Failure], access: &[Access], all: usize) -> Error {
    let lines = failed.iter().take(5).fold(Text::default(), |lines, failure| {
        let what = access.get(failure.item % access.len().max(1)).map(Access::told).unwrap_or_default();
        lines.then(text!["\n• ", what, ": “", failure.reason.trim_end_matches('.'), "” (request ", &*failure.request, ")"])
    });
    let rest = if failed.len() > 5 { format!("\nand {} more", failed.len() - 5) } else { String::new() };
    Error::shown(
        text![format!(
            "Everybody is there with their groups, but AWS failed at {} of {all} assignments; the others stand.",
            failed.len()
        )]
        .then(lines)
        .then(rest)
        .then("\nMend what AWS names and ask for the same again: it adds only what is missing."),
    )
}

fn welcome(people: &People, assigned: &Assigned, cx: &Context<'_>) -> Text {
    let known = people.done.max(people.ids.len()).saturating_sub(people.created);
    let counted = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let mut parts = Vec::new();
    if people.created > 0 {
        parts.push(counted(people.created, "user created", "users created"));
    }
    if known > 0 {
        parts.push(counted(known, "was there already", "were there already"));
    }
    parts.push(counted(people.joined, "membership added", "memberships added"));
    if assigned.made > 0 {
        parts.push(counted(assigned.made, "assignment made", "assignments made"));
    }
    if assigned.kept > 0 {
        parts.push(counted(assigned.kept, "assignment kept that was to end", "assignments kept that were to end"));
    }
    let told = text![parts.join(", "), "."];
    if people.created == 0 {
        return told;
    }
    let told = told.then(" AWS mails nobody by itself: have their passwords reset in the console, which mails them");
    match cx.settings.identity.as_ref().and_then(|identity| identity.portal.clone()) {
        Some(portal) => told.then(text![", and tell them to sign in at ", code(portal), "."]),
        None => told.then("."),
    }
}
