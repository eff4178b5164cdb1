//! One future: the baseline and every alternative simulated on the same random numbers, compared, and
//! boiled down to a few hundred bytes so that traces never pile up.
//!
//! Owns the pairing and the attribution of impacts to recorded causes. Invariant: a record depends on the
//! request and the run number only.

use super::cause::{EdgeRecord, Impacts, root_words};
use super::frame::Frame;
use super::kpi::{self, COUNT, KPIS};
use super::request::{ForecastError, Request};
use super::steps::{Difference, Step, Window, compare};
use crate::plant::{AssetId, Plant};
use crate::rng::Draws;
use crate::sim::{self, Cause, Intervention, RunOptions, RunOutcome, Script, ServiceStep, State, Totals};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// One future by its number: what is kept of it, or why it could not be simulated.
#[derive(Serialize, Deserialize)]
pub struct RunRecord {
    /// Number of the run.
    pub run: u64,
    /// What it yielded.
    pub(super) result: Result<Record, String>,
}

/// What is kept of one future.
#[derive(Serialize, Deserialize)]
pub(super) struct Record {
    /// The undisturbed run.
    pub baseline: Figures,
    /// Doing nothing, then the responses.
    pub alternatives: Vec<AltRecord>,
}

/// KPI figures of one simulation.
#[derive(Serialize, Deserialize)]
pub(super) struct Figures {
    /// At the horizon, see [`kpi::kpi`].
    pub totals: [f64; COUNT],
    /// `grid × KPIS`, row by row; empty beyond the bound on memory.
    pub grid: Vec<f32>,
}

/// What is kept of one alternative in one future. Times count from the start.
#[derive(Serialize, Deserialize)]
pub(super) struct AltRecord {
    /// KPI figures.
    pub figures: Figures,
    /// Impacted assets with their intervals.
    pub impacts: Vec<(AssetId, Vec<(Time, Time)>)>,
    /// Assets that were better off.
    pub gains: Vec<AssetId>,
    /// Hours of full service lost.
    pub shortfalls: Vec<(AssetId, f64)>,
    /// Assets that lost at least τ of full service over the whole horizon, what they gained taken off.
    pub net_losers: Vec<AssetId>,
    /// Recorded causes that lead to other assets.
    pub edges: Vec<EdgeRecord>,
    /// Recorded causes that are not another asset.
    pub roots: Vec<(AssetId, String)>,
    /// Whether all outputs are back at the horizon.
    pub recovered: bool,
    /// First grid time with a trip or beyond a limit, where there is one.
    pub first_limit: Option<Time>,
}

/// How the futures of a request are looked at.
pub(super) struct Plan<'r> {
    pub request: &'r Request,
    /// Names, units, grid.
    pub frame: Frame,
    /// Assets by whose service the plant recovers: where product is sold, else all.
    pub outputs: Vec<AssetId>,
}

impl<'r> Plan<'r> {
    /// The plan of a checked request.
    pub fn of(request: &'r Request) -> Self {
        let plant = request.model.plant();
        let sold: Vec<_> = plant.asset_ids().filter(|a| plant.asset(*a).process.as_ref().is_some_and(|p| p.earns_per_unit > 0.0)).collect();
        let outputs = if sold.is_empty() { plant.asset_ids().collect() } else { sold };
        Self { request, frame: Frame::of(request), outputs }
    }

    /// Future `run`, or why it failed.
    pub fn run_record(&self, run: u64) -> RunRecord {
        RunRecord { run, result: self.record(run).map_err(|e| e.to_string()) }
    }

    /// Simulates and compares future `run`.
    pub fn record(&self, run: u64) -> Result<Record, ForecastError> {
        let request = self.request;
        let start = self.warm(run)?;
        let base = self.simulate(run, &start, None, false)?;
        let base_steps = StepIndex::of(&base, request);
        let baseline = self.figures(run, &start, &base, 0.0, 0.0);
        let mut alternatives = Vec::with_capacity(request.alternatives());
        for alternative in 0..request.alternatives() {
            let outcome = self.simulate(run, &start, Some(alternative), false)?;
            alternatives.push(self.compare(run, alternative, &start, &base_steps, &outcome));
        }
        Ok(Record { baseline, alternatives })
    }

