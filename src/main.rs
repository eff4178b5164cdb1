//! The door: one guard that turns what is left of panics into a line and an exit code, then the command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    plantcast::cli::main()
}
