//! The audit trail: append-only records chained by SHA-256 in SQLite, signed checkpoints in a file beside it.
//!
//! A chain alone does not show a cut tail or a rewritten whole; the checkpoints do, as long as their file and their
//! public key are kept where the database's writer cannot change them. *Invariant:* [`verify`] names the first bad
//! sequence number of any change before the newest checkpoint.

mod checkpoint;
mod verify;

pub use checkpoint::{AuditKey, AuditLog, Checkpoint, CheckpointError};
pub use verify::{Fault, Report, VerifyError, verify, verify_rows};

/// Name of the checkpoint file in a data folder.
pub const CHECKPOINTS: &str = "checkpoints.jsonl";
/// Name of the public key file in a data folder.
pub const PUBLIC_KEY: &str = "audit.pub";
/// Records per checkpoint.
pub const EVERY: u64 = 16;
