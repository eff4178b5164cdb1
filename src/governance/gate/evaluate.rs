//! Gathering the facts: the proposal against doing nothing, simulated from the current belief.
//!
//! Deterministic: the seed follows from the proposal and the state, and the forecast is bit-identical for any number of
//! threads, so the same question gives the same evidence hash everywhere (T25).

use super::{
    super::{canonical::Digest, policy::Policy, proposal::Proposal, snapshot::Snapshot},
    envelope::envelope,
    judge::{Facts, GateVerdict, Validation, judge},
};
use crate::{
    forecast::{self, Forecast, PairedDifference, Progress, Request, ResponsePlan, Starts},
    sim::{Model, Script, State},
    time::{Span, Time},
};
use std::sync::Arc;

/// A question to the gate. Everything by value or reference: it runs on any thread.
pub struct GateInput<'a> {
    /// The compiled plant.
    pub model: &'a Arc<Model>,
    /// What is proposed.
    pub proposal: &'a Proposal,
    /// The live state.
    pub snapshot: &'a Snapshot,
    /// Start states drawn from the belief (`forecast::starts_from_belief`).
    pub starts: Vec<State>,
    /// What is expected to go wrong from now on, from the start of the forecast.
    pub script: Script,
    /// The policy in force: thresholds, and the hash that the envelope binds.
    pub policy: &'a Policy,
    /// Evidence of the twin's fidelity for the targets, the worst.
    pub validation: Validation,
    /// How far to look.
    pub horizon: Span,
    /// Futures to simulate; the policy's minimum if that is higher.
    pub runs: u32,
    /// Worker threads; changes nothing but the time it takes.
    pub threads: usize,
}

/// Simulates and judges. Never fails: what goes wrong is a failed check.
pub fn evaluate(input: GateInput<'_>, progress: &dyn Progress) -> GateVerdict {
    let runs = input.runs.max(input.policy.thresholds.min_runs);
    let seed_from = Digest::of("plantcast.gate.seed.v1", &(input.proposal.id, &input.proposal.commands, input.snapshot.at));
    let seed = seed_from.0.iter().take(8).fold(0u64, |s, b| (s << 8) | u64::from(*b));
    let actions = input.proposal.commands.iter().map(|c| (Time::ZERO, c.action)).collect();
    let plan = ResponsePlan { id: "proposal".into(), name: input.proposal.title.clone(), actions, extra_cost: 0.0 };
    let request = Request {
        model: input.model.clone(),
        starts: Starts::Many(input.starts),
        warmup: Span::ZERO,
        conditions: Script(Vec::new()),
        script: input.script,
        responses: vec![plan],
        horizon: input.horizon,
        runs,
        seed,
        threads: input.threads,
        precision: None,
        story: None,
    };
    let facts = match forecast::run(&request, progress) {
        Ok(f) => facts_of(&f, input.proposal, input.validation, runs),
        Err(e) => nothing_known(runs, e.to_string(), input.validation),
    };
    let (plant, limits) = (input.model.plant(), &input.policy.thresholds);
    let bounds = envelope(plant, input.proposal, input.snapshot, limits, input.policy.hash());
    judge(plant, input.proposal, input.snapshot, &facts, limits, bounds)
}

fn nothing_known(runs: u32, why: String, validation: Validation) -> Facts {
    Facts {
        runs_asked: runs,
        runs_done: 0,
        failed: Some(why),
        harm: None,
        gain: None,
        worse_off: None,
        worse_off_at: None,
        extra_trips: None,
        extra_exceedance_h: None,
        validation,
        forecast: Digest::default(),
    }
}

/// The numbers that the checks need, from a forecast whose alternative 1 is the proposal.
pub fn facts_of(f: &Forecast, proposal: &Proposal, validation: Validation, runs_asked: u32) -> Facts {
    let [nothing, plan] = f.alternatives.as_slice() else {
        return nothing_known(runs_asked, "the forecast does not compare the proposal with doing nothing".into(), validation);
    };
    let differences = plan.versus_nothing.as_deref().unwrap_or_default();
    let find = |kpi: &str| -> Option<&PairedDifference> { differences.iter().find(|d| d.kpi == kpi) };
    let worse = |kpi: &str| find(kpi).map(|d| d.probability_worse);
    let harm = worse("good_units").zip(worse("trips")).zip(worse("limit_exceedance_h")).map(|((a, b), c)| a.max(b).max(c));
    let targets = proposal.targets();
    let before = |asset| nothing.impacts.iter().find(|i| i.asset == asset).map_or(0.0, |i| i.net_loss_probability);
    let rises = plan.impacts.iter().filter(|i| !targets.contains(&i.asset)).map(|i| (i.asset, i.net_loss_probability - before(i.asset)));
    let worst = rises.fold((None, 0.0f64), |worst, (asset, rise)| if rise > worst.1 { (Some(asset), rise) } else { worst });
    Facts {
        runs_asked,
        runs_done: f.runs,
        failed: None,
        harm,
        gain: find("profit").map(|d| d.mean.mean),
        worse_off: Some(worst.1),
        worse_off_at: worst.0,
        extra_trips: find("trips").map(|d| d.mean.mean),
        extra_exceedance_h: find("limit_exceedance_h").map(|d| d.mean.mean),
        validation,
        forecast: Digest(f.hash),
    }
}
