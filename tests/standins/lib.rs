//! The outside world for tests and play: Slack, AWS and Alertmanager over their real protocols, and who is told by hooks.

pub mod alertmanager;
pub mod aws;
pub mod page;
pub mod receiver;
pub mod slack;
pub mod world;
