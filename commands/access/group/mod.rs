//! Groups: which there are, who is in them, and their making and going.

mod add;
mod create;
mod delete;
mod list;
mod members;
mod remove;
mod show;

pub use add::Add;
pub use create::{Create, State as CreateState};
pub use delete::{Delete, State as DeleteState};
pub use list::List;
pub use members::State as MembersState;
pub use remove::Remove;
pub use show::Show;

use super::model::Group;
use crate::context::Resource;

/// A group as policy sees it. One change at a time runs on it.
pub(super) fn resource(group: &Group) -> Resource {
    Resource { id: format!("group {}", group.id), ..Resource::named("group", &*group.name) }
}
