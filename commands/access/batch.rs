//! Many assignments given or taken in one change: as many under way as AWS allows, each asked for once, each followed until
//! AWS confirmed it.
//!
//! What is given stands for good, and grants for a time may end meanwhile. Whoever gives commits that it does so before it looks
//! at them here, as they commit that they end before they look at it (`grant::overlap`): so either they leave the access to it,
//! or it waits until they have taken it back.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::aws::Identity;
use super::grant::overlap::{self, Begin};
use super::grant::state::State as Grant;
use super::model::{Assignment, Progress};
use super::slots::{InLine, WriteKey};
use super::writes::Asked;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, lasting};
use crate::plan::Permit;
use crate::records::{ChangeId, ChangeRecord};
use crate::text;

/// How soon AWS is asked again how far it is.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// How soon others are looked at again that are in the way of all that is left.
const BUSY: SignedDuration = SignedDuration::from_secs(30);

/// How far a list of assignments is. The list itself is kept elsewhere and handed in, the same each time: records are small.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Batch {
    way: Way,
    began: Timestamp,
    /// Places in the list of those not asked for yet, the next one first.
    todo: Vec<usize>,
    under_way: Vec<Pending>,
    failed: Vec<Failure>,
    /// How many are as they should be.
    done: usize,
    /// How many of these were so already.
    unneeded: usize,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// The assignments are created. What AWS fails at is reported.
    Give,
    /// The assignments are deleted. What AWS fails at is tried again until it succeeds.
    Take,
    /// The assignments are deleted. What AWS fails at is reported.
    TryToTake,
}

/// A write AWS is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    item: usize,
    request: String,
}

/// A write AWS failed at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// Its place in the list.
    pub(crate) item: usize,
    /// In AWS's words, or in ours where AWS refused the call itself.
    pub(crate) reason: String,
    /// For AWS's support; empty where AWS refused the call itself.
    pub(crate) request: String,
}

impl Failure {
    /// `“The role is in use” (request 7f3a…).`, or all that AWS's refusal says.
    fn words(&self) -> String {
        let reason = self.reason.trim_end_matches('.');
        if self.request.is_empty() { format!("{reason}.") } else { format!("“{reason}” (request {}).", self.request) }
    }
}

/// What came of working on a batch for one step.
#[derive(Clone, Debug)]
pub(crate) enum Worked {
    /// There is more to do at `again`.
    More { batch: Batch, again: Timestamp, so_far: Text },
    /// It is all done, apart from what failed.
    Done { unneeded: usize, failed: Vec<Failure> },
}

impl Batch {
    /// A list of `count` assignments to give or to take.
    pub(crate) fn new(way: Way, count: usize, began: Timestamp) -> Self {
        Self { way, began, todo: (0..count).collect(), under_way: Vec::new(), failed: Vec::new(), done: 0, unneeded: 0 }
    }

    /// Does what can be done now.
    ///
    /// # Errors
    /// AWS's trouble, and what AWS failed at taking: the step is tried again.
    pub(crate) async fn work(
        mut self,
        items: &[Assignment],
        identity: &Identity,
        permit: &Permit,
        cx: &Context<'_>,
    ) -> Result<Worked> {
        let before = self.clone();
        let stop = match self.go_on(items, identity, permit, cx).await {
            Ok(stop) => stop,
            // What was asked for is kept first; the next step meets the same trouble again.
            Err(_) if self != before => Stop::None,
            Err(error) => return Err(error),
        };
        if self.todo.is_empty() && self.under_way.is_empty() {
            match self.way {
                // What was done is kept first: from then on only what failed is asked for.
                Way::Take if !self.failed.is_empty() && self != before => {
                    let so_far = self.so_far(&Stop::None, cx.now);
                    return Ok(Worked::More { batch: self, again: cx.now, so_far });
                }
                Way::Take if !self.failed.is_empty() => self.try_again(items, identity, permit).await?,
                Way::Give if !self.failed.is_empty() => self.forgive(items, identity).await?,
                Way::Give | Way::Take | Way::TryToTake => {}
            }
            return Ok(Worked::Done { unneeded: self.unneeded, failed: self.failed });
        }
        let again = match &stop {
            _ if !self.under_way.is_empty() => cx.now + PAUSE,
            Stop::Line(line) => line.again,
            Stop::Behind(_) => cx.now + BUSY,
            Stop::None => cx.now + PAUSE,
        };
        let so_far = self.so_far(&stop, cx.now);
        Ok(Worked::More { batch: self, again, so_far })
    }

    /// Whether AWS failed at this one.
    pub(crate) fn failed_at(&self, item: usize) -> bool {
        self.failed.iter().any(|failure| failure.item == item)
    }

