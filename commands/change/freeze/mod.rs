//! Freezes: times in which no change of a project starts.

use crate::context::Resource;

pub mod list;
pub mod start;
pub mod stop;

/// The resource a freeze acts on: its project, or everything.
fn resource(project: Option<&String>) -> Resource {
    Resource { project: project.cloned(), ..Resource::named("freeze", project.map_or("all", String::as_str)) }
}
