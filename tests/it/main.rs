//! Conversations with the real bot over the real wires: one binary for all of them.

mod approval;
mod audit;
mod basics;
mod change;
mod escaping;
mod forms;
mod freeze;
mod input;
mod lists;
mod policy;
mod upgrade;
