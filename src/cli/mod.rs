//! The command line: parses, calls the layers, prints, maps errors to stable exit codes. No domain logic.

pub mod audit;
pub mod edge;
mod error;

pub mod whatif;
mod whatif_tables;

pub use error::{CliError, code};
