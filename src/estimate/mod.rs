//! Telemetry → belief: contract checks with quality and quarantine, filters with variance, drift and confidence.
//!
//! Owns what the twin believes about the plant now; it predicts only to the present (forecasts are `forecast`).
//! Invariant: missing data means prediction only — variances grow, nothing is invented, `imputed` says so.
//!
//! Per tick: every received message through [`Intake::offer`], every accepted [`Sample`] into
//! `Estimator::update`, then `Estimator::predict_to` the plant clock's now, then `Estimator::belief`.

mod checks;
#[cfg(test)]
mod fixture;
mod intake;
mod quarantine;
mod sample;
mod scale;

pub use checks::{FROZEN_AFTER, Reading, SPIKE_SIGMAS, STAMP_TOLERANCE};
pub use intake::{Counters, Intake, Message, TagHealth, Verdict};
pub use quarantine::{Clause, Entry, Quarantine};
pub use sample::{BAD, GOOD, Quality, Reason, STALE, Sample, UNCERTAIN};
