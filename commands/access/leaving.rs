//! The end of everything somebody is assigned, before they go: AWS would leave it all behind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::aws::Identity;
use super::batch::{Batch, Way, Worked};
use super::model::{Assignment, Principal};
use crate::context::Context;
use crate::error::Result;
use crate::message::Text;
use crate::plan::Permit;

/// How many assignments are ended before it is looked what is left: as many as a record keeps with ease.
const AT_ONCE: usize = 100;

/// Where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// Who goes.
    pub(super) who: Principal,
    /// How many assignments have ended.
    ended: usize,
    ending: Option<Ending>,
    /// What AWS failed at ending: it is tried again once nothing else is left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stuck: Vec<Assignment>,
    /// What stays where a delegated administrator can end nothing.
    #[serde(default)]
    beyond: Beyond,
}

/// What becomes of assignments in the management account, where a delegated administrator can end nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Beyond {
    /// Their end is tried all the same, until somebody else has ended them.
    #[default]
    Tried,
    /// They are left as they are.
    Left,
}

/// The assignments that AWS is ending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Ending {
    assignments: Vec<Assignment>,
    batch: Batch,
}

/// What one step of it came to.
pub(super) enum Left {
    /// There is more to do, at that time; how far it is.
    More(Box<Leaving>, Timestamp, Text),
    /// Nothing is assigned any more; how many assignments were ended.
    Nothing(usize),
}

impl Leaving {
    pub(super) fn new(who: Principal) -> Self {
        Self { who, ended: 0, ending: None, stuck: Vec::new(), beyond: Beyond::Tried }
    }

    /// The same, but what a delegated administrator can't end is left as it is.
    pub(super) fn within_reach(who: Principal) -> Self {
        Self { beyond: Beyond::Left, ..Self::new(who) }
    }

    /// Works on the assignments that are being ended, or looks which are left.
    ///
    /// # Errors
    /// AWS's trouble, and what AWS fails at ending: the step is tried again until nothing is left.
    pub(super) async fn step(mut self, identity: &Identity, permit: &Permit, cx: &Context<'_>) -> Result<Left> {
        let Some(Ending { assignments, batch }) = self.ending.take() else { return self.look(identity, cx).await };
        match batch.work(&assignments, identity, permit, cx).await? {
            Worked::More { batch, again, so_far } => {
                self.ending = Some(Ending { assignments, batch });
                Ok(Left::More(Box::new(self), again, so_far))
            }
            Worked::Done { unneeded, failed } => {
                self.ended += assignments.len() - unneeded - failed.len();
                self.stuck.extend(failed.iter().filter_map(|failure| assignments.get(failure.item).cloned()));
                let so_far = format!("{} assignments ended.", self.ended);
                Ok(Left::More(Box::new(self), cx.now, so_far.into()))
            }
        }
    }

    async fn look(mut self, identity: &Identity, cx: &Context<'_>) -> Result<Left> {
        let mut standing = identity.assigned_itself(&self.who.assignee()).await?;
        standing.retain(|assignment| self.beyond == Beyond::Tried || !identity.out_of_reach(&assignment.account));
        if standing.is_empty() {
            return Ok(Left::Nothing(self.ended));
        }
        let so_far = format!("{} of {} assignments ended.", self.ended, self.ended + standing.len());
        let (stuck, rest): (Vec<_>, Vec<_>) = standing.into_iter().partition(|assignment| self.stuck.contains(assignment));
        let (way, mut assignments) = if rest.is_empty() || stuck.len() >= AT_ONCE {
            self.stuck.clear();
            (Way::Take, stuck)
        } else {
            self.stuck = stuck;
            (Way::TryToTake, rest)
        };
        assignments.truncate(AT_ONCE);
        let batch = Batch::new(way, assignments.len(), cx.now);
        self.ending = Some(Ending { assignments, batch });
        Ok(Left::More(Box::new(self), cx.now, so_far.into()))
    }
}
