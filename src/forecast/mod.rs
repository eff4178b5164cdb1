//! Many futures on the same random numbers: what the disruption does, when, why, and which response helps.
//!
//! Owns paired ensembles and their statistics; knows neither files nor windows. An impact is a shortfall of
//! service against the *paired baseline run* (same start, same random numbers, no disruption): that pairing is
//! the counterfactual. The *recorded* cause of an impact is what the engine noted when it began; the two are
//! kept apart ([`Alternative::impacts`], [`Alternative::causes`]). Invariant: a forecast follows from request
//! and seed bit for bit, whatever the number of threads.

mod books;
mod cause;
mod ensemble;
mod frame;
mod kpi;
mod kpis;
mod part;
mod partial;
mod rare;
mod record;
mod reduce;
mod request;
mod result;
mod search;
mod sensitivity;
mod sequence;
mod standing;
mod start;
mod stats;
mod steps;

pub use books::{Books, Effectiveness, EnergyBook, books, effectiveness};
pub use ensemble::{BLOCK, replay_baseline, replay_run, run, run_range};
pub use part::{MergedParts, Next, PartEnd, PartHead, PartReader, line, merge};
pub use partial::{Partial, PartialAlternative, PartialImpact};
pub use rare::{RareAnswer, RareEvent, rare, support};
pub use record::RunRecord;
pub use request::{ForecastError, MAX_RESPONSES, MAX_RUNS, Precision, Progress, Request, ResponsePlan, Silent, Starts};
pub use result::{
    Alternative, AssetImpact, Baseline, CauseEdge, FailedRun, Forecast, Intervals, KpiFan, KpiSummary, Objective, PairedDifference, RootCause,
    SCHEMA_VERSION, Standing, Story,
};
pub use search::{Found, MAX_CANDIDATES, Round, grown, search};
pub use sensitivity::{Parameter, Sensitivity, SensitivityRow, sensitivity};
pub use sequence::{anytime_factor, anytime_mean, anytime_proportion};
pub use standing::tail;
pub use start::{LIVE_ASSUMPTIONS, starts_from_belief};
pub use stats::{Mean, Quantiles, mean, quantile, t_975, variance, wilson, wilson_of};
pub use steps::{Difference, Step, Window, compare};
