//! Gathers the gate's facts: the proposal against doing nothing, in paired futures from the current belief.
//!
//! Runs off the governance thread. *Invariant:* equal input gives the equal verdict, bit for bit, whatever the number of
//! threads; a simulation that fails is a failed check, never a missing one.

use super::{
    envelope,
    judge::{Facts, GateVerdict, Validation, judge},
};
use crate::{
    estimate::Belief,
    fidelity::FidelityReport,
    forecast::{self, AssetImpact, Forecast, Mean, PairedDifference, Request, ResponsePlan, Silent, Starts},
    governance::{canonical::Digest, policy::Thresholds, proposal::Proposal, snapshot::Snapshot},
    plant::AssetId,
    sim::{Model, Script},
    time::{Span, Time},
};
use std::sync::Arc;

/// How far the gate looks ahead.
const HORIZON: Span = Span(4 * 3_600_000_000);
/// Start states drawn from the belief.
const START_STATES: u32 = 32;

/// Everything a verdict depends on.
pub struct GateInput {
    /// The compiled plant.
    pub model: Arc<Model>,
    /// What is judged.
    pub proposal: Proposal,
    /// The live state.
    pub snapshot: Snapshot,
    /// The belief behind it, for the start states.
    pub belief: Belief,
    /// How well the twin predicted lately.
    pub fidelity: FidelityReport,
    /// Limits of the policy.
    pub thresholds: Thresholds,
    /// Hash of the policy.
    pub policy: Digest,
    /// Seed of the futures.
    pub seed: u64,
    /// Worker threads; the verdict does not depend on it.
    pub threads: usize,
}

/// Simulated gain of the proposal over doing nothing [money over the gate's horizon].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gain {
    /// Mean.
    pub mean: f64,
    /// 95 % interval, lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of futures in which it is strictly better.
    pub probability_better: f64,
}

/// The verdict with what was simulated for it.
#[derive(Clone, Debug)]
pub struct GateOutcome {
    /// The verdict.
    pub verdict: GateVerdict,
    /// Money, when the simulation came through.
    pub gain: Option<Gain>,
}

/// Simulates and judges.
pub fn evaluate(input: &GateInput) -> GateOutcome {
    let plant = input.model.plant();
    let envelope = envelope(plant, &input.proposal, &input.snapshot, &input.thresholds, input.policy);
    let runs = input.thresholds.min_runs.max(1);
    let simulated = simulate(input, runs);
    let facts = facts(input, runs, &simulated);
    let verdict = judge(plant, &input.proposal, &input.snapshot, &facts, &input.thresholds, envelope);
    let gain = simulated.ok().and_then(|f| {
        let profit = difference(&f, "profit")?.clone();
        let Mean { mean, low, high, .. } = profit.mean;
        Some(Gain { mean, low, high, probability_better: profit.probability_better })
    });
    GateOutcome { verdict, gain }
}

fn simulate(input: &GateInput, runs: u32) -> Result<Forecast, String> {
    let starts = forecast::starts_from_belief(&input.model, &input.belief, START_STATES.min(runs) as usize, input.seed).map_err(|e| e.to_string())?;
    let actions = input.proposal.commands.iter().map(|c| (Time::ZERO, c.action)).collect();
    let plan = ResponsePlan { id: "proposal".into(), name: input.proposal.title.clone(), actions, extra_cost: 0.0 };
    let request = Request {
        model: input.model.clone(),
        starts: Starts::Many(starts),
        warmup: Span::ZERO,
        conditions: Script::empty(),
        script: Script::empty(),
        responses: vec![plan],
        horizon: HORIZON,
        runs,
        seed: input.seed,
        threads: input.threads,
    };
    forecast::run(&request, &Silent).map_err(|e| e.to_string())
}

/// The paired difference of the proposal to doing nothing in one KPI.
fn difference<'a>(f: &'a Forecast, kpi: &str) -> Option<&'a PairedDifference> {
    f.alternatives.get(1)?.versus_nothing.as_ref()?.iter().find(|d| d.kpi == kpi)
}

fn facts(input: &GateInput, runs_asked: u32, simulated: &Result<Forecast, String>) -> Facts {
    let targets = input.proposal.targets();
    let validation = Validation::from(input.fidelity.worst_of(targets.iter().copied()));
    let f = match simulated {
        Err(e) => {
            let none = Digest::default();
            return Facts {
                runs_asked,
                runs_done: 0,
                failed: Some(e.clone()),
                harm: None,
                gain: None,
                impact_rise: None,
                impact_rise_at: None,
                extra_trips: None,
                extra_exceedance_h: None,
                validation,
                forecast: none,
            };
        }
        Ok(f) => f,
    };
    let worse = |kpi| difference(f, kpi).map(|d| d.probability_worse);
    // the union bound: a future that is worse in two ways is counted twice, never missed
    let harm = [worse("good_units"), worse("trips"), worse("limit_exceedance_h")].into_iter().sum::<Option<f64>>().map(|h| h.min(1.0));
    let rise = impact_rise(f, &targets);
    Facts {
        runs_asked,
        runs_done: f.runs,
        failed: None,
        harm,
        gain: difference(f, "profit").map(|d| d.mean.mean),
        impact_rise: rise.map(|r| r.0),
        impact_rise_at: rise.and_then(|r| r.1),
        extra_trips: difference(f, "trips").map(|d| d.mean.mean),
        extra_exceedance_h: difference(f, "limit_exceedance_h").map(|d| d.mean.mean),
        validation,
        forecast: Digest(f.hash),
    }
}

