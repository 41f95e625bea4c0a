//! Argument types that commands share.

mod since;
mod when;

pub use since::Since;
pub use when::When;
