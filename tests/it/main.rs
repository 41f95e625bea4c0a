//! Conversations with the real bot over the real wires: one binary for all of them.
#![expect(clippy::unwrap_used, reason = "what can not go on stops the test it happens in")]

mod aws_trouble;
mod basics;
mod every_commit;
mod http;
mod promises;
mod restart;
mod slack_trouble;
mod upgrade;
