//! Fidelity: how well the twin has lately predicted the plant, measured on its own earlier predictions.
//!
//! Owns predictions, their scores and the verdict ([`Evidence`]) that the gate asks for; it corrects nothing
//! (that is learning) and filters nothing (`estimate`). Invariant: a prediction is scored once, against the first accepted
//! sample at or after its due time, and never revised.
//!
//! Per tick: every accepted sample into [`Scores::observe`], then [`Scores::tick`] with the belief of this tick.

mod predict;
mod score;
mod scores;

pub use predict::{Expected, PredictOptions, Prediction, predict, tolerance};
pub use score::{
    BRIER_LIMIT, COVERAGE_LIMIT, CRPS_LIMIT, Evidence, MIN_COUNT, Scored, Summary, WINDOW, Window, brier, crps_normal, log_score_normal, normal_cdf,
};
pub use scores::{Counts, FidelityOptions, FidelityReport, PENDING_CAPACITY, Scores};
