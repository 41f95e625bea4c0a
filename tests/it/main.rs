//! Conversations with the real bot over the real wires: one binary for all of them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

mod approval;
mod audit;
mod aws_trouble;
mod basics;
mod change;
mod escaping;
mod every_commit;
mod forms;
mod freeze;
mod generated;
mod http;
mod input;
mod lists;
mod policy;
mod process;
mod program;
mod promises;
mod restart;
mod slack_trouble;
mod upgrade;
