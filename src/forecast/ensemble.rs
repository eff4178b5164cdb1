//! Runs the futures over threads and reduces them in run order.
//!
//! Owns the thread pool, blocks, progress and cancellation. Invariant: the forecast is bit-identical for any
//! number of threads, and a replayed run is the run that was counted.

use super::kpi::KPIS;
use super::record::{Plan, Record};
use super::reduce::Reduction;
use super::request::{ForecastError, Progress, Request};
use super::result::{Forecast, SCHEMA_VERSION};
use crate::sim::RunOutcome;
use crate::time::{Span, Time};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Futures between two reductions: bounds the records in flight.
const BLOCK: u32 = 256;
/// Most grid points.
const MAX_POINTS: i64 = 97;
/// Bound on the memory of the fans, values of 4 bytes.
const MAX_FAN_VALUES: usize = 24_000_000;
/// Steps of the grid that people can read [min].
const NICE_MIN: [i64; 14] = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1440];

/// Runs the ensemble.
///
/// # Errors
/// [`ForecastError`]: an impossible request, a failed simulation, or cancelled by `progress`.
pub fn run(request: &Request, progress: &dyn Progress) -> Result<Forecast, ForecastError> {
    request.check()?;
    let plan = Plan::of(request);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(request.threads.max(1))
        .thread_name(|i| format!("forecast-{i}"))
        .build()
        .map_err(|e| ForecastError::Threads(e.to_string()))?;
    let (baseline, alternatives) = pool.install(|| plan.reduce(progress))?;
    let plant = request.model.plant();
    let mut forecast = Forecast {
        schema_version: SCHEMA_VERSION,
        plant: plant.id.clone(),
        plant_hash: plant.hash,
        assets: plant.assets.iter().map(|a| a.id.clone()).collect(),
        currency: plant.money.currency.clone(),
        runs: request.runs,
        seed: request.seed,
        horizon: request.horizon,
        start: request.start(0).time() + request.warmup,
        first_disruption: request.first_disruption(),
        grid: (0..plan.points as i64).map(|k| Time(k * plan.every.0)).collect(),
        fan_runs: plan.fan_runs.min(request.runs),
        baseline,
        alternatives,
        hash: [0; 32],
    };
    forecast.hash = forecast.content_hash();
    Ok(forecast)
}

/// Simulates one future of one alternative again, with its full trace: `alternative` 0 is doing nothing.
///
/// # Errors
/// [`ForecastError`] when there is no such alternative, or the simulation fails.
pub fn replay_run(request: &Request, alternative: usize, run: u64) -> Result<RunOutcome, ForecastError> {
    request.check()?;
    if alternative >= request.alternatives() {
        return Err(ForecastError::Alternative(alternative));
    }
    let plan = Plan::of(request);
    plan.simulate(run, &plan.warm(run)?, Some(alternative), true)
}

/// Simulates the paired baseline of one future again, with its full trace.
///
/// # Errors
/// [`ForecastError`] when the simulation fails.
pub fn replay_baseline(request: &Request, run: u64) -> Result<RunOutcome, ForecastError> {
    request.check()?;
    let plan = Plan::of(request);
    plan.simulate(run, &plan.warm(run)?, None, true)
}

impl<'r> Plan<'r> {
    fn of(request: &'r Request) -> Self {
        let plant = request.model.plant();
        let sold: Vec<_> = plant.asset_ids().filter(|a| plant.asset(*a).process.as_ref().is_some_and(|p| p.earns_per_unit > 0.0)).collect();
        let every = grid_step(request.horizon);
        let points = 1 + (request.horizon.0 / every.0) as usize;
        let values_per_run = points * KPIS.len() * (1 + request.alternatives());
        let fan_runs = (MAX_FAN_VALUES / values_per_run.max(1)).max(100) as u32;
        let outputs = if sold.is_empty() { plant.asset_ids().collect() } else { sold };
        Self { request, every, points, fan_runs, outputs }
    }

    fn reduce(&self, progress: &dyn Progress) -> Result<(super::Baseline, Vec<super::Alternative>), ForecastError> {
        let (done, cancelled) = (AtomicU32::new(0), AtomicBool::new(false));
        let total = self.request.runs;
        let one = |run: u32| -> Result<Record, ForecastError> {
            if cancelled.load(Ordering::Relaxed) {
                return Err(ForecastError::Cancelled);
            }
            let record = self.record(u64::from(run))?;
            if progress.advance(done.fetch_add(1, Ordering::Relaxed) + 1, total).is_break() {
                cancelled.store(true, Ordering::Relaxed);
            }
            Ok(record)
        };
        let mut reduction = Reduction::new(self);
        let mut from = 0;
        while from < total {
            let to = from.saturating_add(BLOCK).min(total);
            let block: Vec<Result<Record, ForecastError>> = (from..to).into_par_iter().map(one).collect();
            if cancelled.load(Ordering::Relaxed) {
                return Err(ForecastError::Cancelled);
            }
            for record in block {
                reduction.add(self, record?);
            }
            from = to;
        }
        Ok(reduction.finish(self))
    }
}

/// A readable step that gives at most [`MAX_POINTS`] points and divides the horizon where one does.
fn grid_step(horizon: Span) -> Span {
    let minute = 60_000_000;
    let fits = |us: &i64| horizon.0 / us < MAX_POINTS;
    let nice: Vec<i64> = NICE_MIN.iter().map(|m| m * minute).filter(|us| horizon.0 >= 8 * us).collect();
    let whole = nice.iter().copied().find(|us| fits(us) && horizon.0 % us == 0);
    Span(whole.unwrap_or_else(|| (horizon.0 / (MAX_POINTS - 1)).max(1) + i64::from(horizon.0 % (MAX_POINTS - 1) != 0)))
}

impl Forecast {
    /// SHA-256 over the JSON of everything but the hash itself.
    pub fn content_hash(&self) -> [u8; 32] {
        let blank = Forecast { hash: [0; 32], ..self.clone() };
        // Plain data always serialises; were it not to, the hash would be that of nothing, which no forecast has.
        let json = serde_json::to_vec(&blank).unwrap_or_default();
        Sha256::digest(&json).into()
    }
}
