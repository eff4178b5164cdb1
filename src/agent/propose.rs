//! From a belief to a proposal: the cell's policy nominates, paired futures of the full simulator decide.
//!
//! Owns nomination (Q-values of the abstract model), rollouts against doing nothing on common random numbers, and the
//! decision whether anything is worth proposing; the words are `explain`. Nothing is proposed unless the 95 % interval of
//! the gain lies above zero and the gain is worth an operator's attention. Invariant: equal policy, model, belief, options give
//! the equal advice; nothing here can send a command.

use super::{
    build::{CellAction, CellPolicy, suits},
    explain,
    features::Phase,
};
use crate::{
    estimate::Belief,
    forecast::{self, Alternative, Forecast, ForecastError, Progress, Request, ResponsePlan, Starts},
    plant::{Action, ActionKind, AssetId, CellId, Plant},
    sim::{Model, Script, SimError},
    time::{Span, Time},
};
use serde::Serialize;
use std::sync::Arc;

/// How candidates are tried out and judged.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ProposeOptions {
    /// Paired futures per candidate.
    pub runs: u32,
    /// How far the futures reach.
    pub horizon: Span,
    /// From the proposal to the act: what a signature takes [plant time].
    pub reaction: Span,
    /// Seed of the futures.
    pub seed: u64,
    /// Worker threads; the result does not depend on it.
    pub threads: usize,
    /// Candidates tried out, at most.
    pub candidates: usize,
    /// Actions of one plan, at most.
    pub plan_length: usize,
    /// Share of futures in which the plan must be strictly better.
    pub min_probability_better: f64,
    /// Smallest mean gain, as a fraction of the profit over the horizon.
    pub min_gain_fraction: f64,
}

impl Default for ProposeOptions {
    fn default() -> Self {
        Self {
            runs: 64,
            horizon: Span::from_h(4.0),
            reaction: Span::from_min(1.0),
            seed: 0,
            threads: 1,
            candidates: 3,
            plan_length: 3,
            min_probability_better: 0.6,
            min_gain_fraction: 0.005,
        }
    }
}

/// A simulated gain over doing nothing [currency over the horizon].
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Gain {
    /// Mean over the paired futures.
    pub mean: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of futures in which the plan is strictly better.
    pub probability_better: f64,
}

/// A plan that was tried out.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Candidate {
    /// What, in words.
    pub title: String,
    /// Actions, each with its delay after now.
    pub actions: Vec<(Span, Action)>,
    /// Q-value of its first action above doing nothing in the abstract model [currency, discounted].
    pub q_advantage: f64,
    /// What the futures say.
    pub gain: Gain,
}

/// A proposal of a cell's agent, with everything that explains it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Advice {
    /// Whose agent.
    pub cell: CellId,
    /// Plant time of the belief behind it.
    pub at: Time,
    /// What it wants, in one line.
    pub title: String,
    /// Actions, each with its delay after now.
    pub actions: Vec<(Span, Action)>,
    /// The state that drove it, sentences with numbers.
    pub reasons: Vec<String>,
    /// The cell's state in words (the nearest of the abstract model).
    pub state: String,
    /// Every action that makes sense now with its Q-value [currency], best first; `do nothing` is among them.
    pub q_values: Vec<(String, f64)>,
    /// Certified bound of the abstract model's values [currency].
    pub bound: f64,
    /// Simulated gain over doing nothing.
    pub gain: Gain,
    /// Other plans that were tried out, best first.
    pub alternatives: Vec<Candidate>,
    /// Expected effect with its uncertainty, sentences.
    pub expected: Vec<String>,
    /// What would change its mind, sentences.
    pub would_change: Vec<String>,
    /// Hash of the belief.
    pub belief_hash: [u8; 32],
    /// Hash of the plant that the policy was built from.
    pub plant_hash: [u8; 32],
    /// Hash of the ensemble behind the gain.
    pub forecast_hash: [u8; 32],
    /// Seed of the ensemble.
    pub seed: u64,
}

/// Why there is no answer (which is not the same as no proposal).
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// The policy is of another plant.
    #[error("the policy was built from another version of the plant; rebuild the agents")]
    OtherPlant,
    /// The belief has no consistent state.
    #[error("no start state follows from the belief: {0}")]
    Start(#[from] SimError),
    /// The futures could not be simulated.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
}