    /// The state in which the forecast's clock starts.
    pub fn warm(&self, run: u64) -> Result<State, ForecastError> {
        let request = self.request;
        let start = request.start(run);
        if request.warmup <= Span::ZERO {
            return Ok(start.clone());
        }
        let options = RunOptions { horizon: request.warmup, sample_every: None, trace: false };
        let script = shifted(&request.conditions, start.time() - Time(0));
        sim::simulate(&request.model, start, &script, Draws::new(request.seed, run), &options).map(|o| o.end).map_err(|source| ForecastError::Sim {
            run,
            alternative: "warm-up".into(),
            source,
        })
    }

    /// One simulation from a warm state; `alternative` `None` is the baseline.
    pub fn simulate(&self, run: u64, start: &State, alternative: Option<usize>, trace: bool) -> Result<RunOutcome, ForecastError> {
        let request = self.request;
        let options = RunOptions { horizon: request.horizon, sample_every: Some(self.frame.every), trace };
        sim::simulate(&request.model, start, &self.script(start, alternative), Draws::new(request.seed, run), &options)
            .map_err(|source| ForecastError::Sim { run, alternative: self.name(alternative), source })
    }

    /// Conditions, disruptions and the plan's actions on the plant's clock; `alternative` `None` is the baseline.
    pub fn script(&self, start: &State, alternative: Option<usize>) -> Script {
        let request = self.request;
        let offset = start.time() - Time(0);
        let mut entries = Vec::new();
        if request.warmup <= Span::ZERO {
            entries.extend(shifted(&request.conditions, offset).0);
        }
        if let Some(alternative) = alternative {
            entries.extend(shifted(&request.script, offset).0);
            let plan = alternative.checked_sub(1).and_then(|i| request.responses.get(i));
            entries.extend(plan.into_iter().flat_map(|r| &r.actions).map(|(at, a)| (*at + offset, Intervention::Act(*a))));
        }
        Script(entries)
    }

    fn name(&self, alternative: Option<usize>) -> String {
        match alternative {
            None => "baseline".into(),
            Some(0) => "nothing".into(),
            Some(i) => self.request.responses.get(i - 1).map(|r| r.id.clone()).unwrap_or_default(),
        }
    }

    fn compare(&self, run: u64, alternative: usize, start: &State, base: &StepIndex, outcome: &RunOutcome) -> AltRecord {
        let plant = self.request.model.plant();
        let steps = StepIndex::of(outcome, self.request);
        let differences: Vec<Difference> = plant.asset_ids().map(|a| self.difference(plant, start, a, base, &steps)).collect();
        let onsets: Vec<Option<Time>> = differences.iter().map(|d| d.impacts.first().map(|i| i.0)).collect();
        let mut record = AltRecord {
            figures: Figures { totals: [0.0; COUNT], grid: Vec::new() },
            impacts: Vec::new(),
            gains: Vec::new(),
            shortfalls: Vec::new(),
            net_losers: Vec::new(),
            edges: Vec::new(),
            roots: Vec::new(),
            first_limit: self.first_limit(start, outcome),
            recovered: self.outputs.iter().all(|a| differences[a.index()].impacts.last().is_none_or(|i| i.1 < self.end(start))),
        };
        let impacts = Impacts { plant, onsets: &onsets };
        for asset in plant.asset_ids() {
            let Some(onset) = onsets[asset.index()] else { continue };
            let cause = steps.cause(outcome, asset, onset);
            let edges = cause.map(|c| impacts.edges(asset, onset, c)).unwrap_or_default();
            if edges.is_empty() {
                record.roots.push((asset, root_words(plant, asset, cause, self.disruptions())));
            }
            record.edges.extend(edges);
        }
        let recovery = self.recovery_h(start, &differences);
        let extra = alternative.checked_sub(1).and_then(|i| self.request.responses.get(i)).map_or(0.0, |r| r.extra_cost);
        record.figures = self.figures(run, start, outcome, extra, recovery);
        for (asset, d) in plant.asset_ids().zip(differences) {
            if d.gained {
                record.gains.push(asset);
            }
            if d.net_h > 0.0 && d.net_h >= plant.asset(asset).impact_tau.h() {
                record.net_losers.push(asset);
            }
            if d.shortfall_h > 0.0 {
                record.shortfalls.push((asset, d.shortfall_h));
            }
            if !d.impacts.is_empty() {
                let offset = start.time() - Time(0);
                record.impacts.push((asset, d.impacts.iter().map(|(a, b)| (*a - offset, *b - offset)).collect()));
            }
        }
        record
    }

    /// Trips and time beyond limits never decrease, so the first sample above the start's tells when.
    fn first_limit(&self, start: &State, outcome: &RunOutcome) -> Option<Time> {
        let beyond = |t: &Totals| t.trips > start.totals().trips || t.limit_exceedance_h > start.totals().limit_exceedance_h + 1e-9;
        let k = outcome.samples.iter().position(beyond)?;
        Some(Time((k as i64 + 1) * self.frame.every.0))
    }

