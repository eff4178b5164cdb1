//! The store on disk: audit records, outbox, event list, telemetry samples, in SQLite files that any auditor can open.
//!
//! Two files, because they may fail differently: `control.sqlite` (audit, outbox, asset epochs; every commit is
//! fsynced, never pruned) and `records.sqlite` (events and samples; bounded, may lose the last moments in a power
//! cut). Owns the schema and the hash that chains audit records; decides nothing about commands (that is
//! `governance`) and signs nothing.
//!
//! *Invariant:* what [`Store::control`] returned `Ok` for is on disk; what returned `Err` has left no trace.

mod codec;
mod control;
mod error;
mod events;
mod open;
mod samples;
mod store;

pub use control::{AuditRow, Control, NewAudit, OutboxRow, OutboxState, chain_hash};
pub use error::HistoryError;
pub use events::{Event, Severity};
pub use samples::Point;
pub use store::{Capacity, Store};
