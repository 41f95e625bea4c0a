//! The outside world for tests and play: Slack, AWS, what says that something is wrong, and who is told by hooks, over their
//! real protocols.

pub mod alertmanager;
pub mod aws;
pub mod discord;
pub mod page;
pub mod receiver;
pub mod slack;
pub mod sns;
pub mod world;
