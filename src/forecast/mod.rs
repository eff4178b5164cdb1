//! Many futures on the same random numbers: what the disruption does, when, why, and which response helps.
//!
//! Owns paired ensembles and their statistics; knows neither files nor windows. An impact is a shortfall of
//! service against the *paired baseline run* (same start, same random numbers, no disruption): that pairing is
//! the counterfactual. The *recorded* cause of an impact is what the engine noted when it began; the two are
//! kept apart ([`Alternative::impacts`], [`Alternative::causes`]). Invariant: a forecast follows from request
//! and seed bit for bit, whatever the number of threads.

mod cause;
mod ensemble;
mod kpi;
mod record;
mod reduce;
mod request;
mod result;
mod start;
mod stats;
mod steps;

pub use ensemble::{replay_baseline, replay_run, run};
pub use request::{ForecastError, MAX_RESPONSES, MAX_RUNS, Progress, Request, ResponsePlan, Silent, Starts};
pub use result::{Alternative, AssetImpact, Baseline, CauseEdge, Forecast, KpiFan, KpiSummary, PairedDifference, RootCause, SCHEMA_VERSION};
pub use start::{LIVE_ASSUMPTIONS, starts_from_belief};
pub use stats::{Mean, Quantiles, mean, quantile, t_975, variance, wilson};
pub use steps::{Difference, Step, Window, compare};
