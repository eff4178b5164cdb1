//! Rare cascades by importance splitting: futures that have come close to the event are continued many times.
//!
//! Owns fixed-effort multilevel splitting (Garvels 2000; L'Ecuyer, Demers & Tuffin 2007, ACM TOMACS 17). A future that
//! first reaches a level is kept as a state; the next stage begins anew from kept states, each with random numbers of
//! its own, residual lives and repairs drawn conditioned on age and elapsed time. Invariant: levels are fixed
//! beforehand, so the product of the stages' shares is unbiased whatever the importance; its error is measured over
//! independent replications, never assumed. The event is a service below a limit at some instant; buffers do not count
//! towards importance yet.

use super::ensemble::pool;
use super::record::Plan;
use super::request::{ForecastError, Request};
use super::stats::{Mean, mean};
use crate::plant::{AssetId, Plant};
use crate::rng::{Draws, Purpose, stable_id};
use crate::sim::{Engine, Mode, State};
use crate::time::Time;
use rayon::prelude::*;

/// Crude futures per replication by which their cost is told.
const CRUDE: u64 = 20;
/// Futures per stage and replication at most.
const MAX_EFFORT: u32 = 1_000_000;

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct RareEvent {
    /// Whose service.
    pub asset: AssetId,
    /// The event: its service below this, 0..1.
    pub below: f64,
    /// Assets whose failures bring the event closer; see [`support`].
    pub support: Vec<AssetId>,
    /// 0 for doing nothing, then the responses.
    pub alternative: usize,
    /// Futures per stage.
    pub effort: u32,
    /// Independent replications, at least 2.
    pub replications: u32,
}

/// What splitting says.
#[derive(Clone, PartialEq, Debug)]
pub struct RareAnswer {
    /// P(event within the horizon) with its 95 % interval over replications (Student's t).
    pub probability: Mean,
    /// Standard error / estimate.
    pub relative_error: f64,
    /// Mean share of each stage that reached the next level, over the replications that got there.
    pub stages: Vec<f64>,
    /// Futures begun and instants simulated.
    pub cost: u64,
    /// The same for as many crude futures as give the same error, by the variance p(1−p).
    pub crude_cost: f64,
    /// Replications that never saw the event.
    pub empty: u32,
}

/// Everything upstream of an asset by links, and the members of the groups these belong to; without the asset itself.
pub fn support(plant: &Plant, of: AssetId) -> Vec<AssetId> {
    let mut seen = vec![false; plant.assets.len()];
    let mut next = vec![of];
    while let Some(asset) = next.pop() {
        if std::mem::replace(&mut seen[asset.index()], true) {
            continue;
        }
        next.extend(plant.links.iter().filter(|l| l.to == asset).map(|l| l.from));
        let group = plant.asset(asset).group.and_then(|g| plant.groups.get(g.index()));
        next.extend(group.into_iter().flat_map(|g| &g.members));
    }
    seen[of.index()] = false;
    plant.asset_ids().filter(|a| seen[a.index()]).collect()
}

/// Estimates the probability of a rare event.
///
/// # Errors
/// [`ForecastError`] for an impossible request, or when a simulation fails.
pub fn rare(request: &Request, event: &RareEvent) -> Result<RareAnswer, ForecastError> {
    request.check()?;
    if event.alternative >= request.alternatives() {
        return Err(ForecastError::Alternative(event.alternative));
    }
    if event.effort == 0 || event.effort > MAX_EFFORT || event.replications < 2 || !(event.below > 0.0 && event.below <= 1.0) {
        return Err(ForecastError::Question("give 1 to 1,000,000 futures per stage, at least 2 replications, and a limit in (0, 1]".into()));
    }
    let plan = Plan::of(request);
    let splitting = Splitting { plan: &plan, event };
    let all: Vec<Result<Replication, ForecastError>> =
        pool(request.threads)?.install(|| (0..event.replications).into_par_iter().map(|r| splitting.replicate(r)).collect());
    let all: Vec<Replication> = all.into_iter().collect::<Result<_, _>>()?;
    Ok(answer(&all, event.effort))
}

