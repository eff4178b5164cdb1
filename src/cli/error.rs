//! Errors of the command line with their stable exit codes.

use std::process::ExitCode;

/// Stable exit codes (README, "Exit codes").
pub mod code {
    /// Done.
    pub const OK: u8 = 0;
    /// Failed.
    pub const FAILED: u8 = 1;
    /// Wrong usage (clap's own).
    pub const USAGE: u8 = 2;
    /// The gate rejected the proposal.
    pub const GATE_REJECTED: u8 = 10;
    /// The policy denied it.
    pub const POLICY_DENIED: u8 = 11;
    /// No valid approval.
    pub const NOT_APPROVED: u8 = 12;
    /// An integrity check failed.
    pub const INTEGRITY: u8 = 13;
    /// The broker cannot be reached.
    pub const BROKER: u8 = 14;
    /// An input file is invalid.
    pub const INVALID_INPUT: u8 = 15;
    /// Input or output failed.
    pub const IO: u8 = 74;
}

/// What a subcommand ends with when it does not succeed.
#[derive(Debug)]
pub struct CliError {
    /// Exit code, see [`code`].
    pub code: u8,
    /// What happened and what to do, for people.
    pub message: String,
}

impl CliError {
    /// An error with a code.
    pub fn new(code: u8, message: impl std::fmt::Display) -> Self {
        Self { code, message: message.to_string() }
    }
    /// Exit code 1.
    pub fn failed(message: impl std::fmt::Display) -> Self {
        Self::new(code::FAILED, message)
    }
    /// Exit code 15.
    pub fn invalid(message: impl std::fmt::Display) -> Self {
        Self::new(code::INVALID_INPUT, message)
    }
    /// Exit code 74.
    pub fn io(message: impl std::fmt::Display) -> Self {
        Self::new(code::IO, message)
    }
    /// Prints the message on stderr and gives the exit code.
    pub fn report(&self) -> ExitCode {
        eprintln!("error: {}", self.message);
        ExitCode::from(self.code)
    }
}

impl std::fmt::Display for CliError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CliError {}