/// A nominated plan.
pub(super) struct Nominee {
    pub label: u32,
    pub advantage: f64,
    pub actions: Vec<(Span, Action)>,
}

/// What the agent of a cell proposes now; `None` when nothing beats doing nothing with confidence.
///
/// # Errors
/// [`ProposeError`] when the question cannot be answered.
pub fn propose(
    policy: &CellPolicy,
    model: &Arc<Model>,
    belief: &Belief,
    options: &ProposeOptions,
    progress: &dyn Progress,
) -> Result<Option<Advice>, ProposeError> {
    let plant = model.plant();
    if policy.plant_hash != plant.hash {
        return Err(ProposeError::OtherPlant);
    }
    let nominees = nominate(policy, plant, belief, options);
    if nominees.is_empty() {
        return Ok(None);
    }
    let forecast = roll_out(model, belief, &nominees, plant, options, progress)?;
    let tried: Vec<(Gain, &Nominee)> = nominees.iter().enumerate().filter_map(|(i, n)| Some((gain(forecast.alternatives.get(i + 1)?)?, n))).collect();
    let Some(best) = best(&tried, &forecast, options) else { return Ok(None) };
    Ok(Some(advice(policy, plant, belief, &forecast, &tried, best, options)))
}

/// Q-value of everything that makes sense now, in words, best first: what an agent thinks while it watches.
pub fn q_table(policy: &CellPolicy, plant: &Plant, belief: &Belief) -> Vec<(String, f64)> {
    let place = policy.features.place_belief(belief);
    let words = |label: u32| match policy.action(label) {
        None => "do nothing".to_owned(),
        Some(a) => target(policy, a, belief).map_or_else(String::new, |asset| explain::action(plant, &Action { asset, kind: a.kind })),
    };
    policy.q_at(&place).into_iter().map(|(label, q)| (words(label), q)).filter(|x| !x.0.is_empty()).collect()
}

/// Actions whose Q-value comes close to doing nothing or beats it. Waiting one step may well be as good in the abstract model; the
/// futures, which know that a signature takes time, decide.
fn nominate(policy: &CellPolicy, plant: &Plant, belief: &Belief, options: &ProposeOptions) -> Vec<Nominee> {
    let place = policy.features.place_belief(belief);
    let q = policy.q_at(&place);
    let Some(nothing) = q.iter().find(|x| x.0 == 0).map(|x| x.1) else { return Vec::new() };
    let margin = (2.0 * policy.solution.bound).max(0.002 * nothing.abs());
    let close = q.iter().filter(|x| x.0 != 0 && x.1 - nothing >= -margin);
    let plans = close.filter_map(|&(label, value)| {
        let actions = plan(policy, plant, belief, &place, label, options)?;
        Some(Nominee { label, advantage: value - nothing, actions })
    });
    plans.take(options.candidates).collect()
}

/// The first action, then what the policy does in the likeliest next states while it wants anything.
fn plan(
    policy: &CellPolicy,
    plant: &Plant,
    belief: &Belief,
    place: &[(usize, f64)],
    label: u32,
    options: &ProposeOptions,
) -> Option<Vec<(Span, Action)>> {
    let step = plant.cells[policy.cell.index()].step;
    let mut state = place.iter().max_by(|a, b| a.1.total_cmp(&b.1))?.0;
    let mut used: Vec<AssetId> = Vec::new();
    let mut actions = Vec::new();
    let mut label = label;
    let mut delay = options.reaction;
    while actions.len() < options.plan_length.max(1) {
        let Some(action) = policy.action(label) else { break };
        let Some(asset) = targets(policy, action, belief).into_iter().find(|a| !used.contains(a)) else { break };
        used.push(asset);
        actions.push((delay, Action { asset, kind: action.kind }));
        let choice = policy.mdp.choices_of(state).find(|c| policy.mdp.action(*c) == label)?;
        state = policy.mdp.row(choice).max_by(|a, b| a.1.total_cmp(&b.1))?.0;
        label = policy.mdp.action(policy.solution.policy[state] as usize);
        delay = delay + step;
    }
    (!actions.is_empty()).then_some(actions)
}

/// Members that an action can be done on, in the plant's order.
fn targets(policy: &CellPolicy, action: &CellAction, belief: &Belief) -> Vec<AssetId> {
    let members = policy.features.groups[action.group].members.iter().copied();
    members.filter(|m| suits_now(action.kind, Phase::of(belief.asset(*m).mode))).collect()
}

