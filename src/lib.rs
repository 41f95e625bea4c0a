//! How the bot is hosted: the map of the code, in reading order.

pub mod audit;
pub mod clock;
pub mod platform;
pub mod store;
