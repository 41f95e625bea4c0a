//! Argument types that commands share.

mod when;

pub use when::When;
