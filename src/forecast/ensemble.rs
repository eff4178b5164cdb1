//! Runs the futures over threads and reduces them in run order.
//!
//! Owns the thread pool, blocks, progress, stopping and cancellation. Invariant: the forecast is bit-identical for any
//! number of threads, and a replayed run is the run that was counted.

use super::frame::Frame;
use super::partial::Partial;
use super::record::{Plan, RunRecord};
use super::reduce::Reduction;
use super::request::{ForecastError, Progress, Request};
use super::result::{Forecast, Intervals};
use crate::sim::RunOutcome;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Futures between two reductions: bounds the records in flight; an ensemble stops at multiples of it only.
pub const BLOCK: u32 = 256;

/// Runs the ensemble.
///
/// # Errors
/// [`ForecastError`]: an impossible request, too many failed simulations, or cancelled by `progress`.
pub fn run(request: &Request, progress: &dyn Progress) -> Result<Forecast, ForecastError> {
    request.check()?;
    let plan = Plan::of(request);
    let mut reduction = Reduction::new(plan.frame.clone());
    // Asking for a precision means looking at every block, whether or not it is reached.
    let intervals = if request.precision.is_some() { Intervals::Anytime } else { Intervals::Fixed };
    let watched = Watch::new(progress, request.runs);
    pool(request.threads)?.install(|| {
        let mut from = 0;
        while from < request.runs {
            let to = from.saturating_add(BLOCK).min(request.runs);
            plan.block(from..to, &watched)?.into_iter().for_each(|r| reduction.add(r));
            from = to;
            let partial = Partial::of(&reduction, request.runs);
            if progress.partial(&partial).is_break() {
                return Err(ForecastError::Cancelled);
            }
            if request.precision.is_some_and(|p| partial.precise(&p)) {
                break;
            }
        }
        reduction.finish(intervals)
    })
}

/// The futures of one range for a part of an ensemble that is merged later, block by block in run order; parts never
/// stop early.
///
/// # Errors
/// As [`run`], and what `keep` returns.
pub fn run_range(
    request: &Request,
    range: Range<u32>,
    progress: &dyn Progress,
    keep: &mut dyn FnMut(&[RunRecord]) -> Result<(), ForecastError>,
) -> Result<(), ForecastError> {
    request.check()?;
    let plan = Plan::of(request);
    let watched = Watch::new(progress, range.end.saturating_sub(range.start));
    let pool = pool(request.threads)?;
    let mut from = range.start;
    while from < range.end {
        let to = from.saturating_add(BLOCK).min(range.end);
        let block = pool.install(|| plan.block(from..to, &watched))?;
        keep(&block)?;
        from = to;
    }
    Ok(())
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

/// A pool of named workers.
pub(super) fn pool(threads: usize) -> Result<rayon::ThreadPool, ForecastError> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.max(1))
        .thread_name(|i| format!("forecast-{i}"))
        .build()
        .map_err(|e| ForecastError::Threads(e.to_string()))
}

/// Progress over blocks.
struct Watch<'p> {
    progress: &'p dyn Progress,
    done: AtomicU32,
    cancelled: AtomicBool,
    total: u32,
}

impl<'p> Watch<'p> {
    fn new(progress: &'p dyn Progress, total: u32) -> Self {
        Self { progress, done: AtomicU32::new(0), cancelled: AtomicBool::new(false), total }
    }
    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
    fn one_more(&self) {
        if self.progress.advance(self.done.fetch_add(1, Ordering::Relaxed) + 1, self.total).is_break() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }
}

impl Plan<'_> {
    /// The records of some futures, in run order; runs on the current pool.
    fn block(&self, runs: Range<u32>, watch: &Watch<'_>) -> Result<Vec<RunRecord>, ForecastError> {
        let one = |run: u32| {
            if watch.cancelled() {
                return Err(ForecastError::Cancelled);
            }
            let record = self.run_record(u64::from(run));
            watch.one_more();
            Ok(record)
        };
        let block: Vec<Result<RunRecord, ForecastError>> = runs.into_par_iter().map(one).collect();
        if watch.cancelled() {
            return Err(ForecastError::Cancelled);
        }
        block.into_iter().collect()
    }
}

/// The forecast of futures that were simulated elsewhere, given in run order.
pub(super) struct Merge {
    reduction: Reduction,
}

impl Merge {
    pub fn new(frame: Frame) -> Self {
        Self { reduction: Reduction::new(frame) }
    }
    pub fn add(&mut self, record: RunRecord) {
        self.reduction.add(record);
    }
    pub fn finish(self) -> Result<Forecast, ForecastError> {
        self.reduction.finish(Intervals::Fixed)
    }
}
