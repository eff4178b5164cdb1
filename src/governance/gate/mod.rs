//! The gate: the twin's verdict on a proposal, deterministic, with every check's number, limit and margin.
//!
//! `judge` is arithmetic over [`Facts`]; `evaluate` gathers the facts by simulating the proposal against doing nothing
//! from the current belief. *Invariant:* anything missing, non-finite or fewer than asked is a failed check.

mod envelope;
mod evaluate;
mod judge;

pub use envelope::envelope;
pub use evaluate::{GateInput, evaluate, facts_of};
pub use judge::{Check, Facts, GateVerdict, Validation, judge};
