//! KPI figures of all futures of one alternative, and their statistics.
//!
//! Owns totals, fans and paired differences. Invariant: futures are added in run order; every sum runs in that order.

use super::frame::Frame;
use super::kpi::{self, COUNT, GOOD, KPIS, THROUGHPUT};
use super::record::Figures;
use super::result::{Intervals, KpiFan, KpiSummary, PairedDifference};
use super::sequence::anytime_mean;
use super::stats::{Mean, mean, quantile};
use rayon::prelude::*;

/// KPI figures of all futures.
#[derive(Default)]
pub(super) struct Kpis {
    pub totals: Vec<[f64; COUNT]>,
    grids: Vec<Vec<f32>>,
}

/// A mean with the interval that is promised.
pub(super) fn mean_with(sample: &[f64], intervals: Intervals) -> Mean {
    match intervals {
        Intervals::Fixed => mean(sample),
        Intervals::Anytime => anytime_mean(sample),
    }
}

/// Output rate in the step before grid point `k` [unit/h], from a row-by-row grid.
fn throughput(frame: &Frame, grid: &[f32], k: usize) -> f32 {
    let good = |k: usize| grid.get(k * KPIS.len() + GOOD).copied().unwrap_or(0.0);
    if k == 0 { (good(1) - good(0)) / frame.every.h() as f32 } else { (good(k) - good(k - 1)) / frame.every.h() as f32 }
}

impl Kpis {
    /// Adds the next future.
    pub fn add(&mut self, figures: Figures) {
        self.totals.push(figures.totals);
        if !figures.grid.is_empty() {
            self.grids.push(figures.grid);
        }
    }

    /// Futures whose grid was kept.
    pub fn fan_runs(&self) -> u32 {
        self.grids.len() as u32
    }

    /// One KPI of every future.
    pub fn column(&self, index: usize) -> Vec<f64> {
        self.totals.iter().map(|t| t[index]).collect()
    }

    /// At the horizon, per KPI.
    pub fn summaries(&self, frame: &Frame, intervals: Intervals) -> Vec<KpiSummary> {
        let summary = |index: usize| {
            let column = self.column(index);
            let mean = mean_with(&column, intervals);
            let mut sorted = column;
            sorted.sort_by(f64::total_cmp);
            let q = |p| quantile(&sorted, p).unwrap_or(0.0);
            let facts = &frame.kpis[index];
            KpiSummary {
                kpi: facts.id.clone(),
                name: facts.name.clone(),
                unit: facts.unit.clone(),
                higher_is_better: facts.higher_is_better,
                mean,
                q05: q(0.05),
                q50: q(0.5),
                q95: q(0.95),
            }
        };
        (0..frame.kpis.len()).map(summary).collect()
    }

    /// Run-by-run differences to a reference, per KPI.
    pub fn differences(&self, frame: &Frame, reference: &[[f64; COUNT]], intervals: Intervals) -> Vec<PairedDifference> {
        let difference = |index: usize| {
            let facts = &frame.kpis[index];
            let paired = self.paired(index, reference);
            // Rounding noise of sums is neither better nor worse.
            let scale = noise(reference, index);
            let n = paired.len().max(1) as f64;
            let (up, down) = (paired.iter().filter(|d| **d > scale).count() as f64 / n, paired.iter().filter(|d| **d < -scale).count() as f64 / n);
            let (better, worse) = if facts.higher_is_better { (up, down) } else { (down, up) };
            PairedDifference {
                kpi: facts.id.clone(),
                unit: facts.unit.clone(),
                mean: mean_with(&paired, intervals),
                probability_better: better,
                probability_worse: worse,
            }
        };
        (0..frame.kpis.len()).map(difference).collect()
    }

    /// Differences of one KPI to a reference with the same futures.
    pub fn paired(&self, index: usize, reference: &[[f64; COUNT]]) -> Vec<f64> {
        self.totals.iter().zip(reference).map(|(a, b)| a[index] - b[index]).collect()
    }

    /// Positions of the future with the median profit and of the worst 5 %, worst first; ties by run number.
    pub fn notable(&self) -> (usize, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.totals.len()).collect();
        order.sort_by(|a, b| self.totals[*a][kpi::PROFIT].total_cmp(&self.totals[*b][kpi::PROFIT]).then(a.cmp(b)));
        let median = order.get(order.len().saturating_sub(1) / 2).copied().unwrap_or(0);
        order.truncate(order.len().div_ceil(20).min(100));
        (median, order)
    }

    /// Quantiles per grid point; each point is sorted on its own, in parallel, in a fixed order.
    pub fn fans(&self, frame: &Frame) -> Vec<KpiFan> {
        let rate = KPIS.len();
        let columns: Vec<(usize, usize)> = (0..=rate).flat_map(|i| (0..frame.points).map(move |k| (i, k))).collect();
        let value = |grid: &[f32], i: usize, k: usize| {
            if i == rate { throughput(frame, grid, k) } else { grid.get(k * KPIS.len() + i).copied().unwrap_or(0.0) }
        };
        let quantile_rows: Vec<[f64; 5]> = columns
            .par_iter()
            .map(|&(i, k)| {
                let mut sample: Vec<f64> = self.grids.iter().map(|g| f64::from(value(g, i, k))).collect();
                sample.sort_unstable_by(f64::total_cmp);
                [0.05, 0.25, 0.5, 0.75, 0.95].map(|p| quantile(&sample, p).unwrap_or(0.0))
            })
            .collect();
        let fan = |i: usize| {
            let rows = &quantile_rows[i * frame.points..(i + 1) * frame.points];
            let q = |n: usize| rows.iter().map(|r| r[n]).collect();
            let (id, unit) = if i == rate { (THROUGHPUT.0, &frame.throughput_unit) } else { (KPIS[i].id, &frame.kpis[i].unit) };
            KpiFan { kpi: id.into(), unit: unit.clone(), q05: q(0), q25: q(1), q50: q(2), q75: q(3), q95: q(4) }
        };
        (0..=rate).map(fan).collect()
    }
}

/// Differences below this are rounding of sums.
pub(super) fn noise(reference: &[[f64; COUNT]], index: usize) -> f64 {
    reference.iter().map(|r| r[index].abs()).fold(1.0, f64::max) * 1e-9
}
