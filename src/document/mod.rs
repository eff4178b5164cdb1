//! Documents: RON files read within limits, with every problem located, and written whole or not at all.
//!
//! Owns reading, limits, location and atomic writing; knows nothing of plants or scenarios. Invariant: a document
//! that is returned had no NaN, no infinity, no unknown field (the raw structs deny them), and stayed within its
//! [`Limits`]; nothing here panics on input.

mod error;
mod outline;
mod read;
mod write;

pub use error::{DocumentError, Issue, Issues};
pub use read::{Limits, Source, parse_ron, read_ron};
pub use write::write_atomic;
