//! How the bot is hosted: the map of the code, in reading order.

pub mod audit;
pub mod clock;
pub mod config;
pub mod identity;
pub mod platform;
pub mod policy;
pub mod secret;
pub mod store;
