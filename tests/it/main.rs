//! Conversations with the real bot over the real wires: one binary for all of them.

mod approval;
mod basics;
mod change;
mod freeze;
mod input;
mod upgrade;