    async fn go_on(&mut self, items: &[Assignment], identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Stop> {
        self.follow(items, identity, permit).await?;
        if self.todo.is_empty() {
            return Ok(Stop::None);
        }
        self.adopt(items, identity).await?;
        // Before any look at AWS: what a grant takes back that is past by now, AWS no longer shows.
        let grants = match self.way {
            Way::Give => overlap::running(cx).await?,
            Way::Take | Way::TryToTake => Vec::new(),
        };
        let (mut looked, mut behind) = (Looked::default(), Vec::new());
        while let Some(item) = self.todo.get(behind.len()).copied() {
            let assignment = wanted(items, item)?;
            if let Some(other) = taker(assignment, &grants, cx) {
                behind.push(other);
                continue;
            }
            let at = behind.len();
            if looked.stands(assignment, identity).await? == (self.way == Way::Give) {
                self.needless(at);
                continue;
            }
            let slot = match identity.write_slot(&key(assignment, permit)) {
                Ok(slot) => slot,
                Err(line) => return Ok(Stop::Line(line)),
            };
            let asked = match self.way {
                Way::Give => identity.create_assignment(permit, &slot, assignment).await?,
                Way::Take | Way::TryToTake => match identity.delete_assignment(permit, &slot, assignment).await {
                    // AWS refuses this one, as in an account that was closed: the others go on.
                    Err(Error::Shown(why)) => {
                        self.todo.remove(at);
                        self.failed.push(Failure { item, reason: why.plain(), request: String::new() });
                        continue;
                    }
                    asked => asked?,
                },
            };
            match asked {
                Asked::Begun(progress) => {
                    self.todo.remove(at);
                    self.take_note(item, progress);
                }
                Asked::AlreadyGone => self.needless(at),
                // Somebody else is at the same one: others first.
                Asked::Conflict(_) => {
                    self.todo.remove(at);
                    self.todo.push(item);
                    return Ok(Stop::None);
                }
            }
        }
        Ok(behind.first().map_or(Stop::None, |other| Stop::Behind(*other)))
    }

    /// Asks how far AWS is with all that is under way.
    async fn follow(&mut self, items: &[Assignment], identity: &Identity, permit: &Permit) -> Result<()> {
        let mut at = 0;
        while let Some(Pending { item, request }) = self.under_way.get(at).cloned() {
            let key = key(wanted(items, item)?, permit);
            let progress = match self.way {
                Way::Give => identity.creation_status(&key, &request).await?,
                Way::Take | Way::TryToTake => identity.deletion_status(&key, &request).await?,
            };
            if progress.ended() {
                self.under_way.remove(at);
                self.take_note(item, progress);
            } else {
                at += 1;
            }
        }
        Ok(())
    }

    /// Takes over what an earlier try of this step asked for and could not keep any more.
    async fn adopt(&mut self, items: &[Assignment], identity: &Identity) -> Result<()> {
        let requests = match self.way {
            Way::Give => identity.creations_under_way().await?,
            Way::Take | Way::TryToTake => identity.deletions_under_way().await?,
        };
        for one in requests {
            if self.under_way.iter().any(|pending| pending.request == one.request) {
                continue;
            }
            let found = match self.way {
                Way::Give => identity.created_by(&one.request).await?,
                Way::Take | Way::TryToTake => identity.deleted_by(&one.request).await?,
            };
            let place = self.todo.iter().position(|item| items.get(*item) == found.as_ref() && found.is_some());
            if let Some(place) = place {
                let item = self.todo.remove(place);
                self.under_way.push(Pending { item, request: one.request });
            }
        }
        Ok(())
    }

    /// Asks once more for what AWS failed at taking, and says so as trouble: the engine keeps the pauses and calls for help.
    async fn try_again(&mut self, items: &[Assignment], identity: &Identity, permit: &Permit) -> Result<()> {
        let mut looked = Looked::default();
        let mut still = Vec::new();
        for failure in std::mem::take(&mut self.failed) {
            let assignment = wanted(items, failure.item)?;
            if !looked.stands(assignment, identity).await? {
                self.done += 1;
                continue;
            }
            let asked = match identity.write_slot(&key(assignment, permit)) {
                Ok(slot) => identity.delete_assignment(permit, &slot, assignment).await.map(drop),
                Err(_) => Ok(()),
            };
            match asked {
                Err(Error::Shown(why)) => still.push(Failure { reason: why.plain(), request: String::new(), ..failure }),
                asked => {
                    asked?;
                    still.push(failure);
                }
            }
        }
        let Some(first) = still.first() else { return Ok(()) };
        let more = match still.len() {
            1 => String::new(),
            many => format!(" So it is with {} more.", many - 1),
        };
        Err(Error::Outside {
            say: text![
                "AWS could not take an assignment in ",
                &*wanted(items, first.item)?.account,
                " away: ",
                first.words(),
                more,
                " It stood when I looked; I asked again and go on until it is gone."
            ],
            cause: format!("{}: {}", first.request, first.reason),
        })
    }

    /// What AWS failed at giving and stands all the same, through somebody else, is no failure.
    async fn forgive(&mut self, items: &[Assignment], identity: &Identity) -> Result<()> {
        let mut looked = Looked::default();
        for failure in std::mem::take(&mut self.failed) {
            if looked.stands(wanted(items, failure.item)?, identity).await? {
                self.done += 1;
                self.unneeded += 1;
            } else {
                self.failed.push(failure);
            }
        }
        Ok(())
    }

    fn take_note(&mut self, item: usize, progress: Progress) {
        match progress {
            Progress::InProgress { request } => self.under_way.push(Pending { item, request }),
            Progress::Succeeded => self.done += 1,
            Progress::Failed { reason, request } => self.failed.push(Failure { item, reason, request }),
        }
    }

    /// The one at this place of those to do is as it should be already.
    fn needless(&mut self, at: usize) {
        self.todo.remove(at);
        self.done += 1;
        self.unneeded += 1;
    }

    fn so_far(&self, stop: &Stop, now: Timestamp) -> Text {
        let ended = self.done + self.failed.len();
        let failed = match self.failed.len() {
            0 => String::new(),
            failed => format!(" AWS failed at {failed} so far."),
        };
        let ahead = self.under_way.len() + self.todo.len();
        let left = left(self.began, now, ended.saturating_sub(self.unneeded), ahead);
        let waits = match stop {
            Stop::None => String::new(),
            Stop::Line(line) => format!(" In line at AWS: {} before the next.", line.position - 1 + self.under_way.len()),
            Stop::Behind(other) => format!(" Waits for {other}, which is taking the same access back."),
        };
        format!("{} of {} assignments done{left}.{failed}{waits}", self.done, ended + ahead).into()
    }
}

/// Why a batch can't go on at once.
enum Stop {
    /// AWS is at work.
    None,
    /// AWS takes no more requests yet.
    Line(InLine),
    /// All that is left is being taken back by grants; this one first.
    Behind(ChangeId),
}

/// The grant that is taking this access back, or may be: it is given once that is done. Whoever takes access away for good does
/// so in the end, and is not waited for.
fn taker(assignment: &Assignment, grants: &[(ChangeRecord, Grant)], cx: &Context<'_>) -> Option<ChangeId> {
    let mut others = overlap::of(assignment, grants, cx.now);
    others.retain(|other| !other.rank.removes);
    match overlap::begin(&others) {
        Begin::After(other) => Some(other),
        Begin::Go => None,
    }
}

fn wanted(items: &[Assignment], item: usize) -> Result<&Assignment> {
    items.get(item).ok_or_else(|| Error::internal("going on with assignments", "the list became shorter"))
}

fn key(assignment: &Assignment, permit: &Permit) -> WriteKey {
    let Assignment { account, permission_set, principal } = assignment;
    WriteKey::new(permit.change(), &format!("{account}/{permission_set}/{}", principal.id))
}

/// `, about 3 min left`, once it can be told from what took how long so far.
pub(crate) fn left(began: Timestamp, now: Timestamp, done: usize, ahead: usize) -> String {
    let (Ok(done), Ok(ahead)) = (i64::try_from(done), i64::try_from(ahead)) else { return String::new() };
    let took = now.duration_since(began).as_secs();
    if done == 0 || ahead == 0 || took < 1 {
        return String::new();
    }
    let seconds = (took * ahead / done).max(1);
    let rounded = if seconds < 60 { seconds } else { (seconds + 30) / 60 * 60 };
    format!(", about {} left", lasting(SignedDuration::from_secs(rounded)))
}

/// Who is assigned what, looked up once a step.
#[derive(Default)]
struct Looked(HashMap<(String, String), Vec<Assignment>>);

impl Looked {
    /// Whether an assignment stands. AWS is asked by account: asked by principal it tells nothing of those it no longer knows.
    async fn stands(&mut self, assignment: &Assignment, identity: &Identity) -> Result<bool> {
        let place = (assignment.account.clone(), assignment.permission_set.clone());
        if !self.0.contains_key(&place) {
            let found = identity.assignments(&place.0, &place.1).await?;
            self.0.insert(place.clone(), found);
        }
        Ok(self.0.get(&place).is_some_and(|known| known.contains(assignment)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_once_it_is_known() {
        let began: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let after = |seconds| began + SignedDuration::from_secs(seconds);
        assert_eq!(left(began, began, 3, 7), "");
        assert_eq!(left(began, after(30), 0, 7), "");
        assert_eq!(left(began, after(30), 30, 7), ", about 7 s left");
        assert_eq!(left(began, after(30), 20, 180), ", about 5 min left");
        assert_eq!(left(began, after(30), 20, 0), "");
    }
}
