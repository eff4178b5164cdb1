//! Live tests: everything over real sockets, against the embedded broker and against Mosquitto where it is installed.
//!
//! Waits end on a condition with a generous limit, never on a bare sleep.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at anything unexpected")]

mod commands;
mod emulator;
mod faults;
mod recorded;
mod support;
mod telemetry;
