//! Conversations with the real bot over the real wires: one binary for all of them.

mod approval;
mod audit;
mod aws_trouble;
mod basics;
mod change;
mod escaping;
mod every_commit;
mod forms;
mod freeze;
mod http;
mod input;
mod lists;
mod policy;
mod promises;
mod restart;
mod slack_trouble;
mod upgrade;
