//! Conversations with the real bot over the real wires: one binary for all of them.

mod basics;
mod every_commit;
mod generated;
mod process;
mod program;
mod restart;
mod upgrade;
