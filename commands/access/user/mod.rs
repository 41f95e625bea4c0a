//! Users: who there is, and their making, changing and going.

mod create;
mod delete;
mod list;
mod show;
mod update;

pub use create::{Create, State as CreateState};
pub use delete::{Delete, State as DeleteState};
pub use list::List;
pub use show::Show;
pub use update::{State as UpdateState, Update};

pub(super) use delete::refuse_out_of_reach;

use super::model::User;
use crate::context::Resource;

/// A user as policy sees them. One change at a time runs on them.
pub(super) fn resource(user: &User) -> Resource {
    Resource { id: format!("user {}", user.id), ..Resource::named("user", &*user.name) }
}
