//! Records, in run order, become the forecast.
//!
//! Owns the accumulation and the final statistics. Invariant: records are added in run order, so the result
//! is the same for any number of threads and parts; memory grows with runs by a few hundred bytes each.

use super::frame::Frame;
use super::kpi::{COUNT, PROFIT};
use super::kpis::{Kpis, mean_with};
use super::record::{AltRecord, Record, RunRecord};
use super::request::ForecastError;
use super::result::{Alternative, AssetImpact, Baseline, CauseEdge, FailedRun, Forecast, Intervals, RootCause, SCHEMA_VERSION};
use super::sequence::{anytime_factor, anytime_proportion};
use super::standing::standings;
use super::stats::{Mean, Quantiles, t_975, wilson};
use crate::plant::AssetId;
use crate::time::Time;
use std::collections::BTreeMap;

/// Most failed runs that are named.
const NAMED_FAILURES: usize = 20;

/// Everything added so far.
pub(super) struct Reduction {
    frame: Frame,
    /// Numbers of the runs in the statistics.
    runs: Vec<u64>,
    failed: u32,
    failures: Vec<FailedRun>,
    baseline: Kpis,
    alternatives: Vec<Accumulated>,
}

/// One alternative so far.
struct Accumulated {
    kpis: Kpis,
    assets: Vec<PerAsset>,
    edges: BTreeMap<(AssetId, AssetId), Edge>,
    roots: BTreeMap<(AssetId, String), u32>,
    recovered: u32,
    first_limit: Option<(Time, u64)>,
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
    how: String,
}

impl Reduction {
    pub fn new(frame: Frame) -> Self {
        let empty = PerAsset { by_time: vec![0; frame.points + 1], at_time: vec![0; frame.points + 1], ..PerAsset::default() };
        let alternative = || Accumulated {
            kpis: Kpis::default(),
            assets: vec![empty.clone(); frame.assets.len()],
            edges: BTreeMap::new(),
            roots: BTreeMap::new(),
            recovered: 0,
            first_limit: None,
        };
        let alternatives = frame.alternatives.iter().map(|_| alternative()).collect();
        Self { runs: Vec::new(), failed: 0, failures: Vec::new(), baseline: Kpis::default(), alternatives, frame }
    }

    /// Adds the next run.
    pub fn add(&mut self, record: RunRecord) {
        let run = record.run;
        match record.result {
            Ok(Record { baseline, alternatives }) => {
                self.runs.push(run);
                self.baseline.add(baseline);
                for (slot, r) in self.alternatives.iter_mut().zip(alternatives) {
                    slot.add(&self.frame, run, r);
                }
            }
            Err(message) => {
                self.failed += 1;
                if self.failures.len() < NAMED_FAILURES {
                    self.failures.push(FailedRun { run, message });
                }
            }
        }
    }

    /// Futures in the statistics.
    pub fn done(&self) -> u32 {
        self.runs.len() as u32
    }

    /// Futures that failed.
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// Impacted futures so far, by alternative and asset.
    pub fn counts(&self) -> Vec<(String, Vec<(AssetId, u32)>)> {
        let of = |a: &Accumulated| (0u32..).map(AssetId).zip(a.assets.iter().map(|p| p.onsets_h.len() as u32)).filter(|c| c.1 > 0).collect();
        self.frame.alternatives.iter().zip(&self.alternatives).map(|((id, _), a)| (id.clone(), of(a))).collect()
    }

    /// Paired profit difference of an alternative to doing nothing so far, with its anytime interval.
    pub fn profit_gain(&self, alternative: usize) -> Mean {
        let nothing: &[[f64; COUNT]] = self.alternatives.first().map_or(&[], |a| &a.kpis.totals);
        let paired = self.alternatives.get(alternative).map(|a| a.kpis.paired(PROFIT, nothing)).unwrap_or_default();
        mean_with(&paired, Intervals::Anytime)
    }

    /// The forecast.
    ///
    /// # Errors
    /// [`ForecastError::TooManyFailed`] when more than 1 % of the futures failed.
    pub fn finish(self, intervals: Intervals) -> Result<Forecast, ForecastError> {
        let (frame, done) = (self.frame, self.runs.len() as u32);
        if u64::from(self.failed) * 100 > u64::from(done + self.failed) || done == 0 {
            let first = self.failures.first().map_or_else(|| "nothing was run".into(), |f| f.message.clone());
            return Err(ForecastError::TooManyFailed { failed: self.failed, runs: done + self.failed, first });
        }
        let columns: Vec<&Kpis> = self.alternatives.iter().map(|a| &a.kpis).collect();
        let standings = standings(&frame, &columns, intervals);
        let nothing: Vec<[f64; COUNT]> = self.alternatives.first().map(|a| a.kpis.totals.clone()).unwrap_or_default();
        let base = &self.baseline.totals;
        let finish = Finish { frame: &frame, runs: &self.runs, intervals };
        let mut alternatives: Vec<Alternative> =
            self.alternatives.into_iter().enumerate().map(|(i, a)| a.finish(&finish, i, base, &nothing)).collect();
        alternatives.iter_mut().zip(standings).for_each(|(a, s)| a.standing = s);
        let mut forecast = Forecast {
            schema_version: SCHEMA_VERSION,
            plant: frame.plant.clone(),
            plant_hash: frame.plant_hash,
            assets: frame.assets.clone(),
            currency: frame.currency.clone(),
            runs: done,
            failed: self.failed,
            failed_runs: self.failures,
            intervals,
            plant_name: frame.plant_name.clone(),
            asset_names: frame.asset_names.clone(),
            request_hash: frame.request_hash,
            build: frame.build.clone(),
            story: frame.story.clone(),
            seed: frame.seed,
            horizon: frame.horizon,
            start: frame.start,
            first_disruption: frame.first_disruption,
            grid: frame.grid(),
            fan_runs: self.baseline.fan_runs(),
            baseline: Baseline { fans: self.baseline.fans(&frame), totals: self.baseline.summaries(&frame, intervals) },
            alternatives,
            hash: [0; 32],
        };
        forecast.hash = forecast.content_hash();
        Ok(forecast)
    }
}

