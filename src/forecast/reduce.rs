//! Records, in run order, become the forecast.
//!
//! Owns the accumulation and the final statistics. Invariant: records are added in run order, so the result
//! is the same for any number of threads; memory grows with runs by a few hundred bytes each.

use super::cause::{How, how_words};
use super::kpi::{self, COUNT, KPIS, THROUGHPUT, kpi, throughput_unit, unit};
use super::record::{AltRecord, Figures, Plan, Record};
use super::result::{Alternative, AssetImpact, Baseline, CauseEdge, KpiFan, KpiSummary, PairedDifference, RootCause};
use super::stats::{Quantiles, mean, quantile, t_975, wilson};
use crate::plant::AssetId;
use crate::time::{Span, Time};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Everything added so far.
pub(super) struct Reduction {
    baseline: Kpis,
    alternatives: Vec<Accumulated>,
}

/// KPI figures of all runs.
#[derive(Default)]
struct Kpis {
    totals: Vec<[f64; COUNT]>,
    grids: Vec<Vec<f32>>,
}

/// One alternative so far.
struct Accumulated {
    kpis: Kpis,
    assets: Vec<PerAsset>,
    edges: BTreeMap<(AssetId, AssetId), Edge>,
    roots: BTreeMap<(AssetId, String), u32>,
    recovered: u32,
}

#[derive(Clone, Default)]
struct PerAsset {
    onsets_h: Vec<f32>,
    gains: u32,
    net_losses: u32,
    by_time: Vec<u32>,
    at_time: Vec<i32>,
    shortfall: f64,
    shortfall2: f64,
}

/// `via` and `how` are those of the first future with the edge.
struct Edge {
    count: u32,
    lags_h: Vec<f32>,
    via: Option<AssetId>,
    how: How,
}

impl Kpis {
    fn add(&mut self, figures: Figures) {
        self.totals.push(figures.totals);
        if !figures.grid.is_empty() {
            self.grids.push(figures.grid);
        }
    }
}

impl Reduction {
    pub fn new(plan: &Plan<'_>) -> Self {
        let assets = plan.request.model.plant().assets.len();
        let empty = PerAsset { by_time: vec![0; plan.points + 1], at_time: vec![0; plan.points + 1], ..PerAsset::default() };
        let alternative = || Accumulated {
            kpis: Kpis::default(),
            assets: vec![empty.clone(); assets],
            edges: BTreeMap::new(),
            roots: BTreeMap::new(),
            recovered: 0,
        };
        Self { baseline: Kpis::default(), alternatives: (0..plan.request.alternatives()).map(|_| alternative()).collect() }
    }

    /// Adds the next run.
    pub fn add(&mut self, plan: &Plan<'_>, record: Record) {
        self.baseline.add(record.baseline);
        for (slot, r) in self.alternatives.iter_mut().zip(record.alternatives) {
            slot.add(plan, r);
        }
    }

    /// The statistics, baseline first.
    pub fn finish(self, plan: &Plan<'_>) -> (Baseline, Vec<Alternative>) {
        let baseline = Baseline { fans: self.baseline.fans(plan), totals: self.baseline.summaries(plan) };
        let nothing: Vec<[f64; COUNT]> = self.alternatives.first().map(|a| a.kpis.totals.clone()).unwrap_or_default();
        let alternatives = self.alternatives.into_iter().enumerate().map(|(i, a)| a.finish(plan, i, &self.baseline.totals, &nothing)).collect();
        (baseline, alternatives)
    }
}

impl Accumulated {
    fn add(&mut self, plan: &Plan<'_>, r: AltRecord) {
        for (asset, intervals) in r.impacts {
            let slot = &mut self.assets[asset.index()];
            let onset = intervals.first().map_or(Time(0), |i| i.0);
            slot.onsets_h.push(((onset - Time(0)).h() - plan.request.first_disruption().h()) as f32);
            slot.by_time[plan.point_at_or_after(onset)] += 1;
            for (from, to) in intervals {
                slot.at_time[plan.point_at_or_after(from)] += 1;
                slot.at_time[plan.point_at_or_after(to)] -= 1;
            }
        }
        r.net_losers.into_iter().for_each(|a| self.assets[a.index()].net_losses += 1);
        r.gains.into_iter().for_each(|a| self.assets[a.index()].gains += 1);
        for (asset, hours) in r.shortfalls {
            let slot = &mut self.assets[asset.index()];
            slot.shortfall += hours;
            slot.shortfall2 += hours * hours;
        }
        for e in r.edges {
            let edge = self.edges.entry((e.from, e.to)).or_insert_with(|| Edge { count: 0, lags_h: Vec::new(), via: e.via, how: e.how });
            edge.count += 1;
            edge.lags_h.extend(e.lag.map(|l| l.h() as f32));
        }
        r.roots.into_iter().for_each(|key| *self.roots.entry(key).or_default() += 1);
        self.recovered += u32::from(r.recovered);
        self.kpis.add(r.figures);
    }

