//! Argument types that commands share.

mod length;
mod since;
mod when;

pub use length::Length;
pub use since::Since;
pub use when::When;
