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
        Self { who, ended: 0, ending: None }
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
            Worked::Done { unneeded, .. } => {
                self.ended += assignments.len() - unneeded;
                let so_far = format!("{} assignments ended.", self.ended);
                Ok(Left::More(Box::new(self), cx.now, so_far.into()))
            }
        }
    }

    async fn look(mut self, identity: &Identity, cx: &Context<'_>) -> Result<Left> {
        let mut assignments = identity.assigned_itself(&self.who.assignee()).await?;
        if assignments.is_empty() {
            return Ok(Left::Nothing(self.ended));
        }
        let so_far = format!("{} of {} assignments ended.", self.ended, self.ended + assignments.len());
        assignments.truncate(AT_ONCE);
        let batch = Batch::new(Way::Take, assignments.len(), cx.now);
        self.ending = Some(Ending { assignments, batch });
        Ok(Left::More(Box::new(self), cx.now, so_far.into()))
    }
}
