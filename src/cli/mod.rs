//! The command line: parses, calls the layers, prints, maps errors to stable exit codes. No domain logic.

pub mod edge;
mod error;

pub use error::{CliError, code};