/// Largest rise of an asset's impact probability over doing nothing, targets aside; 0 when none rises.
fn impact_rise(f: &Forecast, targets: &[AssetId]) -> Option<(f64, Option<AssetId>)> {
    let (nothing, proposal) = (&f.alternatives.first()?.impacts, &f.alternatives.get(1)?.impacts);
    let before = |a: AssetId| nothing.iter().find(|i| i.asset == a).map_or(0.0, |i: &AssetImpact| i.probability);
    let rises = proposal.iter().filter(|i| !targets.contains(&i.asset)).map(|i| (i.probability - before(i.asset), i.asset));
    let worst = rises.fold((0.0, None), |w: (f64, Option<AssetId>), (rise, asset)| if rise > w.0 { (rise, Some(asset)) } else { w });
    Some(worst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        estimate::AssetBelief,
        governance::proposal::{Author, Comparison, EffectExpectation, EffectQuantity, ProposedCommand, Rationale},
        plant::{Action, ActionKind, CellId, InitialMode, Plant},
        sim::Mode,
    };

    fn input(threads: usize) -> GateInput {
        let plant = Plant::parse(crate::plant::builtin("bottling").unwrap(), "bottling").unwrap();
        let model = Arc::new(Model::compile(&plant).unwrap());
        let (lost, standby) = (plant.asset_by_id("CH-1").unwrap(), plant.asset_by_id("CH-3").unwrap());
        let mode_of = |i: usize, initial: InitialMode| match initial {
            _ if i == lost.index() => Mode::Failed,
            InitialMode::Running => Mode::Running,
            InitialMode::Standby => Mode::Standby,
            InitialMode::Off => Mode::Off,
        };
        let assets = plant.assets.iter().enumerate().map(|(i, a)| {
            let mode = mode_of(i, a.initial);
            let mut modes = vec![0.0; Mode::COUNT];
            modes[usize::from(mode.code())] = 1.0;
            AssetBelief {
                mode,
                mode_probability: 1.0,
                modes,
                mode_since: Time::ZERO,
                rate: None,
                level: None,
                temperature_c: None,
                service: None,
                observed: true,
                data_age: Span::ZERO,
                stale: false,
                imputed: false,
                drift: 1.0,
                confidence: 1.0,
            }
        });
        let belief = Belief { at: Time::ZERO, assets: assets.collect() };
        let seen = belief.assets.iter().map(|b| crate::governance::Seen {
            mode: b.mode,
            mode_probability: 1.0,
            level: None,
            temperature_c: None,
            observed: true,
            data_age: Span::ZERO,
            stale: false,
            confidence: 1.0,
            drift: 1.0,
        });
        let snapshot = Snapshot { at: Time::ZERO, plant: Digest(plant.hash), model_epoch: 0, assets: seen.collect() };
        let effect = EffectExpectation { asset: standby, quantity: EffectQuantity::Service, comparison: Comparison::AtLeast, value: 0.5, within: Span::from_min(10.0) };
        let commands = vec![ProposedCommand {
            action: Action { asset: standby, kind: ActionKind::Start },
            compensation: Some(Action { asset: standby, kind: ActionKind::Stop }),
            effect,
        }];
        let proposal = Proposal {
            id: uuid::Uuid::from_u128(7),
            trace: "t".into(),
            author: Author::Agent { cell: CellId(0) },
            title: "start CH-3".into(),
            commands,
            rationale: Rationale::default(),
            created: Time::ZERO,
        };
        let policy = crate::governance::Policy::builtin().unwrap();
        GateInput {
            model,
            proposal,
            snapshot,
            belief,
            fidelity: FidelityReport::default(),
            thresholds: Thresholds { min_runs: 40, ..policy.thresholds },
            policy: policy.hash(),
            seed: 3,
            threads,
        }
    }

    #[test]
    fn starting_the_standby_chiller_passes_and_gains_and_repeats_bit_for_bit() {
        let (one, two) = (evaluate(&input(1)), evaluate(&input(2)));
        assert_eq!(one.verdict, two.verdict, "the verdict depends on the number of threads");
        assert!(one.verdict.passed, "{:?}", one.verdict.refusal());
        let gain = one.gain.expect("simulated");
        assert!(gain.mean > 0.0 && gain.low <= gain.mean && gain.mean <= gain.high, "{gain:?}");
    }

    #[test]
    fn fewer_futures_than_asked_or_stale_data_do_not_pass() {
        let mut stale = input(2);
        for seen in &mut stale.snapshot.assets {
            seen.stale = true;
        }
        let verdict = evaluate(&stale).verdict;
        assert!(!verdict.passed && verdict.refusal().is_some());
    }
}
