//! Conversations with the real bot over the real wires: one binary for all of them.
#![expect(clippy::unwrap_used, reason = "what can not go on stops the test it happens in")]

mod approval;
mod audit;
mod aws_trouble;
mod basics;
mod break_glass;
mod change;
mod directory;
mod directory_commands;
mod ecs;
mod escaping;
mod every_commit;
mod following;
mod forms;
mod freeze;
mod gate;
mod generated;
mod grant;
mod http;
mod input;
mod kept;
mod large;
mod lists;
mod onboarding;
mod policy;
mod process;
mod program;
mod promises;
mod restart;
mod review;
mod running;
mod slack_trouble;
mod sources;
mod upgrade;
mod who_has_what;
