//! Databases: RDS instances, Aurora and Multi-AZ clusters, over all configured accounts and regions.
//!
//! `model` is what a database is, `versions` how versions and their support compare, `window` when it may be touched;
//! `aws` reads and `writes` changes; `fleet` looks everywhere, `find` at one; `inventory` serves pickers. Then a file a
//! command.

mod aws;
mod events;
mod find;
mod fleet;
mod inventory;
mod lifecycle;
mod list;
mod model;
mod shape;
mod show;
mod targets;
mod upgrade;
mod versions;
mod window;
mod writes;

pub use events::Events;
pub(crate) use inventory::Caches;
pub use list::List;
pub use show::Show;
pub use targets::Targets;
pub use upgrade::{State as UpgradeState, Upgrade};

use crate::context::{Context, Decision, Resource};
use crate::error::{Error, Result};
use crate::message::Text;

/// Refuses what the policy denies once it is known which database is meant.
fn check(resource: &Resource, cx: &Context<'_>) -> Result<()> {
    match cx.authority.decide(cx.person, cx.action, resource) {
        Decision::Allowed { .. } => Ok(()),
        Decision::Denied { why, .. } => Err(Error::shown(why)),
    }
}

/// An error as a line beside results that did come.
fn line(error: Error) -> Text {
    match error {
        Error::Shown(say) => say,
        Error::Outside { say, cause } => {
            tracing::info!(%cause, "{}", say.plain());
            say
        }
        Error::Internal { doing, cause } => {
            tracing::warn!(%cause, "{doing}");
            format!("Something broke while {doing}.").into()
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[impl AsRef<str>]) -> String {
    match words {
        [] => String::new(),
        [one] => one.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}