    fn finish(self, plan: &Plan<'_>, index: usize, base: &[[f64; COUNT]], nothing: &[[f64; COUNT]]) -> Alternative {
        let runs = plan.request.runs;
        let share = |count: u32| f64::from(count) / f64::from(runs);
        let plan_of = index.checked_sub(1).and_then(|i| plan.request.responses.get(i));
        let (median_run, worst_runs) = self.kpis.notable();
        let mut impacts: Vec<AssetImpact> =
            (0u32..).map(AssetId).zip(self.assets).filter_map(|(asset, a)| a.finish(asset, runs, plan.points)).collect();
        impacts
            .sort_by(|a, b| b.count.cmp(&a.count).then(median(&a.time_to_impact).total_cmp(&median(&b.time_to_impact))).then(a.asset.cmp(&b.asset)));
        let impacted = |asset: AssetId| impacts.iter().find(|i| i.asset == asset).map_or(0, |i| i.count);
        let edge = |((from, to), e): ((AssetId, AssetId), Edge)| CauseEdge {
            from,
            to,
            via: e.via,
            how: how_words(plan.request.model.plant(), to, e.how),
            probability: share(e.count),
            given_from: (!e.lags_h.is_empty()).then(|| e.lags_h.len() as f64 / f64::from(impacted(from).max(1))),
            count: e.count,
            lag: quantiles(&e.lags_h),
        };
        let mut causes: Vec<CauseEdge> = self.edges.into_iter().map(edge).collect();
        let begins = |e: &CauseEdge| impacts.iter().find(|i| i.asset == e.to).map_or(f64::INFINITY, |i| median(&i.time_to_impact));
        causes.sort_by(|a, b| b.count.cmp(&a.count).then(begins(a).total_cmp(&begins(b))).then((a.from, a.to).cmp(&(b.from, b.to))));
        let mut roots: Vec<RootCause> =
            self.roots.into_iter().map(|((asset, kind), count)| RootCause { asset, kind, count, probability: share(count) }).collect();
        roots.sort_by(|a, b| b.count.cmp(&a.count).then(a.asset.cmp(&b.asset)));
        Alternative {
            id: plan_of.map_or_else(|| "nothing".into(), |r| r.id.clone()),
            name: plan_of.map_or_else(|| "Do nothing".into(), |r| r.name.clone()),
            impacts,
            causes,
            roots,
            fans: self.kpis.fans(plan),
            totals: self.kpis.summaries(plan),
            versus_baseline: self.kpis.differences(plan, base),
            versus_nothing: plan_of.map(|_| self.kpis.differences(plan, nothing)),
            recovered: self.recovered,
            median_run,
            worst_runs,
        }
    }
}

/// Median onset; never is last.
fn median(onset: &Option<Quantiles>) -> f64 {
    onset.map_or(f64::INFINITY, |q| q.q50)
}

fn quantiles(hours: &[f32]) -> Option<Quantiles> {
    let mut sample: Vec<f64> = hours.iter().map(|h| f64::from(*h)).collect();
    Quantiles::of(&mut sample)
}

impl PerAsset {
    fn finish(self, asset: AssetId, runs: u32, points: usize) -> Option<AssetImpact> {
        let count = self.onsets_h.len() as u32;
        if count == 0 && self.gains == 0 && self.net_losses == 0 {
            return None;
        }
        let n = f64::from(runs);
        let (low, high) = wilson(count, runs);
        let (mut by, mut at) = (0u32, 0i32);
        let by_time = self.by_time[..points].iter().map(|c| {
            by += c;
            (f64::from(by) / n) as f32
        });
        let by_time = by_time.collect();
        let at_time = self.at_time[..points].iter().map(|c| {
            at += c;
            (f64::from(at) / n) as f32
        });
        let at_time = at_time.collect();
        let mean_shortfall_h = self.shortfall / n;
        let variance = if runs < 2 { 0.0 } else { (self.shortfall2 - n * mean_shortfall_h * mean_shortfall_h).max(0.0) / (n - 1.0) };
        let half = if runs < 2 { 0.0 } else { t_975(runs - 1) * libm::sqrt(variance / n) };
        Some(AssetImpact {
            asset,
            count,
            probability: f64::from(count) / n,
            low,
            high,
            by_time,
            at_time,
            time_to_impact: quantiles(&self.onsets_h),
            gain_probability: f64::from(self.gains) / n,
            net_loss_probability: f64::from(self.net_losses) / n,
            mean_shortfall_h,
            shortfall_low_h: (mean_shortfall_h - half).max(0.0),
            shortfall_high_h: mean_shortfall_h + half,
        })
    }
}

