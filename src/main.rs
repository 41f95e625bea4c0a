//! The command line: what an operator types, as [`cli`] reads it.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    cli::run()
}
