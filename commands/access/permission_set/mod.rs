//! Permission sets: which there are, and what is in them.

mod list;
mod show;

pub use list::List;
pub use show::Show;
