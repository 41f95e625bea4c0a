//! The outside world for tests and play: stand-ins that are servers and speak the real protocols.

pub mod page;
pub mod slack;
