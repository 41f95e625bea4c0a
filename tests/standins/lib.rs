//! The outside world for tests and play: AWS over its real protocols.

pub mod aws;
