//! The outside world for tests and play: Slack and AWS over their real protocols.

pub mod alertmanager;
pub mod aws;
pub mod page;
pub mod slack;
pub mod world;