    fn difference(&self, plant: &Plant, start: &State, asset: AssetId, base: &StepIndex, run: &StepIndex) -> Difference {
        let (a, b) = (base.steps(asset), run.steps(asset));
        let window =
            Window { from: start.time(), to: self.end(start), epsilon: plant.asset(asset).impact_epsilon, tau: plant.asset(asset).impact_tau };
        compare(a, b, &window)
    }

    /// Script entries of a run that are conditions or disruptions; later ones are the response's actions.
    fn disruptions(&self) -> usize {
        let conditions = if self.request.warmup > Span::ZERO { 0 } else { self.request.conditions.0.len() };
        conditions + self.request.script.0.len()
    }

    fn end(&self, start: &State) -> Time {
        start.time() + self.request.horizon
    }

    /// From the first disruption to the end of the last impact on an output; the horizon when it is not over.
    fn recovery_h(&self, start: &State, differences: &[Difference]) -> f64 {
        let last = self.outputs.iter().filter_map(|a| differences[a.index()].impacts.last()).map(|i| i.1).max();
        last.map_or(0.0, |end| (end - start.time()).h() - self.request.first_disruption().h()).max(0.0)
    }

    /// KPIs counted from the start of the forecast: what a warm-up (or the life before) added up is taken off.
    fn figures(&self, run: u64, start: &State, outcome: &RunOutcome, extra_cost: f64, recovery_h: f64) -> Figures {
        let mut zero = kpi::values(start.totals());
        zero[kpi::PROFIT] += extra_cost;
        zero[kpi::COST] -= extra_cost;
        let since = |t: &Totals| {
            let mut row = kpi::values(t);
            row.iter_mut().zip(&zero).for_each(|(x, z)| *x -= z);
            row
        };
        let mut totals = [0.0; COUNT];
        totals[..KPIS.len()].copy_from_slice(&since(&outcome.totals));
        totals[COUNT - 1] = recovery_h;
        let mut grid = Vec::new();
        if run < u64::from(self.frame.fan_runs) {
            let row = |t: &Totals| since(t).map(|x| x as f32);
            grid.reserve_exact(self.frame.points * KPIS.len());
            grid.extend(row(start.totals()));
            grid.extend(outcome.samples.iter().take(self.frame.points - 1).flat_map(row));
        }
        Figures { totals, grid }
    }
}

/// The same script later.
pub(super) fn shifted(script: &Script, by: Span) -> Script {
    Script(script.0.iter().map(|(at, what)| (*at + by, *what)).collect())
}

/// Service steps of one run by asset.
struct StepIndex {
    steps: Vec<Step>,
    /// Position in the outcome's list for each step.
    origin: Vec<u32>,
    /// First step of each asset, and the end.
    first: Vec<usize>,
}

impl StepIndex {
    /// The outcome lists every asset's service at the start first, so that no list is empty.
    fn of(outcome: &RunOutcome, request: &Request) -> Self {
        let mut counts = vec![0usize; request.model.plant().assets.len()];
        outcome.service.iter().for_each(|s| counts[s.asset.index()] += 1);
        let mut first = Vec::with_capacity(counts.len() + 1);
        let mut sum = 0;
        for c in counts {
            first.push(sum);
            sum += c;
        }
        first.push(sum);
        let mut next = first.clone();
        let mut steps = vec![Step { at: Time(0), service: 0.0 }; sum];
        let mut origin = vec![0; sum];
        for (i, s) in outcome.service.iter().enumerate() {
            let slot = next[s.asset.index()];
            steps[slot] = Step { at: s.at, service: s.service };
            origin[slot] = i as u32;
            next[s.asset.index()] += 1;
        }
        Self { steps, origin, first }
    }

    fn steps(&self, asset: AssetId) -> &[Step] {
        &self.steps[self.first[asset.index()]..self.first[asset.index() + 1]]
    }

    /// Cause of the value that holds at `at`.
    fn cause<'o>(&self, outcome: &'o RunOutcome, asset: AssetId, at: Time) -> Option<&'o Cause> {
        let steps = self.steps(asset);
        let after = steps.partition_point(|s| s.at <= at);
        let i = self.origin[self.first[asset.index()] + after.checked_sub(1)?];
        outcome.service.get(i as usize).map(|s: &ServiceStep| &s.cause)
    }
}
