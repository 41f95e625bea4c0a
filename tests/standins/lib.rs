//! The outside world for tests and play: Slack, AWS and what says that something is wrong, over their real protocols.

pub mod aws;
pub mod page;
pub mod slack;
pub mod sns;
pub mod world;