impl Kpis {
    fn column(&self, index: usize) -> Vec<f64> {
        self.totals.iter().map(|t| t[index]).collect()
    }

    fn summaries(&self, plan: &Plan<'_>) -> Vec<KpiSummary> {
        let plant = plan.request.model.plant();
        let summary = |index: usize| {
            let kpi = kpi(index);
            let column = self.column(index);
            let mean = mean(&column);
            let mut sorted = column;
            sorted.sort_by(f64::total_cmp);
            let q = |p| quantile(&sorted, p).unwrap_or(0.0);
            KpiSummary {
                kpi: kpi.id.into(),
                name: kpi.name.into(),
                unit: unit(kpi, plant),
                higher_is_better: kpi.higher_is_better,
                mean,
                q05: q(0.05),
                q50: q(0.5),
                q95: q(0.95),
            }
        };
        (0..COUNT).map(summary).collect()
    }

    fn differences(&self, plan: &Plan<'_>, reference: &[[f64; COUNT]]) -> Vec<PairedDifference> {
        let plant = plan.request.model.plant();
        let difference = |index: usize| {
            let kpi = kpi(index);
            let paired: Vec<f64> = self.totals.iter().zip(reference).map(|(a, b)| a[index] - b[index]).collect();
            // Rounding noise of sums is neither better nor worse.
            let scale = reference.iter().map(|r| r[index].abs()).fold(1.0, f64::max) * 1e-9;
            let n = paired.len().max(1) as f64;
            let (up, down) = (paired.iter().filter(|d| **d > scale).count() as f64 / n, paired.iter().filter(|d| **d < -scale).count() as f64 / n);
            let (better, worse) = if kpi.higher_is_better { (up, down) } else { (down, up) };
            PairedDifference { kpi: kpi.id.into(), unit: unit(kpi, plant), mean: mean(&paired), probability_better: better, probability_worse: worse }
        };
        (0..COUNT).map(difference).collect()
    }

    /// The run with the median profit and the worst 5 %, worst first; ties by run number.
    fn notable(&self) -> (u64, Vec<u64>) {
        let mut order: Vec<usize> = (0..self.totals.len()).collect();
        order.sort_by(|a, b| self.totals[*a][kpi::PROFIT].total_cmp(&self.totals[*b][kpi::PROFIT]).then(a.cmp(b)));
        let median = order.get(order.len().saturating_sub(1) / 2).map_or(0, |r| *r as u64);
        let worst = order.len().div_ceil(20).min(100);
        (median, order[..worst].iter().map(|r| *r as u64).collect())
    }

    /// Quantiles per grid point; each point is sorted on its own, in parallel, in a fixed order.
    fn fans(&self, plan: &Plan<'_>) -> Vec<KpiFan> {
        let plant = plan.request.model.plant();
        let throughput = KPIS.len();
        let columns: Vec<(usize, usize)> = (0..=throughput).flat_map(|i| (0..plan.points).map(move |k| (i, k))).collect();
        let value = |grid: &[f32], i: usize, k: usize| {
            if i == throughput { plan.throughput(grid, k) } else { grid.get(k * KPIS.len() + i).copied().unwrap_or(0.0) }
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
            let rows = &quantile_rows[i * plan.points..(i + 1) * plan.points];
            let q = |n: usize| rows.iter().map(|r| r[n]).collect();
            let (id, unit) = if i == throughput { (THROUGHPUT.0, throughput_unit(plant)) } else { (KPIS[i].id, unit(&KPIS[i], plant)) };
            KpiFan { kpi: id.into(), unit, q05: q(0), q25: q(1), q50: q(2), q75: q(3), q95: q(4) }
        };
        (0..=throughput).map(fan).collect()
    }
}

impl Plan<'_> {
    /// Index of the first grid point at or after `t`; [`Plan::points`] beyond the last.
    fn point_at_or_after(&self, t: Time) -> usize {
        let since = (t - Time(0)).max(Span::ZERO).0.unsigned_abs();
        (since.div_ceil(self.every.0.max(1).unsigned_abs()) as usize).min(self.points)
    }
}