fn answer(all: &[Replication], effort: u32) -> RareAnswer {
    let estimates: Vec<f64> = all.iter().map(|r| r.shares.iter().product()).collect();
    let probability = mean(&estimates);
    let (n, p) = (estimates.len() as f64, probability.mean);
    let error2 = super::stats::variance(&estimates, p) / n;
    let stage = |k: usize| {
        let reached: Vec<f64> = all.iter().filter_map(|r| r.shares.get(k).copied()).collect();
        mean(&reached).mean
    };
    let longest = all.iter().map(|r| r.shares.len()).max().unwrap_or(0);
    let per_future = mean(&all.iter().map(|r| r.crude).collect::<Vec<f64>>()).mean;
    let crude = if error2 > 0.0 { p * (1.0 - p) / error2 * per_future } else { f64::from(effort) * per_future };
    RareAnswer {
        probability: Mean { low: probability.low.max(0.0), ..probability },
        relative_error: if p > 0.0 { libm::sqrt(error2) / p } else { f64::INFINITY },
        stages: (0..longest).map(stage).collect(),
        cost: all.iter().map(|r| r.cost).sum(),
        crude_cost: crude,
        empty: estimates.iter().filter(|e| **e == 0.0).count() as u32,
    }
}

/// One replication: the share of each stage that reached the next level; instants simulated.
struct Replication {
    shares: Vec<f64>,
    cost: u64,
    /// What a crude future costs on average, by a few of them.
    crude: f64,
}

/// How close a state is: the number of supporting assets that cannot serve, or the event itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Down(usize),
    Event,
}

struct Splitting<'p> {
    plan: &'p Plan<'p>,
    event: &'p RareEvent,
}

impl Splitting<'_> {
    fn level(&self, state: &State) -> Level {
        if state.service(self.event.asset) < self.event.below {
            return Level::Event;
        }
        Level::Down(self.event.support.iter().filter(|a| is_down(state.mode(**a))).count())
    }

    fn replicate(&self, replication: u32) -> Result<Replication, ForecastError> {
        let start = self.plan.warm(u64::from(replication))?;
        let end = start.time() + self.plan.request.horizon;
        let script = self.plan.script(&start, Some(self.event.alternative));
        let (effort, draws) = (u64::from(self.event.effort), Draws::new(self.plan.request.seed, u64::from(replication)));
        let mut out = Replication { shares: Vec::new(), cost: 0, crude: 0.0 };
        let targets = (1..=self.event.support.len()).map(Level::Down).chain([Level::Event]);
        let mut crude = 0;
        for i in 0..CRUDE {
            let mut engine = Engine::new(&self.plan.request.model, start.clone(), draws.branch(u64::MAX, i));
            engine.schedule(&script);
            self.advance(engine, Level::Event, end, &mut crude)?;
        }
        out.crude = crude as f64 / CRUDE as f64;
        let mut kept: Vec<State> = Vec::new();
        for (stage, target) in targets.enumerate() {
            if stage > 0 && kept.iter().all(|s| self.level(s) == Level::Event) {
                break;
            }
            let mut reached = Vec::new();
            for i in 0..effort {
                let own = draws.branch(stage as u64, i);
                let pick = (own.uniform(stable_id("split"), Purpose::Resample, 0) * kept.len() as f64) as usize;
                let from = kept.get(pick).unwrap_or(&start);
                let mut engine = Engine::new(&self.plan.request.model, from.clone(), own);
                if stage == 0 {
                    engine.schedule(&script);
                }
                reached.extend(self.advance(engine, target, end, &mut out.cost)?);
            }
            out.shares.push(reached.len() as f64 / effort as f64);
            kept = reached;
            if kept.is_empty() {
                break;
            }
        }
        Ok(out)
    }

    /// Runs until the level is reached (then the state) or the horizon.
    fn advance(&self, mut engine: Engine<'_>, target: Level, end: Time, cost: &mut u64) -> Result<Option<State>, ForecastError> {
        engine.keep_trace(false);
        *cost += 1;
        loop {
            if self.level(engine.state()) >= target {
                return Ok(Some(engine.into_state()));
            }
            let next = engine.next_event();
            if next > end {
                return Ok(None);
            }
            *cost += 1;
            engine.run_until(next).map_err(|source| ForecastError::Sim { run: 0, alternative: "splitting".into(), source })?;
        }
    }
}

/// Wanted but not able.
fn is_down(mode: Mode) -> bool {
    match mode {
        Mode::Failed | Mode::InRepair | Mode::Maintenance | Mode::Tripped | Mode::Short | Mode::Inhibited | Mode::Starved | Mode::Blocked => true,
        Mode::Running | Mode::Idle | Mode::Starting | Mode::Standby | Mode::Off => false,
    }
}