fn target(policy: &CellPolicy, action: &CellAction, belief: &Belief) -> Option<AssetId> {
    targets(policy, action, belief).first().copied()
}

/// A limited rate cannot be told from telemetry modes: a running member may be either.
fn suits_now(kind: ActionKind, phase: Phase) -> bool {
    suits(kind, phase) || (matches!(kind, ActionKind::SetRate(_)) && phase == Phase::Up)
}

fn roll_out(
    model: &Arc<Model>,
    belief: &Belief,
    nominees: &[Nominee],
    plant: &Plant,
    options: &ProposeOptions,
    progress: &dyn Progress,
) -> Result<Forecast, ProposeError> {
    let states = forecast::starts_from_belief(model, belief, options.runs.clamp(1, 32) as usize, options.seed)?;
    let response = |(i, n): (usize, &Nominee)| ResponsePlan {
        id: format!("plan-{}", i + 1),
        name: explain::plan(plant, &n.actions),
        actions: n.actions.iter().map(|(delay, a)| (Time::ZERO + *delay, *a)).collect(),
        extra_cost: 0.0,
    };
    let request = Request {
        model: model.clone(),
        starts: Starts::Many(states),
        warmup: Span::ZERO,
        conditions: Script::empty(),
        script: Script::empty(),
        responses: nominees.iter().enumerate().map(response).collect(),
        horizon: options.horizon,
        runs: options.runs,
        seed: options.seed,
        threads: options.threads,
        precision: None,
        story: None,
    };
    Ok(forecast::run(&request, progress)?)
}

fn gain(alternative: &Alternative) -> Option<Gain> {
    let profit = alternative.versus_nothing.as_ref()?.iter().find(|d| d.kpi == "profit")?;
    let m = &profit.mean;
    Some(Gain { mean: m.mean, low: m.low, high: m.high, probability_better: profit.probability_better })
}

/// Position of the plan with the largest certain gain, if any is worth proposing.
fn best(tried: &[(Gain, &Nominee)], forecast: &Forecast, options: &ProposeOptions) -> Option<usize> {
    let at_stake = forecast.baseline.totals.iter().find(|k| k.kpi == "profit").map_or(0.0, |k| k.mean.mean.abs());
    let worth = |g: &Gain| g.low > 0.0 && g.probability_better >= options.min_probability_better && g.mean >= options.min_gain_fraction * at_stake;
    let good = tried.iter().enumerate().filter(|(_, t)| worth(&t.0));
    // first among equals: the better Q-value
    good.fold(None, |best: Option<(usize, f64)>, (i, t)| if best.is_none_or(|b| t.0.mean > b.1) { Some((i, t.0.mean)) } else { best }).map(|b| b.0)
}

fn advice(
    policy: &CellPolicy,
    plant: &Plant,
    belief: &Belief,
    forecast: &Forecast,
    tried: &[(Gain, &Nominee)],
    best: usize,
    options: &ProposeOptions,
) -> Advice {
    let (gain, nominee) = &tried[best];
    let place = policy.features.place_belief(belief);
    let nearest = place.iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |p| p.0);
    let mut alternatives: Vec<Candidate> = tried
        .iter()
        .enumerate()
        .filter(|(i, _)| *i != best)
        .map(|(_, (gain, n))| Candidate {
            title: explain::plan(plant, &n.actions),
            actions: n.actions.clone(),
            q_advantage: n.advantage,
            gain: *gain,
        })
        .collect();
    alternatives.sort_by(|a, b| b.gain.mean.total_cmp(&a.gain.mean));
    Advice {
        cell: policy.cell,
        at: belief.at,
        title: explain::plan(plant, &nominee.actions),
        actions: nominee.actions.clone(),
        reasons: explain::reasons(policy, plant, belief, nominee),
        state: policy.features.words(plant, nearest),
        q_values: q_table(policy, plant, belief),
        bound: policy.solution.bound,
        gain: *gain,
        alternatives,
        expected: explain::expected(plant, forecast, best + 1, options),
        would_change: explain::would_change(policy, plant, nearest, nominee.label),
        belief_hash: belief.hash(),
        plant_hash: policy.plant_hash,
        forecast_hash: forecast.hash,
        seed: options.seed,
    }
}