/// What finishing one alternative needs.
struct Finish<'f> {
    frame: &'f Frame,
    runs: &'f [u64],
    intervals: Intervals,
}

impl Accumulated {
    fn add(&mut self, frame: &Frame, run: u64, r: AltRecord) {
        for (asset, intervals) in r.impacts {
            let Some(slot) = self.assets.get_mut(asset.index()) else { continue };
            let onset = intervals.first().map_or(Time(0), |i| i.0);
            slot.onsets_h.push(((onset - Time(0)).h() - frame.first_disruption.h()) as f32);
            slot.by_time[frame.point_at_or_after(onset)] += 1;
            for (from, to) in intervals {
                slot.at_time[frame.point_at_or_after(from)] += 1;
                slot.at_time[frame.point_at_or_after(to)] -= 1;
            }
        }
        let mut count = |assets: Vec<AssetId>, of: fn(&mut PerAsset) -> &mut u32| {
            assets.into_iter().for_each(|a| self.assets.get_mut(a.index()).into_iter().for_each(|p| *of(p) += 1));
        };
        count(r.net_losers, |p| &mut p.net_losses);
        count(r.gains, |p| &mut p.gains);
        for (asset, hours) in r.shortfalls {
            let Some(slot) = self.assets.get_mut(asset.index()) else { continue };
            slot.shortfall += hours;
            slot.shortfall2 += hours * hours;
        }
        for e in r.edges {
            let edge = self.edges.entry((e.from, e.to)).or_insert_with(|| Edge { count: 0, lags_h: Vec::new(), via: e.via, how: e.how });
            edge.count += 1;
            edge.lags_h.extend(e.lag_us.map(|l| crate::time::Span(l).h() as f32));
        }
        r.roots.into_iter().for_each(|key| *self.roots.entry(key).or_default() += 1);
        self.recovered += u32::from(r.recovered);
        let first = r.first_limit.map(|t| (t, run));
        self.first_limit = [self.first_limit, first].into_iter().flatten().min();
        self.kpis.add(r.figures);
    }

    fn finish(self, with: &Finish<'_>, index: usize, base: &[[f64; COUNT]], nothing: &[[f64; COUNT]]) -> Alternative {
        let (frame, intervals) = (with.frame, with.intervals);
        let runs = with.runs.len() as u32;
        let share = |count: u32| f64::from(count) / f64::from(runs);
        let numbered = |position: usize| with.runs.get(position).copied().unwrap_or(0);
        let (median_at, worst_at) = self.kpis.notable();
        let mut impacts: Vec<AssetImpact> = (0u32..).map(AssetId).zip(self.assets).filter_map(|(asset, a)| a.finish(asset, with)).collect();
        impacts
            .sort_by(|a, b| b.count.cmp(&a.count).then(median(&a.time_to_impact).total_cmp(&median(&b.time_to_impact))).then(a.asset.cmp(&b.asset)));
        let impacted = |asset: AssetId| impacts.iter().find(|i| i.asset == asset).map_or(0, |i| i.count);
        let edge = |((from, to), e): ((AssetId, AssetId), Edge)| CauseEdge {
            from,
            to,
            via: e.via,
            how: e.how,
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
        let (id, name) = frame.alternatives.get(index).cloned().unwrap_or_default();
        Alternative {
            id,
            name,
            impacts,
            causes,
            roots,
            fans: self.kpis.fans(frame),
            totals: self.kpis.summaries(frame, intervals),
            versus_baseline: self.kpis.differences(frame, base, intervals),
            versus_nothing: (index > 0).then(|| self.kpis.differences(frame, nothing, intervals)),
            recovered: self.recovered,
            median_run: numbered(median_at),
            worst_runs: worst_at.into_iter().map(numbered).collect(),
            first_limit_run: self.first_limit.map(|(t, run)| (run, t.h())),
            standing: super::result::Standing::default(),
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
    fn finish(self, asset: AssetId, with: &Finish<'_>) -> Option<AssetImpact> {
        let (runs, points) = (with.runs.len() as u32, with.frame.points);
        let count = self.onsets_h.len() as u32;
        if count == 0 && self.gains == 0 && self.net_losses == 0 {
            return None;
        }
        let n = f64::from(runs);
        let (low, high) = match with.intervals {
            Intervals::Fixed => wilson(count, runs),
            Intervals::Anytime => anytime_proportion(count, runs),
        };
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
        let factor = match with.intervals {
            Intervals::Fixed => t_975(runs.max(2) - 1) / libm::sqrt(n),
            Intervals::Anytime => anytime_factor(runs.max(2) as usize),
        };
        let half = if runs < 2 { 0.0 } else { factor * libm::sqrt(variance) };
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
