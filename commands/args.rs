//! Argument types that commands share.

mod length;
mod since;
mod when;
mod who;

pub use length::Length;
pub use since::Since;
pub use when::When;
pub use who::Who;
