//! The end of everything somebody is assigned, one assignment at a time, before they go: AWS would leave it all behind.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::aws::Identity;
use super::model::{Assignment, Principal, Progress};
use super::slots::{InLine, WriteKey};
use super::words::account_name;
use super::writes::Asked;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Text, code, lasting};
use crate::plan::Permit;
use crate::text;

/// How often AWS is asked how far it is.
const PAUSE: SignedDuration = SignedDuration::from_secs(2);
/// How long to leave alone what somebody else is at work on.
const BUSY: SignedDuration = SignedDuration::from_secs(5);
/// How often AWS may fail to end an assignment before the change ends.
const FAILURES: u32 = 5;

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Who goes.
    pub(super) who: Principal,
    /// How many assignments have ended, and how many there were to begin with.
    ended: usize,
    total: usize,
    under_way: Option<UnderWay>,
    failures: u32,
}

/// The assignment that AWS is ending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct UnderWay {
    assignment: Assignment,
    request: String,
}

/// What one step of it came to.
pub(super) enum Left {
    /// There is more to do, at that time; how far it is.
    More(Leaving, Timestamp, Text),
    /// Nothing is assigned any more; how many assignments were ended.
    Nothing(usize),
}

impl Leaving {
    pub(super) fn new(who: Principal, total: usize) -> Self {
        Self { who, ended: 0, total, under_way: None, failures: 0 }
    }

    /// Does one thing: looks how far AWS is with the assignment it ends, or has it end the next.
    pub(super) async fn step(mut self, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Left> {
        if let Some(UnderWay { assignment, request }) = self.under_way.take() {
            let progress = identity.deletion_status(&key(&assignment, permit), &request).await?;
            return self.after(assignment, progress, cx);
        }
        let standing = direct(&self.who, identity).await?;
        let Some(assignment) = standing.into_iter().next() else { return Ok(Left::Nothing(self.ended)) };
        let key = key(&assignment, permit);
        // Another try of this step, or a grant that ends, may have asked AWS already.
        if let Some(request) = identity.deletion_of(&assignment).await? {
            self.under_way = Some(UnderWay { assignment, request });
            return Ok(self.more(cx, SignedDuration::ZERO));
        }
        let slot = match identity.write_slot(&key) {
            Ok(slot) => slot,
            Err(InLine { position, eta, again }) => {
                let before = if position > 1 { format!("{} before it", position - 1) } else { "it is next".to_owned() };
                let wait = lasting(eta.duration_since(cx.now));
                let so_far = self.so_far().then(format!(" In line: {before}, about {wait}."));
                return Ok(Left::More(self, again, so_far));
            }
        };
        match identity.delete_assignment(permit, &slot, &assignment).await? {
            Asked::Begun(progress) => self.after(assignment, progress, cx),
            Asked::AlreadyGone => Ok(self.more(cx, SignedDuration::ZERO)),
            Asked::Conflict(_) => {
                identity.give_back(&key);
                Ok(self.more(cx, BUSY))
            }
        }
    }

    fn after(mut self, assignment: Assignment, progress: Progress, cx: &Context<'_>) -> Result<Left> {
        match progress {
            Progress::Succeeded => {
                (self.ended, self.failures) = (self.ended + 1, 0);
                Ok(self.more(cx, SignedDuration::ZERO))
            }
            Progress::InProgress { request } => {
                self.under_way = Some(UnderWay { assignment, request });
                Ok(self.more(cx, PAUSE))
            }
            Progress::Failed { reason, request } => {
                self.failures += 1;
                let of = text![code(self.who.to_string()), " in ", code(account_name(&assignment.account, cx))];
                let why = text![": “", reason.trim_end_matches('.'), "” (request ", request, ")."];
                if self.failures >= FAILURES {
                    let head = text!["AWS failed to end an assignment of "].then(of).then(why);
                    return Err(Error::shown(head.then(self.stopped())));
                }
                let again = later(cx.now, SignedDuration::from_secs(30 << self.failures.min(5)));
                let so_far = self.so_far().then(" AWS failed to end an assignment of ").then(of).then(why);
                Ok(Left::More(self, again, so_far.then(text![" I ask again ", again, "."])))
            }
        }
    }

    fn stopped(&self) -> Text {
        let gone = match self.ended {
            0 => "Nothing was changed".to_owned(),
            ended => format!("{ended} of {} assignments have ended, the rest stands", self.total.max(ended)),
        };
        text![" ", gone, ", and ", code(self.who.to_string()), " was not deleted. Ask again once AWS can."]
    }

    fn so_far(&self) -> Text {
        format!("{} of {} assignments ended.", self.ended, self.total.max(self.ended)).into()
    }

    fn more(self, cx: &Context<'_>, pause: SignedDuration) -> Left {
        let so_far = self.so_far();
        Left::More(self, later(cx.now, pause), so_far)
    }
}

/// What a user or a group is assigned itself, without what groups bring.
pub(super) async fn direct(who: &Principal, identity: &Identity) -> Result<Vec<Assignment>> {
    let assignee = who.assignee();
    let mut assignments = identity.assignments_of(&assignee).await?;
    assignments.retain(|assignment| assignment.principal == assignee);
    assignments.sort();
    Ok(assignments)
}

fn key(assignment: &Assignment, permit: &Permit) -> WriteKey {
    WriteKey::new(permit.change(), &format!("{}/{}", assignment.account, assignment.permission_set))
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
