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

use crate::aws::everywhere::line;
use crate::context::check;
use crate::message::listed;
