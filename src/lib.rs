//! How the bot is hosted: the map of the code, in reading order.

pub mod clock;
pub mod http;
pub mod metrics;
pub mod platform;
pub mod secret;
pub mod store;
