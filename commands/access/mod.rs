//! Access: the people, groups, permission sets and assignments of IAM Identity Center.
//!
//! `model` is what they are; `aws` opens the way there, `reads` looks, `writes` changes, `requests` follows what AWS is at;
//! `limiter` keeps all calls of the process within AWS's limits, `slots` its assignment writes; `roster` is everybody as they were
//! a while ago, for pickers and the directory; `find` turns what people type into one of them; `portal` is what a person sees who
//! signs in. `given` tells by which change somebody has something, `calls` reads that in plans, `baseline` is what is declared to
//! stand, `holding` who has what; `batch` gives and takes many assignments in one change, `leaving` ends what somebody is assigned
//! before they go; `permitted` is what the policy says, `guard` whom nothing may happen to, `words` are how names are shown. Then a file a command.

pub(crate) mod aws;
mod baseline;
mod batch;
mod calls;
mod done;
mod drift;
mod extend;
pub(crate) mod find;
mod given;
pub mod grant;
pub mod group;
mod guard;
mod holding;
mod leaving;
pub(crate) mod limiter;
mod mine;
pub(crate) mod model;
mod of;
mod offboard;
mod onboard;
pub mod permission_set;
mod permitted;
pub(crate) mod pick;
pub(crate) mod portal;
mod reads;
mod requests;
mod review;
mod revoke;
pub mod roster;
mod sign_out;
pub(crate) mod slots;
#[cfg(test)]
mod tests;
pub mod user;
mod who;
mod words;
pub(crate) mod writes;

pub use done::Done;
pub use drift::Drift;
pub use extend::Extend;
pub use grant::Grant;
pub use mine::Mine;
pub use model::{Assignee, Group, Membership, PermissionSet, Principal, PrincipalKind, User};
pub use of::Of;
pub use offboard::Offboard;
pub use onboard::Onboard;
pub use review::{Drop, Keep, Review, Rows};
pub use revoke::Revoke;
pub use roster::Roster;
pub use sign_out::SignOut;
pub use who::Who;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::context::{Context, IdentityCenter};
use crate::error::{Error, Result};
use limiter::Limiter;
use slots::Slots;

/// What the process remembers about Identity Center. Nothing of it is needed after a restart, though the host keeps the roster.
#[derive(Default)]
pub(crate) struct Memory {
    limits: OnceLock<Limits>,
    instance: Mutex<Option<aws::Instance>>,
    roster: Mutex<Option<Arc<Roster>>>,
    refreshing: tokio::sync::Mutex<()>,
    pub(crate) portal: portal::Sessions,
}

/// AWS's limits, as they are kept.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) calls: Limiter,
    pub(crate) writes: Arc<Slots>,
}

impl Memory {
    /// The limits all callers share; the first to ask sets them.
    pub(crate) fn limits(&self, identity: &IdentityCenter) -> Limits {
        let fresh =
            || Limits { calls: Limiter::new(identity.calls_per_second), writes: Arc::new(Slots::new(identity.outstanding)) };
        self.limits.get_or_init(fresh).clone()
    }

    /// Everybody, as they were when they were last read; none before the first time.
    pub(crate) fn roster(&self) -> Option<Arc<Roster>> {
        self.roster.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remember(&self, roster: &Arc<Roster>) {
        *self.roster.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(roster));
    }

    fn instance(&self, home: &str) -> Option<aws::Instance> {
        let known = self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone().filter(|instance| instance.home == home)
    }

    fn remember_instance(&self, instance: &aws::Instance) {
        *self.instance.lock().unwrap_or_else(PoisonError::into_inner) = Some(instance.clone());
    }
}

/// The settings of Identity Center.
///
/// # Errors
/// One to show when there are none.
pub(crate) fn configured<'a>(cx: &Context<'a>) -> Result<&'a IdentityCenter> {
    cx.settings.identity.as_ref().ok_or_else(|| {
        Error::shown(
            "IAM Identity Center is not configured, so I can't look after access yet. Whoever runs me adds it to the configuration.",
        )
    })
}
