//! How the bot is hosted: the map of the code, in reading order.

// pub mod bot;
pub mod answer;
pub mod approval;
pub mod audit;
pub mod card;
pub mod case;
pub mod change;
pub mod config;
pub mod dispatch;
pub mod effects;
pub mod engine;
pub mod host;
pub mod identity;
pub mod looking;
pub mod outbox;
pub mod platform;
pub mod policy;
pub mod recognition;
pub mod records;
pub mod rules;
pub mod secret;
pub mod store;
pub mod waiting;
// pub mod http;
pub mod activity;
pub mod clock;
pub mod metrics;
