//! Telemetry → belief: contract checks with quality and quarantine, filters with variance, drift and confidence.
//!
//! Owns what the twin believes about the plant now; it predicts only to the present (forecasts are `forecast`).
//! Invariant: missing data means prediction only — variances grow, nothing is invented, `imputed` says so.
//!
//! Per tick: every received message through [`Intake::offer`], every accepted [`Sample`] into
//! [`Estimator::update`], then [`Estimator::predict_to`] the plant clock's now, then [`Estimator::belief`].

mod asset;
mod belief;
mod checks;
mod estimator;
#[cfg(test)]
pub(crate) mod fixture;
mod flows;
mod intake;
mod kalman;
mod laws;
mod modes;
mod quarantine;
mod sample;
mod scale;

pub use belief::{AssetBelief, Belief, Estimate};
pub use checks::{FROZEN_AFTER, Reading, SPIKE_SIGMAS, STAMP_TOLERANCE};
pub use estimator::{Estimator, REORDER_WINDOW, WAITING_CAPACITY};
pub use intake::{Counters, Intake, Message, TagHealth, Verdict};
pub use modes::{hazard_per_s, repair_mean};
pub use quarantine::{Clause, Entry, Quarantine};
pub use sample::{BAD, GOOD, Quality, Reason, STALE, Sample, UNCERTAIN};
