//! Live tests: everything over real sockets, against the embedded broker and against Mosquitto where it is installed.
//!
//! Waits end on a condition with a generous limit, never on a bare sleep.

mod commands;
mod faults;
mod support;
mod telemetry;
